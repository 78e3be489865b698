"""What the requests in ``tests/requests`` are sent to, for either interface.

``/missing`` is not found and ``/crash`` crashes; any other path tells how many bytes of
a body were read. Below ``/chunks`` a body needs no Content-Length.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .interfaces import body_of, receive_body, start

OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST", "PATCH"],
    "max_body_size": 1000,
    "consumes": ["application/json"],
    "produces": ["text/plain", "application/json"],
    "produces_encodings": ["identity", "gzip"],
}


def wsgi_app(environ: Any, start_response: Any) -> List[bytes]:
    path = environ["PATH_INFO"]
    assert path != "/crash"
    if path == "/missing":
        start_response("404 Not Found", [("Content-Type", "text/html")])
        return [b"<h1>Not Found</h1>"]
    body = b"read %d bytes" % len(environ["wsgi.input"].read())
    length = ("Content-Length", str(len(body)))
    start_response("200 OK", [("Content-Type", "text/plain"), length])
    return [body]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    path = scope.get("path", "/crash")  # a lifespan has none
    assert path != "/crash"
    if path == "/missing":
        await send(start(404, ("Content-Type", "text/html")))
        await send(body_of(b"<h1>Not Found</h1>"))
        return
    body = b"read %d bytes" % len(await receive_body(receive))
    length = ("Content-Length", str(len(body)))
    await send(start(200, ("Content-Type", "text/plain"), length))
    await send(body_of(body))


WSGI = {
    True: WSGIMiddleware(wsgi_app, require_content_length=False, **OPTIONS),
    False: WSGIMiddleware(wsgi_app, **OPTIONS),
}
ASGI = {
    True: ASGIMiddleware(asgi_app, require_content_length=False, **OPTIONS),
    False: ASGIMiddleware(asgi_app, **OPTIONS),
}


def wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    app = WSGI[environ["PATH_INFO"].startswith("/chunks")]
    return app(environ, start_response)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    app = ASGI[scope.get("path", "").startswith("/chunks")]
    await app(scope, receive, send)
