"""What tests of `install` on a fleet share: hosts that are booted once, a central's state, the product's lines as data.

A test is a class with `hosts`, run by main(); the first argument is the folder of the programs. Skips (77) with its reason where a fleet is
impossible; under CI=true that is a failure."""
import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import possible
from fleets import Fleet

SKIPPED = 77
HOST_PATIENCE = 120
INVENTORY = """[groups.fleet]
hosts = ["{hosts}"]
roles = ["storage", "backup"]
storage = {{ keep_free = "1 MiB" }}
"""
Told = collections.namedtuple("Told", "state detail")


class InstallCase(unittest.TestCase):
    programs = "build/release/bin"
    mark, hosts, disk_mib = "i", ["h1", "h2", "h3"], 64

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(f"{cls.mark}{os.getpid()}")
        cls.addClassCleanup(cls.fleet.down)
        cls.fleet.up(cls.hosts, disk_mib=cls.disk_mib)
        cls.folder = tempfile.mkdtemp(prefix="sparekeep-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.state = os.path.join(cls.folder, "state")
        cls.inventory = INVENTORY.format(hosts='", "'.join(cls.hosts))
        cls.write("inventory.toml", cls.inventory)
        cls.say("init", "--recovery-key", os.path.join(cls.folder, "recovery"))

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    @classmethod
    def words(cls, *words):
        return [os.path.abspath(os.path.join(cls.programs, "sparekeep")), "--state", cls.state, "-i", os.path.join(cls.folder, "inventory.toml"), *words]

    @classmethod
    def say(cls, *words, code=0, **options):
        done = cls.fleet.run(*cls.words("--json", *words), check=False, **options)
        if code not in (None, done.returncode):
            bad = [line for line in done.stderr.splitlines() if not line.startswith(("ok:", "changed:"))]
            raise AssertionError("\n".join([f"{words}: {done.returncode} instead of {code}", *bad]))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def told(self, *words, code=0):
        """{host: {task: Told}} of an install."""
        out = {host: {} for host in self.hosts}
        for line in self.say(*words, code=code):
            if line["type"] == "task":
                out[line["host"]][line["task"]] = Told(line["state"], line.get("detail", ""))
        return out

    def states(self, *words, code=0):
        return {host: {task: told.state for task, told in tasks.items()} for host, tasks in self.told(*words, code=code).items()}

    def changed(self, *words, code=0):
        return {host: sorted(task for task, state in tasks.items() if state == "changed") for host, tasks in self.states(*words, code=code).items()}

    def assert_all_ok(self):
        self.assertEqual(self.changed("install"), {host: [] for host in self.hosts})

    @classmethod
    def on_all(cls, command, hosts=None):
        """{host: what it printed}, all at once."""
        return cls.on_each({host: command for host in hosts or cls.hosts})

    @classmethod
    def on_each(cls, commands):
        """The same, with a command for each host."""
        running = {host: cls.fleet.begin(*cls.fleet.controller.ssh_command(host, command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         text=True) for host, command in commands.items()}
        said = {host: process.communicate(timeout=HOST_PATIENCE) for host, process in running.items()}
        for host, process in running.items():
            if process.returncode != 0:
                raise AssertionError(f"{host}: {commands[host]}: {process.returncode}: {' '.join(said[host])}")
        return {host: printed for host, (printed, _) in said.items()}


def main(case, **numbers):
    """Runs the tests of `case`. `numbers` are options and their defaults, which the case then has as attributes."""
    reason = possible.why_not()
    if reason:
        print(f"no fleet here: {reason}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    parser = argparse.ArgumentParser(description="what else is given goes to unittest")
    parser.add_argument("programs", nargs="?", default=case.programs, help="the folder of the programs")
    for name, default in numbers.items():
        parser.add_argument("--" + name, type=int, default=default)
    given, rest = parser.parse_known_args()
    for name, value in vars(given).items():
        setattr(case, name, value)
    return 0 if unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2, failfast=True).result.wasSuccessful() else 1
