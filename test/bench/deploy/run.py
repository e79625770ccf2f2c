#!/usr/bin/python3
"""Installing a storage daemon on a fleet of real hosts, by us and by Ansible in turn: a first run, one that finds nothing to do, one that changes a line."""
import argparse
import contextlib
import os
import sys
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TREE, "test", "fleet"))
import possible  # noqa: E402
from accounts import Accounts  # noqa: E402
from cases import Cases  # noqa: E402
from commands import FleetError  # noqa: E402
from contenders import PEERS, USUAL, Ansible, Sparekeep, why_not  # noqa: E402
from fleet_command import Interrupted, listen_to_signals  # noqa: E402
from fleets import Fleet  # noqa: E402
from payload import Payload  # noqa: E402
from results import CASES, UNCHANGED, Results, table, trips  # noqa: E402

PACKAGES = ("python3",)             # what Ansible needs on a host
DISK_MIB = 64
EXAMPLE = """example:
  ./dev bench deploy --rounds 1 --peers tuned        one round beside Ansible at its best setting
  ./dev bench deploy --growth 8,16,32,64 --json costs.jsonl"""


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def options():
    parser = argparse.ArgumentParser(prog="./dev bench deploy", description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help=argparse.SUPPRESS)
    parser.add_argument("--hosts", type=int, default=8, metavar="N", help="hosts of the fleet (8)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each case is measured, contenders in turn (3)")
    parser.add_argument("--peers", default=",".join(USUAL), metavar="NAMES", help=f"comma-separated, of {', '.join(PEERS)}; '' for ours alone ({','.join(USUAL)})")
    parser.add_argument("--delays", type=numbers, default=[50, 450], metavar="MS,MS",
                        help="round trips are counted by two delays of the link (50,450); '' leaves that out. Peers: the unchanged case alone")
    parser.add_argument("--growth", type=numbers, default=[], metavar="N,...", help="fleets of so many hosts besides, ours alone")
    parser.add_argument("--json", metavar="FILE", help="every single measurement is appended there, as JSON lines")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.peers.split(",") if name and name not in PEERS]
    if unknown or chosen.rounds < 1 or len(chosen.delays) not in (0, 2):
        parser.error(f"no peer is called {unknown}" if unknown else "at least 1 round, and two delays or none")
    return chosen


def peers_of(chosen):
    names = [name for name in chosen.peers.split(",") if name]
    for name in names:
        if why_not(name):
            print(f"left out: {name}: {why_not(name)}", flush=True)
    return [name for name in names if not why_not(name)]


@contextlib.contextmanager
def fleet_of(hosts):
    """(accounts, folder) of a fleet that is up."""
    with Fleet(f"b{os.getpid()}") as fleet, tempfile.TemporaryDirectory(prefix="sparekeep-bench-") as folder:
        fleet.up(hosts, disk_mib=DISK_MIB, packages=PACKAGES)
        yield Accounts(fleet), folder


def one_round(results, contenders, delay):
    for each in contenders:
        for case in CASES:
            results.add((len(each.accounts.fleet.hosts), delay, case, each.contender.name), each.measure(case))


def side_by_side(chosen, names, results):
    with fleet_of(chosen.hosts) as (accounts, folder):
        payload = Payload(os.path.join(folder, "payload"), chosen.programs, accounts.fleet.hosts)
        ours = Cases(accounts, Sparekeep(accounts.fleet, chosen.programs, folder))
        peers = [Cases(accounts, Ansible(accounts.fleet, payload, folder, PEERS[name])) for name in names]
        for _ in range(chosen.rounds):
            one_round(results, [ours, *peers], 0)
        for delay in chosen.delays:
            count_trips(results, (ours, peers), accounts.fleet, delay)


def count_trips(results, contenders, fleet, delay):
    ours, peers = contenders
    fleet.delay(delay)
    try:
        one_round(results, [ours], delay)
        for peer in peers:
            results.add((len(fleet.hosts), delay, UNCHANGED, peer.contender.name), peer.measure(UNCHANGED))
    finally:
        fleet.delay(0)


def growth(chosen, results):
    for hosts in chosen.growth:
        if hosts == chosen.hosts:
            continue
        with fleet_of(hosts) as (accounts, folder):
            ours = Cases(accounts, Sparekeep(accounts.fleet, chosen.programs, folder))
            for _ in range(chosen.rounds):
                one_round(results, [ours], 0)


def main():
    chosen = options()
    reason = possible.why_not()
    if reason:
        raise SystemExit(f"no fleet here: {reason}")
    names = peers_of(chosen)
    results = Results(chosen.json)
    listen_to_signals()
    try:
        side_by_side(chosen, names, results)
        growth(chosen, results)
    except FleetError as fault:
        raise SystemExit(f"bench deploy: {fault}") from None
    except Interrupted as signalled:
        raise SystemExit(128 + signalled.number) from None
    print("\n" + "\n".join(table(results)), flush=True)
    if chosen.delays:
        print("\n" + "\n".join(trips(results, *chosen.delays)), flush=True)


main()
