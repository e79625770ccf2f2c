"""Shards that a power cut or a file system check left empty, short, longer or as something else: the next backup stores them anew though no file has changed,
`check` names each without reading the data, and everything restores.

damaged_shards_test.py PROGRAMS"""
import glob
import os
import random
import shutil
import sys

from fleet import LocalFleet, differences

STORES = ["store1", "store2", "store3", "store4"]
EXIT_DEGRADED = 13
EXIT_LOST = 14


def half(path):
    os.truncate(path, os.path.getsize(path) // 2)


def without_its_end(path):
    os.truncate(path, os.path.getsize(path) - 1)


def pipe(path):
    os.unlink(path)
    os.mkfifo(path)


def folder(path):
    os.unlink(path)
    os.mkdir(path)


DAMAGES = [lambda path: os.truncate(path, 0), half, without_its_end, lambda path: os.truncate(path, 4 << 40), pipe, folder]


class DamagedShards:
    def __init__(self, fleet):
        self.fleet, self.source, self.target = fleet, fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        for number in range(50):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(30_000))
        self.damaged = set()
        self.playbook = fleet.set_up_job(self.source, "data = 2, parity = 2")

    def shards(self, store):
        return glob.glob(self.fleet.path(store, "srv/sparekeep/*/*/*.[0-9].[0-9].[0-9]"))

    def check_damage(self, number, damage):
        """In all systems: nothing is left that could be taken from elsewhere, so that the snapshots before are lost."""
        shards = [shard for store in STORES for shard in self.shards(store) if shard not in self.damaged]
        self.damaged.update(shards)
        assert len(shards) >= 4, f"{len(shards)} shards"
        for shard in shards:
            damage(shard)
        found = self.fleet.run("check", codes=(EXIT_LOST,))
        systems = self.fleet.run("check", "--json", codes=(EXIT_LOST,)).documents()[0]["systems"]
        assert all(system["good"] == 0 for system in systems), f"damage {number}: {systems}\n{found}"
        self.fleet.run("apply", self.playbook)
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"damage {number}: {wrong} differ after a restore"
        print(f"damage {number} of {len(shards)} shards: found, stored anew and restored", flush=True)

    def check_two_systems(self):
        """Nothing is lost: what the others have is enough. The next backup brings the redundancy back."""
        for shard in self.shards("store1") + self.shards("store2"):
            os.truncate(shard, 0)
        self.fleet.run("check", codes=(EXIT_DEGRADED,))
        self.fleet.run("apply", self.playbook)
        self.fleet.run("check", "--read-data")
        print("damaged in two of four systems: they are stored again from the others' shards", flush=True)

    def check(self):
        self.fleet.run("apply", self.playbook)
        self.check_two_systems()
        for number, damage in enumerate(DAMAGES):
            self.check_damage(number, damage)
        before = {shard: os.stat(shard).st_mtime_ns for store in STORES for shard in self.shards(store) if os.path.isfile(shard)}
        self.fleet.run("apply", self.playbook)
        assert all(os.stat(shard).st_mtime_ns == time for shard, time in before.items()), "whole shards were written again"


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        DamagedShards(fleet).check()


main()
