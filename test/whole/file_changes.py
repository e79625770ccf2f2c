"""Changes of a tree that awkward_files built, each of one property, and what a comparison has to say of it."""
import os
import stat

from awkward_files import ACCESS, DEFAULT, IMMUTABLE, NANOSECONDS, PAGE, by_descriptor, change_flags, set_attribute


class Tree:
    """Changes by path below the tree; a path's folder is opened first, so that no name is too long."""

    def __init__(self, tree):
        self.tree = tree

    def folder(self, path):
        at = os.open(self.tree, os.O_RDONLY | os.O_DIRECTORY)
        for name in path.split("/")[:-1]:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=at)
            os.close(at)
            at = below
        return at, path.split("/")[-1]

    def at(self, path, change):
        """change(folder, name), and the time of the entry is what it was."""
        folder, name = self.folder(path)
        before = os.stat(name, dir_fd=folder, follow_symlinks=False)
        above = os.fstat(folder)
        change(folder, name)
        try:
            os.utime(name, ns=(0, before.st_mtime_ns), dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            pass
        if os.fstat(folder).st_mtime_ns != above.st_mtime_ns:
            os.utime(folder, ns=(0, above.st_mtime_ns))
        os.close(folder)

    def content(self, path, change, flags=os.O_RDWR):
        def opened(folder, name):
            file = os.open(name, flags, dir_fd=folder)
            change(file)
            os.close(file)
        self.at(path, opened)

    def owner(self, path, user, group):
        """Giving away takes setuid, setgid and capabilities along: the files that this is for have none."""
        self.at(path, lambda folder, name: os.chown(name, user, group, dir_fd=folder, follow_symlinks=False))

    def mode(self, path, mode):
        self.at(path, lambda folder, name: os.chmod(name, mode, dir_fd=folder))

    def attribute(self, path, attribute, value):
        self.at(path, lambda folder, name: set_attribute(folder, name, attribute, value))

    def no_attribute(self, path, attribute):
        def remove(folder, name):
            entry = by_descriptor(folder, name)
            os.removexattr(f"/proc/self/fd/{entry}", attribute)
            os.close(entry)
        self.at(path, remove)

    def flags(self, path, add=0, remove=0):
        folder, name = self.folder(path)
        change_flags(folder, name, add, remove)
        os.close(folder)

    def time(self, path, nanoseconds):
        folder, name = self.folder(path)
        os.utime(name, ns=(0, nanoseconds), dir_fd=folder, follow_symlinks=False)
        os.close(folder)

    def made_anew(self, path, make):
        def change(folder, name):
            before = os.stat(name, dir_fd=folder, follow_symlinks=False)
            os.unlink(name, dir_fd=folder)
            make(folder, name)
            os.chown(name, before.st_uid, before.st_gid, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISLNK(before.st_mode):
                os.chmod(name, stat.S_IMODE(before.st_mode), dir_fd=folder)
            os.utime(name, ns=(0, before.st_mtime_ns), dir_fd=folder, follow_symlinks=False)
        self.at(path, change)


def change_everything(tree):
    """Makes one change after the other; yields what it was, and the set of (path, property) that now differ because of it."""
    for name, path, properties, change in changes(Tree(tree)):
        change()
        pairs = {(path, one) for one in properties.split(", ")} if isinstance(properties, str) else properties
        yield name, {(os.fsencode(where), one) for where, one in pairs}


def links_parted(*paths):
    """Of a file with so many names the first one has become another file."""
    first, *others = paths
    return {(path, one) for path in paths for one in ("names",)} | {(path, "first_name") for path in others}


def changes(tree):
    kinds, rights, attributes, flags, holes, contents, times = (f"one/{name}/" for name in ("kinds", "rights", "attributes", "flags", "holes", "contents", "times"))
    yield "a byte", contents + "bytes300000", "content", lambda: tree.content(contents + "bytes300000", lambda file: os.pwrite(file, b"?!", 150_000))
    yield "shorter", contents + "bytes4096", "content, size, holes", lambda: tree.content(contents + "bytes4096", lambda file: os.ftruncate(file, 4095))
    yield "a name less", "one/empty", "missing", lambda: tree.at("one/empty", lambda folder, name: os.unlink(name, dir_fd=folder))
    yield "a name more", "two/more", "extra", lambda: tree.at("two", lambda folder, name: os.close(os.open(name + "/more", os.O_CREAT | os.O_WRONLY, dir_fd=folder)))
    yield "a nanosecond", times + "y2106", "time", lambda: tree.time(times + "y2106", 2**32 * NANOSECONDS + 8)
    yield "a folder's time", times + "folder-epoch", "time", lambda: tree.time(times + "folder-epoch", 1)
    yield "a link's time", times + "link-epoch", "time", lambda: tree.time(times + "link-epoch", 1)
    yield "a root's time", "one", "time", lambda: tree.time("one", -8)
    yield "a mode", rights + "file-777", "mode", lambda: tree.mode(rights + "file-777", 0o776)
    yield "setuid", rights + "setuid-65536", "mode", lambda: tree.mode(rights + "setuid-65536", 0o2711)
    yield "sticky", rights + "folder-1000", "mode", lambda: tree.mode(rights + "folder-1000", 0)
    yield "a user", rights + "owner-4294967294", "user", lambda: tree.owner(rights + "owner-4294967294", 2**32 - 3, -1)
    yield "a group", rights + "owner-0", "group", lambda: tree.owner(rights + "owner-0", -1, 2**32 - 3)
    yield "a link's user", kinds + "link4", "user", lambda: tree.owner(kinds + "link4", 5, -1)
    yield "a value", attributes + "large", "attribute user.65536", lambda: tree.attribute(attributes + "large", "user.65536", b"x" * 65536)
    yield "an attribute less", attributes + "many", "attribute user.empty", lambda: tree.no_attribute(attributes + "many", "user.empty")
    yield "an attribute more", kinds + "block", {(path, "attribute trusted.more") for path in (kinds + "block", kinds + "z-block", "two/kinds-block")}, \
        lambda: tree.attribute(kinds + "block", "trusted.more", b"")
    yield "a capability", attributes + "capability", "attribute security.capability", lambda: tree.no_attribute(attributes + "capability", "security.capability")
    yield "an attribute of a link", attributes + "link", "attribute trusted.kind", lambda: tree.attribute(attributes + "link", "trusted.kind", b"another")
    yield "an ACL", attributes + "access", "attribute system.posix_acl_access, mode", \
        lambda: tree.no_attribute(attributes + "access", "system.posix_acl_access") or tree.mode(attributes + "access", 0o600)
    yield "an ACL more", attributes + "inherits/born-before", "attribute system.posix_acl_access, mode", \
        lambda: tree.attribute(attributes + "inherits/born-before", "system.posix_acl_access", ACCESS)
    yield "a default ACL", attributes + "inherits", "attribute system.posix_acl_default", lambda: tree.no_attribute(attributes + "inherits", "system.posix_acl_default")
    yield "a default ACL more", "one/empty-folder", "attribute system.posix_acl_default", \
        lambda: tree.attribute("one/empty-folder", "system.posix_acl_default", DEFAULT)
    yield "a flag less", flags + "no-dump", {(path, "flags") for path in (flags + "no-dump", flags + "z-no-dump", "two/flags-no-dump")}, \
        lambda: tree.flags(flags + "no-dump", remove=0x40)
    yield "a flag more", contents + "bytes1", "flags", lambda: tree.flags(contents + "bytes1", 0x80)
    yield "dax", flags + "folder-dax", "flags", lambda: tree.flags(flags + "folder-dax", remove=0x02000000)
    yield "a folder's flag", flags + "folder-dir-sync", "flags", lambda: tree.flags(flags + "folder-dir-sync", remove=0x10000)
    yield "immutable", flags + "closed-immutable", "flags", lambda: tree.flags(flags + "closed-immutable", remove=IMMUTABLE)
    yield "protected", times + "one", "flags", lambda: tree.flags(times + "one", IMMUTABLE)
    yield "in a folder that takes no new names", flags + "closed-append-only/inside", "content", \
        lambda: tree.content(flags + "closed-append-only/inside", lambda file: os.pwrite(file, b"IN", 0))
    yield "a hole filled", holes + "middle", "holes, content", lambda: tree.content(holes + "middle", lambda file: os.pwrite(file, bytes(PAGE), 2 * PAGE))
    yield "the last hole filled", holes + "end", "holes, content", lambda: tree.content(holes + "end", lambda file: os.pwrite(file, b"\0", 8 * (1 << 20) - 1))
    yield "a link's target", kinds + "link3", "target, size", lambda: tree.made_anew(kinds + "link3", lambda folder, name: os.symlink("..", name, dir_fd=folder))
    yield "a device's number", kinds + "whiteout", "device", lambda: tree.made_anew(
        kinds + "whiteout", lambda folder, name: os.mknod(name, stat.S_IFCHR, os.makedev(0, 1), dir_fd=folder))
    yield "a kind", attributes + "fifo", "kind, attribute trusted.kind", lambda: tree.made_anew(
        attributes + "fifo", lambda folder, name: os.mknod(name, stat.S_IFSOCK, dir_fd=folder))
    yield "a link that is a copy", "two/fourth", links_parted(contents + "a-second", contents + "several", contents + "z-third", "two/fourth") - {
        (contents + "several", "first_name"), (contents + "z-third", "first_name")}, lambda: tree.made_anew("two/fourth", same_content)
    yield "a link of a FIFO parted", kinds + "z-fifo", {(kinds + "fifo", "names"), (kinds + "z-fifo", "names"), (kinds + "z-fifo", "first_name"),
                                                        ("two/kinds-fifo", "names")}, \
        lambda: tree.made_anew(kinds + "z-fifo", lambda folder, name: os.mkfifo(name, dir_fd=folder))
    deep = "one/deep/" + ("d" * 200 + "/") * 25
    yield "deep content", deep + "link", "target, size", lambda: tree.made_anew(deep + "link", lambda folder, name: os.symlink("up", name, dir_fd=folder))
    yield "a deep attribute", deep + "folder", "attribute system.posix_acl_default", lambda: tree.no_attribute(deep + "folder", "system.posix_acl_default")


def same_content(folder, name):
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
    os.write(file, b"one content, four names")
    os.close(file)
