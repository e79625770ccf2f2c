"""Whom we are measured against: one plain, encrypted copy on the same disk, each at its usual setting. A peer that is not installed is
left out, and said so."""
import os
import shutil

import measure

OPERATIONS = ["first", "unchanged", "second", "restore"]


class Peer:
    """Commands by operation; {corpus} is the folder's name below the working folder, {number} counts the snapshots."""
    name, program, commands, environment, prepare = "", "", {}, {}, []

    def __init__(self, work, corpus):
        self.work, self.corpus, self.number = work, corpus, 0
        self.repository, self.target = os.path.join(work, "repository"), os.path.join(work, "restored")
        shutil.rmtree(work, ignore_errors=True)
        for folder in (self.repository, self.target):
            os.makedirs(folder)
        for command in self.prepare:
            self.run(command)

    def run(self, command):
        values = {"corpus": self.corpus.name, "repository": self.repository, "target": self.target, "number": self.number}
        environment = dict(os.environ, HOME=self.work, **{key: value.format(**values) for key, value in self.environment.items()})
        restores = "{target}" in " ".join(command) or command is self.commands.get("restore")
        return measure.run([part.format(**values) for part in command], self.target if restores else self.corpus.base, environment)

    def measure(self, operation):
        self.number += 1
        if operation == "restore":
            self.number -= 1
            return self.run(self.commands["restore"])
        costs = [self.run(command) for command in self.commands["backup"]]
        cost = measure.Cost(sum(each.wall for each in costs), sum(each.cpu for each in costs), max(each.memory for each in costs))
        cost.stored = measure.bytes_below(self.repository)
        return cost

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)


class Restic(Peer):
    name = program = "restic"
    environment = {"RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": "{repository}", "RESTIC_CACHE_DIR": "{repository}.cache"}
    prepare = [["restic", "-q", "init"]]
    commands = {"backup": [["restic", "-q", "backup", "{corpus}"]], "restore": ["restic", "-q", "restore", "latest", "--target", "{target}"]}


class Borg(Peer):
    name, program, compression = "borg lz4", "borg", "lz4"
    environment = {"BORG_PASSPHRASE": "x", "BORG_BASE_DIR": "{repository}.base", "BORG_REPO": "{repository}"}
    prepare = [["borg", "init", "-e", "repokey"]]
    commands = {"backup": [["borg", "create", "-C", "lz4", "::a{number}", "{corpus}"]], "restore": ["borg", "extract", "::a{number}"]}


class BorgZstd(Borg):
    name = "borg zstd"
    commands = {"backup": [["borg", "create", "-C", "zstd,3", "::a{number}", "{corpus}"]], "restore": ["borg", "extract", "::a{number}"]}


class Bup(Peer):
    name = program = "bup"
    environment = {"BUP_DIR": "{repository}"}
    prepare = [["bup", "init"]]
    commands = {"backup": [["bup", "index", "-u", "{corpus}"], ["bup", "save", "-q", "-n", "m", "{corpus}"]],
                "restore": ["bup", "restore", "-q", "-C", "{target}", "m/latest/."]}


class Copy(Peer):
    name, program = "cp -a", "cp"
    commands = {"backup": [["cp", "-a", "{corpus}", "{repository}/{number}"]], "restore": ["sh", "-c", "cp -a {repository}/{number}/. ."]}


PEERS = [Restic, Borg, BorgZstd, Bup, Copy]


def installed():
    return [peer for peer in PEERS if shutil.which(peer.program)]
