#!/usr/bin/python3
"""count_results.py must not call a run good that was not: results as ctest 3.25 writes them."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

from count_results import main

PASSED = '<testcase name="ok" status="run"/>'
FAILED = '<testcase name="bad" status="fail"><failure message=""/></testcase>'
SKIPPED = '<testcase name="skip" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'
GONE = '<testcase name="gone" status="notrun"><skipped message="Unable to find executable"/></testcase>'
DISABLED = '<testcase name="off" status="disabled"/>'


def write_results(path, cases):
    if cases is None:
        return
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(cases if cases == "<broken" else f"<testsuite>{cases}</testsuite>")


def counted(*files):
    """(exit code, lines) for result files of these cases; None is a file that is not there."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"r{number}-results.xml") for number in range(len(files))]
        for path, cases in zip(paths, files):
            write_results(path, cases)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = main(paths)
        return code, said.getvalue().replace(folder + "/", "").splitlines()


class CountResults(unittest.TestCase):
    def test_all_passed(self):
        self.assertEqual(counted(PASSED + PASSED, PASSED), (0, ["3 passed, 0 failed"]))

    def test_each_kind_of_failure(self):
        self.assertEqual(counted(PASSED + FAILED), (1, ["failed: r0/bad", "1 passed, 1 failed"]))
        self.assertEqual(counted(PASSED + GONE), (1, ["failed: r0/gone", "1 passed, 1 failed"]))
        self.assertEqual(counted(PASSED + DISABLED), (1, ["failed: r0/off", "1 passed, 1 failed"]))

    def test_skips_are_named(self):
        self.assertEqual(counted(PASSED + SKIPPED), (0, ["skipped: r0/skip", "1 passed, 0 failed"]))

    def test_nothing_ran(self):
        self.assertEqual(counted(), (1, ["0 passed, 0 failed"]))
        self.assertEqual(counted(PASSED, ""), (1, ["failed: r1/r1-results.xml (nothing passed)", "1 passed, 1 failed"]))
        self.assertEqual(counted(SKIPPED), (1, ["skipped: r0/skip", "failed: r0/r0-results.xml (nothing passed)", "0 passed, 1 failed"]))
        self.assertEqual(counted(PASSED, None), (1, ["failed: r1/r1-results.xml (no results)", "1 passed, 1 failed"]))
        self.assertEqual(counted("<broken"), (1, ["failed: r0/r0-results.xml (no results)", "0 passed, 1 failed"]))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
