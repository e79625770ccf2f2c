"""Files: each one is used by something, each header can be included twice, names are snake_case."""
import os
import re

NAMES = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
SOURCE_ENDINGS = (".cpp", ".c")
PYTHON_CALLERS = (".py", ".sh", ".cmake", ".cpp", ".h", ".md", ".service")


def check(tree):
    yield from check_sources(tree)
    yield from check_headers(tree)
    yield from check_python(tree)
    for file in tree.cxx:
        if not NAMES.match(os.path.basename(file.path)):
            yield file.finding(1, "file-name", f"'{os.path.basename(file.path)}' is not snake_case")


def listed_sources(tree):
    """Every path that some CMakeLists.txt names, from its own folder or from the root."""
    listed = set()
    for file in tree.files:
        if os.path.basename(file.path) != "CMakeLists.txt":
            continue
        text = re.sub(r"#[^\n]*", "", file.text)
        text = re.sub(r"\$\{(?:CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR)\}/", "", text)
        for word in re.findall(r"[^\s()\"]+", text):
            rooted = re.sub(r"^\$\{(?:CMAKE_SOURCE_DIR|PROJECT_SOURCE_DIR)\}/", "", word)
            listed.add(rooted if rooted != word else os.path.normpath(os.path.join(file.folder, word)))
    return listed


def check_sources(tree):
    listed = listed_sources(tree)
    for file in tree.cxx:
        if file.path.endswith(SOURCE_ENDINGS) and file.path not in listed:
            yield file.finding(1, "dead-file", "no CMakeLists.txt lists this source")


def check_headers(tree):
    included = {name for file in tree.cxx for _, name, _ in file.includes}
    listed = listed_sources(tree)
    for file in tree.cxx:
        if not file.path.endswith(".h"):
            continue
        if file.path not in included and file.path not in listed:
            yield file.finding(1, "dead-file", "nobody includes this header")
        if not re.search(r"^#pragma once$", file.code, re.M):
            yield file.finding(1, "pragma-once", "a header begins with #pragma once")


def check_python(tree):
    """A script is imported by another or named by whoever starts it."""
    texts = {file.path: file.text for file in tree.files if file.is_source or file.path.endswith(PYTHON_CALLERS)}
    for file in tree.files:
        if not file.path.endswith(".py"):
            continue
        name = os.path.basename(file.path)
        module = re.compile(rf"\b{re.escape(name)}\b|^\s*(?:from|import)\s+(?:\w+\.)*{re.escape(name[:-3])}\b", re.M)
        imports = re.compile(rf"^\s*(?:from\s+\S+\s+)?import\s+(?:[\w, ]+,\s*)?{re.escape(name[:-3])}\b", re.M)
        if not any(path != file.path and (module.search(text) or imports.search(text)) for path, text in texts.items()):
            yield file.finding(1, "dead-file", "nothing imports or starts this script")
