"""Who a host is, and what goes along with it: a host that has another's id, another central's settings or another's disk is refused by install
and uninstall, one that was renamed or uninstalled is known again by its key, uninstall removes whatever is registered under the name, and a release
reaches also the programs of roles that the inventory does not name.

ids_test.py PROGRAMS"""
import os
import shutil
import sys

from fleet import LocalFleet

STORES = ["store1", "store2", "store3"]


class Ids:
    def __init__(self, fleet):
        self.fleet = fleet
        fleet.run("init", "--recovery-key", fleet.path("recovery.key"))
        fleet.run("install")
        with open(fleet.inventory, encoding="utf-8") as file:
            self.inventory = file.read()

    def states(self):
        return {system["name"]: system["state"] for system in self.fleet.run("systems", "--json").documents()}

    def refused(self, *command, saying):
        told = self.fleet.run(*command, codes=(4,))
        assert saying in told.out + told.err, str(told)

    def has_id_of(self, host, other):
        shutil.copy(self.fleet.path(other, "etc/sparekeep/host-id"), self.fleet.path(host, "etc/sparekeep/host-id"))

    def copied(self):
        own = {host: open(self.fleet.path(host, "etc/sparekeep/host-id"), encoding="ascii").read() for host in ("store3", "web2")}
        self.has_id_of("store3", "web1")
        for check in ([], ["--check"]):
            self.refused("install", "--limit", "store3", *check, saying="it has the id of 'web1', which the inventory names, too")
        self.has_id_of("store3", "store1")
        self.refused("uninstall", "--limit", "store3", saying="it has the id of 'store1'")
        assert set(self.states().values()) == {"up"}, self.states()
        self.fleet.write("inventory.toml", self.inventory.replace('"web1", ', ""))
        self.has_id_of("web2", "web1")
        self.refused("install", "--limit", "web2", saying="it has the id of 'web1' and no key that proves it")
        self.fleet.write("inventory.toml", self.inventory)
        for host, text in own.items():
            self.fleet.write(f"{host}/etc/sparekeep/host-id", text)
        self.fleet.run("install")
        self.fleet.run("install", "--check", "--exit-code")
        print("another's id is refused", flush=True)

    def of_another_central(self):
        other = ["--state", self.fleet.path("other")]
        self.fleet.run(*other, "init", "--recovery-key", self.fleet.path("other.key"))
        for command in (["install"], ["install", "--check"], ["uninstall", "--purge"]):
            self.refused(*other, *command, "--limit", "store1", saying="it belongs to another central")
        self.fleet.run("install", "--check", "--exit-code")
        print("a host of another central is refused", flush=True)

    def of_another_disk(self):
        marker = self.fleet.path("store1", "srv/sparekeep/.sparekeep-storage")
        with open(marker, encoding="ascii") as file:
            own = file.read()
        self.fleet.write(marker, "0" * 32 + "\n")
        for check in ([], ["--check"]):
            self.refused("install", "--limit", "store1", *check, saying=f"is that of host id '{'0' * 32}'")
        self.fleet.write(marker, own)
        self.fleet.run("install")
        print("a disk of another host is refused", flush=True)

    def id_of(self, host):
        with open(self.fleet.path(host, "etc/sparekeep/host-id"), encoding="ascii") as file:
            return file.read()

    def uninstalled(self):
        """Without --purge its key stays: it alone brings the id back. What was wiped is a new host, and so is whoever has nothing but the id."""
        web, spare = self.id_of("web2"), self.id_of("spare")
        self.fleet.run("uninstall", "--limit", "web2")
        self.fleet.write("spare/etc/sparekeep/host-id", web)
        self.refused("install", "--limit", "spare", saying=f"it has the id '{web.strip()}' of a host that was removed, and no key of its roles here that proves it")
        self.fleet.write("spare/etc/sparekeep/host-id", spare)
        self.fleet.run("install")
        assert self.id_of("web2") == web, "a host that was uninstalled and kept its key is another one now"
        self.fleet.run("install", "--check", "--exit-code")
        self.fleet.run("uninstall", "--limit", "web2", "--purge")
        self.fleet.run("install")
        assert self.id_of("web2") not in (web, spare), "a host that was wiped has an id of before"
        print("an uninstalled host proves who it is by its key, and a wiped one is a new host", flush=True)

    def uninstalled_under_another_id(self):
        own = self.id_of("store3")
        self.fleet.write("store3/etc/sparekeep/host-id", "e" * 32 + "\n")
        told = self.fleet.run("uninstall", "--limit", "store3")
        assert f"id {own.strip()}; the host itself says {'e' * 32}" in told.out + told.err, str(told)
        assert self.states() == {"store1": "up", "store2": "up"}, self.states()
        self.fleet.write("store3/etc/sparekeep/host-id", own)
        self.fleet.run("install")
        assert set(self.states().values()) == {"up"} and len(self.states()) == 3, self.states()
        self.fleet.run("install", "--check", "--exit-code")
        print("uninstall removes what is registered, whatever the host says", flush=True)

    def renamed(self):
        os.rename(self.fleet.path("store2"), self.fleet.path("disk2"))
        self.fleet.write("inventory.toml", self.inventory.replace('"store2"', '"disk2"').replace("[hosts.store2]", "[hosts.disk2]"))
        self.fleet.stores[1] = "disk2"
        self.refused("uninstall", "--limit", "disk2", saying="if that is its old name, run sparekeep install --limit disk2 first")
        told = self.fleet.run("install", "--check")
        assert "undeclared" not in told.out + told.err, str(told)
        self.fleet.run("install")
        assert self.states() == {"store1": "up", "disk2": "up", "store3": "up"}, self.states()
        self.fleet.run("install", "--check", "--exit-code")
        print("a renamed host proves who it is by its key", flush=True)

    def another_release(self):
        """The same programs with a byte more at their ends."""
        folder = self.fleet.path("programs")
        shutil.copytree(self.fleet.programs, folder, symlinks=True)
        for program in ("sparekeepd", "sparekeep-agent"):
            with open(os.path.join(folder, program), "ab") as file:
                file.write(b"\0")
        self.fleet.programs = folder

    def roles_not_named(self):
        with open(self.fleet.inventory, encoding="utf-8") as file:
            now = file.read()
        lost = now.replace('hosts = ["store1", "disk2", "store3"]', 'hosts = ["store1", "disk2"]').replace('"spare"]', '"spare", "store3"]')
        assert lost != now
        self.fleet.write("inventory.toml", lost)
        self.fleet.run("install")
        before = self.fleet.pid("store3")
        self.another_release()
        self.fleet.run("install")
        assert self.fleet.pid("store3") not in (None, before), "the daemon of a role that was lost did not go along"
        assert os.readlink(f"/proc/{self.fleet.pid('store3')}/exe") == os.path.realpath(self.fleet.path("store3", "usr/lib/sparekeep/current/sparekeepd"))
        self.fleet.run("install", "--check", "--exit-code")
        print("a new release reaches the daemon of a role that was lost", flush=True)


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        ids = Ids(fleet)
        ids.copied()
        ids.of_another_central()
        ids.of_another_disk()
        ids.uninstalled()
        ids.uninstalled_under_another_id()
        ids.renamed()
        ids.roles_not_named()


main()
