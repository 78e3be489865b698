"""Suggests similar names in error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .policy import OPTIONS


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """``"; did you mean …?"``, or ``""`` if no name is similar."""
    near = difflib.get_close_matches(word, list(names))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def check_names(options: Iterable[str]) -> None:
    """Refuse an unknown option; Python's own error would name our constructor.

    :raises TypeError: naming it and similar names.
    """
    known = ["overrides", *OPTIONS]
    for name in options:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            raise TypeError(f"{name} is no option of the middleware{near}")
