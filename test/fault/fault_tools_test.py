#!/usr/bin/python3
"""The fault tools find what they are for: a file saved durably stands every sweep, and each careless way of saving it is found.

fault_tools_test.py FOLDER-OF-PROGRAMS [SANITIZERS]
"""
import os
import sys
import tempfile
import unittest

from fault_runs import Case, can_trace, read_counts, run_program, sweep, sweep_malloc, sweep_syscalls
from power_cut import Unknown, cut_everywhere

PROGRAMS, SANITIZERS = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
FAIL_CALLS = os.path.join(PROGRAMS, "libsk_fail_calls.so")
FAIL_MALLOC = os.path.join(PROGRAMS, "libsk_fail_malloc.so")
OLD, NEW = b"O" * 8192, b"N" * 8192


def setup(folder):
    with open(os.path.join(folder, "file"), "wb") as handle:
        handle.write(OLD)


def content(folder):
    try:
        with open(os.path.join(folder, "file"), "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def judge(folder, saved):
    found = content(folder)
    if found not in (OLD, NEW):
        return "neither old nor new" if found is not None else "gone"
    return "said to be saved, and is not" if saved and found != NEW else None


def check_run(folder, run):
    if run.code == 0 and "saved" not in run.out:
        return "ends well and says nothing"
    return judge(folder, run.code == 0)


def case(way):
    return Case(setup, lambda folder: [os.path.join(PROGRAMS, "save_file"), way, os.path.join(folder, "file"), "N"], check_run)


def cuts(way):
    return Case(setup, case(way).command, lambda folder, said: judge(folder, "saved" in said))


def texts(findings):
    return sorted({finding.text for finding in findings})


class Sweeps(unittest.TestCase):
    def test_kill_at_every_call(self):
        self.assertEqual(texts(sweep(case("durable"), FAIL_CALLS, "kill")), [])
        self.assertEqual(texts(sweep(case("in-place"), FAIL_CALLS, "kill")), ["neither old nor new"])

    def test_torn_writes(self):
        self.assertEqual(texts(sweep(case("durable"), FAIL_CALLS, "torn")), [])
        self.assertEqual(texts(sweep(case("in-place"), FAIL_CALLS, "torn", calls="write")), ["neither old nor new"])

    def test_errors_and_short_writes(self):
        for fault in ("ENOSPC", "EIO", "EROFS", "short"):
            self.assertEqual(texts(sweep(case("durable"), FAIL_CALLS, fault)), [], fault)
        self.assertEqual(texts(sweep(case("durable"), FAIL_CALLS, "ENOSPC", onwards=True)), [])
        self.assertEqual(texts(sweep(case("in-place"), FAIL_CALLS, "ENOSPC")), ["neither old nor new"])

    def test_a_write_that_lies_is_seen(self):
        self.assertEqual(texts(sweep(case("durable"), FAIL_CALLS, "lie", calls="write")), ["neither old nor new"])

    def test_places_are_named(self):
        findings = sweep(case("in-place"), FAIL_CALLS, "kill", calls="write,fsync")
        self.assertEqual([str(finding) for finding in findings], ["kill at call 1 of 2 (write): neither old nor new"])

    def test_a_sweep_of_nothing_is_a_finding(self):
        findings = sweep(case("durable"), FAIL_CALLS, "kill", program="another")
        self.assertEqual([str(finding) for finding in findings], ["without a fault: no call was counted: nothing was tried"])

    def test_an_unknown_fault_is_refused(self):
        run = run_program([os.path.join(PROGRAMS, "save_file")], {"LD_PRELOAD": FAIL_CALLS, "SK_FAIL_WITH": "ENOSUCH"})
        self.assertEqual(run.code, -6)

    def test_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            file, counts = os.path.join(folder, "file"), os.path.join(folder, "counts")
            settings = {"LD_PRELOAD": FAIL_CALLS, "SK_FAIL_COUNTS": counts, "SK_FAIL_UNDER": file}
            run_program([os.path.join(PROGRAMS, "save_file"), "in-place", file, "N"], settings)
            found = read_counts(counts)
        self.assertEqual({name: found[name] for name in ("total", "open", "write", "fsync", "rename", "hit")},
                         {"total": 3, "open": 1, "write": 1, "fsync": 1, "rename": 0, "hit": ""})

    @unittest.skipIf(SANITIZERS, "a sanitizer brings an allocator of its own")
    def test_no_memory(self):
        self.assertEqual(texts(sweep_malloc(case("durable"), FAIL_MALLOC)), [])


@unittest.skipUnless(can_trace(), "strace may not trace here")
class Traced(unittest.TestCase):
    def test_kill_at_every_system_call(self):
        limit = {"places_max": 60}
        self.assertEqual(texts(sweep_syscalls(case("durable"), **limit)), [])
        self.assertEqual(texts(sweep_syscalls(case("in-place"))), ["neither old nor new"])

    def test_power_cuts(self):
        self.assertEqual(texts(cut_everywhere(cuts("durable"))), [])
        self.assertEqual(texts(cut_everywhere(cuts("in-place"))), ["neither old nor new"])
        self.assertEqual(texts(cut_everywhere(cuts("no-sync"))), ["neither old nor new"])
        self.assertEqual(texts(cut_everywhere(cuts("no-folder-sync"))), ["said to be saved, and is not"])

    def test_a_run_that_fails_is_no_pass(self):
        broken = Case(setup, lambda folder: [os.path.join(PROGRAMS, "save_file"), "durable", "/nonexistent/file", "N"], None)
        with self.assertRaises(Unknown):
            cut_everywhere(broken)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
