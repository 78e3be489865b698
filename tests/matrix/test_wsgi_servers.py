"""On every WSGI server: however the app misbehaves, the error is a standard one."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from ..servers import Server
from .observe import Case, Difference, chunked, expected, observed, request
from .raw_http import Connection
from .servers import WSGI

on_every_server = pytest.mark.parametrize("server", WSGI, indirect=True)

#: One connection for each request, in whatever way it went.
CLOSE_ALWAYS = ["gunicorn-sync", "uwsgi", "standard-library"]


def get(case: str, seen: str) -> Case:
    return Case(request("GET", f"/app/{case}"), seen)


PROBLEM = """409 '{"code": 409, "message": "in use", "title": "in use"}'"""
LENGTH: Dict[str, Any] = {"Content_Length": 5000}
CASES: Dict[str, Case] = {
    "fine": get("fine", "200 'fine'"),
    "value-error": get("value-error", "500 standard"),
    "file-not-found": get("file-not-found", "500 standard"),
    "connection-reset": get("connection-reset", "500 standard"),
    "stop-iteration": get("stop-iteration", "500 standard"),
    "first-chunk": get("first-chunk", "500 standard"),
    "second-chunk": get("second-chunk", "200 cut off after 'first', closed"),
    "lazy": get("lazy", "404 standard"),
    "exc-info": get("exc-info", "500 standard"),
    "start-twice": get("start-twice", "500 standard"),
    "never-started": get("never-started", "500 standard"),
    "own-coding": get("own-coding", "404 standard"),
    "bare-status": get("bare-status", "404 standard"),
    "not-found": get("not-found", "404 standard"),
    "json-error": get("json-error", PROBLEM),
    "injected": get("injected", "404 standard"),
    "head-fine": Case(request("HEAD", "/app/fine"), "200 ''"),
    "head-not-found": Case(request("HEAD", "/app/not-found"), "404 standard"),
    "head-lazy": Case(request("HEAD", "/app/lazy"), "404 standard"),
    "head-value-error": Case(request("HEAD", "/app/value-error"), "500 standard"),
    "stream": get("stream", "200 'firstsecond'"),
    "write": get("write", "200 '123'"),
    "write-error": get("write-error", "404 standard"),
    "endless-error": get("endless-error", "503 standard"),
    "declared-too-large": Case(
        request("POST", "/app/read", b"x" * 5000, **LENGTH), "413 standard"
    ),
    "expect-too-large": Case(
        request("POST", "/app/read", Expect="100-continue", **LENGTH),
        "413 standard, closed",
        held=b"x" * 5000,
    ),
    "chunks-too-large": Case(chunked("/app/read", 5000), "413 standard"),
    "chunks-too-large-swallowed": Case(chunked("/app/upload", 5000), "413 standard"),
    "length-and-chunks-too-large": Case(
        chunked("/app/read", 5000, Content_Length=3), "413 standard"
    ),
    "chunks-within": Case(chunked("/app/read", 100, 5), "200 '500'"),
    "small-chunks-refused": Case(chunked("/strict/read", 1, 30), "411 standard"),
}
DIFFERENCES = [
    Difference(
        "gunicorn-sync cheroot",
        "expect-too-large",
        ["100 413 standard, closed"],
        "asks for the body before it calls the app",
    ),
    Difference(
        "gunicorn-gthread gunicorn-gevent waitress",
        "expect-too-large",
        ["100 413 standard, reused"],
        "asks for the body before it calls the app, and reads it off",
    ),
    Difference(
        "gunicorn-sync gunicorn-gthread gunicorn-gevent",
        "length-and-chunks-too-large",
        ["400 of its own, closed"],
        "refuses both lengths at once itself",
    ),
    Difference(
        "waitress",
        "small-chunks-refused",
        ["200 '30', reused"],
        "joins the chunks and declares the length, so there is nothing to refuse",
    ),
    Difference(
        "cheroot",
        "declared-too-large chunks-too-large chunks-too-large-swallowed"
        " length-and-chunks-too-large",
        ["413 standard, closed"],
        "closes after every 413",
    ),
    Difference(
        "uwsgi standard-library",
        "second-chunk",
        ["200 unframed 'first', closed"],
        "sends a body of unknown length without chunks, so no end is a wrong one",
    ),
    Difference(
        "uwsgi standard-library",
        "stream",
        ["200 unframed 'firstsecond', closed"],
        "sends a body of unknown length without chunks",
    ),
    Difference(
        "waitress",
        "stream",
        ["200 'firstsecond', closed"],
        "closes after every chunked response",
    ),
    Difference(
        "uwsgi standard-library",
        "chunks-too-large chunks-too-large-swallowed length-and-chunks-too-large"
        " chunks-within",
        ["411 standard, closed"],
        "does not set wsgi.input_terminated: the end of a chunked body is not told",
    ),
    Difference(
        "granian-wsgi",
        "second-chunk",
        ["200 'first', reused"],
        "ends the chunks of a failed stream as if it were whole",
    ),
    Difference(
        "granian-wsgi",
        "write",
        ["500 of its own, reused"],
        "its start_response returns no write",
    ),
    Difference(
        "granian-wsgi",
        "length-and-chunks-too-large",
        ["413 standard, closed", "411 standard, reused"],
        "closes after both lengths; 1.x does not set wsgi.input_terminated",
    ),
    Difference(
        "granian-wsgi",
        "chunks-too-large chunks-too-large-swallowed",
        ["413 standard, reused", "411 standard, reused"],
        "1.x does not set wsgi.input_terminated",
    ),
    Difference(
        "granian-wsgi",
        "chunks-within",
        ["200 '500', reused", "411 standard, closed"],
        "1.x does not set wsgi.input_terminated, and may close on an unread body",
    ),
    Difference(
        "granian-wsgi",
        "small-chunks-refused",
        ["411 standard, reused", "411 standard, closed"],
        "1.x may close on an unread body",
    ),
]


def default_of(server: str, case: str) -> str:
    """What is seen where a server makes no difference."""
    seen = CASES[case].seen
    fate = "closed" if server in CLOSE_ALWAYS else "reused"
    return seen if seen.endswith("closed") else f"{seen}, {fate}"


@on_every_server
@pytest.mark.parametrize("case", CASES)
def test_a_case_is_answered_as_on_any_server(server: Server, case: str) -> None:
    default = default_of(server.name, case)

    seen = observed(server, CASES[case])

    assert seen in expected(server.name, case, default, DIFFERENCES)


@on_every_server
def test_a_broken_chunk_is_no_way_to_smuggle_a_request(server: Server) -> None:
    smuggled = b"ZZ\r\n" + request("GET", "/app/fine")

    with Connection(server.port) as connection:
        connection.send(
            request("POST", "/app/read", smuggled, Transfer_Encoding="chunked")
        )
        received = connection.rest()

    assert received.count(b"HTTP/1.") <= 1, received
    assert b"fine" not in received


def test_every_difference_is_of_servers_and_cases_that_there_are() -> None:
    for difference in DIFFERENCES:
        assert set(difference.servers.split()) <= set(WSGI)
        assert set(difference.cases.split()) <= set(CASES)
