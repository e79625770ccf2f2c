"""What a playbook leaves out, by every key, is not in the snapshot, and everything else is; a source in which nothing stands, or that its own patterns
leave out, or a list of patterns that is missing, fails the job and makes no snapshot.

selection_test.py PROGRAMS"""
import ctypes
import os
import subprocess
import sys

from fleet import LocalFleet

FAILED, USAGE = 4, 2
CLONE_NEWNS = 0x20000
PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = [{paths}]
redundancy = {{ copies = 2 }}
{keys}
"""
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n"
FILES = {"plain": "x", "a.tmp": "x", "keep.tmp": "x", "big": "x" * 5000, "app/cache/CACHEDIR.TAG": TAG, "app/cache/blob": "x", "app/cache/deep/blob": "x",
         "app/fake/CACHEDIR.TAG": "mine\n", "app/fake/blob": "x", "scratch/.nobackup": "", "scratch/blob": "x", "build/out.o": "x", "build/keep/in": "x",
         "build/other/out": "x", "host-only": "x", "disk/stays": "x"}
EVERYTHING = """exclude = ["*.tmp", "/{source}/build", "!/{source}/build/keep"]
exclude_files = ["{excludes}"]
exclude_caches = true
exclude_if_present = [".nobackup"]
exclude_larger_than = "4 KiB"
"""
LEFT = ["app", "app/cache", "app/cache/CACHEDIR.TAG", "app/fake", "app/fake/CACHEDIR.TAG", "app/fake/blob", "build", "build/keep", "build/keep/in", "disk", "disk/stays",
        "keep.tmp", "plain", "scratch", "scratch/.nobackup"]


class Selection:
    def __init__(self, fleet):
        self.fleet = fleet
        self.source, self.excludes = fleet.path("files"), fleet.path("excludes")
        for name, text in FILES.items():
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        fleet.write("excludes", "# of this host\n\nhost-only   \n!keep.tmp\n")
        fleet.set_up("")

    def apply(self, keys, paths=None, codes=(0,)):
        quoted = ", ".join(f'"{path}"' for path in paths or [self.source])
        playbook = self.fleet.write("playbook.toml", PLAYBOOK.format(paths=quoted, keys=keys))
        return self.fleet.run("apply", playbook, "--json", codes=codes)

    def in_snapshot(self):
        run = self.fleet.run("ls", "web/web1@latest", self.source, "--json")
        paths = [entry["path"] for entry in run.documents()]
        return sorted(os.path.relpath(path, self.source) for path in paths if path != self.source)

    def refused(self, why, *arguments, **options):
        before = len(self.fleet.snapshots())
        run = self.apply(*arguments, codes=(FAILED,), **options)
        assert why in run.out, f"'{why}' is not told\n{run}"
        assert len(self.fleet.snapshots()) == before, f"a snapshot was made\n{run}"

    def standing(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.source) for folder, _, names in os.walk(self.source) for name in names)

    # A restore that deletes takes away what is new, and nothing of what the backup was told to leave out.
    def restore_in_place(self, everything):
        def restore():
            return self.fleet.run("restore", f"web/web1@latest:{self.source}", "--target", self.source, "--delete", "--yes")
        before, new = self.standing(), os.path.join(self.source, "app", "new")
        for keys, stays in ((everything, True), ("".join(line for line in everything.splitlines(True) if "exclude_files" not in line), False)):
            self.apply(keys)
            with open(new, "w", encoding="ascii") as file:
                file.write("x")
            run = restore()
            assert "not removed" in run.out + run.err or "nothing was removed" in run.out + run.err, str(run)
            assert os.path.exists(new) == stays, str(run)
            assert set(before) <= set(self.standing()), f"removed: {set(before) - set(self.standing())}\n{run}"
        print("a restore that deletes leaves what the backup left out", flush=True)

    def check(self):
        everything = EVERYTHING.format(source=self.source.lstrip("/"), excludes=self.excludes)
        self.apply(everything)
        assert self.in_snapshot() == LEFT, self.in_snapshot()
        self.apply("")
        assert {name for name in FILES} <= set(self.in_snapshot()), self.in_snapshot()
        print("left out by every key, and back without them", flush=True)
        self.restore_in_place(everything)
        self.refused("no such exclude file", f'exclude_files = ["{self.excludes}.none"]')
        self.fleet.write("all", self.source + "\n")
        self.refused("is left out by the job's own patterns", f'exclude_files = ["{self.fleet.path("all")}"]')
        self.refused("no such source", "", paths=[self.source, self.source + ".none"])
        empty = self.fleet.path("empty")
        os.mkdir(empty)
        self.refused("nothing to back up", "", paths=[empty])
        self.refused("nothing to back up", f'exclude = ["{self.source}/*"]')
        run = self.apply(f'exclude = ["{self.source}"]', codes=(USAGE,))
        assert "is left out by 'exclude'" in run.err, str(run)
        print("what would be an empty snapshot is none", flush=True)

    def one_file_system(self):
        disk = os.path.join(self.source, "disk")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"one_file_system is not tried: nothing may be mounted here: {done.stderr.strip()}")
            return
        try:
            with open(os.path.join(disk, "mounted"), "w", encoding="ascii") as file:
                file.write("x")
            self.apply("one_file_system = true")
            assert "disk" in self.in_snapshot() and "disk/mounted" not in self.in_snapshot(), self.in_snapshot()
            self.apply("one_file_system = true", paths=[self.source, disk])
            assert "disk/mounted" in self.in_snapshot(), self.in_snapshot()
            print("one file system, and another one that is named", flush=True)
        finally:
            subprocess.run(["umount", disk], check=True)


def main():
    own_mounts = ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0          # before anything is started
    if own_mounts:
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        selection = Selection(fleet)
        selection.check()
        if own_mounts:
            selection.one_file_system()
        else:
            print("one_file_system is not tried: no mounts of one's own here")


main()
