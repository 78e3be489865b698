"""The apps of soak.py: one that misbehaves in many ways, wrapped three times.

``/strict/...`` and ``/slow/...`` have middlewares of their own; ``/pid``, ``/state``
and the meter of ``/slow`` stand outside of every middleware.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import sys
import threading
from contextlib import suppress

from stderrmw import ASGIMiddleware, StandardError, WSGIMiddleware

LIMIT = 100_000
SLOW_LIMIT = 1_000
SLOW_DRAIN = 4_096
STREAM = [b"%4095d\n" % number for number in range(64)]
CHECKS = {
    "allowed_methods": ["GET", "POST"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "max_body_size": LIMIT,
}
SLOW = {**CHECKS, "max_body_size": SLOW_LIMIT, "drain_limit": SLOW_DRAIN}

# path: status, Content-Type, chunks
ANSWERS = {
    "/fine": (200, "application/json", [b'{"fine": true}']),
    "/stream": (200, "application/json", STREAM),
    "/html": (404, "text/html", [b"<h1>Not Found</h1>", b"<p>no such issue</p>"]),
    "/text": (500, "text/plain", [b"secret"]),
    "/empty": (403, "text/html", []),
    "/json": (422, "application/json", [b'{"detail": "no number"}']),
    "/teapot": (418, "text/plain", [b"short and stout"]),
    "/endless": (502, "text/html", None),
}


class OwnCrash(RuntimeError):
    """The one exception that may stand in the server's log."""


class Meter:
    """What the middleware of ``/slow`` reads of the bodies that it refuses."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = 0
        self.most = 0

    def change(self, inside, taken=0):
        """One request more or less; what it took."""
        with self.lock:
            self.inside += inside
            self.most = max(self.most, taken)


METER = Meter()


def state(tasks):
    """What there is of this process, after the garbage was collected and given back."""
    gc.collect()
    with suppress(AttributeError):  # glibc's alone has it
        ctypes.CDLL(None).malloc_trim(0)
    blocks = sys.getallocatedblocks()
    found = {"objects": len(gc.get_objects()), "blocks": blocks, "tasks": tasks}
    return json.dumps({**found, "inside": METER.inside, "most": METER.most}).encode()


def endless():
    """A page without end."""
    while True:
        yield b"<p>" + b"x" * 4_000


def crashing():
    """A stream that breaks off."""
    yield STREAM[0]
    raise OwnCrash("late")


def wsgi_app(environ, start_response):
    """The WSGI app that is wrapped."""
    path = environ["PATH_INFO"].rpartition("/")[1:]
    return wsgi_answer("".join(path), environ, start_response)


def wsgi_answer(path, environ, start_response):
    """Answer by the last segment of the path."""
    if environ["REQUEST_METHOD"] == "HEAD":
        return wsgi_head(path, start_response)
    json_type = [("Content-Type", "application/json")]
    if path in ANSWERS:
        status, content_type, chunks = ANSWERS[path]
        start_response(f"{status} Some Reason", [("Content-Type", content_type)])
        return endless() if chunks is None else (chunk for chunk in chunks)
    if path == "/late-crash":
        start_response("200 OK", json_type)
        return crashing()
    if path == "/raise":
        raise StandardError(423, "It is being edited")
    if path == "/crash":
        raise OwnCrash("early")
    received = b""
    with suppress(Exception if path == "/swallow" else ()):
        received = read_wsgi(environ)
    start_response("200 OK", json_type)
    return [received]


def wsgi_head(path, start_response):
    """The head alone."""
    status, content_type, _ = ANSWERS[path]
    start_response(f"{status} Some Reason", [("Content-Type", content_type)])
    return []


def read_wsgi(environ):
    """The whole request body."""
    length = environ.get("CONTENT_LENGTH")
    return environ["wsgi.input"].read(*([int(length)] if length else []))


async def asgi_app(scope, receive, send):
    """The ASGI app that is wrapped."""
    path = "/" + scope["path"].rpartition("/")[2]
    if path in ANSWERS:
        status, content_type, chunks = ANSWERS[path]
        await begin(send, status, content_type)
        await stream(send, endless() if chunks is None else chunks)
    elif path == "/late-crash":
        await begin(send, 200, "application/json")
        await stream(send, crashing())
    elif path == "/raise":
        raise StandardError(423, "It is being edited")
    elif path == "/crash":
        raise OwnCrash("early")
    else:
        await echo(path, receive, send)


async def echo(path, receive, send):
    """Answer with the request body, unless the client has gone."""
    received = b""
    with suppress(Exception if path == "/swallow" else ()):
        received = await read_asgi(receive)
    if received is not None:
        await begin(send, 200, "application/json")
        await stream(send, [received])


async def read_asgi(receive):
    """The whole request body, or None where the client has gone."""
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def begin(send, status, content_type):
    """Start the response."""
    headers = [(b"content-type", content_type.encode())]
    message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(message)


async def stream(send, chunks):
    """Send the response's body."""
    for chunk in chunks:
        message = {"type": "http.response.body", "body": chunk, "more_body": True}
        await send(message)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class MeteredInput:
    """``wsgi.input`` that notes how much is read."""

    def __init__(self, source):
        self.source = source
        self.taken = 0

    def read(self, size):
        """Read as the middleware does."""
        chunk = self.source.read(size)
        self.taken += len(chunk)
        METER.change(0, self.taken)
        return chunk


class Metered:
    """A response during which the request is inside."""

    def __init__(self, result):
        self.result = result
        METER.change(1)

    def __iter__(self):
        return iter(self.result)

    def close(self):
        """The server is done with it."""
        METER.change(-1)


relaxed_wsgi = WSGIMiddleware(wsgi_app, require_content_length=False, **CHECKS)
strict_wsgi = WSGIMiddleware(wsgi_app, **CHECKS)
slow_wsgi = WSGIMiddleware(wsgi_app, **SLOW)
relaxed_asgi = ASGIMiddleware(asgi_app, require_content_length=False, **CHECKS)
strict_asgi = ASGIMiddleware(asgi_app, **CHECKS)
slow_asgi = ASGIMiddleware(asgi_app, **SLOW)


def wsgi(environ, start_response):
    """To the middleware that the path asks for."""
    path = environ["PATH_INFO"]
    if path in ("/pid", "/state"):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"%d" % os.getpid() if path == "/pid" else state(0)]
    if path.startswith("/slow/"):
        environ["wsgi.input"] = MeteredInput(environ["wsgi.input"])
        return Metered(slow_wsgi(environ, start_response))
    chosen = strict_wsgi if path.startswith("/strict/") else relaxed_wsgi
    return chosen(environ, start_response)


async def asgi(scope, receive, send):
    """The same for ASGI."""
    path = scope.get("path", "")
    if path in ("/pid", "/state"):
        tasks = len(asyncio.all_tasks())
        await begin(send, 200, "application/json")
        await stream(send, [b"%d" % os.getpid() if path == "/pid" else state(tasks)])
    elif path.startswith("/slow/"):
        await metered(scope, receive, send)
    elif scope["type"] == "http":
        chosen = strict_asgi if path.startswith("/strict/") else relaxed_asgi
        await chosen(scope, receive, send)


async def metered(scope, receive, send):
    """To the middleware with the small drain limit, with the meter on."""
    taken = 0

    async def counted():
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        METER.change(0, taken)
        return message

    METER.change(1)
    try:
        await slow_asgi(scope, counted, send)
    finally:
        METER.change(-1)
