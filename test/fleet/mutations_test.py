#!/usr/bin/python3
"""What people and accidents do to an installed host by hand: `install --check` says exactly what `install` then does, files that it does not name stay
untouched, services that it does not name go on running, afterwards the host is what it was, and a third run is all ok.
mutations_test.py FOLDER: where the programs are."""
import datetime
import os
import re
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from install_case import InstallCase, main
from mutations import REFUSED, ROUNDS

SIDE = "health", "reach"            # tasks that a run adds to what --check says
UNITS = "sparekeepd.service sparekeep-agent.service sparekeep-restore.socket sparekeep-hook.socket"
# What a host is: everything that install owns, with type, mode, owner, content or target; users and units. Certificates are made anew, keys are not.
PORTRAIT = r"""cd /; {
for place in etc/sparekeep usr/lib/sparekeep etc/systemd/system var/lib/sparekeep srv/sparekeep; do
  find -H $place \( -name 'sparekeep*' -o -path '*sparekeep/*' -o -path '*sparekeep' \) \
    -not -name '*.wal' -not -path '*/agent/orders*' -not -path '*/agent/waiting*' -not -path '*index.db*' -not -path '*.service.d*' -printf '%p %y %m %u:%g %l\n'
done
find -H etc/sparekeep usr/lib/sparekeep etc/systemd/system/sparekeep*.* var/lib/sparekeep -path '*.d' -prune -o -name '*.key' -exec sha256sum {} + \
  -o -type f -not -path 'var/*' -exec sha256sum {} +
getent passwd sparekeepd sparekeep-agent | cut -d: -f 1,5-; getent group sparekeepd sparekeep-agent | cut -d: -f 1,4
getent shadow sparekeepd sparekeep-agent | cut -d: -f 1,2; groups sparekeepd sparekeep-agent
systemctl is-enabled UNITS; systemctl is-active UNITS; systemctl show -P NeedDaemonReload UNITS
for name in sparekeepd sparekeep-agent; do echo $name $(pgrep -cx $name) $(ps -C $name -o user:20=); done
find / -xdev \( -path /proc -o -path /sys \) -prune -o -name '*.new' -path '*sparekeep*' -print
} 2>&1 | sort""".replace("UNITS", UNITS)
# When what was last changed: a file that install did not name has the inode and the moment it had.
MOMENTS = (r"cd /; find -H etc/sparekeep usr/lib/sparekeep etc/systemd/system/sparekeep* etc/systemd/system/*.wants/sparekeep* -not -type d -printf '%p %i %C@\n' "
           "2>/dev/null | sort; for name in sparekeepd sparekeep-agent; do echo $name $(pgrep -x $name); done")
SETTLED = ("for i in $(seq 100); do systemctl list-units --state=activating,deactivating,reloading -q --no-legend 'sparekeep*' | grep -q . || exit 0; sleep 0.1; done; "
           "exit 1")


def expired(certificate, authority_key):
    """The same certificate, signed by the same authority, that ended a day ago."""
    own, now = x509.load_pem_x509_certificate(certificate), datetime.datetime.utcnow()
    made = x509.CertificateBuilder(own.issuer, own.subject, own.public_key(), own.serial_number, now - datetime.timedelta(days=9), now - datetime.timedelta(days=1))
    for extension in own.extensions:
        made = made.add_extension(extension.value, extension.critical)
    return made.sign(serialization.load_pem_private_key(authority_key, None), None).public_bytes(serialization.Encoding.PEM).decode()


def without(told, tasks):
    return {task: line for task, line in told.items() if task not in tasks}


def as_table(text):
    return {line.split(" ")[0]: line for line in text.splitlines()}


class Mutations(InstallCase):
    mark, hosts = "m", [f"h{number}" for number in range(1, 9)]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.on_all("useradd --system other")

    def carry(self, mutations):
        """A round: one mutation a host."""
        self.say("install")
        by_host = dict(zip(self.hosts, mutations))
        self.whole = self.on_all(PORTRAIT)
        self.on_each({host: "set -e\n" + mutation.command.format(**self.certificates(host, mutation)) for host, mutation in by_host.items()})
        self.on_all(SETTLED, by_host)
        self.compare(by_host)

    def compare(self, by_host):
        limit = ",".join(by_host)
        mutated = self.on_all(PORTRAIT, by_host)
        predicted = self.told("install", "--check", "--diff", "--limit", limit)
        self.assertEqual(self.on_all(PORTRAIT, by_host), mutated, "--check changed something")
        before = self.on_all(MOMENTS, by_host)
        done = self.told("install", "--limit", limit, code=None)
        after = self.on_all(MOMENTS, by_host)
        third = self.told("install", "--limit", limit, code=None)
        whole = self.on_all(PORTRAIT, by_host)
        for host, mutation in by_host.items():
            with self.subTest(mutation.name):
                self.assertEqual(sorted(task for task, line in predicted[host].items() if line.state == "changed"), sorted(mutation.tasks), predicted[host])
                self.assertEqual(without(done[host], SIDE), predicted[host])
                self.assert_only_named(as_table(before[host]), as_table(after[host]), done[host])
                self.assertEqual({line.state for line in third[host].values()}, {"ok"}, third[host])
                others = sorted(line for line in set(whole[host].splitlines()) ^ set(self.whole[host].splitlines()) if not re.fullmatch(mutation.stays, line))
                self.assertEqual(others, [], "the host is not what it was")

    def test_9_what_is_refused(self):
        """In both runs by the same line, and nothing on the host changes; undone as the line says, the host becomes what it was."""
        self.say("install")
        by_host = dict(zip(self.hosts, REFUSED))
        self.whole = self.on_all(PORTRAIT)
        self.on_each({host: "set -e\n" + refused.command for host, refused in by_host.items()})
        self.on_all(SETTLED, by_host)
        mutated = self.on_all(PORTRAIT, by_host)
        predicted = self.told("install", "--check", "--limit", ",".join(by_host), code=4)
        done = self.told("install", "--limit", ",".join(by_host), code=4)
        after = self.on_all(PORTRAIT, by_host)
        self.on_each({host: "set -e\n" + refused.undo for host, refused in by_host.items()})
        self.say("install")
        whole = self.on_all(PORTRAIT, by_host)
        for host, refused in by_host.items():
            with self.subTest(refused.name):
                self.assertEqual([(task, line.state) for task, line in predicted[host].items()], [(refused.task, "failed")], predicted[host])
                self.assertRegex(predicted[host][refused.task].detail, f"^{refused.text}$")
                self.assertEqual(done[host], predicted[host])
                self.assertEqual(after[host], mutated[host], "a host that was refused is changed")
                self.assertEqual(whole[host], self.whole[host], "the host is not what it was")
        self.assert_all_ok()

    def test_9_what_keeps_a_unit_down(self):
        """A drop-in is named by the prediction and by the run that cannot start the unit."""
        drop_in = "/etc/systemd/system/sparekeepd.service.d/own.conf"
        self.say("install", "--limit", "h1")
        self.fleet.ssh("h1", f"mkdir $(dirname {drop_in}); printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > {drop_in}; systemctl daemon-reload; "
                             "systemctl stop sparekeepd")
        predicted = self.told("install", "--check", "--limit", "h1")["h1"]
        self.assertEqual(predicted["sparekeepd"].detail, f"not running ('{drop_in}' sets ExecStart)")
        done = self.told("install", "--limit", "h1", code=4)["h1"]
        self.assertIn(f"sparekeepd.service does not serve (it has {drop_in} beside its own file); see journalctl -u sparekeepd.service", done["services"].detail)
        self.fleet.ssh("h1", f"rm -r $(dirname {drop_in}); systemctl daemon-reload")
        self.say("install", "--limit", "h1")       # systemd may have started it before

    def certificates(self, host, mutation):
        """That the command may name: of this host, but expired, and of another one."""
        if "{" not in mutation.command:
            return {}
        own, other = (self.fleet.ssh(name, "cat /var/lib/sparekeep/daemon/tls.crt").stdout for name in (host, self.hosts[self.hosts.index(host) - 1]))
        with open(os.path.join(self.state, "ca", "authority.key"), "rb") as file:
            return {"foreign": other, "expired": expired(own.encode(), file.read())}

    def assert_only_named(self, before, after, told):
        named = " ".join(line.detail for line in told.values() if line.state == "changed")
        for path in {path for path in {*before, *after} if before.get(path) != after.get(path)}:
            if path in ("sparekeepd", "sparekeep-agent"):
                self.assertEqual(told[path].state, "changed", f"{path} was restarted")
            elif path.startswith("usr/lib/"):
                self.assertEqual(told["programs"].state, "changed", path)
            else:
                self.assertIn(re.sub(".*/", "", path), named)


def test_of(mutations):
    return lambda self: self.carry(mutations)


for number, mutations_of_round in enumerate(ROUNDS, 1):
    setattr(Mutations, f"test_{number}_{mutations_of_round[0].name.replace(' ', '_').replace(',', '')}", test_of(mutations_of_round))

if __name__ == "__main__":
    sys.exit(main(Mutations))
