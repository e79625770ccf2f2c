"""One name, one type: two types of the same name in one namespace are undefined behaviour where a program links both files, and
no compiler says so. What only one file needs stands in its anonymous namespace."""
from cxx_blocks import scan


def in_programs(file):
    return not file.path.startswith("test/")


def check(tree):
    first = {}
    for file in filter(in_programs, tree.cxx):
        for name, start in scan(file.code).types:
            if name in first:
                yield file.finding(file.line_at(start), "type-twice", f"'{name}' is defined in {first[name]}, too")
            else:
                first[name] = file.path
