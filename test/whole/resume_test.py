"""The agent is killed at random moments of a first backup, and it is run again: what was stored is not sent a second time but for the packs that were under
way (bytes are counted on the storage systems), and the snapshot restores.

resume_test.py PROGRAMS [--kills N] [--seed S]"""
import collections
import os
import pathlib
import random
import shutil
import signal
import time

from fleet import LocalFleet, differences, seeded_options

FILES, FILE_BYTES = 200, 1_000_000
KILLS_A_FLEET = 20            # then a new one: each backup stays, half a gigabyte
COPIES = 2
UNDER_WAY = 2 * (24 << 20) * COPIES   # packs sent at once, whose last answer the agent may not have heard
SLACK = 2 << 20               # metadata of the second run, and heads of shards
STEPS = "rename,unlink,fsync,fdatasync"   # by which files of the vault's folder become durable and replace others
STEPS_MIN = 6                 # of them in one backup: of the head, the manifest, the memory, and what goes with the one of before
STEPS_MAX = 40
CHANGED = 8 << 20             # what one line more in one file may cost: its chunks, manifest, table, on all systems together


class Resume:
    def __init__(self, fleet, chance):
        self.fleet, self.chance = fleet, chance
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        self.playbook = fleet.set_up_job(self.source, f"copies = {COPIES}")

    def new_files(self):
        shutil.rmtree(self.source, ignore_errors=True)
        os.makedirs(self.source)
        for number in range(FILES):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(self.chance.randbytes(FILE_BYTES))

    def shards(self):
        """Sizes of the shards of each pack, by pack, over all systems."""
        packs = collections.defaultdict(list)
        for file in (file for store in self.fleet.stores for file in pathlib.Path(self.fleet.path(store, "srv/sparekeep")).rglob("*.*")):
            if not file.name.startswith(".") and len(file.name) > 32:
                packs[file.name.split(".")[0]].append(file.lstat().st_size)
        return packs

    def restores(self):
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", "web/web1@latest", "--target", self.target, "--yes")
        wrong = differences(self.source, self.target + self.source)
        assert not wrong, f"{wrong} differ"

    def kill_at_step(self, step):
        """A backup whose agent dies before its step of that number in the vault's folder; False: there were not so many."""
        vaults = self.fleet.path("web1", "var/lib/sparekeep/agent/vaults")
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        self.fleet.start("web1", "sparekeep-agent", {"LD_PRELOAD": os.path.join(self.fleet.programs, "libsk_fail_calls.so"), "SK_FAIL_CALLS": STEPS,
                                                     "SK_FAIL_UNDER": vaults, "SK_FAIL_AT": str(step), "SK_FAIL_WITH": "kill"})
        process = self.fleet.begin("apply", self.playbook)
        while self.fleet.pid("web1", "sparekeep-agent") is not None and process.poll() is None:
            time.sleep(0.02)
        killed = self.fleet.pid("web1", "sparekeep-agent") is None
        process.kill()
        self.fleet.end(process)
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        self.fleet.start("web1", "sparekeep-agent")
        return killed

    def second_versions(self):
        self.fleet.run("apply", self.playbook)
        for step in range(1, STEPS_MAX):
            with open(os.path.join(self.source, f"file{step}"), "ab") as file:
                file.write(self.chance.randbytes(80))
            before = self.shards()
            killed = self.kill_at_step(step)
            run = self.fleet.run("apply", self.playbook)
            assert "the memory of the last snapshot" not in run.out + run.err, f"killed at step {step} of a second version, the memory was not that of before\n{run}"
            stored = sum(sum(sizes) for pack, sizes in self.shards().items() if pack not in before)
            assert stored <= CHANGED, f"killed at step {step} of a second version: {stored >> 10} KiB were stored, where a line was new"
            print(f"second version, step {step}: {'killed' if killed else 'there is none'}, {stored >> 10} KiB stored", flush=True)
            if not killed:
                assert step > STEPS_MIN, f"only {step - 1} steps were met"
                return self.restores()
        raise AssertionError(f"no backup went through within {STEPS_MAX} steps")

    def one_kill(self, usual):
        self.new_files()
        before = self.shards()
        moment = self.chance.uniform(0, usual)
        process = self.fleet.begin("apply", self.playbook)
        time.sleep(moment)
        self.fleet.signal("web1", signal.SIGKILL, "sparekeep-agent")
        at_kill = {pack: sizes for pack, sizes in self.shards().items() if pack not in before}
        process.kill()
        self.fleet.end(process)
        self.fleet.start("web1", "sparekeep-agent")
        self.fleet.run("apply", self.playbook)
        after = {pack: sizes for pack, sizes in self.shards().items() if pack not in before}
        stored = sum(sum(sizes) for sizes in after.values())
        needed = FILES * FILE_BYTES * COPIES
        assert stored <= needed + UNDER_WAY + SLACK, f"killed after {moment:.3f} s: {stored >> 20} MiB were stored of {needed >> 20} needed"
        self.restores()
        whole = sum(1 for sizes in at_kill.values() if len(sizes) == COPIES)
        print(f"killed after {moment * 1000:.0f} ms, when {whole} packs were whole: {(stored - needed) >> 20} MiB more than needed", flush=True)
        return whole


def kills_of_a_fleet(programs, chance, kills):
    with LocalFleet(programs) as fleet:
        resume = Resume(fleet, chance)
        resume.new_files()
        began = time.monotonic()
        fleet.run("apply", resume.playbook)
        usual = time.monotonic() - began
        return [resume.one_kill(usual) for _ in range(kills)]


def main():
    options = seeded_options("kills", 4)
    chance, whole = random.Random(options.seed), []
    with LocalFleet(options.programs) as fleet:
        resume = Resume(fleet, chance)
        resume.new_files()
        resume.second_versions()
    while len(whole) < options.kills:
        whole += kills_of_a_fleet(options.programs, chance, min(KILLS_A_FLEET, options.kills - len(whole)))
    assert any(packs > 3 for packs in whole) or options.kills < 10, "no kill came after a pack was whole: nothing was tried"
    print(f"{len(whole)} kills: none sent more than what was under way, and each snapshot restores")


main()
