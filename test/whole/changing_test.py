"""Files that change, grow, shrink, vanish and turn into links, FIFOs and folders while backups read them: each backup ends with 0, or with 3 and
what could not be read whole is named; whatever is not named is restored as it stood at one moment; what nobody touches is restored equal.

changing_test.py PROGRAMS [--backups N] [--seed S]"""
import os
import random
import shutil
import subprocess
import sys

import mutator
from fleet import LocalFleet, content, seeded_options

OK, PARTIAL = 0, 3
STILL_FILES, STILL_BYTES = 50, 30_000


class Changing:
    def __init__(self, fleet, chance):
        self.fleet, self.chance = fleet, chance
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        self.hot, self.still = os.path.join(self.source, "hot"), os.path.join(self.source, "still")
        for folder in (self.hot, self.still):
            os.makedirs(folder)
        for number in range(STILL_FILES):
            with open(os.path.join(self.still, f"still{number}"), "wb") as file:
                file.write(chance.randbytes(STILL_BYTES))
        self.playbook = fleet.set_up_job(self.source, "copies = 2")

    def named(self, run):
        """Paths of the errors that a partial backup tells; only hot ones may be among them."""
        results = [job for document in run.documents() for job in document.get("jobs", [])]
        paths = {error["path"] for job in results for error in job.get("errors", [])}
        strange = [path for path in paths if not path.startswith(self.hot)]
        assert not strange, f"{strange} did not change\n{run}"
        return {os.path.relpath(path, self.hot).split("/")[0] for path in paths}

    def one_backup(self):
        run = self.fleet.run("apply", self.playbook, "--json", codes=(OK, PARTIAL))
        named = self.named(run)
        assert (run.code == PARTIAL) == bool(named), f"exit code {run.code}, and named are {sorted(named)}\n{run}"
        shutil.rmtree(self.target, ignore_errors=True)
        self.fleet.run("restore", "web/web1@latest", "--target", self.target, "--yes")
        restored = os.path.join(self.target, self.source.lstrip("/"))
        hot = os.path.join(restored, "hot")
        wrong = [name for name in os.listdir(hot) if not name.startswith(".") and name not in named and not mutator.is_good(name, os.path.join(hot, name))]
        assert not wrong, f"{wrong} never stood so, and are not named\n{run}"
        missing = {name for name in mutator.ALWAYS if name not in named} - set(os.listdir(hot))
        assert not missing, f"{missing} were there all the time, and are neither restored nor named\n{run}"
        for number in range(STILL_FILES):
            name = os.path.join("still", f"still{number}")
            assert content(os.path.join(restored, name)) == content(os.path.join(self.source, name)), f"{name} differs"
        return named


def main():
    options = seeded_options("backups", 8)
    with LocalFleet(options.programs) as fleet:
        changing = Changing(fleet, random.Random(options.seed))
        with subprocess.Popen([sys.executable, "-B", mutator.__file__, changing.hot, str(options.seed)], stdout=subprocess.PIPE) as beside:
            try:
                assert beside.stdout.readline() == b"made\n", "the mutator does not begin"
                named = [len(changing.one_backup()) for _ in range(options.backups)]
                assert beside.poll() is None, "the mutator has ended"
            finally:
                beside.kill()
    print(f"{options.backups} backups; files named by each: {named}", flush=True)
    assert any(named) or options.backups < 5, "no file was ever met while it changed: nothing was tried"


main()
