"""The tree that is checked: its files, each read once, and what a rule finds in them."""
import functools
import os
import re
from dataclasses import dataclass

from cxx_text import strip_comments

SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}
CXX_ENDINGS = (".cpp", ".h", ".c")
SOURCE_ENDINGS = CXX_ENDINGS + (".py", ".sh", ".cmake")
TEXT_ENDINGS = SOURCE_ENDINGS + (".md", ".toml", ".txt", ".json", ".html", ".css", ".js", ".sql")
SCRIPTS = {"dev", ".ci/run"}
DATA_FOLDERS = ("test/fuzz/corpus/", "test/golden/data/")


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class SourceFile:
    """One file. `path` is relative to the root, with slashes."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as handle:
            self.text = handle.read()
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()

    @functools.cached_property
    def code(self):
        """The C++ text with comments and the inside of strings turned into spaces; offsets and lines stay."""
        return strip_comments(self.text)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def finding(self, line, rule, text):
        return Finding(self.path, line, rule, text)

    @property
    def is_cxx(self):
        return self.path.endswith(CXX_ENDINGS)

    @property
    def is_source(self):
        return self.path.endswith(SOURCE_ENDINGS) or self.path in SCRIPTS or self.path.endswith("CMakeLists.txt")

    @property
    def is_test(self):
        return self.path.startswith("test/")

    @property
    def folder(self):
        return os.path.dirname(self.path)

    @property
    def includes(self):
        """(line, spelled name, is it in angle brackets) of each include."""
        found = []
        for match in re.finditer(r"^[ \t]*#[ \t]*include\b[^\n]*", self.code, re.M):
            raw = self.text[match.start():match.end()]
            name = re.search(r'<([^>\n]+)>|"([^"\n]+)"', raw)
            if name:
                found.append((self.line_at(match.start()), name[1] or name[2], name[1] is not None))
        return found


class Tree:
    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())
        self.files = [SourceFile(root, path) for path in self.paths if self._is_text(path)]

    def _walk(self):
        for folder, below, names in os.walk(self.root):
            below[:] = [name for name in below if name not in SKIPPED_FOLDERS]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")

    @staticmethod
    def _is_text(path):
        if path.startswith(DATA_FOLDERS):
            return False
        return path.endswith(TEXT_ENDINGS) or path in SCRIPTS or os.path.basename(path) == "LICENSE"

    @property
    def cxx(self):
        return [file for file in self.files if file.is_cxx]

    def file(self, path):
        return next((file for file in self.files if file.path == path), None)
