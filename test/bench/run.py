"""Whole commands, ours and those of installed peers in turn, on the same corpora; medians and ratios.

run.py PROGRAMS [--corpora NAMES] [--rounds N] [--peers NAMES] [--folder DIR] [--json FILE]"""
import argparse
import json
import math
import os
import statistics
import tempfile

import corpora
import peers
from measure import Cost
from ours import Sparekeep
from work_disk import WorkDisk

FOLDER = "/var/tmp/sparekeep-bench"


def options():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("programs")
    parser.add_argument("--corpora", default=",".join(corpora.NAMES), help="comma-separated: " + ", ".join(corpora.NAMES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="all", help="comma-separated names; none: ours alone")
    parser.add_argument("--folder", default=FOLDER, help="where corpora and repositories lie (60 GB)")
    parser.add_argument("--json", help="every single measurement, as JSON lines")
    return parser.parse_args()


def contenders(chosen):
    for peer in peers.PEERS:
        if peer not in peers.installed():
            print(f"left out: {peer.name} is not installed", flush=True)
    return [peer for peer in peers.installed() if chosen == "all" or peer.name in chosen.split(",")]


class Results:
    def __init__(self, file):
        self.file, self.costs = file, {}

    def add(self, corpus, who, operation, cost):
        self.costs.setdefault((corpus, operation), {}).setdefault(who, []).append(cost)
        print(f"{corpus:8} {operation:10} {who:18} {cost.wall:8.2f} s  cpu {cost.cpu:7.2f} s  {cost.memory / 1e6:6.0f} MB"
              f"  stored {cost.stored / 1e6:8.1f} MB", flush=True)
        if self.file:
            self.file.write(json.dumps({"corpus": corpus, "operation": operation, "who": who, **vars(cost)}) + "\n")
            self.file.flush()

    def print_medians(self):
        print(f"\n{'corpus':8} {'operation':10} {'who':16} {'wall s':>8} {'cpu s':>8} {'MB':>6} {'stored MB':>10} {'wall / ours':>12} {'cpu / agent':>12}")
        for (corpus, operation), by in self.costs.items():
            median = {who: {key: statistics.median(getattr(cost, key) for cost in costs) for key in ("wall", "cpu", "memory", "stored")}
                      for who, costs in by.items()}
            agent = max(0.01, median["sparekeep agent"]["cpu"]) if "sparekeep agent" in median else math.inf
            for who, cost in median.items():
                print(f"{corpus:8} {operation:10} {who:16} {cost['wall']:8.2f} {cost['cpu']:8.2f} {cost['memory'] / 1e6:6.0f} {cost['stored'] / 1e6:10.1f} "
                      f"{cost['wall'] / median['sparekeep']['wall']:12.2f} {cost['cpu'] / agent:12.2f}")


def one_round(results, corpus, programs, rivals, disk):
    for make in [lambda: Sparekeep(programs, corpus)] + [lambda peer=peer: peer(os.path.join(disk.folder, "peer"), corpus) for peer in rivals]:
        corpus.show(second=False)
        disk.fresh()
        corpus.read()
        one = make()
        for operation in peers.OPERATIONS:
            corpus.show(second=operation in ("second", "restore"))
            cost = one.measure(operation)
            results.add(corpus.name, one.name, operation, cost)
            if operation == "restore":                 # ours ends when it is; others leave that to the system
                results.add(corpus.name, one.name, "on disk", Cost(cost.wall + disk.sync()))
            if isinstance(one, Sparekeep):
                results.add(corpus.name, "sparekeep agent", operation, one.agent)
                results.add(corpus.name, "sparekeep daemons", operation, one.daemons)
        one.close()
    corpus.show(second=False)


def main():
    chosen = options()
    rivals = contenders(chosen.peers)
    results = Results(open(chosen.json, "a", encoding="utf-8") if chosen.json else None)
    with WorkDisk(os.path.join(chosen.folder, "work")) as disk:
        tempfile.tempdir = disk.folder
        for name in chosen.corpora.split(","):
            corpus = corpora.Corpus(chosen.folder, name).make()
            for _ in range(chosen.rounds):
                one_round(results, corpus, chosen.programs, rivals, disk)
    results.print_medians()


main()
