"""A power cut after every change of the disk, without a machine to switch off.

strace records what a program does below a folder; disk_model.py keeps what was synced and what was not; after each recorded
call the worst disks that a cut could leave are laid out at the same path, and the case's check judges each:

    check(folder, said)       None, or what is wrong; `said` is what the program had printed on standard output by then

What was said to be done must be there in every one of them, and what is there must be whole. For one process (threads are
fine) that keeps its data away from mmap and O_TMPFILE. A trace that cannot be followed raises Unknown: it is no pass.
"""
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from disk_model import STATES, Disk
from fault_runs import Finding, Workplace

CALLS = ("openat,open,creat,write,pwrite64,writev,read,lseek,fsync,fdatasync,sync_file_range,syncfs,sync,rename,renameat,renameat2,"
         "link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,ftruncate,truncate,copy_file_range,sendfile,fallocate")
UNFOLLOWED = ("writev", "copy_file_range", "sendfile", "fallocate", "truncate", "creat", "open")
BYTES_MAX = 64 << 20


class Unknown(Exception):
    """A traced call that the model does not know."""


@dataclass
class Call:
    name: str
    arguments: list
    result: str

    @property
    def number(self):
        return int(self.result.split("<")[0].split()[0], 0)


def decoded(text):
    return bytes.fromhex(text.replace("\\x", "")) if text.startswith("\\x") else text.encode()


def string(argument):
    match = re.fullmatch(r'"(.*)"', argument, re.S)
    if not match:
        raise Unknown(f"'{argument[:80]}' is no whole string")
    return decoded(match[1])


def described(argument):
    """(descriptor, path) of 3</path>; AT_FDCWD</path> too."""
    match = re.match(r"([A-Z_]*|\d+)<(.*?)>", argument)
    return (match[1], decoded(match[2]).decode(errors="surrogateescape")) if match else (argument, "")


def split_arguments(text):
    return re.findall(r'(?:"[^"]*"|\{[^}]*\}|\[[^\]]*\]|<[^>]*>|[^,"{\[<])+', text)


def parse(lines):
    """The calls of a trace in the order they ended, with those that strace had to cut in two made whole."""
    begun = {}
    for line in lines:
        process, _, text = line.rstrip("\n").partition(" ")
        text = text.strip()
        cut = re.match(r"(.*) <unfinished \.\.\.>$", text, re.S)
        if cut:
            begun[process] = cut[1]
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text, re.S)
        if resumed:
            text = begun.pop(process, "") + resumed[1]
        call = re.match(r"(\w+)\((.*)\) += (.*)$", text, re.S)
        if call and not call[3].startswith(("-1", "?")):
            yield Call(call[1], [argument.strip() for argument in split_arguments(call[2])], call[3])


class Replay:
    """Carries a trace out on the model, call by call."""

    def __init__(self, disk):
        self.disk = disk
        self.positions = {}
        self.said = ""

    def at(self, folder, name):
        path = string(name).decode(errors="surrogateescape")
        return os.path.normpath(os.path.join(described(folder)[1], path))

    def step(self, call):
        """Did this call change what a disk may hold, or what was said?"""
        handler = getattr(self, "do_" + call.name, None)
        if handler:
            return handler(call)
        if call.name in UNFOLLOWED and any(self.disk.holds(described(argument)[1]) for argument in call.arguments):
            raise Unknown(f"{call.name} is not followed")
        return False

    def do_openat(self, call):
        path, flags = described(call.result)[1], call.arguments[2]
        if "O_TMPFILE" in flags and self.disk.holds(path):
            raise Unknown("O_TMPFILE is not followed")
        self.positions[described(call.result)[0]] = 0
        if not self.disk.holds(path) or "O_DIRECTORY" in flags:
            return False
        mode = int(call.arguments[3], 8) if len(call.arguments) > 3 else 0o600
        self.disk.open(path, "O_CREAT" in flags, "O_TRUNC" in flags, mode)
        if "O_APPEND" in flags:
            self.positions[described(call.result)[0]] = None
        return "O_CREAT" in flags or "O_TRUNC" in flags

    def do_write(self, call):
        descriptor, path = described(call.arguments[0])
        if descriptor == "1" and not self.disk.holds(path):
            self.said += string(call.arguments[1])[:call.number].decode(errors="replace")
            return True
        if not self.disk.holds(path):
            return False
        position = self.positions.get(descriptor, 0)
        if position is None:
            file = self.disk.find(path)
            self.disk.write(path, len(file.data) if file else 0, string(call.arguments[1])[:call.number])
        else:
            self.disk.write(path, position, string(call.arguments[1])[:call.number])
            self.positions[descriptor] = position + call.number
        return True

    def do_pwrite64(self, call):
        path = described(call.arguments[0])[1]
        if not self.disk.holds(path):
            return False
        self.disk.write(path, int(call.arguments[3]), string(call.arguments[1])[:call.number])
        return True

    def do_read(self, call):
        descriptor = described(call.arguments[0])[0]
        if self.positions.get(descriptor) is not None:
            self.positions[descriptor] += call.number
        return False

    def do_lseek(self, call):
        self.positions[described(call.arguments[0])[0]] = call.number
        return False

    def do_fsync(self, call):
        path = described(call.arguments[0])[1]
        self.disk.sync(path)
        return self.disk.holds(path)

    do_fdatasync = do_fsync

    def do_syncfs(self, _):
        self.disk.sync_all()
        return True

    do_sync = do_syncfs

    def do_ftruncate(self, call):
        path = described(call.arguments[0])[1]
        if self.disk.holds(path):
            self.disk.truncate(path, int(call.arguments[1]))
        return self.disk.holds(path)

    def moved(self, old, new, keeps):
        if self.disk.holds(old) != self.disk.holds(new):
            raise Unknown(f"'{old}' and '{new}' do not lie on one disk")
        if self.disk.holds(new):
            self.disk.rename(old, new, keeps)
        return self.disk.holds(new)

    def do_renameat2(self, call):
        if "RENAME_EXCHANGE" in "".join(call.arguments[4:]):
            raise Unknown("RENAME_EXCHANGE is not followed")
        return self.moved(self.at(*call.arguments[0:2]), self.at(*call.arguments[2:4]), False)

    do_renameat = do_renameat2

    def do_linkat(self, call):
        return self.moved(self.at(*call.arguments[0:2]), self.at(*call.arguments[2:4]), True)

    def here(self, name):
        path = string(name).decode(errors="surrogateescape")
        if not path.startswith("/"):
            raise Unknown(f"'{path}' is relative to an unknown folder")
        return os.path.normpath(path)

    def do_rename(self, call):
        return self.moved(self.here(call.arguments[0]), self.here(call.arguments[1]), False)

    def do_link(self, call):
        return self.moved(self.here(call.arguments[0]), self.here(call.arguments[1]), True)

    def removed(self, path):
        if self.disk.holds(path):
            self.disk.remove(path)
        return self.disk.holds(path)

    def do_unlinkat(self, call):
        return self.removed(self.at(*call.arguments[0:2]))

    def do_unlink(self, call):
        return self.removed(self.here(call.arguments[0]))

    do_rmdir = do_unlink

    def made(self, path):
        if self.disk.holds(path):
            self.disk.make_folder(path)
        return self.disk.holds(path)

    def do_mkdirat(self, call):
        return self.made(self.at(*call.arguments[0:2]))

    def do_mkdir(self, call):
        return self.made(self.here(call.arguments[0]))


def lay_out(state, folder):
    """Makes `folder` hold exactly this state of a disk."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for path, content in state.items():
        whole = os.path.join(folder, path)
        if content is None:
            os.mkdir(whole)
            continue
        with open(whole, "wb") as handle:
            handle.write(content[0])
        os.chmod(whole, content[1])


def record(work):
    """The lines of the trace of one good run, from a fresh start; the disk as it was before."""
    work.fresh()
    disk, trace = Disk(work.folder), os.path.join(work.top, "trace")
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", str(BYTES_MAX), "-e", "trace=" + CALLS, "-o", trace]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(command + work.case.command(work.folder), env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unknown(f"the run without a fault ended with {done.returncode}: {done.stderr.strip()}")
    with open(trace, encoding="utf-8", errors="surrogateescape") as handle:
        return disk, handle.readlines()


def cut_everywhere(case):
    """The findings of all cuts of one run."""
    findings, judged = [], 0
    with Workplace(case) as work:
        disk, lines = record(work)
        replay = Replay(disk)
        for number, call in enumerate(parse(lines), 1):
            if not replay.step(call):
                continue
            for kind in STATES:
                judged += 1
                lay_out(disk.state(kind), work.folder)
                wrong = case.check(work.folder, replay.said)
                findings += [Finding(f"power cut after call {number} ({call.name}), {kind}", wrong)] if wrong else []
    return findings if judged else [Finding("without a fault", "no call changed the folder: nothing was tried")]
