#!/usr/bin/python3
"""Counts what ctest really ran: count_results.py RESULTS.xml... (the files of `ctest --output-junit`).

Ends with `N passed, N failed`, alone on its line. A test that could not be started has failed; one that said why it
skips (exit 77) is named before. Exits 1 when anything failed, when a file is missing, or when one holds no passed test.
"""
import os
import sys
import xml.etree.ElementTree

SKIPPED = "SKIP_RETURN_CODE"


def outcome(case):
    """passed, failed or skipped"""
    if case.get("status") == "run":
        return "passed"
    note = case.find("skipped")
    if note is not None and note.get("message", "").startswith(SKIPPED):
        return "skipped"
    return "failed"


def read_results(path):
    """[(outcome, name)]; an unreadable file is one failure under its own name."""
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return [("failed", f"{path} (no results)")]
    results = [(outcome(case), case.get("name")) for case in root.iter("testcase")]
    if not any(kind == "passed" for kind, _ in results):
        results.append(("failed", f"{path} (nothing passed)"))
    return results


def main(paths):
    results = [(kind, f"{os.path.basename(path).removesuffix('-results.xml')}/{name}") for path in paths
               for kind, name in read_results(path)]
    for kind in ("skipped", "failed"):
        for name in (name for outcome_, name in results if outcome_ == kind):
            print(f"{kind}: {name}")
    passed = sum(kind == "passed" for kind, _ in results)
    failed = sum(kind == "failed" for kind, _ in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
