"""A longer way between the controller and all hosts: by netem where the kernel has it, else by a relay of our own between two taps."""
import os
import select
import subprocess

from commands import FleetError, run, succeeds
from networks import CONTROLLER_PORT, HOST_LINK

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "link_delay.c")
GROUP = "relay"
JOIN = 'for group in $1; do echo 0 >"$group/cgroup.procs"; done; shift; exec "$@"'
START_PATIENCE = 10
ROUND_TRIP_MS_MAX = 10_000


class Delay:
    def __init__(self, place, groups, networks):
        self.place, self.groups, self.networks = place, groups, networks

    def set(self, round_trip_ms, address, prefix):
        """Adds so much to every round trip of the controller, half each way; 0 takes it away. Its open connections live on."""
        if not 0 <= round_trip_ms <= ROUND_TRIP_MS_MAX:
            raise FleetError(f"a delay of {round_trip_ms:g} ms; 0 to {ROUND_TRIP_MS_MAX}")
        self.unplug()
        microseconds = round(round_trip_ms * 1000 / 2)
        if microseconds == 0 or self.has_netem():
            self.networks.plug_controller(address, prefix)
            if microseconds:
                self.by_netem(microseconds)
        else:
            self.by_relay(microseconds, address, prefix)

    def unplug(self):
        self.groups.end(GROUP)
        self.groups.remove(GROUP)
        if self.networks.has_port(CONTROLLER_PORT):
            run("ip", "-n", self.networks.bridge, "link", "del", "dev", CONTROLLER_PORT)

    def has_netem(self):
        """Tried on a loopback link, where it is taken away again."""
        words = ("tc", "-n", self.networks.bridge, "qdisc")
        return succeeds(*words, "add", "dev", "lo", "root", "netem", "delay", "1ms") and succeeds(*words, "del", "dev", "lo", "root")

    def by_netem(self, microseconds):
        for namespace, link in ((self.networks.controller, HOST_LINK), (self.networks.bridge, CONTROLLER_PORT)):
            run("tc", "-n", namespace, "qdisc", "replace", "dev", link, "root", "netem", "delay", f"{microseconds}us", "limit", "32768")

    def by_relay(self, microseconds, address, prefix):
        program = os.path.join(self.place, "link_delay")
        if not os.path.exists(program):
            run("cc", "-std=c17", "-O2", "-o", program, SOURCE)
        ends = (self.networks.controller, HOST_LINK, self.networks.bridge, CONTROLLER_PORT)
        with open(os.path.join(self.place, "link_delay.log"), "ab") as log:
            relay = subprocess.Popen(["setsid", "--fork", "sh", "-c", JOIN, "sh", " ".join(self.groups.make(GROUP)), program, *ends, str(microseconds)],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        with relay, relay.stdout:
            said = relay.stdout.readline() if select.select([relay.stdout], [], [], START_PATIENCE)[0] else b""
        if said != b"ready\n":
            raise FleetError(f"the delay of the link does not start; see '{self.place}/link_delay.log'")
        self.networks.address_controller(address, prefix)
