#!/usr/bin/python3
"""Secrets stay where they belong: the passwords and the passphrase of a login, the keys of the central, of its authority and its recovery, the private keys of
hosts are found in no output, journal, command line, environment, temporary folder, core or file other than their own. Each place is proven to be searched: a word
that is no secret is planted there and found. secrets_test.py FOLDER: where the programs are."""
import base64
import os
import pty
import random
import re
import resource
import select
import signal
import subprocess
import sys
import time

from install_case import InstallCase, main
from watchers import Commands, Processes

CANARY, ABORT = "canary7f3a", "abort"
RUN_SECONDS, PROMPT_SECONDS = 200, 60
TYPING_SECONDS, SLOW_TYPING_SECONDS = 0.5, 12      # the latter is longer than a host may take for its part of a login
KEYS = ("var/lib/sparekeep/daemon/tls.key", "var/lib/sparekeep/agent/tls.key", "var/lib/sparekeep/agent/recipient.key")
FILE_MAX = 64 << 20
LOGINS = """
[hosts.h1]
user = "clerk"
[hosts.h2]
user = "admin"
[hosts.h3]
user = "admin"
"""


def password():
    return "".join(random.SystemRandom().choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(20))


def needles_of(content):
    """A key in the forms in which it could stand somewhere: as it is, and its bytes raw, in hex and in base64."""
    named = re.findall(rb'^(?:seed|recovery) = "([0-9a-f]{64})', content, re.M)
    lines = [line for line in content.splitlines() if line and not line.startswith(b"-----")]
    if content.startswith(b"-----"):
        raw = [base64.b64decode(b"".join(lines))[-32:]]
    else:
        raw, lines = [bytes.fromhex(key.decode()) for key in named] or [content], []
    return {*lines, *raw, *(key.hex().encode() for key in raw), *(base64.b64encode(key)[:-4] for key in raw)}


def files_below(*tops):
    """(path, content) of every plain file there."""
    paths = (os.path.join(folder, name) for top in tops for folder, _, names in os.walk(top) for name in names)
    for path in paths:
        if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < FILE_MAX:
            with open(path, "rb") as file:
                yield path, file.read()


class Terminal:
    """A run of the product on a terminal, where questions are answered, as slowly as people type. `output` is all that appeared there, `torn` are questions
    that did not wait for the answer of the one before."""

    def __init__(self, begin, answers, slow=""):
        self.output, self.answers, self.slow, self.torn = b"", dict(answers), slow, []
        self.ours, theirs = pty.openpty()
        self.process = begin(stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)

    def carry(self):
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end and self.take():
            for question, answer in list(self.answers.items()):
                if question.encode() in self.output:
                    del self.answers[question]
                    self.think(question)
                    self.answer(answer)
        os.close(self.ours)
        return self.process.wait(PROMPT_SECONDS)

    def think(self, question):
        end = time.monotonic() + (SLOW_TYPING_SECONDS if self.slow and self.slow in question else TYPING_SECONDS)
        while time.monotonic() < end:
            self.take(0.1)
        since = self.output[self.output.rindex(question.encode()):]
        self.torn += [other for other in self.answers if other.encode() in since]

    def answer(self, answer):
        if answer == ABORT:
            self.process.send_signal(signal.SIGABRT)
        else:
            os.write(self.ours, answer.encode() + b"\n")

    def take(self, seconds=1):
        if not select.select([self.ours], [], [], seconds)[0]:
            return True
        try:
            more = os.read(self.ours, 65536)
        except OSError:
            return False
        self.output += more
        return bool(more)


class Secrets(InstallCase):
    mark = "s"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sudo, cls.login, cls.passphrase, cls.wrong = (password() for _ in range(4))
        cls.key = os.path.join(cls.folder, "locked")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", cls.passphrase, "-f", cls.key], check=True)
        with open(cls.key + ".pub", encoding="ascii") as public, open(cls.fleet.controller.ssh_config, encoding="utf-8") as config:
            cls.fleet.ssh("h3", "cat > /home/admin/.ssh/authorized_keys", input=public.read())
            cls.fleet.controller.write_config(f"Host h3\n  IdentityFile {cls.key}\n" + config.read())
        cls.fleet.ssh("h1", "chpasswd", input=f"clerk:{cls.sudo}\n")
        cls.fleet.ssh("h2", "chpasswd; rm /home/admin/.ssh/authorized_keys", input=f"admin:{cls.login}\n")
        cls.inventory += LOGINS
        cls.write("inventory.toml", cls.inventory + f"# {CANARY}\n")
        cls.work = os.path.join(cls.folder, CANARY)         # a word of its environment, and where cores would lie
        os.mkdir(cls.work)

    def begin(self, *words):
        """Begins a run that may leave cores."""
        command = self.words(*words)
        return lambda **streams: self.fleet.begin("env", f"TMPDIR={self.work}", "sh", "-c", 'ulimit -c unlimited; exec "$@"', CANARY, *command, cwd=self.work, **streams)

    def questions(self, sudo=None, login=None, passphrase=None):
        return {"password for sudo: ": sudo or self.sudo, "password to log in: ": login or self.login,
                f"passphrase of the key '{self.key}': ": passphrase or self.passphrase}

    def secrets(self):
        """{the file that may hold it, or a name: its forms}"""
        out = {"password of sudo": {self.sudo.encode()}, "password of the login": {self.login.encode()}, "passphrase": {self.passphrase.encode()},
               "wrong password": {self.wrong.encode()}}
        for folder in ("keys", "ca"):
            for path, content in files_below(os.path.join(self.state, folder)):
                if not path.endswith(".pem"):
                    out[path] = needles_of(content)
        for path in (os.path.join(self.state, "admin.key"), os.path.join(self.folder, "recovery"), self.key):
            with open(path, "rb") as file:
                out[path] = needles_of(file.read())
        for host in self.hosts:
            for name in KEYS:
                with open(self.fleet.host(host).path("root", name), "rb") as file:
                    out[f"{host}:{name}"] = needles_of(file.read())
        return out

    def assert_kept(self, places):
        """None of the secrets lies in a place other than its own, and each kind of place is one that was really looked at."""
        secrets = self.secrets()
        self.assertEqual([], [(name, where) for where, content in places.items() for name, forms in secrets.items()
                              if name != where and any(form in content for form in forms)])

    def host_files(self, host):
        """All that was written on a host, and its temporary folders."""
        of_fleet = self.fleet.host(host)
        upper, root = of_fleet.path("upper"), f"/proc/{of_fleet.groups.first_process(of_fleet.group)}/root"
        for top in (upper, *(f"{root}/{folder}" for folder in ("tmp", "run", "dev/shm", "srv/sparekeep"))):
            for path, content in files_below(top):
                yield f"{host}:{os.path.relpath(path, upper if top == upper else root)}", content

    def test_1_runs(self):
        """A first run, one that is answered wrongly, a repair with its differences; while all processes are watched."""
        self.fleet.ssh("h1", f"logger {CANARY}; echo {CANARY} > /tmp/planted")
        places = {}
        with Processes() as processes, Commands(self.fleet, self.hosts, self.folder) as commands:
            for name, words, answers in (("first", ("install", "-vv", "-k", "-K", "--diff"), self.questions()),
                                         ("wrong", ("install", "-vv", "-k", "-K"), self.questions(self.wrong, self.wrong, self.wrong)),
                                         ("repair", ("install", "-vv", "-k", "-K", "--diff"), self.questions())):
                run = Terminal(self.begin(*words), answers, "passphrase" if name == "first" else "")
                code = run.carry()
                self.assertEqual(code, 4 if name == "wrong" else 0, run.output.decode())
                self.assertEqual((run.answers, run.torn), ({}, []))
                places[f"output of the {name} run"] = run.output
                self.fleet.ssh("h1", f"echo '# {CANARY}' >> /etc/sparekeep/agent.toml")
        places["processes"], places["commands"] = processes.text(), commands.text()
        for host in self.hosts:
            places[f"journal of {host}"] = self.fleet.ssh(host, "journalctl -q -a -o export", text=False).stdout
            places.update(self.host_files(host))
        places.update(files_below(self.folder))
        self.assert_kept(places)
        for place in ("output of the repair run", "processes", "journal of h1", "h1:tmp/planted", "h1:etc/sparekeep/agent.toml",
                      os.path.join(self.folder, "inventory.toml")):
            self.assertIn(CANARY.encode(), places[place], place)
        self.assertIn(b"sparekeep-begin", places["commands"])
        self.assertTrue(any(form in places[f"h1:{KEYS[0]}"] for form in self.secrets()[f"h1:{KEYS[0]}"]))

    def test_2_cores(self):
        """Killed while they hold secrets, the programs leave none."""
        marked = subprocess.Popen(["sleep", "100"], cwd=self.work, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
        marked.send_signal(signal.SIGABRT)
        marked.wait()
        cores = os.listdir(self.work)
        if not cores:
            self.skipTest("this machine writes no cores into the folder of a process (kernel.core_pattern)")
        os.unlink(os.path.join(self.work, cores[0]))
        run = Terminal(self.begin("install", "-k", "-K"), self.questions(login=ABORT))
        self.assertEqual(run.carry(), -signal.SIGABRT)
        self.assertEqual(os.listdir(self.work), [])
        for host in self.hosts:
            self.fleet.ssh(host, "pkill -ABRT -x sparekeepd; pkill -ABRT -x sparekeep-agent; sleep 1; "
                                 "! find / -xdev -type f -name 'core*' -newer /etc/sparekeep/daemon.toml -not -path '/usr/*' | grep .")


if __name__ == "__main__":
    sys.exit(main(Secrets))
