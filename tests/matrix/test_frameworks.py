"""Every framework behind the middleware: none has an error or a limit of its own."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import lru_cache
from typing import Any, Dict, List, Tuple

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

from ..interfaces import Input, Journal, Req, collect, environ_of, scope_of
from ..servers import TIMEOUT
from .asgi_frameworks import ASGI
from .presence import skip_where_absent
from .views import WORDS
from .wsgi_frameworks import WSGI

OPTIONS: Dict[str, Any] = {"max_body_size": 10, "require_content_length": False}
HEADERS = (("Host", "localhost"),)
SMALL = Req("POST", (*HEADERS, ("Transfer-Encoding", "chunked")), (b"12345",) * 2)
LARGE = SMALL._replace(body=(b"12345",) * 3)

Seen = Tuple[int, Dict[str, str], bytes]

#: A method that no view takes: the router of Pyramid finds no view, and says so.
WRONG_METHOD = {"pyramid": 404}

#: The message of an abort: Django shows the words of an Http404 to nobody.
DJANGO_SENTENCE = "The requested resource was not found on this server."
ABORT_MESSAGES = {
    **dict.fromkeys([*WSGI, *ASGI], WORDS),
    **{"django-wsgi": DJANGO_SENTENCE, "django-asgi": DJANGO_SENTENCE},
}

everywhere = pytest.mark.parametrize("name", [*WSGI, *ASGI])


@lru_cache(maxsize=None)
def wrapped(name: str) -> Any:
    """The framework's app behind the middleware."""
    if name in WSGI:
        return WSGIMiddleware(WSGI[name](), **OPTIONS)
    return ASGIMiddleware(ASGI[name](), **OPTIONS)


def ask(name: str, path: str, request: Req = Req(headers=HEADERS)) -> Seen:
    """Status, headers and body of the one response."""
    skip_where_absent(name)
    by = by_wsgi if name in WSGI else by_asgi
    return by(wrapped(name), path, request)


def by_wsgi(app: Any, path: str, request: Req) -> Seen:
    environ = environ_of(request, Input(Journal(request)))
    started: List[Any] = []

    def start_response(*args: Any) -> Any:
        started.append(args)
        return lambda data: None

    body = collect(app({**environ, "PATH_INFO": path}, start_response))
    ((status, headers),) = started
    return int(status[:3]), {name.lower(): value for name, value in headers}, body


def by_asgi(app: Any, path: str, request: Req) -> Seen:
    first, *bodies = asyncio.run(messages_of(app, path, request))
    assert first["type"] == "http.response.start"
    assert {body["type"] for body in bodies} == {"http.response.body"}
    headers = {key.decode().lower(): value.decode() for key, value in first["headers"]}
    return first["status"], headers, b"".join(body.get("body", b"") for body in bodies)


async def messages_of(app: Any, path: str, request: Req) -> List[Any]:
    """What the app sends; it is told of the client's leaving after the response."""
    pieces = list(request.body) or [b""]
    messages: List[Any] = []
    ended = asyncio.Event()

    async def receive() -> Any:
        if not pieces:
            await ended.wait()
            return {"type": "http.disconnect"}
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        messages.append(message)
        if message["type"].endswith("body") and not message.get("more_body", False):
            ended.set()

    scope = {**scope_of(request), "path": path, "raw_path": path.encode()}
    scope.update(root_path="", scheme="http", client=None, server=("localhost", 80))
    await asyncio.wait_for(app(scope, receive, send), TIMEOUT)
    return messages


def error_of(seen: Seen, status: int) -> Dict[str, Any]:
    """The body, which has to be a standard error with that status."""
    assert seen[0] == status, seen
    assert "json" in seen[1]["content-type"]
    assert seen[1]["content-length"] == str(len(seen[2]))
    error: Dict[str, Any] = json.loads(seen[2].decode("ascii"))
    assert list(error)[:2] == ["code", "message"]
    assert error["code"] == status and error["message"]
    return error


@everywhere
def test_a_success_passes(name: str) -> None:
    status, _, body = ask(name, "/fine")

    assert (status, body) == (200, b"fine")


@everywhere
def test_the_routers_404_is_a_standard_error(name: str) -> None:
    error_of(ask(name, "/nowhere"), 404)


@everywhere
def test_the_routers_405_is_a_standard_error_and_keeps_allow(name: str) -> None:
    request = Req("POST", (*HEADERS, ("Content-Length", "0")))

    seen = ask(name, "/fine", request)

    error_of(seen, WRONG_METHOD.get(name, 405))
    assert seen[0] == 404 or "GET" in seen[1]["allow"]


@everywhere
def test_an_abort_with_a_message_is_a_standard_error(name: str) -> None:
    error = error_of(ask(name, "/abort"), 404)

    assert error["message"] == ABORT_MESSAGES[name]


@everywhere
def test_a_crash_is_a_standard_error_that_tells_nothing(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    seen = ask(name, "/crash")

    error_of(seen, 500)
    assert b"secret" not in seen[2]


@everywhere
def test_a_body_at_the_limit_is_saved(name: str) -> None:
    status, _, body = ask(name, "/upload", SMALL)

    assert (status, body) == (200, b"saved")


@everywhere
def test_a_view_that_swallows_the_limit_does_not_hide_it(name: str) -> None:
    error = error_of(ask(name, "/upload", LARGE), 413)

    assert error["errors"][0]["code"] == "too_large"
