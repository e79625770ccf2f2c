"""A tree of every awkward kind (design: source files), two roots of it, on an ext4 of its own that takes all of it. As root, made by descriptor: no path is too
long. Some of it stands in the way of other parts, as on real systems: an immutable file with several names, files below a default ACL that have none."""
import array
import fcntl
import os
import socket
import stat
import struct
import subprocess

NANOSECONDS = 10**9
IMMUTABLE, APPEND_ONLY = 0x10, 0x20
GET_FLAGS, SET_FLAGS = 0x80086601, 0x40086602
FILE_FLAGS = {"secure-removal": 0x1, "undelete": 0x2, "compressed": 0x4, "sync": 0x8, "immutable": IMMUTABLE, "append-only": APPEND_ONLY, "no-dump": 0x40,
              "no-atime": 0x80, "no-tail": 0x8000, "dax": 0x02000000}
FOLDER_FLAGS = {"dir-sync": 0x10000, "top-of-hierarchy": 0x20000, "project-inherit": 0x20000000, "no-dump": 0x40, "no-atime": 0x80, "dax": 0x02000000}
OWNERS = [0, 1, 65534, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 2]
MODES = [0, 0o1, 0o200, 0o444, 0o777, 0o1000, 0o2010, 0o4100, 0o6755, 0o7777]
TIMES = {"first-of-ext4": -2**31 * NANOSECONDS, "before-1970": -1, "just-before": -NANOSECONDS - 1, "epoch": 0, "one": 1, "y2038": 2**31 * NANOSECONDS,
         "y2038-less": 2**31 * NANOSECONDS - 1, "y2106": 2**32 * NANOSECONDS + 7, "last-of-ext4": 15032385534 * NANOSECONDS + 999999999}
PAGE, MEBIBYTE = 4096, 1 << 20
HOLES = {"begin": ([(MEBIBYTE, 5000)], MEBIBYTE + 5000), "middle": ([(0, PAGE), (3 * MEBIBYTE, PAGE)], 3 * MEBIBYTE + PAGE),
         "end": ([(0, PAGE)], 8 * MEBIBYTE), "all": ([], 64 * MEBIBYTE), "every": ([(PAGE * 2, PAGE), (MEBIBYTE, 1), (5 * MEBIBYTE, 70_000)], 9 * MEBIBYTE + 1),
         "one-byte": ([], 1), "comb": ([(2 * PAGE * number, PAGE) for number in range(1500)], 3000 * PAGE)}
DEEP_LEVELS, DEEP_NAME = 25, b"d" * 200
SKIPPED = 77


def acl(*entries):
    """As the kernel keeps it: version 2, then tag, permissions, number of each."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 2**32 - 1
ACCESS = acl((1, 6, NOBODY), (2, 4, 1), (2, 6, 2**31 + 5), (4, 4, NOBODY), (8, 1, 70_000), (16, 6, NOBODY), (32, 0, NOBODY))
DEFAULT = acl((1, 7, NOBODY), (2, 5, 1), (4, 5, NOBODY), (8, 7, 4_000_000_000), (16, 7, NOBODY), (32, 1, NOBODY))
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)                       # cap_net_bind_service=ep
CAPABILITY_OF_NAMESPACE = struct.pack("<IIIIII", 0x03000001, 1 << 13, 0, 0, 0, 1000)   # cap_net_raw=ep of user 1000's namespace


def by_descriptor(folder, name):
    """A name that stands for exactly this entry, symlinks included, while the descriptor is open."""
    return os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)


def change_flags(folder, name, add=0, remove=0):
    file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=folder)
    flags = array.array("I", [0])
    fcntl.ioctl(file, GET_FLAGS, flags)
    flags[0] = (flags[0] | add) & ~remove
    fcntl.ioctl(file, SET_FLAGS, flags)
    os.close(file)


def set_attribute(folder, name, attribute, value):
    entry = by_descriptor(folder, name)
    os.setxattr(f"/proc/self/fd/{entry}", attribute, value)
    os.close(entry)


class Folder:
    """A folder that is being filled; its own time and flags come last, by finish()."""

    def __init__(self, path=None, folder=None, name=None):
        if path is not None:
            self.at = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        else:
            os.mkdir(name, dir_fd=folder)
            self.at = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)

    def below(self, name):
        return Folder(folder=self.at, name=name)

    def file(self, name, content=b"content"):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.at)
        os.write(file, content)
        os.close(file)
        return name

    def link(self, name, to, folder=None):
        os.link(name, to, src_dir_fd=self.at, dst_dir_fd=self.at if folder is None else folder.at, follow_symlinks=False)

    def symlink(self, target, name):
        os.symlink(target, name, dir_fd=self.at)

    def time(self, name, nanoseconds):
        os.utime(name, ns=(nanoseconds, nanoseconds), dir_fd=self.at, follow_symlinks=False)

    def close(self):
        os.close(self.at)


def make_names(root):
    for name in (b"new\nline", b"escape\x1b[2Jtail", b"invalid\xff\xc0utf8", b"-rf", b"--", b" ", b"tab\t and space ", b"quote'\"\\", b"*?[x]", b"a", b"a.b",
                 b"...", b".hidden", "grün\u2028\u202e".encode(), b"~", b"$(x)`x`"):
        root.file(name, b"content of " + name)
    every = root.below("every-byte")
    for byte in set(range(1, 256)) - {ord("/"), ord(".")}:
        every.file(bytes([byte]), b"%d" % byte)
    every.file(b"n" * 255)
    every.file(b"\xff" * 255)
    every.close()
    order = root.below(b"a.d")         # sorts between a.b and a/
    order.file(b"\x01")
    order.close()
    root.file("empty", b"")
    root.below("empty-folder").close()


def make_kinds(root, other):
    kinds = root.below("kinds")
    os.mkfifo("fifo", 0o640, dir_fd=kinds.at)
    os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3), dir_fd=kinds.at)
    os.mknod("whiteout", stat.S_IFCHR, 0, dir_fd=kinds.at)
    os.mknod("block", stat.S_IFBLK | 0o660, os.makedev(4095, 1048575), dir_fd=kinds.at)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(f"/proc/self/fd/{kinds.at}/socket")
    for number, target in enumerate((b"no/such\nplace", b"self", b"x" * 4095, b"../a.d", b"\xff\xfe", b"/etc/passwd", b".", b"//a/../b/")):
        kinds.symlink(target, b"link%d" % number)
        kinds.time(b"link%d" % number, number * NANOSECONDS + number)
    kinds.symlink("self", "self")
    os.chown("link0", 7, 2**32 - 2, dir_fd=kinds.at, follow_symlinks=False)
    for name in ("fifo", "null", "block", "socket", "link0"):          # each kind with more names, also in the other root
        kinds.link(name, "z-" + name)
        kinds.link(name, "kinds-" + name, other)
        kinds.time(name, 1_234_567_890_123_456_789)
    for name in ("fifo", "null", "block", "socket"):
        os.chmod(name, 0o7351, dir_fd=kinds.at)
    kinds.close()


def make_rights(root):
    rights = root.below("rights")
    for mode in MODES:
        rights.file(f"file-{mode:o}")
        rights.below(f"folder-{mode:o}").close()
    for owner in OWNERS:
        rights.file(f"owner-{owner}")
        os.chown(f"owner-{owner}", owner, OWNERS[-1 - OWNERS.index(owner)], dir_fd=rights.at)
        rights.file(f"setuid-{owner}")
        os.chown(f"setuid-{owner}", owner, owner, dir_fd=rights.at)
        os.chmod(f"setuid-{owner}", 0o6711, dir_fd=rights.at)
    closed = rights.below("without-rights")
    closed.file("inside", b"nobody but root comes here")
    closed.below("below").close()
    closed.close()
    os.chown("without-rights", 12345, 54321, dir_fd=rights.at)
    for mode in MODES:
        os.chmod(f"file-{mode:o}", mode, dir_fd=rights.at)
        os.chmod(f"folder-{mode:o}", mode, dir_fd=rights.at)
    os.chmod("without-rights", 0, dir_fd=rights.at)
    rights.close()


def make_attributes(root):
    attributes = root.below("attributes")
    for name in ("access", "capability", "namespace", "many", "large", "security", "private"):
        attributes.file(name)
    set_attribute(attributes.at, "access", "system.posix_acl_access", ACCESS)
    set_attribute(attributes.at, "capability", "security.capability", CAPABILITY)
    set_attribute(attributes.at, "namespace", "security.capability", CAPABILITY_OF_NAMESPACE)
    for number in range(60):
        set_attribute(attributes.at, "many", f"user.number{number:03d}", b"\0\xff" * (number // 4))
    set_attribute(attributes.at, "many", b"user." + b"\xff\n=" * 80, b"a strange name")
    set_attribute(attributes.at, "many", "user.empty", b"")
    for size in (1, 4000, 65535, 65536):
        set_attribute(attributes.at, "large", f"user.{size}", bytes(number % 251 for number in range(size)))
    set_attribute(attributes.at, "security", "security.sparekeep-test", b"for a security module")
    set_attribute(attributes.at, "private", "trusted.secret", b"x" * 5000)
    attributes.symlink("nowhere", "link")
    os.mkfifo("fifo", dir_fd=attributes.at)
    for name in ("link", "fifo"):
        set_attribute(attributes.at, name, "trusted.kind", name.encode())
    inherits = attributes.below("inherits")
    inherits.file("born-before", b"has no ACL")
    set_attribute(attributes.at, "inherits", "system.posix_acl_default", DEFAULT)
    set_attribute(attributes.at, "inherits", "system.posix_acl_access", ACCESS)
    set_attribute(attributes.at, "inherits", "user.folder", b"folders have them, too")
    inherits.file("born-after", b"has one")
    inherits.below("folder-after").close()
    inherits.close()
    attributes.close()


def make_flags(root, other):
    flags = root.below("flags")
    for name, bits in FILE_FLAGS.items():
        flags.file(name)
        flags.link(name, "z-" + name)                # an immutable file takes no further name: so its flags come last
        flags.link(name, "flags-" + name, other)
    for name, bits in FOLDER_FLAGS.items():
        flags.below("folder-" + name).close()
    for name, bits in (("immutable", IMMUTABLE), ("append-only", APPEND_ONLY)):
        closed = flags.below("closed-" + name)
        closed.file("inside", b"in a folder that takes no more names")
        closed.time("inside", 5)
        closed.close()
    for name, bits in FILE_FLAGS.items():
        flags.time(name, 77 * NANOSECONDS + 7)
        change_flags(flags.at, name, bits)
    for name, bits in FOLDER_FLAGS.items():
        change_flags(flags.at, "folder-" + name, bits)
    for name, bits in (("immutable", IMMUTABLE), ("append-only", APPEND_ONLY)):
        flags.time("closed-" + name, 99)
        change_flags(flags.at, "closed-" + name, bits)
    flags.close()


def make_contents(root, other):
    holes = root.below("holes")
    for name, (extents, size) in HOLES.items():
        file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=holes.at)
        for offset, length in extents:
            os.pwrite(file, os.urandom(length), offset)
        os.ftruncate(file, size)
        os.close(file)
    holes.file("zeros", bytes(MEBIBYTE))             # as many zeros as a hole, and none
    holes.close()
    contents = root.below("contents")
    for size in (1, 511, PAGE, PAGE + 1, 300_000, 3 * MEBIBYTE + 17):
        contents.file(f"bytes{size}", os.urandom(size))
    contents.file("several", b"one content, four names")
    for name, folder in (("a-second", None), ("z-third", None), ("fourth", other)):
        contents.link("several", name, folder)
    contents.close()


def make_times(root):
    times = root.below("times")
    for name, nanoseconds in TIMES.items():
        times.file(name)
        times.symlink("x", "link-" + name)
        folder = times.below("folder-" + name)
        folder.file("inside")
        folder.close()
        for kind in ("", "link-", "folder-"):
            times.time(kind + name, nanoseconds)
    times.close()
    root.time("times", 3)


def make_deep(root, other):
    """Deeper than a path may be long; at the bottom some of everything."""
    at = root.below("deep")
    for _ in range(DEEP_LEVELS):
        below = at.below(DEEP_NAME)
        at.close()
        at = below
    at.file("bottom", b"deep down")
    at.link("bottom", "deep-bottom", other)
    at.symlink("bottom", "link")
    at.below("folder").close()
    set_attribute(at.at, "folder", "system.posix_acl_default", DEFAULT)
    set_attribute(at.at, "bottom", "user.deep", b"attribute")
    change_flags(at.at, "bottom", IMMUTABLE)
    os.chmod("folder", 0, dir_fd=at.at)
    at.time("folder", -3)
    at.close()


def build(folder):
    """`folder`/one and `folder`/two, the roots of a backup, with links from one to the other."""
    for name in ("one", "two"):
        os.mkdir(os.path.join(folder, name))
    one, two = (Folder(os.path.join(folder, name)) for name in ("one", "two"))
    make_names(one)
    make_kinds(one, two)
    make_rights(one)
    make_attributes(one)
    make_flags(one, two)
    make_contents(one, two)
    make_times(one)
    make_deep(one, two)
    one.close()
    two.close()
    root = Folder(folder)
    set_attribute(root.at, "one", "user.root", b"roots have them, too")
    os.chmod("two", 0o3700, dir_fd=root.at)
    os.chown("two", 2**32 - 2, 5, dir_fd=root.at)
    root.time("one", -7)
    root.time("two", 2**31 * NANOSECONDS + 1)
    root.close()


def unprotect(folder):
    """Takes away what forbids removal."""
    subprocess.run(["chattr", "-R", "-f", "-i", "-a", folder], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
