"""Adds to the JSON error body of an app what the standard requires, and nothing else.

Works on the source text, so that the app's members stay exactly as written: numbers
of any size and precision, order, escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .status import described, phrase

#: Members that may hold the app's own message, in order of preference.
MESSAGE_FIELDS = "message detail title description error_description error".split()

_MEMBER_END = re.compile(r"[ \t\r\n]*[,:{]?[ \t\r\n]*")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")  # Python's parser accepts NaN and Infinity


# int() refuses more than 4300 digits; only the source text of numbers is used.
_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_no_constant)


def complete(
    text: str,
    status: int,
    original: int,
    extra: Callable[[], Mapping[str, Any]] = dict,
) -> str:
    """The text as a standard body of *status*; unchanged if it already is one.

    :param extra: returns more fields; called only if something is missing.
    :raises ValueError, RecursionError: if the text is not JSON.
    """
    values = _DECODER.decode(text)
    spans = _spans(text) if isinstance(values, dict) else {}
    members = {name: text[start:end] for name, (start, end) in spans.items()}
    if not isinstance(values, dict):
        values, members = {"detail": values}, {"detail": text.strip()}
    code = members.get("code", "null")
    has_code = code != "null"
    if not has_code or status != original and re.fullmatch("-?[0-9]+", code):
        code = str(status)
    said = values.get("message")
    if has_code and isinstance(said, str) and said:
        start, end = spans["code"]
        return text[:start] + code + text[end:]
    message = _message(values, original) or phrase(status)
    if values.get("message", message) != message:
        members.setdefault("detail", members["message"])
    head = {"code": code, "message": json.dumps(message)}
    if status != original and "cause" not in members:
        head["cause"] = json.dumps(described(original))
    more = {name: json.dumps(value) for name, value in extra().items()}
    return _joined({**head, **members, **more, **members, **head})


def _joined(members: Mapping[str, str]) -> str:
    """A JSON object with these members, in ASCII."""
    body = ", ".join(f"{json.dumps(name)}: {value}" for name, value in members.items())
    # In JSON, non-ASCII characters can occur only in strings.
    return re.sub(r"[^\0-\x7f]+", lambda m: json.dumps(m[0])[1:-1], "{" + body + "}")


def _message(values: Mapping[str, Any], original: int) -> str | None:
    """The app's own message, or None."""
    words = ((name, values.get(name)) for name in MESSAGE_FIELDS)
    usable = {k: text for k, text in words if isinstance(text, str) and text.strip()}
    if len(usable) > 1 and usable.get("title") == described(original):
        del usable["title"]  # Falcon's; the author's text is in its description
    return next(iter(usable.values()), None)


def is_object(text: str) -> bool:
    """Whether the text is a JSON object."""
    try:
        return isinstance(_DECODER.decode(text), dict)
    except (ValueError, RecursionError):
        return False


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """The position of each member's value in the text, which must be an object."""
    spans = {}
    at = _past(text, 0)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _past(text, at)
        _, end = _DECODER.raw_decode(text, start)
        spans[name] = start, end
        at = _past(text, end)
    return spans


def _past(text: str, at: int) -> int:
    """The position after white space and at most one ``{``, ``:`` or ``,``."""
    match = _MEMBER_END.match(text, at)
    return match.end() if match else at
