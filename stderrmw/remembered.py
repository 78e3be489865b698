"""What is remembered between requests: bounded, and safe under threads.

Plain sets and dicts: a look into one of a class of its own costs twice as much.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

# Requests, and error pages, differ little in what is looked at. More of them than
# this, and longer ones, are of somebody who means to fill the memory.
MOST = 1024
LONGEST = 4096


def keep(known: set[Hashable], what: Hashable) -> None:
    """Add to a set that forgets everything when it has become large."""
    if len(repr(what)) <= LONGEST:
        if len(known) >= MOST:
            known.clear()
        known.add(what)


def keep_as(known: dict[Hashable, Any], what: Hashable, value: Any) -> None:
    """Set in a dict that forgets everything when it has become large."""
    if len(repr(what)) <= LONGEST:
        if len(known) >= MOST:
            known.clear()
        known[what] = value


def keep_in(
    tree: dict[Any, Any], path: Iterable[Hashable], leaf: str, what: Any
) -> None:
    """Set at the end of a path through dicts, of which each step takes one look-up."""
    if len(repr(path)) > LONGEST:
        return
    count = tree.get(None, 0)
    if count >= MOST:
        tree.clear()
    tree[None] = count + 1 if count < MOST else 1
    for step in path:
        tree = tree.setdefault(step, {})
    tree[leaf] = what
