"""C++ without its comments: what is left has the same length and the same lines, so that offsets stay true."""
import re

TOKEN = re.compile(
    r'(?P<comment>//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z))'
    r'|(?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<word>[A-Za-z_]\w*)'
    r"|(?P<number>\.?\d(?:[eEpP][+-]|'\w|[\w.])*)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.|[^'\\\n])+')",
    re.S)


def blanked(text):
    return re.sub(r"[^\n]", " ", text)


def _replacement(match):
    kind = match.lastgroup if match.lastgroup != "mark" else "raw"
    text = match[0]
    if kind == "comment":
        return blanked(text)
    if kind in ("raw", "string", "char"):
        return text[0] + blanked(text[1:-1]) + text[-1]
    return text


def strip_comments(text):
    """Comments and the contents of strings and characters become spaces; line ends stay."""
    return TOKEN.sub(_replacement, text)


def strip_directives(code):
    """The same for preprocessor lines, with their continuations."""
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: blanked(match[0]), code, flags=re.M)
