#!/usr/bin/python3
"""A run of `install` that is broken off, by SIGKILL, SIGTERM or a cut link, at every step on a host and at random moments: the next run ends with all `ok` or
`changed`, one daemon and one agent run on each host, and neither a secret nor a temporary file is left anywhere.
kills_test.py FOLDER [--tries N] [--seed N] [--long 1]: where the programs are; random moments; how they are chosen; every step in every way."""
import os
import random
import signal
import subprocess
import sys
import time

from gates import STEPS, Gate, Step
from install_case import InstallCase, main

TRIES, PATIENCE, DRAIN_SECONDS = 8, 200, 3
# What must be the same after every run: the number of programs, nothing half-done, nothing in temporary folders, private keys where they belong.
LEFT = r"""cd /
for name in sparekeepd sparekeep-agent; do echo $name $(pgrep -cx $name); done
ps -eo args | grep '[s]parekeep-begin' || true
find / -xdev -name '*.new' -path '*sparekeep*'; find /srv/sparekeep -name '.sk-*'
find tmp var/tmp dev/shm root run/sparekeep* etc/sparekeep usr/lib/sparekeep var/lib/sparekeep srv/sparekeep -not -path '*systemd-private*' \
  -not -path '*/orders/*' -not -name '*-wal' -not -name '*-shm' -not -name '*.pid' -printf '%p %y %m\n' | sort
grep -rlE 'PRIVATE KEY' tmp var/tmp dev/shm root run etc usr/lib/sparekeep var/lib srv 2> /dev/null | sort
getent passwd | grep sparekeep | cut -d: -f 1,5-"""


class Kills(InstallCase):
    mark, hosts = "k", [f"h{number}" for number in range(1, 9)]
    tries, seed, long = TRIES, 0, 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.temporary = os.path.join(cls.folder, "temporary")
        os.mkdir(cls.temporary)
        begun = time.monotonic()
        cls.say("install")
        cls.whole_seconds = time.monotonic() - begun
        cls.whole, cls.central = cls.on_all(LEFT), cls.central_files()

    @classmethod
    def central_files(cls):
        return sorted(os.path.relpath(os.path.join(place, name), cls.folder) for place, _, names in os.walk(cls.folder) for name in names
                      if not name.endswith(("-wal", "-shm", "-journal")) and name not in ("not-done", "programs") and os.path.basename(place) != "master")

    def begin(self, *words):
        return self.fleet.begin("env", f"TMPDIR={self.temporary}", *self.words("--json", *words), cwd=self.temporary, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def break_off(self, run, how, cut):
        """Ends a run by a signal, after the links of some hosts; these are whole again afterwards."""
        if cut:
            self.fleet.cut(*cut)
        run.send_signal(how)
        run.communicate(timeout=PATIENCE)
        self.assertIn(run.returncode, {signal.SIGTERM: (143, -signal.SIGTERM, 0), signal.SIGKILL: (-9, 0)}[how])
        if cut:
            self.fleet.join(*cut)

    def assert_next_run(self, hosts):
        limit = ",".join(hosts)
        states = self.states("install", "--limit", limit)
        for host in hosts:
            self.assertLessEqual(set(states[host].values()), {"ok", "changed"}, host)
        self.assertEqual(self.changed("install", "--limit", limit), {host: [] for host in self.hosts})
        left = self.on_all(LEFT, hosts)
        for host in hosts:
            self.assertEqual(sorted(set(left[host].splitlines()) ^ set(self.whole[host].splitlines())), [], host)
            self.assertEqual(left[host], self.whole[host])
        self.assertEqual(self.central_files(), self.central)

    def break_at(self, how, cut, steps):
        """A step a host, all in one run."""
        self.say("uninstall", "--purge", "--yes")
        gates = [Gate(self.fleet, host, step) for host, step in zip(self.hosts, steps)]
        for gate in gates:
            gate.install()
        run = self.begin("install")
        for gate in gates:
            gate.await_reached()
        self.break_off(run, how, cut)
        for gate in gates:
            gate.remove()
        self.assert_next_run(self.hosts)
        for gate in gates:
            gate.forget()

    def break_randomly(self, chance, hosts):
        how, cut = chance.choice((signal.SIGKILL, signal.SIGTERM)), hosts[:chance.choice((0, 0, 2))]
        moment, fresh = chance.uniform(0, self.whole_seconds), chance.random() < 0.7
        with self.subTest(f"{how.name} after {moment:.3f} s of a {'first run' if fresh else 'repair'}, links cut: {cut}"):
            if fresh:
                self.say("uninstall", "--purge", "--yes", "--limit", ",".join(hosts))
            else:
                self.on_all("rm -r /usr/lib/sparekeep /etc/sparekeep/*.toml /etc/systemd/system/sparekeep*", hosts)
            run = self.begin("install", "--limit", ",".join(hosts))
            time.sleep(moment)
            self.break_off(run, how, cut)
            self.assert_next_run(hosts)

    def test_1_first_steps(self):
        self.break_at(signal.SIGKILL, self.hosts[::2], STEPS[:8])

    def test_2_last_steps(self):
        self.break_at(signal.SIGTERM, self.hosts[1::2], STEPS[8:16])

    def test_2_release(self):
        self.break_at(signal.SIGKILL, self.hosts[1:2], STEPS[16:])

    def test_3_steps_in_every_way(self):
        if not self.long:
            self.skipTest("only with --long 1: every step by SIGKILL, by SIGTERM and by a cut link")
        for how, cut in ((signal.SIGKILL, []), (signal.SIGTERM, []), (signal.SIGKILL, self.hosts)):
            for steps in (STEPS[:8], STEPS[8:16], STEPS[16:]):
                self.break_at(how, cut, steps)

    def test_4_random_moments(self):
        seed = self.seed or random.randrange(1, 1 << 31)
        print(f"--tries {self.tries} --seed {seed}", flush=True)
        chance = random.Random(seed)
        for _ in range(self.tries):
            self.break_randomly(chance, self.hosts[:3])


    def test_6_taken_back(self):
        """What was to be changed when the run was broken off is as before in the next one."""
        gate = Gate(self.fleet, "h1", Step("configuration written", "sync", "*toml*"))
        gate.install()
        self.write("inventory.toml", self.inventory.replace("1 MiB", "2 MiB"))
        run = self.begin("install", "--limit", "h1")
        gate.await_reached()
        run.kill()
        run.communicate(timeout=PATIENCE)
        self.fleet.ssh("h1", "pkill -x sync; pkill -f [s]parekeep-begin", check=False)     # as a host dies that is switched off
        gate.remove()
        self.write("inventory.toml", self.inventory)
        self.assertEqual(self.fleet.ssh("h1", "ls /etc/sparekeep | grep new").stdout, "daemon.toml.new\n")
        self.assertEqual(self.changed("install", "--check", "--limit", "h1")["h1"], ["configuration"])
        self.assert_next_run(["h1"])
        gate.forget()

    def test_5_lost_for_good(self):
        """Neither side ever hears of the other again, in the middle of the upload and of the certificates: the next run waits, and goes on."""
        steps = {"h1": "upload begun", "h2": "identity half"}
        self.say("uninstall", "--purge", "--yes", "--limit", ",".join(steps))
        gates = [Gate(self.fleet, host, next(step for step in STEPS if step.name == name)) for host, name in steps.items()]
        for gate in gates:
            gate.install()
        run = self.begin("install", "--limit", ",".join(steps))
        for gate in gates:
            gate.await_reached()
        run.send_signal(signal.SIGSTOP)         # so that hosts read all there is, answer, and wait for what never comes
        for gate in gates:
            gate.remove()
        time.sleep(DRAIN_SECONDS)
        self.fleet.cut(*steps)
        run.kill()
        run.communicate(timeout=PATIENCE)
        self.fleet.run("ss", "--kill", "--tcp", "dst", self.fleet.address("h1"), "or", "dst", self.fleet.address("h2"))
        self.fleet.join(*steps)
        self.assert_next_run(list(steps))
        for gate in gates:
            gate.forget()


if __name__ == "__main__":
    sys.exit(main(Kills, tries=TRIES, seed=0, long=0))
