"""Storage systems without room, two of four: each try of a backup that needs three fails without a byte more on any of them, what was stored by the
first is not stored again once there is room, and the snapshot restores.

full_test.py PROGRAMS"""
import os
import random
import sys

from fleet import LocalFleet, differences

STORES = ["store1", "store2", "store3", "store4"]
EXIT_HOST_FAILED = 4
FILES, FILE_MIB = 10, 8
SMALL_MIB = 24                # of the two systems: for some packs, not for all
SLACK = 2 << 20               # heads of shards, and metadata


class Full:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        for number in range(FILES):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(FILE_MIB << 20))
        with open(fleet.inventory, encoding="utf-8") as file:
            self.inventory = file.read()
        self.quota("store3", "store4")
        self.playbook = fleet.set_up_job(self.source, "data = 2, parity = 2")

    def quota(self, *small):
        """The inventory, with little room on these."""
        text = self.inventory
        for store in small:
            text = text.replace(f"[hosts.{store}]", f'[hosts.{store}]\nstorage = {{ keep_free = "1 MiB", quota = "{SMALL_MIB} MiB" }}')
        self.fleet.write("inventory.toml", text)

    def stored(self):
        """Bytes of shards by system."""
        return {store: sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.fleet.path(store, "srv/sparekeep")) for name in names)
                for store in STORES}

    def check(self):
        first = None
        for number in range(1, 4):
            run = self.fleet.run("apply", self.playbook, codes=(EXIT_HOST_FAILED,))
            assert "found room on 2 systems; 3 are needed at least" in run.out + run.err, str(run)
            print(f"try {number}: {self.stored()}", flush=True)
            first = first or self.stored()
            assert self.stored() == first, f"{self.stored()} is not {first}"
        assert 0 < min(first.values()) and max(first.values()) - min(first.values()) < SLACK, f"not all have the same: {first}"
        self.quota()
        self.fleet.run("install")
        run = self.fleet.run("apply", self.playbook)
        most = FILES * (FILE_MIB << 20) // 2 + SLACK
        assert max(self.stored().values()) < most, f"{self.stored()}: more than {most} on a system"
        print(f"with room: {self.stored()}", flush=True)
        self.fleet.run("check", "--read-data")
        self.fleet.run("restore", "web/web1@latest", "--to", "web1", "--target", self.fleet.path("restored"), "--yes")
        wrong = differences(self.source, self.fleet.path("restored") + self.source)
        assert not wrong, f"{wrong} differ after a restore"


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        Full(fleet).check()


main()
