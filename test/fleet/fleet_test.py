#!/usr/bin/python3
"""The fleet keeps its word: hosts are real, off is off, disks last, and `down` leaves nothing. Skips (77) with its reason where a
fleet is impossible; under CI=true that is a failure."""
import os
import signal
import subprocess
import sys
import time
import unittest

import possible
from commands import FleetError, wait_until
from fleets import Fleet
from networks import banner, path, socket_in

SKIPPED = 77
COMMAND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fleet_command.py")
DISK = "/srv/sparekeep"
NAME = f"t{os.getpid()}"
STAGES = {      # of an `up`: what shows that it has come so far
    "files": lambda fleet: os.path.exists(fleet.place),
    "network": lambda fleet: bool(fleet.networks.all()),
    "disks": lambda fleet: os.path.exists(os.path.join(fleet.place, "hosts/h1/disk.img")),
    "start": lambda fleet: os.path.exists(path(f"sk-{fleet.name}-h1")),
    "boot": lambda fleet: fleet.groups.first_process("hosts/h2") is not None,
}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STAGE_PATIENCE = 60


def traces(name):
    """Everything on this machine that bears a fleet's name."""
    found = [os.path.join(folder, entry) for folder in ("/run/netns", "/run/systemd/nspawn/propagate") if os.path.isdir(folder)
             for entry in os.listdir(folder) if entry.startswith(f"sk-{name}")]
    for folder, groups, _ in os.walk("/sys/fs/cgroup"):
        found += [os.path.join(folder, group) for group in groups if group == f"sk-{name}"]
    fleet = Fleet(name)
    found += [file for file in (fleet.place, fleet.lock) if os.path.exists(file)]
    for words in (["losetup", "--list", "--noheadings"], ["cat", "/proc/self/mountinfo"], ["ps", "-eo", "pid,args"]):
        lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
        found += [line for line in lines if f"sk-{name}." in line or f"sk-{name}-" in line or fleet.place + "/" in line]
    return found


class Hosts(unittest.TestCase):
    """One fleet for all these tests; each leaves it as it found it."""

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(NAME)
        began = time.monotonic()
        cls.fleet.up(["h1", "h2", "store-3"], disk_mib=16)
        print(f"3 hosts in {time.monotonic() - began:.1f} s", flush=True)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.down()
        if traces(NAME):
            raise AssertionError(f"down left {traces(NAME)}")

    def says(self, host, *command):
        return self.fleet.ssh(host, *command).stdout.strip()

    def answers(self, host):
        return banner(self.fleet.networks.controller, self.fleet.address(host), 22, 2)

    def test_hosts_are_real(self):
        self.assertEqual(self.fleet.hosts, ["h1", "h2", "store-3"])
        for host in self.fleet.hosts:
            self.assertEqual(self.says(host, "hostname; cat /proc/1/comm; systemctl is-system-running; id -un"), f"{host}\nsystemd\nrunning\nroot")

    def test_each_is_itself(self):
        for command in ("cat /etc/machine-id", "cat /etc/ssh/ssh_host_ed25519_key.pub"):
            said = {self.says(host, command) for host in self.fleet.hosts}
            self.assertEqual(len(said), 3)
            self.assertNotIn("", said)

    def test_names_are_known_everywhere(self):
        self.assertEqual(self.says("h1", "getent hosts store-3").split(), [self.fleet.address("store-3"), "store-3"])
        self.assertEqual(self.fleet.run("getent", "hosts", "h2").stdout.split(), [self.fleet.address("h2"), "h2"])
        self.assertIn(self.fleet.controller_address, self.fleet.run("ip", "-brief", "addr").stdout)
        self.assertNotIn(self.fleet.controller_address, subprocess.run(["ip", "-brief", "addr"], capture_output=True, text=True, check=True).stdout)

    def test_exit_codes_and_input(self):
        self.assertEqual(self.fleet.ssh("h1", "exit 7", check=False).returncode, 7)
        self.assertEqual(self.fleet.ssh("h1", "cat", input="a line").stdout, "a line")
        with self.assertRaisesRegex(FleetError, "'ssh h1 false' ended with 1"):
            self.fleet.ssh("h1", "false")
        with self.assertRaisesRegex(FleetError, "there is no host 'h9'; there are h1 h2 store-3"):
            self.fleet.off("h9")

    def test_users_and_sudo(self):
        config = self.fleet.controller.ssh_config
        self.assertEqual(self.fleet.run("ssh", "-F", config, "admin@h1", "sudo -n id -un").stdout, "root\n")
        self.assertEqual(self.fleet.run("ssh", "-F", config, "clerk@h1", "echo fleet | sudo -S -p '' id -un").stdout, "root\n")
        for user in ("clerk", "guest"):
            self.assertNotEqual(self.fleet.run("ssh", "-F", config, f"{user}@h1", "sudo -n true", check=False).returncode, 0)

    def test_a_changed_host_key_is_refused(self):
        known = self.fleet.controller.known_hosts
        with open(known, encoding="ascii") as file:
            text = file.read()
        first, second = text.splitlines()[:2]
        with open(known, "w", encoding="ascii") as file:
            file.write(f"{first.split()[0]} {second.split(None, 1)[1]}\n")
        try:
            self.assertIn("verification failed", self.fleet.ssh("h1", "true", check=False).stderr)
        finally:
            with open(known, "w", encoding="ascii") as file:
                file.write(text)

    def test_disks_are_small_and_their_own(self):
        self.assertEqual(self.says("h1", f"findmnt -n -o FSTYPE {DISK}"), "ext4")
        self.assertIn("No space left", self.fleet.ssh("h1", f"head -c 17M /dev/zero > {DISK}/full; rm {DISK}/full").stderr)
        self.assertEqual(self.says("h2", f"ls {DISK}"), "lost+found")

    def test_off_and_on_with_data_kept(self):
        boot = self.says("h2", f"echo kept > {DISK}/file; echo kept > /etc/file; echo lost > /run/file; sync; cat /proc/sys/kernel/random/boot_id")
        with socket_to(self.fleet, "h2") as open_channel:
            self.fleet.off("h2")
            self.assertEqual(self.fleet.states()["h2"], "off")
            self.assertIsNone(self.answers("h2"))
            self.assertEqual(self.fleet.groups.processes("hosts/h2"), set())
            self.assertFalse(os.path.exists(path(f"sk-{NAME}-h2")))
            open_channel.settimeout(0.3)
            with self.assertRaises(TimeoutError):       # a host without power says no goodbye
                open_channel.recv(1)
        self.fleet.off("h2")
        self.assertIsNotNone(self.answers("h1"))
        self.fleet.on("h2")
        self.assertEqual(self.says("h2", f"cat {DISK}/file /etc/file; ls /run/file 2>&1 | tail -c 26"), "kept\nkept\nNo such file or directory")
        self.assertNotEqual(self.says("h2", "cat /proc/sys/kernel/random/boot_id"), boot)

    def test_cut_and_join(self):
        self.fleet.cut("h1")
        self.assertEqual(self.fleet.states()["h1"], "cut off")
        self.assertIsNone(self.answers("h1"))
        self.fleet.off("h1")
        self.fleet.on("h1")
        self.assertIsNone(self.answers("h1"))
        self.fleet.join("h1")
        self.assertEqual(self.says("h1", "echo back"), "back")

    def test_freeze_and_thaw(self):
        self.fleet.freeze("h2")
        self.assertEqual(self.fleet.states()["h2"], "frozen")
        self.assertEqual(self.answers("h2"), b"")       # the kernel accepts, and nobody speaks
        self.assertEqual(self.says("h1", "echo others go on"), "others go on")
        self.fleet.thaw("h2")
        self.assertEqual(self.says("h2", "echo back"), "back")
        self.assertEqual(self.fleet.states()["h2"], "on")

    def test_a_frozen_host_can_be_switched_off(self):
        self.fleet.freeze("h2")
        self.fleet.off("h2")
        with self.assertRaisesRegex(FleetError, "host 'h2' is off"):
            self.fleet.freeze("h2")
        self.fleet.on("h2")
        self.assertEqual(self.says("h2", "echo back"), "back")

    def test_reboot_and_poweroff_from_within(self):
        boot = self.says("h1", "cat /proc/sys/kernel/random/boot_id")
        self.fleet.ssh("h1", "systemctl reboot", check=False)
        wait_until(lambda: self.fleet.ssh("h1", "cat /proc/sys/kernel/random/boot_id", check=False).stdout.strip() not in ("", boot), 60, "no reboot")
        self.fleet.ssh("h1", "systemctl poweroff", check=False)
        wait_until(lambda: self.fleet.states()["h1"] == "off", 60, "no poweroff")
        self.fleet.on("h1")
        self.assertEqual(self.says("h1", "echo back"), "back")

    def connecting(self):
        """Seconds of one round trip: the least of some, since only the kernels take part and the machine may be busy."""
        seconds = []
        for _ in range(5):
            with socket_in(self.fleet.networks.controller) as channel:
                channel.settimeout(10)
                began = time.monotonic()
                channel.connect((self.fleet.address("h1"), 22))
                seconds.append(time.monotonic() - began)
        return min(seconds)

    def test_delay(self):
        with socket_to(self.fleet, "h1") as open_channel:
            self.fleet.delay(300)
            self.assertGreater(self.connecting(), 0.3)
            self.assertEqual(len(self.fleet.ssh("h1", "head -c 3000000 /dev/zero").stdout), 3000000)
            self.fleet.delay(0)
            self.assertLess(self.connecting(), 0.15)
            open_channel.settimeout(10)
            open_channel.sendall(b"nonsense\r\n")
            self.assertTrue(open_channel.recv(256))         # it has outlived both changes

    def test_a_second_fleet_beside_it(self):
        with Fleet(NAME + "b") as other:
            other.up(1, disk_mib=8)
            self.assertEqual(other.address("h1"), self.fleet.address("h1"))
            other.off("h1")
            self.assertEqual(self.says("h1", "echo here"), "here")
            sleeper = other.begin("sleep", "1000")
        self.assertNotEqual(sleeper.wait(5), 0)
        self.assertEqual(traces(NAME + "b"), [])
        self.assertEqual(self.says("h1", "echo here"), "here")

    def test_down_from_within_is_refused(self):
        said = self.fleet.run(sys.executable, "-B", COMMAND, "down", check=False, env=dict(os.environ, SPAREKEEP_FLEET=NAME))
        self.assertEqual(said.returncode, 1)
        self.assertIn("leave './dev fleet run' first", said.stderr)

    def test_up_twice_is_refused(self):
        with self.assertRaisesRegex(FleetError, f"the fleet '{NAME}' is up"):
            Fleet(NAME).up(1)
        self.assertEqual(self.says("h1", "echo here"), "here")


class Ends(unittest.TestCase):
    """Fleets that were broken off."""

    def broken_off(self, name, stage, number):
        """Begins an `up`, signals it when it has come so far; its exit code and what it said."""
        fleet = Fleet(name)
        with subprocess.Popen([sys.executable, "-B", COMMAND, "up", "2"], env=dict(os.environ, SPAREKEEP_FLEET=name), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: STAGES[stage](fleet), STAGE_PATIENCE, f"'{stage}' was not reached")
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
        return process.returncode, said

    def test_a_signal_during_up_leaves_nothing(self):
        for at, stage in enumerate(STAGES):
            number = SIGNALS[at % len(SIGNALS)]
            with self.subTest(stage=stage, signal=number.name):
                self.assertEqual(self.broken_off(NAME + "s", stage, number), (128 + number, "fleet: interrupted\n"))
                self.assertEqual(traces(NAME + "s"), [])

    def test_down_after_a_killed_up(self):
        for stage in STAGES:
            with self.subTest(stage=stage):
                self.assertEqual(self.broken_off(NAME + "k", stage, signal.SIGKILL), (-signal.SIGKILL, ""))
                Fleet(NAME + "k").down()
                self.assertEqual(traces(NAME + "k"), [])

    def test_down_of_nothing(self):
        Fleet(NAME + "n").down()
        self.assertEqual(traces(NAME + "n"), [])

    def test_what_is_refused(self):
        for hosts, text in ((["H1"], "'H1' is no name of a host"), (["a", "a"], "stands twice"), ([], "0 hosts"), (["controller"], "is no name")):
            with self.assertRaisesRegex(FleetError, text):
                Fleet(NAME + "n").up(hosts)
        with self.assertRaisesRegex(FleetError, "'10.0.0.0/29' is too small for 2 hosts"):
            Fleet(NAME + "n").up(2, subnet="10.0.0.0/29")
        with self.assertRaisesRegex(FleetError, "'a-b' is no name of a fleet"):
            Fleet("a-b")


def socket_to(fleet, host):
    """A connection whose first line has been read."""
    channel = socket_in(fleet.networks.controller)
    channel.settimeout(5)
    channel.connect((fleet.address(host), 22))
    channel.recv(256)
    return channel


def main():
    reason = possible.why_not()
    if reason:
        print(f"no fleet here: {reason}", flush=True)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    return 0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
