"""Trees whose paths are far longer than a path may be: thousands of levels, and thousands of files at the bottom of such a path. They are restored equal, and
neither backup nor restore takes memory by the length of paths: anybody on a host can make such a tree.

deep_paths_test.py PROGRAMS"""
import os
import resource
import signal
import subprocess
import sys

from fleet import LocalFleet
from tree_facts import Facts, differences

LEVELS, BOTTOM_LEVELS, BOTTOM_FILES = 3000, 200, 2000
BOTTOM_NAME = "d" * 250                # 50,000 bytes of path for each of the files
MEMORY_MAX = 128 << 20                 # with programs and libraries; in full the paths alone are 100 MB, several times


def chain(root, name, levels, files):
    """A folder in a folder, so many times, with files in the last one."""
    os.mkdir(root)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
    for number in range(files):
        file = os.open(f"file{number}", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=at)
        os.write(file, b"content %d" % number)
        os.close(file)
    os.close(at)


class DeepPaths:
    def __init__(self, fleet):
        self.fleet, self.source, self.target = fleet, fleet.path("files"), fleet.path("restored")
        os.mkdir(self.source)
        chain(os.path.join(self.source, "narrow"), "a", LEVELS, 1)
        chain(os.path.join(self.source, "wide"), BOTTOM_NAME, BOTTOM_LEVELS, BOTTOM_FILES)
        self.playbook = fleet.set_up_job(self.source, "copies = 2")
        self.fleet.run("apply", self.playbook, "--check")      # the agent runs

    def bounded(self, what, *arguments):
        """By an agent that was started for it."""
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        self.fleet.start("web1", "sparekeep-agent")
        run = self.fleet.run(*arguments)
        with open(f"/proc/{self.fleet.pid('web1', 'sparekeep-agent')}/status", encoding="ascii", errors="replace") as file:
            peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
        assert peak <= MEMORY_MAX, f"{what}: {peak >> 20} MiB\n{str(run)[:2000]}"
        print(f"{what}: {peak >> 20} MiB at most", flush=True)

    def check(self):
        self.bounded("first backup", "apply", self.playbook)
        self.bounded("unchanged", "apply", self.playbook)
        self.bounded("restore", "restore", "web/web1@latest", "--target", self.target, "--yes")
        lost = differences(Facts(self.source), Facts(self.target + self.source))
        assert not lost, f"{len(lost)} differences"
        print("restored equal", flush=True)


def main():
    sys.setrecursionlimit(5 * LEVELS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LEVELS + 1000, max(LEVELS + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        try:
            DeepPaths(fleet).check()
        finally:
            subprocess.run(["rm", "-rf", fleet.path("files"), fleet.path("restored")], check=False)   # no path is too long for it


main()
