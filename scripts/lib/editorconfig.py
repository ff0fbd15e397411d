"""editorconfig.py: the rules of .editorconfig, and that JSON and Python parse.

Prints one TAP line a kind of rule; called by scripts/check-format.
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from vmtap import ROOT, Tap, tree_files  # noqa: E402

# Bytes that no rule of text is for (see .gitattributes).
BINARY = re.compile(
    r"^test/fuzz/corpus/|^test/fixtures/|\.(png|jpe?g|gif|pdf|gz|zst|bin|f16|f32|i32|npy)$"
)
# [*.{sh,py,pl,pm,md}] and [*.sql]: indented by spaces; so are our scripts
# without a suffix.
SPACES = re.compile(r"\.(sh|py|pl|pm|md|sql|json|ya?ml)$|^scripts/(?:[^/.]+)$|^\.ci/run$")
# [*.{c,h,l,y}]: max_line_length; clang-format cannot break a literal, and
# neither must we: error texts stay greppable.
LINE_LENGTH = 100


def columns(line):
    return len(line.expandtabs(4))


def main():
    tap = Tap()
    problems = {
        key: []
        for key in ("utf-8", "line ends", "final newline", "trailing space", "tabs", "length")
    }
    parse = []
    for name in tree_files():
        path = os.path.join(ROOT, name)
        if BINARY.search(name) or os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            data = f.read()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as e:
            problems["utf-8"].append(f"{name}: {e}")
            continue
        expected_output = name.startswith("expected/")
        if "\r" in text:
            problems["line ends"].append(f"{name}: carriage return")
        if text and not text.endswith("\n") and not expected_output:
            problems["final newline"].append(name)
        for number, line in enumerate(text.split("\n"), 1):
            where = f"{name}:{number}"
            if not expected_output and line != line.rstrip(" \t"):
                problems["trailing space"].append(where)
            if SPACES.search(name) and re.match(r" *\t", line):
                problems["tabs"].append(where)
            if name.endswith((".c", ".h", ".l", ".y")) and '"' not in line:
                if columns(line) > LINE_LENGTH:
                    problems["length"].append(f"{where}: {columns(line)} columns")
        try:
            if name.endswith(".json"):
                json.loads(text)
            elif name.endswith(".py") or re.match(r"#!.*\bpython3?\b", text):
                compile(text, name, "exec")
        except (ValueError, SyntaxError) as e:
            parse.append(f"{name}: {e}")

    tap.check("text is UTF-8", problems["utf-8"])
    tap.check("lines end with LF", problems["line ends"])
    tap.check("files end with a newline", problems["final newline"])
    tap.check("no trailing white space", problems["trailing space"])
    tap.check("indented by spaces where .editorconfig says so", problems["tabs"])
    tap.check(f"C lines have at most {LINE_LENGTH} columns", problems["length"])
    tap.check("JSON and Python parse", parse)
    return tap.done()


sys.exit(main())
