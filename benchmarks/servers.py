"""Real servers as processes of their own, and what /proc says of them.

Not run by itself. Every app that is served here answers ``/pid`` with the number of
the process that serves it, which under gunicorn is not the one that was started.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Dict, Iterator, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
TIMEOUT = 60.0

COMMANDS: Dict[str, str] = {
    "gunicorn": "gunicorn -b {host}:{port} -k gthread --threads {threads} {app}",
    "uvicorn": "uvicorn --host {host} --port {port} --no-access-log {app}",
}
#: The side of an app's name that a server takes.
SIDES = {"gunicorn": "wsgi", "uvicorn": "asgi"}


class Server(NamedTuple):
    """A server that answers requests."""

    port: int
    pid: int
    log: Path

    def get(self, path: str) -> bytes:
        """The body of the answer to one GET."""
        return get(self.port, path)

    def status(self, field: str) -> int:
        """A number of /proc/PID/status: of kB, or of what the field counts."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = next(line for line in text.splitlines() if line.startswith(f"{field}:"))
        return int(found.split()[1])

    def descriptors(self) -> int:
        """How many file descriptors are open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))


@contextmanager
def serving(name: str, app: str, threads: int = 4) -> Iterator[Server]:
    """The server of that name with the app ``pkg.mod:app``, up and answering."""
    port = free_port()
    command = COMMANDS[name].format(host=HOST, port=port, app=app, threads=threads)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        process = start(command, log)
        try:
            yield Server(port, answering(port, process, log), log)
        finally:
            stop(process)


def start(command: str, log: Path) -> subprocess.Popen[bytes]:
    """The process, in a group of its own, so that all of it can be ended."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *command.split()],
            cwd=str(ROOT),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def answering(port: int, process: subprocess.Popen[bytes], log: Path) -> int:
    """The process that serves, as soon as it does."""
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException):
            return int(get(port, "/pid"))
        time.sleep(0.05)
    raise RuntimeError(f"the server does not answer:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def get(port: int, path: str) -> bytes:
    """The body of the answer to one GET, on a connection of its own."""
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().read()
    finally:
        connection.close()


def connect(port: int) -> socket.socket:
    """A connection to write to by hand."""
    return socket.create_connection((HOST, port), timeout=TIMEOUT)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port
