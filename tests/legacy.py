"""What the recipes of the documentation call ``legacy``: apps that know nothing of us.

A success tells in which process it was made, and by how many of our middlewares the
app was called.
"""

from __future__ import annotations

import os
import traceback
from typing import Any, List

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .interfaces import body_of, receive_body, start

HTML = ("Content-Type", "text/html")


def report() -> bytes:
    callers = (frame.f_locals.get("self") for frame, _ in traceback.walk_stack(None))
    wrappers = {id(c) for c in callers if type(c) in (ASGIMiddleware, WSGIMiddleware)}
    return b"process %d, wrapped %d times" % (os.getpid(), len(wrappers))


def app(environ: Any, start_response: Any) -> List[bytes]:
    environ["wsgi.input"].read()
    missing = environ["PATH_INFO"] == "/missing"
    start_response("404 Not Found" if missing else "200 OK", [HTML])
    return [report()]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    path = scope["path"]
    await send(start(404 if path == "/missing" else 200, HTML))
    await send(body_of(report(), more_body=True))
    if path != "/unread":
        await receive_body(receive)
    await send(body_of(b""))


def plain_asgi_app(scope: Any, receive: Any, send: Any) -> Any:
    return asgi_app(scope, receive, send)
