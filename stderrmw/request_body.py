"""How long a request body is, may be, and what is done with one refused.

Knows numbers and header texts; reads nothing.
"""

from __future__ import annotations

import sys

from .errors import BodyTooLarge
from .message import Request

# No body gets there, and one more still fits a C ssize_t.
UNLIMITED = sys.maxsize - 1


def declared_length(request: Request) -> int | None:
    """The number in Content-Length, or None without one.

    :raises ValueError: where it is not 1*DIGIT (RFC 9110, 8.6).

    ``int()`` alone would also take "+5", "1_0" and other scripts' digits, and it
    raises on over 4300 of them: of a longer number the first 19 are kept, which
    is over every limit.
    """
    if request.content_length is None:
        return None
    digits = request.content_length.strip(" \t")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("Content-Length is not a number of bytes")
    return int(digits.lstrip("0")[:19] or "0")


def fits(content_length: str, limit: int) -> bool:
    """Whether it plainly is a number of bytes from 1 to *limit*."""
    return (
        content_length.isdigit()
        and content_length.isascii()
        and len(content_length) < 16
        and 0 < int(content_length) <= limit
    )


def has_unknown_length(request: Request) -> bool:
    """Whether a body may follow that only ends when it ends."""
    return request.transfer_encoding is not None or (
        request.framed and request.content_length is None
    )


def drainable(request: Request, drain_limit: int) -> int:
    """How many bytes of the refused body to read and throw away: 0 is none.

    A client that writes everything before it reads loses the answer on servers
    that close with unread input. One that sent ``Expect: 100-continue`` waits
    instead: to read would ask it for the body that was refused.
    """
    if waits_for_100(request):
        return 0
    if has_unknown_length(request):
        return drain_limit if request.terminated else 0
    try:
        length = declared_length(request) or 0
    except ValueError:
        return 0
    return length if length <= drain_limit else 0


def waits_for_100(request: Request) -> bool:
    """Whether the client may hold its body back (RFC 9110, 10.1.1)."""
    return request.expect is not None and "100-continue" in request.expect.lower()


class BodyLimit:
    """Counts one request body; once it is too large it stays so.

    An app that swallows the error and reads on must not get the rest, nor the
    part it has for the whole.
    """

    __slots__ = ("exceeded", "left")

    def __init__(self, limit: int | None) -> None:
        self.left = UNLIMITED if limit is None else limit
        self.exceeded = False

    def check(self) -> None:
        """Raise BodyTooLarge if it was raised before."""
        if self.exceeded:
            raise BodyTooLarge("the request body is over max_body_size")

    def count(self, size: int) -> None:
        """Take *size* more bytes, or raise BodyTooLarge."""
        self.left -= size
        self.exceeded = self.left < 0
        self.check()
