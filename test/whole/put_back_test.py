"""The central's STATE put back from an older copy. Where the master file went on after the copy, the next command says so in one line, the fleet comes
to one version of it again, a backup and a restore succeed, and snapshots made after the copy are seen again. Where it did not, the records on the
daemons tell: whatever lists or restores takes them up, and says so once.

put_back_test.py PROGRAMS"""
import os
import random
import shutil
import signal
import sys
import time

from fleet import LocalFleet, content, differences

STORES = ["store1", "store2", "store3"]
PATIENCE = 90                 # seconds until every host has the same master file
WARNING = "was put back from an older copy"
TAKEN_UP = "that this central did not know: taken up from them"
MAY_LACK = "may be missing here"


class PutBack:
    def __init__(self, fleet):
        self.fleet = fleet
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        self.change_files()
        self.playbook = fleet.set_up_job(self.source, "copies = 2")
        fleet.run("apply", self.playbook)

    def change_files(self):
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))

    def version(self):
        return max(int(name.split(".")[1]) for name in os.listdir(self.fleet.path("central", "master")) if name.endswith(".bin"))

    def masters(self):
        """The master file of every host that keeps one, and the central's newest."""
        kept = [self.fleet.path(host, "var/lib/sparekeep", role, "master.bin")
                for host, role in [(store, "daemon") for store in STORES] + [("web1", "agent"), ("web2", "agent"), ("spare", "agent")]]
        return [content(path) for path in kept] + [content(self.fleet.path("central", "master", f"1.{self.version()}.bin"))]

    def copy(self):
        shutil.rmtree(self.fleet.path("copy"), ignore_errors=True)
        shutil.copytree(self.fleet.path("central"), self.fleet.path("copy"), ignore=shutil.ignore_patterns("*.sock"))
        return self.version()

    def copy_and_go_on(self):
        """A copy of STATE; then versions and a snapshot that it does not know."""
        copied = self.copy()
        for _ in range(2):
            self.fleet.signal("store3", signal.SIGKILL)
            self.fleet.run("systems")
            self.fleet.start("store3")
            self.fleet.run("systems")
        self.change_files()
        self.fleet.run("apply", self.playbook)
        assert self.version() >= copied + 4, f"versions {copied} to {self.version()} are not enough for this test"
        return copied, self.version(), {snapshot["id"] for snapshot in self.fleet.snapshots()}

    def put_back(self):
        shutil.rmtree(self.fleet.path("central"))
        shutil.copytree(self.fleet.path("copy"), self.fleet.path("central"))

    def come_together(self):
        """Commands as they come; the fleet is on one version after a few of them."""
        deadline = time.monotonic() + PATIENCE
        while len(set(self.masters())) != 1:
            assert time.monotonic() < deadline, f"not within {PATIENCE} s on one master file: {[len(master) for master in self.masters()]}"
            self.fleet.run("systems")

    def check(self):
        copied, highest, seen = self.copy_and_go_on()
        self.put_back()
        assert self.version() == copied
        self.change_files()
        run = self.fleet.run("apply", self.playbook)
        assert run.err.count(WARNING) == 1, f"one warning is expected\n{run}"
        assert self.version() > highest, f"version {self.version()} is not above {highest}"
        print(f"STATE of version {copied} put back while hosts had {highest}: apply said so, backed up, and issued {self.version()}", flush=True)
        self.come_together()
        states = {system["name"]: system["state"] for system in self.fleet.run("systems", "--json").documents()}
        assert states == {store: "up" for store in STORES}, states
        now = self.fleet.snapshots()
        assert seen < {snapshot["id"] for snapshot in now}, f"of {seen} not all are in {now}"
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        again = self.fleet.run("apply", self.playbook)
        assert WARNING not in again.err, f"the warning comes again\n{again}"
        print(f"one master file on all hosts, {len(now)} snapshots seen, the latest restored", flush=True)


    def restore_latest(self):
        shutil.rmtree(self.target, ignore_errors=True)
        run = self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ after a restore of the latest\n{run}"
        return run

    def copy_and_back_up(self, attempts=5):
        """A copy of STATE, and one more snapshot without a new version of the master file."""
        for _ in range(attempts):
            self.fleet.run("systems")
            copied = self.copy()
            self.change_files()
            run = self.fleet.run("apply", self.playbook)
            assert TAKEN_UP not in run.err and MAY_LACK not in run.err, f"nothing was put back yet\n{run}"
            now = self.fleet.run("snapshots", "--json")
            assert TAKEN_UP not in now.err and MAY_LACK not in now.err, f"an ordinary backup was taken for news\n{now}"
            if self.version() == copied:
                return [snapshot["id"] for snapshot in now.documents()]
        raise AssertionError(f"each of {attempts} backups brought a new version of the master file, which would tell by itself")

    def told_by_records(self):
        """Each command that lists or restores, as the first one after STATE was put back."""
        seen = self.copy_and_back_up()
        for command in (("snapshots",), ("show", "web/web1@latest"), ("ls", "web/web1@latest"), ("jobs",), ("check",)):
            self.put_back()
            run = self.fleet.run(*command)
            assert run.err.count(TAKEN_UP) == 1 and WARNING not in run.err, f"the snapshot after the copy is to be taken up, and told of\n{run}"
            again = self.fleet.run("snapshots", "--json")
            assert [snapshot["id"] for snapshot in again.documents()] == seen, f"{seen} is expected\n{again}"
            assert TAKEN_UP not in again.err, f"it is told again\n{again}"
        self.put_back()
        run = self.restore_latest()
        assert run.err.count(TAKEN_UP) == 1, str(run)
        print("STATE put back, the master file as before: each command takes the missing snapshot up and says so; the latest is restored", flush=True)

    def hidden_by_a_newer_one(self):
        """The first command after it is a backup, so that the highest number of the vault is known and one below it is not."""
        seen = self.copy_and_back_up()
        self.put_back()
        self.change_files()
        run = self.fleet.run("apply", self.playbook)
        assert run.err.count(TAKEN_UP) == 1, str(run)
        now = [snapshot["id"] for snapshot in self.fleet.snapshots()]
        assert now[:-1] == seen, f"{seen} and one more are expected, not {now}"
        self.restore_latest()
        print("a backup as the first command after it leaves no gap", flush=True)

    def one_system_away(self):
        """Those that answer hold the record, too; who did not is asked later."""
        seen = self.copy_and_back_up()
        self.put_back()
        self.fleet.signal("store2", signal.SIGKILL)
        run = self.fleet.run("snapshots", "--json")
        assert run.err.count(TAKEN_UP) == 1 and MAY_LACK not in run.err, str(run)
        assert [snapshot["id"] for snapshot in run.documents()] == seen, f"{seen} is expected\n{run}"
        self.put_back()
        for store in STORES:
            self.fleet.signal(store, signal.SIGKILL)
        run = self.fleet.run("snapshots", "--json")
        assert run.err.count(MAY_LACK) == 1, f"nobody could be asked, and it is not said\n{run}"
        for store in STORES:
            self.fleet.start(store)
        run = self.fleet.run("snapshots", "--json")
        assert [snapshot["id"] for snapshot in run.documents()] == seen, f"{seen} is expected\n{run}"
        print("with one system away the others tell; with all of them away it is said that snapshots may be missing", flush=True)


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        case = PutBack(fleet)
        case.told_by_records()
        case.hidden_by_a_newer_one()
        case.one_system_away()
        case.check()


main()
