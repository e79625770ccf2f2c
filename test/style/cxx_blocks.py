"""The blocks of a C++ file, found by its braces: functions with their size, and what is declared outside of them.

No compiler is asked, so that the check runs anywhere in a second. What a brace opens is told from the words before it:
namespace, type, function, control (if, for, ...), lambda, plain block, or initialiser.
"""
import re
from dataclasses import dataclass, field

from cxx_text import blanked, strip_directives

CONTROL = re.compile(r"\b(?:if|for|while|switch|do)\b|\belse\b(?!\s*if\b)")
TYPE_HEAD = re.compile(r"^(?:typedef\s+)?(?:class|struct|union|enum)\b")
LOCAL_TYPE = re.compile(r"^(?:class|struct|union|enum(?:\s+(?:class|struct))?)(?:\s+\w+)?\s*(?:final\s*)?(?::[^:].*)?$", re.S)
AFTER_PARAMETERS = re.compile(r"(?:\)|\}|\]\]|\b(?:const|noexcept|override|final|mutable|try|constexpr)|&)$")
TRAILING_RETURN = re.compile(r"\)[\s\w]*->\s*[\w:<>,&*\s()]+$")
LAMBDA_TAIL = re.compile(r"(?:\s*(?:->\s*[\w:<>,&*\s]+|mutable|noexcept|constexpr))+$")
PAIRS = {")": "(", "]": "[", ">": "<", "}": "{"}
OUTER = ("file", "namespace", "type")


@dataclass
class Block:
    kind: str
    head: str = ""
    head_start: int = 0       # where the words before the brace begin
    start: int = 0            # the brace
    parens: int = 0           # of the statement around, to go on with after the block
    statement: int = 0
    level: int = 0            # control statements around what stands inside
    function: object = None


@dataclass
class Function:
    name: str
    start: int
    end: int = 0
    parameters: int = 0
    level: int = 0            # the deepest nesting of control statements
    level_at: int = 0


@dataclass
class Statement:
    where: str                # the kind of block it stands in
    text: str
    start: int


@dataclass
class Blocks:
    functions: list = field(default_factory=list)
    statements: list = field(default_factory=list)
    types: list = field(default_factory=list)       # (name with its named namespaces, offset); none of an anonymous namespace or of a function
    balanced: bool = True


def opening(text, end):
    """The offset of the bracket that text[end] closes, or -1."""
    depth, close = 0, text[end]
    for at in range(end, -1, -1):
        depth += (text[at] == close) - (text[at] == PAIRS[close])
        if depth == 0:
            return at
    return -1


def without_template(head):
    """The head without labels, attributes and template<...> in front."""
    while True:
        head = re.sub(r"^(?:\s|\[\[.*?\]\]|(?:public|private|protected)\s*:(?!:)|inline\s+(?=namespace))+", "", head, flags=re.S)
        if not re.match(r"template\s*<", head):
            return head
        depth, at = 0, head.index("<")
        for at in range(at, len(head)):
            depth += (head[at] == "<") - (head[at] == ">" and head[at - 1] not in "-=")
            if depth == 0:
                break
        head = re.sub(r"^\s*requires\s*\([^()]*\)", "", head[at + 1:])


def is_lambda(head):
    head = LAMBDA_TAIL.sub("", head.rstrip()).rstrip()
    if head.endswith(")"):
        head = head[:max(opening(head, len(head) - 1), 0)].rstrip()
    if head.endswith(">"):
        head = head[:max(opening(head, len(head) - 1), 0)].rstrip()
    if not head.endswith("]"):
        return False
    before = head[:max(opening(head, len(head) - 1), 0)].rstrip()
    return not before or not (before[-1].isalnum() or before[-1] in "_])") or bool(re.search(r"\breturn$", before))


def is_function_head(head):
    if "(" not in head:
        return False
    if AFTER_PARAMETERS.search(head) or TRAILING_RETURN.search(head):
        return True
    return bool(re.search(r"\)\s*(?:const\s*)?requires\b", head))


def kind_outside(head, parens):
    """What a brace opens that stands in a namespace or in a type."""
    head = without_template(head).rstrip()
    if re.match(r"namespace\b", head) or re.match(r'extern\s*"\s*"$', head):
        return "namespace"
    if TYPE_HEAD.match(head) and "(" not in re.sub(r"(?:alignas|__attribute__)\s*\(+[^)]*\)+", "", head):
        return "type"
    if is_lambda(head):
        return "lambda"
    return "function" if parens == 0 and is_function_head(head) else "value"


def kind_inside(head, parens):
    """What a brace opens that stands in a function."""
    head = head.strip()
    if is_lambda(head):
        return "lambda"
    if parens:
        return "value"
    if head.endswith(")"):
        word = re.search(r"(\w+)(?:\s+constexpr)?\s*$", head[:max(opening(head, len(head) - 1), 0)])
        return "control" if word and CONTROL.match(word[1]) else "block"
    if re.search(r"\b(?:else|do)$", head):
        return "control"
    if not head or head.endswith(":") or re.search(r"\btry$", head):
        return "block" if not CONTROL.search(head) else "control"
    return "type" if LOCAL_TYPE.match(head) else "value"


def parameter_list(head):
    """(name, text between the brackets of the parameters) of a function's head."""
    plain = re.sub(r"(?:alignas|__attribute__|decltype|explicit|noexcept)\s*\((?:[^()]|\([^()]*\))*\)", lambda m: blanked(m[0]), head)
    match = re.search(r"(operator\s*\(\s*\)|operator\s*[^\s\w(]+|[\w:~<>, ]*?[\w~>])\s*\(", plain)
    if not match:
        return head.strip(), ""
    depth, start = 0, match.end() - 1
    for at in range(start, len(plain)):
        depth += (plain[at] == "(") - (plain[at] == ")")
        if depth == 0:
            return match[1].split()[-1], plain[start + 1:at]
    return match[1].split()[-1], ""


def count_parameters(text):
    if text.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for at, char in enumerate(text):
        if char in "(<[{":
            depth += 1
        elif char in ")]}" or (char == ">" and text[at - 1] != "-"):
            depth -= 1
        elif char == "," and depth == 0:
            count += 1
    return count


class Scanner:
    def __init__(self, code):
        self.text = strip_directives(code)
        self.work = list(self.text)   # the same; values and lambdas vanish from it when their brace closes
        self.found = Blocks()
        self.stack = [Block("file")]
        self.statement = 0
        self.parens = 0

    def head(self, end):
        return "".join(self.work[self.statement:end])

    def run(self):
        for match in re.finditer(r"[{}();]", self.text):
            char, at = match[0], match.start()
            if char == "(":
                self.parens += 1
            elif char == ")":
                self.parens = max(self.parens - 1, 0)
            elif char == ";" and self.parens == 0:
                self.end_statement(at)
            elif char == "{":
                self.open(at)
            elif char == "}":
                self.close(at)
        self.found.balanced = self.found.balanced and len(self.stack) == 1
        return self.found

    def reach(self, function, level, at):
        if function and level > function.level:
            function.level, function.level_at = level, at

    def end_statement(self, at):
        around, text = self.stack[-1], self.head(at)
        if around.function:
            self.reach(around.function, around.level + len(CONTROL.findall(text)), at)
        if text.strip():
            start = self.statement + len(text) - len(text.lstrip())
            self.found.statements.append(Statement(around.kind, text.strip(), start))
        self.statement = at + 1

    def open(self, at):
        around, head = self.stack[-1], self.head(at)
        kind = kind_outside(head, self.parens) if around.kind in OUTER else kind_inside(head, self.parens)
        block = Block(kind, head, self.statement, at, self.parens, self.statement, around.level, around.function)
        if kind == "function":
            self.begin_function(block)
        elif kind == "type":
            self.begin_type(block)
        elif kind == "lambda":
            block.level = 0
            self.reach(block.function, around.level + len(CONTROL.findall(head)), at)
        elif kind == "control":
            block.level += len(CONTROL.findall(head))
            self.reach(block.function, block.level, at)
        self.stack.append(block)
        if kind != "value":
            self.statement, self.parens = at + 1, 0

    def begin_type(self, block):
        name = re.match(r"(?:class|struct|union|enum(?:\s+class)?)\s+(\w+)\s*(?:final\s*)?(?::(?!:)|$)", without_template(block.head).strip())
        spaces = [re.search(r"namespace\s*([\w:]*)\s*$", around.head) for around in self.stack[1:] if around.kind == "namespace"]
        outer = len(spaces) == len(self.stack) - 1 and all(space and space[1] for space in spaces)
        if name and outer:
            self.found.types.append(("::".join([space[1] for space in spaces] + [name[1]]), block.head_start + len(block.head) - 1))

    def begin_function(self, block):
        plain = without_template(block.head)
        name, parameters = parameter_list(plain)
        start = block.head_start + len(block.head) - len(plain)
        block.function = Function(name, start, parameters=count_parameters(parameters))
        block.level = 0
        self.found.functions.append(block.function)

    def close(self, at):
        if len(self.stack) == 1:
            self.found.balanced = False
            return
        block = self.stack.pop()
        if block.kind == "function":
            block.function.end = at
        self.parens = block.parens
        if block.kind in ("value", "lambda"):
            self.work[block.start + 1:at] = blanked(self.text[block.start + 1:at])
            self.statement = block.statement
        else:
            self.statement = at + 1


def scan(code):
    """The blocks of comment-free code (cxx_text.strip_comments)."""
    return Scanner(code).run()
