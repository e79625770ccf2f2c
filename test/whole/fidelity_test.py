"""Every awkward kind of file there is, on an ext4 of its own: backed up and restored as root, and found equal by a comparison that knows nothing of the product.
That it could find differences is shown, too: it sees what tar and borg leave of the same tree, and each single thing that is changed in a restored one; another
restore puts all of that back. Where a file system does not take everything, each thing that is lost is named.

fidelity_test.py PROGRAMS. Exit 77 (skipped) where that takes more rights."""
import ctypes
import os
import re
import shutil
import subprocess
import sys

from awkward_files import SKIPPED, build, unprotect
from file_changes import change_everything
from fleet import LocalFleet
from tree_facts import Facts, differences

CLONE_NEWNS = 0x20000
STORES = ["store1", "store2", "store3"]
DISK_BYTES = 1 << 30
PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
paths = ["{source}/one", "{source}/two"]
redundancy = {{ copies = 2 }}
"""


def mounted(fleet, name, *options):
    """An ext4 in a file, mounted for this test and what it starts."""
    image, folder = fleet.path(name + ".img"), fleet.path(name)
    os.mkdir(folder)
    with open(image, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard", *options, image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, folder], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"skipped: nothing may be mounted here: {done.stderr.strip()}")
        sys.exit(SKIPPED)
    os.rmdir(os.path.join(folder, "lost+found"))
    return folder


def expect(found, wanted, what):
    assert found == wanted, f"{what}: not wanted {sorted(found - wanted)[:10]}, missing {sorted(wanted - found)[:10]}"
    print(what, flush=True)


def named_by(warnings):
    """{(path, property)} that warnings speak of; bytes that do not print stand there as \\xNN."""
    found = set()
    for warning in warnings:
        text = re.sub(rb"\\x([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), os.fsencode(warning))
        path, _, what = text.partition(b": ")
        if what.startswith(b"the file system keeps the time"):
            found.add((path, "time"))
        elif what.startswith(b"setting attribute '"):
            found.add((path, "attribute " + os.fsdecode(what[len(b"setting attribute '"):].rpartition(b"': ")[0])))
    return found


class Fidelity:
    def __init__(self, fleet):
        self.fleet, self.disk, self.seen = fleet, mounted(fleet, "disk", "-O", "ea_inode"), set()
        self.disks = [self.disk]
        self.source, self.target = os.path.join(self.disk, "source"), os.path.join(self.disk, "target")
        self.restored = self.target + self.source
        for folder in (self.source, self.target):
            os.mkdir(folder)
        build(self.source)
        self.wanted = Facts(self.source)
        self.playbook = fleet.set_up(PLAYBOOK.format(source=self.source))
        run = fleet.run("apply", self.playbook)
        assert "warning" not in run.out + run.err, str(run)

    def restore(self, target, *options):
        [result] = self.fleet.run("restore", "web/web1@latest", "--target", target, "--yes", "--numeric-owner", "--json", *options).documents()[-1]["jobs"]
        return result

    def lost(self, folder):
        return differences(self.wanted, Facts(folder))

    def restored_equal(self):
        result = self.restore(self.target)
        assert not result["warnings"], result
        expect(self.lost(self.restored), set(), f"{len(self.wanted.entries)} entries restored equal")
        result = self.restore(self.target, "--check")
        assert result["changed"] == 0 and not result["warnings"], result
        print("nothing is left for another restore to do", flush=True)

    def changes_seen(self):
        for name, expected in change_everything(self.restored):
            found = self.lost(self.restored)
            assert found >= expected, f"{name}: not seen {sorted(expected - found)}"
            assert found - self.seen == expected - self.seen, f"{name}: seen, too: {sorted(found - self.seen - expected)}"
            assert expected - self.seen, f"{name} changed nothing that an earlier change had not"
            self.seen |= expected
        print(f"each change of {len(self.seen)} properties was seen, and nothing else", flush=True)
        filled = {(b"one/holes/" + name, what) for name in (b"middle", b"end") for what in ("holes", "content")}
        for options, left, what in ((["--delete"], filled, "another restore put it back, but for holes that read the same"),
                                    (["--overwrite", "always"], set(), "one that writes everything anew put that back, too")):
            result = self.restore(self.target, *options)
            assert not result["warnings"], result
            expect(self.lost(self.restored), left, what)

    def lesser_named(self):
        """A file system with small inodes: no nanoseconds, no times after 2038, no large attributes. Each difference has a warning, and nothing else differs."""
        small = mounted(self.fleet, "small", "-I", "128", "-O", "^ea_inode")
        self.disks.append(small)
        result = self.restore(small)
        lost = self.lost(small + self.source)
        kinds = {what.split(" ")[0] for _, what in lost}
        assert kinds == {"time", "attribute"}, f"{kinds} are not what such a file system lacks"
        below = os.fsencode(self.source.lstrip("/")) + b"/"
        lost = {(path, what) for path, what in lost if self.wanted.entries[path].get("first_name", path) == path}     # another name is no other file
        expect({(path.removeprefix(below), what) for path, what in named_by(result["warnings"])}, lost,
               f"{len(lost)} properties that a lesser file system does not take were named")

    def tar_seen(self):
        """What tar leaves of the same tree when nobody tells it to keep more."""
        to = os.path.join(self.disk, "tar")
        os.mkdir(to)
        archive = os.path.join(self.disk, "archive.tar")
        for command in (["tar", "-C", self.source, "-cpf", archive, "one", "two"], ["tar", "-C", to, "--same-owner", "-xpf", archive]):
            subprocess.run(command, check=False, capture_output=True)
        os.unlink(archive)
        self.see("tar", self.lost(to), {"one/kinds/socket": "missing", "one/times/y2106": "time", "one/attributes/large": "attribute user.65536",
                                        "one/holes/all": "holes", "two/deep-bottom": "missing",
                                        "one/attributes/access": "attribute system.posix_acl_access", "one/attributes/capability": "attribute security.capability",
                                        "one/attributes/inherits": "attribute system.posix_acl_default", "one/attributes/private": "attribute trusted.secret",
                                        "one/flags/immutable": "flags", "one/attributes/link": "attribute trusted.kind"})

    def borg_seen(self):
        if not shutil.which("borg"):
            print("left out: borg is not installed", flush=True)
            return
        to, repository = os.path.join(self.disk, "borg"), self.fleet.path("borg-repository")
        os.mkdir(to)
        environment = dict(os.environ, BORG_BASE_DIR=self.fleet.path("borg-base"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")
        for folder, command in ((self.source, ["init", "-e", "none", repository]), (self.source, ["create", "--noatime", repository + "::all", "one", "two"]),
                                (to, ["extract", "--numeric-ids", repository + "::all"])):
            subprocess.run(["borg", *command], cwd=folder, env=environment, check=False, capture_output=True)
        self.see("borg", self.lost(to), {"one/kinds/socket": "missing", "one/holes/all": "holes", "one/flags/sync": "flags", "two/deep-bottom": "missing"})

    def see(self, peer, lost, specific):
        missed = {(os.fsencode(path), what) for path, what in specific.items()} - lost
        assert not missed, f"{peer}: the comparison does not see {sorted(missed)}"
        print(f"what {peer} leaves is seen: {len(lost)} differences", flush=True)

    def close(self):
        for folder in self.disks:
            unprotect(folder)

    def check(self):
        self.restored_equal()
        self.tar_seen()
        self.borg_seen()
        self.changes_seen()
        self.lesser_named()


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0 or subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode != 0:
        print("skipped: needs root and mounts of its own")
        sys.exit(SKIPPED)
    with LocalFleet(sys.argv[1], STORES) as fleet:
        fidelity = Fidelity(fleet)
        try:
            fidelity.check()
        finally:
            fidelity.close()


main()
