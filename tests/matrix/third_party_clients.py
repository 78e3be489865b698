"""The clients of the third-party software: what they do, and what comes of it.

Each session is told in words, so that one with the bare software and one through the
middleware can be compared. Steps that fail are meant to: their client has to see why.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List
from xmlrpc.client import ServerProxy

from ..servers import HOST, TIMEOUT, Server
from .third_party import LIMIT, PASSWORD, USER

LOCK = (
    '<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope>'
    "<D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>"
    "<D:owner>someone</D:owner></D:lockinfo>"
).encode()


def outcome(action: Callable[[], object]) -> str:
    """What comes of an action: what it returns, or what its client raises."""
    try:
        return repr(action())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def url_of(server: Server) -> str:
    return f"http://{HOST}:{server.port}"


def command(server: Server, *words: str) -> str:
    """The status of a client that is a command, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=str(server.log.parent),
        env={"PATH": os.environ["PATH"], "HOME": str(server.log.parent), **QUIET},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=6 * TIMEOUT,
        universal_newlines=True,
    )
    return f"{done.returncode}: {done.stdout}"


QUIET = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_PROGRESS_BAR": "off",
    "COLUMNS": "200",
}


def index_session(server: Server) -> Dict[str, str]:
    """Packages are published with twine, and installed with pip."""
    place = server.log.parent
    simple = f"--index-url={url_of(server)}/simple/"
    install = ["pip", "install", "--target=installed", simple]
    wheel = str(write_wheel(place, 1_000))
    return {
        "upload": command(server, *twine(server), wheel),
        "upload again": command(server, *twine(server), wheel),
        "wrong password": command(server, *twine(server, "wrong"), wheel),
        "stored": outcome((place / "packages" / Path(wheel).name).read_bytes),
        "install": command(server, *install, "proof"),
        "installed": outcome((place / "installed" / "proof.py").read_text),
        "install what is not there": command(server, *install, "disproof"),
        "versions": command(server, "pip", "index", "versions", simple, "proof"),
        "search": outcome(lambda: search(server, "proof")),
    }


def search(server: Server, name: str) -> object:
    with ServerProxy(f"{url_of(server)}/RPC2") as index:
        return index.search(name)


def twine(server: Server, password: str = PASSWORD) -> List[str]:
    options = f"--repository-url={url_of(server)} --disable-progress-bar"
    upload = ["twine", "upload", "--non-interactive", *options.split()]
    return [*upload, f"--username={USER}", f"--password={password}"]


def write_wheel(place: Path, size: int) -> Path:
    """A package with a module of that size."""
    place.mkdir(exist_ok=True)
    path = place / "proof-1.0-py3-none-any.whl"
    files = {
        "proof.py": "#" * size,
        "proof-1.0.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: proof\nVersion: 1.0\n"
        ),
        "proof-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "proof-1.0.dist-info/RECORD"
    files[record] = "".join(f"{name},,\n" for name in [*files, record])
    with zipfile.ZipFile(str(path), "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def webdav_session(server: Server) -> Dict[str, str]:
    """Files are written, moved and locked as if they were on a disk."""
    from webdav4.client import Client

    url = url_of(server)
    client, stranger = (Client(url, auth=(USER, it)) for it in (PASSWORD, "wrong"))
    with client.http, stranger.http:
        outcomes = {
            name: outcome(partial(step, client)) for name, step in WEBDAV_STEPS.items()
        }
        outcomes["stranger"] = outcome(lambda: stranger.http.get(url).status_code)
    return outcomes


NAMES = ["a", "chunks", "large"]


class Pipe(io.BytesIO):
    """Bytes whose number is not known, so that they are sent in chunks."""

    def fileno(self) -> int:
        raise OSError

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def large() -> io.BytesIO:
    """More than is allowed where nothing is said, less than is allowed here."""
    return io.BytesIO(b"x" * (LIMIT - 1))


def downloaded(client: Any, path: str) -> bytes:
    received = io.BytesIO()
    client.download_fileobj(path, received)
    return received.getvalue()


def read_from(client: Any, path: str, place: int) -> bytes:
    """The bytes from a place on, which are asked for as a range."""
    with client.open(path, "rb") as file:
        file.seek(place)
        data: bytes = file.read(100)
    return data


def lock(client: Any, path: str) -> int:
    response = client.http.lock(client.join_url(path), content=LOCK)
    status: int = response.status_code
    return status


WEBDAV_STEPS: Dict[str, Callable[[Any], object]] = {
    "mkdir": lambda it: it.mkdir("trip"),
    "mkdir again": lambda it: it.mkdir("trip"),
    "mkdir in nothing": lambda it: it.mkdir("no/where"),
    "upload": lambda it: it.upload_fileobj(io.BytesIO(b"some words"), "trip/a"),
    "upload again": lambda it: it.upload_fileobj(io.BytesIO(b"!"), "trip/a"),
    "upload large": lambda it: it.upload_fileobj(large(), "trip/large"),
    "upload chunks": lambda it: it.upload_fileobj(Pipe(b"chunks"), "trip/chunks"),
    "upload to nothing": lambda it: it.upload_fileobj(io.BytesIO(b"!"), "no/a"),
    "list": lambda it: sorted(it.ls("trip", detail=False)),
    "list nothing": lambda it: it.ls("no"),
    "exists": lambda it: [it.exists(f"trip/{name}") for name in "ab"],
    "lengths": lambda it: [it.content_length(f"trip/{name}") for name in NAMES],
    "download": lambda it: downloaded(it, "trip/a"),
    "download chunks": lambda it: downloaded(it, "trip/chunks"),
    "download nothing": lambda it: downloaded(it, "trip/none"),
    "read from within": lambda it: read_from(it, "trip/a", 5),
    "copy": lambda it: it.copy("trip/a", "trip/b"),
    "copy onto another": lambda it: it.copy("trip/a", "trip/b"),
    "copy over another": lambda it: it.copy("trip/a", "trip/b", overwrite=True),
    "copy to nothing": lambda it: it.copy("trip/a", "no/b"),
    "copy nothing": lambda it: it.copy("trip/none", "trip/c"),
    "move": lambda it: it.move("trip/b", "trip/c"),
    "move onto another": lambda it: it.move("trip/c", "trip/a"),
    "locked": lambda it: lock(it, "trip/a"),
    "upload what is locked": lambda it: it.upload_fileobj(
        io.BytesIO(b"!"), "trip/a", overwrite=True
    ),
    "copy over what is locked": lambda it: it.copy("trip/c", "trip/a", overwrite=True),
    "move what is locked": lambda it: it.move("trip/a", "trip/d"),
    "remove what is locked": lambda it: it.remove("trip/a"),
    "remove": lambda it: it.remove("trip/c"),
    "remove nothing": lambda it: it.remove("trip/c"),
    "left": lambda it: sorted(it.ls("trip", detail=False)),
}


def browse_session(server: Server) -> Dict[str, str]:
    """A database is queried with dclient, and read in every format it has."""
    queries = {
        "query": "select * from planets",
        "no such column": "select moons from planets",
        "not a query": "drop table planets",
        "too slow": ENDLESS,
    }
    outcomes = {
        name: command(server, "dclient", "query", f"{url_of(server)}/data", query)
        for name, query in queries.items()
    }
    elsewhere = f"{url_of(server)}/nothing"
    outcomes["no database"] = command(server, "dclient", "query", elsewhere, "select 1")
    outcomes.update((page, answered(server, page)) for page in PAGES)
    return outcomes


ENDLESS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n)"
    " select count(*) from n"
)
PAGES = """/ /.json /data /data.json /data/planets /data/planets.json /data/planets/1
    /data/planets.json?_shape=array&_nl=on /data/planets/1.json /data/planets.csv
    /data/planets.csv?_stream=on /-/static/app.css /-/versions.json
    /-/databases""".split()


def answered(server: Server, page: str) -> str:
    """Status and body, without the times that it took."""
    answer = server.ask("GET", page)
    body = re.sub(rb'(query_ms": |took )[0-9.e-]+', rb"\1?", answer.body)
    return f"{answer.status} {answer.headers['Content-Type']} {body!r}"
