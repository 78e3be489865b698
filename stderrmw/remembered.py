"""What is remembered between requests: bounded, and safe under threads.

Plain sets and dicts: a look into one of a class of its own costs twice as much.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

# Requests, and error pages, vary little in what is looked at. More of them than this,
# or longer ones, come from somebody who means to fill the memory.
MOST = 1024
LONGEST = 4096

# Each step on a path through dicts is one.
MOST_STEPS = 16

# Numbers, for a step may be any str: a client may send the method "count".
_COUNT, END = 0, 1


def keep(known: dict[Any, Any], what: Hashable, value: Any) -> None:
    """Set in a dict that forgets everything when it has become large."""
    if has_room(known, what):
        known[what] = value


def has_room(known: dict[Any, Any] | set[Any], what: Hashable) -> bool:
    """Whether it may be kept there; what has become large is emptied for it."""
    if len(repr(what)) > LONGEST:
        return False
    if len(known) >= MOST:
        known.clear()
    return True


def keep_in(tree: dict[Any, Any], path: Sequence[Hashable], value: Any) -> None:
    """Set at the END of a path through dicts, of which each step takes one look."""
    if len(path) > MOST_STEPS or len(repr(path)) > LONGEST:
        return
    if tree.get(_COUNT, 0) >= MOST:
        tree.clear()
    tree[_COUNT] = tree.get(_COUNT, 0) + 1
    for step in path:
        tree = tree.setdefault(step, {})
    tree[END] = value


def kept_in(tree: dict[Any, Any], path: Iterable[Hashable], default: Any) -> Any:
    """What is at the END of a path, or the default."""
    for step in path:
        tree = tree.get(step, {})
    return tree.get(END, default)
