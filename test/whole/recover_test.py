"""What the central holds is not needed: the catalogue deleted, it is rebuilt from the daemons; all of STATE and every agent deleted, the
second reader (test/reader, written from docs/format.md alone) restores from the daemons' folders and the recovery key.
One system off before the start: a degraded snapshot, exit 13, that restores.

recover_test.py PROGRAMS [--full]: with --full all of /usr/share as two copies."""
import os
import shutil
import signal
import subprocess
import sys

from fleet import AGENTS, STORES, LocalFleet, differences

READER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "reader", "read_vault.py")
EXIT_DEGRADED = 13
PART = "/usr/share/perl5"
PLAYBOOK = """name = "nightly"
[[backup]]
name = "copied"
hosts = ["web1"]
paths = ["{copied}"]
redundancy = {{ copies = 2 }}

[[backup]]
name = "coded"
hosts = ["web2"]
paths = ["{coded}"]
redundancy = {{ data = 2, parity = 2 }}
"""


def say(text):
    print(text, flush=True)


class Recovery:
    def __init__(self, fleet, copied):
        self.fleet, self.copied, self.coded = fleet, copied, PART
        self.target = fleet.path("restored")
        self.playbook = fleet.set_up(PLAYBOOK.format(copied=copied, coded=PART))
        fleet.run("apply", self.playbook)

    def expect_equal(self, source, what):
        wrong = differences(source, self.target + source)
        assert not wrong, f"{what}: {wrong} differ"
        say(f"{what}: equal")

    def restore(self, job, host, source, what):
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", f"{job}/{host}@latest", "--to", "spare", "--target", self.target, "--yes")
        self.expect_equal(source, what)

    def catalogue_deleted(self):
        before = self.fleet.snapshots()
        for name in os.listdir(self.fleet.path("central")):
            if name.startswith("catalogue.db"):
                os.unlink(self.fleet.path("central", name))
        after = self.fleet.snapshots()
        # Two hosts that ended at about the same time may change places: when each was heard of is now what the daemons say.
        assert sorted(snapshot["id"] for snapshot in before) == sorted(snapshot["id"] for snapshot in after), f"{before} became {after}"
        assert "redundancy  2 data + 2 parity" in self.fleet.run("show", "coded/web2@latest").out
        self.restore("coded", "web2", self.coded, "catalogue deleted and rebuilt")

    def one_system_off(self):
        """Of four; a 2 + 2 backup has nowhere to put its fourth shards."""
        self.fleet.signal("store2", signal.SIGKILL)
        run = self.fleet.run("apply", self.playbook, "--job", "coded", codes=(EXIT_DEGRADED,))
        assert "degraded" in run.out, str(run)
        self.restore("coded", "web2", self.coded, "degraded snapshot")
        self.fleet.start("store2")

    def everything_else_deleted(self):
        for store in self.fleet.stores:
            self.fleet.signal(store, signal.SIGKILL)
        for agent in AGENTS:
            self.fleet.signal(agent, signal.SIGKILL, "sparekeep-agent")
            shutil.rmtree(self.fleet.path(agent))
        shutil.rmtree(self.fleet.path("central"))
        for vault in self.vaults():
            self.read(vault)
        self.expect_equal(self.copied, "two copies, by the second reader from daemons and recovery key alone")
        self.expect_equal(self.coded, "2 + 2, by the second reader from daemons and recovery key alone")

    def daemons(self):
        return [part for store in self.fleet.stores
                for part in ("--daemon", f"{self.fleet.path(store, 'srv/sparekeep')}:{self.fleet.path(store, 'var/lib/sparekeep/daemon')}")]

    def reader(self, *options):
        command = ["/usr/bin/python3", "-B", READER, "--recovery", self.fleet.path("recovery.key"), *self.daemons(), *options]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def vaults(self):
        listed = self.reader()
        say(listed.rstrip())
        return sorted({line.split()[1] for line in listed.splitlines()})

    def read(self, vault):
        target = self.fleet.path("read-" + vault[:8])
        say(self.reader("--vault", vault, "--target", target).rstrip())
        shutil.copytree(target, self.target, symlinks=True, dirs_exist_ok=True)


def main():
    with LocalFleet(sys.argv[1], STORES[:4]) as fleet:
        recovery = Recovery(fleet, "/usr/share" if "--full" in sys.argv else "/usr/share/cmake-3.25/Modules")
        recovery.catalogue_deleted()
        recovery.one_system_off()
        shutil.rmtree(recovery.target)
        recovery.everything_else_deleted()


main()
