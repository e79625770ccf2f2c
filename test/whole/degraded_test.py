"""A storage system whose disk fails only when a snapshot is committed: the run is degraded (exit 13), and so is the snapshot wherever one looks:
`snapshots`, `show`, and a catalogue made again from the daemons. It restores.

degraded_test.py PROGRAMS (with libsk_fail_calls.so beside them)"""
import os
import random
import signal
import sys

from fleet import LocalFleet, differences

EXIT_DEGRADED = 13


class Degraded:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        self.change_files()
        self.playbook = fleet.set_up_job(self.source, "copies = 3")

    def change_files(self):
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))

    def records(self, store):
        vaults = self.fleet.path(store, "var/lib/sparekeep/daemon/vaults")
        [vault] = os.listdir(vaults)
        return os.path.join(vaults, vault, "records")

    def fail_commits(self, store):
        """Every file that would get its name among the records of the vault is refused, as by a failing disk."""
        self.fleet.signal(store, signal.SIGKILL)
        self.fleet.start(store, environment={"LD_PRELOAD": os.path.join(self.fleet.programs, "libsk_fail_calls.so"), "SK_FAIL_CALLS": "rename,link",
                                             "SK_FAIL_UNDER": self.records(store), "SK_FAIL_AT": "1", "SK_FAIL_ONWARDS": "1", "SK_FAIL_WITH": "EIO"})

    def states(self):
        return [snapshot["state"] for snapshot in self.fleet.snapshots()]

    def lose_catalogue(self):
        for name in os.listdir(self.fleet.path("central")):
            if name.startswith("catalogue.db"):
                os.unlink(self.fleet.path("central", name))

    def check(self):
        self.fleet.run("apply", self.playbook)
        assert self.states() == ["complete"], self.states()
        self.fail_commits("store3")
        self.change_files()
        run = self.fleet.run("apply", self.playbook, codes=(EXIT_DEGRADED,))
        assert "degraded" in run.out, str(run)
        assert self.states() == ["complete", "degraded"], self.states()
        assert "degraded" in self.fleet.run("show", "web/web1@latest").out
        held = {store: sorted(name.split(".")[1] for name in os.listdir(self.records(store)) if "." in name) for store in self.fleet.stores}
        assert held["store1"] == ["1", "1", "2"] and held["store3"] == ["1"], f"revisions on the systems: {held}"
        print("a disk that fails at the commit: exit 13, and degraded in snapshots and show", flush=True)
        self.lose_catalogue()
        assert self.states() == ["complete", "degraded"], self.states()
        target = self.fleet.path("restored")
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", target, "--yes")
        wrong = differences(self.source, target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        print("the catalogue made again says so, too, and the snapshot restores", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        Degraded(fleet).check()


main()
