"""Back over a new schema: a release whose daemon gives the index a later schema and then ends makes way for the one before it, which makes its index
anew from the records. It pins what it pinned, also what came between, backups go on, and every byte is there.

schema_back_test.py PROGRAMS"""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys

from fleet import LocalFleet, differences

STORES = ["store1", "store2"]
EXIT_HOST_FAILED = 4
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fleet/bad_daemon.c")


class SchemaBack:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        self.good = fleet.programs
        os.makedirs(self.source)
        self.change_files()
        self.playbook = fleet.set_up_job(self.source, "copies = 2")
        fleet.run("apply", self.playbook)

    def change_files(self):
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))

    def bad_release(self):
        """Today's programs, but for a daemon that migrates and ends."""
        folder = self.fleet.path("bad")
        os.makedirs(folder)
        for name in ("sparekeep", "sparekeep-agent", "libisal.so.2"):
            shutil.copy2(os.path.join(self.good, name), os.path.join(folder, name))
        subprocess.run(["cc", "-O1", "-DMIGRATES", "-o", os.path.join(folder, "sparekeepd"), SOURCE, "-l:libsqlite3.a", "-lm", "-lpthread", "-ldl"], check=True)
        return folder

    def index(self, suffix=""):
        return self.fleet.path("store1", "var/lib/sparekeep/daemon/index.db" + suffix)

    def content(self, suffix=""):
        """(schema version, what is pinned, the records): of a copy, since the daemon holds its index for itself."""
        copy = self.fleet.path("index-copy.db")
        for end in ("", "-wal"):
            if os.path.exists(copy + end):
                os.unlink(copy + end)
            if os.path.exists(self.index(suffix) + end):
                shutil.copy2(self.index(suffix) + end, copy + end)
        database = sqlite3.connect(copy)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        pins, records = set(database.execute("SELECT vault, shard, record FROM pins")), set(database.execute("SELECT vault, name, sequence, digest FROM records"))
        database.close()
        return version, pins, records

    def come_and_go(self):
        """The bad release on store1; what the command says of it."""
        self.fleet.programs = self.fleet.path("bad")
        run = self.fleet.run("install", "--limit", "store1", codes=(EXIT_HOST_FAILED,))
        self.fleet.programs = self.good
        assert re.search(r"did not start: .*schema 3 after 2: migrated; this release is broken.*; release [0-9.]+-[0-9a-f]{12} runs again", run.out + run.err), str(run)

    def check(self):
        self.bad_release()
        before = self.content()
        assert before[1] and before[2], before
        self.come_and_go()
        assert self.content() == before, f"{self.content()} is not {before}"
        newer = self.content(f".v{before[0] + 1}.bak")
        assert newer == (before[0] + 1, *before[1:]), newer
        print(f"{len(before[1])} pins of {len(before[2])} records are in an index of schema {before[0]} again", flush=True)
        self.change_files()
        self.fleet.run("apply", self.playbook)
        more = self.content()
        assert more[1] > before[1] and more[2] > before[2], more
        self.come_and_go()                      # over what is kept of the first time
        assert self.content() == more, f"{self.content()} is not {more}"
        self.fleet.run("check", "--read-data")
        self.fleet.run("restore", "web/web1@latest", "--to", "web1", "--target", self.fleet.path("restored"), "--yes")
        wrong = differences(self.source, self.fleet.path("restored") + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        print("so it is a second time, and what was backed up between is there to its bytes", flush=True)


def main():
    with LocalFleet(sys.argv[1], STORES) as fleet:
        SchemaBack(fleet).check()


main()
