"""What the views of every framework do."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, List, NoReturn

WORDS = "no such issue"


def crash() -> NoReturn:
    raise RuntimeError("secret")


def read_all(read: Callable[[], object]) -> str:
    with suppress(Exception):
        read()
    return "saved"


def reading_wsgi_app(environ: Any, start_response: Any) -> List[bytes]:
    """The four views without a framework, for the adapters that make ASGI of WSGI."""
    path, status, body = environ["PATH_INFO"], "200 OK", "fine"
    if path == "/crash":
        crash()
    if path == "/upload":
        body = read_all(environ["wsgi.input"].read)
    elif path != "/fine":
        status, body = "404 Not Found", WORDS
    elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, body = "405 Method Not Allowed", ""
    start_response(status, [("Content-Type", "text/plain"), ("Allow", "GET")])
    return [body.encode("ascii")]
