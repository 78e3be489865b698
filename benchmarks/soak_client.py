"""The client of soak.py: what it asks, and what it holds the answers to.

Not run by itself. A count whose name starts with "!" is a violation.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Dict, List, NamedTuple, Optional

from .servers import HOST, connect
from .soak_apps import LIMIT, STREAM

TIMEOUT = 20.0
JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"text": "x" * 1_000}).encode()
CHUNK = b"x" * 10_000


class Ask(NamedTuple):
    """One request, and its status and, where it is known, its body."""

    name: str
    status: int
    method: str = "GET"
    path: str = "/fine"
    headers: Dict[str, str] = {}
    body: Optional[bytes] = None
    chunks: int = 0  # the body instead: so many chunks
    answer: Optional[bytes] = None
    may_fail: bool = False  # too large to be drained


FINE = b'{"fine": true}'
ASKS = [
    Ask("good", 200, answer=FINE),
    Ask("good", 200, "HEAD", answer=b""),
    Ask("good", 200, "POST", "/echo", JSON, BODY, answer=BODY),
    Ask("good", 200, "POST", "/echo", JSON, chunks=5, answer=CHUNK * 5),
    Ask("good", 200, "POST", "/strict/echo", JSON, BODY, answer=BODY),
    Ask("good", 200, path="/stream", answer=b"".join(STREAM)),
    Ask("app's HTML error", 404, path="/html"),
    Ask("app's HTML error, HEAD", 404, "HEAD", "/html"),
    Ask("app's text error", 500, path="/text"),
    Ask("app's empty error", 403, path="/empty"),
    Ask("app's JSON error", 422, path="/json"),
    Ask("app's 418", 400, path="/teapot"),
    Ask("app's endless error", 503, path="/endless"),
    Ask("app raises StandardError", 409, path="/raise"),
    Ask("app crashes", 500, path="/crash"),
    Ask("method", 405, "DELETE"),
    Ask("method, with a body", 405, "PUT", "/echo", JSON, BODY),
    Ask("length missing", 411, "POST", "/strict/echo", JSON, chunks=3),
    Ask("too large, declared", 413, "POST", "/echo", JSON, b"x" * 20 * LIMIT),
    Ask("too large, counted", 413, "POST", "/echo", JSON, chunks=100),
    Ask("too large, swallowed", 413, "POST", "/swallow", JSON, chunks=100),
    Ask(
        "too large to drain",
        413,
        "POST",
        "/echo",
        JSON,
        b"x" * 100 * LIMIT,
        may_fail=True,
    ),
    Ask("type", 415, "POST", "/echo", {"Content-Type": "text/plain"}, BODY),
    Ask("accept", 406, headers={"Accept": "text/html"}),
]
# What an aborting client sends before it goes, and how much it reads.
ABORTS = [
    (b"GET /fine HTTP/1.1\r\nHost: x\r\nAcc", 0),
    (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n", 0),
    (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 90000\r\n\r\n" + CHUNK,
        0,
    ),
    (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2710\r\n" + CHUNK[:5_000],
        0,
    ),
    (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 900000\r\n\r\n" + CHUNK,
        0,
    ),
    (
        b"POST /strict/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2710\r\n" + CHUNK[:5_000],
        64,
    ),
    (b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", 5_000),
    (b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n", 10),
]


class Violation(Exception):
    """An answer that is not as it has to be."""


class Client:
    """Asks on one connection for as long as the server keeps it."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.random = random.Random(seed)
        self.connection = HTTPConnection(HOST, port, timeout=TIMEOUT)

    def step(self) -> str:
        """Do one thing, and say which it was."""
        number = self.random.random()
        if number < 0.1:
            return self.abort(*self.random.choice(ABORTS))
        if number < 0.12:
            return self.break_off()
        ask = self.random.choice(ASKS)
        try:
            return self.ask(ask)
        except (OSError, HTTPException) as error:
            self.connection.close()
            if ask.may_fail:
                return f"{ask.status} {ask.name}, not delivered"
            raise Violation(f"{ask.name}: {error!r}") from error
        except Violation as error:
            self.connection.close()
            raise Violation(f"{ask.name}: {error}") from error

    def ask(self, ask: Ask) -> str:
        """One request and its answer."""
        headers, body = dict(ask.headers), ask.body
        if self.random.random() < 0.2:
            headers["Connection"] = "close"
        chunks: Any = (CHUNK for _ in range(ask.chunks))
        self.send(ask, headers, chunks if ask.chunks else body)
        response = self.connection.getresponse()
        content = response.read()
        check(ask, response, content)
        if "Connection" in headers or ask.may_fail:
            self.connection.close()
        return f"{ask.status} {ask.name}"

    def send(self, ask: Ask, headers: Dict[str, str], body: Any) -> None:
        """Write the whole request; a server that refuses it may close before."""
        if not ask.may_fail:
            # A connection that the server closed when it was idle is no violation.
            self.renew()
        self.connection.request(ask.method, ask.path, body, headers)

    def renew(self) -> None:
        """Drop the connection if the server has closed it; nothing else may come."""
        if self.connection.sock is None:
            return
        self.connection.sock.setblocking(False)
        try:
            rest = self.connection.sock.recv(100)
        except BlockingIOError:
            self.connection.sock.settimeout(TIMEOUT)
            return
        except OSError:
            rest = b""
        self.connection.close()
        if rest:
            raise Violation(f"after the last answer came {rest!r}")

    def abort(self, request: bytes, read: int) -> str:
        """Go in the middle of the exchange, half of the times with a reset."""
        client = connect(self.port)
        if self.random.random() < 0.5:
            option = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
        with client:
            client.sendall(request)
            if read:
                client.recv(read)
        return "aborted"

    def break_off(self) -> str:
        """An app that crashes in the middle of its stream: no whole answer."""
        connection = HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", "/late-crash")
            connection.getresponse().read()
        except (IncompleteRead, ConnectionError):
            return "200 app crashes in its stream"
        finally:
            connection.close()
        raise Violation("a stream that broke off was finished")


def run(port: int, seconds: float, seed: int) -> "Counter[str]":
    """Ask for so long; how often what was answered."""
    client, counts = Client(port, seed), Counter()  # type: ignore[var-annotated]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            counts[client.step()] += 1
        except Violation as violation:
            counts[f"! {violation}"] += 1
        except OSError as error:
            counts[f"! {error!r}"] += 1
    client.connection.close()
    return counts


def check(ask: Ask, response: HTTPResponse, content: bytes) -> None:
    """Hold the answer to what is known of it, or to the standard."""
    if response.status != ask.status:
        raise Violation(f"status {response.status}, {content[:200]!r}")
    if ask.answer is not None:
        if content != ask.answer:
            raise Violation(f"{len(content)} bytes, {content[:200]!r}")
        return
    types = response.headers.get_all("Content-Type", [])
    lengths = response.headers.get_all("Content-Length", [])
    if types != ["application/json"]:
        raise Violation(f"Content-Type {types}")
    if ask.method == "HEAD":
        # Where the app sends no body, nobody knows how long that of GET would be.
        if content or len(lengths) > 1 or lengths == ["0"]:
            raise Violation(f"HEAD: {lengths}, {content!r}")
        return
    if lengths != [str(len(content))]:
        raise Violation(f"Content-Length {lengths} of {len(content)} bytes")
    check_error(ask.status, content)


def check_error(status: int, content: bytes) -> None:
    """The standard body with that code."""
    try:
        error = json.loads(content.decode("ascii"))
        fields: List[str] = list(error)
        right = fields[:2] == ["code", "message"]
        right = right and type(error["code"]) is int and error["code"] == status
        right = right and isinstance(error["message"], str) and bool(error["message"])
    except ValueError:
        right = False
    if not right:
        raise Violation(f"body {content[:200]!r}")
