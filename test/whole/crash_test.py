"""kill -9 of agent, daemons and central at random moments of backups: no partial snapshot is ever seen, a run that says that it went well has made
one snapshot, the next run succeeds, and what is seen restores. And the central away during a backup: the snapshot appears after it is back.

crash_test.py PROGRAMS [--kills N] [--seed S]"""
import os
import random
import shutil
import signal
import time

from fleet import STORES, LocalFleet, differences, seeded_options

SOURCE_FILES, SOURCE_FILE_BYTES = 300, 200_000
GOOD_STATES = {"complete", "degraded"}
OK, DEGRADED = 0, 13
ENDINGS = {"central": {-signal.SIGKILL, OK}, "agent": {OK, 4, 5}, "daemon": {OK, DEGRADED}}   # what a command may end with whose fleet lost one of these
PATIENCE = 60                 # seconds until what waits on the host is at the central


class Crashes:
    def __init__(self, fleet, chance):
        self.fleet, self.chance = fleet, chance
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        os.makedirs(self.source)
        for number in range(SOURCE_FILES):
            self.write_file(number)
        self.playbook = fleet.set_up_job(self.source, "data = 2, parity = 2")

    def write_file(self, number):
        with open(os.path.join(self.source, f"file{number}"), "wb") as file:
            file.write(self.chance.randbytes(SOURCE_FILE_BYTES))

    def change_files(self):
        for number in self.chance.sample(range(SOURCE_FILES), 100):
            self.write_file(number)

    def back_up(self):
        began = time.monotonic()
        self.fleet.run("apply", self.playbook)
        return time.monotonic() - began

    def restore(self, snapshot):
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", snapshot, "--to", "spare", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ after a restore of {snapshot}"

    def restore_latest(self):
        self.restore("web/web1@latest")

    def listed(self):
        return {snapshot["id"]: snapshot["state"] for snapshot in self.fleet.snapshots()}

    def listed_since(self, before):
        now = self.listed()
        assert before.items() <= now.items(), f"snapshots have gone or changed: {before}, then {now}"
        return {snapshot: state for snapshot, state in now.items() if snapshot not in before}

    def expect_true(self, run, before):
        """Before anything mends it: what the command said is so. Gives the snapshots that its run has made."""
        new = self.listed_since(before)
        assert len(new) <= 1, f"{len(new)} snapshots of one run\n{run}"
        assert new or run.code not in (OK, DEGRADED), f"there is no snapshot of a run that says there is\n{run}"
        assert run.code != OK or set(new.values()) == {"complete"}, f"the snapshot is {new}\n{run}"
        for snapshot in new:
            self.restore(snapshot)
        return new

    def expect_whole_snapshots(self):
        seen = self.fleet.snapshots()
        assert seen, "no snapshot is seen"
        odd = [snapshot for snapshot in seen if snapshot.get("state") not in GOOD_STATES]
        assert not odd, f"partial snapshots are seen: {odd}"
        self.fleet.run("check", "--read-data")
        return len(seen)

    def kill_and_mend(self, victim, process):
        if victim == "central":
            process.kill()
        elif victim == "agent":
            self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
            self.fleet.start("web1", "sparekeep-agent")
        else:
            self.fleet.signal(victim, signal.SIGKILL)
            self.fleet.start(victim)

    def one_kill(self, usual):
        """A backup of changed files in which one program dies at a random moment."""
        self.change_files()
        before = self.listed()
        victim = self.chance.choice(["central", "agent", self.chance.choice(STORES)])
        moment = self.chance.uniform(0, usual)
        process = self.fleet.begin("apply", self.playbook)
        time.sleep(moment)
        self.kill_and_mend(victim, process)
        run = self.fleet.end(process, ENDINGS.get(victim, ENDINGS["daemon"]))
        made = self.expect_true(run, before)
        self.back_up()
        late = len(self.listed_since({**before, **made})) - 1      # the run of a command that was killed may end after it
        assert late == 0 or (late == 1 and victim == "central" and not made), f"{late} snapshots too many after the next backup\n{run}"
        seen = self.expect_whole_snapshots()
        self.restore_latest()
        print(f"{victim} killed after {moment * 1000:.0f} ms: the command ended with {run.code} and made {len(made)} snapshots, {late} came late; "
              f"of {seen} the latest is equal", flush=True)

    def central_away(self):
        """The command dies while the agent backs up: the agent goes on, and hands its snapshot over later."""
        before = {snapshot["id"] for snapshot in self.fleet.snapshots()}
        log = self.fleet.path("web1", "var/lib/sparekeep/agent/agent.log")
        already = os.path.getsize(log)
        self.change_files()
        process = self.fleet.begin("apply", self.playbook)
        self.wait_for(lambda: b"backup of job" in self.tail(log, already), "the agent takes the order")
        process.kill()
        self.fleet.end(process)
        self.wait_for(lambda: b"is complete" in self.tail(log, already), "the agent ends its backup without a central")
        assert {snapshot["id"] for snapshot in self.fleet.snapshots()} - before, "the snapshot does not appear"
        self.restore_latest()
        print("central away during a backup: its snapshot appeared when it was back, and restores", flush=True)

    def catalogue_lost(self):
        """Made again from what the daemons hold, it shows what it showed: nothing that a killed backup has left there."""
        before = {snapshot["id"] for snapshot in self.fleet.snapshots()}
        for name in os.listdir(self.fleet.path("central")):
            if name.startswith("catalogue.db"):
                os.unlink(self.fleet.path("central", name))
        self.expect_whole_snapshots()
        after = {snapshot["id"] for snapshot in self.fleet.snapshots()}
        assert after == before, f"the catalogue made again lacks {before - after} and has {after - before} more"
        self.restore_latest()
        print(f"catalogue deleted: the same {len(after)} snapshots, and the latest is equal", flush=True)

    def tail(self, path, start):
        with open(path, "rb") as file:
            file.seek(start)
            return file.read()

    def wait_for(self, holds, what):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
            time.sleep(0.02)


def main():
    options = seeded_options("kills", 8)
    with LocalFleet(options.programs) as fleet:
        crashes = Crashes(fleet, random.Random(options.seed))
        crashes.back_up()
        crashes.central_away()
        crashes.change_files()
        usual = crashes.back_up()
        for _ in range(options.kills):
            crashes.one_kill(usual)
        crashes.catalogue_lost()


main()
