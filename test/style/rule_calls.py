"""What may not be written in C++ here: each row is a rule, what betrays it, and what to do instead."""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern
    instead: str
    free: tuple = ()          # paths that begin so are free

    def applies(self, path):
        return not path.startswith(self.free) if self.free else True


def call(*names):
    return re.compile(r"(?<![\w.>])(?:" + "|".join(names) + r")\s*\(")


def is_declaration(before):
    """Is a name after this text one of our own: declared after its type, or within its class?"""
    before = before.rstrip()
    if before.endswith("::"):
        scope = re.search(r"(\w+)(?:<[^<>]*>)?::$", before)
        return bool(scope) and scope[1] not in ("std", "sparekeep")
    word = re.search(r"(\w+|[>*]|(?<!&)&)$", before)
    return bool(word) and word[1] not in ("return", "else", "do", "throw", "co_await", "co_return")


BANS = (
    Ban("banned-call", call("strcpy", "strcat", "sprintf", "vsprintf", "gets"), "the length is unknown: use std::string or snprintf"),
    Ban("banned-call", call("system", "popen"), "no shell: start the program with its arguments"),
    Ban("banned-call", call("rand", "srand", "drand48"), "chance comes in through Random&"),
    Ban("banned-call", call("gmtime", "localtime", "strtok", "tmpnam", "mktemp"), "not safe among threads: use the _r form or mkstemp"),
    Ban("banned-call", call("atoi", "atol", "atof"), "faults go unseen: use std::from_chars"),
    Ban("assert", re.compile(r"(?<!\w)assert\s*\("), "SK_CHECK, which holds in release builds too"),
    Ban("endl", re.compile(r"\bstd::endl\b"), "'\\n', and a flush where one is meant"),
    Ban("using-namespace-std", re.compile(r"\busing\s+namespace\s+std\b"), "names of the library are spelled out"),
    Ban("new", re.compile(r"(?<!operator )\bnew\b"), "std::make_unique, or a value"),
    Ban("delete", re.compile(r"(?<!operator )(?<!= )(?<!=)\bdelete\b"), "an owner that dies with its scope"),
    Ban("clock", re.compile(r"(?<!\w)system_clock\s*\(|\bchrono::\w+_clock\b|\b(?:\w+::)*file_time_type::clock\b|(?<![\w.>])(?:clock_gettime|gettimeofday|time)\s*\("),
        "time comes in through Clock&", ("lib/base/", "test/")),
    Ban("random", re.compile(r"(?<!\w)system_random\s*\(|\bstd::random_device\b|(?<!\w)(?:getrandom|RAND_bytes)\s*\("),
        "chance comes in through Random&", ("lib/base/", "test/")),
    Ban("sleep", re.compile(r"\bthis_thread::sleep_\w+|(?<![\w.>])(?:usleep|nanosleep|sleep)\s*\("),
        "Clock::sleep, or a wait for what is meant", ("lib/base/",)),
)
CALL_RULES = ("banned-call", "clock", "random", "sleep")
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
MACROS_ALLOWED = re.compile(r"SK_CHECK|TOML_UNREACHABLE|CATCH_CONFIG_\w+|_GNU_SOURCE")


def check(tree):
    for file in tree.cxx:
        yield from check_bans(file)
        yield from check_macros(file)
        yield from check_defaults(file)


def check_bans(file):
    is_main = file.path.endswith("/main.cpp") or "/commands/" in file.path  # where the world comes in
    for ban in BANS:
        if not ban.applies(file.path) or (is_main and ban.rule in ("clock", "random")):
            continue
        for match in ban.pattern.finditer(file.code):
            if ban.rule in CALL_RULES and is_declaration(file.code[max(match.start() - 80, 0):match.start()]):
                continue
            name = re.sub(r"\s*\($", "", match[0])
            yield file.finding(file.line_at(match.start()), ban.rule, f"'{name}' is not used here: {ban.instead}")


def check_macros(file):
    for match in MACRO.finditer(file.code):
        if not MACROS_ALLOWED.fullmatch(match[1]):
            yield file.finding(file.line_at(match.start()), "macro", f"'{match[1]}': SK_CHECK is the only macro")


def check_defaults(file):
    """A switch over our enums names every value; one over foreign values says so beside its default."""
    for match in re.finditer(r"\bdefault\s*:(?!:)", file.code):
        line = file.line_at(match.start())
        near = "\n".join(file.lines[max(line - 2, 0):line])
        if "// foreign value" not in near:
            yield file.finding(line, "default", "a switch over our enums has no default; over others say '// foreign value' beside it")
