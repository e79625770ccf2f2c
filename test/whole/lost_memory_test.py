"""What a host remembers of a job's last snapshot is removed, or damaged: the next backup sends what has changed since and no more (bytes are counted on the
storage systems), says so, and its snapshot restores.

lost_memory_test.py PROGRAMS"""
import glob
import os
import random
import shutil
import sys

from fleet import LocalFleet, differences

FILES, FILE_BYTES, COPIES = 60, 500_000, 2
CHANGED = 3 * FILE_BYTES * COPIES     # what one file more may cost, with its metadata and heads of shards, on all systems together


def flip(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


class LostMemory:
    def __init__(self, fleet):
        self.fleet, self.source, self.target = fleet, fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        for number in range(FILES):
            self.write(f"file{number}")
        self.playbook = fleet.set_up_job(self.source, f"copies = {COPIES}")

    def write(self, name):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.randbytes(FILE_BYTES))

    def stored(self):
        return sum(os.path.getsize(os.path.join(folder, name)) for store in self.fleet.stores
                   for folder, _, names in os.walk(self.fleet.path(store, "srv/sparekeep")) for name in names)

    def memory(self, suffix):
        files = glob.glob(self.fleet.path("web1", "var/lib/sparekeep/agent/vaults/*/*." + suffix))
        assert files, f"the host remembers nothing: no {suffix}"
        return files

    def back_up(self, what, told):
        self.write("new " + what)
        before = self.stored()
        run = self.fleet.run("apply", self.playbook)
        sent = self.stored() - before
        assert sent < CHANGED, f"{what}: {sent >> 10} KiB were stored, where a file of {FILE_BYTES >> 10} KiB is new\n{run}"
        assert told == ("which systems hold" in run.out + run.err), str(run)
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{what}: {wrong} differ"
        print(f"{what}: {sent >> 10} KiB stored, and the snapshot is equal", flush=True)

    def remove(self, *suffixes):
        for path in (path for suffix in suffixes for path in self.memory(suffix)):
            os.unlink(path)

    def check(self):
        self.fleet.run("apply", self.playbook)
        self.back_up("all there", told=False)
        self.remove("snapshot", "manifest")
        self.back_up("memory removed", told=True)
        self.remove("manifest")
        self.back_up("manifest removed", told=True)
        flip(self.memory("snapshot")[0])
        self.back_up("one bit of the memory", told=True)
        flip(self.memory("manifest")[0])                   # seen when it is read: files are read, too, and not sent
        self.back_up("one bit of the manifest", told=False)
        self.remove("manifest")
        os.mkfifo(self.memory("snapshot")[0] + "-beside")
        os.rename(self.memory("snapshot-beside")[0], self.memory("snapshot")[0])
        self.back_up("a FIFO in its place", told=True)
        self.back_up("all there again", told=False)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        LostMemory(fleet).check()


main()
