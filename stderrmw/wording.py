"""What a refusal says: the field and the code for programs, and the cause in words.

Of the request it shows no more than is fit for an answer; JSON escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import FieldError, StandardError

#: So much of a value is shown, in characters.
SHOWN = 80


def refuse(
    status: int, cause: str, field: str, code: str, *headers: tuple[str, str]
) -> StandardError:
    """The error for one header field of the request, or its method."""
    error = FieldError("Request", field, code)
    return StandardError(status, cause=cause, errors=[error], headers=headers)


def listed(offers: Iterable[object]) -> str:
    """``"a/b or c/d"``."""
    return " or ".join(map(str, offers))


def shown(value: str | None) -> str:
    """A value of the request in quotes."""
    return f"'{bare(value)}'"


def bare(value: str | None) -> str:
    """A value of the request, cut where it is long."""
    text = (value or "").strip(" \t")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
