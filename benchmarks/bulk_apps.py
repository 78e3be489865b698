"""The bare apps of memory.py, which send and take bodies of any size.

Imports nothing of stderrmw, so that its own memory is part of what is compared.
"""

from __future__ import annotations

import os
from itertools import repeat

GIB = 1 << 30
BLOCK = b"x" * 65_536
PAGE = b"<html><h1>Not Found</h1><p>" + BLOCK[27:]

# path: status, Content-Type, chunk, how many (None: no end)
BODIES = {
    "/download": (200, "application/octet-stream", BLOCK, GIB // len(BLOCK)),
    "/error": (404, "text/html", PAGE, GIB // len(PAGE)),
    "/endless": (500, "text/html", PAGE, None),
}


def chunks_of(chunk, count):
    """The chunk, so many times or without end."""
    return repeat(chunk) if count is None else repeat(chunk, count)


def wsgi(environ, start_response):
    """Sends what the path names; /upload reads to the end and says how much."""
    path = environ["PATH_INFO"]
    if path in BODIES:
        status, content_type, chunk, count = BODIES[path]
        start_response(f"{status} Some Reason", [("Content-Type", content_type)])
        return (piece for piece in chunks_of(chunk, count))
    said = os.getpid() if path == "/pid" else read_wsgi(environ)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % said]


def read_wsgi(environ):
    """How many bytes the request body has."""
    left = int(environ.get("CONTENT_LENGTH") or 10 * GIB)
    total = 0
    while left > total:
        block = environ["wsgi.input"].read(min(len(BLOCK), left - total))
        if not block:
            break
        total += len(block)
    return total


async def asgi(scope, receive, send):
    """The same for ASGI."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path in BODIES:
        status, content_type, chunk, count = BODIES[path]
        await begin(send, status, content_type)
        for piece in chunks_of(chunk, count):
            await body(send, piece, True)
        await body(send, b"", False)
        return
    said = os.getpid() if path == "/pid" else await read_asgi(receive)
    await begin(send, 200, "text/plain")
    await body(send, b"%d" % said, False)


async def begin(send, status, content_type):
    """Start the response."""
    headers = [(b"content-type", content_type.encode())]
    message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(message)


async def body(send, piece, more):
    """Send a piece of the response's body."""
    await send({"type": "http.response.body", "body": piece, "more_body": more})


async def read_asgi(receive):
    """How many bytes the request body has."""
    total, more = 0, True
    while more:
        message = await receive()
        total += len(message.get("body", b""))
        more = message.get("more_body", False)
    return total
