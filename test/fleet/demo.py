#!/usr/bin/python3
"""The main job on a fleet of six real hosts: installed over SSH, the files of two backed up at 2 + 2, two hosts powered off, a restore to a
third, and a comparison of every file. demo.py PROGRAMS [--pairs]: with --pairs the same for every pair of hosts powered off. Ends with 77 and the
reason where a fleet is impossible; under CI=true that is a failure."""
import argparse
import os
import sys
import tempfile
import time

import possible
from commands import FleetError
from fleets import Fleet

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "whole"))
from fleet import differences, entries  # noqa: E402

SKIPPED = 77
HOSTS = [f"h{number}" for number in range(1, 7)]
SOURCES = {"documents": "h1", "manuals": "h2"}      # job: the host whose files it backs up
FILES, TARGET = "/srv/files", "/srv/restored"
INVENTORY = """[groups.fleet]
hosts = ["h[1:6]"]
roles = ["storage", "backup"]
storage = { keep_free = "1 MiB" }

[groups.rack-a]
hosts = ["h1", "h2"]
zone = "rack-a"

[groups.rack-b]
hosts = ["h3", "h4"]
zone = "rack-b"

[groups.rack-c]
hosts = ["h5", "h6"]
zone = "rack-c"
"""
JOB = """
[[backup]]
name = "{job}"
hosts = ["{host}"]
paths = ["{files}"]
redundancy = {{ data = 2, parity = 2 }}
"""
# Real files of the hosts, and a few that are hard to keep.
MAKE = {
    "h1": """mkdir -p /srv/files/odd; cp -a /etc /usr/share/zoneinfo /srv/files; cd /srv/files/odd
printf 'one content, two names' > first; ln first second; ln -s /nowhere dangling; mkfifo fifo
truncate -s 64M sparse; printf 'in the middle' | dd of=sparse bs=1 seek=33554432 conv=notrunc status=none
touch -d '1960-01-02 03:04:05.678901234' first; chmod 4750 first; chown daemon:mail first
setfattr -n user.note -v 'an extended attribute' first; setfacl -m u:daemon:r first
printf x > "$(printf 'new\\nline and \\377 byte')"
""",
    "h2": "mkdir -p /srv/files; cp -a /usr/share/doc /usr/share/perl* /usr/bin /srv/files",
}


class Demo:
    def __init__(self, fleet, programs, folder, quiet):
        self.fleet, self.folder, self.quiet = fleet, folder, quiet
        self.program = os.path.abspath(os.path.join(programs, "sparekeep"))
        self.write("inventory.toml", INVENTORY)
        self.write("playbook.toml", 'name = "demo"\n' + "".join(JOB.format(job=job, host=host, files=FILES) for job, host in SOURCES.items()))

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def say(self, text):
        print(f"\n== {text}", flush=True)

    def sparekeep(self, *words):
        """As it is typed, with all that it prints; where nobody looks, only when it fails."""
        if not self.quiet:
            print(f"\n\033[1m$ sparekeep {' '.join(words)}\033[0m", flush=True)
        settings = {} if self.quiet else {"capture_output": False}
        self.fleet.run(self.program, "--state", self.path("central"), "-i", self.path("inventory.toml"), *words, **settings)

    def install(self):
        self.say("six hosts with files, and a central that installs storage daemons and backup applications on them")
        for host, script in MAKE.items():
            self.fleet.ssh(host, f"set -e; {script}")
        self.sparekeep("init", "--recovery-key", self.path("recovery.key"))
        self.sparekeep("install")
        self.say("what the daemons reported: the master file")
        self.sparekeep("systems")
        self.sparekeep("master")

    def back_up(self):
        self.say("the files of two hosts backed up at 2 + 2, and what their second metadata says")
        self.sparekeep("apply", self.path("playbook.toml"))
        self.sparekeep("snapshots")
        for job, host in SOURCES.items():
            self.sparekeep("show", f"{job}/{host}@latest")

    def restore(self, job, spare):
        """To a host that is on, and every file compared."""
        self.fleet.ssh(spare, f"rm -rf {TARGET}")
        self.sparekeep("restore", f"{job}/{SOURCES[job]}@latest", "--to", spare, "--target", TARGET, "--yes")
        self.compare(job, spare)

    def compare(self, job, spare):
        host = SOURCES[job]
        source, restored = self.tree(host, FILES), self.tree(spare, TARGET + FILES)
        wrong = differences(source, restored)
        if wrong:
            raise FleetError(f"{wrong} of {host} differ on {spare}")
        print(f"{job}: {len(entries(source))} entries of {host} are equal on {spare}: bytes, modes, owners, times, attributes, ACLs, links", flush=True)

    def tree(self, host, path):
        """Seen from outside, also of a host that is off."""
        return self.fleet.host(host).path("root") + path

    def show_loss(self):
        self.say("two hosts powered off")
        self.fleet.off("h2", "h5")
        self.say("the files of both restored to a third host, and every file compared")
        for job in SOURCES:
            self.restore(job, "h3")
        self.fleet.on("h2", "h5")

    def lose_each_pair(self):
        """Each pair has one host in common with the one before it: a power cut and a boot each. The jobs take turns."""
        off, jobs = set(), list(SOURCES)
        for number, pair in enumerate(neighbouring_pairs(HOSTS)):
            self.fleet.off(*(pair - off))
            self.fleet.on(*(off - pair))
            off = pair
            began = time.monotonic()
            job = jobs[number % len(jobs)]
            self.restore(job, next(spare for spare in reversed(HOSTS) if spare not in pair and spare != SOURCES[job]))
            print(f"{' and '.join(sorted(pair))} off: restored and compared in {time.monotonic() - began:.1f} s", flush=True)
        self.fleet.on(*off)

    def clean_up(self):
        self.say("and all of it taken away again")
        self.sparekeep("uninstall", "--purge", "--yes")
        left = {host: self.fleet.ssh(host, "ls -d /etc/sparekeep /usr/lib/sparekeep /var/lib/sparekeep 2>/dev/null; pgrep -l sparekeep", check=False).stdout
                for host in HOSTS}
        if any(left.values()):
            raise FleetError(f"something is left on hosts: {left}")


def neighbouring_pairs(names):
    """Every pair once, as sets; each shares a name with the one before it."""
    pairs = []
    for at, first in enumerate(names):
        others = names[at + 1:]
        pairs += [{first, other} for other in (reversed(others) if at % 2 else others)]
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs")
    parser.add_argument("--pairs", action="store_true")
    options = parser.parse_args()
    reason = possible.why_not()
    if reason:
        print(f"no fleet here: {reason}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    began = time.monotonic()
    with Fleet(os.environ.get("SPAREKEEP_FLEET") or f"d{os.getpid()}") as fleet, tempfile.TemporaryDirectory(prefix="sparekeep-demo-") as folder:
        print("== six hosts boot", flush=True)
        fleet.up(HOSTS)
        demo = Demo(fleet, options.programs, folder, options.pairs)
        demo.install()
        demo.back_up()
        (demo.lose_each_pair if options.pairs else demo.show_loss)()
        demo.clean_up()
    print(f"\n== done in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FleetError as fault:
        sys.exit(f"demo: {fault}")
