"""Our side of a measurement: a fleet of this machine with four storage systems, 2 + 2, TLS, every pack decoded and compared; whole commands as
they are typed."""
import os
import shutil
import sys
import time

import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "whole"))
from fleet import STORES, LocalFleet  # noqa: E402

LEFT_ALONE = 61               # seconds: what is younger when it is backed up is read again by the next backup
PLAYBOOK = """name = "bench"
[[backup]]
name = "corpus"
hosts = ["web1"]
paths = ["{path}"]
redundancy = {{ data = 2, parity = 2 }}
"""


class Sparekeep:
    name = "sparekeep"

    def __init__(self, programs, corpus, left_alone=LEFT_ALONE):
        self.corpus, self.fleet = corpus, LocalFleet(programs, STORES[:4])
        self.playbook = self.fleet.set_up(PLAYBOOK.format(path=corpus.live))
        self.fleet.run("apply", self.playbook, "--check")        # registers nothing, starts every host
        self.target = self.fleet.path("restored")
        time.sleep(left_alone)                                   # "unchanged" measures files that nobody has just put there
        self.agent, self.daemons = measure.Cost(), measure.Cost()

    def command(self, operation):
        program = os.path.join(self.fleet.programs, "sparekeep")
        if operation == "restore":
            return [program, "restore", "corpus/web1@latest", "--target", self.target, "--yes"]
        return [program, "apply", self.playbook]

    def measure(self, operation):
        pids = [self.fleet.pid("web1", "sparekeep-agent")], [self.fleet.pid(store) for store in self.fleet.stores]
        with measure.Watched(pids[0]) as agent, measure.Watched(pids[1]) as daemons:
            cost = measure.run(self.command(operation), self.fleet.folder, self.fleet.environment)
        self.agent = measure.Cost(cost.wall, agent.cpu, agent.memory)
        self.daemons = measure.Cost(cost.wall, daemons.cpu, daemons.memory)
        cost.cpu += agent.cpu + daemons.cpu
        cost.memory = agent.memory
        cost.stored = measure.bytes_below(*(self.fleet.path(store, "srv/sparekeep") for store in self.fleet.stores)) // 2
        return cost

    def close(self):
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.__exit__()
