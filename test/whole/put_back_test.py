"""The central's STATE put back from an older copy: the next command says so in one line, the fleet comes to one version of the master file again,
a backup and a restore succeed, and snapshots made after the copy are seen again.

put_back_test.py PROGRAMS"""
import os
import random
import shutil
import signal
import sys
import time

from fleet import LocalFleet, content, differences

STORES = ["store1", "store2", "store3"]
PATIENCE = 90                 # seconds until every host has the same master file
WARNING = "was put back from an older copy"
PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = ["{source}"]
redundancy = {{ copies = 2 }}
"""


class PutBack:
    def __init__(self, fleet):
        self.fleet = fleet
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        self.change_files()
        self.playbook = fleet.set_up(PLAYBOOK.format(source=self.source))
        fleet.run("apply", self.playbook)

    def change_files(self):
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))

    def version(self):
        return max(int(name.split(".")[1]) for name in os.listdir(self.fleet.path("central", "master")) if name.endswith(".bin"))

    def masters(self):
        """The master file of every host that keeps one, and the central's newest."""
        kept = [self.fleet.path(host, "var/lib/sparekeep", role, "master.bin")
                for host, role in [(store, "daemon") for store in STORES] + [("web1", "agent"), ("web2", "agent"), ("spare", "agent")]]
        return [content(path) for path in kept] + [content(self.fleet.path("central", "master", f"1.{self.version()}.bin"))]

    def copy_and_go_on(self):
        """A copy of STATE; then versions and a snapshot that it does not know."""
        shutil.copytree(self.fleet.path("central"), self.fleet.path("copy"), ignore=shutil.ignore_patterns("*.sock"))
        copied = self.version()
        for _ in range(2):
            self.fleet.signal("store3", signal.SIGKILL)
            self.fleet.run("systems")
            self.fleet.start("store3")
            self.fleet.run("systems")
        self.change_files()
        self.fleet.run("apply", self.playbook)
        assert self.version() >= copied + 4, f"versions {copied} to {self.version()} are not enough for this test"
        return copied, self.version(), {snapshot["id"] for snapshot in self.fleet.snapshots()}

    def put_back(self):
        shutil.rmtree(self.fleet.path("central"))
        os.rename(self.fleet.path("copy"), self.fleet.path("central"))

    def come_together(self):
        """Commands as they come; the fleet is on one version after a few of them."""
        deadline = time.monotonic() + PATIENCE
        while len(set(self.masters())) != 1:
            assert time.monotonic() < deadline, f"not within {PATIENCE} s on one master file: {[len(master) for master in self.masters()]}"
            self.fleet.run("systems")

    def check(self):
        copied, highest, seen = self.copy_and_go_on()
        self.put_back()
        assert self.version() == copied
        self.change_files()
        run = self.fleet.run("apply", self.playbook)
        assert run.err.count(WARNING) == 1, f"one warning is expected\n{run}"
        assert self.version() > highest, f"version {self.version()} is not above {highest}"
        print(f"STATE of version {copied} put back while hosts had {highest}: apply said so, backed up, and issued {self.version()}", flush=True)
        self.come_together()
        states = {system["name"]: system["state"] for system in self.fleet.run("systems", "--json").documents()}
        assert states == {store: "up" for store in STORES}, states
        now = self.fleet.snapshots()
        assert seen < {snapshot["id"] for snapshot in now}, f"of {seen} not all are in {now}"
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        again = self.fleet.run("apply", self.playbook)
        assert WARNING not in again.err, f"the warning comes again\n{again}"
        print(f"one master file on all hosts, {len(now)} snapshots seen, the latest restored", flush=True)


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        PutBack(fleet).check()


main()
