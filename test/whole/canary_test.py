"""Nothing readable leaves a host: canaries in names, contents and attributes of files, and the secrets of the central and of the hosts, are
searched on every system's disk, in the catalogue, logs, arguments, environments, a core file, and what went over the wire.

canary_test.py PROGRAMS"""
import base64
import os
import re
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time

from fleet import AGENTS, LocalFleet, differences

# A process that is traced with the others and sends what a search of the wire must find: raw bytes, as a key would be.
SENDER = """import socket, sys
sys.stdin.read()
left, right = socket.socketpair()
left.sendall(bytes.fromhex(sys.argv[1]))
"""
SECRET_FILES = ("tls.key", "recipient.key", "admin.key", "recovery.key", "vault.key", "signer.key")


def spellings(secret):
    """As bytes, hex and base64: how a key would stand in a log or on a disk."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"=")}


def wire(trace):
    """The bytes of all strings in an output of strace -xx, one after the other."""
    return b"\n".join(bytes.fromhex(text.replace(b"\\x", b"").decode()) for text in re.findall(rb"(?:\\x[0-9a-f]{2})+", trace))


def said_by(pid):
    """What anybody may read of a process."""
    said = []
    for what in ("cmdline", "environ"):
        try:
            with open(f"/proc/{pid}/{what}", "rb") as file:
                said.append((f"/proc/PID/{what}", file.read()))
        except OSError:                    # it has ended
            continue
    return said


class Canaries:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        self.target = fleet.path("restored")
        self.words = {kind: f"canary-{kind}-{secrets.token_hex(12)}".encode() for kind in ("name", "content", "attribute", "link")}
        self.words["wire"] = secrets.token_hex(32).encode()      # sent raw by a process of this test: see search_can_find()
        self.sender = None
        self.seen = []                     # (where, bytes) of arguments and environments while commands ran
        self.stop = threading.Event()

    def plant(self):
        os.makedirs(self.source)
        words = {kind: word.decode() for kind, word in self.words.items() if kind != "wire"}
        path = os.path.join(self.source, words["name"])
        with open(path, "wb") as file:
            file.write((self.words["content"] + b"\n") * 2000)
        os.setxattr(path, "user.note", self.words["attribute"])
        os.symlink("/" + words["link"], os.path.join(self.source, "link"))

    def processes(self):
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if "sparekeep" in os.path.basename(os.readlink(f"/proc/{name}/exe")):
                    yield name
            except OSError:
                continue

    def watch(self):
        while not self.stop.wait(0.01):
            for pid in self.processes():
                self.seen += said_by(pid)

    def traced(self):
        """strace of agents and daemons: all that goes over their sockets and into their logs."""
        pids = [pid for host in self.fleet.stores for pid in [self.fleet.pid(host)]] + [self.fleet.pid(host, "sparekeep-agent") for host in AGENTS]
        pids.append(self.sender.pid)
        options = [option for pid in pids for option in ("-p", str(pid))]
        # Every byte as \\xNN, which wire() turns back: strace writes bytes that are no text in more than one way otherwise.
        return subprocess.Popen(["strace", "-f", "-qq", "-xx", "-s", "100000", "-e", "trace=%network", "-e", "signal=none", "-o",
                                 self.fleet.path("wire.trace"), *options], stdin=subprocess.DEVNULL)

    def run_all(self):
        playbook = self.fleet.set_up_job(self.source, "data = 2, parity = 2")
        watcher = threading.Thread(target=self.watch)
        watcher.start()
        self.sender = subprocess.Popen(["/usr/bin/python3", "-c", SENDER, self.words["wire"].decode()], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        tracer = self.traced()
        time.sleep(1)
        self.sender.communicate(b"go")
        self.fleet.run("apply", playbook, "-vvv")
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes", "-vvv")
        tracer.send_signal(signal.SIGINT)
        tracer.wait(60)
        self.stop.set()
        watcher.join()
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ"

    def keys(self):
        """What lies in the private files of the central and of the hosts: bytes, and seeds and lines of base64 in texts."""
        found = {}
        for folder, _, names in os.walk(self.fleet.folder):
            for name in names:
                path = os.path.join(folder, name)
                if name in SECRET_FILES or "/central/keys/" in path or name == "authority.key":
                    found.update(self.secrets_of(path))
        for kind in ("vault.key", "signer.key", "master.key", "escrow.key", "recovery"):
            assert any(kind in place for place in found), f"no {kind} among {found.keys()}"
        return found

    def secrets_of(self, path):
        with open(path, "rb") as file:
            data = file.read()
        secret = re.findall(rb"[0-9a-f]{64}|^[A-Za-z0-9+/=]{40,}$", data, re.M) if data.isascii() else [data]
        for number, part in enumerate(secret):
            yield f"{path}, part {number}", part

    def needles(self):
        needles = {(kind, spelling) for kind, word in self.words.items() if kind != "wire" for spelling in spellings(word)}
        for name, key in self.keys().items():
            raw = bytes.fromhex(key.decode()) if re.fullmatch(rb"[0-9a-f]{64}", key) else key
            needles |= {(name, spelling) for spelling in {key} | spellings(raw)}
        return needles

    def places(self):
        """(where, bytes) of everything that others could read."""
        private = ("/files/", "/restored/", "/central/keys/", "/central/ca/")
        for folder, _, names in os.walk(self.fleet.folder):
            for name in names:
                path = os.path.join(folder, name)
                if name in SECRET_FILES or any(part in path for part in private) or "/agent/vaults/" in path or os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                yield path, wire(data) if name == "wire.trace" else data
        yield from self.seen

    def may_trace(self):
        """Whether strace may attach to a process at all; else the wire cannot be searched."""
        with subprocess.Popen(["sleep", "5"]) as process:
            tracer = subprocess.run(["timeout", "-s", "INT", "1", "strace", "-p", str(process.pid)], capture_output=True, text=True, check=False)
            process.kill()
        return "attached" in tracer.stderr

    def found_in(self, places):
        needles = self.needles()
        return {(where, what) for where, data in places for what, needle in needles if needle in data}

    def search(self):
        needles, places = self.needles(), list(self.places())
        found = self.found_in(places)
        assert not found, f"readable: {sorted(found)[:10]}"
        kinds = {"disk": sum("/srv/sparekeep" in where for where, _ in places), "wire": sum("wire.trace" in where for where, _ in places),
                 "log": sum(where.endswith(".log") for where, _ in places), "process": len(self.seen)}
        if not self.may_trace():
            kinds.pop("wire")
            print("skipped: the wire, since this machine lets nobody trace processes", flush=True)
        assert all(kinds.values()), f"nothing was searched of one kind: {kinds}"
        print(f"{len(needles)} secrets in {len(places)} places ({kinds}): none found", flush=True)

    def search_can_find(self):
        """The same search, with a canary planted in each kind of place: a system's disk, a log, the catalogue's folder, a process, the wire."""
        planted = [self.fleet.path(*parts) for parts in (("store1", "srv/sparekeep", "planted"), ("store2", "var/lib/sparekeep/daemon", "planted.log"),
                                                         ("central", "planted"))]
        for path in planted:
            with open(path, "wb") as file:
                file.write(b"x" + base64.b64encode(self.words["content"]) + b"y")
        self.seen.append(("planted in a process", b"x" + self.words["name"] + b"y"))
        found = {where for where, _ in self.found_in(self.places())}
        self.seen.pop()
        for path in planted:
            os.unlink(path)
        assert found == {*planted, "planted in a process"}, f"of what was planted these were found: {found}"
        if self.may_trace():
            sent = bytes.fromhex(self.words["wire"].decode())
            assert any(sent in data for where, data in self.places() if "wire.trace" in where), "raw bytes that were sent are not found in the trace of the wire"
        print("a planted canary is found in every kind of place", flush=True)

    def no_cores(self):
        """A daemon and an agent that abort leave no core, whatever limit they were started with: their memory holds keys."""
        for host, program in (("store1", "sparekeepd"), ("web1", "sparekeep-agent")):
            pid = self.fleet.pid(host, program)
            with open(f"/proc/{pid}/limits", encoding="ascii") as file:
                limit = next(line for line in file if line.startswith("Max core file size"))
            assert set(limit.split()[4:6]) <= {"0", "1"}, f"{program} may leave a core: {limit}"
            folder = os.readlink(f"/proc/{pid}/cwd")
            before = set(os.listdir(folder))
            os.kill(pid, signal.SIGABRT)
            for _ in range(100):
                if not os.path.exists(f"/proc/{pid}/exe"):
                    break
                time.sleep(0.1)
            assert {name for name in set(os.listdir(folder)) - before if "core" in name} == set(), f"{program} left a core in '{folder}'"
        print("daemon and agent leave no cores", flush=True)


def main():
    # Or the programs would leave none for want of a limit alone, and the test could not fail.
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with LocalFleet(sys.argv[1]) as fleet:
        canaries = Canaries(fleet)
        canaries.plant()
        canaries.run_all()
        canaries.search_can_find()
        canaries.search()
        canaries.no_cores()


main()
