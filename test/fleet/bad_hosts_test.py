#!/usr/bin/python3
"""Eight hosts, five of them bad in a way of its own: the three good ones are installed, each bad one has one line that says what is the matter and what
to do, and nobody waits long. bad_hosts_test.py FOLDER: where the programs are."""
import os
import subprocess
import sys
import time

from install_case import InstallCase, main

GOOD = ["h1", "h2", "h3"]
BAD = {                                                     # host: (state, the whole line)
    "h4": ("unreachable", r"no answer within 5.0 s \(connect\) from 10\.77\.7\.14:22; is it up, and the address right\?"),
    "h5": ("unreachable", r"it refuses 'root' with the keys of the ssh agent and of ~/\.ssh; it takes keys and passwords; "
                          r"add the key to the user's authorized_keys, set identity or user, or give -k for a password"),
    "h6": ("unreachable", r"its host key is another one than before: known is ssh-ed25519 (SHA256:\S+) \((\S+/known_hosts):6\), it shows ssh-ed25519 (?!\1)SHA256:\S+; "
                          r"if the host was made anew, remove the old line by ssh-keygen -f '\2' -R '10\.77\.7\.16'"),
    "h7": ("failed", r"'/usr/lib/sparekeep' needs \d+\.\d MiB and \d+\.\d KiB are free; make room there"),
    "h8": ("unreachable", r"no answer within 10\.0 s \(no shell began after the login\); log in by hand and see what its login scripts, "
                          r"sshd's ForceCommand or PAM wait for"),
}
SECONDS_MAX = 60            # on a machine that does other things besides; what it took is printed, and belongs below 30
SPOIL = {
    "h5": "mv /root/.ssh/authorized_keys /root/.ssh/spare",
    "h6": "cd /etc/ssh; mkdir spare; mv ssh_host_ed25519_key* spare; ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; systemctl restart ssh",
    "h7": "mkdir -p /usr/lib/sparekeep && mount -t tmpfs -o size=1m none /usr/lib/sparekeep && head -c 500000 /dev/zero > /usr/lib/sparekeep/else",
    "h8": "echo 'ForceCommand sleep 600' > /etc/ssh/sshd_config.d/test.conf; systemctl reload ssh",
}


class BadHosts(InstallCase):
    mark, hosts = "b", [*GOOD, *BAD]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for host, command in SPOIL.items():
            cls.fleet.ssh(host, command)
        cls.fleet.off("h4")

    def inside(self, host, command):
        """A command on a host that lets nobody in: from this machine, into the namespaces of its first process."""
        of_fleet = self.fleet.host(host)
        first = of_fleet.groups.first_process(of_fleet.group)
        subprocess.run(["nsenter", "-t", str(first), "-a", "sh", "-c", command], check=True)

    def test_1_the_others_are_installed(self):
        begun = time.monotonic()
        told = self.told("install", code=4)
        took = time.monotonic() - begun
        print(f"with five bad hosts of eight: {took:.1f} s", flush=True)
        self.assertLess(took, SECONDS_MAX)
        for host in GOOD:
            self.assertLessEqual({line.state for line in told[host].values()}, {"ok", "changed"})
            self.fleet.ssh(host, "systemctl is-active sparekeepd sparekeep-agent")
        for host, (state, text) in BAD.items():
            self.assertEqual([line.state for line in told[host].values()], [state], told[host])
            self.assertRegex(list(told[host].values())[0].detail, f"^{text}$")

    def test_2_not_done(self):
        with open(os.path.join(self.state, "not-done"), encoding="utf-8") as file:
            self.assertEqual(file.read().split(), list(BAD))

    def test_3_mended(self):
        self.fleet.on("h4")
        self.inside("h5", "mv /root/.ssh/spare /root/.ssh/authorized_keys")
        self.inside("h6", "mv /etc/ssh/spare/* /etc/ssh; systemctl restart ssh")
        self.inside("h7", "umount /usr/lib/sparekeep")
        self.inside("h8", "rm /etc/ssh/sshd_config.d/test.conf; systemctl reload ssh; pkill sleep || true")
        told = self.told("install", "--limit", "@" + os.path.join(self.state, "not-done"))
        self.assertEqual([host for host in self.hosts if told[host]], list(BAD))
        self.assertFalse(os.path.exists(os.path.join(self.state, "not-done")))
        self.assert_all_ok()

    def test_4_full_data_disk(self):
        self.say("uninstall", "--purge", "--yes", "--limit", "h1")
        self.fleet.ssh("h1", "head -c 200000000 /dev/zero > /srv/sparekeep/lost+found/filler", check=False)
        told = self.told("install", "--limit", "h1", code=4)["h1"]
        self.assertEqual(list(told), ["storage"])
        self.assertRegex(told["storage"].detail, r"^error: the storage folder '/srv/sparekeep' takes no marker; make room there, or name another one in storage\.path: "
                                                 r"writing '/srv/sparekeep/\S+': write: no space left on device$")
        self.assertEqual(self.fleet.ssh("h1", "ls -A /srv/sparekeep").stdout, "lost+found\n")
        self.fleet.ssh("h1", "rm /srv/sparekeep/lost+found/filler")
        self.say("install", "--limit", "h1")


if __name__ == "__main__":
    sys.exit(main(BadHosts))
