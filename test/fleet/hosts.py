"""One host of the fleet: its own files over the base image, its data disk, and its life from power on to power off."""
import os
import subprocess
from dataclasses import dataclass, field

import base_recipe
from base_image import last_lines
from commands import FleetError, run, wait_until
from networks import banner

SSH_PORT = 22
START_PATIENCE = 60         # all of them generous: a busy machine is no fault of the fleet's
BOOT_PATIENCE, BOOT_PAUSE = 180, 0.1
QUIT_PATIENCE = 10
KEEPER_PATIENCE = 1
DISK_PLACE = "/srv/sparekeep"
KEEPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keep_host.sh")
NSPAWN = ("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=read-only", "--resolv-conf=off", "--timezone=off",
          "--link-journal=no", "--capability=CAP_NET_ADMIN")


@dataclass(frozen=True)
class Plan:
    """What a fleet is to be; kept in its folder, so that every later command knows it."""
    base: str
    controller: str
    prefix: int
    disk_mib: int
    hosts: dict = field(default_factory=dict)       # name -> address, in order


class Host:
    def __init__(self, name, place, plan, seams):
        """`seams`: (groups, networks, workers) of the fleet."""
        self.name, self.folder, self.plan = name, os.path.join(place, "hosts", name), plan
        self.groups, self.networks, self.workers = seams
        self.address = plan.hosts[name]
        self.port = f"port{list(plan.hosts).index(name) + 1}"
        self.group, self.keeper = f"hosts/{name}", f"keepers/{name}"

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    # ---- its files

    def prepare(self, authorized_key, hosts_text):
        for folder in ("upper", "work", "root", "disk"):
            os.makedirs(self.path(folder))
        run("mount", "-t", "overlay", f"sk-{self.name}", "-o",
            f"lowerdir={self.plan.base},upperdir={self.path('upper')},workdir={self.path('work')}", self.path("root"))
        self.write("etc/hostname", self.name + "\n")
        self.write("etc/hosts", hosts_text)
        for home in ("root", *(f"home/{user}" for user in base_recipe.USERS)):
            self.write_key(home, authorized_key)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", self.path("root/etc/ssh/ssh_host_ed25519_key"))
        self.make_disk()

    def write(self, name, text):
        with open(self.path("root", name), "w", encoding="utf-8") as file:
            file.write(text)

    def write_key(self, home, authorized_key):
        owner = os.stat(self.path("root", home))
        folder = self.path("root", home, ".ssh")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.write(f"{home}/.ssh/authorized_keys", authorized_key)
        for place, mode in ((folder, 0o700), (os.path.join(folder, "authorized_keys"), 0o600)):
            os.chmod(place, mode)
            os.chown(place, owner.st_uid, owner.st_gid)

    def make_disk(self):
        """A small disk of its own, so that it can be full without filling anything else."""
        with open(self.path("disk.img"), "wb") as image:
            image.truncate(self.plan.disk_mib << 20)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-L", "data", self.path("disk.img"))
        run("mount", "-o", "loop", self.path("disk.img"), self.path("disk"))

    def ssh_key(self):
        with open(self.path("root/etc/ssh/ssh_host_ed25519_key.pub"), encoding="ascii") as file:
            return " ".join(file.read().split()[:2])

    # ---- its life

    def is_on(self):
        return bool(self.groups.processes(self.keeper) or self.groups.processes(self.group))

    def power_on(self):
        """Starts it; await_boot waits."""
        if self.is_on():
            return
        self.networks.plug(self.name, self.port, self.address, self.plan.prefix)
        self.networks.set_port(self.port, not os.path.exists(self.path("cut")))
        keeper_groups, host_groups = self.groups.make(self.keeper), self.groups.make(self.group)
        command = [*NSPAWN, f"--directory={self.path('root')}", f"--machine={self.networks.of_host(self.name)}", f"--hostname={self.name}",
                   f"--network-namespace-path=/run/netns/{self.networks.of_host(self.name)}", f"--bind={self.path('disk')}:{DISK_PLACE}"]
        with open(self.path("boot.log"), "ab") as log:
            subprocess.run(["setsid", "--fork", KEEPER, " ".join(keeper_groups), " ".join(host_groups), *command], stdin=subprocess.DEVNULL, stdout=log,
                           stderr=log, check=True)
        wait_until(self.groups_joined, START_PATIENCE, f"host '{self.name}' does not start: {self.last_words()}")

    def groups_joined(self):
        self.workers.keep_on()
        return bool(self.groups.processes(self.group))

    def await_boot(self):
        """Until its systemd has started everything and its sshd answers on the wire (where it is not cut off)."""
        first = None                # its PID 1; looked for only while unknown or gone, since many hosts boot at once

        def booted():
            nonlocal first
            self.workers.keep_on()
            if first is None or not os.path.exists(f"/proc/{first}"):
                first = self.groups.first_process(self.group)
                if first is None and not self.is_on():
                    raise FleetError(f"host '{self.name}' went off while it booted: {self.last_words()}")
            return first is not None and os.path.exists(f"/proc/{first}/root/{base_recipe.READY}") and self.is_heard()
        wait_until(booted, BOOT_PATIENCE, f"host '{self.name}' did not boot ({self.path('boot.log')})", BOOT_PAUSE)

    def is_heard(self):
        if os.path.exists(self.path("cut")):
            return True
        return (banner(self.networks.controller, self.address, SSH_PORT, 1) or b"").startswith(b"SSH-")

    def last_words(self):
        try:
            with open(self.path("boot.log"), encoding="utf-8", errors="replace") as log:
                return last_lines(log.read()) or "it says nothing"
        except OSError:
            return "it says nothing"

    def power_off(self):
        """A power cut, as far as one machine can: nothing of it reaches the wire any more, then its PID 1 is killed, and with it all."""
        if self.networks.has_port(self.port):
            self.networks.set_port(self.port, False)
        first = self.groups.first_process(self.group)
        if first is not None:
            self.groups.end_one(first, self.group)
            self.groups.await_empty(self.group, QUIT_PATIENCE)      # systemd-nspawn and the keeper tidy up and end by themselves
            self.groups.await_empty(self.keeper, KEEPER_PATIENCE)
        self.groups.end(self.keeper)                                # a host that was just rebooting
        self.groups.end(self.group)
        self.networks.unplug(self.name, self.port)
        self.groups.remove(self.group)
        self.groups.remove(self.keeper)
        self.prove_off(first)

    def prove_off(self, first):
        """No process, no namespace, no port."""
        if first is not None and os.path.exists(f"/proc/{first}"):
            raise FleetError(f"host '{self.name}' is not off: its PID 1, here {first}, lives")
        if self.is_on():
            raise FleetError(f"host '{self.name}' is not off: processes {sorted(self.groups.processes(self.group))} live")
        if banner(self.networks.controller, self.address, SSH_PORT, 0.3) is not None:
            raise FleetError(f"host '{self.name}' is not off: {self.address}:{SSH_PORT} answers")

    def set_cut(self, cut):
        if cut:
            with open(self.path("cut"), "w", encoding="ascii"):
                pass
        elif os.path.exists(self.path("cut")):
            os.unlink(self.path("cut"))
        if self.networks.has_port(self.port):
            self.networks.set_port(self.port, not cut)

    def set_frozen(self, frozen):
        if not self.groups.processes(self.group):
            raise FleetError(f"host '{self.name}' is off")
        self.groups.set_frozen(self.group, frozen)

    def state(self):
        if not self.groups.processes(self.group):
            return "off"
        words = [word for word, holds in (("cut off", os.path.exists(self.path("cut"))), ("frozen", self.groups.is_frozen(self.group))) if holds]
        return ", ".join(words) or "on"
