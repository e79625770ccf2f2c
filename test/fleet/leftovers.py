"""What bears a fleet's name on this machine, and its removal. Nothing is remembered for that: processes are found by their control
group, the rest by name, so a fleet that was broken off anywhere can be removed."""
import os
import shutil
import time

from commands import FleetError, run, succeeds, wait_until

REMOVE_PATIENCE, UNMOUNT_PATIENCE = 60, 20
NSPAWN_FOLDERS = ("/run/systemd/nspawn/propagate",)


class Leftovers:
    def __init__(self, fleet, place, groups, networks):
        self.fleet, self.place, self.groups, self.networks = fleet, place, groups, networks

    def any(self):
        return os.path.exists(self.place) or self.groups.exist() or bool(self.networks.all())

    def remove(self):
        """Each step goes as far as it can, and all are done again while one of them fails: what an `up` was just doing may come to be
        between two of them. Files go only when nothing is mounted there."""
        if self.groups.holds(os.getpid()):
            raise FleetError(f"this process is part of the fleet '{self.fleet}', which would end it: leave './dev fleet run' first")
        deadline = time.monotonic() + REMOVE_PATIENCE
        while faults := self.remove_once():
            if time.monotonic() > deadline:
                raise FleetError(f"the fleet '{self.fleet}' could not be removed: " + "; ".join(faults))

    def remove_once(self):
        faults = []
        for step in (self.end_processes, self.remove_networks, self.unmount, self.detach_disks, self.groups.remove, self.remove_files):
            try:
                step()
            except (FleetError, OSError) as fault:
                faults.append(str(fault))
        return faults or (["something came to be meanwhile"] if self.any() else [])

    def end_processes(self):
        """Keepers first, so that no host is booted again; then the rest."""
        self.groups.end("keepers")
        self.groups.end()

    def remove_networks(self):
        for namespace in self.networks.all():
            self.networks.remove(namespace)

    def mounts(self):
        """Mount points below the fleet's folder, the last mounted first."""
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            points = [line.split()[4].encode().decode("unicode_escape") for line in file]
        return [point for point in reversed(points) if point.startswith(self.place + "/")]

    def unmount(self):
        for point in self.mounts():
            wait_until(lambda point=point: point not in self.mounts() or succeeds("umount", point), UNMOUNT_PATIENCE, f"'{point}' could not be unmounted")

    def disks(self):
        """Loop devices whose image lies in the fleet's folder."""
        lines = run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE").splitlines()
        return [words[0] for words in (line.split(None, 1) for line in lines) if len(words) == 2 and words[1].startswith(self.place + "/")]

    def detach_disks(self):
        def none_left():
            return all(succeeds("losetup", "--detach", device) for device in self.disks()) and not self.disks()
        wait_until(none_left, UNMOUNT_PATIENCE, "loop devices could not be detached")

    def remove_files(self):
        if self.mounts():
            raise FleetError(f"files stay, since something is mounted below '{self.place}'")
        if os.path.exists(self.place):
            remove_tree(self.place)
        for folder in NSPAWN_FOLDERS:
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                if name.startswith(f"sk-{self.fleet}-"):
                    shutil.rmtree(os.path.join(folder, name))


def remove_tree(folder):
    try:
        shutil.rmtree(folder)
    except PermissionError:         # files that tests made immutable
        succeeds("chattr", "-R", "-f", "-i", "-a", folder)
        shutil.rmtree(folder)
