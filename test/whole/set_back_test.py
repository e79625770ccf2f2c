"""A host set back to an older image of itself: the next snapshot follows the newest one that its systems hold, and `latest` is what was backed up last.
The same where its vault has lost what it remembers of its newest record.

set_back_test.py PROGRAMS"""
import os
import random
import shutil
import signal
import sys
import time

from fleet import LocalFleet, differences

AGENT = "sparekeep-agent"


class SetBack:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        self.state, self.image = fleet.path("web1", "var/lib/sparekeep/agent"), fleet.path("image")
        os.makedirs(self.source)
        self.playbook = fleet.set_up_job(self.source, "copies = 2")

    def back_up(self):
        for number in range(20):
            with open(os.path.join(self.source, f"file{number}"), "wb") as file:
                file.write(random.randbytes(20_000))
        return self.fleet.run("apply", self.playbook)

    def while_stopped(self, change):
        self.fleet.signal("web1", signal.SIGTERM, AGENT)
        while self.fleet.pid("web1", AGENT) is not None:
            time.sleep(0.02)
        change()
        self.fleet.start("web1", AGENT)

    def keep_image(self):
        shutil.copytree(self.state, self.image, ignore=shutil.ignore_patterns("*.sock"))

    def put_image_back(self):
        shutil.rmtree(self.state)
        shutil.copytree(self.image, self.state)

    def lose_head(self):
        [vault] = os.listdir(os.path.join(self.state, "vaults"))
        os.unlink(os.path.join(self.state, "vaults", vault, "head"))

    def latest_is_last(self, count):
        snapshots = self.fleet.snapshots()
        assert len(snapshots) == count, snapshots
        target = self.fleet.path(f"restored{count}")
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", target, "--yes")
        wrong = differences(self.source, target + self.source)
        assert not wrong, f"{wrong} differ after a restore of the latest of {count} snapshots"

    def check(self):
        self.back_up()
        self.while_stopped(self.keep_image)
        for _ in range(3):
            self.back_up()
        self.latest_is_last(4)
        self.while_stopped(self.put_image_back)
        run = self.back_up()
        self.latest_is_last(5)
        assert "was set back to an older copy" in run.out + run.err, str(run)
        print("set back by three snapshots: the next one is the latest", flush=True)
        self.while_stopped(self.lose_head)
        self.back_up()
        self.latest_is_last(6)
        run = self.back_up()
        assert "set back" not in run.out + run.err, str(run)
        self.latest_is_last(7)
        print("the vault's head lost: the next one is the latest", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        SetBack(fleet).check()


main()
