"""Real servers, each a process of its own, and how the tests talk to them.

Every wait is bounded: by a socket's timeout, by a deadline, or by that of a process.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from email.message import Message
from functools import lru_cache
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Iterator,
    NamedTuple,
    Sequence,
    Tuple,
)

import pytest

import stderrmw

#: The package that is tested, which may be an installed one.
PACKAGE = Path(stderrmw.__file__).parent
ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
TIMEOUT = 10.0

# server: the framework that stands for any app there, and the command after -m
SERVERS: Dict[str, Tuple[str, str]] = {
    "gunicorn-sync": (
        "flask",
        "gunicorn -b {host}:{port} -k sync tests.real_apps:wsgi",
    ),
    "gunicorn-gthread": (
        "flask",
        "gunicorn -b {host}:{port} -k gthread --threads 4 tests.real_apps:wsgi",
    ),
    "waitress": ("flask", "waitress --listen={host}:{port} tests.real_apps:wsgi"),
    "standard-library": ("flask", "tests.real_apps {host} {port}"),
    "uvicorn-httptools": (
        "fastapi",
        "uvicorn --host {host} --port {port} --http httptools tests.real_apps:asgi",
    ),
    "uvicorn-h11": (
        "fastapi",
        "uvicorn --host {host} --port {port} --http h11 tests.real_apps:asgi",
    ),
    "hypercorn": ("fastapi", "hypercorn -w 0 -b {host}:{port} tests.real_apps:asgi"),
}


class Answer(NamedTuple):
    """A response of a server."""

    status: int
    headers: Message
    body: bytes


class Server(NamedTuple):
    """A server that answers requests."""

    name: str
    framework: str
    port: int
    log: Path

    def connect(self) -> HTTPConnection:
        """A client that writes a whole request before it reads."""
        return HTTPConnection(HOST, self.port, timeout=TIMEOUT)

    def open_socket(self) -> socket.socket:
        """A connection to write to by hand."""
        return socket.create_connection((HOST, self.port), timeout=TIMEOUT)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The answer to one request, read until the server closes the connection.

        A body that is an iterator is sent in chunks.
        """
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(self.connect()) as connection:
            connection.request(method, path, body, {**fields, "Connection": "close"})
            return read_to_the_end(connection.getresponse())


Start = Callable[[str], Server]


def read(response: HTTPResponse) -> Answer:
    """The answer, as long as it says that it is."""
    with response:
        return Answer(response.status, response.headers, response.read())


def read_to_the_end(response: HTTPResponse) -> Answer:
    """The answer, with all that the server sent until it closed the connection."""
    with response:
        body = response.read() if response.chunked else response.fp.read()
    return Answer(response.status, response.headers, body)


def error_of(answer: Answer, status: int) -> Dict[str, Any]:
    """The body of an answer, which has to be a standard error with that status."""
    assert answer.status == status, answer
    assert answer.headers.get_all("Content-Type") == ["application/json"], answer
    assert answer.headers.get_all("Content-Length") == [str(len(answer.body))], answer
    error: Dict[str, Any] = json.loads(answer.body.decode("ascii"))
    assert list(error)[:2] == ["code", "message"], error
    assert type(error["code"]) is int and error["code"] == status, error
    assert isinstance(error["message"], str) and error["message"], error
    return error


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    """Ask again and again; fail with what the server logged when it takes too long."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def start_on_demand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """A fixture: starts each server when it is first asked for, and ends them all."""
    with ExitStack() as stack:
        yield starter(serving, stack, tmp_path_factory.mktemp("servers"))


def starter(
    serve: Callable[[str, Path], ContextManager[Server]], stack: ExitStack, logs: Path
) -> Start:
    """Starts each server once, by its name, for as long as the stack is open."""
    return lru_cache(maxsize=None)(
        lambda name: stack.enter_context(serve(name, logs / name))
    )


def chosen(request: pytest.FixtureRequest, start: Start) -> Server:
    """A fixture: the server that the parameter names."""
    return start(request.param)


@contextmanager
def serving(name: str, log: Path) -> Iterator[Server]:
    """The server of that name, up and answering."""
    framework, command = SERVERS[name]
    server = Server(name, framework, free_port(), log)
    arguments = command.format(host=HOST, port=server.port).split()
    with running(server, [sys.executable, "-m", *arguments]):
        yield server


@contextmanager
def running(server: Server, command: Sequence[str]) -> Iterator[None]:
    """The command's process, from its first answer on; its output is the log."""
    with server.log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: is_up(server, process), server.log)
        yield
    finally:
        stop(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def is_up(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers; fails where its process has ended."""
    assert process.poll() is None, server.log.read_text()
    with suppress(OSError):
        return server.ask("GET", f"/{server.framework}/fine").status == 200
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(TIMEOUT)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
