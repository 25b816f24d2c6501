"""Find functions that do more than one thing: python check_functions.py FOLDER.

Longer than 40 lines without the docstring. One statement or two (a table, an SQL text
and what reads it) may be longer, and so may tests, whose length is their story.
"""

import ast
import sys
from pathlib import Path

MOST = 40
FOLDERS = ("models", "jobs", "tools", "controllers", "wizard", "migrations")


def check(root):
    """Yield the functions that are too long."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    lines = _count(node)
                    if lines > MOST:
                        where = f"{path.relative_to(root)}:{node.lineno}"
                        yield f"{where}: {node.name} has {lines} lines, at most {MOST}"


def _count(function):
    body = function.body
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False):
        lines -= body[0].end_lineno - body[0].lineno + 1
        body = body[1:]
    return 0 if len(body) < 3 else lines


if __name__ == "__main__":
    found = list(check(Path(sys.argv[1])))
    for line in found:
        print(line)
    sys.exit(bool(found))
