"""A server's side of WSGI, and apps to put behind the middleware.

Both validators of the standard library run: one holds the app to PEP 3333, the other
the middleware. A test that cannot have one of them gives the reason.
"""

from __future__ import annotations

import io
import json
from copy import copy
from typing import Any, Callable, Iterator, List, Optional
from wsgiref.validate import validator

import pytest

from stderrmw import WSGIMiddleware

from .interfaces import Req, collect, environ_of

PLAIN = [("Content-Type", "text/plain")]
NOT_FOUND = {"code": 404, "message": "Not Found"}
COMPLETE = b'{"code": 404, "message": "gone"}'
CHUNKED = Req("POST", (("Transfer-Encoding", "chunked"),), (b"12345",))

# Why a validator is left out.
WRAPS = "a validator wraps what is returned"
BREAKS = "the app breaks PEP 3333, and the validator would stop it"
ENVIRON = "the environ is not one that a validator takes"


class Server:
    """The server's side of one call: what reached it, in order.

    ``skip_inner`` and ``skip_outer`` say why the validator around the app, or the
    one around the middleware, cannot run.
    """

    def __init__(
        self, app: Any, *, skip_inner: str = "", skip_outer: str = "", **options: Any
    ) -> None:
        middleware = WSGIMiddleware(app if skip_inner else validator(app), **options)
        self.app: Any = middleware if skip_outer else validator(middleware)
        self.calls: List[Any] = []
        self.written: List[bytes] = []

    def another(self) -> "Server":
        """The same middleware, for another request."""
        other = copy(self)
        other.calls, other.written = [], []
        return other

    def start_response(self, *args: Any) -> Any:
        self.calls.append(args)
        return self.written.append

    def call(self, request: Any = Req(), **more: Any) -> Any:
        environ = environ_of(request, io.BytesIO(b"".join(request.body)))
        environ.update({"QUERY_STRING": "", **more})
        return self.app(environ, self.start_response)

    def body(self, request: Any = Req(), **more: Any) -> bytes:
        """All that was written, and then what was returned."""
        result = self.call(request, **more)
        return b"".join(self.written) + collect(result)

    def answer(self, request: Any = Req(), **more: Any) -> Any:
        """The status and, as JSON, the body of an answer that leaves whole."""
        body = self.body(request, **more)
        ((status, headers),) = self.calls  # once, and without exc_info
        assert headers[0] == ("Content-Type", "application/json")
        assert headers[1] == ("Content-Length", str(len(body)))
        names = [name.lower() for name, _ in headers[2:]]
        assert "content-type" not in names and "content-length" not in names
        return int(status[:3]), json.loads(body)


class Refusing(Server):
    """A server whose start_response raises."""

    error: Exception

    def start_response(self, *args: Any) -> Any:
        self.calls.append(args)
        raise self.error


class Body:
    """An iterable that counts how far it was read and how often closed."""

    def __init__(self, *chunks: Any, close_fails: bool = False) -> None:
        self.chunks = iter(chunks)
        self.pulled = self.closed = 0
        self.close_fails = close_fails

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> Any:
        chunk = next(self.chunks)
        self.pulled += 1
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self) -> None:
        self.closed += 1
        if self.close_fails:
            raise ValueError("close failed")


class Source:
    """A server's input that takes one argument, and says what it was asked."""

    def __init__(self, content: bytes, error: Optional[Exception] = None) -> None:
        self.file = io.BytesIO(content)
        self.error = error
        self.asked: List[int] = []

    def read(self, *args: int) -> bytes:
        return self._take(self.file.read, *args)

    def readline(self, *args: int) -> bytes:
        return self._take(self.file.readline, *args)

    # PEP 3333 asks for them, and the middleware can do without.
    readlines = __iter__ = None

    def _take(self, method: Callable[[int], bytes], size: int) -> bytes:
        self.asked.append(size)
        if self.error:
            raise self.error
        return method(size)


def returning(result: Any, status: str = "200 OK", headers: Any = PLAIN) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return result

    return app


def raising(error: BaseException) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        raise error

    return app


def lazily(status: str, *chunks: bytes, headers: Any = PLAIN) -> Any:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response(status, list(headers))
        yield from chunks

    return app


def writing(status: str, headers: Any, *written: bytes, **more: Any) -> Any:
    def app(environ: Any, start_response: Any) -> List[bytes]:
        write = start_response(status, list(headers))
        for data in written:
            write(data)
        if "error" in more:
            raise more["error"]
        return [more.get("rest", b"")]

    return app


def check_no_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A fixture: what the inner validator finds would pass for a crash of the app."""
    yield
    for record in caplog.get_records("call"):
        error = record.exc_info and record.exc_info[1]
        assert not isinstance(error, (AssertionError, Warning)), error
