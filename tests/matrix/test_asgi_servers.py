"""On every ASGI server: however the app misbehaves, the error is a standard one."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from ..servers import Server
from .observe import Case, Difference, chunked, expected, observed, request
from .raw_http import Connection
from .servers import ASGI

on_every_server = pytest.mark.parametrize("server", ASGI, indirect=True)


def get(case: str, seen: str) -> Case:
    return Case(request("GET", f"/app/{case}"), seen)


PROBLEM = """409 '{"code": 409, "message": "in use", "title": "in use"}'"""
LENGTH: Dict[str, Any] = {"Content_Length": 5000}
CASES: Dict[str, Case] = {
    "fine": get("fine", "200 'fine'"),
    "value-error": get("value-error", "500 standard"),
    "os-error": get("os-error", "500 standard"),
    "no-response": get("no-response", "500 standard"),
    "not-found": get("not-found", "404 standard"),
    "json-error": get("json-error", PROBLEM),
    "head-fine": Case(request("HEAD", "/app/fine"), "200 ''"),
    "head-not-found": Case(request("HEAD", "/app/not-found"), "404 standard"),
    "head-value-error": Case(request("HEAD", "/app/value-error"), "500 standard"),
    "path-send": get("path-send", "404 standard"),
    "start-then-raise": get("start-then-raise", "500 standard"),
    "stream": get("stream", "200 'firstsecond'"),
    "stream-then-raise": get("stream-then-raise", "200 cut off after 'first', closed"),
    "trailers": get("trailers", "404 standard"),
    "slow-error": get("slow-error", "503 standard"),
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
        "hypercorn-asyncio hypercorn-trio",
        "expect-too-large",
        ["100 413 standard, closed"],
        "asks for the body before it calls the app",
    ),
    Difference(
        "daphne",
        "expect-too-large",
        ["100 413 standard, reused"],
        "reads the whole body before it calls the app",
    ),
    Difference(
        "uvicorn-httptools daphne gunicorn-asgi",
        "length-and-chunks-too-large",
        ["400 of its own, closed"],
        "refuses both lengths at once itself",
    ),
    Difference(
        "granian-asgi",
        "length-and-chunks-too-large",
        ["413 standard, closed", "413 standard, reused"],
        "closes after both lengths, 1.x not always",
    ),
    Difference(
        "daphne",
        "stream-then-raise",
        ["no answer in time"],
        "sends the head of a stream with the second chunk, and never ends a failed one",
    ),
    Difference(
        "granian-asgi",
        "stream-then-raise",
        ["200 cut off after 'first', closed", "200 'first', reused"],
        "1.x ends the chunks of a failed stream as if it were whole",
    ),
]


def default_of(server: str, case: str) -> str:
    """What is seen where a server makes no difference."""
    seen = CASES[case].seen
    return seen if seen.endswith("closed") else f"{seen}, reused"


@on_every_server
@pytest.mark.parametrize("case", CASES)
def test_a_case_is_answered_as_on_any_server(server: Server, case: str) -> None:
    default = default_of(server.name, case)

    seen = observed(server, CASES[case])

    assert seen in expected(server.name, case, default, DIFFERENCES)


@on_every_server
def test_an_error_does_not_wait_for_the_page_it_replaces(server: Server) -> None:
    with Connection(server.port) as connection:
        error = connection.ask(request("GET", "/app/held-error")).answer
        held = connection.ask(request("GET", "/app/release")).answer

    assert (error.status, held.body) == (503, b"1")


@on_every_server
def test_small_chunks_to_a_refusal_leave_nothing_behind(server: Server) -> None:
    for _ in range(20):
        with Connection(server.port) as connection:
            refused = connection.ask(chunked("/strict/read", 1, 30))
            assert refused.answer.status == 411


def test_every_difference_is_of_servers_and_cases_that_there_are() -> None:
    for difference in DIFFERENCES:
        assert set(difference.servers.split()) <= set(ASGI)
        assert set(difference.cases.split()) <= set(CASES)
