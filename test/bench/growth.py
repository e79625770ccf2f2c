"""Time, CPU and memory against the number of files and of bytes: first backup, an unchanged one, restore, and one path out of all. As root, on disks of its own.

growth.py PROGRAMS [--cases NAMES] [--folder DIR] [--json FILE]: measures, and adds a JSON line for each operation.
growth.py --draw FILE --docs DIR: draws what such a file holds, and prints its tables."""
import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import growth_corpora
import growth_charts
from growth_run import GrowthRun
from ours import LEFT_ALONE
from work_disk import WorkDisk

FOLDER = "/var/tmp/sparekeep-growth"
LITTLE_MEMORY = 400 << 20     # bytes: a file of 2 GiB does not fit
RESTORED_MAX = {"files": 1_000_000, "bytes": 1_000_000_000, "sparse": 10**12}


@dataclass
class Case:
    axis: str
    count: int
    make: Callable
    one_path: str
    unmake: Callable | None = None
    memory_max: int | None = None     # of the agent, cache included

    @property
    def name(self):
        return f"{self.axis}{self.count}"

    def takes(self, operation):
        return operation != "restore" or self.count <= RESTORED_MAX.get(self.axis, self.count)


def cases():
    files = [Case("files", 10**power, growth_corpora.many_files, f"{10**power // 2000:05d}/f{10**power // 2:08d}.txt") for power in range(4, 8)]
    sizes = [Case("bytes", 10**power, growth_corpora.repeated_bytes, "0000/data", growth_corpora.unmount_bytes) for power in range(8, 12)]
    return files + sizes + [Case("folder", 1_000_000, growth_corpora.one_folder, "all/f00500000.txt"),
                            Case("links", 100_000, growth_corpora.linked_files, "second/00020/f00020500.txt"),
                            Case("links", 1_000_000, growth_corpora.linked_files, "second/00200/f00200500.txt"),
                            Case("sparse", 10**12, growth_corpora.one_sparse, "disk.img"),
                            Case("larger", 2 << 30, growth_corpora.one_file, "large.bin", memory_max=LITTLE_MEMORY),
                            Case("deep", 400, growth_corpora.deep_tree, "file")]


def measured(case, programs, source, left_alone, say):
    """Each operation once, the agent started anew for it."""
    run = GrowthRun(programs, source, left_alone, case.memory_max)
    try:
        for operation, arguments in run.commands(os.path.join(source, case.one_path)).items():
            if not case.takes(operation):
                continue
            run.restart_agent()
            costs = run.costs(arguments)
            say({"axis": case.axis, "count": case.count, "operation": operation, **costs, **({"stored": run.stored()} if operation == "first" else {})})
            shutil.rmtree(run.target, ignore_errors=True)
    finally:
        run.close()


class Measurement:
    def __init__(self, options):
        self.options, self.file = options, open(options.json, "a", encoding="utf-8") if options.json else None

    def say(self, row):
        print(f"{row['axis']:7} {row['count']:14,} {row['operation']:13} {row['wall']:8.2f} s  agent {row['agent_cpu']:7.2f} s {row['agent_memory'] / 2**20:6.1f} MiB"
              f"  daemons {row['daemons_cpu']:6.2f} s {row['daemon_memory'] / 2**20:5.1f} MiB  command {row['command_cpu']:6.2f} s "
              f"{row['command_memory'] / 2**20:6.1f} MiB  read {row['read'] / 1e6:9.2f} MB", flush=True)
        if self.file:
            self.file.write(json.dumps(row) + "\n")
            self.file.flush()

    def one(self, case, sources, disk):
        source = os.path.join(sources, case.name)
        made = not os.path.isdir(source)
        if made:
            case.make(source + ".part", case.count)
            os.rename(source + ".part", source)
        disk.fresh()
        measured(case, self.options.programs, source, LEFT_ALONE if made else 0, self.say)
        if case.unmake:
            case.unmake(source)
            shutil.rmtree(source)

    def run(self):
        wanted = set(self.options.cases.split(","))
        chosen = [case for case in cases() if wanted & {"all", case.axis, case.name}]
        if unknown := wanted - {"all"} - {name for case in cases() for name in (case.axis, case.name)}:
            raise SystemExit(f"{', '.join(sorted(unknown))}: there are no such cases; --help lists them")
        with growth_corpora.GrowthDisk(os.path.join(self.options.folder, "source")) as sources, WorkDisk(os.path.join(self.options.folder, "work")) as disk:
            if not disk.possible:
                raise SystemExit("growth is measured on disks of its own: that needs root")
            sources.keep()
            tempfile.tempdir = disk.folder
            for case in chosen:
                self.one(case, sources.folder, disk)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench growth")
    parser.add_argument("programs", nargs="?")
    parser.add_argument("--cases", default="all", help="files, bytes, folder, links, sparse, larger, deep, or single ones such as files10000, comma-separated")
    parser.add_argument("--folder", default=FOLDER, help="where the disks lie (25 GB)")
    parser.add_argument("--json", help="takes a line for each operation")
    parser.add_argument("--draw", help="draws what such a file holds instead of measuring")
    parser.add_argument("--docs", default="docs", help="where drawings go")
    options = parser.parse_args()
    if options.draw:
        growth_charts.draw(options.draw, options.docs)
    else:
        Measurement(options).run()


main()
