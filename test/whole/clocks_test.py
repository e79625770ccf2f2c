"""Hosts with a late clock: `install` does not wait half a minute for a daemon that refuses everybody, says whose clock it is, how late, and what the host logged;
once the clock is right all is well.

clocks_test.py PROGRAMS (with libsk_late_clock.so beside them)"""
import os
import re
import signal
import sys
import time

from fleet import LocalFleet

LATE_SECONDS = 3 * 86400
CLOCK = (r"the certificate begins at \S+Z, and the clock of '[^']+' says \S+Z, 7\d h \d+ m before that; "
         r"set that clock, or the one of whoever made the certificate; where both are right by now, run sparekeep install")
PATIENCE = 15       # seconds


def restart(fleet, host, program, environment=None):
    fleet.signal(host, signal.SIGKILL, program)
    fleet.start(host, program, environment)


def run(fleet):
    fleet.run("init", "--recovery-key", fleet.path("recovery.key"))
    fleet.run("install")
    late = {"LD_PRELOAD": os.path.join(fleet.programs, "libsk_late_clock.so"), "SK_LATE_SECONDS": str(LATE_SECONDS)}
    restart(fleet, "store1", "sparekeepd", late)
    begun = time.monotonic()
    told = fleet.run("install", "--limit", "store1", codes=(4,))
    assert time.monotonic() - begun < PATIENCE, str(told)
    assert re.search(r"health: central -> store1: 127\.0\.0\.1:\d+: " + CLOCK + "; it logged last: ", told.out + told.err), str(told)

    restart(fleet, "web1", "sparekeep-agent", late)
    told = fleet.run("install", "--limit", "web1", codes=(4,))
    assert re.search(r"health: .*its agent did not ask for orders.*; it logged last: .*this turn with the central failed: .*" + CLOCK, told.out + told.err), str(told)

    for host, program in (("store1", "sparekeepd"), ("web1", "sparekeep-agent")):
        restart(fleet, host, program)
    fleet.run("install")


if __name__ == "__main__":
    with LocalFleet(sys.argv[1], ["store1", "store2"]) as fleet:
        run(fleet)
