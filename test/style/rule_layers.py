"""Who may include whom: cmake/layers.txt, held.

`folder -> a b lib/*`         what a folder may include; its own files always; `*` is everything
`a/x !> a/y`                  forbids a pair inside one folder
`external X Y : folders`      who may include a library's headers; X is how the include begins
"""
import os
import re
from dataclasses import dataclass, field
from fnmatch import fnmatch

from tree import Finding

LAYERS = "cmake/layers.txt"
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>
SYSTEM_FOLDERS = ("sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "gnu/")
SYSTEM_HEADERS = set("""
aio assert ctype dirent dlfcn endian errno fcntl features fnmatch ftw getopt glob grp ifaddrs inttypes langinfo libgen
limits locale malloc math mntent netdb poll pthread pwd shadow regex sched semaphore signal spawn stdarg stdatomic stdbool
stddef stdint stdio stdlib string strings syslog termios time ucontext unistd utime wait wchar
""".split())


@dataclass
class Layers:
    allowed: dict = field(default_factory=dict)     # folder -> patterns
    forbidden: list = field(default_factory=list)   # (folder, folder)
    external: dict = field(default_factory=dict)    # beginning of an include -> folders

    def layer_of(self, path):
        fitting = [layer for layer in self.allowed if path.startswith(layer + "/")]
        return max(fitting, key=len, default=None)

    def sees_all(self, layer):
        return "*" in self.allowed.get(layer, ())


def read_layers(file):
    """(layers, findings): a line that is none of the three forms is found."""
    layers, findings = Layers(), []
    for number, raw in enumerate(file.lines, 1):
        line = raw.split("#")[0].strip()
        pair = re.fullmatch(r"(\S+) !> (\S+)", line)
        external = re.fullmatch(r"external (.+?) :(.*)", line)
        row = re.fullmatch(r"(\S+) ->(.*)", line)
        if pair:
            layers.forbidden.append((pair[1], pair[2]))
        elif external:
            layers.external.update({name: external[2].split() for name in external[1].split()})
        elif row:
            layers.allowed[row[1]] = row[2].split()
        elif line:
            findings.append(file.finding(number, "layers", f"'{line}' is no line of the forms that test/style knows"))
    return layers, findings


def within(path, folder):
    return path.startswith(folder + "/")


def check_own(layers, file, line, name):
    """One include of a file of this tree."""
    own, other = layers.layer_of(file.path), layers.layer_of(name)
    if own is None or other is None:
        missing = file.path if own is None else name
        yield file.finding(line, "layers", f"'{os.path.dirname(missing)}' has no line in {LAYERS}")
        return
    for here, there in layers.forbidden:
        if within(file.path, here) and within(name, there):
            yield file.finding(line, "layers", f"{here} must not include {there} ('{name}')")
    if own != other and not layers.sees_all(own) and not any(fnmatch(other, pattern) for pattern in layers.allowed[own]):
        yield file.finding(line, "layers", f"{own} must not include {other} ('{name}')")


def check_foreign(layers, file, line, name):
    """One include in angle brackets: the standard's, the system's, or a library's behind its door."""
    if STANDARD.match(name) or name.startswith(SYSTEM_FOLDERS) or re.sub(r"\.h$", "", name) in SYSTEM_HEADERS:
        return
    doors = max((known for known in layers.external if name.startswith(known)), key=len, default=None)
    if layers.sees_all(layers.layer_of(file.path)):
        return
    if doors is None:
        yield file.finding(line, "external", f"<{name}> is of no library that {LAYERS} lists")
    elif not any(within(file.path, folder) for folder in layers.external[doors]):
        yield file.finding(line, "external", f"<{name}> may be included only by {' '.join(layers.external[doors])}")


def check(tree):
    file = tree.file(LAYERS)
    if file is None:
        yield Finding(LAYERS, 1, "layers", "the list of layers is missing")
        return
    layers, findings = read_layers(file)
    yield from findings
    known = set(tree.paths)
    for file in tree.cxx:
        for line, name, angled in file.includes:
            if angled:
                yield from check_foreign(layers, file, line, name)
            elif name not in known:
                yield file.finding(line, "include", f"'{name}' is no file from the root of the tree")
            else:
                yield from check_own(layers, file, line, name)
