"""``docs/recipes.rst``, of what only the extra ``matrix`` installs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from stderrmw import ASGIMiddleware, StandardError, WSGIMiddleware

from ..documented import (
    ASK,
    EMPTY,
    HOST,
    Answer,
    Load,
    assert_recipe_of_a_framework_holds,
    by_asgi,
    by_wsgi,
    loading,
)
from ..interfaces import Req
from .asgi_frameworks import ASGI
from .presence import skip_where_absent
from .wsgi_frameworks import WSGI

load = pytest.fixture(loading)

# Frameworks

FRAMEWORKS: Dict[str, Callable[..., Answer]] = {
    "Pyramid": by_wsgi,
    "Quart": by_asgi,
    "Litestar": by_asgi,
}
#: Those of ``tests/test_recipes.py`` too: Sentry knows them all.
KNOWN_TO_SENTRY: Dict[str, Callable[..., Answer]] = {
    **FRAMEWORKS,
    "Flask": by_wsgi,
    "Bottle": by_wsgi,
    "Starlette and FastAPI": by_asgi,
}


@pytest.mark.parametrize("title", FRAMEWORKS)
def test_what_a_view_raises_reaches_the_client(load: Load, title: str) -> None:
    skip_where_absent(title.lower())

    assert_recipe_of_a_framework_holds(load(title).app, FRAMEWORKS[title])


# Sentry

LAYERS = [
    (title, interface)
    for title in ("Sentry inside", "Sentry outside")
    for interface in ("wsgi", "asgi")
]
in_every_layer = pytest.mark.parametrize("title, interface", LAYERS)

#: What the client that ``init`` made would have sent; to be asked for after it.
Collect = Callable[[], List[Any]]


@pytest.fixture
def collect() -> Iterator[Collect]:
    skip_where_absent("sentry-sdk")
    sentry_sdk: Any = import_module("sentry_sdk")
    events: List[Any] = []

    class Collecting(sentry_sdk.transport.Transport):  # type: ignore[misc]
        def capture_envelope(self, envelope: Any) -> None:
            events.append(envelope.get_event())

    def collect() -> List[Any]:
        sentry_sdk.get_client().transport = Collecting()
        return events

    yield collect
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def exceptions_in(events: List[Any]) -> List[str]:
    """The exception that each event is about."""
    return [event["exception"]["values"][-1]["type"] for event in events]


@in_every_layer
def test_a_crash_is_one_event_of_sentry(
    load: Load, collect: Collect, title: str, interface: str
) -> None:
    app = load(title, interface).app
    events = collect()

    crashed = ASK[interface](app, "/crash")

    crashed.error(500)
    assert exceptions_in(events) == ["RuntimeError"]
    assert events[0]["request"]["url"] == "http://localhost/crash"


@in_every_layer
def test_a_standard_error_is_no_event_of_sentry(
    load: Load, collect: Collect, title: str, interface: str
) -> None:
    app = load(title, interface).app
    events = collect()

    raised = ASK[interface](app, "/invalid")

    raised.error(422)
    assert not events


@pytest.mark.parametrize("name", [*WSGI, *ASGI])
def test_a_crash_of_a_framework_is_one_event_of_sentry(
    name: str, collect: Collect
) -> None:
    """Sentry's integrations of frameworks put themselves inside of the middleware."""
    skip_where_absent(name)
    import_module("sentry_sdk").init()
    events = collect()
    if name in WSGI:
        crashed = by_wsgi(WSGIMiddleware(WSGI[name]()), "/crash")
    else:
        crashed = by_asgi(ASGIMiddleware(ASGI[name]()), "/crash")

    crashed.error(500)
    assert exceptions_in(events) == ["RuntimeError"]


@pytest.mark.parametrize("title", KNOWN_TO_SENTRY)
def test_a_standard_error_of_a_framework_is_no_event_of_sentry(
    load: Load, collect: Collect, title: str
) -> None:
    skip_where_absent(title.split()[-1].lower())
    import_module("sentry_sdk").init(ignore_errors=[StandardError])
    events, ask = collect(), KNOWN_TO_SENTRY[title]

    raised = ask(load(title).app, "/issues", Req("POST", EMPTY))

    raised.error(422)
    assert not events


# WebDAV

NOTE = (*HOST, ("Content-Length", "4"))
LOCK = b"""<?xml version="1.0"?>
<D:lockinfo xmlns:D="DAV:">
<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
</D:lockinfo>"""


@pytest.fixture
def dav(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The recipe's app, with a note that it shares."""
    skip_where_absent("wsgidav")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    app = load("WebDAV").app
    assert put(app).status == 201
    return app


def put(app: Any, *headers: Tuple[str, str]) -> Answer:
    return by_wsgi(app, "/note", Req("PUT", (*NOTE, *headers), (b"text",)))


def test_what_works_over_webdav_is_untouched(dav: Any) -> None:
    listed = by_wsgi(dav, "/", Req("PROPFIND", (*HOST, ("Depth", "1"))))

    assert by_wsgi(dav, "/note").body == b"text"
    assert listed.status == 207
    assert b"/note" in listed.body


def test_a_large_upload_without_a_length_is_stored(dav: Any) -> None:
    chunked = (*HOST, ("Transfer-Encoding", "chunked"))
    large = b"x" * 1_048_577

    stored = by_wsgi(dav, "/large", Req("PUT", chunked, (large,)))

    assert stored.status == 201
    assert by_wsgi(dav, "/large").body == large


def test_a_lock_is_told_by_its_own_status(dav: Any) -> None:
    length = ("Content-Length", str(len(LOCK)))
    lock = Req("LOCK", (*HOST, ("Timeout", "Second-60"), length), (LOCK,))

    assert by_wsgi(dav, "/note", lock).status == 200
    put(dav).error(423)


def test_errors_of_webdav_are_standard(dav: Any) -> None:
    by_wsgi(dav, "/nothing").error(404)
    put(dav, ("If-Match", '"other"')).error(412)
    by_wsgi(dav, "/no/where", Req("MKCOL", HOST)).error(409)
