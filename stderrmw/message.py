"""The values that the core and the adapters exchange. Plain data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The header fields that checks read, and the option that must be set for it.
CHECKED = {
    "content-length": None,
    "transfer-encoding": None,
    "content-type": "consumes",
    "accept": "produces",
    "accept-encoding": "produces_encodings",
}
#: No check reads it, but how a refusal is sent depends on it.
EXPECT = "expect"
#: A CORS preflight has both (Fetch, "CORS-preflight request").
PREFLIGHT = ("origin", "access-control-request-method")


def length_of(text: str) -> int:
    """The number in a Content-Length, or -1 if it is invalid (RFC 9110, 8.6).

    ``int()`` alone would also accept "+5", "1_0" and digits of other scripts, and it
    raises on more than 4300 digits; so only the first 40 are used.
    """
    digits = text.strip(" \t")
    if not (digits.isascii() and digits.isdigit()):
        return -1
    return int(digits.lstrip("0")[:40] or "0")


class Request(NamedTuple):
    """The head of a request.

    Text is decoded as latin-1; the lines of a repeated field are joined with ", "
    (RFC 9110, 5.3).
    """

    method: str
    path: str
    fields: Mapping[str, str]  # those that are read; keys in lower case
    framed: bool  # HTTP/2 and later: frames show where a body ends
    terminated: bool  # reading a body of unknown length ends
    source: Any  # the environ or scope, only for callables in the options

    @property
    def preflight(self) -> bool:
        """Whether it is a CORS preflight, which has no content of its own."""
        return self.method == "OPTIONS" and self.fields.keys() >= set(PREFLIGHT)

    @property
    def length(self) -> int | None:
        """The number in Content-Length, -1 if it is invalid, None if it is absent."""
        text = self.fields.get("content-length")
        return None if text is None else length_of(text)

    @property
    def unbounded(self) -> bool:
        """Whether a body of unknown length may follow."""
        fields = self.fields
        is_framed = self.framed and "content-length" not in fields
        return is_framed or "transfer-encoding" in fields

    @property
    def waits(self) -> bool:
        """Whether the client may hold back its body (RFC 9110, 10.1.1)."""
        return "100-continue" in self.fields.get(EXPECT, "").lower()

    def drains(self, limit: int) -> bool:
        """Whether to read and discard a refused body, up to *limit* bytes.

        If a server closes with unread input, a client that writes everything before
        it reads loses the answer. A client that sent ``Expect: 100-continue`` waits
        for the answer; reading would ask it to send the refused body.
        """
        if self.waits:
            return False
        if self.unbounded:
            return self.terminated and limit > 0
        return 0 < (self.length or 0) <= limit


@dataclass
class Answer:
    """A complete response of ours; the body is empty if the request was HEAD.

    It may be sent many times, each time with a copy of its headers. These include
    Content-Length, unless the length is unknown (``has_length`` is false). An adapter
    caches its own form of them in ``raw_headers``.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    has_length: bool = True
    raw_headers: Any = None


class Refusal(NamedTuple):
    """The answer to a refused request, and whether to read and discard its body."""

    answer: Answer
    drains: bool
