"""What is lost and what is not: every pair of six systems killed or frozen, three gone, an edited byte in stored shards.

losses_test.py PROGRAMS [--full]: with --full all of /usr/share and every pair frozen, too; else a part of it and some pairs."""
import glob
import itertools
import os
import random
import shutil
import signal
import sys
import time

from fleet import STORES, LocalFleet, differences

EXIT_LOST = 14
FROZEN_PATIENCE = 60          # seconds that frozen systems may cost a restore: a few stalls of 10 s, on a busy machine
SLOWER = 5                    # times: what a busy machine may make of a restore meanwhile
MEMORY = "/dev/shm"           # where much is restored and removed in turn: ext4 gives no inode that was just given back, and looks for others for minutes
PARTS = ["/usr/share/perl5", "/usr/share/cmake-3.25/Modules"]
PLAYBOOK = """name = "nightly"
[[backup]]
name = "share"
hosts = ["web1"]
paths = [{paths}]
redundancy = {{ data = 2, parity = 2 }}
"""


def say(text):
    print(text, flush=True)


def files_below(root):
    """Regular files under their final names."""
    for folder, _, names in os.walk(root):
        paths = [os.path.join(folder, name) for name in names if not name.startswith(".sk-")]
        yield from (path for path in paths if not os.path.islink(path))


class Losses:
    def __init__(self, fleet, full):
        self.fleet, self.full = fleet, full
        self.paths = ["/usr/share"] if full else [path for path in PARTS if os.path.isdir(path)]
        self.target = fleet.path("restored") if not full else os.path.join(MEMORY, f"sparekeep-losses-{os.getpid()}")
        self.usual = None             # seconds of a restore from systems that are all there

    def prepare(self):
        playbook = self.fleet.set_up(PLAYBOOK.format(paths=", ".join(f'"{path}"' for path in self.paths)))
        began = time.monotonic()
        self.fleet.run("apply", playbook)
        say(f"backup: {time.monotonic() - began:.1f} s")
        _, self.usual = self.restore((0,))

    def restore(self, codes):
        shutil.rmtree(self.target, ignore_errors=True)
        began = time.monotonic()
        run = self.fleet.run("restore", "share/web1@latest", "--to", "spare", "--target", self.target, "--yes", codes=codes)
        seconds = time.monotonic() - began
        limit = self.usual * SLOWER + FROZEN_PATIENCE if self.usual else seconds
        assert seconds <= limit, f"{seconds:.0f} s, where {self.usual:.1f} s are usual: a system that does not answer held it up\n{run}"
        return run, seconds

    def restore_equal(self, what):
        run, seconds = self.restore((0,))
        wrong = [name for path in self.paths for name in differences(path, self.target + path)]
        if wrong:
            raise AssertionError(f"{what}: {wrong} differ\n{run}")
        say(f"{what}: equal, {seconds:.1f} s")

    def killed(self, stores):
        for store in stores:
            self.fleet.signal(store, signal.SIGKILL)

    def back(self, stores):
        for store in stores:
            self.fleet.start(store)

    def every_pair_killed(self):
        for pair in itertools.combinations(STORES, 2):
            self.killed(pair)
            self.restore_equal(f"{' and '.join(pair)} killed")
            self.back(pair)

    def pairs_frozen(self):
        pairs = list(itertools.combinations(STORES, 2))
        for pair in pairs if self.full else pairs[::7]:
            for store in pair:
                self.fleet.signal(store, signal.SIGSTOP)
            self.restore_equal(f"{' and '.join(pair)} frozen")
            for store in pair:
                self.fleet.signal(store, signal.SIGCONT)

    def holders_of_a_pack(self):
        """The systems that hold shards of the pack with the biggest one."""
        held = [(os.path.getsize(path), os.path.basename(path).split(".")[0], store) for store in STORES
                for path in glob.glob(self.fleet.path(store, "srv/sparekeep/**"), recursive=True) if os.path.isfile(path)]
        pack = max(held)[1]
        return sorted({store for _, name, store in held if name == pack})

    def three_gone(self):
        gone = self.holders_of_a_pack()[:3]
        self.killed(gone)
        self.expect_lost("three killed", gone)
        self.back(gone)
        for store in gone:
            self.fleet.signal(store, signal.SIGSTOP)
        self.expect_lost("three frozen", gone)
        for store in gone:
            self.fleet.signal(store, signal.SIGCONT)

    def expect_lost(self, what, gone):
        run, seconds = self.restore((EXIT_LOST,))
        text = run.out + run.err
        assert any(path in text for path in self.paths), f"no file is named\n{run}"
        assert any(store in text for store in gone), f"no system is named\n{run}"
        self.expect_nothing_wrong(what)
        say(f"{what}: exit 14, {seconds:.1f} s: {next(line for line in text.splitlines() if 'failed' in line)[:300]}")

    def expect_nothing_wrong(self, what):
        """What stands under a final name is whole: a file with its bytes."""
        for restored in files_below(self.target):
            with open(restored, "rb") as left, open(restored[len(self.target):], "rb") as right:
                assert left.read() == right.read(), f"{what}: {restored} is not what was backed up"

    def edited(self, stores):
        """A byte in the payload of every shard that these systems hold, and the way back."""
        changes, chance = [], random.Random(7)
        for store in stores:
            for path in glob.glob(self.fleet.path(store, "srv/sparekeep/**"), recursive=True):
                if os.path.isfile(path) and os.path.getsize(path) > 4096:
                    changes.append((path, 4096 + chance.randrange(os.path.getsize(path) - 4096)))
        self.flip(changes)
        return changes

    def flip(self, changes):
        for path, offset in changes:
            mode = os.stat(path).st_mode
            os.chmod(path, 0o600)
            with open(path, "r+b") as file:
                file.seek(offset)
                byte = file.read(1)
                file.seek(offset)
                file.write(bytes([byte[0] ^ 0x41]))
            os.chmod(path, mode)

    def edited_bytes(self):
        edited = 0
        for store in STORES:
            changes = self.edited([store])
            edited += bool(changes)
            self.restore_equal(f"{len(changes)} shards of {store} edited")
            self.flip(changes)
        assert edited >= 4, f"a 2 + 2 pack lies on four systems, and shards were edited on {edited}"
        changes = self.edited(STORES)
        run, _ = self.restore((EXIT_LOST,))
        assert any(path in run.out + run.err for path in self.paths), f"no file is named\n{run}"
        self.expect_nothing_wrong("all edited")
        self.flip(changes)
        self.restore_equal("all shards whole again")


def main():
    with LocalFleet(sys.argv[1]) as fleet:
        losses = Losses(fleet, "--full" in sys.argv)
        try:
            losses.prepare()
            losses.every_pair_killed()
            losses.pairs_frozen()
            losses.three_gone()
            losses.edited_bytes()
        finally:
            shutil.rmtree(losses.target, ignore_errors=True)


main()
