"""A fleet on this machine for tests: six systems with spare disk in three zones, two hosts with files and a spare one, all run by the
programs as they are installed. Everything lies in one temporary folder; leaving the `with` ends every process of it."""
import argparse
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time

STORES = [f"store{number}" for number in range(1, 7)]
AGENTS = ["web1", "web2", "spare"]
START_PATIENCE = 20           # seconds until a started process serves
COMMAND_PATIENCE = 400

INVENTORY = """[defaults]
connection = "local"
root = "{folder}/${{host}}"

[groups.storage]
hosts = [{stores}]
roles = ["storage"]
storage = {{ keep_free = "1 MiB", quota = "8 GiB" }}

[groups.sources]
hosts = ["web1", "web2", "spare"]
roles = ["backup"]
"""
JOB = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = ["{source}"]
redundancy = {{ {redundancy} }}
"""


class Run:
    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    def __str__(self):
        return f"$ sparekeep {' '.join(self.arguments)}\n{self.out}{self.err}exit code {self.code}"

    def documents(self):
        """What --json printed: of one array, its elements; else a document a line."""
        return json.loads(self.out) if self.out.startswith("[") else [json.loads(line) for line in self.out.splitlines()]


class LocalFleet:
    def __init__(self, programs, stores=STORES):
        self.programs, self.stores = os.path.abspath(programs), list(stores)
        self.folder = tempfile.mkdtemp(prefix="sparekeep-whole-")
        self.inventory = self.path("inventory.toml")
        text = INVENTORY.format(folder=self.folder, stores=", ".join(f'"{store}"' for store in self.stores))
        for at, store in enumerate(self.stores):
            text += f'\n[hosts.{store}]\nzone = "zone-{at // 2}"\n'
        self.write("inventory.toml", text)
        self.environment = dict(os.environ, SPAREKEEP_STATE=self.path("central"), SPAREKEEP_INVENTORY=self.inventory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.stores + AGENTS:
            for program in ("sparekeepd", "sparekeep-agent"):
                self.signal(host, signal.SIGKILL, program)
        subprocess.run(["chmod", "-R", "u+rwX", self.folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def begin(self, *arguments):
        """A command left running, with its output in files."""
        out, err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        process = subprocess.Popen([os.path.join(self.programs, "sparekeep"), *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err)
        process.outputs = (out, err)
        process.said = list(arguments)
        return process

    def end(self, process, codes=None):
        process.wait(COMMAND_PATIENCE)
        texts = []
        for file in process.outputs:
            file.seek(0)
            texts.append(file.read())
            file.close()
        run = Run(process.said, process.returncode, *texts)
        if codes is not None and run.code not in codes:
            raise AssertionError(f"expected exit code {codes}\n{run}")
        return run

    def run(self, *arguments, codes=(0,)):
        return self.end(self.begin(*arguments), codes)

    def set_up(self, playbook):
        self.run("init", "--recovery-key", self.path("recovery.key"))
        self.run("install")
        return self.write("playbook.toml", playbook)

    def set_up_job(self, source, redundancy):
        """The same with one job `web` of host web1; its redundancy as a playbook says it: "copies = 2"."""
        return self.set_up(JOB.format(source=source, redundancy=redundancy))

    def pid(self, host, program="sparekeepd"):
        """Of the running program of a host, or None."""
        try:
            with open(self.path(host, "run", program + ".pid"), encoding="ascii") as file:
                pid = int(file.read())
            return pid if "sparekeep" in os.readlink(f"/proc/{pid}/exe") else None
        except (OSError, ValueError):
            return None

    def signal(self, host, number, program="sparekeepd"):
        pid = self.pid(host, program)
        if pid is None:
            return False
        os.kill(pid, number)
        while number == signal.SIGKILL and self.pid(host, program) is not None:
            time.sleep(0.01)
        return True

    def start(self, host, program="sparekeepd", environment=None):
        """Starts a program that was killed, as the host's supervisor would, with more in its environment; waits until it serves."""
        root = self.path(host)
        role = "daemon" if program == "sparekeepd" else "agent"
        pid_file = self.path(host, "run", program + ".pid")
        if self.pid(host, program) is not None:      # a command has started it meanwhile
            return
        if os.path.exists(pid_file):
            os.unlink(pid_file)
        with open(self.path(host, "var/lib/sparekeep", role, role + ".log"), "ab") as log:
            subprocess.Popen([os.path.join(root, "usr/lib/sparekeep/current", program), "--root", root, "serve"], stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, start_new_session=True, env=dict(os.environ, **(environment or {})))
        deadline = time.monotonic() + START_PATIENCE
        while self.pid(host, program) is None:
            if time.monotonic() > deadline:      # not sooner: a command may have started it at this moment, and this one gives way
                raise AssertionError(f"{program} of {host} does not start")
            time.sleep(0.02)

    def snapshots(self):
        return self.run("snapshots", "--json").documents()


def seeded_options(count, usual):
    """PROGRAMS [--COUNT N] [--seed S] of a test that leaves moments to chance; the seed is printed, so that the same can be tried again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--" + count, type=int, default=usual)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    return options


def content(path):
    with open(path, "rb") as file:
        return file.read()


def attributes(path):
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}


def described(path, with_time):
    """All that a restore has to bring back of one entry."""
    status = os.lstat(path)
    kind = stat.S_IFMT(status.st_mode)
    said = [kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, attributes(path)]
    if with_time:
        said.append(status.st_mtime_ns)
    if kind == stat.S_IFLNK:
        said.append(os.readlink(path))
    if kind == stat.S_IFREG:
        said += [status.st_nlink, content(path)]
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        said.append(status.st_rdev)
    return said


def entries(root):
    found = {""}
    for folder, folders, files in os.walk(root):
        found.update(os.path.relpath(os.path.join(folder, name), root) for name in folders + files)
    return found


def differences(left, right, most=5):
    """Names below two trees that are not equal, at most `most`."""
    here, there = entries(left), entries(right)
    wrong = sorted(here ^ there)
    for name in sorted(here & there):
        if len(wrong) >= most:
            break
        if name and described(os.path.join(left, name), True) != described(os.path.join(right, name), True):
            wrong.append(name)
    return wrong[:most]
