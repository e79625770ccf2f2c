"""Where the agent's CPU time goes, stage by stage, in the operations of the benchmark: sampled by `perf` (Debian's linux-perf) beside whole commands.

stages.py PROGRAMS [--corpora NAMES] [--operations NAMES] [--folder DIR]"""
import argparse
import collections
import os
import re
import signal
import subprocess
import tempfile
import time

import corpora
import peers
from ours import Sparekeep
from symbols import Symbols
from work_disk import WorkDisk

FOLDER = "/var/tmp/sparekeep-bench"
HERTZ = 997
# By the innermost function that has a name, then by the system call: the first that fits.
FUNCTIONS = [("expanding (zstd)", r"decompress|HUF_readDTable|HUF_fillDTable|buildFSETable"), ("compressing (zstd)", r"^_?(ZSTD|HUF|FSE|HIST)"),
             ("SHA-256", r"(?i)sha_?256"), ("XXH3", r"XXH"), ("AES-GCM", r"(?i)aesni|gcm|ghash|gmac"), ("cutting", r"(?i)splitter|gear"),
             ("Reed-Solomon", r"^gf_|^ec_"), ("copying memory", r"^__mem|^memcpy|^memmove|^memset"), ("allocating", r"malloc|free$|operator new|operator delete|_int_")]
CALLS = [("memory touched first", r"exc_page_fault|munmap|madvise"), ("reading files", r"sys_p?read"), ("writing files", r"sys_p?write|sys_ftruncate"),
         ("sending", r"sys_send|sys_writev"),
         ("receiving", r"sys_recv"),
         ("examining files", r"sys_(newf?stat|statx|newfstatat|getdents|open|close|fgetxattr|flistxattr|ioctl|lseek)"),
         ("making files", r"sys_(mkdir|link|rename|unlink|utimens|fch|fset|symlink|mknod)"), ("waking and waiting", r"futex|epoll|sys_poll|schedule"),
         ("syncing", r"sync")]


def stage_of(frames, symbols):
    """`frames`: innermost first, as (address, name, object)."""
    kernel = [name for _, name, where in frames if "kernel" in where or where == "[k]"]
    if kernel:
        return next((stage for stage, pattern in CALLS if any(re.search(pattern, name) for name in kernel)), "the kernel, otherwise")
    address, name, where = frames[0]
    name = symbols.name(address) if name == "[unknown]" and "sparekeep-agent" in where else name
    if "isal" in where:
        return "Reed-Solomon"
    return next((stage for stage, pattern in FUNCTIONS if re.search(pattern, name)), "the rest of the agent")


def samples(data):
    text = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso"], capture_output=True, text=True, check=True).stdout
    for block in text.split("\n\n"):
        found = [re.match(r"\s*([0-9a-f]+) (.*) \((.*)\)$", line) for line in block.splitlines()]
        frames = [(int(one[1], 16), one[2], one[3]) for one in found if one]
        if frames:
            yield frames


def profile(one, operation, symbols):
    with tempfile.NamedTemporaryFile(suffix=".data") as file:
        pid = one.fleet.pid("web1", "sparekeep-agent")
        recorder = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-g", "-p", str(pid), "-o", file.name])
        time.sleep(0.5)
        cost = one.measure(operation)
        recorder.send_signal(signal.SIGINT)
        recorder.wait()
        stages = collections.Counter(stage_of(frames, symbols) for frames in samples(file.name))
    total = sum(stages.values())
    print(f"{one.corpus.name} {operation}: {cost.wall:.2f} s, CPU of the agent {one.agent.cpu:.2f} s, of daemons {one.daemons.cpu:.2f} s; per cent of {total} samples")
    for stage, count in stages.most_common():
        if count * 100 >= total:
            print(f"  {stage:24} {100 * count / total:5.1f}", flush=True)


def all_operations(one, sampled, symbols):
    for operation in peers.OPERATIONS:
        one.corpus.show(second=operation in ("second", "restore"))
        if operation in sampled:
            profile(one, operation, symbols)
        else:
            one.measure(operation)
    one.close()


def options():
    parser = argparse.ArgumentParser(prog="./dev bench stages")
    parser.add_argument("programs")
    parser.add_argument("--corpora", default=",".join(corpora.NAMES))
    parser.add_argument("--operations", default=",".join(peers.OPERATIONS), help="those that are sampled; all before them are done, too")
    parser.add_argument("--folder", default=FOLDER)
    return parser.parse_args()


def main():
    chosen = options()
    symbols = Symbols(os.path.join(chosen.programs, "sparekeep-agent"))
    with WorkDisk(os.path.join(chosen.folder, "work")) as disk:
        tempfile.tempdir = disk.folder
        for name in chosen.corpora.split(","):
            corpus = corpora.Corpus(chosen.folder, name).make()
            corpus.show(second=False)
            disk.fresh()
            corpus.read()
            all_operations(Sparekeep(chosen.programs, corpus), chosen.operations.split(","), symbols)
            corpus.show(second=False)


main()
