"""A job whose paths hold the agent's own state, as `/` does: complete at each run, the state is not in the snapshot, and a restore in place with --delete
leaves it alone. Where the job names it, it is backed up. What makes the host this host (its settings and keys) is in the snapshot; a restore in place passes it over.

own_state_test.py PROGRAMS"""
import os
import random
import sys

from fleet import LocalFleet

PARTIAL = 3
NEW_BYTES = 20 << 20


def files_in(folder):
    files = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    return files


class OwnState:
    def __init__(self, fleet):
        self.fleet, self.root = fleet, fleet.path("web1")
        self.state = fleet.path("web1", "var/lib/sparekeep/agent")
        fleet.set_up("")
        self.add(0)

    def add(self, number):
        path = os.path.join(self.root, "srv/data", str(number))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(random.randbytes(NEW_BYTES))

    def apply(self, paths, codes=(0,)):
        quoted = ", ".join(f'"{path}"' for path in paths)
        playbook = f'name = "nightly"\n[[backup]]\nname = "web"\nhosts = ["web1"]\npaths = [{quoted}]\nredundancy = {{ copies = 2 }}\n'
        return self.fleet.run("apply", self.fleet.write("playbook.toml", playbook), codes=codes)

    def names(self):
        return [entry["path"] for entry in self.fleet.run("ls", "web/web1@latest", "--json").documents()]

    def standing(self):
        return sorted(os.path.join(folder, name) for folder, _, files in os.walk(os.path.join(self.state, "vaults")) for name in files)

    def check(self):
        for number in range(3):
            self.add(number)
            self.apply([self.root])
        names = self.names()
        assert os.path.join(self.root, "srv/data/2") in names, names
        assert not [name for name in names if name.startswith(self.state)], names
        print("a host's own root: complete at each run, without the agent's state", flush=True)
        before = self.standing()
        assert any(path.endswith("vault.key") for path in before), before
        extra = os.path.join(self.root, "srv/data/extra")
        with open(extra, "w", encoding="ascii") as file:
            file.write("x")
        restored = self.fleet.run("restore", "web/web1@latest", "--target", "/", "--delete", "--yes")
        assert not os.path.exists(extra), str(restored)
        assert self.standing() == before, f"{before} became {self.standing()}\n{restored}"
        self.add(3)
        self.apply([self.root])
        print("a restore in place with --delete leaves it alone, and the next backup is complete", flush=True)
        self.check_own_files()
        self.apply([self.root, os.path.join(self.state, "vaults")], codes=(0, PARTIAL))
        assert any(name.endswith("vault.key") for name in self.names())

    def check_own_files(self):
        folder = os.path.join(self.root, "etc/sparekeep")
        with open(self.fleet.inventory, "a", encoding="utf-8") as file:
            file.write('\n[hosts.web1]\nzone = "moved"\n')
        self.fleet.run("install")                              # agent.toml becomes another one than the snapshot has
        with open(os.path.join(folder, "added"), "w", encoding="ascii") as file:
            file.write("x")
        before = files_in(folder)
        assert b"moved" in before["agent.toml"], before
        for path, target, *words in (("", "/"), ("", "/", "--delete"), (f":{self.root}/etc", f"{self.root}/etc", "--delete")):
            restored = self.fleet.run("restore", "web/web1@latest" + path, "--target", target, *words, "--yes")
            assert files_in(folder) == before, str(restored)
            assert str(restored).count("Sparekeep's own files") == 1, str(restored)
        other = self.fleet.path("elsewhere")
        self.fleet.run("restore", f"web/web1@latest:{folder}", "--target", other, "--yes")
        assert b"moved" not in files_in(other)["agent.toml"]
        os.remove(os.path.join(folder, "added"))
        print("a restore in place passes over what makes the host this host, and says so; one to another folder has it", flush=True)


def main():
    with LocalFleet(sys.argv[1]) as fleet:
        OwnState(fleet).check()


main()
