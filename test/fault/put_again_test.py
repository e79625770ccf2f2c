#!/usr/bin/python3
"""A daemon says `it is here already` of nothing that a power cut may still take: what somebody else wrote, and was killed before the
sync of its name or of one of its folders, is synced first.

put_again_test.py FOLDER-OF-PROGRAMS
"""
import os
import subprocess
import sys
import unittest

from fault_runs import Case, Workplace, sweep

PROGRAMS = sys.argv[1]
FAIL_CALLS = os.path.join(PROGRAMS, "libsk_fail_calls.so")
# Of the shard: its vault, prefix and name into their folders. Of the object: the folders of all vaults, of the vault, of records,
# and the name.
SYNCS = 3 + 4


def command(folder):
    return [os.path.join(PROGRAMS, "put_again"), folder]


def put_before(folder):
    """As another process did, of which nobody knows whether it got to its syncs."""
    subprocess.run(command(folder), check=True, stdout=subprocess.DEVNULL)


def check(_, run):
    if run.code == 0 and run.out != "shard 200\nobject 200\n":
        return f"says {run.out!r}"
    return None


class PutAgain(unittest.TestCase):
    def test_every_folder_is_synced_before_it_is_said(self):
        with Workplace(Case(put_before, command, check)) as work:
            run, counts = work.run({"LD_PRELOAD": FAIL_CALLS, "SK_FAIL_CALLS": "fsync", "SK_FAIL_UNDER": work.folder})
            self.assertEqual((run.code, run.out), (0, "shard 200\nobject 200\n"))
            self.assertEqual(counts["total"], SYNCS)

    def test_no_failed_sync_is_passed_over(self):
        answered = []
        case = Case(put_before, command, lambda _, run: answered.append(run.code))
        self.assertEqual(sweep(case, FAIL_CALLS, "EIO", calls="fsync"), [])
        self.assertEqual(answered, [0] + [1] * SYNCS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
