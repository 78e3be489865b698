"""A WSGI app that misbehaves in one way per path, behind the middleware.

Run as a program, the module is the standard library's server, with threads.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any, Callable, Dict, Iterable, Iterator, List
from wsgiref.simple_server import WSGIServer, make_server

from stderrmw import WSGIMiddleware

HTML = [("Content-Type", "text/html")]
PAGE = b"<h1>a page of the app</h1>"
LIMIT = 1000


def fine(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*HTML, ("Content-Length", "4")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"fine"]


def stream(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", HTML)
    yield b"first"
    yield b"second"


def upload(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Swallow what reading the body raises, and call it saved."""
    with suppress(Exception):
        environ["wsgi.input"].read()
    start_response("200 OK", HTML)
    return [b"saved"]


def read(environ: Any, start_response: Any) -> Iterable[bytes]:
    size = len(environ["wsgi.input"].read())
    start_response("200 OK", HTML)
    return [b"%d" % size]


def value_error(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise ValueError("secret")


def file_not_found(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise FileNotFoundError("secret")


def connection_reset(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise ConnectionResetError("secret")


def stop_iteration(environ: Any, start_response: Any) -> Iterable[bytes]:
    raise StopIteration("secret")


def first_chunk(environ: Any, start_response: Any) -> Iterable[bytes]:
    def chunks() -> Iterator[bytes]:
        raise ValueError("secret")
        yield

    start_response("200 OK", [*HTML, ("Content-Length", "11")])
    return chunks()


def second_chunk(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", HTML)
    yield b"first"
    raise ValueError("secret")


def lazy(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("404 Not Found", HTML)
    yield PAGE


def exc_info(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*HTML, ("Content-Length", "11")])
    try:
        raise ValueError("secret")
    except ValueError:
        start_response("500 Oh No", HTML, sys.exc_info())
    return [PAGE]


def start_twice(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HTML)
    start_response("200 OK", HTML)
    return [PAGE]


def never_started(environ: Any, start_response: Any) -> Iterable[bytes]:
    return [PAGE]


def own_coding(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("404 Not Found", [*HTML, ("Transfer-Encoding", "chunked")])
    return [PAGE]


def bare_status(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("404", HTML)
    return [PAGE]


def not_found(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("404 Not Found", [*HTML, ("Content-Length", str(len(PAGE)))])
    return [PAGE]


def json_error(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("409 Conflict", [("Content-Type", "application/problem+json")])
    return [b'{"title": "in use"}']


def injected(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("404 Not Found", [*HTML, ("X-Kept", "a\r\nX-Injected: 1")])
    return [PAGE]


def write(environ: Any, start_response: Any) -> Iterable[bytes]:
    send = start_response("200 OK", [*HTML, ("Content-Length", "3")])
    send(b"1")
    send(b"2")
    return [b"3"]


def write_error(environ: Any, start_response: Any) -> Iterable[bytes]:
    send = start_response("404 Not Found", HTML)
    send(PAGE)
    return [PAGE]


def endless_error(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("503 Service Unavailable", HTML)
    while True:
        yield PAGE


APPS: Dict[str, Callable[..., Iterable[bytes]]] = {
    app.__name__.replace("_", "-"): app
    for app in (
        [fine, stream, upload, read, value_error, file_not_found, connection_reset]
        + [stop_iteration, first_chunk, second_chunk, lazy, exc_info, start_twice]
        + [never_started, own_coding, bare_status, not_found, json_error, injected]
        + [write, write_error, endless_error]
    )
}


def misbehave(environ: Any, start_response: Any) -> Iterable[bytes]:
    return APPS[environ["PATH_INFO"].split("/")[2]](environ, start_response)


RELAXED = WSGIMiddleware(misbehave, max_body_size=LIMIT, require_content_length=False)
STRICT = WSGIMiddleware(misbehave, max_body_size=LIMIT)


def app(environ: Any, start_response: Any) -> Iterable[bytes]:
    """``/app/CASE``, and ``/strict/CASE`` with Content-Length required."""
    strict = environ["PATH_INFO"].startswith("/strict/")
    return (STRICT if strict else RELAXED)(environ, start_response)


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(arguments: List[str]) -> None:
    host, port = arguments
    make_server(host, int(port), app, ThreadingServer).serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1:])
