#!/usr/bin/python3
"""install, apply and restore over SSH on real hosts: a second run writes nothing and costs one command a host, drift is predicted exactly and
mended, hosts that are off, frozen, full or strange harm only themselves. install_test.py FOLDER: where the programs are."""
import os
import sys

from install_case import InstallCase, main

PLAYBOOK = """name = "nightly"
[[backup]]
name = "data"
hosts = ["h1"]
paths = ["/srv/data", "/etc"]
redundancy = { copies = 2 }
[[restore]]
name = "drill"
hosts = ["h2"]
from = { job = "data", host = "h1", snapshot = "latest" }
target = "/restore"
"""
# What install owns on a host; state that the programs write while they run is theirs.
OURS = ("find /etc/sparekeep /usr/lib/sparekeep /etc/systemd/system /srv/sparekeep /var/lib/sparekeep /etc/passwd /tmp /var/tmp -maxdepth 2 "
        "-not -path '/var/lib/sparekeep/*' -not -path '/tmp/systemd*' -not -path '/var/tmp/systemd*' -printf '%p %T@ %C@ %m %u\\n' | sort")
DRIFT = {
    "h1": ["echo '# by hand' >> /etc/sparekeep/agent.toml", "chmod 600 /usr/lib/sparekeep/current/sparekeepd", "systemctl stop sparekeep-hook.socket",
           "rm /etc/systemd/system/multi-user.target.wants/sparekeep-agent.service"],
    "h2": ["systemctl stop sparekeepd sparekeep-agent", "ln -sf /dev/null /etc/systemd/system/sparekeepd.service", "chown nobody /var/lib/sparekeep/agent"],
    "h3": ["rm /var/lib/sparekeep/daemon/tls.crt", "systemctl stop sparekeep-agent; userdel sparekeep-agent", "chmod 755 /srv/sparekeep",
           "kill -9 $(cat /run/sparekeepd/sparekeepd.pid); truncate -s 100 /usr/lib/sparekeep/current/sparekeep-agent"],
}
LINKS = ("exec setpriv --reuid=sparekeepd --regid=sparekeepd --clear-groups perl -e "
         "'while (1) { symlink(\"/root/victim\", \"/var/lib/sparekeep/daemon/tls.crt.new\") }'")
HOSTILE_LINK = "setpriv --reuid=sparekeepd --regid=sparekeepd --clear-groups ln -sfT \"$(printf 'x\\nleft ./srv/victim')\""
AT_HOME = 'sed "s|^root:.*|root:x:0:0:root:$HOME:/bin/sh|" /etc/passwd > "$HOME/passwd" && mount --bind "$HOME/passwd" /etc/passwd && exec "$@"'


class Install(InstallCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write("playbook.toml", PLAYBOOK)
        for host in cls.hosts:
            cls.fleet.ssh(host, "echo 'LogLevel VERBOSE' > /etc/ssh/sshd_config.d/test.conf; systemctl restart ssh")

    def commands(self, host):
        return int(self.fleet.ssh(host, "journalctl -q -o cat -u ssh | grep -c 'Starting session: command'", check=False).stdout)

    def test_1_first_and_second(self):
        predicted = self.changed("install", "--check")
        self.assertEqual(self.changed("install"), predicted)
        for host in self.hosts:
            self.fleet.ssh(host, "systemctl is-active sparekeepd sparekeep-agent sparekeep-restore.socket sparekeep-hook.socket")
            self.assertEqual(self.fleet.ssh(host, "stat -c '%U %a' /var/lib/sparekeep/daemon /srv/sparekeep").stdout, "sparekeepd 700\n" * 2)
        before = {host: (self.fleet.ssh(host, OURS).stdout, self.commands(host)) for host in self.hosts}
        self.assertEqual(self.changed("install"), {host: [] for host in self.hosts})
        for host in self.hosts:
            own = 3                      # commands of this test since: files, count, files
            self.assertEqual(self.fleet.ssh(host, OURS).stdout, before[host][0])
            self.assertEqual(self.commands(host) - before[host][1], own)

    def test_1_told_by_a_program(self):
        """A program says of users and units what the host's own tools say of them; a script would tell where it cannot."""
        ask = "/usr/lib/sparekeep/current/sparekeepd facts 'units=sparekeepd.service sparekeep-hook.socket' users=sparekeepd storage=/srv/sparekeep places=/usr"
        told = ("pid=$(systemctl show -P MainPID sparekeepd); printf 'user %s\\ngroups sparekeepd sparekeepd\\nMainPID=%s\\nId=sparekeepd.service\\n' "
                "\"$(getent passwd sparekeepd | awk -F: '{print $1, $3, $4, $6 \"|\" $7}')\" $pid")
        unit, stale = "LoadState=loaded\nActiveState=active\nNeedDaemonReload={}\n\n", "touch -d tomorrow /etc/systemd/system/sparekeepd.service"
        end = "Id=sparekeep-hook.socket\n" + unit.format("no") + "end\n"
        for before, needs in (("true", "no"), (stale, "yes")):
            self.fleet.ssh("h1", before)
            self.assertIn(self.fleet.ssh("h1", told).stdout + unit.format(needs) + end, self.fleet.ssh("h1", ask).stdout)
        self.fleet.ssh("h1", "touch /etc/systemd/system/sparekeepd.service; systemctl daemon-reload; systemctl restart sparekeepd")

    def test_2_backup_and_restore(self):
        self.fleet.ssh("h1", "mkdir -p /srv/data; head -c 3000000 /dev/urandom > /srv/data/a; echo secret > /srv/data/b; chmod 600 /srv/data/b; chown daemon /srv/data/b")
        summary = self.say("apply", os.path.join(self.folder, "playbook.toml"))[-1]
        self.assertEqual([job["state"] for job in summary["jobs"]], ["complete", "complete"])
        listing = "cd {}/srv/data; sha256sum *; stat -c '%n %U %a' *"
        self.assertEqual(self.fleet.ssh("h2", listing.format("/restore")).stdout, self.fleet.ssh("h1", listing.format("")).stdout)

    def test_3_drift(self):
        for host, commands in DRIFT.items():
            for command in commands:
                self.fleet.ssh(host, command)
        predicted = self.changed("install", "--check")
        self.assertTrue(all(predicted.values()))
        self.assertEqual(self.changed("install"), predicted)
        self.assertEqual(self.changed("install"), {host: [] for host in self.hosts})
        for host in self.hosts:
            self.assertEqual(self.fleet.ssh(host, "find / -xdev -name '*.new' -path '*sparekeep*'; pgrep -c sparekeepd").stdout, "1\n")

    def test_4_bad_hosts(self):
        self.fleet.off("h1")
        self.fleet.freeze("h2")
        try:
            states = self.states("install", code=5)
        finally:
            self.fleet.on("h1")
            self.fleet.thaw("h2")
        self.assertEqual([list(states[host].values()) for host in ("h1", "h2")], [["unreachable"]] * 2)
        self.assertEqual(set(states["h3"].values()), {"ok"})
        self.assertEqual([host["name"] for host in self.say("install", "--limit", "@" + os.path.join(self.folder, "state", "not-done"))[-1]["hosts"]], ["h1", "h2"])
        self.fleet.ssh("h1", "mkdir -p /full && mount -t tmpfs -o size=1m none /usr/lib/sparekeep")
        try:
            self.assertEqual(list(self.states("install", code=4)["h1"].values()), ["failed"])
        finally:
            self.fleet.ssh("h1", "umount /usr/lib/sparekeep")
        self.assertEqual(self.changed("install"), {host: [] for host in self.hosts})

    def test_4_central_moves(self):
        """A daemon that answers and does not reach the central any more is not healthy."""
        self.write("inventory.toml", self.inventory + "[central]\naddress = \"192.0.2.1\"\n")
        health = self.told("install", "--limit", "h3", code=4)["h3"]["health"]
        self.write("inventory.toml", self.inventory)
        self.assertEqual(health.state, "failed")
        self.assertRegex(health.detail, r"^h3 -> central 192\.0\.2\.1:\d+: no report of its daemon within 30")
        self.say("install", "--limit", "h3")
        self.assert_all_ok()

    def test_4_rolling(self):
        self.fleet.off("h1")
        try:
            states = self.states("install", "--serial", "1", "--max-fail", "0", code=5)
        finally:
            self.fleet.on("h1")
        self.assertEqual([list(states[host].values()) for host in self.hosts], [["unreachable"], ["skipped"], ["skipped"]])
        with open(os.path.join(self.folder, "state", "not-done"), encoding="utf-8") as file:
            self.assertEqual(file.read().split(), self.hosts)
        self.assertEqual(self.changed("install", "--serial", "1"), {host: [] for host in self.hosts})

    def test_5_users(self):
        self.write("inventory.toml", self.inventory + "[hosts.h1]\nuser = \"admin\"\nbecome = true\n[hosts.h2]\nuser = \"guest\"\n")
        states = self.states("install", code=4)
        self.write("inventory.toml", self.inventory)
        self.assertEqual(set(states["h1"].values()), {"ok"})
        self.assertEqual(list(states["h2"].values()), ["failed"])

    def test_5_broken_into(self):
        """A daemon that somebody rules puts links in root's way: nothing of root's is written, and nobody is given it."""
        self.fleet.ssh("h3", f"echo mine > /root/victim; rm /var/lib/sparekeep/daemon/tls.crt; ({LINKS}) > /dev/null 2>&1 & echo $! > /root/attack")
        for _ in range(3):
            self.say("install", "--limit", "h3", code=None)
        self.assertEqual(self.fleet.ssh("h3", "kill $(cat /root/attack); stat -c '%U %a' /root/victim; cat /root/victim").stdout, "root 644\nmine\n")
        self.say("install", "--limit", "h3")
        self.assertEqual(self.fleet.ssh("h3", "stat -c '%U %F' /var/lib/sparekeep/daemon/tls.crt").stdout, "sparekeepd regular file\n")
        for before in ("true", "touch /etc/sparekeep/daemon.toml.new"):       # a program tells what is there; where something is left over, the script
            for file in ("tls.crt", "tls.key"):
                self.fleet.ssh("h3", f"{before}; mkdir -p /srv/victim; cd /var/lib/sparekeep/daemon; {HOSTILE_LINK} {file}")
                self.say("install", "--limit", "h3", code=None)
                self.fleet.ssh("h3", f"test -d /srv/victim && cd /var/lib/sparekeep/daemon && if [ -L {file} ]; then rm {file}; fi")
        self.say("install", "--limit", "h3")
        self.assert_all_ok()

    def test_5_through_another_host(self):
        """By a command, and by a jump, for which ssh itself is run: it looks into root's home as /etc/passwd names it."""
        config = self.fleet.controller.ssh_config
        with open(config, encoding="utf-8") as file:
            before = file.read()
        self.write("inventory.toml", self.inventory + "[central]\naddress = \"controller\"\n")
        for line in (f"ProxyCommand ssh -F {config} -W %h:%p h1", "ProxyJump h1"):
            self.fleet.controller.write_config(before.replace("Host h3\n", f"Host h3\n  {line}\n"))
            done = self.fleet.run("unshare", "--mount", "sh", "-c", AT_HOME, "sh", *self.words("install", "--limit", "h3"), check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("ok:          h3  reach", done.stdout)
        self.fleet.controller.write_config(before)
        self.write("inventory.toml", self.inventory)

    def test_6_uninstall(self):
        self.say("uninstall", "--purge", "--yes")
        for host in self.hosts:
            left = self.fleet.ssh(host, "ls /etc/sparekeep /usr/lib/sparekeep /var/lib/sparekeep /run/sparekeepd /run/sparekeep "
                                        "/etc/systemd/system/sparekeep* 2>/dev/null; getent passwd sparekeepd sparekeep-agent; pgrep sparekeep", check=False)
            self.assertEqual(left.stdout, "")
            self.assertEqual(self.fleet.ssh(host, "stat -c %U:%G /srv/sparekeep").stdout, "root:root\n")    # a mount point


if __name__ == "__main__":
    sys.exit(main(Install))
