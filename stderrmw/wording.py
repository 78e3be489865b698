"""The wording of a refusal: field and code for programs, the cause for people.

Quotes only short parts of the request, and leaves escaping to JSON.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import FieldError, StandardError

#: How much of a value to show, in characters.
SHOWN = 80


def refuse(
    status: int, cause: str, field: str, code: str, *headers: tuple[str, str]
) -> StandardError:
    """The error about one header field of the request, or its method."""
    error = FieldError("Request", field, code)
    return StandardError(status, cause=cause, errors=[error], headers=headers)


def listed(offers: Iterable[object]) -> str:
    """``"a/b or c/d"``."""
    return " or ".join(map(str, offers))


def shown(value: str | None) -> str:
    """A value from the request, in quotes."""
    return f"'{bare(value)}'"


def bare(value: str | None) -> str:
    """A value from the request, cut if it is long."""
    text = (value or "").strip(" \t")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
