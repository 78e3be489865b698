"""Bounded, thread-safe memory between requests; does not know what is in it.

Uses plain sets and dicts: a lookup in a class of our own costs twice as much.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

# Requests and error pages vary little in what is remembered of them. More or longer
# ones than this come from somebody who tries to fill the memory.
MOST = 1024
LONGEST = 4096

# Each step on a path is one nested dict.
MOST_STEPS = 16

# Not str: a step may be any str, for example a method named "count".
_COUNT, END = 0, 1


def keep(known: dict[Any, Any], what: Hashable, value: Any) -> None:
    """Set in a dict that is cleared once it is full."""
    if has_room(known, what):
        known[what] = value


def has_room(known: dict[Any, Any] | set[Any], what: Hashable) -> bool:
    """Whether it may be kept there; clears what is full."""
    if len(repr(what)) > LONGEST:
        return False
    if len(known) >= MOST:
        known.clear()
    return True


def keep_in(tree: dict[Any, Any], path: Sequence[Hashable], value: Any) -> None:
    """Set at the END of a path through nested dicts, one lookup per step."""
    if len(path) > MOST_STEPS or len(repr(path)) > LONGEST:
        return
    if tree.get(_COUNT, 0) >= MOST:
        tree.clear()
    tree[_COUNT] = tree.get(_COUNT, 0) + 1
    for step in path:
        tree = tree.setdefault(step, {})
    tree[END] = value


def kept_in(tree: dict[Any, Any], path: Iterable[Hashable], default: Any) -> Any:
    """The value at the END of a path, or the default."""
    for step in path:
        tree = tree.get(step, {})
    return tree.get(END, default)
