"""``docs/uvicorn.rst`` on the released uvicorn, and the 400 of uvicorn itself."""

from __future__ import annotations

import pickle
from contextlib import ExitStack
from pathlib import Path
from typing import ContextManager, Iterator

import pytest
import uvicorn

import stderrmw.uvicorn

from .recipes import (
    BROKEN_CHUNK,
    MALFORMED,
    POST,
    answer_on,
    recipe,
    run_python,
    send,
    serving,
)
from .servers import Server, Start, chosen, error_of, starter

# server: the title of its recipe, and the protocol
SERVERS = {
    "python-httptools": ("From Python", "HttpToolsProtocol"),
    "python-h11": ("From Python", "H11Protocol"),
}
COMMANDS = {
    "httptools": ("With httptools", "HttpToolsProtocol"),
    "h11": ("With h11", "H11Protocol"),
}
VERSION = tuple(map(int, uvicorn.__version__.split(".")[:2]))
SERVERS.update(COMMANDS if VERSION >= (0, 36) else {})

# Its parsers take the others, and the app gets to see them.
REFUSED = sorted(set(MALFORMED) - {"a large header", "too many headers"})


def serve(name: str, directory: Path) -> ContextManager[Server]:
    directory.mkdir()
    title, protocol = SERVERS[name]
    shown = recipe("uvicorn.rst", title)
    if title == "From Python":
        shown.files["serve.py"] = shown.files["serve.py"].replace(
            "HttpToolsProtocol", protocol
        )
        shown.files["wrapped.py"] = shown.files["wrapped.py"].replace(
            "(asgi_app)", "(asgi_app, require_content_length=False)"
        )
    return serving(shown, "--port {port}", directory)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:
        yield starter(serve, stack, tmp_path_factory.mktemp("uvicorn"))


server = pytest.fixture(chosen, params=SERVERS)


def test_an_error_of_the_app_is_standard(server: Server) -> None:
    error_of(server.ask("GET", "/missing"), 404)


@pytest.mark.parametrize("malformed", REFUSED)
def test_the_400_of_uvicorn_is_standard(server: Server, malformed: str) -> None:
    answer = send(server, MALFORMED[malformed])

    error = {"code": 400, "message": "Bad Request"}
    cause = {"cause": "Invalid HTTP request received."}
    assert error_of(answer, 400) == {**error, **cause}
    assert answer.headers.get_all("Connection") == ["close"]
    assert answer.headers.get_all("Server") == ["uvicorn"]


def test_a_bad_request_behind_an_answered_one_gets_its_own_answer(
    server: Server,
) -> None:
    with server.open_socket() as connection:
        connection.sendall(b"GET /fine HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_on(connection).status == 200
        connection.sendall(MALFORMED["a bad request line"])
        error_of(answer_on(connection), 400)


def test_a_response_that_has_begun_is_not_broken_into(server: Server) -> None:
    with server.open_socket() as connection:
        connection.sendall(POST % b"fine")
        begun = connection.recv(65536)
        connection.sendall(BROKEN_CHUNK)
        rest = connection.makefile("rb").read()

    assert begun.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 " not in rest


@pytest.mark.parametrize("server", ["python-httptools", "python-h11"], indirect=True)
def test_an_answer_to_an_unread_request_is_the_only_one(server: Server) -> None:
    with server.open_socket() as connection:
        connection.sendall(POST % b"unread")
        assert answer_on(connection).status == 200
        connection.sendall(BROKEN_CHUNK)

        assert connection.recv(65536) == b""


@pytest.mark.parametrize("name", ["HttpToolsProtocol", "H11Protocol"])
def test_a_protocol_reaches_a_worker_process(name: str) -> None:
    protocol = getattr(stderrmw.uvicorn, name)

    assert pickle.loads(pickle.dumps(protocol)) is protocol


def test_no_other_protocol_is_offered() -> None:
    with pytest.raises(AttributeError, match="'stderrmw.uvicorn' has no .* 'Zttp'"):
        stderrmw.uvicorn.Zttp


@pytest.mark.parametrize("parser, other", [("httptools", "H11"), ("h11", "HttpTools")])
def test_a_protocol_does_without_the_parser_of_the_other(
    parser: str, other: str
) -> None:
    run_python(
        f"import sys; sys.modules[{parser!r}] = None",
        f"from stderrmw.uvicorn import {other}Protocol",
    )


def test_uvicorn_is_imported_when_a_protocol_is() -> None:
    run_python("import stderrmw.uvicorn, sys", "assert 'uvicorn' not in sys.modules")
