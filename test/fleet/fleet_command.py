#!/usr/bin/python3
"""The verbs of `./dev fleet`: a fleet of real hosts on this machine. See docs/fleet.md."""
import argparse
import os
import signal
import sys

from commands import FleetError
from fleets import DEFAULT_SUBNET, DISK_MIB, Fleet

FAILED = 1
HOST_VERBS = {
    "off": "cuts a host's power, and proves that it is gone; its files and its disk stay",
    "on": "boots it again",
    "cut": "pulls its network cable",
    "join": "plugs it in again",
    "freeze": "stops all of it between two instructions: the worst of hung hosts",
    "thaw": "lets it go on",
}


class Interrupted(BaseException):
    def __init__(self, number):
        super().__init__()
        self.number = number


def listen_to_signals():
    """The first one breaks off what is done, which then cleans up behind it undisturbed by a second."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number, _):
        for each in numbers:
            signal.signal(each, lambda *_: None)
        raise Interrupted(number)

    for number in numbers:
        signal.signal(number, interrupt)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev fleet", description=__doc__, allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    up = verbs.add_parser("up", help="boots N hosts (h1, h2, ...), or hosts of these names", allow_abbrev=False)
    up.add_argument("hosts", nargs="+", metavar="N|NAME")
    up.add_argument("--disk", type=int, default=DISK_MIB, metavar="MIB", help=f"size of each host's data disk ({DISK_MIB})")
    up.add_argument("--subnet", metavar="ADDRESS/BITS", help=f"their network ({DEFAULT_SUBNET}, or SPAREKEEP_FLEET_SUBNET)")
    verbs.add_parser("down", help="removes the fleet, or what is left of one")
    verbs.add_parser("list", help="hosts, their addresses and states")
    for verb, text in HOST_VERBS.items():
        verbs.add_parser(verb, help=text, allow_abbrev=False).add_argument("hosts", nargs="+", metavar="HOST")
    delay = verbs.add_parser("delay", help="adds MS to every round trip between controller and hosts; 0 takes it away", allow_abbrev=False)
    delay.add_argument("milliseconds", type=float, metavar="MS")
    ssh = verbs.add_parser("ssh", help="runs a command on a host, or a shell", allow_abbrev=False)
    ssh.add_argument("host", metavar="HOST")
    ssh.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD")
    run = verbs.add_parser("run", help="runs a command on the controller's side", allow_abbrev=False)
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD")
    return parser.parse_args(arguments)


def up(fleet, said):
    hosts = int(said.hosts[0]) if len(said.hosts) == 1 and said.hosts[0].isdigit() else said.hosts
    fleet.up(hosts, said.disk, said.subnet)
    show(fleet)


def show(fleet):
    states = fleet.states()
    width = max(map(len, states))
    for name, state in states.items():
        print(f"{name:{width}}  {fleet.address(name)}  {state}")


def become(words, environment):
    """The command takes this process over, with its terminal, input and exit code."""
    sys.stdout.flush()
    os.execvpe(words[0], words, environment)


def do(fleet, said):
    controller = fleet.controller
    if said.verb == "up":
        up(fleet, said)
    elif said.verb == "list":
        show(fleet)
    elif said.verb == "ssh":
        become(controller.ssh_words(fleet.host(said.host).name, said.command), controller.environment())
    elif said.verb == "run":
        fleet.plan()
        become(controller.entering(said.command or ["bash"]), controller.environment())
    elif said.verb == "down":
        fleet.down()
    elif said.verb == "delay":
        fleet.delay(said.milliseconds)
    else:
        getattr(fleet, said.verb)(*said.hosts)


def main(arguments):
    said = parse(arguments)
    listen_to_signals()
    try:
        do(Fleet(), said)
    except FleetError as fault:
        print(f"fleet: {fault}", file=sys.stderr)
        return FAILED
    except Interrupted as signalled:
        print("fleet: interrupted", file=sys.stderr)
        return 128 + signalled.number
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
