"""Who is measured. Each makes hosts what they are declared to be (`apply`), says what that changed there, and can be taken away again (`reset`)."""
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from commands import FleetError, run
from payload import PLAYBOOKS

RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
REMOVE = ("systemctl disable --now storaged 2>/dev/null; rm -rf /etc/systemd/system/storaged.service /etc/storaged /usr/lib/storaged /var/lib/storaged "
          "/srv/storaged /root/.ansible; userdel storaged 2>/dev/null; systemctl daemon-reload; systemctl reset-failed; true")
INVENTORY = '[groups.fleet]\nhosts = ["{hosts}"]\nroles = ["storage"]\nstorage = {{ keep_free = "{keep_free}" }}\n'


class Sparekeep:
    name = "sparekeep"
    environment = {}
    configuration, needed = "etc/sparekeep/daemon.toml", 'keep_free = "{bytes} B"'

    def __init__(self, fleet, programs, folder):
        self.fleet, self.folder = fleet, os.path.join(folder, "sparekeep")
        self.words = [os.path.abspath(os.path.join(programs, "sparekeep")), "--state", self.path("state"), "-i", self.path("inventory.toml")]
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def declare(self, mebibytes):
        with open(self.path("inventory.toml"), "w", encoding="utf-8") as file:
            file.write(INVENTORY.format(hosts='", "'.join(self.fleet.hosts), keep_free=f"{mebibytes} MiB"))

    def reset(self):
        if os.path.exists(self.path("state")):
            self.fleet.run(*self.words, "uninstall", "--purge", "--yes")
            shutil.rmtree(self.folder)
            os.makedirs(self.folder)
        self.declare(1)
        self.fleet.run(*self.words, "init", "--recovery-key", self.path("recovery"))

    def command(self):
        return [*self.words, "--json", "install"]

    def changed(self, printed):
        """{host: how many tasks changed something}"""
        hosts = dict.fromkeys(self.fleet.hosts, 0)
        for line in (json.loads(line) for line in printed.splitlines() if line.startswith("{")):
            if line["type"] != "task":
                continue
            if line["state"] not in ("ok", "changed"):
                raise FleetError(f"{line['host']}: {line['task']}: {line['state']}: {line.get('detail')}")
            hosts[line["host"]] += line["state"] == "changed"
        return hosts

    def configured(self, mebibytes):
        return f'keep_free = "{mebibytes << 20} B"'

    def running(self):
        return "systemctl is-active sparekeepd"


class Ansible:
    """`how`: (name, file of settings, playbook, further words)."""
    configuration = "etc/storaged/storaged.toml"

    def __init__(self, fleet, payload, folder, how):
        self.name, settings, self.playbook, self.more = how
        self.fleet, self.payload, self.folder = fleet, payload, os.path.join(folder, self.name.replace(" ", "-"))
        os.makedirs(self.path("control"))
        self.environment = {"ANSIBLE_CONFIG": os.path.join(PLAYBOOKS, settings), "ANSIBLE_SSH_CONTROL_PATH_DIR": self.path("control"), "ANSIBLE_HOME": self.path("home"),
                            "ANSIBLE_SSH_COMMON_ARGS": f"-F {fleet.controller.ssh_config}", "ANSIBLE_NOCOLOR": "1"}
        self.interpreter = "" if settings == "default.cfg" else "ansible_python_interpreter=/usr/bin/python3\n"

    def path(self, name):
        return os.path.join(self.folder, name)

    def declare(self, mebibytes):
        with open(self.path("hosts.ini"), "w", encoding="utf-8") as file:
            file.write("[all]\n" + "\n".join(self.fleet.hosts) + f"\n[all:vars]\nkeep_free={mebibytes} MiB\npayload={self.payload.folder}\n" + self.interpreter)
        self.payload.write_scripts(f"{mebibytes} MiB")

    def reset(self):
        run_on_all(self.fleet, REMOVE)
        self.declare(1)

    def command(self):
        """Connections that an earlier run has kept are ended: the run before was yesterday."""
        for name in os.listdir(self.path("control")):
            run("ssh", "-q", "-o", f"ControlPath={self.path('control')}/{name}", "-O", "exit", "none")
        return ["ansible-playbook", "-i", self.path("hosts.ini"), *self.more, os.path.join(PLAYBOOKS, self.playbook)]

    def changed(self, printed):
        hosts = {host: int(changed) for host, _, changed, unreachable, failed in RECAP.findall(printed) if (unreachable, failed) == ("0", "0")}
        if sorted(hosts) != sorted(self.fleet.hosts):
            raise FleetError(f"{self.name} did not end well on all hosts: {printed[-3000:]}")
        return hosts

    def configured(self, mebibytes):
        return f'keep_free = "{mebibytes} MiB"'

    def running(self):
        return "systemctl is-active storaged && ss -Hltn 'sport = :7070' | grep -q ."


PEERS = {
    "tuned": ("ansible tuned", "tuned.cfg", "site.yml", []),
    "mitogen": ("ansible mitogen", "mitogen.cfg", "site.yml", []),
    "one": ("ansible one.yml", "tuned.cfg", "one.yml", []),
    "default": ("ansible default", "default.cfg", "site.yml", ["-e", "facts=true"]),
}
NEEDS = {"mitogen": "/usr/lib/python3/dist-packages/ansible_mitogen"}
USUAL = ["tuned", "mitogen", "one"]


def why_not(peer):
    """Why a peer cannot be measured here, or None."""
    if shutil.which("ansible-playbook") is None:
        return "ansible-core is not installed"
    return None if os.path.exists(NEEDS.get(peer, "/")) else "ansible-mitogen is not installed"


def run_on_all(fleet, command):
    """On each host at once; all have to end well."""
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(fleet.hosts, pool.map(lambda name: fleet.ssh(name, command).stdout, fleet.hosts)))
