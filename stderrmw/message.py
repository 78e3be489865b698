"""What passes between the core and an adapter: plain values and no I/O."""

from __future__ import annotations

from typing import Any, NamedTuple


class Request(NamedTuple):
    """The head of a request; a field that is absent is None.

    Text is decoded from latin-1, and the lines of a repeated field are joined
    with ", " (RFC 9110, 5.3).
    """

    method: str
    path: str
    content_length: str | None
    transfer_encoding: str | None
    content_type: str | None
    accept: str | None
    accept_encoding: str | None
    expect: str | None
    preflight: bool  # a CORS preflight, which carries nothing of its own
    framed: bool  # HTTP/2 and later: frames tell where a body ends
    terminated: bool  # reading a body of unknown length comes to its end
    source: Any  # the environ or scope, for the callables of the options alone

    @property
    def length(self) -> int | None:
        """The number in Content-Length, -1 where it is none (RFC 9110, 8.6).

        ``int()`` alone would also take "+5", "1_0" and other scripts' digits, and it
        raises on over 4300 of them: of a longer number the first 40 are kept.
        """
        if self.content_length is None:
            return None
        digits = self.content_length.strip(" \t")
        if not (digits.isascii() and digits.isdigit()):
            return -1
        return int(digits.lstrip("0")[:40] or "0")

    @property
    def unbounded(self) -> bool:
        """Whether a body may follow that only ends when it ends."""
        return self.transfer_encoding is not None or (
            self.framed and self.content_length is None
        )

    @property
    def waits(self) -> bool:
        """Whether the client may hold its body back (RFC 9110, 10.1.1)."""
        return self.expect is not None and "100-continue" in self.expect.lower()

    def drainable(self, limit: int) -> int:
        """How many bytes of the refused body to read and throw away: 0 is none.

        A client that writes everything before it reads loses the answer on servers
        that close with unread input. One that sent ``Expect: 100-continue`` waits
        instead: to read would ask it for the body that was refused.
        """
        if self.waits:
            return 0
        if self.unbounded:
            return limit if self.terminated else 0
        length = self.length or 0
        return length if 0 < length <= limit else 0


class Answer(NamedTuple):
    """A whole response of ours; the body is empty where the request was HEAD.

    One may be sent many times: what leaves has to be a copy of its headers.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Refusal(NamedTuple):
    """What a request is answered with, and how much of its body is then thrown away."""

    answer: Answer
    allowance: int
