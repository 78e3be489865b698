"""How the benchmarks print: a heading with date and versions, and plain tables.

Not run by itself. What it prints is reStructuredText (simple tables).
"""

from __future__ import annotations

import platform
import time
from importlib import import_module
from typing import Iterable, List, Sequence


def heading(title: str, *packages: str) -> None:
    """The title, then the date and what was measured with."""
    versions = [version_of(name) for name in ("stderrmw", *packages)]
    print(title, "=" * len(title), sep="\n", end="\n\n")
    print(time.strftime("%Y-%m-%d"), end=": ")
    print(f"CPython {platform.python_version()}", *versions, sep=", ", end="\n\n")


def version_of(name: str) -> str:
    """The name and the version of an imported package."""
    return f"{name} {import_module(name).__version__}"


def table(title: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> None:
    """One simple table; the first column is text, the others are numbers."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    rule = "  ".join("=" * width for width in widths)
    print(title, "-" * len(title), "", rule, aligned(lines[0], widths), rule, sep="\n")
    for line in lines[1:]:
        print(aligned(line, widths))
    print(rule, end="\n\n", flush=True)


def aligned(cells: List[str], widths: List[int]) -> str:
    """The cells of a line below one another; a first cell is never empty in rST."""
    first, *others = cells
    padded = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
    return "  ".join([first.ljust(widths[0]), *padded]).rstrip()
