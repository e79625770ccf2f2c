#!/usr/bin/python3
"""Holds the house rules over a tree: check.py ROOT. Prints `file:line: rule: text` and exits 1 when something is found.

test/style/exceptions.txt lists the few places that may break a rule, one a line: `rule path: reason`. An exception that
nothing needs any more is a finding, too.
"""
import os
import re
import sys

import rule_calls
import rule_files
import rule_globals
import rule_layers
import rule_sizes
import rule_text
import rule_types
from tree import Finding, Tree

EXCEPTIONS = "test/style/exceptions.txt"
RULES = (rule_layers, rule_sizes, rule_calls, rule_globals, rule_files, rule_text, rule_types)


def read_exceptions(tree):
    """({(rule, path): line}, findings)"""
    file, exceptions, findings = tree.file(EXCEPTIONS), {}, []
    for number, raw in enumerate(file.lines if file else (), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([\w-]+) (\S+): (.+)", line)
        if match:
            exceptions[match[1], match[2]] = number
        else:
            findings.append(file.finding(number, "exception", f"'{line}' is not 'rule path: reason'"))
    return exceptions, findings


def check(root):
    """The sorted findings of a tree."""
    tree = Tree(root)
    exceptions, findings = read_exceptions(tree)
    used = set()
    for finding in (finding for rule in RULES for finding in rule.check(tree)):
        key = (finding.rule, finding.path)
        if key in exceptions:
            used.add(key)
        else:
            findings.append(finding)
    for key in exceptions.keys() - used:
        findings.append(Finding(EXCEPTIONS, exceptions[key], "exception", f"'{key[0]}' of {key[1]} is not needed any more"))
    return sorted(findings), len(tree.files)


def main(arguments):
    if len(arguments) != 2 or not os.path.isdir(arguments[1]):
        print("usage: check.py ROOT", file=sys.stderr)
        return 2
    findings, files = check(arguments[1])
    for finding in findings:
        print(finding)
    print(f"{files} files, {len(findings)} findings")
    return 1 if findings or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
