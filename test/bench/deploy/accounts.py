"""What a command cost: wall time, CPU time of the controller and of each host, bytes on the wire, reloads of systemd, load of the machine."""
import dataclasses
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from commands import FleetError, run

GROUP = "bench"
SETTLING_SECONDS = 1.0              # logins end, and their last packets come
PATIENCE = 3600
JOIN = 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"'


@dataclasses.dataclass
class Cost:
    wall: float                     # seconds
    controller: float               # seconds of CPU, of the whole tree of processes
    hosts: float                    # seconds of CPU, all hosts together
    sent: int                       # bytes on the wire, both ways, all hosts together
    reloads: int                    # of systemd, all hosts together
    load: float                     # of the machine before it


class Accounts:
    """Of one fleet that is up."""

    def __init__(self, fleet):
        self.fleet = fleet
        folders = fleet.groups.make(GROUP)
        self.group = next((folder for folder in folders if os.path.exists(os.path.join(folder, "cpuacct.usage"))), folders[0])

    def cpu(self, group):
        """Seconds that a control group and all below it have used."""
        folder = os.path.join(os.path.dirname(self.group), group)
        if os.path.exists(os.path.join(folder, "cpuacct.usage")):
            with open(os.path.join(folder, "cpuacct.usage"), encoding="ascii") as file:
                return int(file.read()) / 1e9
        with open(os.path.join(folder, "cpu.stat"), encoding="ascii") as file:
            return next(int(line.split()[1]) / 1e6 for line in file if line.startswith("usage_usec"))

    def hosts_cpu(self):
        return sum(self.cpu(self.fleet.host(name).group) for name in self.fleet.hosts)

    def sent(self):
        links = json.loads(run("ip", "-n", self.fleet.networks.bridge, "-json", "-stats", "link", "show"))
        ports = {self.fleet.host(name).port for name in self.fleet.hosts}
        return sum(link["stats64"][way]["bytes"] for link in links if link["ifname"] in ports for way in ("rx", "tx"))

    def reloads(self):
        """Counted in the hosts' journals."""
        count = "journalctl -q -o cat _PID=1 --boot | grep -c '^Reloading' || true"
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda name: int(self.fleet.ssh(name, count).stdout), self.fleet.hosts))

    def measure(self, command, environment):
        """(cost, what it printed on both streams) of a command on the controller's side that has to end well."""
        reloads = self.reloads()
        os.sync()                                      # nobody waits for the disk because of what was measured before, or for the end of our own sessions
        time.sleep(SETTLING_SECONDS)
        before = self.hosts_cpu(), self.sent(), self.cpu(GROUP)
        load, began = os.getloadavg()[0], time.monotonic()
        done = self.fleet.run("sh", "-c", JOIN, "sh", self.group, *command, check=False, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, capture_output=False,
                              timeout=PATIENCE, env={**self.fleet.controller.environment(), **environment})
        wall = time.monotonic() - began
        controller = self.cpu(GROUP) - before[2]
        if done.returncode != 0:
            raise FleetError(f"'{' '.join(command)}' ended with {done.returncode}: {done.stdout[-4000:]}")
        time.sleep(SETTLING_SECONDS)
        hosts, sent = self.hosts_cpu() - before[0], self.sent() - before[1]
        return Cost(wall, controller, hosts, sent, self.reloads() - reloads, load), done.stdout
