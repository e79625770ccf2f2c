"""What commands write is kept as files: restored byte for byte, dated and owned like any file; stored once where it is the same; in little memory however
long it is. A command that fails in any way fails its job (exit 4), names itself with the end of its standard error, and leaves the last snapshot the latest.

commands_test.py PROGRAMS"""
import hashlib
import json
import os
import random
import sys

from fleet import LocalFleet, content

FAILED, USAGE = 4, 2
FOLDER = "/sparekeep-commands"
LONG_BYTES = 400_000_000
MEMORY_MAX = 256 << 20
PLAYBOOK = """name = "nightly"
[[backup]]
name = "web"
hosts = ["web1"]
{paths}
redundancy = {{ copies = 2 }}
commands = [{commands}]
"""


def command(name, run):
    return f"{{ name = {json.dumps(name)}, run = {json.dumps(run)} }}"


class Commands:
    def __init__(self, fleet):
        self.fleet = fleet
        self.source, self.target = fleet.path("files"), fleet.path("restored")
        os.mkdir(self.source)
        self.dump = fleet.path("dump")
        with open(self.dump, "wb") as file:
            file.write(random.Random(1).randbytes(20_000_000))
        fleet.write("files/plain", "x")
        fleet.set_up("")

    def apply(self, *commands, codes=(0,), paths=True, arguments=()):
        named = f'paths = ["{self.source}"]' if paths else ""
        playbook = self.fleet.write("playbook.toml", PLAYBOOK.format(paths=named, commands=", ".join(commands)))
        return self.fleet.run("apply", playbook, "--json", *arguments, codes=codes)

    def backup(self, *commands, **options):
        [job] = self.apply(*commands, **options).documents()[-1]["jobs"]
        return job

    def listed(self):
        return {entry["path"]: entry for entry in self.fleet.run("ls", "web/web1@latest", "--json").documents()}

    def failing(self, why, run, name="bad"):
        before = self.fleet.snapshots()
        job = self.backup(command("good", "echo x"), command(name, run), codes=(FAILED,))
        assert job["state"] == "failed" and not job["snapshot"], job
        assert why in job["errors"][0]["text"], f"'{why}' is not in {job['errors']}"
        assert self.fleet.snapshots() == before, "a snapshot was made"
        [known] = self.fleet.run("jobs", "--json").documents()
        assert known["last_state"] == "failed" and why in known["last_error"] and known["commands"] == ["good", name], known

    def check(self):
        dump = command("db.sql", f"cat '{self.dump}'; echo noise >&2")
        check = self.apply(dump, arguments=("--check",))
        assert "would run" in check.out and not self.fleet.snapshots(), str(check)
        self.apply(dump, command("empty", "true"))
        listed = self.listed()
        assert set(listed) == {self.source, self.source + "/plain", FOLDER + "/db.sql", FOLDER + "/empty"}, list(listed)
        entry = listed[FOLDER + "/db.sql"]
        assert (entry["type"], entry["mode"], entry["size"]) == ("regular", 0o600, 20_000_000), entry
        self.fleet.run("restore", f"web/web1@latest:{FOLDER}", "--target", self.target, "--yes")
        assert content(os.path.join(self.target, "db.sql")) == content(self.dump) and content(os.path.join(self.target, "empty")) == b""
        again = self.backup(dump, command("empty", "true"))
        assert again["new_bytes"] < 2_000_000, again
        alone = self.backup(dump, paths=False)
        assert set(self.listed()) == {FOLDER + "/db.sql"} and alone["new_bytes"] < 2_000_000, alone
        print("kept as files, and restored; what was written again is stored once", flush=True)
        self.failing("command 'bad' exited with 3: no such database", f"cat '{self.dump}'; echo no such database >&2; exit 3")
        self.failing("command 'bad' exited with 137 (signal 9)", "kill -9 $$")
        self.failing("command 'bad' exited with 127", "no-such-program")
        self.failing("still holds its output", "sleep 20 & exit 0", name="open")
        self.failing("still holds its output", "yes & exit 0", name="flood")
        twice = self.apply(command("x", "true"), command("x", "true"), codes=(USAGE,))
        assert "command 'x' is there already" in twice.err, str(twice)
        os.unlink(os.path.join(self.source, "plain"))
        job = self.backup(dump, codes=(FAILED,))
        assert "nothing to back up" in job["errors"][0]["text"], f"an emptied source was hidden behind a command's output: {job}"
        self.fleet.write("files/plain", "x")
        assert set(self.listed()) == {FOLDER + "/db.sql"}, "the latest snapshot is another one"
        print("what failed made no snapshot", flush=True)
        self.long_output()

    def long_output(self):
        """Longer than the agent may grow; of another byte each megabyte, so that it is not one chunk."""
        script = self.fleet.write("long.py", "import sys\nfor i in range(400):\n    sys.stdout.buffer.write(b'%07d\\n' % i * 125_000)\n")
        job = self.backup(command("long", f"python3 '{script}'"))
        assert job["state"] == "complete" and job["bytes"] >= LONG_BYTES, job
        with open(f"/proc/{self.fleet.pid('web1', 'sparekeep-agent')}/status", encoding="ascii") as file:
            [peak] = [int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM")]
        assert peak < MEMORY_MAX, f"the agent took {peak >> 20} MiB"
        self.fleet.run("restore", f"web/web1@latest:{FOLDER}/long", "--target", self.target, "--yes")
        wanted = hashlib.sha256(b"".join(b"%07d\n" % i * 125_000 for i in range(400))).hexdigest()
        assert hashlib.sha256(content(os.path.join(self.target, "long"))).hexdigest() == wanted
        print(f"{LONG_BYTES >> 20} MiB of output in {peak >> 20} MiB", flush=True)


def main():
    with LocalFleet(sys.argv[1], ["store1", "store2", "store3"]) as fleet:
        Commands(fleet).check()


main()
