"""Apps of real frameworks on real servers: each error is one of the standard."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, Dict

import pytest

from .servers import Server, chosen, error_of, read, start_on_demand, wait_until

start = pytest.fixture(start_on_demand, scope="module")
server = pytest.fixture(chosen)

JSON = "application/json"
# waitress joins the chunks of a body and declares its length itself.
WSGI = [
    (server, framework)
    for server in ("gunicorn-sync", "gunicorn-gthread", "waitress")
    for framework in ("flask", "bottle")
]
ASGI = [("uvicorn-httptools", name) for name in ("fastapi", "starlette", "django")]
KEEP_ALIVE = [place for place in WSGI + ASGI if place[0] != "gunicorn-sync"]

on_wsgi = pytest.mark.parametrize("server, framework", WSGI, indirect=["server"])
everywhere = pytest.mark.parametrize(
    "server, framework", WSGI + ASGI, indirect=["server"]
)
kept_alive = pytest.mark.parametrize(
    "server, framework", KEEP_ALIVE, indirect=["server"]
)
on_fastapi = pytest.mark.parametrize("server", ["uvicorn-httptools"], indirect=True)


@everywhere
def test_a_success_of_a_framework_passes(server: Server, framework: str) -> None:
    answer = server.ask("GET", f"/{framework}/fine")

    assert (answer.status, answer.body) == (200, b"fine")


@everywhere
def test_an_abort_is_a_standard_error(server: Server, framework: str) -> None:
    error_of(server.ask("GET", f"/{framework}/abort"), 404)


@everywhere
def test_an_unknown_route_is_a_standard_error(server: Server, framework: str) -> None:
    error_of(server.ask("GET", f"/{framework}/nowhere"), 404)


@everywhere
def test_a_crash_is_told_to_the_log_alone(server: Server, framework: str) -> None:
    answer = server.ask("GET", f"/{framework}/crash")

    error_of(answer, 500)
    secret = f"RuntimeError: secret of {framework}"
    assert b"secret" not in answer.body
    wait_until(lambda: secret in server.log.read_text(), server.log)


@on_wsgi
def test_a_crash_before_the_first_chunk_is_a_standard_error(
    server: Server, framework: str
) -> None:
    error_of(server.ask("GET", f"/{framework}/late-crash"), 500)


@everywhere
def test_a_body_in_chunks_within_the_limit_passes(
    server: Server, framework: str
) -> None:
    fields = {"text": "x" * 1_000_000}
    body = iter([json.dumps(fields).encode("ascii")])

    answer = server.ask("POST", f"/{framework}/echo", body, Content_Type=JSON)

    assert (answer.status, json.loads(answer.body)) == (200, fields)


@everywhere
def test_a_view_that_swallows_errors_of_reading_saves_what_it_reads(
    server: Server, framework: str
) -> None:
    answer = server.ask("POST", f"/{framework}/upload", iter([b"x" * 1_000_000]))

    assert (answer.status, answer.body) == (200, b"saved")


@everywhere
@pytest.mark.parametrize("view", ["echo", "upload"])
def test_no_framework_hides_that_a_body_was_too_large(
    server: Server, framework: str, view: str
) -> None:
    """Not one that answers the failed read, nor a view that swallows it."""
    body = iter([b"x" * 1_000_000] * 2)

    answer = server.ask("POST", f"/{framework}/{view}", body, Content_Type=JSON)

    assert error_of(answer, 413)["errors"][0]["code"] == "too_large"


@on_wsgi
def test_a_download_is_intact(server: Server, framework: str) -> None:
    file = Path(inspect.__file__)

    answer = server.ask("GET", f"/{framework}/download")

    assert (answer.status, answer.body) == (200, file.read_bytes())


@kept_alive
def test_a_connection_outlives_every_error(server: Server, framework: str) -> None:
    connection = server.connect()
    connection.connect()
    first_socket = connection.sock
    for path, status in (("abort", 404), ("nowhere", 404), ("crash", 500)):
        connection.request("GET", f"/{framework}/{path}")
        error_of(read(connection.getresponse()), status)
        assert connection.sock is first_socket
    connection.close()


@on_fastapi
@pytest.mark.parametrize(
    "path, error",
    [
        (
            "abort",
            {"code": 404, "message": "no such issue", "detail": "no such issue"},
        ),
        ("conflict", {"code": 409, "message": "Conflict", "detail": {"issue": 7}}),
    ],
)
def test_a_detail_stays_where_it_was(
    server: Server, path: str, error: Dict[str, Any]
) -> None:
    answer = server.ask("GET", f"/fastapi/{path}")

    assert error_of(answer, error["code"]) == error


@on_fastapi
def test_an_invalid_parameter_keeps_its_details(server: Server) -> None:
    answer = server.ask("GET", "/fastapi/issues?number=7")
    error = error_of(server.ask("GET", "/fastapi/issues?number=many"), 422)

    assert (answer.status, answer.body) == (200, b"7")
    assert list(error) == ["code", "message", "detail"]
    assert error["detail"][0]["loc"] == ["query", "number"]
