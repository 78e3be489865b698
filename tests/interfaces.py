"""One request and one app, driven through WSGI or ASGI; what came out, comparably.

WSGI runs between two validators of the standard library, one on the server's side and
one on the app's. ASGI keeps every message and holds their order against the
specification.
"""

from __future__ import annotations

import asyncio
import io
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import WSGIWarning, validator

from stderrmw import ASGIMiddleware, WSGIMiddleware

Pairs = Tuple[Tuple[str, str], ...]
HTML: Pairs = (("Content-Type", "text/html"),)
SENT_EACH = 3  # times: what is remembered of the first two must change nothing
JSON: Pairs = (("Content-Type", "application/json"),)


class Req(NamedTuple):
    """A request; ``body`` holds the pieces in which it arrives."""

    method: str = "GET"
    headers: Pairs = ()
    body: Tuple[bytes, ...] = ()
    version: str = "1.1"
    terminated: bool = True


class Reply(NamedTuple):
    """What the inner app does: read the body or not, then raise or answer."""

    status: int = 200
    headers: Pairs = HTML
    chunks: Tuple[bytes, ...] = (b"fine",)
    reads: bool = False
    swallows: bool = False
    error: Optional[BaseException] = None


class Result(NamedTuple):
    """What left the middleware, and what happened behind it."""

    status: int
    headers: List[Tuple[str, str]]
    body: bytes
    ran: bool  # the app was called
    asked: bool  # the request body was asked for before the answer began
    read: bytes  # all that was read of it
    seen: List[bytes]  # what the app took for the whole of it


class Journal:
    """What the app and the server's side saw of one exchange."""

    def __init__(self, request: Req) -> None:
        self.pieces = list(request.body)
        self.read = b""
        self.ran = self.asked = self.answered = False
        self.seen: List[bytes] = []

    def take(self, size: int) -> bytes:
        """The next piece of the request body, as the server hands it out."""
        self.asked = self.asked or not self.answered
        piece = self.pieces.pop(0) if self.pieces else b""
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        self.read += piece[:size]
        return piece[:size]

    def result(self, status: int, headers: Any, body: bytes) -> Result:
        pairs = [(name.lower(), value) for name, value in headers]
        ran, asked, read, seen = self.ran, self.asked, self.read, self.seen
        return Result(status, pairs, body, ran, asked, read, seen)


class Input(io.RawIOBase):
    """``wsgi.input`` of a server: short reads, and one argument at most."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def read(self, size: int = -1) -> bytes:
        return self._journal.take(size)


def by_wsgi(request: Req, reply: Reply = Reply(), **options: Any) -> Result:
    """The request through WSGIMiddleware, and what it remembers changes nothing."""
    return again_and_again(wsgi_of(reply, **options), request)


def by_asgi(request: Req, reply: Reply = Reply(), **options: Any) -> Result:
    """The request through ASGIMiddleware, and what it remembers changes nothing."""
    return again_and_again(asgi_of(reply, **options), request)


def again_and_again(send: Callable[[Req], Result], request: Req) -> Result:
    """Sent until all that may be remembered of it is; each time the same result."""
    first, *others = (send(request) for _ in range(SENT_EACH))
    assert others == [first] * (SENT_EACH - 1)
    return first


def wsgi_of(reply: Reply = Reply(), **options: Any) -> Callable[[Req], Result]:
    """A WSGIMiddleware to send requests to."""
    journals: List[Journal] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        journal = journals[-1]
        journal.ran = True
        try:
            if reply.reads:
                pieces = iter(lambda: environ["wsgi.input"].read(65536), b"")
                journal.seen.append(b"".join(pieces))
        except Exception:
            if not reply.swallows:
                raise
        if reply.error:
            raise reply.error
        start_response(f"{reply.status} Any Phrase", list(reply.headers))
        return list(reply.chunks)

    middleware: Any = WSGIMiddleware(validator(app), **options)
    return lambda request: send_wsgi(middleware, request, journals)


def send_wsgi(middleware: Any, request: Req, journals: List[Journal]) -> Result:
    """One request to a WSGI middleware, with a validator on the server's side."""
    journal = Journal(request)
    journals.append(journal)
    started: List[Any] = []

    def start_response(*args: Any) -> Callable[[bytes], None]:
        started.append(args)
        journal.answered = True
        return lambda data: None

    environ = environ_of(request, Input(journal))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WSGIWarning)  # of methods it does not know
        if is_valid(environ):
            middleware = validator(middleware)
        body = collect(middleware(environ, start_response))
    ((status, headers),) = started  # once, and without exc_info
    return journal.result(int(status[:3]), headers, body)


def asgi_of(reply: Reply = Reply(), **options: Any) -> Callable[[Req], Result]:
    """An ASGIMiddleware to send requests to."""
    journals: List[Journal] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        journal = journals[-1]
        journal.ran = True
        try:
            if reply.reads:
                journal.seen.append(await receive_body(receive))
        except Exception:
            if not reply.swallows:
                raise
        if reply.error:
            raise reply.error
        await send(start(reply.status, *reply.headers))
        for chunk in reply.chunks:
            await send(body_of(chunk, True))
        await send(body_of(b""))

    middleware = ASGIMiddleware(app, **options)
    return lambda request: asyncio.run(send_asgi(middleware, request, journals))


async def send_asgi(middleware: Any, request: Req, journals: List[Journal]) -> Result:
    """One request to an ASGI middleware, and the order of the messages held."""
    journal = Journal(request)
    journals.append(journal)

    async def receive() -> Any:
        piece = journal.take(2**30)
        return {
            "type": "http.request",
            "body": piece,
            "more_body": bool(journal.pieces),
        }

    messages: List[Any] = []

    async def send(message: Any) -> None:
        journal.answered = True
        messages.append(message)

    scope = scope_of(request)
    scope["headers"].append((b"host", b"localhost"))  # as every request has one
    await middleware(scope, receive, send)
    first, *bodies = messages
    assert first["type"] == "http.response.start"
    assert {body["type"] for body in bodies} == {"http.response.body"}
    more = [body.get("more_body", False) for body in bodies]
    assert more == [True] * (len(bodies) - 1) + [False]
    headers = [(n.decode("ascii"), v.decode("latin-1")) for n, v in first["headers"]]
    content = b"".join(body["body"] for body in bodies)
    return journal.result(int(first["status"]), headers, content)


BY: Dict[str, Callable[..., Result]] = {"wsgi": by_wsgi, "asgi": by_asgi}


def environ_of(request: Req, source: Any) -> Dict[str, Any]:
    """The request as PEP 3333 has it: repeated fields joined."""
    environ: Dict[str, Any] = {}
    setup_testing_defaults(environ)
    del environ["HTTP_HOST"]
    environ["SERVER_PROTOCOL"] = f"HTTP/{request.version}"
    environ["REQUEST_METHOD"] = request.method
    environ["wsgi.input"] = source
    environ["wsgi.input_terminated"] = request.terminated
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {value}" if key in environ else value
    return environ


def scope_of(request: Req) -> Dict[str, Any]:
    """The request as the ASGI specification has it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.version,
        "method": request.method,
        "path": "/",
        "query_string": b"",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers
        ],
    }


def is_valid(environ: Dict[str, Any]) -> bool:
    """Whether the validator would take it: it refuses what the framing check does."""
    length = environ.get("CONTENT_LENGTH", "0")
    return length.isascii() and length.isdigit() and len(length) < 4000


def collect(result: Any) -> bytes:
    """The response body, read and closed as a server does."""
    try:
        return b"".join(result)
    finally:
        getattr(result, "close", lambda: None)()


async def receive_body(receive: Any) -> bytes:
    """The whole request body, or the exception of the read."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def start(status: Any, *headers: Tuple[str, str], **extra: Any) -> Dict[str, Any]:
    """An http.response.start message."""
    pairs = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers]
    message = {"type": "http.response.start", "status": status, "headers": pairs}
    return {**message, **extra}


def body_of(body: bytes, more_body: bool = False) -> Dict[str, Any]:
    """An http.response.body message."""
    return {"type": "http.response.body", "body": body, "more_body": more_body}
