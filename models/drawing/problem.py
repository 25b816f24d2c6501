"""What is wrong with a drawing, and the drawing as a graph."""

from dataclasses import dataclass

# The worst first.
LEVELS = ("error", "warning", "info")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a drawing, or looks so.

    :ivar code: its name for scripts, listed in the README
    :ivar level: ``error`` (customers get no answer), ``warning`` or ``info``
    :ivar message: a sentence for people: what, and what to do
    :ivar step_id: of the step that it is about; False: the bot itself
    """

    code: str
    level: str
    message: str
    step_id: int | bool = False


def find_reachable(starts, edges):
    """Return all nodes that edges lead to from the starts, these included.

    :param dict edges: ``{node: {nodes}}``
    """
    reached, waiting = set(), list(starts)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += edges.get(node, ())
    return reached


def find_circles(edges):
    """Return the circles in which each node has one way at most, each once.

    :param dict edges: ``{node: following node or None}``
    :rtype: list[list]
    """
    circles, done = [], set()
    for start in edges:
        path = []
        node = start
        while node in edges and node not in done and node not in path:
            path.append(node)
            node = edges[node]
        if node in path:
            circles.append(path[path.index(node) :])
        done |= set(path)
    return circles
