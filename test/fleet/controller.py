"""The controller's side: names, keys and an ssh configuration in a home of its own, and commands in its network namespace."""
import os

from commands import run
from networks import path

HOSTS_HEAD = "127.0.0.1 localhost\n::1 localhost\n"
GROUP = "controller"
# First of all a command joins the fleet's control group, by which `down` finds it; once that is gone, it does not start.
JOIN = 'echo 0 >"$1" && shift && exec "$@"'
# In the controller's namespace, the fleet's names are the machine's: only this command and what it starts sees that.
ENTER = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'


class Controller:
    def __init__(self, place, groups, networks):
        self.place, self.groups, self.networks = place, groups, networks
        self.home = os.path.join(place, "home")
        self.hosts_file = os.path.join(place, "hosts.txt")
        self.ssh_config, self.known_hosts, self.identity = (os.path.join(self.home, ".ssh", name) for name in ("config", "known_hosts", "id_ed25519"))

    def prepare(self, plan):
        """Keys and names, before there are hosts. Returns the line that hosts authorize, and the text of their /etc/hosts."""
        self.groups.make(GROUP)
        os.makedirs(os.path.dirname(self.ssh_config), mode=0o700)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", self.identity)
        names = HOSTS_HEAD + f"{plan.controller} controller\n" + "".join(f"{address} {host}\n" for host, address in plan.hosts.items())
        write(self.hosts_file, names)
        with open(self.identity + ".pub", encoding="ascii") as file:
            return file.read(), names

    def know(self, hosts):
        """Writes known_hosts and the configuration, once the hosts have their keys."""
        write(self.known_hosts, "".join(f"{host.name},{host.address} {host.ssh_key()}\n" for host in hosts))
        blocks = [f"Host {host.name}\n  HostName {host.address}\n" for host in hosts]
        self.write_config("\n".join([*blocks, self.defaults()]))

    def write_config(self, text):
        write(self.ssh_config, text)

    def defaults(self):
        return (f"Host *\n  User root\n  IdentityFile {self.identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile {self.known_hosts}\n"
                "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n")

    def entering(self, command):
        """The words that run a command in the controller's namespace. They only ever exec: the process is the command's own."""
        return ["sh", "-c", JOIN, "sh", self.groups.processes_file(GROUP), "nsenter", f"--net={path(self.networks.controller)}",
                "unshare", "--mount", "--propagation", "slave", "sh", "-c", ENTER, "sh", self.hosts_file, *command]

    def ssh_command(self, host, *command):
        """As it is run inside the namespace."""
        return ["ssh", "-F", self.ssh_config, "-o", "BatchMode=yes", host, *command]

    def ssh_words(self, host, command):
        return self.entering(self.ssh_command(host, *command))

    def environment(self):
        return dict(os.environ, HOME=self.home)


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
