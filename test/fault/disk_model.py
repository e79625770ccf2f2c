"""A disk that forgets: what a file system may hold after a power cut, by what was synced and what was not.

Each file has what was written and what was synced; each folder has its names and its synced names. After a cut either may
be found, and names and data need not be found together. Four worst cases stand for all:

    synced            only what was synced, names and data
    names-only        all names, but of the data only what was synced (the classic empty file after a rename)
    data-only         all data, but only the names that were synced
    everything        all of it, as after a kill
"""
import os
from dataclasses import dataclass, field

STATES = ("synced", "names-only", "data-only", "everything")


@dataclass
class File:
    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    mode: int = 0o600


@dataclass
class Folder:
    names: dict = field(default_factory=dict)
    synced: dict = field(default_factory=dict)


class Disk:
    def __init__(self, root):
        """All that lies below `root` now is on the disk for good."""
        self.root = root
        self.top = self._load(root)

    def _load(self, path):
        if not os.path.isdir(path):
            with open(path, "rb") as handle:
                data = handle.read()
            return File(bytearray(data), data, os.stat(path).st_mode & 0o777)
        names = {name: self._load(os.path.join(path, name)) for name in os.listdir(path)}
        return Folder(names, dict(names))

    def holds(self, path):
        return path == self.root or path.startswith(self.root + "/")

    def find(self, path):
        """The file or folder at a path, or None."""
        at = self.top
        for name in [name for name in path[len(self.root):].split("/") if name]:
            at = at.names.get(name) if isinstance(at, Folder) else None
        return at

    def parent(self, path):
        folder = self.find(os.path.dirname(path))
        return folder if isinstance(folder, Folder) else None

    def open(self, path, creates, truncates, mode):
        found = self.find(path)
        if found is None and creates:
            found = self.parent(path).names[os.path.basename(path)] = File(mode=mode)
        if isinstance(found, File) and truncates:
            found.data.clear()

    def make_folder(self, path):
        self.parent(path).names[os.path.basename(path)] = Folder()

    def write(self, path, offset, data):
        file = self.find(path)
        if isinstance(file, File):
            if len(file.data) < offset:
                file.data.extend(bytes(offset - len(file.data)))
            file.data[offset:offset + len(data)] = data

    def truncate(self, path, length):
        file = self.find(path)
        if isinstance(file, File):
            del file.data[length:]
            file.data.extend(bytes(length - len(file.data)))

    def sync(self, path):
        found = self.find(path)
        if isinstance(found, File):
            found.synced = bytes(found.data)
        elif found is not None:
            found.synced = dict(found.names)

    def sync_all(self, at=None):
        at = at or self.top
        for below in at.names.values() if isinstance(at, Folder) else ():
            self.sync_all(below)
        if isinstance(at, Folder):
            at.synced = dict(at.names)
        else:
            at.synced = bytes(at.data)

    def rename(self, old, new, keeps):
        moved = self.find(old)
        if moved is not None:
            if not keeps:
                del self.parent(old).names[os.path.basename(old)]
            self.parent(new).names[os.path.basename(new)] = moved

    def remove(self, path):
        if self.find(path) is not None:
            del self.parent(path).names[os.path.basename(path)]

    def state(self, kind):
        """{path below the root: (bytes, mode), or None for a folder} as one of STATES."""
        all_names, all_data = kind in ("names-only", "everything"), kind in ("data-only", "everything")
        found = {}

        def collect(at, prefix):
            for name, below in sorted((at.names if all_names else at.synced).items()):
                if isinstance(below, Folder):
                    found[prefix + name] = None
                    collect(below, prefix + name + "/")
                else:
                    found[prefix + name] = (bytes(below.data) if all_data else below.synced, below.mode)

        collect(self.top, "")
        return found
