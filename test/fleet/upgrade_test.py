#!/usr/bin/python3
"""Upgrades on real hosts: from the programs of the release before and back while a backup runs, with nothing lost; releases that do not start or
do not answer make way for the one before; an install that is killed anywhere is completed by the next. upgrade_test.py PROGRAMS [PREVIOUS]: folders of
programs; those of the release before are built where they are not given. Skips (77) with its reason where a fleet, or these programs, cannot
be had; under CI=true that is a failure."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import possible
import previous
from commands import wait_until
from fleets import Fleet

SKIPPED = 77
NAME = os.environ.get("SPAREKEEP_FLEET") or f"u{os.getpid()}"
HOSTS = ["store1", "store2", "store3", "store4", "web1"]     # with one store away there are enough for every copy
INVENTORY = """[groups.storage]
hosts = ["store[1:4]"]
roles = ["storage"]
storage = { keep_free = "1 MiB" }

[groups.sources]
hosts = ["web1"]
roles = ["backup"]
"""
PLAYBOOK = """name = "nightly"
[[backup]]
name = "data"
hosts = ["web1"]
paths = ["/srv/data"]
redundancy = { copies = 2 }
compression = "zstd:19"         # the slowest: a backup lasts
"""
BIG_MIB = 60                 # of noise, as text, that is to be compressed by two cores in some seconds
BAD_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bad_daemon.c")
SQLITE = ["-l:libsqlite3.a", "-lm", "-lpthread", "-ldl"]
INDEX = "/var/lib/sparekeep/daemon/index.db"
LIB = "/usr/lib/sparekeep"
UNITS = {host: "sparekeep-agent" if host == "web1" else "sparekeepd" for host in HOSTS}
PATIENCE = 60
KILLS = 6


class Upgrade(unittest.TestCase):
    programs = previous_programs = ""

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(NAME)
        cls.fleet.up(HOSTS, disk_mib=1024)
        cls.folder = tempfile.mkdtemp(prefix="sparekeep-")
        cls.write("inventory.toml", INVENTORY)
        cls.write("playbook.toml", PLAYBOOK)
        cls.chance = random.Random(os.environ.get("SEED") or time.time_ns())
        cls.said_to_host = {}
        cls.fleet.ssh("web1", "mkdir -p /srv/data; for i in $(seq 300); do head -c 20000 /dev/urandom > /srv/data/file$i; done")

    @classmethod
    def tearDownClass(cls):
        cls.fleet.down()
        shutil.rmtree(cls.folder, ignore_errors=True)

    # ---- what the tests say

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def words(self, programs, *words):
        return [os.path.join(os.path.abspath(programs), "sparekeep"), "--state", os.path.join(self.folder, "state"), "-i",
                os.path.join(self.folder, "inventory.toml"), "--json", *words]

    def say(self, programs, *words, code=0):
        done = self.fleet.run(*self.words(programs, *words), check=False)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def install(self, programs, *words, code=0):
        """{host: {task: (state, detail)}}"""
        out = {host: {} for host in HOSTS}
        for line in self.say(programs, "install", *words, code=code):
            if line["type"] == "task":
                out[line["host"]][line["task"]] = (line["state"], line.get("detail", ""))
        return out

    def bundle(self, name, **replaced):
        """A folder of programs: today's, but for some."""
        folder = os.path.join(self.folder, name)
        if not os.path.isdir(folder):
            os.makedirs(folder)
            for program in previous.PROGRAMS:
                shutil.copy2(replaced.get(program.replace("-", "_"), os.path.join(self.programs, program)), os.path.join(folder, program))
        return folder

    def bad_daemon(self, *options):
        program = os.path.join(self.folder, "bad" + "".join(options))
        subprocess.run(["cc", "-O1", *options, "-o", program, BAD_SOURCE, *(SQLITE if "-DMIGRATES" in options else [])], check=True)
        return program

    def another_release(self):
        """Today's programs, but for a byte."""
        folder = os.path.join(self.folder, "another")
        if not os.path.isdir(folder):
            self.bundle("another")
            for program in ("sparekeepd", "sparekeep-agent"):
                with open(os.path.join(folder, program), "ab") as file:
                    file.write(b"\0")
        return folder

    def release(self, host):
        return os.path.basename(self.fleet.ssh(host, f"readlink {LIB}/current").stdout.strip())

    def serves(self, host):
        """One program runs, out of what `current` leads to, by its unit."""
        unit = UNITS[host]
        said = self.fleet.ssh(host, f"systemctl is-active {unit}; pgrep -xc {unit[:15]}; readlink -f /proc/$(systemctl show -P MainPID {unit})/exe {LIB}/current/{unit}")
        active, count, runs, current = said.stdout.split("\n")[:4]
        self.assertEqual((active, count, runs), ("active", "1", current))

    def nothing_lost(self):
        """Every snapshot is whole, and the latest restores to what the files are now."""
        self.say(self.programs, "check", "--read-data")
        self.fleet.ssh("web1", "rm -rf /srv/again")
        self.say(self.programs, "restore", "data/web1@latest", "--to", "web1", "--target", "/srv/again", "--yes")
        listing = "cd {} && find . -type f -print0 | sort -z | xargs -0 sha256sum"
        self.assertEqual(self.fleet.ssh("web1", listing.format("/srv/again/srv/data")).stdout, self.fleet.ssh("web1", listing.format("/srv/data")).stdout)

    def running_backup(self, programs):
        """A backup that is at its work on web1 while its command is gone: the state is free for an install."""
        self.fleet.ssh("web1", f"head -c {BIG_MIB << 20} /dev/urandom | base64 > /srv/data/big")
        before = self.mentions("backup of job")
        self.completed, self.stopped = self.mentions("is complete"), self.mentions("the backup was stopped")
        command = self.fleet.begin(*self.words(programs, "apply", os.path.join(self.folder, "playbook.toml")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.mentions("backup of job") > before, PATIENCE, "the agent does not take its order")
        command.kill()
        command.wait()

    def was_cut(self):
        """The run that was at its work: its host says so."""
        self.assertEqual(self.mentions("the backup was stopped"), self.stopped + 1)

    def went_on(self):
        wait_until(lambda: self.mentions("is complete") > self.completed, PATIENCE, "the backup that ran does not end well")
        self.assertEqual(self.mentions("the backup was stopped"), self.stopped)

    def mentions(self, words):
        return int(self.fleet.ssh("web1", f"journalctl -q -o cat -u sparekeep-agent | grep -c -- '{words}'", check=False).stdout)

    def back_up(self, programs):
        summary = self.say(programs, "apply", os.path.join(self.folder, "playbook.toml"))[-1]
        self.assertEqual([job["state"] for job in summary["jobs"]], ["complete"])

    def run_job(self, programs):
        self.fleet.ssh("web1", "head -c 100000 /dev/urandom > /srv/data/small")
        self.assertEqual([job["state"] for job in self.say(programs, "run", "data")[-1]["jobs"]], ["complete"])

    # ---- in this order

    def test_1_the_release_before(self):
        old = self.previous_programs
        self.say(old, "init", "--recovery-key", os.path.join(self.folder, "recovery"))
        self.install(old)
        self.back_up(old)

    def test_2_upgrade_under_a_running_backup(self):
        self.running_backup(self.previous_programs)
        before = {host: self.release(host) for host in HOSTS}
        predicted = self.install(self.programs, "--check")
        done = self.install(self.programs)
        self.was_cut()
        for host in HOSTS:
            self.assertEqual({task: state for task, (state, _) in predicted[host].items()},
                             {task: state for task, (state, _) in done[host].items() if task not in ("health", "reach")})
            self.assertEqual(done[host]["programs"], ("changed", f"release {self.release(host)} after {before[host]}"))
            self.serves(host)
            self.assertEqual(sorted(self.fleet.ssh(host, f"ls {LIB}").stdout.split())[0], "current")
        again = self.install(self.programs)
        self.assertEqual({state for tasks in again.values() for state, _ in tasks.values()} - {"skipped"}, {"ok"})
        self.back_up(self.programs)
        self.nothing_lost()

    def test_3_one_apart_in_any_order(self):
        """What is of the release before comes by its own install; `run` leaves hosts as they are."""
        before, today = self.previous_programs, self.programs
        self.running_backup(today)
        self.install(before, "--limit", "store1,web1")
        self.was_cut()
        for central in (today, before):
            self.run_job(central)
        self.install(today, "--limit", "web1")
        self.install(before, "--limit", "store2")
        for central in (before, today):
            self.run_job(central)
        self.nothing_lost()
        self.install(today)
        for host in HOSTS:
            self.serves(host)

    def test_4_bad_releases_return(self):
        good = self.release("store1")
        for name, options, words in (("broken", (), "did not start: "), ("mute", ("-DMUTE",), "does not work: central -> store1: ")):
            bad = self.bundle(name, sparekeepd=self.bad_daemon(*options))
            self.running_backup(self.programs)
            tasks = self.install(bad, "--limit", "store1", code=4)["store1"]
            (state, detail), = tasks.values()
            self.assertEqual(state, "failed")
            self.assertRegex(detail, rf"^release [0-9.]+-[0-9a-f]{{12}} {words}.*; release {good} runs again$")
            self.assertIn({"broken": "this release is broken", "mute": "serving nobody"}[name], detail)
            self.assertEqual(self.release("store1"), good)
            self.serves("store1")
            self.went_on()
            again = self.install(self.programs, "--limit", "store1")["store1"]
            self.assertEqual({state for state, _ in again.values()} - {"skipped"}, {"ok"})
            self.back_up(self.programs)
        self.nothing_lost()

    def test_5_back_over_a_new_schema(self):
        """The index has the schema of the release that returned; what runs again makes its own anew, and loses nothing."""
        good = self.release("store1")
        for name, options, words in (("migrates", ("-DMIGRATES",), "did not start: "), ("migrates-mute", ("-DMIGRATES", "-DMUTE"), "does not work: ")):
            bad = self.bundle(name, sparekeepd=self.bad_daemon(*options))
            (state, detail), = self.install(bad, "--limit", "store1", code=4)["store1"].values()
            self.assertEqual(state, "failed")
            self.assertRegex(detail, rf"^release [0-9.]+-[0-9a-f]{{12}} {words}.*; release {good} runs again$")
            self.serves("store1")
            newer, = self.fleet.ssh("store1", f"ls {INDEX}.v*.bak | sort -V | tail -n 1").stdout.split()
            self.assertIn(f"is kept as '{newer}', and made again", self.fleet.ssh("store1", "journalctl -q -o cat -u sparekeepd").stdout)
            self.fleet.ssh("store1", f"rm {newer}")
            self.back_up(self.programs)
        self.nothing_lost()

    def test_6_killed_anywhere(self):
        usual = None
        for number in range(KILLS + 1):
            programs = self.programs if number % 2 else self.another_release()
            began = time.monotonic()
            command = self.fleet.begin(*self.words(programs, "install"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if usual is not None:
                time.sleep(self.chance.uniform(0, usual))
                command.send_signal(self.chance.choice([signal.SIGKILL, signal.SIGTERM]))
            command.wait()
            usual = usual or time.monotonic() - began
            self.install(programs)
            self.assertEqual({state for tasks in self.install(programs).values() for state, _ in tasks.values()}, {"ok"})
            for host in HOSTS:
                self.serves(host)
                left = self.fleet.ssh(host, f"ls {LIB}/releases | wc -l; find / -xdev -path '*sparekeep*' -name '*.new'; ls {LIB}").stdout.split()
                self.assertEqual(left, ["2", "current", "previous", "releases"])
        self.install(self.programs)
        self.back_up(self.programs)

    def test_7_back_to_the_release_before(self):
        """By its own install, whose layout may be an older one; and forward again."""
        self.running_backup(self.programs)
        self.install(self.previous_programs)
        self.was_cut()
        self.back_up(self.previous_programs)
        self.install(self.programs)
        for host in HOSTS:
            self.serves(host)
        self.back_up(self.programs)
        self.nothing_lost()

    def test_8_uninstall(self):
        self.say(self.programs, "uninstall", "--purge", "--yes")
        for host in HOSTS:
            left = self.fleet.ssh(host, f"ls -d {LIB} /etc/sparekeep /var/lib/sparekeep /etc/systemd/system/sparekeep* 2>/dev/null; pgrep sparekeep", check=False)
            self.assertEqual(left.stdout, "")


def main():
    reason = possible.why_not()
    if reason:
        print(f"no fleet here: {reason}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    Upgrade.programs = sys.argv.pop(1)
    try:
        Upgrade.previous_programs = sys.argv.pop(1) if len(sys.argv) > 1 else previous.programs(os.path.join(previous.ROOT, "build/previous"))
    except previous.NoPrevious as fault:
        print(f"no release before: {fault}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    return 0 if unittest.main(exit=False, verbosity=2, failfast=True).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
