"""Runs a command and tells what it cost: wall time, CPU time of it and its children, peak memory; of running processes, what they cost
meanwhile."""
import os
import subprocess
import sys
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.02
TOUCHED, LEFT_FREE = 4 << 30, 1 << 30      # bytes


class Cost:
    def __init__(self, wall=0.0, cpu=0.0, memory=0, stored=0):
        self.wall, self.cpu, self.memory, self.stored = wall, cpu, memory, stored   # seconds, seconds, bytes, bytes


def free_memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemFree"))


def touch_memory():
    """What is free may lie with the host of a virtual machine: whoever took it first would be measured fetching it, page by page."""
    size = min(TOUCHED, free_memory() - LEFT_FREE)
    if size > 0:                  # in a process of its own: a command's peak counts that of who has started it
        subprocess.run([sys.executable, "-c", f"import ctypes; ctypes.memset(ctypes.create_string_buffer({size}), 1, {size})"], check=True)


def settle():
    subprocess.run(["sync"], check=True)
    touch_memory()


def run(command, folder, environment):
    """The cost of one command; its failure ends the measurement."""
    settle()
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{output.decode(errors='replace')[-2000:]}")
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


class Watched:
    """CPU time and peak anonymous memory of processes that go on running, while the `with` lasts."""

    def __init__(self, pids):
        self.pids, self.cpu, self.memory = list(pids), 0.0, 0
        self.stop = threading.Event()

    def spent(self):
        total = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rsplit(b")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def anonymous(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon"))

    def sample(self):
        while not self.stop.wait(SAMPLE_SECONDS):
            self.memory = max(self.memory, *(self.anonymous(pid) for pid in self.pids))

    def __enter__(self):
        self.before = self.spent()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.cpu = self.spent() - self.before


def bytes_below(*folders):
    """What files take as their own sizes say."""
    return sum(os.lstat(os.path.join(folder, name)).st_size for root in folders for folder, _, names in os.walk(root) for name in names)
