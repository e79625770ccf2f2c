"""The control groups of one fleet, under version 1 and version 2.

Each host boots in a group of its own, in every hierarchy: hosts that share one disturb each other's units. Whoever boots a host
again sits in `keepers/HOST`, beside it: version 2 allows no processes in a group that has groups below. One hierarchy is the main
one: there every process of a host stays at or below `hosts/HOST`, whatever its systemd does, and there a host is frozen.
"""
import contextlib
import os

from commands import FleetError, wait_until
from processes import kill_all, pid_inside

MOUNT = "/sys/fs/cgroup"
LEFT_OUT = {"cpuset"}       # of version 1: a new group there takes nobody before its processors are named; systemd does not use it
FREEZE_PATIENCE = 10
REMOVE_PATIENCE = 10


def hierarchies():
    """(mount points, the main one, is it version 2). Of mounts at one point the last one counts."""
    kinds = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            left, _, right = line.partition(" - ")
            if left.split()[4].startswith(MOUNT):
                kinds[left.split()[4]] = right.split()
    if kinds.get(MOUNT, [""])[0] == "cgroup2":
        return [MOUNT], MOUNT, True
    controllers = {path: set(kind[2].split(",")) for path, kind in kinds.items() if kind[0] == "cgroup"}
    main = next((path for path, names in controllers.items() if "freezer" in names), None)
    if main is None:
        raise FleetError(f"neither cgroup version 2 nor version 1's freezer is mounted below '{MOUNT}'")
    usable = [path for path, names in controllers.items() if not names & LEFT_OUT]
    return usable + [path for path, kind in kinds.items() if kind[0] == "cgroup2"], main, False


class Groups:
    def __init__(self, fleet):
        mounts, main, self.unified = hierarchies()
        self.tops = [os.path.join(mount, f"sk-{fleet}") for mount in mounts]
        self.main = os.path.join(main, f"sk-{fleet}")

    def exist(self):
        return any(os.path.isdir(top) for top in self.tops)

    def make(self, name):
        """The folders of a group, one a hierarchy. A group that a host left behind is made anew."""
        self.remove(name)
        folders = [os.path.join(top, name) for top in self.tops]
        for folder in folders:
            os.makedirs(folder)
        return folders

    def processes_file(self, name):
        """Who writes 0 here joins the group, in the main hierarchy."""
        return os.path.join(self.main, name, "cgroup.procs")

    def processes(self, name=""):
        found = set()
        for folder, _, _ in os.walk(os.path.join(self.main, name)):
            try:
                with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
                    found.update(int(line) for line in file)
            except OSError:
                continue    # removed meanwhile
        return found - {0}

    def first_process(self, name):
        """The host's PID 1, or None."""
        return next((pid for pid in self.processes(name) if pid_inside(pid) == 1 and pid != 1), None)

    def holds(self, pid, name=""):
        """Is a process in a group, or in one below it?"""
        place = os.path.join("/", os.path.basename(self.main), name).rstrip("/") + "/"
        try:
            with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
                return any(place in line.rstrip("\n") + "/" for line in file)
        except OSError:
            return False

    def end(self, name=""):
        """Kills every process of a group, frozen ones too."""
        kill_all(lambda: self.processes(name), lambda pid: self.holds(pid, name), lambda: self.thaw_all(name))

    def end_one(self, pid, name):
        """Kills one process of a group, frozen or not, and waits until it is gone."""
        kill_all(lambda: self.processes(name) & {pid}, lambda held: self.holds(held, name), lambda: self.thaw_all(name))

    def await_empty(self, name, seconds):
        """Gives the processes of a group time to end by themselves."""
        with contextlib.suppress(FleetError):
            wait_until(lambda: not self.processes(name), seconds, "")

    def set_frozen(self, name, frozen):
        folder = os.path.join(self.main, name)
        if not self._write_state(folder, frozen):
            raise FleetError(f"the group '{folder}' cannot be {'frozen' if frozen else 'thawed'}")
        wait_until(lambda: self.is_frozen(name) == frozen, FREEZE_PATIENCE, f"the group '{folder}' was not {'frozen' if frozen else 'thawed'}")

    def is_frozen(self, name):
        file = "cgroup.events" if self.unified else "freezer.state"
        with open(os.path.join(self.main, name, file), encoding="ascii") as state:
            text = state.read()
        return "frozen 1" in text if self.unified else text.strip() == "FROZEN"

    def thaw_all(self, name):
        for folder, _, _ in os.walk(os.path.join(self.main, name)):
            self._write_state(folder, False)

    def _write_state(self, folder, frozen):
        file, words = ("cgroup.freeze", "01") if self.unified else ("freezer.state", ("THAWED", "FROZEN"))
        try:
            with open(os.path.join(folder, file), "w", encoding="ascii") as state:
                state.write(words[frozen])
        except OSError:
            return False
        return True

    def remove(self, name=""):
        """Removes a group and all below it, in every hierarchy. Its processes have ended; the kernel may need a moment to see it."""
        for top in self.tops:
            place = os.path.join(top, name) if name else top
            wait_until(lambda place=place: remove_folders(place), REMOVE_PATIENCE, f"the group '{place}' could not be removed")


def remove_folders(place):
    for folder, _, _ in os.walk(place, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            continue
    return not os.path.isdir(place)
