"""Corpora for measurements, made once below a folder, each with a second version that is swapped in and out by renames, so that unchanged
files keep inode and times as on a live host: source (a Linux tree), tiny (small files), images (few large files), system (a /usr)."""
import ctypes
import itertools
import json
import os
import random
import shutil
import subprocess

SOURCE_ARCHIVE = "/usr/src/linux-source-6.1.tar.xz"
TINY_FILES, TINY_FOLDER = 200_000, 1000
SYSTEM_BYTES = 2_000_000_000
IMAGE_BYTES, DUMP_ROWS, RANDOM_BYTES = 1_200_000_000, 6_000_000, 1_000_000_000
CHANGED, REMOVED, ADDED = 0.015, 0.0175, 0.02     # shares of files, cumulative
RENAME_EXCHANGE, AT_FDCWD = 2, -100
PIECE = 1 << 22

NAMES = ["source", "tiny", "images", "system"]


def exchange(left, right):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(left), AT_FDCWD, os.fsencode(right), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), f"exchanging {left} and {right}")


def files_below(root):
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def make_source(to):
    if not os.path.exists(SOURCE_ARCHIVE):
        raise SystemExit(f"'{SOURCE_ARCHIVE}' is missing; install linux-source-6.1")
    os.makedirs(to)
    subprocess.run(["tar", "xf", SOURCE_ARCHIVE, "-C", to, "--no-same-owner"], check=True)


def make_tiny(to, source, count=TINY_FILES):
    """Pieces of 512 to 1536 bytes of source text, each with a line of its own in front."""
    chance = random.Random(7)
    texts = [path for path in files_below(source) if path.endswith((".c", ".h", ".rst", ".S"))]
    chance.shuffle(texts)
    text, at = b"", iter(texts)
    for number in range(count):
        folder = os.path.join(to, f"{number // TINY_FOLDER:03d}")
        if number % TINY_FOLDER == 0:
            os.makedirs(folder)
        while len(text) < 2048:
            with open(next(at), "rb") as file:
                text += file.read()
        length = chance.randint(512, 1536)
        with open(os.path.join(folder, f"f{number:06d}.txt"), "wb") as file:
            file.write(b"%06d\n" % number + text[:length])
        text = text[length:]


def make_images(to, system):
    os.makedirs(to)
    image = os.path.join(to, "disk.img")
    size = sum(os.lstat(path).st_size for path in files_below(system))
    part = os.path.join(system, "share") if size > IMAGE_BYTES * 0.8 else system
    inodes = sum(len(folders) + len(names) for _, folders, names in os.walk(part)) + 1000
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-N", str(inodes), "-d", part, image, f"{IMAGE_BYTES // 1024}k"], check=True)
    chance = random.Random(9)
    with open(os.path.join(to, "dump.sql"), "w", encoding="ascii") as file:
        file.write("COPY accounts (aid, bid, abalance, filler) FROM stdin;\n")
        for row in range(1, DUMP_ROWS + 1):
            file.write(f"{row}\t{row // 100000 + 1}\t{chance.randrange(-5000, 5000)}\t{'':84}\n")
    with open(os.path.join(to, "random.bin"), "wb") as file:
        for _ in range(RANDOM_BYTES // PIECE):
            file.write(chance.randbytes(PIECE))


def make_system(to):
    """Folders of /usr in a fixed order until there is enough."""
    os.makedirs(to)
    total = 0
    for name in ("bin", "sbin", "libexec", "include", "share", "lib/x86_64-linux-gnu", "lib/gcc", "lib/python3"):
        size = int(subprocess.run(["du", "-xsb", f"/usr/{name}"], check=True, capture_output=True, text=True).stdout.split()[0])
        if total + size > SYSTEM_BYTES:
            continue
        total += size
        os.makedirs(os.path.dirname(os.path.join(to, name)), exist_ok=True)
        subprocess.run(["cp", "-ax", f"/usr/{name}", os.path.join(to, name)], check=True)


def changed_copy(path, to, chance):
    """A middle overwritten and a line at the end."""
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with open(path, "rb") as file:
        data = bytearray(file.read())
    middle = len(data) // 2
    data[middle:middle + 64] = chance.randbytes(32).hex().encode()
    with open(to, "wb") as file:
        file.write(data + b"changed %d\n" % chance.randrange(1 << 30))
    os.chmod(to, os.stat(path).st_mode & 0o7777)


def changed_image(path, to, chance):
    """1 MiB inserted in the middle; 1 % of the pages written over."""
    with open(path, "rb") as old, open(to, "wb") as new:
        shutil.copyfileobj(old, new, PIECE)
        size = new.tell()
        if not path.endswith(".img"):
            old.seek(size // 2)
            new.seek(size // 2)
            new.write(chance.randbytes(1 << 20))
            shutil.copyfileobj(old, new, PIECE)
        if not path.endswith(".sql"):
            for _ in range(size // 4096 // 100 // 16):
                new.seek(chance.randrange(size // 65536) * 65536)
                new.write(chance.randbytes(65536))


def make_second(live, second):
    chance, steps = random.Random(42), []
    os.makedirs(second)
    for path in list(files_below(live)):
        name = os.path.relpath(path, live)
        draw = chance.random()
        if os.path.basename(live) == "images":
            changed_image(path, os.path.join(second, name), chance)
            steps.append(["exchange", name])
        elif draw < CHANGED:
            changed_copy(path, os.path.join(second, name), chance)
            steps.append(["exchange", name])
        elif draw < REMOVED:
            steps.append(["remove", name])
        elif draw < ADDED:
            changed_copy(path, os.path.join(second, name + ".new"), chance)
            steps.append(["add", name + ".new"])
    with open(os.path.join(second, ".steps"), "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(steps, file)


class Corpus:
    def __init__(self, base, name):
        self.base, self.name = base, name
        self.live, self.second = os.path.join(base, name), os.path.join(base, name + ".second")

    def make(self):
        """Each part aside and renamed: an interrupted one is made again."""
        makers = {"source": make_source, "system": make_system,
                  "tiny": lambda to: make_tiny(to, Corpus(self.base, "source").make().live),
                  "images": lambda to: make_images(to, Corpus(self.base, "system").make().live)}
        for path, maker in ((self.live, makers[self.name]), (self.second, lambda to: make_second(self.live, to))):
            if not os.path.isdir(path):
                shutil.rmtree(path + ".part", ignore_errors=True)
                maker(path + ".part")
                os.rename(path + ".part", path)
        return self

    def read(self):
        """Everybody begins with both versions in memory."""
        for path in itertools.chain(files_below(self.live), files_below(self.second)):
            with open(path, "rb") as file:
                while file.read(PIECE):
                    pass

    def show(self, second):
        """Puts the second version, or the first, in place."""
        mark = os.path.join(self.second, ".shown")
        if os.path.exists(mark) == second:
            return
        with open(os.path.join(self.second, ".steps"), encoding="utf-8", errors="surrogateescape") as file:
            for kind, name in json.load(file):
                live, other = os.path.join(self.live, name), os.path.join(self.second, name)
                if kind == "exchange":
                    exchange(live, other)
                elif (kind == "add") == second:
                    os.rename(other, live)
                else:
                    os.makedirs(os.path.dirname(other), exist_ok=True)
                    os.rename(live, other)
        if second:
            open(mark, "w", encoding="ascii").close()
        else:
            os.unlink(mark)
