"""One call of the middleware: its scope, its task, and what it leaves behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import logging
import weakref
from contextvars import ContextVar
from typing import Any, Dict, List

import pytest
from asgiref.compatibility import guarantee_single_callable, is_double_callable
from asgiref.sync import iscoroutinefunction

from stderrmw import ASGIMiddleware, StandardError

from .asgi_server import Server, sending
from .interfaces import HTML, SENT_EACH, Req, body_of, receive_body, scope_of, start
from .interpreters import counts_references

NOT_FOUND = json.dumps({"code": 404, "message": "Not Found"}).encode()
POST = Req("POST", (("Content-Length", "5"),))


@pytest.fixture
def server() -> Server:
    return Server()


# The scope


@pytest.mark.parametrize(
    "headers",
    [
        [[b"Content-Length", b"5"], [b"Content-Type", b"text/csv"]],
        ((b"CONTENT-LENGTH", b"5"), (b"content-type", b"text/csv")),
        iter([(b"content-length", b"5"), (b"Content-Type", b"text/csv")]),
    ],
    ids=["lists", "tuples", "an iterator"],
)
def test_headers_may_be_any_pairs_in_any_case(server: Server, headers: Any) -> None:
    """ASGI, HTTP scope: lower case is asked for, and not required."""
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])
        await send(start(200))

    scope = {**scope_of(POST), "headers": headers}
    asyncio.run(
        ASGIMiddleware(app, consumes=["text/csv"])(scope, server.receive, server.send)
    )

    assert server.sent == [start(200)]
    assert len(seen) == 2
    assert scope["headers"] is headers


def test_a_scope_without_headers_is_a_request_without_any(server: Server) -> None:
    scope = scope_of(Req())
    del scope["headers"], scope["http_version"]

    middleware = ASGIMiddleware(sending(start(200)))
    asyncio.run(middleware(scope, server.receive, server.send))

    assert server.sent == [start(200)]


def test_the_scope_is_the_servers_own_and_unchanged(server: Server) -> None:
    """ASGI, Middleware: who changes a scope changes it for those outside as well."""
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await send(start(200))

    scope = scope_of(POST)
    asyncio.run(ASGIMiddleware(app)(scope, server.receive, server.send))

    assert seen[0] is scope
    assert scope == scope_of(POST)


def test_repeated_fields_are_joined(server: Server) -> None:
    """RFC 9110, 5.3: the lines of a field are one list."""
    accepts = Req("GET", (("Accept", "text/html"), ("accept", "application/json")))

    assert server.call(sending(start(200)), accepts, produces=["application/json"]) == [
        start(200)
    ]


def test_requests_at_once_do_not_mix() -> None:
    """One instance serves all requests of a process, on one loop."""
    asyncio.run(_interleaved())


async def _interleaved() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(scope["status"], *HTML))
        await asyncio.sleep(0.001 * (scope["status"] % 7))
        await send(body_of(b"x"))

    middleware = ASGIMiddleware(app)
    servers = [Server() for _ in range(30)]
    statuses = [(200, 404, 500)[n % 3] for n in range(30)]
    await asyncio.gather(
        *(
            middleware({**scope_of(Req()), "status": status}, one.receive, one.send)
            for status, one in zip(statuses, servers)
        )
    )
    assert [one.sent[0]["status"] for one in servers] == statuses


def test_the_app_runs_in_the_task_and_the_context_of_the_call() -> None:
    """Starlette #1525: what an app sets there is lost to those outside of a task."""
    asyncio.run(_in_one_task())


async def _in_one_task() -> None:
    variable: ContextVar[Any] = ContextVar("variable", default=None)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        variable.set(asyncio.current_task())
        await send(start(200))

    server = Server()
    await ASGIMiddleware(app)(scope_of(Req()), server.receive, server.send)
    assert variable.get() is asyncio.current_task()


async def crashing(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    raise StandardError(404)


async def reading(scope: Any, receive: Any, send: Any) -> None:
    await receive_body(receive)


ENDS: Dict[str, Any] = {
    "a success": (sending(start(200), body_of(b"")), {}),
    "an error": (sending(start(404)), {}),
    "a crash": (crashing, {}),
    "a standard error": (refusing, {}),
    "no response": (sending(), {}),
    "a refusal": (crashing, {"allowed_methods": ["GET"]}),
    "a body found too large": (reading, {"max_body_size": 5}),
}


@counts_references
@pytest.mark.parametrize("row", ENDS.values(), ids=ENDS)
def test_nothing_of_a_request_is_kept_once_it_is_over(
    row: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception that is kept in a cycle keeps every frame that it passed."""

    class Marker(Dict[str, Any]):
        pass

    app, options = row
    caplog.set_level(logging.CRITICAL, "stderrmw")  # a record keeps its exception
    server = Server({"type": "http.request", "body": b"123456"})
    scope = Marker(scope_of(POST))
    alive = weakref.ref(scope)
    gc.disable()
    try:
        run = ASGIMiddleware(app, **options)(scope, server.receive, server.send)
        del scope
        with pytest.raises(StopIteration):
            run.send(None)
        del run
        assert alive() is None
    finally:
        gc.enable()


# The callable


def test_the_middleware_looks_like_an_asgi_3_app(server: Server) -> None:
    """daphne calls by keyword; uvicorn and hypercorn look for a coroutine function."""
    middleware = ASGIMiddleware(app=sending(start(200)))

    assert inspect.iscoroutinefunction(middleware.__call__)
    assert not is_double_callable(middleware)
    run = middleware(scope=scope_of(Req()), receive=server.receive, send=server.send)
    asyncio.run(run)
    assert server.sent == [start(200)]


@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
def test_what_an_app_returns_goes_no_further(server: Server, kind: str) -> None:
    """uvicorn takes a value for a mistake, and closes the connection."""

    async def app(scope: Any, receive: Any, send: Any) -> int:
        await send(start(200))
        return 5

    middleware: Any = ASGIMiddleware(app)  # type: ignore[arg-type]
    run = middleware({**scope_of(Req()), "type": kind}, server.receive, server.send)
    assert asyncio.run(run) is None
    assert server.sent == [start(200)]


def test_an_asgi_2_app_is_wrapped_by_way_of_asgiref(server: Server) -> None:
    """ASGI, Legacy Applications: they are to be wrapped in an adapter."""

    def app(scope: Any) -> Any:
        async def instance(receive: Any, send: Any) -> None:
            await send(start(404))

        return instance

    assert server.answer(guarantee_single_callable(app)) == (404, NOT_FOUND)


def test_an_app_that_is_not_callable_is_named() -> None:
    with pytest.raises(TypeError, match="app must be an ASGI callable, not 'app'"):
        ASGIMiddleware("app")  # type: ignore[arg-type]


def test_send_and_receive_are_told_for_coroutine_functions() -> None:
    """asgiref's adapters warn of any other callable, with each request."""
    told: List[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.extend(map(iscoroutinefunction, (receive.__call__, send)))
        await send(start(204))

    server = Server()
    asyncio.run(ASGIMiddleware(app)(scope_of(Req()), server.receive, server.send))

    assert told == [True, True]


def test_an_app_that_answers_nothing_is_a_crash_each_time() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)

    middleware = ASGIMiddleware(app)
    for _ in range(SENT_EACH):
        server = Server()
        scope = {**scope_of(Req()), "headers": [(b"host", b"localhost")]}
        asyncio.run(middleware(scope, server.receive, server.send))
        assert server.sent[0]["status"] == 500


def test_a_client_that_leaves_while_its_body_is_drained_is_nobodys_failure() -> None:
    """ASGI 2.4: send raises OSError where the client is gone."""
    server = Server()

    async def send(message: Any) -> None:
        if len(server.sent) == 2:
            raise OSError("gone")
        await server.send(message)

    async def receive() -> Any:
        return body_of(b"12345")

    middleware = ASGIMiddleware(sending(start(200)), max_body_size=1)
    asyncio.run(middleware(scope_of(POST), receive, send))

    assert [message["type"] for message in server.sent] == [
        "http.response.start",
        "http.response.body",
    ]


def test_an_error_whose_headers_are_lists_is_replaced() -> None:
    server = Server()
    page = {**start(404), "headers": [[b"content-type", b"text/html"]]}
    middleware = ASGIMiddleware(sending(page, body_of(b"<h1>Gone fishing</h1>")))

    asyncio.run(middleware(scope_of(Req()), server.receive, server.send))

    assert json.loads(server.sent[1]["body"])["message"] == "Gone fishing"


def test_a_crash_behind_an_answer_is_not_lost_to_the_limit(server: Server) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404))
        await send(body_of(b"x"))
        with pytest.raises(Exception, match="max_body_size"):
            await receive()
        raise ZeroDivisionError

    async def receive() -> Any:
        return body_of(b"too large")

    middleware = ASGIMiddleware(app, max_body_size=5, propagate_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(middleware(scope_of(POST), receive, server.send))

    assert server.sent[0]["status"] == 404


@pytest.mark.parametrize("kind", [list, tuple])
def test_the_scope_is_the_servers_own_with_a_list_or_a_tuple(
    server: Server, kind: Any
) -> None:
    """ASGI, Middleware; hypercorn's headers are a list, and others send tuples."""
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await send(start(200))

    scope = scope_of(POST)
    scope["headers"] = kind(scope["headers"])
    asyncio.run(ASGIMiddleware(app)(scope, server.receive, server.send))

    assert seen[0] is scope
