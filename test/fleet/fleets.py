"""A fleet of real hosts on this machine: Debian with systemd and sshd, each with a disk of its own, on a network of its own.

    with Fleet("mine") as fleet:
        fleet.up(["h1", "h2", "h3"])
        fleet.ssh("h1", "systemctl is-system-running")
        fleet.off("h2")

Everything a fleet has is named after it (sk-NAME...), so that fleets live side by side and `down` finds all that is left of one,
however it was broken off. Calls for hosts return when what they say is so: a host that is off has been proven to be.
"""
import contextlib
import dataclasses
import fcntl
import ipaddress
import json
import os
import re
import subprocess

import base_image
import possible
from commands import FleetError, Workers, locked
from control_groups import Groups
from controller import Controller
from delays import Delay
from hosts import Host, Plan
from leftovers import Leftovers
from limits import raise_for
from networks import Networks

DEFAULT_NAME, DEFAULT_FOLDER, DEFAULT_SUBNET = "sparekeep", "/var/tmp/sparekeep-fleet", "10.77.7.0/24"
DISK_MIB, DISK_MIB_MIN = 256, 8
FIRST_HOST, CONTROLLER = 11, 1      # places in the subnet
HOSTS_MAX = 200
NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
HOST_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
RESERVED = {"controller", "localhost"}
COMMAND_PATIENCE = 600


class Fleet:
    def __init__(self, name=None, folder=None):
        self.name = name or os.environ.get("SPAREKEEP_FLEET") or DEFAULT_NAME
        self.top = os.path.abspath(folder or os.environ.get("SPAREKEEP_FLEET_DIR") or DEFAULT_FOLDER)
        if not NAME.fullmatch(self.name):
            raise FleetError(f"'{self.name}' is no name of a fleet: a letter, then at most 15 letters and digits, all lower case")
        self.place = os.path.join(self.top, "fleets", self.name)
        self.lock, self.plan_file = self.place + ".lock", os.path.join(self.place, "fleet.json")
        self.groups, self.networks = Groups(self.name), Networks(self.name)
        self.controller = Controller(self.place, self.groups, self.networks)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    # ---- the whole

    def up(self, hosts, disk_mib=DISK_MIB, subnet=None, packages=()):
        """Boots hosts: a number of them (h1, h2, ...), or their names; `packages` are on them besides. When it is broken off, nothing is left."""
        reason = possible.why_not()
        if reason:
            raise FleetError(reason)
        names = [f"h{number}" for number in range(1, hosts + 1)] if isinstance(hosts, int) else list(hosts)
        plan = make_plan(names, subnet or os.environ.get("SPAREKEEP_FLEET_SUBNET") or DEFAULT_SUBNET, disk_mib)
        with self.alone():
            if self.leftovers().any():
                raise FleetError(f"the fleet '{self.name}' is up, or half of it is: './dev fleet down' takes it away")
            try:
                self.build(dataclasses.replace(plan, base=base_image.ready(self.top, packages)))
            except BaseException:
                self.leftovers().remove()
                os.unlink(self.lock)
                raise

    def build(self, plan):
        raise_for(len(plan.hosts))
        os.makedirs(self.place)
        self.networks.make(plan.controller, plan.prefix)
        workers = Workers()
        hosts = [self.host(name, plan, workers) for name in plan.hosts]
        key, names = self.controller.prepare(plan)
        workers.each(lambda host: host.prepare(key, names), hosts)
        self.controller.know(hosts)
        workers.each(Host.power_on, hosts)
        workers.each(Host.await_boot, hosts)
        self.write_plan(plan)

    def write_plan(self, plan):
        """Last of all: a fleet is up when it has this file."""
        with open(self.plan_file + ".new", "w", encoding="utf-8") as file:
            json.dump(dataclasses.asdict(plan), file, indent=2)
        os.rename(self.plan_file + ".new", self.plan_file)

    def down(self):
        """Removes everything that bears the fleet's name; a fleet that is not there is no fault."""
        if not self.leftovers().any() and not os.path.exists(self.lock):
            return
        with self.alone():
            self.leftovers().remove()
            os.unlink(self.lock)

    def leftovers(self):
        return Leftovers(self.name, self.place, self.groups, self.networks)

    def make_folder(self):
        """In a folder that all may write to, another user could have laid the image that root then boots."""
        os.makedirs(self.top, mode=0o755, exist_ok=True)
        os.makedirs(os.path.dirname(self.place), mode=0o755, exist_ok=True)
        status = os.stat(self.top)
        if status.st_uid != 0 or status.st_mode & 0o022:
            raise FleetError(f"'{self.top}' belongs to somebody else, or others may write to it: remove it, or set SPAREKEEP_FLEET_DIR")

    @contextlib.contextmanager
    def alone(self, how=fcntl.LOCK_EX):
        """Holds the fleet's lock; files made meanwhile are made as on any host, whatever umask the caller has."""
        before = os.umask(0o022)
        try:
            self.make_folder()
            with locked(self.lock, how):
                yield
        finally:
            os.umask(before)

    # ---- its hosts

    def plan(self):
        try:
            with open(self.plan_file, encoding="utf-8") as file:
                return Plan(**json.load(file))
        except FileNotFoundError:
            raise FleetError(f"the fleet '{self.name}' is not up: './dev fleet up N'") from None

    @property
    def hosts(self):
        return list(self.plan().hosts)

    def address(self, name):
        return self.host(name).address

    @property
    def controller_address(self):
        return self.plan().controller

    def host(self, name, plan=None, workers=None):
        plan = plan or self.plan()
        if name not in plan.hosts:
            raise FleetError(f"there is no host '{name}'; there are {' '.join(plan.hosts)}")
        return Host(name, self.place, plan, (self.groups, self.networks, workers or Workers()))

    def each(self, work, names):
        plan, workers = self.plan(), Workers()
        with self.alone(fcntl.LOCK_SH):
            workers.each(work, [self.host(name, plan, workers) for name in names])

    def off(self, *names):
        self.each(Host.power_off, names)

    def on(self, *names):
        self.each(Host.power_on, names)
        self.each(Host.await_boot, names)

    def cut(self, *names):
        self.each(lambda host: host.set_cut(True), names)

    def join(self, *names):
        self.each(lambda host: host.set_cut(False), names)

    def freeze(self, *names):
        self.each(lambda host: host.set_frozen(True), names)

    def thaw(self, *names):
        self.each(lambda host: host.set_frozen(False), names)

    def delay(self, round_trip_ms):
        """Adds so much to every round trip between the controller and hosts; 0 takes it away."""
        plan = self.plan()
        with self.alone():
            Delay(self.place, self.groups, self.networks).set(round_trip_ms, plan.controller, plan.prefix)

    def states(self):
        return {name: self.host(name).state() for name in self.hosts}

    # ---- commands

    def ssh(self, name, *command, check=True, **options):
        """Runs a command on a host as root; as subprocess.run, with its output as text."""
        self.host(name)
        return self.finish(self.controller.ssh_words(name, command), f"ssh {name} {' '.join(command)}" if check else None, options)

    def run(self, *command, check=True, **options):
        """Runs a command in the controller's namespace, where hosts have their names and HOME holds the fleet's keys."""
        self.plan()
        return self.finish(self.controller.entering(command), " ".join(command) if check else None, options)

    def begin(self, *command, **options):
        """The same, left running: a Popen, whose process is the command's own. `down` ends what still runs."""
        self.plan()
        return subprocess.Popen(self.controller.entering(command), env=self.controller.environment(), **options)

    def finish(self, words, spoken, options):
        """`spoken`: what to call the command when it fails; None when it may."""
        settings = {"capture_output": True, "text": True, "timeout": COMMAND_PATIENCE, "env": self.controller.environment(), **options}
        if "input" not in settings:
            settings.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(words, check=False, **settings)
        if spoken is not None and done.returncode != 0:
            raise FleetError(f"'{spoken}' ended with {done.returncode}: {done.stderr or done.stdout}")
        return done


def make_plan(names, subnet, disk_mib):
    for name in names:
        if not HOST_NAME.fullmatch(name) or name in RESERVED or names.count(name) > 1:
            raise FleetError(f"'{name}' is no name of a host, or stands twice: a letter, then letters, digits and '-', all lower case")
    if not 1 <= len(names) <= HOSTS_MAX:
        raise FleetError(f"{len(names)} hosts; a fleet has 1 to {HOSTS_MAX}")
    if disk_mib < DISK_MIB_MIN:
        raise FleetError(f"a disk of {disk_mib} MiB; at least {DISK_MIB_MIN}")
    try:
        network = ipaddress.IPv4Network(subnet)
    except ValueError as fault:
        raise FleetError(f"'{subnet}' is no subnet such as '{DEFAULT_SUBNET}': {fault}") from None
    if network.num_addresses < FIRST_HOST + len(names) + 1:
        raise FleetError(f"the subnet '{subnet}' is too small for {len(names)} hosts")
    addresses = {name: str(network[FIRST_HOST + at]) for at, name in enumerate(names)}
    return Plan("", str(network[CONTROLLER]), network.prefixlen, disk_mib, addresses)
