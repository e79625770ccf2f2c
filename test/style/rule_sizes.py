"""Sizes: of files, functions, lines, nesting and parameter lists."""
import ast

from cxx_blocks import scan

FILE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
NESTING_MAX = 3
PARAMETERS_MAX = 5
COLUMNS_MAX = 170
PYTHON_CONTROL = (ast.If, ast.For, ast.While, ast.With, ast.Try)


def check(tree):
    for file in tree.files:
        if file.is_source:
            yield from check_lines(file)
        if file.is_cxx:
            yield from check_functions(file)
        if file.path.endswith(".py"):
            yield from check_python(file)


def check_lines(file):
    limit = TEST_LINES_MAX if file.is_test else FILE_LINES_MAX
    if len(file.lines) > limit:
        yield file.finding(1, "file-size", f"{len(file.lines)} lines; at most {limit}")
    for number, line in enumerate(file.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield file.finding(number, "columns", f"{len(line)} columns; at most {COLUMNS_MAX}")


def check_functions(file):
    blocks = scan(file.code)
    if not blocks.balanced:
        yield file.finding(1, "blocks", "the braces of this file do not pair, so its functions cannot be measured")
        return
    for function in blocks.functions:
        first, last = file.line_at(function.start), file.line_at(function.end)
        yield from check_function(file, function.name, (first, last), function.parameters)
        if function.level > NESTING_MAX:
            line = file.line_at(function.level_at)
            yield file.finding(line, "nesting", f"'{function.name}' nests {function.level} deep; at most {NESTING_MAX}")


def check_function(file, name, lines, parameters):
    first, last = lines
    if last - first + 1 > FUNCTION_LINES_MAX:
        yield file.finding(first, "function-size", f"'{name}' has {last - first + 1} lines; at most {FUNCTION_LINES_MAX}")
    if parameters > PARAMETERS_MAX:
        yield file.finding(first, "parameters", f"'{name}' has {parameters} parameters; at most {PARAMETERS_MAX}")


def python_nesting(node):
    """The deepest nesting of control statements below a node; `elif` counts as its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        own = isinstance(child, PYTHON_CONTROL)
        if own and isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If):
            own = False
        deepest = max(deepest, own + python_nesting(child))
    return deepest


def check_python(file):
    try:
        module = ast.parse(file.text)
    except SyntaxError as fault:
        yield file.finding(fault.lineno or 1, "python", str(fault.msg))
        return
    for node in ast.walk(module):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        names = [argument.arg for argument in node.args.args + node.args.kwonlyargs if argument.arg not in ("self", "cls")]
        yield from check_function(file, node.name, (node.lineno, node.end_lineno), len(names))
        if python_nesting(node) > NESTING_MAX:
            yield file.finding(node.lineno, "nesting", f"'{node.name}' nests {python_nesting(node)} deep; at most {NESTING_MAX}")
