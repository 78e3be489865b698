"""The names that someone may have meant, for the errors that say what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .policy import OPTIONS


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """``"; did you mean …?"``, or nothing where no name is near."""
    near = difflib.get_close_matches(word, list(names))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def check_names(options: Iterable[str]) -> None:
    """Refuse what is no option: Python would name a constructor that nobody wrote.

    :raises TypeError: naming it, and what may have been meant.
    """
    known = ["overrides", *OPTIONS]
    for name in options:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            raise TypeError(f"{name} is no option of the middleware{near}")
