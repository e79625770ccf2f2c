"""Every measurement as it comes, medians and ratios at the end, and the same for docs/performance.md."""
import dataclasses
import json
import statistics

from accounts import Cost

CASES = FIRST, UNCHANGED, LINE = "first", "unchanged", "one line"
OURS = "sparekeep"


class Results:
    def __init__(self, path):
        self.costs = {}                                 # (hosts, delay, case, who) -> [Cost]
        self.file = open(path, "a", encoding="utf-8") if path else None

    def add(self, key, cost):
        hosts, delay, case, who = key
        self.costs.setdefault(key, []).append(cost)
        print(f"{hosts:3} hosts {delay:4} ms  {case:9} {who:16} {cost.wall:7.2f} s  cpu here {cost.controller:7.3f} s, there {cost.hosts:7.2f} s  "
              f"{cost.sent / 1e6:8.3f} MB  {cost.reloads} reloads  load {cost.load:.1f}", flush=True)
        if self.file:
            self.file.write(json.dumps({"fleet": hosts, "delay_ms": delay, "case": case, "who": who, **dataclasses.asdict(cost)}) + "\n")
            self.file.flush()

    def median(self, hosts, delay, case, who):
        """A Cost of medians, or None."""
        costs = self.costs.get((hosts, delay, case, who))
        return costs and Cost(*(statistics.median(getattr(cost, field.name) for cost in costs) for field in dataclasses.fields(Cost)))

    def rows(self, delays):
        """(hosts, case, who) of what was measured at one of these delays, in the order in which it came."""
        return list(dict.fromkeys((hosts, case, who) for hosts, delay, case, who in self.costs if delay in delays))


def ratio(theirs, ours):
    return f"{theirs / ours:.1f}" if ours else "-"


def table(results):
    """Side by side without delay. CPU and bytes are for each host, but the controller's CPU, which is for all of them."""
    lines = ["| hosts | case | who | wall s | times ours | controller CPU s | times ours | CPU of a host s | KB a host | reloads a host | rounds |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for hosts, case, who in sorted(results.rows([0]), key=lambda row: (row[0], CASES.index(row[1]))):
        cost, ours, rounds = results.median(hosts, 0, case, who), results.median(hosts, 0, case, OURS), len(results.costs[hosts, 0, case, who])
        lines.append(f"| {hosts} | {case} | {who} | {cost.wall:.2f} | {ratio(cost.wall, ours.wall)} | {cost.controller:.3f} | "
                     f"{ratio(cost.controller, ours.controller)} | {cost.hosts / hosts:.2f} | {cost.sent / hosts / 1e3:.0f} | {cost.reloads / hosts:g} | {rounds} |")
    return lines


def trips(results, short, long):
    """From two delays, so that work done meanwhile falls out: what each round trip more costs."""
    lines = [f"| case | who | wall s at {short} ms | wall s at {long} ms | round trips |", "| --- | --- | --- | --- | --- |"]
    for hosts, case, who in results.rows([long]):
        near, far = results.median(hosts, short, case, who).wall, results.median(hosts, long, case, who).wall
        lines.append(f"| {case} | {who} | {near:.2f} | {far:.2f} | {(far - near) * 1000 / (long - short):.1f} |")
    return lines
