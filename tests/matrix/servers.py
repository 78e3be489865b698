"""The servers of the matrix: how each is started, and what it needs to be there."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ..servers import HOST, Server, free_port, running

GUNICORN = "{python} -m gunicorn --keep-alive 10 -b {host}:{port}"
HYPERCORN = "{python} -m hypercorn -w 0 -b {host}:{port}"
UVICORN = "{python} -m uvicorn --host {host} --port {port}"
GRANIAN = "{python} -m granian --host {host} --port {port}"
WSGI_APP = "tests.matrix.wsgi_app:app"
ASGI_APP = "tests.matrix.asgi_app:app"


class Launch(NamedTuple):
    """The command that starts a server, and the modules without which it can't."""

    command: str
    needs: List[str]
    since: Tuple[int, int] = (3, 8)  # the oldest Python that has a release with them


WSGI: Dict[str, Launch] = {
    "gunicorn-sync": Launch(f"{GUNICORN} -k sync {WSGI_APP}", ["gunicorn"]),
    "gunicorn-gthread": Launch(
        f"{GUNICORN} -k gthread --threads 4 {WSGI_APP}", ["gunicorn"]
    ),
    "gunicorn-gevent": Launch(
        f"{GUNICORN} -k gevent {WSGI_APP}", ["gunicorn", "gevent"]
    ),
    "waitress": Launch(
        f"{{python}} -m waitress --listen={{host}}:{{port}} {WSGI_APP}", ["waitress"]
    ),
    "cheroot": Launch(
        f"{{python}} -m cheroot --bind {{host}}:{{port}} {WSGI_APP}", ["cheroot"]
    ),
    "uwsgi": Launch(
        "{bin}/uwsgi --http-socket {host}:{port} --virtualenv {prefix} --pythonpath ."
        f" --need-app --die-on-term --enable-threads --threads 4 --wsgi {WSGI_APP}",
        ["uwsgidecorators"],
    ),
    "standard-library": Launch("{python} -m tests.matrix.wsgi_app {host} {port}", []),
    "granian-wsgi": Launch(f"{GRANIAN} --interface wsgi {WSGI_APP}", ["granian"]),
}
ASGI: Dict[str, Launch] = {
    "uvicorn-h11": Launch(f"{UVICORN} --http h11 {ASGI_APP}", ["uvicorn", "h11"]),
    "uvicorn-httptools": Launch(
        f"{UVICORN} --http httptools {ASGI_APP}", ["uvicorn", "httptools"]
    ),
    "hypercorn-asyncio": Launch(f"{HYPERCORN} -k asyncio {ASGI_APP}", ["hypercorn"]),
    "hypercorn-trio": Launch(f"{HYPERCORN} -k trio {ASGI_APP}", ["hypercorn", "trio"]),
    "daphne": Launch(
        f"{{python}} -m daphne -b {{host}} -p {{port}} {ASGI_APP}", ["daphne"]
    ),
    "granian-asgi": Launch(f"{GRANIAN} --interface asgi {ASGI_APP}", ["granian"]),
    "gunicorn-asgi": Launch(
        f"{GUNICORN} -k asgi {ASGI_APP}", ["gunicorn.asgi"], since=(3, 10)
    ),
}
#: Those that speak HTTP/2 on the same port, without TLS, to who begins with it.
HTTP2 = ["hypercorn-asyncio", "hypercorn-trio", "granian-asgi", "granian-wsgi"]
LAUNCHES = {**WSGI, **ASGI}


@contextmanager
def serving(name: str, log: Path) -> Iterator[Server]:
    """The server of that name, up and answering."""
    server = Server(name, "app", free_port(), log)
    places = {
        "python": sys.executable,
        "bin": str(Path(sys.executable).parent),
        "prefix": sys.prefix,
        "host": HOST,
        "port": str(server.port),
    }
    command = LAUNCHES[name].command.split()
    with running(server, [word.format(**places) for word in command]):
        yield server
