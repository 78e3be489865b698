"""Parses options given as text, on the command line or in Paste Deploy.

Knows how each is written; the middleware checks the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .status import PROTOCOL_STATUSES
from .suggestions import did_you_mean

WORDS = {"true": True, "yes": True, "on": True, "1": True}
WORDS.update({"false": False, "no": False, "off": False, "0": False})

UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
UNITS.update({"kib": 2**10, "mib": 2**20, "gib": 2**30})

# Twenty digits are enough for any size, and int() accepts them.
NUMBER = re.compile(r"([0-9](?:_?[0-9]){0,19})\s*([a-z]*)", re.IGNORECASE)

# An entry may contain quoted strings and parameters after a semicolon. An unclosed
# quote is kept; the middleware refuses it.
ENTRY = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s,;"]|\s*;\s*|")+')


class Kind(NamedTuple):
    """How a kind of value is written; ``read`` converts the text or raises.

    Without a metavar it is a switch: its flag takes no value.
    """

    read: Callable[[str], Any]
    allowed: str
    metavar: str = ""
    repeats: bool = False


class TextOption(NamedTuple):
    """One option: how it is written, and what it means."""

    kind: Kind
    meaning: str


def read_options(texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of options given as text.

    :raises ValueError: naming the option, its text and what is allowed.
    """
    return {name: _read(name, text) for name, text in texts.items()}


def _read(name: str, text: str) -> Any:
    if name not in OPTIONS:
        near = did_you_mean(name, OPTIONS)
        raise ValueError(f"{name} is no option that can be given as text{near}")
    kind = OPTIONS[name].kind
    try:
        return kind.read(text.strip())
    except (KeyError, ValueError):
        raise ValueError(f"{name} must be {kind.allowed}, not {text!r}") from None


def _or(empty: object, read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: empty if text.lower() == "none" else read(text)


def _switch(text: str) -> bool:
    return WORDS[text.lower()]


def _size(text: str) -> int:
    found = NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * UNITS[found[2].lower()]


def _entries(text: str) -> list[str]:
    return ENTRY.findall(text)


def _statuses(text: str) -> list[int]:
    named = {"protocol", "protocol_statuses"}
    words = text.lower().replace(",", " ").split()
    numbers = [int(word) for word in words if word not in named]
    return [*numbers, *(PROTOCOL_STATUSES if named & set(words) else ())]


def _headers(text: str) -> list[tuple[str, str]]:
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    if not all(colon for _, colon, _ in pairs):
        raise ValueError(text)
    return [(name.strip(), value.strip()) for name, _, value in pairs]


_SIZES = "a number of bytes such as 1048576, 500kB or 1MiB"
_SIZE = Kind(_size, _SIZES, "SIZE")
_SIZE_OR_NONE = Kind(_or(None, _size), f"{_SIZES}, or none", "SIZE")
_SWITCH = Kind(_switch, "true or false, yes or no, on or off, 1 or 0")
_LIST = Kind(_or(None, _entries), "a list, or none", "LIST", True)
_WORD = Kind(str, "a word", "WORD")
_STATUSES = Kind(
    _or((), _statuses), "statuses such as 412, PROTOCOL_STATUSES or none", "LIST", True
)
_HEADERS = Kind(
    _or((), _headers), "lines of the form Name: value, or none", "'NAME: VALUE'", True
)

#: Every option that can be given as text; the meaning is for --help and the docs.
OPTIONS = {
    "allowed_methods": TextOption(_LIST, "methods to allow; GET implies HEAD"),
    "max_body_size": TextOption(_SIZE_OR_NONE, "how long a request body may be"),
    "require_content_length": TextOption(
        _SWITCH, "refuse POST, PUT, PATCH and chunked bodies of no declared length"
    ),
    "consumes": TextOption(_LIST, "media ranges that the app takes"),
    "produces": TextOption(_LIST, "media types that the app can answer with"),
    "produces_encodings": TextOption(_LIST, "content codings that it can answer with"),
    "preserve_statuses": TextOption(
        _STATUSES, "statuses to keep as they are; PROTOCOL_STATUSES is a set of them"
    ),
    "json_errors": TextOption(
        _WORD, "complete adds what a JSON error lacks, keep leaves every one alone"
    ),
    "expose_messages": TextOption(
        _SWITCH, "make the app's own words on a 4xx the message"
    ),
    "error_headers": TextOption(
        _HEADERS, "a header to add to refusals and to the answers to crashes"
    ),
    "drain_limit": TextOption(
        _SIZE, "how much of a refused body is read, so that the client gets the answer"
    ),
    "propagate_exceptions": TextOption(
        _SWITCH, "let the server see a crash too, instead of only the log"
    ),
    "report_only": TextOption(
        _SWITCH, "let requests through that would be refused, and log them"
    ),
}
