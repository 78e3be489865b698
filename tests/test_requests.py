"""The requests in files, sent as they are to two real servers of each interface.

Two files make a case: ``NAME.http`` holds what is sent, byte for byte, and
``NAME.json`` what comes back until the server closes the connection, so the last
request asks for that. The app is in ``requests_app.py``.

In the JSON, "any" is for every server, "wsgi" and "asgi" are for those of an interface
and a server's name, perhaps with its major version ("gunicorn 23"), is for it alone;
the most specific counts. Each is an answer or a list of them, in which a 100 Continue
has its place; an empty list is no answer at all.

An answer has a ``status`` and perhaps ``headers``, a ``body`` (text), or the ``errors``
of the standard body. One of 400 and over is held to the standard, but for those with
``"by": "server"``, which no app had a part in.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import ExitStack, contextmanager
from http.client import parse_headers
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from .servers import (
    Answer,
    Server,
    Start,
    chosen,
    error_of,
    free_port,
    running,
    starter,
)

WSGI_APP = "tests.requests_app:wsgi"
ASGI_APP = "tests.requests_app:asgi"
# server: its interface, and the command after -m
SERVERS: Dict[str, Tuple[str, str]] = {
    "gunicorn": ("wsgi", "gunicorn -b {address} -k gthread --threads 4 " + WSGI_APP),
    "waitress": ("wsgi", "waitress --listen={address} " + WSGI_APP),
    "uvicorn": ("asgi", "uvicorn --port {port} --http httptools " + ASGI_APP),
    "hypercorn": ("asgi", "hypercorn -w 0 -b {address} " + ASGI_APP),
}
REQUESTS = sorted(Path(__file__).with_name("requests").glob("*.http"))


@contextmanager
def serving(name: str, log: Path) -> Iterator[Server]:
    """The server of that name, up and answering."""
    server = Server(name, "app", free_port(), log)
    places = {"address": f"127.0.0.1:{server.port}", "port": server.port}
    arguments = SERVERS[name][1].format(**places).split()
    with running(server, [sys.executable, "-m", *arguments]):
        yield server


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:
        yield starter(serving, stack, tmp_path_factory.mktemp("servers"))


server = pytest.fixture(chosen, params=SERVERS)


def expected_of(file: Path, server: str) -> List[Dict[str, Any]]:
    """The answers that the file beside it says come from the server."""
    expected = json.loads(file.with_suffix(".json").read_text("ascii"))
    versioned = f"{server} {version(server).partition('.')[0]}"
    keys = (versioned, server, SERVERS[server][0], "any")
    answers = next(expected[key] for key in keys if key in expected)
    return answers if isinstance(answers, list) else [answers]


def conversation(server: Server, data: bytes) -> io.BytesIO:
    """All that the server sends before it closes the connection."""
    with server.open_socket() as connection:
        connection.sendall(data)
        return io.BytesIO(b"".join(iter(lambda: connection.recv(65_536), b"")))


def read_answer(stream: io.BytesIO, is_head: bool) -> Answer:
    """The next answer; one without a length goes on to the end."""
    protocol, status, _ = stream.readline().decode("latin-1").split(" ", 2)
    assert protocol in ("HTTP/1.0", "HTTP/1.1")
    headers = parse_headers(stream)
    if is_head or status == "100":
        length = 0
    else:
        length = int(headers.get("Content-Length", -1))
    return Answer(int(status), headers, stream.read(length))


def check(answer: Answer, expected: Dict[str, Any], is_head: bool) -> None:
    """Hold an answer against what is expected of it."""
    assert answer.status == expected["status"], answer.body
    for name, value in expected.get("headers", {}).items():
        assert answer.headers.get_all(name) == [value]
    if "body" in expected:
        assert answer.body.decode("latin-1") == expected["body"]
    if is_head:
        assert answer.body == b""
    elif answer.status >= 400 and expected.get("by") != "server":
        error = error_of(answer, answer.status)
        assert error.get("errors", []) == expected.get("errors", [])


@pytest.mark.parametrize("file", REQUESTS, ids=[file.stem for file in REQUESTS])
def test_a_request_in_a_file_is_answered_as_the_file_beside_it_says(
    server: Server, file: Path
) -> None:
    request = file.read_bytes()
    is_head = request.startswith(b"HEAD ")

    stream = conversation(server, request)

    for expected in expected_of(file, server.name):
        check(read_answer(stream, is_head), expected, is_head)
    assert stream.read() == b""


def test_every_expected_answer_has_its_request() -> None:
    answers = Path(__file__).with_name("requests").glob("*.json")

    assert sorted(answers) == [file.with_suffix(".json") for file in REQUESTS]
