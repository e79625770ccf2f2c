"""A host that loses the role `storage`: it is `undeclared`, gets nothing new, and what it stores is still read; with the role it is `up` again.
A daemon says how much space it has as soon as a command asks.

roles_test.py PROGRAMS"""
import os
import random
import signal
import sys
import time

from fleet import LocalFleet, differences

STORES = ["store1", "store2", "store3"]
ASKED_WITHIN = 1.5            # seconds: less than the interval of reports on a local host
PLAYBOOK = """name = "{job}"
[[backup]]
name = "{job}"
hosts = ["web1"]
paths = ["{source}"]
redundancy = {{ copies = {copies} }}
"""


class Roles:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))
        fleet.run("init", "--recovery-key", fleet.path("recovery.key"))
        fleet.run("install")
        with open(fleet.inventory, encoding="utf-8") as file:
            self.inventory = file.read()
        self.back_up("old", 3)

    def back_up(self, job, copies):
        self.fleet.run("apply", self.fleet.write(f"{job}.toml", PLAYBOOK.format(job=job, source=self.source, copies=copies)))

    def states(self):
        return {system["name"]: system["state"] for system in self.fleet.run("systems", "--json").documents()}

    def take_role(self):
        stores = ", ".join(f'"{store}"' for store in STORES)
        without = self.inventory.replace(f"hosts = [{stores}]", 'hosts = ["store1", "store2"]').replace('"spare"]', '"spare", "store3"]')
        assert without != self.inventory
        self.fleet.write("inventory.toml", without)
        pending = self.fleet.run("install", "--check", "--exit-code", codes=(6,))
        assert "undeclared: store3 has no role storage any more" in pending.out + pending.err, str(pending)
        assert self.states()["store3"] == "up", "--check has changed something"
        told = self.fleet.run("install")
        assert "undeclared: store3 has no role storage any more" in told.out + told.err, str(told)
        assert self.states() == {"store1": "up", "store2": "up", "store3": "undeclared"}, self.states()
        again = self.fleet.run("install", "--check", "--exit-code")
        assert "undeclared" not in again.out + again.err, str(again)

    def nothing_new(self):
        with open(os.path.join(self.source, "file0"), "wb") as file:
            file.write(random.randbytes(500_000))
        before = self.stored("store3")
        self.back_up("new", 2)
        assert self.stored("store3") == before, "a new shard went to store3"
        print("store3 without the role: undeclared, and a new backup went to others", flush=True)

    def stored(self, store):
        return sum(len(files) for _, _, files in os.walk(self.fleet.path(store, "srv/sparekeep")))

    def still_read(self):
        for store in ("store1", "store2"):
            self.fleet.signal(store, signal.SIGKILL)
        target = self.fleet.path("restored")
        self.fleet.run("restore", "old/web1@latest", "--to", "spare", "--target", target, "--yes")
        wrong = differences(self.source, target + self.source)
        assert wrong == ["file0"], f"{wrong} differ after a restore; file0 alone was changed since"
        for store in ("store1", "store2"):
            self.fleet.start(store)
        print("what store3 alone can give was restored", flush=True)

    def give_role_back(self):
        self.fleet.write("inventory.toml", self.inventory)
        self.fleet.run("install")
        assert self.states() == {store: "up" for store in STORES}, self.states()
        print("with the role again it is up", flush=True)

    def restore_is_foretold(self):
        """To a host without an agent: the prediction names the installation and the run, and neither happens."""
        where = self.fleet.path("foretold")
        told = self.fleet.run("restore", "old/web1@latest", "--to", "store1", "--target", where, "--check", "--json").documents()
        assert [job["state"] for job in told[-1]["jobs"]] == ["would run"], told[-1]
        assert any(line["state"] == "changed" for line in told if line["type"] == "task"), told
        assert not os.path.exists(where) and not os.path.exists(self.fleet.path("store1", "etc/sparekeep/agent.toml"))
        print("a restore to a host without an agent is foretold", flush=True)

    def asked_at_once(self):
        """Daemons that have just reported would do it again after their interval; a command that asks does not wait for it."""
        for _ in range(3):
            began = time.monotonic()
            self.fleet.run("systems")
            took = time.monotonic() - began
            assert took < ASKED_WITHIN, f"systems took {took:.1f} s"
        print("systems: every daemon reported as soon as it was asked", flush=True)


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        roles = Roles(fleet)
        roles.asked_at_once()
        roles.restore_is_foretold()
        roles.take_role()
        roles.nothing_new()
        roles.still_read()
        roles.give_role_back()


main()
