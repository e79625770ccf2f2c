#!/usr/bin/python3
"""Completion in a real shell on a terminal, with the installed program: completion_test.py FOLDER SHELL. Skips (77) where the shell is not installed."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77
QUIET, PATIENCE = 0.4, 30           # seconds: until what else it had to say is said; until what is expected must have come
SAY_DONE, DONE = '; echo "==$((40+2))=="', "==42=="         # what is typed does not look like what is said
PROMPT = "ready> "
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SET_UP = {
    "bash": "source ./script; bind 'set enable-bracketed-paste off'",
    "zsh": "bindkey -e; autoload -U compinit; compinit -u -D; source ./script; unset zle_bracketed_paste",
}
# What is typed before the tab -> the words that then stand there.
ONE = {
    "sparekeep ins": ["sparekeep", "install"],
    "sparekeep --state state -v ins": ["sparekeep", "--state", "state", "-v", "install"],
    "sparekeep install --max": ["sparekeep", "install", "--max-fail"],
    "sparekeep install --color al": ["sparekeep", "install", "--color", "always"],
    "sparekeep install --color=al": ["sparekeep", "install", "--color=always"],
    "sparekeep restore x --overwrite nev": ["sparekeep", "restore", "x", "--overwrite", "never"],
    "sparekeep completion fi": ["sparekeep", "completion", "fish"],
    "sparekeep -i inv": ["sparekeep", "-i", "inventory.toml"],
    "sparekeep --inventory=inv": ["sparekeep", "--inventory=inventory.toml"],
    "sparekeep apply 'with b": ["sparekeep", "apply", "with blank.toml"],
    "sparekeep --state st": ["sparekeep", "--state", "state"],
    "sparekeep snapshots nothing": ["sparekeep", "snapshots", "nothing"],
}
MANY = {
    "sparekeep ": {"install", "apply", "restore", "completion"},
    "sparekeep restore --overwrite ": {"changed", "always", "never"},
    "sparekeep apply --j": {"--job", "--json", "--junit"},
}
HIDDEN = {"complete", "man"}


class Terminal:
    """A shell of ours on a terminal of its own."""

    def __init__(self, shell, folder, programs):
        environment = {"PATH": programs + ":/usr/bin:/bin", "HOME": folder, "TERM": "xterm", "PS1": PROMPT, "LC_ALL": "C.UTF-8"}
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(START[shell][0], START[shell], environment)
        self.send(SET_UP[shell] + "; stty cols 200" + SAY_DONE + "\n")
        self.read_until(lambda said: DONE in said)

    def read_until(self, has_come):
        """What it says until that has come, and what follows at once; all of it when it does not come."""
        said, deadline = b"", time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            there = select.select([self.file], [], [], QUIET)[0]
            if there:
                said += os.read(self.file, 65536)
            elif has_come(said.decode(errors="replace")):
                break
        return said.decode(errors="replace")

    def send(self, text):
        os.write(self.file, text.encode())

    def words_after_tab(self, typed):
        """Completes, then has the shell print the words of the line: it takes keys in their order, however early they come."""
        self.send(typed + "\t\x01printf '\\074%s\\076\\n' \x05" + SAY_DONE + "\n")
        said = self.read_until(lambda said: DONE in said)
        return [word.removesuffix("/") for word in re.findall(r"<([^<>\r\n]*)>", said)]     # a shell may take a folder's / back

    def list_after_tab(self, typed, expected):
        self.send(typed + "\t\t")
        listed = set()

        def has_come(said):
            # zsh says behind -- what each one is
            plain = re.sub(r" -- [^\r\n]*", "", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", said))
            listed.update(re.findall(r"(?<![\w-])(-{0,2}[a-z][a-z-]*)(?![\w-])", plain))
            return expected <= listed

        self.read_until(has_come)
        self.send("\x15" + SAY_DONE[2:] + "\n")
        self.read_until(lambda said: DONE in said)
        return listed

    def close(self):
        os.close(self.file)
        os.waitpid(self.process, 0)


class Fish:
    """fish answers without a terminal what it would offer."""

    def __init__(self, _, folder, programs):
        self.folder = folder
        self.environment = {"PATH": programs + ":/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def offered(self, typed):
        done = subprocess.run(["fish", "--no-config", "-c", "source ./script; complete -C $argv[1]", typed], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, check=True, timeout=PATIENCE)
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    def words_after_tab(self, typed):
        offered = self.offered(typed)
        words = typed.replace("'with b", "with_b").split()
        if len(offered) == 1:
            words[-1] = offered[0].removesuffix("/")
        return words

    def list_after_tab(self, typed, _):
        return set(self.offered(typed))

    def close(self):
        pass


class Completion(unittest.TestCase):
    programs, shell = "build/release/bin", "bash"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sparekeep-completion-")
        script = subprocess.run([os.path.join(cls.programs, "sparekeep"), "completion", cls.shell], capture_output=True, check=True).stdout
        for name, content in {"script": script, "inventory.toml": b"", "with blank.toml": b"", "stale.txt": b""}.items():
            with open(os.path.join(cls.folder, name), "wb") as file:
                file.write(content)
        os.mkdir(os.path.join(cls.folder, "state"))
        cls.terminal = (Fish if cls.shell == "fish" else Terminal)(cls.shell, cls.folder, os.path.abspath(cls.programs))

    @classmethod
    def tearDownClass(cls):
        cls.terminal.close()
        shutil.rmtree(cls.folder)

    def test_one_candidate_is_written(self):
        for typed, words in ONE.items():
            with self.subTest(typed):
                self.assertEqual(self.terminal.words_after_tab(typed), words)

    def test_many_candidates_are_listed(self):
        for typed, words in MANY.items():
            with self.subTest(typed):
                listed = self.terminal.list_after_tab(typed, words)
                self.assertEqual(words - listed, set())
                self.assertEqual(listed & HIDDEN, set())


def main():
    if len(sys.argv) != 3:
        print("usage: completion_test.py FOLDER bash|zsh|fish", file=sys.stderr)
        return 2
    Completion.programs, Completion.shell = sys.argv[1:]
    if shutil.which(Completion.shell) is None:
        print(f"{Completion.shell} is not installed", flush=True)
        return SKIPPED
    return 0 if unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
