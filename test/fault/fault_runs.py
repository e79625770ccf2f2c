"""Runs a program again and again, each time with one fault at another place, and asks after each run whether all holds.

A case is three functions over a folder that is empty at each start:

    setup(folder)             what lies there before the run
    command(folder)           the program and its arguments
    check(folder, run)        None, or what is wrong after the run; run.code, run.out and run.err say how it ended

    case = Case(setup, command, check)
    findings = sweep(case, library, "kill")                   # die at each write, fsync, rename, ... in turn
    findings = sweep(case, library, "ENOSPC", onwards=True)   # from each call on the disk is full
    findings = sweep(case, library, "lie", calls="fsync,fdatasync")
    findings = sweep_syscalls(case)                           # die at each system call whatever, by strace
    findings = sweep_malloc(case, library)                    # no memory at each allocation

Each finding names the place, so that the one run can be repeated with the environment that it prints. The libraries are
libsk_fail_calls.so and libsk_fail_malloc.so beside the built programs (fail_calls.c and fail_malloc.c say what they know).
A sweep that met no place at all is a finding: a sweep that cannot fail proves nothing.
"""
import os
import re
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass

ROW_BYTES, NAME_BYTES = 32, 24
RUN_SECONDS_MAX = 60


@dataclass
class Case:
    setup: object
    command: object
    check: object


@dataclass
class Run:
    code: int
    out: str
    err: str


@dataclass
class Finding:
    place: str
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


@dataclass
class Options:
    """What a sweep may be told: which calls, of which program, below which folder, and how many places at most."""
    calls: str = ""
    program: str = ""
    under: bool = True           # only files below the case's folder
    onwards: bool = False
    places_max: int = 0          # 0: all; else a seeded choice
    seed: int = 1


def read_counts(path):
    """{name: number} of a counters' file (counter.h)."""
    with open(path, "rb") as handle:
        data = handle.read()
    rows = [data[at:at + ROW_BYTES] for at in range(0, len(data), ROW_BYTES)]
    named = [(row[:NAME_BYTES].rstrip(b"\0").decode(), int.from_bytes(row[NAME_BYTES:], "little")) for row in rows]
    counts = {name: number for name, number in named if name}
    hit = counts.get("hit", 0)
    counts["hit"] = named[hit][0] if hit else ""
    return counts


def run_program(command, settings):
    """The program with more environment; sanitizers are told that they are not the first library and may be traced."""
    environment = {**os.environ, **settings}
    environment["ASAN_OPTIONS"] = "verify_asan_link_order=0:detect_leaks=0:" + environment.get("ASAN_OPTIONS", "")
    try:
        done = subprocess.run(command, env=environment, capture_output=True, errors="replace", timeout=RUN_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return Run(124, "", f"not done after {RUN_SECONDS_MAX} s")
    return Run(done.returncode, done.stdout, done.stderr)


class Workplace:
    """The case's folder, always at the same path, and a place for counters beside it."""

    def __init__(self, case):
        self.case = case

    def __enter__(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="sparekeep-fault-"))
        self.folder = os.path.join(self.top, "case")
        self.counts = os.path.join(self.top, "counts")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def fresh(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        self.case.setup(self.folder)
        if os.path.exists(self.counts):
            os.unlink(self.counts)

    def run(self, settings, before=()):
        """One run from a fresh start: (Run, counts or {})"""
        self.fresh()
        run = run_program([*before, *self.case.command(self.folder)], {**settings, "SK_FAIL_COUNTS": self.counts})
        return run, read_counts(self.counts) if os.path.exists(self.counts) else {}

    def finding(self, place, run):
        wrong = self.case.check(self.folder, run)
        return [Finding(place, wrong)] if wrong else []


def chosen_places(total, options):
    places = range(1, total + 1)
    if not options.places_max or total <= options.places_max:
        return places
    return sorted(random.Random(options.seed).sample(places, options.places_max))


def plain_run(work, settings):
    """The run without a fault has to be good, or no finding means anything. (counts, findings)"""
    run, counts = work.run(settings)
    findings = work.finding("without a fault", run)
    if not findings and not counts.get("total"):
        findings = [Finding("without a fault", "no call was counted: nothing was tried")]
    return counts, findings


def sweep(case, library, fault, **options):
    """One run for each call that the library counts, with `fault` at it: an errno, kill, torn, short or lie."""
    options = Options(**options)
    settings = {"LD_PRELOAD": library, "SK_FAIL_CALLS": options.calls, "SK_FAIL_PROGRAM": options.program}
    with Workplace(case) as work:
        settings["SK_FAIL_UNDER"] = work.folder if options.under else ""
        counts, findings = plain_run(work, settings)
        if findings:
            return findings
        settings.update({"SK_FAIL_WITH": fault, "SK_FAIL_ONWARDS": "1" if options.onwards else "0"})
        for place in chosen_places(counts["total"], options):
            run, now = work.run({**settings, "SK_FAIL_AT": str(place)})
            findings += work.finding(f"{fault} at call {place} of {counts['total']} ({now.get('hit', '')})", run)
        return findings


def sweep_malloc(case, library, **options):
    """One run for each allocation of the program, which finds no memory. Not for builds with a sanitizer."""
    options = Options(**options)
    settings = {"LD_PRELOAD": library, "SK_FAIL_MALLOC_ONWARDS": "1" if options.onwards else "0"}
    with Workplace(case) as work:
        counts, findings = plain_run(work, settings)
        for place in () if findings else chosen_places(counts["total"], options):
            run, _ = work.run({**settings, "SK_FAIL_MALLOC_AT": str(place)})
            findings += work.finding(f"no memory at allocation {place} of {counts['total']}", run)
        return findings


def can_trace():
    """Is strace here, and may it trace?"""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


def sweep_syscalls(case, **options):
    """One run for each (system call, n), killed there. For programs of one thread: strace counts by thread."""
    options = Options(**options)
    with Workplace(case) as work:
        trace = os.path.join(work.top, "trace")
        run, _ = work.run({}, ("strace", "-f", "-qq", "-o", trace))
        findings = work.finding("without a fault", run)
        if findings:
            return findings
        with open(trace, encoding="utf-8", errors="replace") as handle:
            names = [found[1] for found in (re.match(r"\d+ +([a-z0-9_]+)\(", line) for line in handle) if found]
        counts = Counter(name for name in names if name not in ("execve", "exit_group"))
        every = [(name, number) for name, count in sorted(counts.items()) for number in range(1, count + 1)]
        if not every:
            return [Finding("without a fault", "no system call was seen: nothing was tried")]
        for name, number in (every[place - 1] for place in chosen_places(len(every), options)):
            run, _ = work.run({}, ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={number}"))
            findings += work.finding(f"kill at {name} {number}", run)
        return findings
