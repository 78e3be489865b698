"""The requests of instructions.py, and the two apps that answer them.

Not run by itself. Imports nothing but the standard library, for it runs in the
environment of the rivals too.
"""

from __future__ import annotations

import io
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

Pairs = List[Tuple[str, str]]

PAGE = (
    b"<!doctype html><html><title>404 Not Found</title><h1>Not Found</h1>"
    b"<p>There is no issue 17.</p></html>"
)
JSON = "application/json"
CHUNK = b"x" * 100
CHUNKS = 1000
ERROR = b'{"code": 404, "message": "Not Found"}'

#: What every request has; each case adds two, which makes ten.
COMMON = [
    ("host", "legacy.example.org"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br"),
    ("connection", "keep-alive"),
    ("cookie", "session=0123456789abcdef0123456789abcdef"),
    ("cache-control", "no-cache"),
    ("accept", "application/json, text/plain, */*"),
]
GET = [("referer", "https://legacy.example.org/issues"), ("dnt", "1")]
POST = [("content-length", "2"), ("content-type", JSON)]


class Case(NamedTuple):
    """One request, and how often it is sent in the two runs."""

    title: str
    method: str = "GET"
    path: str = "/"
    headers: Pairs = GET
    runs: Tuple[int, int] = (200, 1200)


ANSWERED = [
    Case("GET 200"),
    Case("POST 200", "POST", headers=POST),
    Case("POST 200, body read", "POST", "/read", POST),
    Case("HTML 404", path="/nope"),
    Case("crash", path="/crash"),
    Case("1000-chunk stream", path="/stream", runs=(5, 25)),
]
TOO_LARGE = Case("413", "POST", "/read", [("content-length", "9999999"), POST[1]])
REFUSED = [
    Case("405", "DELETE"),
    Case("411", "POST", headers=[POST[1], ("dnt", "1")]),
    TOO_LARGE,
    Case("415", "POST", headers=[POST[0], ("content-type", "text/plain")]),
    Case("406", headers=[("accept", "text/html"), ("dnt", "1")]),
    Case("400", "POST", headers=[("content-length", "+2"), POST[1]]),
]


def pathological(size: float) -> Dict[str, Pairs]:
    """Headers that are meant to cost much, at that part of their full size."""
    quoted, kib = int(10_000 * size), int(102_400 * size)
    lines = int(1_000 * size)
    return {
        "100 KB Accept, ranges": [("accept", "text/a;q=0.5, " * (kib // 14))],
        "100 KB Accept, a token": [("accept", "a" * kib)],
        "100 KB Accept, parameters": [("accept", "a/b" + ";c=d" * (kib // 4))],
        "10,000 commas in quotes": [("accept", f'a/b;c="{"," * quoted}"')],
        "10,000 commas in open quotes": [("accept", f'a/b;c="{"," * quoted}')],
        "10,000 quotes": [("accept", '"' * (quoted | 1))],
        "10,000 quoted commas": [("accept", '",",' * quoted)],
        "10,000 escaped quotes": [("accept", '\\"' * (quoted | 1))],
        "100 KB Accept-Encoding": [("accept-encoding", "a;q=0.5, " * (kib // 9))],
        "100 KB Content-Type": [
            *POST[:1],
            ("content-type", "a/b" + ";c=d" * (kib // 4)),
        ],
        "100 KB Content-Length": [("content-length", "1" * kib), POST[1]],
        "100 KB Transfer-Encoding": [
            ("transfer-encoding", "a, " * (kib // 3)),
            POST[1],
        ],
        "1,000 headers": [(f"x-header-{number}", "value") for number in range(lines)],
        "1,000 Accept lines": [("accept", "text/a;q=0.5, " * 7)] * lines,
    }


def environ_of(case: Case) -> Dict[str, Any]:
    """The WSGI environ; lines of a repeated header are joined, as servers do."""
    environ: Dict[str, Any] = {
        "REQUEST_METHOD": case.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": case.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "legacy.example.org",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(b"{}" * 10_000_000 if case is TOO_LARGE else b"{}"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, values in grouped(case.headers).items():
        key = name.upper().replace("-", "_")
        plain = key in ("CONTENT_LENGTH", "CONTENT_TYPE")
        environ[key if plain else f"HTTP_{key}"] = ",".join(values)
    return environ


def scope_of(case: Case) -> Dict[str, Any]:
    """The ASGI scope."""
    pairs = [(name.encode(), value.encode()) for name, value in merged(case.headers)]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": case.method,
        "scheme": "http",
        "path": case.path,
        "raw_path": case.path.encode(),
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
        "headers": pairs,
    }


def merged(headers: Pairs) -> Pairs:
    """The common headers and these, which come in the place of their like."""
    names = {name for name, _ in headers}
    return [pair for pair in COMMON if pair[0] not in names] + headers


def grouped(headers: Pairs) -> Dict[str, List[str]]:
    """The values of each name."""
    found: Dict[str, List[str]] = {}
    for name, value in merged(headers):
        found.setdefault(name, []).append(value)
    return found


def wsgi(environ: Dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """The bare WSGI app."""
    path = environ["PATH_INFO"]
    if path == "/nope":
        length = ("Content-Length", str(len(PAGE)))
        start_response("404 Not Found", [("Content-Type", "text/html"), length])
        return [PAGE]
    if path == "/crash":
        raise RuntimeError("the app fails")
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (CHUNK for _ in range(CHUNKS))
    if path == "/err":
        start_response("404 Not Found", [("Content-Type", JSON)])
        return [ERROR]
    if path == "/read":
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", JSON), ("Content-Length", "2")])
    return [b"{}"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The bare ASGI app."""
    path = scope["path"]
    if path == "/nope":
        await start(send, 404, b"text/html", b"%d" % len(PAGE))
        await send({"type": "http.response.body", "body": PAGE})
        return
    if path == "/crash":
        raise RuntimeError("the app fails")
    if path == "/stream":
        await start(send, 200, b"text/plain", b"%d" % (CHUNKS * len(CHUNK)))
        for _ in range(CHUNKS):
            message = {"type": "http.response.body", "body": CHUNK, "more_body": True}
            await send(message)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    if path == "/read":
        while (await receive()).get("more_body"):
            pass
    await start(send, 200, b"application/json", b"2")
    await send({"type": "http.response.body", "body": b"{}"})


async def start(send: Any, status: int, content_type: bytes, length: bytes) -> None:
    """Start the response."""
    headers = [(b"content-type", content_type), (b"content-length", length)]
    message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(message)
