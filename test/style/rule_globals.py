"""No mutable state outside of objects: neither at namespace scope, nor in a class, nor in a function's static."""
import re

from cxx_blocks import scan

NO_VARIABLE = re.compile(
    r"^(?:using|typedef|extern|friend|class|struct|union|enum|static_assert|namespace|concept|requires|return|goto|"
    r"public|private|protected|case|asm|_Static_assert|throw|else|operator)\b|^TEST_CASE|^SECTION")
CONSTANT = re.compile(r"\b(?:const|constexpr)\b")
POINTER_TO_CONST = re.compile(r"\bconst\s+[\w:]+\s*\*\s*\w+$|\b[\w:]+\s+const\s*\*\s*\w+$")
STATIC = re.compile(r"\b(?:static|thread_local)\b")


def declared(text):
    """What stands before the value: type and name."""
    text = re.sub(r"^(?:\[\[.*?\]\]|alignas\s*\([^)]*\)|(?:public|private|protected)\s*:(?!:)|\s)+", "", text, flags=re.S)
    return re.split(r"(?<![=!<>])=(?!=)|\{", text, maxsplit=1)[0].strip()


def without_angles(text):
    while "<" in text:
        shorter = re.sub(r"<[^<>]*>", "", text)
        if shorter == text:
            return text
        text = shorter
    return text


def is_mutable(text):
    text = re.sub(r"\s+", " ", text)
    if CONSTANT.search(text) and not (POINTER_TO_CONST.search(text) and "constexpr" not in text):
        return False
    return "(" not in without_angles(text) and len(re.findall(r"\w+", without_angles(text))) >= 2


def offends(statement):
    text = declared(statement.text)
    if NO_VARIABLE.match(text) or text.startswith("template") or "operator" in text:
        return False
    if statement.where not in ("file", "namespace") and not STATIC.match(re.sub(r"^inline\s+", "", text)):
        return False
    return is_mutable(text)


def check(tree):
    for file in tree.cxx:
        for statement in scan(file.code).statements:
            if offends(statement):
                name = re.sub(r"\s+", " ", re.sub(r"\[[^\]]*\]$", "", declared(statement.text))).split()[-1].lstrip("*&")
                yield file.finding(file.line_at(statement.start), "mutable-global", f"'{name}' outlives its owners and can change")
