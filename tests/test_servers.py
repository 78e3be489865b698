"""On every server: large bodies are refused, and the rest is as it was without us."""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPResponse

import pytest

from .servers import (
    SERVERS,
    Server,
    chosen,
    error_of,
    read,
    read_to_the_end,
    start_on_demand,
)

start = pytest.fixture(start_on_demand, scope="module")
server = pytest.fixture(chosen, params=SERVERS)

LARGE = 5_000_000
# waitress reads a whole body before it calls the app, so no app can spare it one.
READ_FIRST = ["waitress"]
ASK_FIRST = [name for name in SERVERS if name not in READ_FIRST]
CLOSE = ["gunicorn-sync", "standard-library"]
KEEP_ALIVE = [name for name in SERVERS if name not in CLOSE]
UVICORN = [name for name in SERVERS if name.startswith("uvicorn")]


def announce_body(server: Server) -> socket.socket:
    """A connection on which a large body is announced and held back."""
    connection = server.open_socket()
    head = (
        f"POST /{server.framework}/echo HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {LARGE}",
        "Expect: 100-continue",
    )
    connection.sendall("\r\n".join([*head, "", ""]).encode("ascii"))
    return connection


def final_response(connection: socket.socket) -> HTTPResponse:
    """The response that comes after each 100 Continue."""
    response = HTTPResponse(connection, method="POST")
    response.begin()
    return response


def test_a_success_passes(server: Server) -> None:
    answer = server.ask("GET", f"/{server.framework}/fine")

    assert (answer.status, answer.body) == (200, b"fine")
    assert answer.headers["Content-Type"].startswith("text/")
    assert answer.headers["Content-Length"] == "4"


def test_a_success_of_head_passes(server: Server) -> None:
    answer = server.ask("HEAD", f"/{server.framework}/fine")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == "4"


def test_a_body_within_the_limit_reaches_the_app(server: Server) -> None:
    fields = {"title": "caf\u00e9", "text": "x" * 500_000}
    path, body = f"/{server.framework}/echo", json.dumps(fields)

    answer = server.ask("POST", path, body, Content_Type="application/json")

    assert (answer.status, json.loads(answer.body)) == (200, fields)


def test_a_stream_leaves_chunk_by_chunk(server: Server) -> None:
    connection = server.connect()
    connection.request("GET", f"/{server.framework}/stream")
    with connection.getresponse() as response:
        first, then = response.read(5), time.monotonic()
        second, waited = response.read(), time.monotonic() - then
    connection.close()

    assert (response.status, first, second) == (200, b"first", b"second")
    assert waited > 0.1


def test_an_error_of_head_has_the_head_of_get(server: Server) -> None:
    path = f"/{server.framework}/nowhere"

    get, head = server.ask("GET", path), server.ask("HEAD", path)

    error_of(get, 404)
    assert (head.status, head.body) == (404, b"")
    assert head.headers.get_all("Content-Type") == get.headers.get_all("Content-Type")
    # Which words the page of GET has, and so how long it is, HEAD need not tell.
    length = head.headers.get_all("Content-Length")
    assert length in (None, get.headers.get_all("Content-Length"))


def test_a_large_refused_body_still_gets_its_413(server: Server) -> None:
    for _ in range(20):
        connection = server.connect()
        connection.request("POST", f"/{server.framework}/echo", b"x" * LARGE)
        error_of(read(connection.getresponse()), 413)
        connection.close()


@pytest.mark.parametrize("server", KEEP_ALIVE, indirect=True)
def test_a_connection_outlives_a_large_refused_body(server: Server) -> None:
    connection = server.connect()
    connection.connect()
    first_socket = connection.sock
    for _ in range(3):
        connection.request("POST", f"/{server.framework}/echo", b"x" * LARGE)
        error_of(read(connection.getresponse()), 413)
        assert connection.sock is first_socket
    connection.close()


@pytest.mark.parametrize("server", ASK_FIRST, indirect=True)
def test_a_body_held_back_is_refused_at_once(server: Server) -> None:
    since = time.monotonic()
    with announce_body(server) as connection:
        answer = read(final_response(connection))

        assert time.monotonic() - since < 5
        error_of(answer, 413)
        assert server.ask("GET", f"/{server.framework}/fine").status == 200


@pytest.mark.parametrize("server", READ_FIRST, indirect=True)
def test_a_body_the_server_reads_first_is_refused_after_it(server: Server) -> None:
    with announce_body(server) as connection:
        asked = connection.recv(25, socket.MSG_WAITALL)
        connection.sendall(b"x" * LARGE)
        answer = read(final_response(connection))

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    error_of(answer, 413)


@pytest.mark.parametrize("server", UVICORN, indirect=True)
def test_a_connection_with_a_body_held_back_is_closed(server: Server) -> None:
    with announce_body(server) as connection:
        answer = read_to_the_end(final_response(connection))

    error_of(answer, 413)
    assert answer.headers.get_all("Connection") == ["close"]
