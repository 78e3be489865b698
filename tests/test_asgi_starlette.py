"""Inside, outside and in front of what Starlette, and so FastAPI, is made of."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any, AsyncIterator, Dict, Iterator, List

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from stderrmw import ASGIMiddleware, StandardError

from .interfaces import Pairs, Req, scope_of

# The last Starlette for Python 3.8 leaves streams of BaseHTTPMiddleware open.
UNCLOSED = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = pytest.mark.filterwarnings(UNCLOSED, "ignore::ResourceWarning")

TIMEOUT = 5
LARGE = (b"123456", b"7890", b"1")
BAD: Any = {"status_code": 503, "media_type": "text/html"}


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Have such streams warn here, and not in whatever test is the next."""
    yield
    gc.collect()


def served(app: Any, path: str, request: Req = Req(), **scope: Any) -> List[Any]:
    """What reaches a server that tells of the disconnect after the response."""
    place = {**scope_of(request), "path": path, "root_path": "", **scope}
    return asyncio.run(asyncio.wait_for(serve(app, place, request), TIMEOUT))


async def serve(app: Any, scope: Any, request: Req) -> List[Any]:
    pieces, sent = list(request.body) or [b""], []
    ended = asyncio.Event()

    async def receive() -> Any:
        if not pieces:
            await ended.wait()
            return {"type": "http.disconnect"}
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)
        if "body" in message and not message.get("more_body", False):
            ended.set()

    await app(scope, receive, send)
    assert ended.is_set()
    return sent


def error_of(sent: List[Any], status: int) -> Dict[str, Any]:
    """The one answer, which has to be a standard error with that status."""
    first, *rest = sent
    headers, body = dict(first["headers"]), b"".join(m["body"] for m in rest)
    assert (first["type"], first["status"]) == ("http.response.start", status)
    assert {m["type"] for m in rest} == {"http.response.body"}
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == b"%d" % len(body)
    error: Dict[str, Any] = json.loads(body)
    assert error["code"] == status and error["message"]
    return error


async def fine(request: Request) -> PlainTextResponse:
    return PlainTextResponse("fine")


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("", **BAD)


async def crash(request: Request) -> PlainTextResponse:
    raise RuntimeError("secret")


async def read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def pass_on(request: Request, call_next: Any) -> Any:
    return await call_next(request)


ROUTES = [
    Route("/fine", fine),
    Route("/page", page),
    Route("/crash", crash),
    Route("/read", read, methods=["POST"]),
]
PASS_ON = Middleware(BaseHTTPMiddleware, dispatch=pass_on)


# The app goes on after its page was replaced


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
@pytest.mark.parametrize("middleware", [[], [PASS_ON]], ids=["bare", "in a task"])
def test_the_background_task_of_a_replaced_response_runs(
    spec_version: str, middleware: Any
) -> None:
    """Up to 2.3 Starlette receives while it sends, to hear of the disconnect."""
    done: List[str] = []

    async def chunks() -> AsyncIterator[str]:
        for _ in range(3):
            yield "x"
            await asyncio.sleep(0)

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(
            chunks(), background=BackgroundTask(done.append, "task"), **BAD
        )

    app = Starlette(routes=[Route("/", stream)], middleware=middleware)
    asgi = {"version": "3.0", "spec_version": spec_version}

    error_of(served(ASGIMiddleware(app), "/", asgi=asgi), 503)
    assert done == ["task"]


# In front of it all


async def own_words(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"code": 500, "message": "my own words"}, 500)


HOSTS = Middleware(TrustedHostMiddleware, allowed_hosts=["example.org"])
ORIGINS = Middleware(CORSMiddleware, allow_origins=["https://example.org"])
PREFLIGHT: Pairs = (("Origin", "https://a"), ("Access-Control-Request-Method", "PUT"))
IN_FRONT: Dict[str, Any] = {
    "a host refused": ([HOSTS], {}, Req(headers=(("Host", "a"),)), 400),
    "a preflight refused": ([ORIGINS], {}, Req("OPTIONS", PREFLIGHT), 400),
    "a debug page": ([], {"debug": True}, Req(headers=(("Accept", "text/html"),)), 500),
    "a crash": ([PASS_ON], {}, Req(), 500),
    "a length refused": ([PASS_ON], {}, Req("POST"), 411),
}


@pytest.mark.parametrize("row", IN_FRONT.values(), ids=IN_FRONT)
def test_in_front_of_the_app_it_covers_what_its_middleware_answers(row: Any) -> None:
    """Starlette puts its own middleware around all that add_middleware adds."""
    middleware, options, request, status = row
    app = Starlette(routes=ROUTES, middleware=middleware, **options)

    error = error_of(served(ASGIMiddleware(app), "/crash", request), status)

    assert "secret" not in str(error)


def test_an_apps_own_handler_of_crashes_keeps_its_words() -> None:
    """Starlette calls it, sends what it returns, and raises the exception on."""
    app = Starlette(routes=ROUTES, exception_handlers={Exception: own_words})

    error = error_of(served(ASGIMiddleware(app), "/crash"), 500)

    assert error == {"code": 500, "message": "my own words"}


# Inside


ADDED = Middleware(ASGIMiddleware, max_body_size=10, require_content_length=False)
INSIDE: Dict[str, Any] = {
    "a page": ("/page", Req(), 503),
    "a crash": ("/crash", Req(), 500),
    "no route": ("/nowhere", Req(), 404),
    "a declared body": ("/read", Req("POST", (("Content-Length", "11"),), LARGE), 413),
    "chunks": ("/read", Req("POST", (("Transfer-Encoding", "chunked"),), LARGE), 413),
}


@pytest.mark.parametrize("row", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize(
    "middleware",
    [[ADDED], [PASS_ON, ADDED], [ADDED, PASS_ON]],
    ids=["alone", "inside a task", "around a task"],
)
def test_among_starlettes_middleware_its_answers_arrive(
    middleware: Any, row: Any
) -> None:
    """BaseHTTPMiddleware waits for each message to be taken, a drain for the body."""
    path, request, status = row
    app = Starlette(routes=ROUTES, middleware=middleware)

    error_of(served(app, path, request), status)


def test_a_crash_raised_again_passes_starlettes_own_handler_once() -> None:
    """Starlette answers an exception itself only where no response has started."""
    added = Middleware(ASGIMiddleware, propagate_exceptions=True)
    app = Starlette(routes=ROUTES, middleware=[added])

    async def keep(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RuntimeError, match="secret"):
            await app(scope, receive, send)

    error_of(served(keep, "/crash"), 500)


def test_a_mounted_app_is_covered_and_its_neighbours_are_not() -> None:
    """ASGI, root_path: a mount moves the prefix there, or leaves path whole."""
    inner = ASGIMiddleware(Starlette(routes=ROUTES), allowed_methods=["GET"])
    app = Starlette(routes=[*ROUTES, Mount("/sub", inner)])

    error_of(served(app, "/sub/nowhere"), 404)
    error_of(served(app, "/sub/fine", Req("POST")), 405)
    assert served(app, "/sub/fine")[0]["status"] == 200
    assert served(app, "/nowhere")[1]["body"] == b"Not Found"


# Outside: what others write into our messages


REUSED = StandardError(409, headers=[("X-Fine", "y")])


async def raise_reused(scope: Any, receive: Any, send: Any) -> None:
    raise REUSED


APP = Starlette(routes=ROUTES)
ANSWERS: Dict[str, Any] = {
    "a refusal": (APP, "/fine", "POST", 405),
    "a crash": (APP, "/crash", "GET", 500),
    "a page": (APP, "/page", "GET", 503),
    "a standard error": (raise_reused, "/", "GET", 409),
}


@pytest.mark.parametrize("row", ANSWERS.values(), ids=ANSWERS)
def test_what_others_write_into_an_answer_stays_out_of_the_next(row: Any) -> None:
    """CORSMiddleware, for one, extends the headers of the start that it is sent."""
    inner, path, method, status = row
    middleware = ASGIMiddleware(inner, allowed_methods=["GET"])
    app = CORSMiddleware(middleware, allow_origins=["*"])
    origin = ("Origin", "https://a.example")

    first = served(app, path, Req(method, (origin,)))[0]
    again = served(app, path, Req(method))[0]

    assert (b"access-control-allow-origin", b"*") in first["headers"]
    assert b"access-control-allow-origin" not in dict(again["headers"])
    assert again["status"] == status
