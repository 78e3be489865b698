"""The WSGI request body: counts it as the app reads, drains it if it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .gate import Gate
from .message import Request

BLOCK = 65_536


class LimitedInput:
    """``wsgi.input`` for a body of unknown length: raises once it is too large.

    Has only the methods that PEP 3333 requires: with the server's ``readinto`` or
    ``peek``, a framework would bypass the count. ``error`` keeps an exception of the
    server, to tell it from one of the app. Every later read raises it again: a broken
    body must not be read further.
    """

    def __init__(self, source: Any, gate: Gate, request: Request) -> None:
        self.source = source
        # Its source is the environ, which refers to this object.
        self._request = request._replace(source=None)
        self._gate = gate
        self._left = gate.body_limit
        self.error: Exception | None = None
        self._ended = False

    def read(self, size: int | None = -1) -> bytes:
        """Read *size* bytes, fewer at the end of the body; all if None or negative."""
        if size is not None and size >= 0:
            return self._take(self.source.read, size)
        return b"".join(iter(lambda: self._take(self.source.read, BLOCK), b""))

    def readline(self, size: int | None = -1) -> bytes:
        """Read to the end of the line, at most *size* bytes."""
        if size is not None and size >= 0:
            return self._take(self.source.readline, size)
        pieces = [self._take(self.source.readline, BLOCK)]
        while len(pieces[-1]) == BLOCK and not pieces[-1].endswith(b"\n"):
            pieces.append(self._take(self.source.readline, BLOCK))
        return b"".join(pieces)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Read lines until they have *hint* bytes or more; all if None or 0."""
        lines: list[bytes] = []
        size = 0
        for line in self:
            lines.append(line)
            size += len(line)
            if hint and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    @property
    def exceeded(self) -> bool:
        """Whether the body is over the limit."""
        return self._left < 0

    def _take(self, method: Callable[[int], bytes], size: int) -> bytes:
        self.count(0)
        if self.error is not None:
            raise self.error
        # uWSGI's read(0) reads everything.
        if size == 0 or self._ended:
            return b""
        try:
            # Positional: in some servers, readline does not take it by keyword.
            chunk = method(self._readable(size))
        except Exception as error:
            self.error = error
            raise
        self._ended = not chunk
        self.count(len(chunk))
        return chunk

    def count(self, size: int) -> None:
        """Count *size* more bytes; raise BodyTooLarge if the body is over the limit."""
        self._left -= size
        if self._left < 0:
            self._left = self._gate.overrun(self._request)

    def _readable(self, size: int) -> int:
        """How many of *size* bytes to read: at most one more than the limit."""
        reports = self._gate.policy.report_only
        return size if reports else int(min(size, self._left + 1))


def raised_by(error: Exception, source: object) -> bool:
    """Whether a method of *source* raised this very exception object."""
    # A BufferedReader has no frame in the traceback, but its raw file does.
    sources = [one for one in (source, getattr(source, "raw", None)) if one is not None]
    # Skips the first frame, which caught it: reading its locals would make a cycle.
    step = error.__traceback__ and error.__traceback__.tb_next
    while step is not None:
        if any(step.tb_frame.f_locals.get("self") is one for one in sources):
            return True
        step = step.tb_next
    return False


def drained(
    body: Iterable[bytes], read: Callable[[int], bytes], allowance: int
) -> Iterator[bytes]:
    """Yield the answer; when the server asks for more, drain the refused body.

    A server sends a chunk before it asks for the next (PEP 3333, "Buffering and
    Streaming"), so the whole answer is sent before anything is read.
    """
    yield b"".join(body)
    while allowance > 0:
        chunk = read(min(allowance, BLOCK))
        allowance = allowance - len(chunk) if chunk else 0
