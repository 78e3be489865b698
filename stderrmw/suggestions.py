"""The names that someone may have meant, for the errors that say what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """``"; did you mean …?"``, or nothing where no name is near."""
    near = difflib.get_close_matches(word, list(names))
    return f"; did you mean {' or '.join(near)}?" if near else ""
