"""What lies beside the shards: records, pack list blocks, key records and descriptors are deleted from one system and then from all, and `check` says what
that means: 13, then 14. The job run again puts what its new snapshot needs.

records_gone_test.py PROGRAMS"""
import os
import shutil
import signal
import sys

from fleet import LocalFleet

EXIT_DEGRADED, EXIT_LOST = 13, 14
KINDS = ("records", "keys", "blocks", "descriptors")


class RecordsGone:
    def __init__(self, fleet):
        self.fleet, self.source = fleet, fleet.path("files")
        os.makedirs(self.source)
        self.change_files()
        self.playbook = fleet.set_up_job(self.source, "copies = 2")
        fleet.run("apply", self.playbook)

    def change_files(self):
        with open(os.path.join(self.source, "file"), "wb") as file:
            file.write(os.urandom(100_000))

    def delete(self, store, kinds=KINDS):
        """As a disk that loses folders; the daemon's index still lists the records."""
        vaults = self.fleet.path(store, "var/lib/sparekeep/daemon/vaults")
        self.fleet.signal(store, signal.SIGKILL)
        for vault in os.listdir(vaults):
            for kind in kinds:
                shutil.rmtree(os.path.join(vaults, vault, kind), ignore_errors=True)
        self.fleet.start(store)

    def check(self, code):
        run = self.fleet.run("check", "--read-data", "--json", codes=(code,))
        return run, run.documents()[0]

    def expect(self):
        run, report = self.check(0)
        assert report["objects"] >= 4 and not report["objects_at_risk"], str(run)
        self.delete("store1")
        run, report = self.check(EXIT_DEGRADED)
        assert all(risk["systems"] == ["store1"] and not risk["lost"] for risk in report["objects_at_risk"]), str(run)
        print("deleted from one system: exit 13, and the system is named", flush=True)
        for store in self.fleet.stores[1:]:
            self.delete(store)
        run, report = self.check(EXIT_LOST)
        [snapshot] = self.fleet.snapshots()
        assert any(risk["lost"] and snapshot["id"] in risk["snapshots"][0] for risk in report["objects_at_risk"]), str(run)
        assert f"{snapshot['id']} (web/web1) cannot be restored whole" in run.err and "sparekeep run JOB" in run.err, str(run)
        print("deleted from all: exit 14, and the snapshot is named", flush=True)
        self.change_files()
        self.fleet.run("run", "web")
        run, report = self.check(EXIT_LOST)
        lost = {name for risk in report["objects_at_risk"] if risk["lost"] for name in risk["snapshots"]}
        assert lost == {f"{snapshot['id']} (web/web1)"}, str(run)
        target = self.fleet.path("restored")
        self.fleet.run("restore", "web/web1@latest", "--to", "spare", "--target", target, "--yes")
        print("the job run again: the new snapshot is whole, and restores", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        RecordsGone(fleet).expect()


main()
