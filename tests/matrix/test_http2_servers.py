"""Over HTTP/2 the errors are the same, and the connection goes on after each."""

from __future__ import annotations

import socket
from typing import Dict, NamedTuple, Sequence

import pytest

from ..servers import Server, error_of
from .http2 import Failed, Http2Connection
from .observe import Difference, described, expected
from .raw_http import Response
from .servers import HTTP2


class Case(NamedTuple):
    """A request, and what is to be seen of its answer on any server."""

    method: str
    path: str
    seen: str
    frames: Sequence[bytes] = ()
    headers: Dict[str, str] = {}


FIVE = [b"x" * 100] * 5
SMALL = [b"x" * 30] * 40
CASES: Dict[str, Case] = {
    "value-error": Case("GET", "/app/value-error", "500 standard, reused"),
    "not-found": Case("GET", "/app/not-found", "404 standard, reused"),
    "head-not-found": Case("HEAD", "/app/not-found", "404 standard, reused"),
    "endless-error": Case("GET", "/app/endless-error", "503 standard, reused"),
    "no-length-declared": Case("POST", "/strict/read", "200 '500', reused", FIVE),
    "too-large": Case("POST", "/app/read", "413 standard, reused", [b"x" * 5000]),
    "too-large-swallowed": Case("POST", "/app/upload", "413 standard, reused", SMALL),
    "too-large-in-small-frames": Case(
        "POST", "/app/read", "413 standard, reused", SMALL
    ),
    "declared-too-large": Case(
        "POST", "/app/read", "413 standard, reused", SMALL, {"content-length": "1200"}
    ),
}
ASGI_CASES: Dict[str, Case] = {
    "no-response": Case("GET", "/app/no-response", "500 standard, reused"),
    "path-send": Case("GET", "/app/path-send", "404 standard, reused"),
    "start-then-raise": Case("GET", "/app/start-then-raise", "500 standard, reused"),
    "trailers": Case("GET", "/app/trailers", "404 standard, reused"),
    "slow-error": Case("GET", "/app/slow-error", "503 standard, reused"),
    "stream-then-raise": Case(
        "GET", "/app/stream-then-raise", "cut off: the stream was reset"
    ),
}
DIFFERENCES = [
    Difference(
        "hypercorn-asyncio hypercorn-trio",
        "stream-then-raise",
        ["cut off: the connection was closed"],
        "leaves the stream of a failed response open until it is idle for too long",
    ),
    Difference(
        "granian-asgi",
        "stream-then-raise",
        ["cut off: the stream was reset", "200 'first', reused"],
        "1.x ends a failed stream as if it were whole",
    ),
    Difference(
        "granian-wsgi",
        "no-length-declared",
        ["200 '500', reused", "411 standard, reused"],
        "1.x does not set wsgi.input_terminated",
    ),
    Difference(
        "granian-wsgi",
        "too-large too-large-swallowed too-large-in-small-frames",
        ["413 standard, reused", "411 standard, reused"],
        "1.x does not set wsgi.input_terminated",
    ),
]
PLACES = [(server, case) for server in HTTP2 for case in CASES] + [
    (server, case)
    for server in HTTP2
    for case in ASGI_CASES
    if server != "granian-wsgi"
]

on_every_server = pytest.mark.parametrize("server", HTTP2, indirect=True)


def observed(server: Server, case: Case) -> str:
    """The answer to a case, and what became of its connection."""
    with Http2Connection(server.port) as connection:
        try:
            answer = connection.ask(case.method, case.path, case.frames, **case.headers)
        except Failed as error:
            return f"cut off: {error}"
        except socket.timeout:
            return "no end in time"
        assert "connection" not in answer.headers
        fine = connection.ask("GET", "/app/fine")
    fate = "reused" if (fine.status, fine.body) == (200, b"fine") else f"then {fine}"
    response = Response(answer, [], complete=True, framed=True)
    return f"{described(response, case.method == 'HEAD')}, {fate}"


@pytest.mark.parametrize("server, name", PLACES, indirect=["server"])
def test_a_case_is_answered_as_on_any_server(server: Server, name: str) -> None:
    case = {**CASES, **ASGI_CASES}[name]

    seen = observed(server, case)

    assert seen in expected(server.name, name, case.seen, DIFFERENCES)


@on_every_server
def test_many_refusals_leave_the_server_as_it_was(server: Server) -> None:
    headers = {"content-length": "1200"}
    for _ in range(20):
        with Http2Connection(server.port) as connection:
            error_of(connection.ask("POST", "/app/read", SMALL, **headers), 413)


def test_every_difference_is_of_servers_and_cases_that_there_are() -> None:
    for difference in DIFFERENCES:
        assert set(difference.servers.split()) <= set(HTTP2)
        assert set(difference.cases.split()) <= {*CASES, *ASGI_CASES}
