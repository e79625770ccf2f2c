"""Whose name it is says the inventory, or the certificate that the central made; never what a host writes in its second metadata. One host writes the other's
name, and the catalogue is lost: nothing of one goes to the other by that name, the key least of all.

names_test.py PROGRAMS"""
import contextlib
import os
import shutil
import signal
import sqlite3
import sys

from fleet import LocalFleet

EXIT_USAGE = 2


class Names:
    def __init__(self, fleet):
        self.fleet, self.source, self.target = fleet, fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        self.inventory = fleet.inventory
        with open(self.inventory, encoding="utf-8") as file:
            self.text = file.read()

    def declare(self, **hosts):
        """Which host the inventory calls how, by its folder."""
        roots = "".join(f'\n[hosts.{name}]\nroot = "{self.fleet.path(root)}"\n' for name, root in hosts.items())
        names = "".join(f'"{name}", ' for name in hosts)
        self.fleet.write("inventory.toml", self.text.replace('"web1", "web2", ', names) + roots)

    def exchange(self, first, second):
        """The names of two hosts, of which the first is web1 afterwards: through a third name, since no host takes one that another has."""
        for hosts in ({"aside": second, "web2": first}, {"aside": second, "web1": first}, {"web1": first, "web2": second}):
            self.declare(**hosts)
            self.fleet.run("install")

    def back_up(self, content):
        with open(os.path.join(self.source, "who"), "w", encoding="utf-8") as file:
            file.write(content)
        self.fleet.run("apply", self.playbook)

    def id_of(self, root):
        with open(self.fleet.path(root, "etc/sparekeep/host-id"), encoding="ascii") as file:
            return file.read().strip()

    def make_both_say_web1(self):
        """Where two hosts have been called web1 one after the other, the second metadata of both says so, as that of a host that was broken into would."""
        self.declare(web1="honest", web2="hostile")
        self.playbook = self.fleet.set_up_job(self.source, "copies = 2")
        self.back_up("honest")
        self.exchange("hostile", "honest")
        self.back_up("hostile")
        self.exchange("honest", "hostile")
        self.expect("web/web1@latest", "honest")

    def end_agents(self):
        for root in ("honest", "hostile"):
            self.fleet.signal(root, signal.SIGKILL, "sparekeep-agent")

    def lose_catalogue(self):
        for name in os.listdir(self.fleet.path("central")):
            if name.startswith("catalogue.db"):
                os.unlink(self.fleet.path("central", name))

    def restore(self, *arguments, codes=(0,)):
        shutil.rmtree(self.target, ignore_errors=True)
        return self.fleet.run("restore", *arguments, "--target", self.target, "--yes", codes=codes)

    def expect(self, snapshot, content, *more):
        run = self.restore(snapshot, *more)
        with open(self.target + os.path.join(self.source, "who"), encoding="utf-8") as file:
            found = file.read()
        assert found == content, f"{snapshot} is {found!r}, where {content!r} was to be\n{run}"

    def keys_given(self):
        with contextlib.closing(sqlite3.connect(self.fleet.path("central/catalogue.db"))) as catalogue:
            return [row[0] for row in catalogue.execute("SELECT action FROM audit WHERE action LIKE 'reseal%'")]

    def check(self):
        self.make_both_say_web1()
        self.end_agents()                  # their certificates would say who they are
        self.lose_catalogue()
        snapshots = {snapshot["host_id"]: snapshot["id"] for snapshot in self.fleet.snapshots()}
        honest, hostile = self.id_of("honest"), self.id_of("hostile")
        assert set(snapshots) == {honest, hostile}, snapshots
        del self.fleet.environment["SPAREKEEP_INVENTORY"]
        run = self.restore("web/web1@latest", codes=(EXIT_USAGE,))
        assert honest in run.err and hostile in run.err, str(run)
        assert not os.path.exists(self.target) and not self.keys_given(), str(run)
        print("after a lost catalogue a name that two hosts say is theirs is refused, with both ids", flush=True)
        self.fleet.environment["SPAREKEEP_INVENTORY"] = self.inventory
        run = self.restore(snapshots[hostile], codes=(EXIT_USAGE,))
        assert "--to web1" in run.err and not self.keys_given(), str(run)
        print("what a host says is web1 does not go to web1 unless --to says so", flush=True)
        self.fleet.run("install")
        self.expect("web/web1@latest", "honest")
        self.expect(snapshots[honest], "honest")
        self.expect(snapshots[hostile], "hostile", "--to", "web2")
        print("an install says who is who", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        names = Names(fleet)
        try:
            names.check()
        finally:
            names.end_agents()


main()
