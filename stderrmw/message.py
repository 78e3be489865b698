"""What passes between the core and an adapter: plain values and no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The header fields that checks look at, and the option without which none does.
CHECKED = {
    "content-length": None,
    "transfer-encoding": None,
    "content-type": "consumes",
    "accept": "produces",
    "accept-encoding": "produces_encodings",
}
#: No check looks at it, but a refusal depends on it.
EXPECT = "expect"
#: A CORS preflight has both (Fetch, "CORS-preflight request").
PREFLIGHT = ("origin", "access-control-request-method")


def length_of(text: str) -> int:
    """The number in a Content-Length, -1 where it is none (RFC 9110, 8.6).

    ``int()`` alone would also take "+5", "1_0" and other scripts' digits, and it
    raises on over 4300 of them: of a longer number the first 40 are kept.
    """
    digits = text.strip(" \t")
    if not (digits.isascii() and digits.isdigit()):
        return -1
    return int(digits.lstrip("0")[:40] or "0")


class Request(NamedTuple):
    """The head of a request.

    Text is decoded from latin-1, and the lines of a repeated field are joined
    with ", " (RFC 9110, 5.3).
    """

    method: str
    path: str
    fields: Mapping[str, str]  # those of CHECKED and PREFLIGHT that are there
    framed: bool  # HTTP/2 and later: frames tell where a body ends
    terminated: bool  # reading a body of unknown length comes to its end
    source: Any  # the environ or scope, for the callables of the options alone

    @property
    def preflight(self) -> bool:
        """Whether it is a CORS preflight, which carries nothing of its own."""
        return self.method == "OPTIONS" and self.fields.keys() >= set(PREFLIGHT)

    @property
    def length(self) -> int | None:
        """The number in Content-Length, -1 where it is none."""
        text = self.fields.get("content-length")
        return None if text is None else length_of(text)

    @property
    def unbounded(self) -> bool:
        """Whether a body may follow that only ends when it ends."""
        fields = self.fields
        is_framed = self.framed and "content-length" not in fields
        return is_framed or "transfer-encoding" in fields

    @property
    def waits(self) -> bool:
        """Whether the client may hold its body back (RFC 9110, 10.1.1)."""
        return "100-continue" in self.fields.get(EXPECT, "").lower()

    def drains(self, limit: int) -> bool:
        """Whether to read and throw away the body that was refused, of *limit* bytes.

        A client that writes everything before it reads loses the answer on servers
        that close with unread input. One that sent ``Expect: 100-continue`` waits
        instead: to read would ask it for the body that was refused.
        """
        if self.waits:
            return False
        if self.unbounded:
            return self.terminated and limit > 0
        return 0 < (self.length or 0) <= limit


@dataclass
class Answer:
    """A whole response of ours; the body is empty where the request was HEAD.

    One may be sent many times, each time with a copy of its headers. They tell the
    length of the body, but where nobody knows it (``has_length``). In ``raw_headers``
    an adapter keeps what it makes of them.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    has_length: bool = True
    raw_headers: Any = None


class Refusal(NamedTuple):
    """What a request is answered with, and whether its body is then thrown away."""

    answer: Answer
    drains: bool
