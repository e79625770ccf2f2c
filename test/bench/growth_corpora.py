"""What grows: folders of many tiny files, one folder of a million, bytes that repeat, one huge sparse file, a tree deeper than PATH_MAX. All of it lies on
an ext4 of its own that keeps contents of 40 bytes in the inodes, so that ten million files take a few gigabytes."""
import multiprocessing
import os
import subprocess

from work_disk import WorkDisk

FILES_A_FOLDER = 1000
INODES = 12_800_000
IMAGE_BYTES = 16 << 30
MAKERS = 2                    # processes
DEEP_NAME = "d" * 250         # 400 of them are 100,000 bytes of path
BLOCK_BYTES = 100_000_000     # what is repeated
MEBIBYTE = 1 << 20


def make_files(folder, first, count):
    """`count` files with contents of their own, 40 bytes each, numbered from `first`."""
    os.mkdir(folder)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(first, first + count):
        file = os.open(b"f%08d.txt" % number, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=at)
        os.write(file, b"file %08d of a growing tree, seed %05x\n" % (number, number * 7919 % (1 << 20)))
        os.close(file)
    os.close(at)


def folders_of(share):
    root, numbers = share
    for number in numbers:
        make_files(os.path.join(root, f"{number:05d}"), number * FILES_A_FOLDER, FILES_A_FOLDER)


def many_files(root, count):
    """`count` files in folders of a thousand, made by a few processes."""
    os.mkdir(root)
    folders = count // FILES_A_FOLDER
    shares = [(root, range(start, min(start + 100, folders))) for start in range(0, folders, 100)]
    with multiprocessing.Pool(MAKERS) as pool:
        pool.map(folders_of, shares, chunksize=1)


def one_folder(root, count):
    os.mkdir(root)
    make_files(os.path.join(root, "all"), 0, count)


def linked_files(root, count):
    """`count` names: half of them are files, the others a second tree of links to them, as copies of yesterday that share what did not change."""
    os.mkdir(root)
    first, second = os.path.join(root, "first"), os.path.join(root, "second")
    many_files(first, count // 2)
    os.mkdir(second)
    for folder in sorted(os.listdir(first)):
        os.mkdir(os.path.join(second, folder))
        at, to = (os.open(os.path.join(root, folder), os.O_RDONLY | os.O_DIRECTORY) for root in (first, second))
        for name in os.listdir(at):
            os.link(name, name, src_dir_fd=at, dst_dir_fd=to)
        os.close(at)
        os.close(to)


def repeated_bytes(root, count):
    """One file of 100 MB, and so many bind mounts of its folder that `count` bytes are read: each is a file of its own to who reads it."""
    os.mkdir(root)
    block = os.path.join(os.path.dirname(root), "block")
    if not os.path.isdir(block):
        os.mkdir(block)
        with open("/dev/urandom", "rb") as chance, open(os.path.join(block, "data"), "wb") as file:
            for _ in range(BLOCK_BYTES // MEBIBYTE + 1):            # every second mebibyte compresses well
                file.write(chance.read(MEBIBYTE // 2) + b"compressible " * (MEBIBYTE // 26))
            file.truncate(BLOCK_BYTES)
    for number in range(count // BLOCK_BYTES):
        mount = os.path.join(root, f"{number:04d}")
        os.mkdir(mount)
        subprocess.run(["mount", "--bind", block, mount], check=True)


def unmount_bytes(root):
    for name in sorted(os.listdir(root)):
        subprocess.run(["umount", os.path.join(root, name)], check=True)


def one_file(root, count):
    os.mkdir(root)
    with open("/dev/urandom", "rb") as chance, open(os.path.join(root, "large.bin"), "wb") as file:
        for _ in range(count // MEBIBYTE):
            file.write(chance.read(MEBIBYTE))


def one_sparse(root, count):
    """A file of `count` bytes, all hole but a page in each of a thousand places."""
    os.mkdir(root)
    with open(os.path.join(root, "disk.img"), "wb") as file:
        file.truncate(count)
        for number in range(1000):
            file.seek(count // 1000 * number)
            file.write(b"page %06d of a sparse disk\n" % number * 100)


def deep_tree(root, levels):
    """Far deeper than a path may be long, with a file in each folder."""
    os.mkdir(root)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for level in range(levels):
        file = os.open("file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=at)
        os.write(file, b"level %d\n" % level)
        os.close(file)
        os.mkdir(DEEP_NAME, dir_fd=at)
        below = os.open(DEEP_NAME, os.O_RDONLY | os.O_DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


class GrowthDisk(WorkDisk):
    size = IMAGE_BYTES
    format_options = ["-O", "inline_data", "-I", "256", "-N", str(INODES)]

    def keep(self):
        """What an earlier measurement left is used again: ten million files take minutes to make."""
        if os.path.exists(self.image):
            self.mount()
        else:
            self.fresh()

    def close(self):
        if self.device:
            self.unmount()
