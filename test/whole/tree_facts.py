"""All that can be known of the files of a tree, by the kernel's calls alone, and what of it differs between two trees. It shares nothing with the product: what this
does not see, the test does not hold."""
import array
import errno
import fcntl
import hashlib
import os
import stat

from awkward_files import GET_FLAGS

# Every flag that somebody may set (chattr); the rest says how the file system keeps a file.
COMPARED_FLAGS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | 0x800000 | 0x2000000 | 0x20000000 | 0x40000000
PIECE = 1 << 20


def attributes_of(entry):
    path = f"/proc/self/fd/{entry}"
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def flags_of(file):
    flags = array.array("I", [0])
    try:
        fcntl.ioctl(file, GET_FLAGS, flags)
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP):
            raise
    return flags[0] & COMPARED_FLAGS


def extents_of(file, size):
    extents, at = [], 0
    while at < size:
        try:
            data = os.lseek(file, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break
        at = min(os.lseek(file, data, os.SEEK_HOLE), size)
        extents.append((data, at))
    return extents


def content_of(file, extents):
    """Of what is stored; a hole reads as zeros, and where holes are is compared by itself."""
    digest = hashlib.sha256()
    for begin, end in extents:
        while begin < end:
            data = os.pread(file, min(PIECE, end - begin), begin)
            assert data, "a file became shorter while it was compared"
            digest.update(data)
            begin += len(data)
    return digest.hexdigest()


class Facts:
    """entries: path below the tree, as bytes, to its properties by name."""

    def __init__(self, tree):
        self.entries, self.first_names = {}, {}
        folder = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
        self.below(folder, b"")

    def below(self, folder, path):
        names = sorted(os.fsencode(name) for name in os.listdir(folder))
        for name in names:
            self.entry(folder, name, path + b"/" + name if path else name)
        os.close(folder)

    def entry(self, folder, name, path):
        entry = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
        status = os.fstat(entry)
        kind = stat.S_IFMT(status.st_mode)
        facts = {"kind": kind, "mode": stat.S_IMODE(status.st_mode), "user": status.st_uid, "group": status.st_gid, "time": status.st_mtime_ns}
        facts.update((f"attribute {name}", value) for name, value in attributes_of(entry).items())
        if kind != stat.S_IFDIR:
            first = self.first_names.setdefault((status.st_dev, status.st_ino), path)
            facts.update(size=status.st_size, names=status.st_nlink, first_name=first)
        if kind == stat.S_IFLNK:
            facts["target"] = os.readlink(b"", dir_fd=entry)
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            facts["device"] = status.st_rdev
        os.close(entry)
        self.entries[path] = facts
        if kind in (stat.S_IFREG, stat.S_IFDIR):
            self.opened(folder, name, path, facts)

    def opened(self, folder, name, path, facts):
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        facts["flags"] = flags_of(file)
        if facts["kind"] == stat.S_IFDIR:
            return self.below(file, path)
        extents = extents_of(file, facts["size"])
        facts["holes"], facts["content"] = extents, content_of(file, extents)
        os.close(file)


def differences(left, right):
    """{(path, property)} of two Facts; a path that only one has: (path, "missing") or (path, "extra")."""
    found = {(path, "missing") for path in left.entries.keys() - right.entries.keys()}
    found |= {(path, "extra") for path in right.entries.keys() - left.entries.keys()}
    for path in left.entries.keys() & right.entries.keys():
        here, there = left.entries[path], right.entries[path]
        found |= {(path, name) for name in here.keys() | there.keys() if here.get(name) != there.get(name)}
    return found
