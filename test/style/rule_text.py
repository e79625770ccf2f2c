"""Words and blanks: in every text file of the tree."""
import re

# Spelled in pieces, so that this file passes its own rule.
WORDS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b|\b(?i:st" + r"ubs?)\b")


def check(tree):
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            word = WORDS.search(line)
            if word:
                yield file.finding(number, "banned-word", f"'{word[0]}': finish it, or write an issue")
            if "\t" in line:
                yield file.finding(number, "tab", "a tab; indent with spaces")
            if line != line.rstrip():
                yield file.finding(number, "trailing-blank", "blanks at the end of the line")
        if file.text and not file.text.endswith("\n"):
            yield file.finding(len(file.lines), "last-line", "the last line has no end")
