"""What PEP 3333 passes around: the input, the result of an app, its status line.

Knows their forms and how servers treat them; nothing of what is decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from wsgiref.util import is_hop_by_hop

from .errors import ProtocolError
from .message import Answer
from .request_body import BodyLimit
from .status import phrase

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BLOCK = 65_536


class LimitedInput:
    """``wsgi.input`` for a body of unknown length: reads on until it is too large.

    Has what PEP 3333 asks for and no more: through ``readinto`` or ``peek`` of the
    server's object a framework would read past the count. An exception of the
    server's is kept in ``error``, so that it can be told from one of the app's.
    """

    def __init__(self, source: Any, limit: BodyLimit) -> None:
        self.source = source
        self.limit = limit
        self.error: Exception | None = None
        self._ended = False

    def read(self, size: int | None = -1) -> bytes:
        """Read *size* bytes, fewer at the end of the body, all if None or negative."""
        if size is not None and size >= 0:
            return self._take(self.source.read, size)
        return b"".join(iter(lambda: self._take(self.source.read, BLOCK), b""))

    def readline(self, size: int | None = -1) -> bytes:
        """Read up to the end of the line, at most *size* bytes of it."""
        if size is not None and size >= 0:
            return self._take(self.source.readline, size)
        pieces = [self._take(self.source.readline, BLOCK)]
        while len(pieces[-1]) == BLOCK and not pieces[-1].endswith(b"\n"):
            pieces.append(self._take(self.source.readline, BLOCK))
        return b"".join(pieces)

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Read lines until *hint* bytes are passed, all if None or 0."""
        lines, size = [], 0
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

    def remainder(self, allowance: int) -> int:
        """How much of *allowance* there may be left to read."""
        return 0 if self._ended or self.error else allowance

    def _take(self, method: Callable[[int], bytes], size: int) -> bytes:
        self.limit.check()
        # uWSGI's read(0) is not nothing but everything.
        if size == 0 or self._ended:
            return b""
        try:
            # One argument, by position: some servers' readline knows no name for it.
            chunk = method(min(size, self.limit.left + 1))
        except Exception as error:
            self.error = error
            raise
        self._ended = not chunk
        self.limit.count(len(chunk))
        return chunk


class Resumed:
    """A response body of which the first chunks were looked at.

    ``__iter__`` hands the chain itself to the server, so that a stream costs nothing
    per chunk. Not a generator: ``close`` would not reach the app's from one that was
    never started.
    """

    def __init__(
        self, chunks: Iterator[bytes], close: Callable[[], object] | None
    ) -> None:
        self._chunks = chunks
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Close the app's iterable; granian calls it on any object."""
        if self._close is not None:
            self._close()


def counted_input(environ: WSGIEnvironment, limit: int | None) -> LimitedInput:
    """Have the body counted as the app reads it.

    Only one of unknown length: with a Content-Length servers end it there, and apps
    look for what is behind ``wsgi.input``.
    """
    environ["wsgi.input"] = LimitedInput(environ["wsgi.input"], BodyLimit(limit))
    return environ["wsgi.input"]  # type: ignore[no-any-return]


def send_answer(answer: Answer, start_response: StartResponse) -> list[bytes]:
    """Start the answer, and return its body."""
    # PEP 3333, "Other HTTP Features": wsgiref and waitress fail on these.
    headers = [pair for pair in answer.headers if not is_hop_by_hop(pair[0])]
    start_response(f"{answer.status} {phrase(answer.status)}", headers)
    return [answer.body] if answer.body else []


def drained(
    body: Iterable[bytes], read: Callable[[int], bytes], allowance: int
) -> Iterator[bytes]:
    """The answer, and when the server asks for more, the rest of a refused body.

    A server sends a chunk before it asks for the next (PEP 3333, "Buffering and
    Streaming"), so the whole answer has left before anything is read.
    """
    yield b"".join(body)
    while allowance > 0:
        chunk = read(min(allowance, BLOCK))
        allowance = allowance - len(chunk) if chunk else 0


def is_whole(result: object, environ: WSGIEnvironment) -> bool:
    """Whether the server is to get this very object, and it cannot fail.

    Servers look at the type of a file wrapper and at the length of a list. Where
    the wrapper is no class (uWSGI), what it returns is the file itself.
    """
    if type(result) in (list, tuple, bytes):
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type):
        return isinstance(result, wrapper)
    is_file = hasattr(result, "read") or hasattr(result, "fileno")
    return wrapper is not None and is_file


def is_websocket(environ: WSGIEnvironment) -> bool:
    """Whether the app may take the socket and never answer in WSGI."""
    upgrade = environ.get("HTTP_UPGRADE", "").lower()
    return environ.get("REQUEST_METHOD") == "GET" and "websocket" in upgrade


def iterate(result: Iterable[bytes]) -> Iterator[bytes]:
    """An iterator of what the app returned; bytes are one chunk, not many numbers."""
    try:
        return iter((result,) if isinstance(result, bytes) else result)
    except TypeError as error:
        kind = type(result).__name__
        raise ProtocolError(f"the app returned {kind}, not an iterable") from error


def status_code(status: object) -> int:
    """The number at the start of a status line.

    :raises ProtocolError: where there is none.
    """
    if status is None:
        raise ProtocolError("the app returned and never called start_response")
    code = _number(status) if isinstance(status, str) else None
    if code is None:
        raise ProtocolError(f"the app started with status {status!r}")
    return code


@lru_cache(maxsize=256)
def _number(status: str) -> int | None:
    found = re.match("[1-9][0-9]{2}(?![0-9])", status)
    return found and int(found[0])
