"""A host greets its own daemon for a central that is logged in to it: the daemon's answer with its report, as a user that is not root; and nothing where the
daemon is gone, does not answer or its port is another's.

own_hello_test.py PROGRAMS (as root)"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

from fleet import LocalFleet

DAEMON_USER = 65534           # nobody
LIMIT = 6                     # seconds: a daemon that hangs holds up no login
MASTER = "1.1:" + 64 * "0"


class OwnHello:
    def __init__(self, fleet):
        self.fleet, self.root = fleet, fleet.path("store1")
        fleet.set_up("")
        fleet.run("install")
        self.program = os.path.join(self.root, "usr/lib/sparekeep/current/sparekeepd")

    def facts(self, *words):
        began = time.monotonic()
        done = subprocess.run([self.program, "--root", self.root, "facts", "storage=/srv/sparekeep", *words], capture_output=True, text=True, check=True)
        assert time.monotonic() - began < LIMIT, "the facts took too long"
        assert done.stdout.endswith("end\n"), done.stdout
        return [line.split(" ", 1)[1] for line in done.stdout.splitlines() if line.startswith("hello ")]

    def answered(self):
        assert not self.facts(), "a greeting that nobody wished"
        hello = json.loads(self.facts("hello=" + MASTER)[0])
        with open(os.path.join(self.root, "etc/sparekeep/host-id"), encoding="ascii") as file:
            assert hello["host"] == hello["report"]["host"] == file.read().strip(), hello
        assert hello["report"]["capacity_bytes"] > 0, hello

    def as_the_daemon(self):
        """By whoever owns the daemon's state: what he may not read, the one who greets does not either."""
        state = os.path.join(self.root, "var/lib/sparekeep/daemon")
        key = os.path.join(state, "tls.key")
        os.chown(state, DAEMON_USER, DAEMON_USER)
        assert not self.facts("hello=" + MASTER), "it read a key that the daemon's user may not read"
        os.chown(key, DAEMON_USER, DAEMON_USER)
        assert len(self.facts("hello=" + MASTER)) == 1, "the daemon's user greets"
        os.chown(state, 0, 0)
        os.chown(key, 0, 0)

    def silent(self):
        self.fleet.signal("store1", signal.SIGSTOP)
        assert not self.facts("hello=" + MASTER), "a stopped daemon answers"
        self.fleet.signal("store1", signal.SIGCONT)
        self.answered()

    def another(self):
        self.fleet.signal("store1", signal.SIGKILL)
        assert not self.facts("hello=" + MASTER), "a killed daemon answers"
        with open(os.path.join(self.root, "etc/sparekeep/daemon.toml"), encoding="utf-8") as file:
            port = next(int(line.split("=")[1]) for line in file if line.startswith("port"))
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(LIMIT)
            assert not self.facts("hello=" + MASTER), "somebody at its port answers"
            server.accept()[0].close()


def main():
    if os.geteuid() != 0:
        raise SystemExit("own_hello_test.py needs root: it gives a daemon's state to another user")
    with LocalFleet(sys.argv[1], ["store1"]) as fleet:
        os.chmod(fleet.folder, 0o755)
        own = OwnHello(fleet)
        own.answered()
        own.as_the_daemon()
        own.silent()
        own.another()
        print("a host's own greeting: answered with the report, as the daemon's user; none of a daemon that is stopped, killed or another", flush=True)


main()
