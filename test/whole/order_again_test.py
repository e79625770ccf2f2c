"""kill -9 of the agent between the end of a run and the delivery of its result: the order comes again and gets the same answer, the command
ends well, and nothing is carried out twice. Killed when its snapshot is in force, before the run has ended, it makes no other snapshot; nor does
it where systems that took it are away when the order comes again.

order_again_test.py PROGRAMS (with libsk_fail_calls.so beside them)"""
import os
import random
import shutil
import signal
import sys
import time

from fleet import LocalFleet, differences

PATIENCE = 60                 # seconds until the agent is killed by the fault
OFFERED_AGAIN = 100           # seconds until what waits for systems that are back has been offered to them: it is every minute
# Files that take their name in the folder of what waits for others: a snapshot, the same once it is in force, the run's result.
IN_FORCE, RESULT_OF_A_BACKUP, RESULT_OF_A_RESTORE = 2, 3, 1


class OrderAgain:
    def __init__(self, fleet):
        self.fleet = fleet
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        self.ended = None                               # the last command whose agent was killed
        os.makedirs(self.source)
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(50_000))
        self.playbook = fleet.set_up_job(self.source, "copies = 2")

    def started(self, host):
        """How often its agent has begun to carry out an order."""
        with open(self.fleet.path(host, "var/lib/sparekeep/agent/agent.log"), encoding="utf-8", errors="replace") as log:
            return sum(" of job " in line for line in log)

    def kill_at(self, rename, host, *command, away=(), codes=(0,)):
        """The command, with the host's agent killed at one of these moments of its run; these stores are killed before it is started again."""
        fleet = self.fleet
        waiting = fleet.path(host, "var/lib/sparekeep/agent/waiting")
        os.makedirs(waiting, mode=0o700, exist_ok=True)
        fleet.signal(host, signal.SIGKILL, "sparekeep-agent")
        fleet.start(host, "sparekeep-agent", {"LD_PRELOAD": os.path.join(fleet.programs, "libsk_fail_calls.so"), "SK_FAIL_CALLS": "rename",
                                              "SK_FAIL_UNDER": waiting, "SK_FAIL_AT": str(rename), "SK_FAIL_WITH": "kill"})
        before = self.started(host)
        process = fleet.begin(*command)
        deadline = time.monotonic() + PATIENCE
        while fleet.pid(host, "sparekeep-agent") is not None:
            assert time.monotonic() < deadline and process.poll() is None, "the agent was not killed"
            time.sleep(0.02)
        assert not [name for name in os.listdir(waiting) if name.endswith(".result")], "the result was kept before the kill"
        for store in away:
            fleet.signal(store, signal.SIGKILL)
        fleet.start(host, "sparekeep-agent")
        self.ended = fleet.end(process, codes)
        return self.started(host) - before

    def expect_snapshots(self, count):
        seen = self.fleet.snapshots()
        assert [snapshot["state"] for snapshot in seen] == ["complete"] * count, f"{count} snapshots are expected, not {seen}"

    def stored(self):
        assert self.kill_at(IN_FORCE, "web1", "apply", self.playbook) == 2, "the order did not come again"
        self.expect_snapshots(1)
        print("agent killed when its snapshot was in force: the command ended well, with that snapshot", flush=True)

    def backup(self):
        assert self.kill_at(RESULT_OF_A_BACKUP, "web1", "apply", self.playbook) == 1, "the order was carried out twice"
        self.expect_snapshots(2)
        print("agent killed before it kept the result of a backup: the command ended well, with one snapshot more", flush=True)

    def waits(self):
        away = ["store1", "store2"]
        assert self.kill_at(IN_FORCE, "web1", "apply", self.playbook, away=away, codes=(4, 5)) == 2, "the order did not come again"
        assert "of this run is stored, and too few systems have taken it" in self.ended.out + self.ended.err, f"the run failed otherwise\n{self.ended}"
        for store in away:
            self.fleet.start(store)
        deadline = time.monotonic() + OFFERED_AGAIN
        while len(self.fleet.snapshots()) < 3 and time.monotonic() < deadline:
            time.sleep(1)
        self.expect_snapshots(3)
        print("agent killed when its snapshot was in force, and two systems with it: the run failed, and its one snapshot came with the systems", flush=True)

    def restore(self):
        shutil.rmtree(self.target, ignore_errors=True)
        carried_out = self.kill_at(RESULT_OF_A_RESTORE, "spare", "restore", "web/web1@latest", "--to", "spare", "--target", self.target, "--yes")
        assert carried_out == 1, "the order was carried out twice"
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ after a restore"
        print("agent killed before it kept the result of a restore: the command ended well, and the files are equal", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        again = OrderAgain(fleet)
        again.stored()
        again.backup()
        again.waits()
        again.restore()


main()
