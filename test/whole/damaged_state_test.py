"""What programs keep beside the shards, damaged while they were down: a daemon's index of locks and pins, the master files of daemon and agent. They
start all the same, set the damaged files aside, and go on: backups, restores, and no lock that ends early.

damaged_state_test.py PROGRAMS"""
import glob
import os
import random
import signal
import sys
import time

from fleet import LocalFleet, differences

PATIENCE = 30


class DamagedState:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        self.playbook = fleet.set_up_job(self.source, "copies = 3")

    def apply(self):
        for number in range(5):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))
        self.fleet.run("apply", self.playbook)

    def state(self, host, name):
        return self.fleet.path(host, "var/lib/sparekeep", "agent" if host == "web1" else "daemon", name)

    def damage(self, host, name, how):
        """Between an end and a start of its program."""
        program = "sparekeep-agent" if host == "web1" else "sparekeepd"
        self.fleet.signal(host, signal.SIGTERM, program)
        while self.fleet.pid(host, program) is not None:
            time.sleep(0.02)
        path = self.state(host, name)
        with open(path, "rb") as file:
            before = file.read()
        damaged = how(before)
        with open(path, "wb") as file:
            file.write(damaged)
        self.fleet.start(host, program)
        return before, damaged

    def wait_for(self, what, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
            time.sleep(0.05)

    def set_aside(self, host, name, damaged):
        """Is what was damaged kept under another name?"""
        for path in glob.glob(self.state(host, name) + ".lost-*"):
            with open(path, "rb") as file:
                if file.read() == damaged:
                    return True
        return False

    def restore_from(self, store):
        """All but one system are killed: it alone gives back what there is."""
        others = [other for other in self.fleet.stores if other != store]
        for other in others:
            self.fleet.signal(other, signal.SIGKILL)
        target = self.fleet.path("restored-" + str(time.monotonic_ns()))
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", target, "--yes")
        wrong = differences(self.source, target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        for other in others:
            self.fleet.start(other)

    def check(self):
        self.apply()
        ways = {"its beginning": lambda whole: random.randbytes(64) + whole[64:], "half of it cut off": lambda whole: whole[:len(whole) // 2],
                "all of it": lambda whole: random.randbytes(len(whole))}
        for way, how in ways.items():
            _, damaged = self.damage("store2", "index.db", how)
            assert self.set_aside("store2", "index.db", damaged), way
            self.restore_from("store2")
            self.apply()
            self.restore_from("store2")
            print(f"index.db, {way}: serves, restores and takes backups", flush=True)
        for host in ("store2", "web1"):
            before, damaged = self.damage(host, "master.bin", lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]))
            assert before != damaged
            self.fleet.run("systems")
            self.apply()
            self.wait_for(f"master.bin of {host}", lambda: self.set_aside(host, "master.bin", damaged))
            self.apply()
            print(f"master.bin of {host}: taken anew, and backups go on", flush=True)
        self.restore_from("store2")


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        DamagedState(fleet).check()


main()
