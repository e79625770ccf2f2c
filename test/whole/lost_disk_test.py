"""A storage system whose disk is unmounted under its daemon: it cannot be without force, and with force nothing is stored under the bare
mount point, `systems` shows no room, what it holds restores, and with the disk mounted again it takes what comes.

lost_disk_test.py PROGRAMS; it mounts, so it needs root"""
import os
import random
import signal
import subprocess
import sys

from fleet import LocalFleet, differences

SKIPPED = 77
EXIT_DEGRADED = 13


def mount(*arguments):
    return subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)


def unmount(*arguments):
    return subprocess.run(["umount", *arguments], check=False, capture_output=True, text=True)


class Unmounted:
    def __init__(self, fleet, disk, folder):
        self.fleet, self.disk, self.folder, self.source = fleet, disk, folder, fleet.path("files")
        os.makedirs(self.source)
        self.playbook = fleet.set_up_job(self.source, "copies = 3")

    def apply(self, *codes):
        for number in range(5):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))
        self.fleet.run("apply", self.playbook, codes=codes)

    def available(self):
        [system] = [system for system in self.fleet.run("systems", "--json").documents() if system["name"] == "store1"]
        return system["available_bytes"]

    def restore(self):
        target = self.fleet.path("restored")
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", target, "--yes")
        wrong = differences(self.source, target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        subprocess.run(["rm", "-r", target], check=True)

    def check(self):
        self.apply(0)
        held = sum(len(files) for _, _, files in os.walk(self.disk))
        busy = unmount(self.folder)
        assert busy.returncode != 0 and "busy" in busy.stderr, f"the disk was unmounted under its daemon: {busy}"
        print("the disk of a running daemon is busy", flush=True)
        assert unmount("-l", self.folder).returncode == 0
        self.apply(EXIT_DEGRADED)
        assert os.listdir(self.folder) == [], f"under the bare mount point: {os.listdir(self.folder)}"
        assert sum(len(files) for _, _, files in os.walk(self.disk)) == held
        assert self.available() == 0
        self.restore()
        print("unmounted by force: nothing went under the mount point, no room is shown, and all restores", flush=True)
        assert mount("--bind", self.disk, self.folder).returncode == 0
        self.apply(0)
        assert self.available() > 0
        for store in self.fleet.stores[1:]:
            self.fleet.signal(store, signal.SIGKILL)
        self.restore()
        print("mounted again: it takes what comes, and restores it alone", flush=True)


def main():
    if os.geteuid() != 0:
        sys.exit(SKIPPED)
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        disk, folder = fleet.path("disk"), fleet.path("store1", "srv", "sparekeep")
        os.makedirs(disk)
        os.makedirs(folder)
        if mount("--bind", disk, folder).returncode != 0:
            sys.exit(SKIPPED)
        try:
            Unmounted(fleet, disk, folder).check()
        finally:
            unmount("-l", folder)


main()
