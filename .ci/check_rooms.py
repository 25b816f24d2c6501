"""Check the floor plan: python check_rooms.py FOLDER OF THE ADDON.

A room of models/ may import those before it, never those behind it; jobs/ knows no
model, tools/ neither models nor Odoo. In one room a model has one file.
"""

import ast
import sys
from collections import defaultdict
from pathlib import Path

ROOMS = (
    "messenger",
    "script",
    "dialogue",
    "outbox",
    "operators",
    "broadcasts",
    "contacts",
    "logins",
    "drawing",
    "report",
    "notifications",
)
# One model, several files in a room, each with a subject of its own.
SEVERAL = {
    ("messenger", "helpcrunch.account"): "connecting reads lists of HelpCrunch's",
    ("script", "helpcrunch.bot"): "the example is a drawing, not code",
    ("script", "helpcrunch.step"): "what the engine asks, and a sound drawing",
    ("dialogue", "helpcrunch.event"): "into the inbox, and whose turn it is",
    ("dialogue", "helpcrunch.chat"): "the verbs of steps, and what each event does",
    ("operators", "helpcrunch.chat"): "way and timers, orders, waiting, Discuss",
    ("operators", "helpcrunch.operator.session"): "putting aside holds its timers",
    ("operators", "helpcrunch.operator.queue"): "who gets the next dialogue",
    ("broadcasts", "helpcrunch.broadcast"): "planned, and sent",
    ("broadcasts", "helpcrunch.broadcast.recipient"): "its sending goes with theirs",
    ("contacts", "helpcrunch.duplicate"): "listed, and merged",
    ("drawing", "helpcrunch.bot"): "kept, published, pictured; and checked",
}


def check(root):
    """Yield what stands in the wrong place."""
    files = defaultdict(set)
    for path in sorted(root.glob("[jmt]*/**/*.py")):
        place = path.relative_to(root).parts
        if place[0] not in ("models", "jobs", "tools"):
            continue
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                yield from _check_import(place, node)
            elif isinstance(node, ast.ClassDef) and place[-2] != "steps":
                for model in _find_models(node):
                    files[place[1], model].add("/".join(place))
    for (room, model), paths in sorted(files.items()):
        if len(paths) > 1 and (room, model) not in SEVERAL:
            yield f"{model} has two files in {room}: {', '.join(sorted(paths))}"


def _check_import(place, node):
    target = (node.module or "").split(".")
    if node.level:
        target = [*place[:-1][: len(place) - node.level], *filter(None, target)]
    where = f"{'/'.join(place)}:{node.lineno}"
    # Those of an addon below addons/ may use the main addon's, by Odoo's name for it.
    is_tool = target[:2] == ["odoo", "addons"] and target[3:4] == ["tools"]
    if place[0] == "tools" and target[0] in ("models", "jobs", "odoo") and not is_tool:
        yield f"{where}: tools/ is plain Python and knows no {target[0]}"
    elif place[0] == "jobs" and target[0] == "models":
        yield f"{where}: jobs/ knows no model"
    elif place[0] == target[0] == "models" and len(place) > 2 and len(target) > 1:
        here, there = place[1], target[1]
        # A step type may use any room.
        if "steps" not in place and there in ROOMS and here in ROOMS:
            if ROOMS.index(there) > ROOMS.index(here):
                yield f"{where}: {here} comes before {there} and may not use it"


def _find_models(node):
    """Return the model that a class defines or extends."""
    names = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            names[line.targets[0].id] = line.value.value
    return {names.get("_name") or names.get("_inherit")} - {None}


if __name__ == "__main__":
    found = list(check(Path(sys.argv[1])))
    for line in found:
        print(line)
    sys.exit(bool(found))
