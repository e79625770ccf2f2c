"""One backup that grows, as it is typed: what its commands cost the agent, the daemons and the command itself."""
import os
import signal

import measure
from ours import Sparekeep


def read_bytes(pids):
    """What running processes have read of files so far; of daemons that is what they were asked for."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("rchar"))
    return total


def limit(pid, memory_max):
    """All memory of a process, the cache of what it reads and writes included."""
    group = f"/sys/fs/cgroup/memory/sparekeep-growth-{os.getpid()}"
    os.makedirs(group, exist_ok=True)
    for name, value in (("memory.limit_in_bytes", memory_max), ("cgroup.procs", pid)):
        with open(os.path.join(group, name), "w", encoding="ascii") as file:
            file.write(str(value))


class Live:
    """What Sparekeep wants of a corpus."""

    def __init__(self, live):
        self.live = live


class GrowthRun(Sparekeep):
    def __init__(self, programs, source, left_alone, memory_max=None):
        super().__init__(programs, Live(source), left_alone)
        self.memory_max = memory_max
        self.program = os.path.join(self.fleet.programs, "sparekeep")

    def commands(self, one_path):
        """By operation; the last three take one path out of all."""
        snapshot, part = "corpus/web1@latest", self.fleet.path("part")
        return {"first": ["apply", self.playbook], "unchanged": ["apply", self.playbook], "restore": ["restore", snapshot, "--target", self.target, "--yes"],
                "snapshots": ["snapshots"], "ls path": ["ls", snapshot, one_path], "restore path": ["restore", snapshot + ":" + one_path, "--target", part, "--yes"]}

    def costs(self, arguments):
        """Seconds and bytes, as a JSON line holds them."""
        agent, daemons = [self.fleet.pid("web1", "sparekeep-agent")], [self.fleet.pid(store) for store in self.fleet.stores]
        before = read_bytes(daemons)
        with measure.Watched(agent) as agent_cost, measure.Watched(daemons) as daemon_cost:
            cost = measure.run([self.program, *arguments], self.fleet.folder, self.fleet.environment)
        return {"wall": cost.wall, "agent_cpu": agent_cost.cpu, "agent_memory": agent_cost.memory, "daemons_cpu": daemon_cost.cpu,
                "daemon_memory": daemon_cost.memory, "command_cpu": cost.cpu, "command_memory": cost.memory, "read": read_bytes(daemons) - before}

    def stored(self):
        return measure.bytes_below(*(self.fleet.path(store, "srv/sparekeep") for store in self.fleet.stores))

    def restart_agent(self):
        """So that the peak of one operation is not memory that another one left behind; with as much memory as the case has, cache of files included."""
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        self.fleet.start("web1", "sparekeep-agent")
        if self.memory_max:
            limit(self.fleet.pid("web1", "sparekeep-agent"), self.memory_max)

    def close(self):
        super().close()
        if self.memory_max:
            os.rmdir(f"/sys/fs/cgroup/memory/sparekeep-growth-{os.getpid()}")
