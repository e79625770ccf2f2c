"""A source whose file system is not mounted: the run ends with exit code 3 and names the path, every time until it is mounted again; a restore of
the latest snapshot with `delete` empties nothing meanwhile; and what comes back is not stored again.

unmounted_test.py PROGRAMS. Exit 77 (skipped) where nothing may be mounted."""
import ctypes
import os
import random
import subprocess
import sys

from fleet import LocalFleet, differences

EXIT_PARTIAL, EXIT_SKIPPED = 3, 77
CLONE_NEWNS = 0x20000
FILES, FILE_BYTES = 20, 200_000
PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = ["{disk}", "{other}"]
redundancy = {{ copies = 2 }}

[[restore]]
name = "mirror"
hosts = ["spare"]
from = {{ job = "web", host = "web1", snapshot = "latest" }}
target = "{mirror}"
delete = true
"""


def mount(folder):
    """In a view of the mounts that only this test and what it starts have."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"skipped: nothing may be mounted here: {done.stderr.strip()}")
        sys.exit(EXIT_SKIPPED)


class Unmounted:
    def __init__(self, fleet):
        self.fleet = fleet
        self.disk, self.other, self.mirror = (fleet.path(name) for name in ("disk", "other", "mirror"))
        for folder in (self.disk, self.other, self.mirror):
            os.mkdir(folder)
        self.change(self.other)
        self.fill()
        self.playbook = fleet.set_up(PLAYBOOK.format(disk=self.disk, other=self.other, mirror=self.mirror))

    def change(self, folder):
        with open(os.path.join(folder, "changing"), "wb") as file:
            file.write(random.randbytes(50_000))

    def fill(self):
        mount(self.disk)
        chance = random.Random(1)
        for number in range(FILES):
            with open(os.path.join(self.disk, f"file{number}"), "wb") as file:
                file.write(chance.randbytes(FILE_BYTES))

    def empty(self):
        subprocess.run(["umount", self.disk], check=True)

    def apply(self, code):
        run = self.fleet.run("apply", self.playbook, "--json", codes=(code,))
        [backup] = [job for job in run.documents()[-1]["jobs"] if job["kind"] == "backup"]
        return run, backup

    def check(self):
        self.apply(0)
        assert not differences(self.disk, self.mirror + self.disk)
        self.empty()
        for _ in range(3):
            self.change(self.other)
            run, backup = self.apply(EXIT_PARTIAL)
            assert backup["state"] == "partial" and [error["path"] for error in backup["errors"]] == [self.disk], str(run)
            assert "mount what belongs there" in backup["errors"][0]["text"], str(run)
            assert "nothing was removed" in run.out, str(run)
            assert len(os.listdir(self.mirror + self.disk)) == FILES, "the mirror was emptied"
            assert not differences(self.other, self.mirror + self.other)
        told = self.fleet.run("apply", self.playbook, codes=(EXIT_PARTIAL,))
        assert f"backup web: '{self.disk}': it is an empty folder" in told.out + told.err, str(told)
        print("not mounted: partial four times, and the mirror has what it had", flush=True)
        self.fill()
        run, backup = self.apply(0)
        assert backup["new_bytes"] < FILES * FILE_BYTES / 2, str(run)
        assert not differences(self.disk, self.mirror + self.disk)
        print("mounted again: complete, and little of it was stored again", flush=True)
        for name in os.listdir(self.disk):
            os.unlink(os.path.join(self.disk, name))
        self.apply(0)
        assert not os.listdir(self.mirror + self.disk), "the mirror is not emptied"
        print("its files deleted: complete, and the mirror is empty as well", flush=True)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        print(f"skipped: no mounts of one's own here: {os.strerror(ctypes.get_errno())}")
        sys.exit(EXIT_SKIPPED)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        try:
            Unmounted(fleet).check()
        finally:
            subprocess.run(["umount", "--quiet", fleet.path("disk")], check=False)


main()
