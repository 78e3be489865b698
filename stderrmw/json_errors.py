"""JSON error bodies of an app: what makes them standard, and nothing else.

Works on their source text, so that what the app wrote leaves as it was written:
numbers of any size and precision, order, escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .status import described, phrase

#: Where an app's own words for a missing ``message`` may stand, first to last.
MESSAGE_FIELDS = "message detail title description error_description error".split()

_SPACE = re.compile(r"[ \t\r\n]*")
_INTEGER = re.compile(r"-?[0-9]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")  # Python's parser takes NaN and Infinity


# int() refuses over 4300 digits; of a number only its source text is ever used.
_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_no_constant)


def complete(text: str, status: int, original: int) -> str | None:
    """The text as a standard body of *status*, or None where it is one already.

    :raises ValueError, RecursionError: where the text is no JSON.
    """
    value = _DECODER.decode(text)
    if isinstance(value, dict):
        values, sources = value, _sources(text)
    else:
        values, sources = {"detail": value}, {"detail": text.strip()}
    code = sources.get("code", "null")
    if status != original and _INTEGER.fullmatch(code):
        code = str(status)
    if code != "null" and isinstance(values.get("message"), str) and values["message"]:
        return None if code == sources["code"] else _written({**sources, "code": code})
    return _completed(values, sources, code, status, original)


def is_object(text: str) -> bool:
    """Whether the text is a JSON object."""
    try:
        return isinstance(_DECODER.decode(text), dict)
    except (ValueError, RecursionError):
        return False


def _completed(
    values: Mapping[str, Any],
    sources: dict[str, str],
    code: str,
    status: int,
    original: int,
) -> str:
    words = (values.get(name) for name in MESSAGE_FIELDS)
    usable = (text for text in words if isinstance(text, str) and text.strip())
    message = next(usable, phrase(status))
    first = {"code": str(status) if code == "null" else code}
    first["message"] = json.dumps(message)
    if status != original and "cause" not in sources:
        first["cause"] = json.dumps(described(original))
    rest = {name: text for name, text in sources.items() if name not in first}
    if values.get("message", message) != message:
        rest.setdefault("detail", sources["message"])
    return _written({**first, **rest})


def _sources(text: str) -> dict[str, str]:
    """Each member's value as it is written; the text is known to be an object."""
    sources = {}
    at = _skip_space(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip_space(text, _skip_space(text, at) + 1)  # past the colon
        _, end = _DECODER.raw_decode(text, start)
        sources[name] = text[start:end]
        at = _skip_space(text, end)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
    return sources


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _written(sources: Mapping[str, str]) -> str:
    """The object in ASCII: outside it, JSON has characters only within strings."""
    members = (f"{json.dumps(name)}: {text}" for name, text in sources.items())
    body = "{" + ", ".join(members) + "}"
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], body)
