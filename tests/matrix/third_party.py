"""Software that people deploy: how each is started, bare and behind the middleware.

Each runs in a directory of its own, with what it needs in there.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from ..servers import HOST, ROOT, Server, free_port, stop, wait_until

USER, PASSWORD = "keeper", "of the keys"

GUNICORN = "gunicorn --threads 4 --bind {host}:{port}".split()
UVICORN = "uvicorn --factory --host {host} --port {port}".split()
STDERRMW = "stderrmw --host {host} --port {port}".split()

PYPISERVER = (
    "pypiserver:app(roots=['packages'], password_file='users', disable_fallback=True)"
)
WSGIDAV_CONFIG = {
    "provider_mapping": {"/": "files"},
    "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
    "http_authenticator": {"accept_digest": False, "default_to_digest": False},
    "verbose": 1,
}
WSGIDAV = f"wsgidav.wsgidav_app:WsgiDAVApp({WSGIDAV_CONFIG!r})"
#: The options for WebDAV: its clients act on these statuses, and may send chunks.
STATUSES = [412, 416, 423, 424, 502, 507]
LIMIT = 2_000_000


class Software(NamedTuple):
    """The modules to run, with their arguments, and those that have to be there."""

    bare: List[str]
    wrapped: List[str]
    needs: List[str]
    since: Tuple[int, int] = (3, 8)  # the oldest Python that has a release with them


def by_wrap(target: str, **options: Any) -> str:
    """What a config file says that takes only the name of an app."""
    words = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"stderrmw:wrap({target!r}{words})"


SOFTWARE: Dict[str, Software] = {
    "pypiserver": Software(
        [*GUNICORN, PYPISERVER],
        [*GUNICORN, by_wrap(PYPISERVER, max_body_size=100_000)],
        ["gunicorn", "pypiserver", "passlib", "twine"],
    ),
    "wsgidav": Software(
        [*GUNICORN, WSGIDAV],
        [
            *GUNICORN,
            by_wrap(
                WSGIDAV,
                max_body_size=LIMIT,
                require_content_length=False,
                preserve_statuses=STATUSES,
            ),
        ],
        ["gunicorn", "wsgidav", "webdav4"],
    ),
    "datasette": Software(
        [*UVICORN, "tests.matrix.third_party:datasette"],
        [*STDERRMW, "tests.matrix.third_party:datasette()"],
        ["uvicorn", "datasette", "dclient"],
        since=(3, 9),  # on 3.8 its multipart and Litestar's are two of one name
    ),
    "asgi-webdav": Software(
        [*UVICORN, "tests.matrix.third_party:asgi_webdav"],
        [
            *STDERRMW,
            f"--max-body-size={LIMIT}",
            "--no-require-content-length",
            f"--preserve-statuses={','.join(map(str, STATUSES))}",
            "tests.matrix.third_party:asgi_webdav()",
        ],
        ["uvicorn", "asgi_webdav", "webdav4"],
        since=(3, 11),
    ),
}


def datasette() -> Any:
    from datasette.app import Datasette

    return Datasette(["data.db"]).app()


def asgi_webdav() -> Any:
    from asgi_webdav.constants import AppEntryParameters
    from asgi_webdav.server import get_asgi_app

    account = {"username": USER, "password": PASSWORD, "permissions": ["+"]}
    files = {"prefix": "/", "uri": f"file://{Path('files').resolve()}"}
    return get_asgi_app(
        AppEntryParameters(),
        {"account_mapping": [account], "provider_mapping": [files]},
    )


def furnish(place: Path) -> None:
    """What the software is to serve, and who may."""
    for name in ("packages", "files/directory"):
        (place / name).mkdir(parents=True)
    (place / "packages" / "kept-1.0.tar.gz").write_text("kept")
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    for name in ("words.txt", "other.txt"):
        (place / "files" / name).write_text("some words")
    (place / "users").write_text(f"{USER}:{{SHA}}{digest}\n")
    with closing(sqlite3.connect(str(place / "data.db"))) as database:
        database.executescript(
            "create table planets (id integer primary key, name text);"
            "insert into planets (name) values ('Mercury'), ('Venus'), ('Earth');"
        )


@contextmanager
def serving(name: str, arguments: List[str], place: Path) -> Iterator[Server]:
    """The software in that place, once it answers."""
    furnish(place)
    server = Server(name, "", free_port(), place / "log")
    words = [word.format(host=HOST, port=server.port) for word in arguments[:-1]]
    command = [sys.executable, "-m", *words, arguments[-1]]
    with running_in(place, server, command, {**os.environ, "PYTHONPATH": str(ROOT)}):
        yield server


@contextmanager
def running_in(
    place: Path, server: Server, command: List[str], environ: Dict[str, str]
) -> Iterator[None]:
    """The command's process, from its first answer on; its output is the log."""
    with server.log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=str(place),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(server, process), server.log)
        yield
    finally:
        stop(process)


def answers(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether it answers at all; fails where its process has ended."""
    assert process.poll() is None, server.log.read_text()
    with suppress(OSError):
        return bool(server.ask("GET", "/"))
    return False
