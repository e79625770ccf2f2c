"""Writes the entries of a snapshot below a folder: docs/format.md, "Manifest". As much of owners as the rights here allow."""
import errno
import grp
import os
import pwd
import stat

import xxhash

from wire import Refused

REGULAR, DIRECTORY, SYMLINK, FIFO, SOCKET, CHARACTER, BLOCK = range(1, 8)
NODES = {FIFO: stat.S_IFIFO, SOCKET: stat.S_IFSOCK, CHARACTER: stat.S_IFCHR, BLOCK: stat.S_IFBLK}


class Restorer:
    def __init__(self, snapshot, target):
        self.snapshot, self.target = snapshot, os.fsencode(target)
        self.folders, self.failed, self.last = [], [], (None, b"")

    def place(self, path):
        return self.target + path if path != b"/" else self.target

    def run(self):
        """The paths that failed, with reasons."""
        for entry in self.snapshot.entries():
            try:
                self.restore(entry)
            except (Refused, OSError) as error:
                self.failed.append((entry.path, str(error)))
        for entry in reversed(self.folders):
            self.set_metadata(entry)
        return self.failed

    def restore(self, entry):
        place = self.place(entry.path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if entry.kind == DIRECTORY:
            os.makedirs(place, exist_ok=True)
            self.folders.append(entry)                # times and modes last: files come in after it
            return
        if entry.hard_link:
            os.link(self.place(entry.hard_link), place, follow_symlinks=False)
            return
        if entry.kind == REGULAR:
            self.write_file(entry, place)
        elif entry.kind == SYMLINK:
            os.symlink(entry.target, place)
        else:
            os.mknod(place, NODES[entry.kind] | 0o600, os.makedev(*entry.device) if entry.device else 0)
        self.set_metadata(entry)

    def chunk(self, number):
        if self.last[0] != number:
            self.last = (number, self.snapshot.chunk(number))
        return self.last[1]

    def pieces(self, entry):
        for number, offset, length in entry.pieces:
            piece = memoryview(self.chunk(number))[offset:offset + length]
            if len(piece) != length:
                raise Refused(f"a piece lies behind the end of chunk {number}")
            yield piece

    def write_file(self, entry, place):
        if sum(length for _, _, length in entry.pieces) != sum(length for _, length in entry.extents):
            raise Refused("its pieces do not add up")
        temporary = place + b".unfinished"
        try:
            with open(temporary, "xb") as file:
                hash_of_all = write_pieces(file, self.pieces(entry), entry.extents)
                file.truncate(entry.size)
            if entry.hash and hash_of_all != entry.hash:
                raise Refused("its XXH3 is another one")
            os.rename(temporary, place)
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)

    def set_metadata(self, entry):
        place = self.place(entry.path)
        if os.geteuid() == 0:
            os.chown(place, number_of(entry.user, entry.uid, lambda name: pwd.getpwnam(name).pw_uid),
                     number_of(entry.group, entry.gid, lambda name: grp.getgrnam(name).gr_gid), follow_symlinks=False)
        for name, value in entry.attributes:
            set_attribute(place, name, value)
        if entry.kind != SYMLINK:
            os.chmod(place, entry.mode)
        os.utime(place, ns=(entry.mtime, entry.mtime), follow_symlinks=False)


def write_pieces(file, pieces, extents):
    """Writes the stored bytes to where the extents say; their XXH3-128. There are as many bytes as the extents hold."""
    hash_of_all, extents, left = xxhash.xxh3_128(), iter(extents), 0
    for piece in pieces:
        hash_of_all.update(piece)
        while piece:
            while not left:
                at, left = next(extents)
                file.seek(at)
            step = min(left, len(piece))
            file.write(piece[:step])
            piece, left = piece[step:], left - step
    return hash_of_all.intdigest().to_bytes(16, "little")


def number_of(name, number, look_up):
    """Owners by name, then by number."""
    try:
        return look_up(os.fsdecode(name)) if name else number
    except KeyError:
        return number


def set_attribute(place, name, value):
    try:
        os.setxattr(place, name, value, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM):
            raise
