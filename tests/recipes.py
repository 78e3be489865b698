"""The recipes of ``docs``, served as they stand there, and requests no app gets to see.

A recipe is a section. Its blocks of Python, and those before the first section, are
files; the last line of its ``console`` is the command.
"""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from textwrap import dedent
from typing import Dict, Iterator, List, NamedTuple

from .servers import HOST, ROOT, TIMEOUT, Answer, Server, free_port, read, running

LEGACY = "from tests.legacy import app, asgi_app, plain_asgi_app\n"
# The directory to start in, and what Python finds the tests by.
START = ["sh", "-c", 'cd "$0" && export PYTHONPATH="$1" && shift && exec "$@"']

GET = b"GET /fine HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN_CHUNK = b"zz\r\n\r\n"
MALFORMED: Dict[str, bytes] = {
    "a bad request line": b"NONSENSE " + b"<&>" * 1000 + b"\r\n\r\n",
    "a bad header name": GET + b"Bad Name: x\r\n\r\n",
    "a large header": GET + b"Large: " + b"x" * 20_000 + b"\r\n\r\n",
    "too many headers": GET + b"Many: x\r\n" * 200 + b"\r\n",
    "an unknown coding": GET + b"Transfer-Encoding: unknown\r\n\r\n",
    "a broken chunk": POST % b"fine" + BROKEN_CHUNK,
}


class Recipe(NamedTuple):
    """Files by their name, and what to type where they are."""

    files: Dict[str, str]
    command: str

    def write(self, directory: Path) -> None:
        """The files, and the legacy app they are about."""
        for name, text in {**self.files, "legacy.py": LEGACY}.items():
            (directory / name).write_text(text)


def recipe(document: str, title: str) -> Recipe:
    """The recipe of that title in a document of ``docs``."""
    text = section(document, title)
    return Recipe(files_in(text), blocks(text, "console")[-1].strip().lstrip("$ "))


def section(document: str, title: str) -> str:
    """The section of that title, with what stands before the first."""
    preamble, *sections = re.split(
        r"^(\S.*)\n---+$", (ROOT / "docs" / document).read_text(), flags=re.MULTILINE
    )
    return preamble + dict(zip(sections[::2], sections[1::2]))[title]


def files_in(text: str) -> Dict[str, str]:
    """The blocks of Python by their first line, which is the name of a file."""
    texts = blocks(text, "python")
    return {text.splitlines()[0].lstrip("# "): text for text in texts}


def blocks(text: str, language: str) -> List[str]:
    """The code blocks in that language."""
    pattern = rf"^\.\. code-block:: {language}\n\n((?:(?: +.*)?\n)+)"
    return [dedent(block) for block in re.findall(pattern, text, re.MULTILINE)]


@contextmanager
def serving(recipe: Recipe, arguments: str, directory: Path) -> Iterator[Server]:
    """The recipe's server in that directory, with arguments behind its own."""
    port = free_port()
    text = f"{recipe.command} {arguments.format(host=HOST, port=port)}"
    files = {n: t.replace("8000", str(port)) for n, t in recipe.files.items()}
    Recipe(files, text).write(directory)
    server = Server(directory.name, "legacy", port, directory / "log")
    with running(server, in_directory(directory, text)):
        yield server


def in_directory(directory: Path, command: str) -> List[str]:
    """The command in words, with this Python and in that directory."""
    words = shlex.split(command)
    words = words[1:] if words[0] == "python" else ["-m", *words]
    return [*START, str(directory), str(ROOT), sys.executable, *words]


def send(server: Server, request: bytes) -> Answer:
    """The answer to the bytes, which may be no HTTP."""
    with server.open_socket() as connection:
        connection.sendall(request)
        return answer_on(connection)


def answer_on(connection: socket.socket) -> Answer:
    """The next answer on that connection."""
    response = HTTPResponse(connection)
    response.begin()
    return read(response)


def run_python(*lines: str) -> None:
    """The lines in a process of their own, which has to end well."""
    code = "\n".join(lines)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=TIMEOUT)
