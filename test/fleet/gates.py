"""Gates on a host: the script of a run comes to a command, says so and waits there, so that a test can break the run off at that very step."""
import dataclasses
import os

from commands import wait_until

FOLDER = "/var/gate"
REACHED_PATIENCE = 60
# Before the programs of the system in the path of a login. `after`: the command is carried out first.
GATE = r"""#!/bin/sh
real=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin; command -v {command})
case "$*" in {pattern}) ;; *) exec "$real" "$@" ;; esac
number=$(($(/usr/bin/wc -l < {folder}/calls) + 1))
echo "$*" >> {folder}/calls
[ "$number" = {count} ] || exec "$real" "$@"
[ {after} = no ] || "$real" "$@"
: > {folder}/reached
while [ ! -e {folder}/open ]; do /usr/bin/sleep 0.05; done
[ {after} = no ] || exit 0
exec "$real" "$@"
"""


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    command: str
    pattern: str = "*"              # of its arguments, for the shell
    count: int = 1                  # the how manieth such call
    after: bool = False


# In the order in which a first run comes to them, but for the last three.
STEPS = [
    Step("facts", "df"),
    Step("users", "useradd", "*sparekeep-agent*"),
    Step("folders", "install", count=3),
    Step("upload begun", "gzip"),
    Step("upload half", "gzip", count=3),
    Step("programs written", "sync"),
    Step("programs named in part", "mv", count=2),
    Step("identity begun", "setpriv"),
    Step("identity half", "setpriv", count=2),
    Step("certificate come", "stat", "'-c %s '*"),
    Step("certificates written", "sync", "*tls.crt*"),
    Step("configuration named in part", "mv", "*agent.toml"),
    Step("units enabled in part", "ln", count=2),
    Step("start begun", "systemctl", "restart*"),
    Step("started", "systemctl", "restart*", after=True),
    Step("release to be named", "ln", "*/current.new"),
    Step("release named", "mv", "*/current", after=True),
    Step("proof asked for", "timeout", "'120 '*"),
]


class Gate:
    def __init__(self, fleet, host, step):
        self.fleet, self.host, self.step = fleet, host, step
        self.place = fleet.host(host).path("root", FOLDER.strip("/"))

    def install(self):
        """The command that builds it on the host."""
        text = GATE.format(command=self.step.command, pattern=self.step.pattern, count=self.step.count, after="yes" if self.step.after else "no", folder=FOLDER)
        own = f"/usr/local/bin/{self.step.command}"
        self.fleet.ssh(self.host, f"set -e; mkdir -m 777 {FOLDER}; : > {FOLDER}/calls; chmod 666 {FOLDER}/calls; cat > {own}; chmod 755 {own}", input=text)

    def await_reached(self):
        wait_until(lambda: os.path.exists(os.path.join(self.place, "reached")), REACHED_PATIENCE, f"{self.host} does not come to the step '{self.step.name}'")

    def remove(self):
        """Lets go whoever waits there. Seen from this machine, so that it needs no link."""
        root = self.fleet.host(self.host).path("root")
        os.unlink(os.path.join(root, "usr/local/bin", self.step.command))
        with open(os.path.join(self.place, "open"), "w", encoding="ascii"):
            pass

    def forget(self):
        self.fleet.ssh(self.host, f"rm -rf {FOLDER}")
