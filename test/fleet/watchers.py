"""What a run lets others see while it runs: every command that is started on a host, and every process of this machine (hosts' are among them)."""
import os
import subprocess
import threading

from commands import wait_until
from processes import pid_inside

PAUSE, ATTACH_PATIENCE, END_PATIENCE = 0.005, 20, 60


class Processes:
    """Command lines and environments of all processes, looked at again and again."""

    def __enter__(self):
        self.seen, self.over = set(), threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.wait(PAUSE):
            for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
                self.look_at(pid)

    def look_at(self, pid):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    self.seen.add(file.read())
            except OSError:
                pass

    def text(self):
        return b"\n".join(self.seen)


class Commands:
    """Each command that logins on these hosts start, with all words and its environment, however short it lives."""

    def __init__(self, fleet, hosts, folder):
        self.fleet, self.hosts, self.file = fleet, hosts, os.path.join(folder, "commands")

    def servers(self):
        for host in self.hosts:
            inside = int(self.fleet.ssh(host, "systemctl show -P MainPID ssh").stdout)
            of_fleet = self.fleet.host(host)
            yield next(pid for pid in of_fleet.groups.processes(of_fleet.group) if pid_inside(pid) == inside)

    def __enter__(self):
        self.followed = list(self.servers())
        words = [word for pid in self.followed for word in ("-p", str(pid))]
        self.tracer = subprocess.Popen(["strace", "-f", "-q", "-v", "-s", "100000", "-e", "trace=execve", "-o", self.file, *words], stdin=subprocess.DEVNULL)
        wait_until(lambda: all(self.is_followed(pid) for pid in self.followed), ATTACH_PATIENCE, "strace does not follow sshd")
        return self

    def __exit__(self, *_):
        self.tracer.terminate()
        self.tracer.wait(END_PATIENCE)

    def is_followed(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return f"TracerPid:\t{self.tracer.pid}\n" in file.read()

    def text(self):
        with open(self.file, "rb") as file:
            return file.read()
