"""What the ASGI specification asks of a middleware, message by message."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from http import HTTPStatus
from typing import Any, Dict, List

import pytest
from asgiref.testing import ApplicationCommunicator

from stderrmw import ASGIMiddleware, StandardError
from stderrmw.asgi_message import Answered
from stderrmw.asgi_response import PATIENCE

from .asgi_server import DISCONNECT, Server, sending, standard_start
from .interfaces import HTML, JSON, Req, body_of, receive_body, scope_of, start

CRASH = json.dumps({"code": 500, "message": "Internal Server Error"}).encode()
FINE = ("x-fine", "y")
NOT_FOUND = json.dumps({"code": 404, "message": "Not Found"}).encode()
POST = Req("POST", (("Content-Length", "5"),))
TOO_MUCH = [
    {"type": "http.request", "body": b"123", "more_body": True},
    {"type": "http.request", "body": b"45", "more_body": True},
    {"type": "http.request", "body": b"67"},
]


async def reading(scope: Any, receive: Any, send: Any) -> None:
    await receive_body(receive)


@pytest.fixture
def server() -> Server:
    return Server()


# What passes


@pytest.mark.parametrize("kind", ["lifespan", "websocket", "mychat"])
def test_other_scopes_get_the_very_same_objects(server: Server, kind: str) -> None:
    """ASGI, Lifespan: an exception there says that there is no lifespan."""
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend((scope, receive, send))
        raise RuntimeError("the server is to see this")

    scope, receive, send = {"type": kind}, server.receive, server.send
    with pytest.raises(RuntimeError):
        asyncio.run(ASGIMiddleware(app)(scope, receive, send))
    assert seen[0] is scope and seen[1] is receive and seen[2] is send


def test_the_messages_of_a_success_are_the_apps_own(server: Server) -> None:
    """Apps send constants again, and middleware outside writes into what it is sent."""
    messages = (
        {"type": "http.response.debug", "info": {}},
        {"type": "http.response.early_hint", "links": []},
        start(200, *HTML, trailers=True),
        {"type": "http.response.push", "path": "/", "headers": []},
        body_of(b"a", True),
        {"type": "http.response.zerocopysend", "file": 5, "more_body": True},
        {"type": "http.response.pathsend", "path": "/x"},
        body_of(b""),
        {"type": "http.response.trailers", "headers": []},
    )
    copies = [dict(message) for message in messages]

    server.call(sending(*messages))

    assert all(sent is message for sent, message in zip(server.sent, messages))
    assert server.sent == copies


def test_the_headers_of_a_success_may_be_a_generator(server: Server) -> None:
    """ASGI asks for an iterable, and to look into a generator would use it up."""
    pairs = start(200, *HTML, *JSON)["headers"]

    server.call(sending({**start(200), "headers": (pair for pair in pairs)}))

    assert list(server.sent[0]["headers"]) == pairs


def test_a_stream_is_the_servers_own_awaitable() -> None:
    """No coroutine of ours stands between the app and the server, chunk by chunk."""
    awaitable = object()
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        seen.append(send(body_of(b"", True)))

    def send(message: Any) -> Any:
        return asyncio.sleep(0) if "status" in message else awaitable

    asyncio.run(ASGIMiddleware(app)(scope_of(Req()), Server().receive, send))
    assert seen == [awaitable]


def test_a_standard_json_error_is_the_apps_own_messages(server: Server) -> None:
    body = json.dumps({"code": 404, "message": "x" * 9}).encode()
    messages = start(404, *JSON), body_of(body[:9], True), body_of(body[9:])

    assert server.call(sending(*messages)) == list(messages)
    assert all(sent is message for sent, message in zip(server.sent[1:], messages[1:]))


def test_the_trailers_of_a_json_error_that_passes_leave_too(server: Server) -> None:
    """ASGI, extensions: a start with trailers obliges the server to wait for them."""
    messages = (
        start(404, *JSON, trailers=True),
        body_of(b'{"code": 404, "message": "x"}'),
        {"type": "http.response.trailers", "headers": []},
    )

    assert server.call(sending(*messages)) == list(messages)


def test_kept_json_leaves_message_by_message() -> None:
    asyncio.run(_kept_json())


async def _kept_json() -> None:
    """Driven by asgiref's communicator: each message is there before the next."""
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404, *JSON))
        await gate.wait()
        await send(body_of(b"[]"))

    middleware = ASGIMiddleware(app, json_errors="keep")
    communicator = ApplicationCommunicator(middleware, scope_of(Req()))
    assert (await communicator.receive_output(5))["status"] == 404
    assert await communicator.receive_nothing()
    gate.set()
    assert await communicator.receive_output(5) == body_of(b"[]")
    await communicator.wait(5)


@pytest.mark.parametrize("kind", ["pathsend", "zerocopysend"])
def test_a_body_from_a_file_is_replaced_unless_it_is_json(kind: str) -> None:
    """ASGI, extensions: pathsend and zerocopysend stand in for a body message."""
    page = {"type": f"http.response.{kind}", "path": "/x", "more_body": True}
    html = sending(start(404, *HTML), page, body_of(b"more"))
    labelled = [start(404, *JSON), page]

    assert Server().call(html) == [standard_start(404, NOT_FOUND), body_of(NOT_FOUND)]
    assert Server().call(sending(*labelled)) == labelled


# What is replaced


def test_a_replaced_response_is_finished_at_the_first_body(server: Server) -> None:
    """Most servers raise on a message after the last; rootly-mcp #132, slowapi #260."""
    late = [
        body_of(b"x", True),
        start(200),
        {"type": "http.response.zerocopysend", "file": 5},
        {"type": "http.response.push", "path": "/", "headers": []},
        {"type": "http.response.early_hint", "links": []},
        body_of(b""),
        {"type": "http.response.trailers", "headers": []},
    ]

    app = sending(start(404, *HTML, trailers=True), body_of(b"page", True), *late)

    assert server.call(app) == [standard_start(404, NOT_FOUND), body_of(NOT_FOUND)]


def test_what_is_no_body_leaves_before_the_decision(server: Server) -> None:
    """Servers take an early hint before the start, the specification puts it after."""
    hint = {"type": "http.response.early_hint", "links": []}

    server.call(sending(hint, start(404), hint, body_of(b"")))

    assert [m["type"][14:] for m in server.sent] == ["early_hint"] * 2 + [
        "start",
        "body",
    ]


def test_a_start_alone_is_an_error_without_a_body(server: Server) -> None:
    assert server.answer(sending(start(404))) == (404, NOT_FOUND)


def test_the_apps_messages_are_never_changed() -> None:
    messages = start(404, *HTML), body_of(b"page")
    before = json.loads(json.dumps(messages, default=repr))

    sent = [Server().call(sending(*messages)) for _ in range(3)]

    assert json.loads(json.dumps(messages, default=repr)) == before
    assert sent[0] == sent[1] == sent[2]
    assert sent[0][0]["headers"] is not sent[1][0]["headers"]


def test_headers_may_be_absent_or_a_generator() -> None:
    """ASGI, Response Start: headers are an iterable, and optional."""
    bare = {"type": "http.response.start", "status": 404}
    once = {**start(404), "headers": (pair for pair in start(404, *JSON)["headers"])}
    body = b'{"code": 404, "message": "x"}'

    assert Server().answer(sending(bare, body_of(b""))) == (404, NOT_FOUND)
    sent = Server().call(sending(once, body_of(body)))
    assert list(sent[0]["headers"]) == start(404, *JSON)["headers"]
    assert sent[1] == body_of(body)


def test_headers_that_cannot_be_sent_are_dropped(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    bad = [
        None,
        (b"x",),
        ("x-str", "s"),
        (b"x-inj", b"a\r\nb: c"),
        (b"x y", b"z"),
        (b"x-int", 5),
    ]
    message = {**start(404), "headers": [*bad, [b"X-Fine", b"\xe9"]]}

    server.call(sending(message, body_of(b"")))

    assert server.sent[0]["headers"][2:] == [(b"x-fine", b"\xe9")]
    assert len(caplog.records) == len(bad)


@pytest.mark.parametrize(
    "name", ["Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding"]
)
def test_what_framed_the_replaced_message_is_dropped(server: Server, name: str) -> None:
    """RFC 9110, 7.6.1; RFC 9113, 8.2.2: over HTTP/2 it would end the connection."""
    server.call(sending(start(404, (name, "x"), ("X-Fine", "y")), body_of(b"")))

    assert server.sent == [standard_start(404, NOT_FOUND, FINE), body_of(NOT_FOUND)]


@pytest.mark.parametrize("status", [HTTPStatus.NOT_FOUND, 404])
def test_a_status_may_be_an_enum(server: Server, status: Any) -> None:
    """Frameworks send http.HTTPStatus as it is, and servers format it."""
    answer = server.answer(sending(start(status), body_of(b"")))

    assert answer == (404, NOT_FOUND)
    assert type(server.sent[0]["status"]) is int


def test_an_app_that_sends_on_and_on_is_stopped(caplog: Any) -> None:
    """A send that never suspends would keep the loop from all else."""
    sends = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(503))
        with pytest.raises(Answered):
            while True:
                sends.append(await send(body_of(b"x", True)))
        raise RuntimeError("whatever it makes of that")

    server = Server()
    assert server.answer(app)[0] == 503
    assert len(sends) == 1 + PATIENCE // 4096
    assert not caplog.records


def test_large_messages_use_up_the_patience_sooner(server: Server) -> None:
    sends = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(503))
        while True:
            sends.append(await send(body_of(b"x" * (PATIENCE // 2), True)))

    server.call(app)
    assert len(sends) == 3


# What fails


@pytest.mark.parametrize("http, closes", [("1.1", True), ("1", True), ("2", False)])
def test_a_crash_that_is_raised_again_is_answered_first(
    http: str, closes: bool
) -> None:
    """uvicorn closes after it without a word, and a pooled client's next fails."""
    error, server = RuntimeError("seen by the server"), Server()
    closing = [("connection", "close")] if closes else []

    with pytest.raises(RuntimeError) as caught:
        server.call(sending(error=error), Req(version=http), propagate_exceptions=True)

    assert caught.value is error and error.__context__ is None
    assert server.sent == [standard_start(500, CRASH, *closing), body_of(CRASH)]


def test_a_crash_that_is_not_raised_leaves_the_connection(server: Server) -> None:
    app = sending(error=RuntimeError())

    assert server.call(app) == [standard_start(500, CRASH), body_of(CRASH)]


@pytest.mark.parametrize("propagates", [True, False])
def test_a_crash_is_not_hidden_by_a_client_that_left(
    propagates: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """ASGI 2.4: send may raise OSError once the client has left."""
    server = Server(fails_on="http.response.start")
    app, error = sending(error=RuntimeError("original")), None

    try:
        server.call(app, propagate_exceptions=propagates)
    except RuntimeError as raised:
        error = raised

    assert (error is not None) is propagates
    assert "original" in caplog.text


@pytest.mark.parametrize("propagates", [True, False])
def test_a_framework_that_answers_its_crash_and_raises_is_logged(
    propagates: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """As Starlette does; what it answered in text is standard by then."""
    server, error = Server(), RuntimeError("logged")
    app = sending(start(500), body_of(b"oops"), error=error)

    if propagates:
        with pytest.raises(RuntimeError):
            server.call(app, propagate_exceptions=True)
    else:
        server.call(app)

    assert server.sent == [standard_start(500, CRASH), body_of(CRASH)]
    (record,) = caplog.records
    assert record.exc_info and record.exc_info[1] is error


@pytest.mark.parametrize("propagates", [True, False])
def test_a_crash_that_is_answered_in_json_of_its_own_is_logged(
    propagates: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Else it would depend on the words of the JSON who hears of the crash."""
    body = b'{"code": 500, "message": "mine"}'
    app = sending(start(500, *JSON), body_of(body), error=RuntimeError("logged"))
    server = Server()

    if propagates:
        with pytest.raises(RuntimeError):
            server.call(app, propagate_exceptions=True)
    else:
        server.call(app)

    assert server.sent[1:] == [body_of(body)]
    assert "logged" in caplog.text


def test_an_error_that_was_only_started_when_the_app_failed_is_500() -> None:
    assert Server().answer(sending(start(404), error=ValueError())) == (500, CRASH)


@pytest.mark.parametrize("propagates", [True, False])
def test_after_the_start_of_a_success_the_exception_is_the_servers(
    propagates: bool,
) -> None:
    """To finish the response would make a part of it look whole."""
    server = Server()
    messages = start(200, *HTML), body_of(b"par", True)

    with pytest.raises(RuntimeError, match="midway"):
        server.call(
            sending(*messages, error=RuntimeError("midway")),
            propagate_exceptions=propagates,
        )
    assert server.sent == list(messages)


def test_a_send_that_fails_has_started_the_response() -> None:
    """ASGI 2.4: send may raise OSError, and a 500 then would be a second start."""
    server = Server(fails_on="http.response.start")

    with pytest.raises(OSError):
        server.call(sending(start(200)))
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit()], ids=repr
)
def test_a_cancellation_is_no_crash(error: BaseException) -> None:
    """asyncio.CancelledError is no Exception, nor is trio.Cancelled."""
    sent: List[Any] = []
    middleware = ASGIMiddleware(sending(error=error))

    coroutine = middleware(scope_of(Req()), Server().receive, sent.append)
    with pytest.raises(type(error)):
        coroutine.send(None)
    assert sent == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no groups of them")
def test_a_group_of_exceptions_is_a_crash_and_of_cancellations_none() -> None:
    """PEP 654: only a group of nothing but Exceptions is an Exception."""
    server = Server()
    crash = ExceptionGroup("of a task group", [ValueError()])
    cancelled = BaseExceptionGroup("of one", [ValueError(), asyncio.CancelledError()])

    assert server.answer(sending(error=crash)) == (500, CRASH)
    with pytest.raises(BaseExceptionGroup) as caught:
        Server(fails_on="nothing").call(sending(error=cancelled))
    assert caught.value is cancelled


def test_a_cancellation_of_a_read_is_no_disconnect(server: Server) -> None:
    """gunicorn #3627: apps took it for one, and left their connections open."""
    seen: List[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except BaseException as error:
            seen.append(error)
            raise

    async def receive() -> Any:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ASGIMiddleware(app)(scope_of(POST), receive, server.send))
    assert isinstance(seen[0], asyncio.CancelledError)
    assert server.sent == []


TEXT_BODY: Any = {"type": "http.response.body", "body": "x"}
MISTAKES: Dict[str, Any] = {
    "returned without a response": sending(),
    "a second http.response.start": sending(start(404), start(404)),
    "sent http.response.body before http.response.start": sending(body_of(b"x")),
    "status '200'": sending(start("200")),
    "status None": sending(start(None)),
    "sent str in a response body": sending(start(404), TEXT_BODY),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_broken_protocol_is_500_and_one_record(
    server: Server, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert server.answer(MISTAKES[words]) == (500, CRASH)
    (record,) = caplog.records
    assert words in record.getMessage()


def test_an_app_without_a_response_fails_where_exceptions_propagate() -> None:
    server = Server()

    with pytest.raises(Exception, match="returned without a response"):
        server.call(sending(), propagate_exceptions=True)
    assert server.sent[0]["status"] == 500


def test_a_body_before_the_start_is_a_crash(server: Server) -> None:
    """gunicorn's ASGI worker would answer 200 with it."""
    assert server.answer(sending(body_of(b"x"), start(200)))[0] == 500


@pytest.mark.parametrize("error", [None, RuntimeError("crashed")])
def test_a_head_stays_one_though_the_app_rewrites_its_scope(
    server: Server, error: Any
) -> None:
    """What would follow the head, a client takes for its next response."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope.clear()
        if error:
            raise error
        await send(start(404, *HTML))
        await send(body_of(b"more"))

    status = 500 if error else 404
    assert server.answer(app, Req("HEAD")) == (status, b"")


@pytest.mark.parametrize("swallows", [True, False])
def test_a_server_that_fails_as_a_body_is_drained_gets_its_exception(
    server: Server, swallows: bool
) -> None:
    """Whatever the app makes of the body that is too large."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive_body(receive)
        except Exception:
            if not swallows:
                raise

    async def receive() -> Any:
        if not server.messages:
            raise RuntimeError("of the server")
        return server.messages.pop(0)

    server.messages = [{"type": "http.request", "body": b"1234567", "more_body": True}]
    server.receive = receive  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="of the server"):
        server.call(app, POST, max_body_size=6)


def test_a_body_is_refused_though_the_app_emptied_its_scope() -> None:
    """Behind a head that passed before, nobody has read the scope by then."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope.clear()
        await receive_body(receive)

    middleware = ASGIMiddleware(app, max_body_size=6)
    for _ in range(2):
        server = Server(*TOO_MUCH)
        asyncio.run(middleware(scope_of(POST), server.receive, server.send))
        assert server.sent[0]["status"] == 413


def test_the_apps_exception_is_not_hidden_by_one_of_the_server(server: Server) -> None:
    """Where the answer to a crash cannot be sent, the crash is what counts."""

    async def send(message: Any) -> None:
        raise RuntimeError("of the server")

    server.send = send  # type: ignore[method-assign]

    with pytest.raises(ValueError, match="of the app"):
        error = ValueError("of the app")
        server.call(sending(error=error), propagate_exceptions=True)
    with pytest.raises(RuntimeError, match="of the server"):
        server.call(sending(error=ValueError("of the app")))


def test_an_app_may_return_silently_once_the_client_left(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """granian says so of a malformed body, and its client is still there to read."""
    assert server.answer(reading)[0] == 400
    assert not caplog.records


@pytest.mark.parametrize("app", [reading, sending(error=StandardError(422))])
def test_a_client_that_left_is_nobodys_failure(
    app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(fails_on="http.response.start")

    server.call(app)
    server.call(app, POST, max_body_size=1)

    assert [message["type"] for message in server.sent] == ["http.response.start"] * 2
    assert not caplog.records


def test_a_standard_error_after_an_answer_is_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    app = sending(start(404), body_of(b"page"), error=StandardError(422))

    assert server.answer(app) == (404, NOT_FOUND)
    assert len(caplog.records) == 1


# The request body


def test_a_refusal_is_sent_before_the_body_is_asked_for(server: Server) -> None:
    order: List[str] = []

    async def receive() -> Any:
        order.append("receive")
        return {"type": "http.request", "body": b"12345"}

    async def send(message: Any) -> None:
        order.append(f"{len(message.get('body', b''))} {message.get('more_body')}")

    middleware = ASGIMiddleware(reading, max_body_size=1)
    asyncio.run(middleware(scope_of(POST), receive, send))

    start_, body, *rest = order
    assert start_ == "0 None" and body.endswith("True")
    assert rest == ["receive", "0 False"]


def test_the_drain_ends_when_the_client_leaves() -> None:
    server = Server(TOO_MUCH[0], DISCONNECT, TOO_MUCH[1])
    long = Req("POST", (("Content-Length", "99"),))

    server.call(reading, long, max_body_size=1)

    assert server.messages == [TOO_MUCH[1]]
    assert server.sent[-1] == body_of(b"")


def part(body: bytes, more_body: bool = True) -> Dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more_body}


NOTHING, END = {"type": "http.request", "more_body": True}, {"type": "http.request"}
# What servers make of ten bytes, or of one more.
ARRIVALS: Dict[str, Any] = {
    "one message": ([part(b"1" * 10, False)], 200),
    "an empty end": ([part(b"12345"), part(b"67890"), part(b"", False)], 200),
    "messages without a body": ([NOTHING, part(b"1" * 10), NOTHING, END], 200),
    "one byte more": ([part(b"1" * 10), part(b"1", False)], 413),
    "one byte more before an empty end": ([NOTHING, part(b"1" * 11), END], 413),
}


@pytest.mark.parametrize("row", ARRIVALS.values(), ids=ARRIVALS)
def test_a_body_is_counted_in_whatever_messages_it_comes(row: Any) -> None:
    """ASGI, Request: body and more_body are optional, a message may be empty."""
    messages, status = row

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = await receive_body(receive)
        assert len(body) == 10
        await send(start(200))

    server = Server(*messages)
    server.call(app, POST, max_body_size=10)
    assert server.sent[0]["status"] == status


def test_the_413_is_sent_once_and_drained_when_the_app_is_done() -> None:
    server = Server(*TOO_MUCH[:2], TOO_MUCH[1], TOO_MUCH[2])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()
        for _ in range(2):
            with pytest.raises(Exception, match="max_body_size"):
                await receive()
        await send(start(200))
        await send(body_of(b"saved", True))
        server.sent.append("the app is done")

    server.call(app, POST, max_body_size=5)

    assert [m if isinstance(m, str) else m["type"][14:] for m in server.sent] == [
        "start",
        "body",
        "the app is done",
        "body",
    ]
    assert server.sent[0]["status"] == 413
    assert server.messages == []


def test_the_413_stands_when_an_error_had_begun_before() -> None:
    """Nothing of it was sent: it was held to see its body."""
    server = Server(*TOO_MUCH)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(400, *JSON))
        with pytest.raises(Exception, match="max_body_size"):
            await receive_body(receive)
        await send(body_of(b'{"code": 400, "message": "x"}'))

    assert server.answer(app, POST, max_body_size=5)[0] == 413


@pytest.mark.parametrize("expect", [(), (("Expect", "100-continue"),)])
def test_nothing_is_drained_where_the_body_has_ended(expect: Any) -> None:
    server = Server(TOO_MUCH[2])

    server.call(reading, POST._replace(headers=POST.headers + expect), max_body_size=1)

    assert [m.get("more_body") for m in server.sent[:2]] == [None, bool(not expect)]


def test_too_much_while_a_success_streams_ends_it() -> None:
    """ASGI, Error Handling: the server closes, so that the client sees the cut."""
    server = Server(*TOO_MUCH)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        await receive_body(receive)

    with pytest.raises(Exception, match="max_body_size"):
        server.call(app, POST, max_body_size=5)
    assert server.sent == [start(200)]


def test_receive_adds_no_checkpoint() -> None:
    """Starlette's is_disconnected looks whether a message is there without waiting."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        waiting = receive()
        with pytest.raises(StopIteration) as stopped:
            waiting.send(None)
        assert stopped.value.value is DISCONNECT
        await send(start(200))

    assert Server().call(app) == [start(200)]


# The ends


def test_an_app_that_read_the_body_and_returned_is_500(server: Server) -> None:
    """Only a client that left excuses it."""
    server.messages = [TOO_MUCH[2]]

    assert server.answer(reading, POST) == (500, CRASH)


IN_FRAMES = Req("POST", version="2")


@pytest.mark.parametrize("drain_limit", [5, 99])
@pytest.mark.parametrize("request_", [POST, IN_FRAMES], ids=["declared", "framed"])
def test_nothing_is_drained_where_too_much_came_at_once(
    request_: Req, drain_limit: int
) -> None:
    """ASGI, Request: a message without more_body is the last."""
    server = Server({"type": "http.request", "body": b"1234567"})

    server.call(reading, request_, max_body_size=5, drain_limit=drain_limit)

    assert [m.get("more_body") for m in server.sent] == [None, False]
    assert server.sent[0]["status"] == 413


@pytest.mark.parametrize("drain_limit, read", [(1, 1), (3, 3)])
def test_a_message_without_a_body_counts_as_it_is_drained(
    drain_limit: int, read: int
) -> None:
    """Of empty messages there may be no end."""
    server = Server(part(b"123456"), *[NOTHING] * 9)

    server.call(reading, IN_FRAMES, max_body_size=5, drain_limit=drain_limit)

    assert len(server.messages) == 9 - read
    assert [m.get("more_body") for m in server.sent] == [None, True, False]


def test_a_client_that_leaves_while_it_is_drained_is_nobodys_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """ASGI 2.4: send may raise OSError once the client has left."""
    server = Server(part(b"123456"))

    async def send(message: Any) -> None:
        server.sent.append(message)
        if len(server.sent) == 3:
            raise OSError("the client is gone")

    middleware = ASGIMiddleware(reading, max_body_size=5)
    asyncio.run(middleware(scope_of(IN_FRAMES), server.receive, send))

    assert len(server.sent) == 3 and not caplog.records


def test_a_success_that_had_begun_is_finished_where_the_read_is_swallowed() -> None:
    """The contract, section 4: 413 as long as nothing has been sent."""
    messages = start(200), body_of(b"", True), body_of(b"done")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(messages[0])
        await send(messages[1])
        with pytest.raises(Exception, match="max_body_size"):
            await receive_body(receive)
        await send(messages[2])

    assert Server(*TOO_MUCH).call(app, POST, max_body_size=5) == list(messages)


def test_a_hint_may_still_leave_before_a_413() -> None:
    hint = {"type": "http.response.early_hint", "links": []}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(Exception, match="max_body_size"):
            await receive_body(receive)
        await send(hint)

    server = Server(*TOO_MUCH)
    server.call(app, POST, max_body_size=5)

    assert server.sent[0] is hint
    assert server.sent[1]["status"] == 413


def test_a_json_error_that_the_app_never_finished_passes(server: Server) -> None:
    body = b'{"code": 404, "message": "x"}'
    messages = start(404, *JSON), body_of(body, True)

    assert server.call(sending(*messages)) == list(messages)


def test_a_crash_is_logged_to_the_last_of_the_patience(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    rest = [body_of(b"x" * (PATIENCE // 2), True)] * 2
    error = RuntimeError("logged")

    server.call(sending(start(404), body_of(b"page"), *rest, error=error))

    assert "logged" in caplog.text


def test_what_is_sent_after_the_app_failed_goes_nowhere(server: Server) -> None:
    """A task that it left behind may not start a second response."""
    left: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        left.append(send)
        raise RuntimeError("while a task of it goes on")

    async def run() -> None:
        await ASGIMiddleware(app)(scope_of(Req()), server.receive, server.send)
        await left[0](start(200))

    asyncio.run(run())
    assert server.sent == [standard_start(500, CRASH), body_of(CRASH)]


def test_a_refused_body_of_one_byte_is_drained() -> None:
    server = Server(part(b"1", False))
    one = Req("POST", (("Content-Length", "1"),))

    server.call(reading, one, max_body_size=0)

    assert server.messages == []
    assert [m.get("more_body") for m in server.sent] == [None, True, False]


# What is remembered

KNOWN = Req("POST", (("Content-Length", "5"), ("User-Agent", "a")))


class Remembered(Server):
    """A server whose middleware let an equal request pass before."""

    def call(self, app: Any, request: Req = Req(), **options: Any) -> List[Any]:
        apps = [app, sending(start(200), body_of(b"first"))]

        async def each(*args: Any) -> None:
            await apps.pop()(*args)

        middleware = ASGIMiddleware(each, **options)
        for _ in range(2):
            self.sent.clear()
            asyncio.run(middleware(scope_of(request), self.receive, self.send))
        return self.sent


FATES: Dict[str, Any] = {
    "a success": sending(start(200), body_of(b"a", True), body_of(b"b")),
    "a success that fails later": sending(start(200), error=ValueError()),
    "a page": sending(start(404), body_of(b"<p>", True)),
    "a page that is only started": sending(start(404)),
    "JSON": sending(start(404, *JSON), body_of(b"{}")),
    "JSON without an end": sending(start(404, *JSON), body_of(b"{}", True)),
    "a crash": sending(error=ValueError()),
    "a crash that was answered": sending(start(500), body_of(b""), error=ValueError()),
    "a cancellation": sending(error=KeyboardInterrupt()),
    "an error of the standard": sending(error=StandardError(422)),
    "nothing": sending(),
    "nothing but a read": reading,
}


def fate(kind: Any, app: Any, **options: Any) -> Any:
    """All that left, and what was raised."""
    server, raised = kind(part(b"12345", False)), None
    try:
        server.call(app, KNOWN, **options)
    except BaseException as error:
        raised = type(error)
    return server.sent, raised


@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("app", FATES.values(), ids=FATES)
def test_an_app_fares_the_same_behind_a_request_that_is_known(
    app: Any, propagates: bool
) -> None:
    """The contract, section 5; of a known request the checks are left out."""
    first = fate(Server, app, propagate_exceptions=propagates)

    assert fate(Remembered, app, propagate_exceptions=propagates) == first


AGENT, HTML_ALONE = (b"user-agent", b"a"), (b"accept", b"text/html")
FORMS: Dict[str, Any] = {
    "a list": list,
    "a tuple": tuple,
    "lists": lambda pairs: [list(pair) for pair in pairs],
    "an iterator": iter,
}
# The pairs of one request after another, and what each is answered with.
AFTER_ANOTHER: Dict[str, Any] = {
    "the same": [([AGENT], 200)],
    "none": [([], 200)],
    "a field more": [([AGENT, HTML_ALONE], 406), ([HTML_ALONE], 406), ([AGENT], 200)],
    "a value that is the name of another": [
        ([(b"accept-encoding", b"user-agent")], 406)
    ],
    "a field on two lines": [
        ([HTML_ALONE, (b"accept", b"application/json")], 200),
        ([HTML_ALONE, HTML_ALONE], 406),
    ],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("rows", AFTER_ANOTHER.values(), ids=AFTER_ANOTHER)
def test_headers_of_any_form_are_read_after_another_request(
    rows: Any, form: Any
) -> None:
    """ASGI, HTTP Connection Scope: an iterable of pairs."""
    seen: List[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append([tuple(pair) for pair in scope["headers"]])
        await send(start(200))

    options: Any = {"produces": ["application/json"], "produces_encodings": ["br"]}
    middleware = ASGIMiddleware(app, **options)
    first = [([AGENT], 200)]
    for pairs, status in first + rows * 2:
        server, scope = Server(), {**scope_of(Req()), "headers": form(pairs)}
        asyncio.run(middleware(scope, server.receive, server.send))
        assert server.sent[0]["status"] == status
    passed = [pairs for pairs, status in first + rows * 2 if status == 200]
    assert seen == passed


# The names of fields


CASES: Dict[str, Any] = {
    "length": ({"max_body_size": 5}, b"Content-Length", b"5", b"99", 413),
    "coding": ({"produces_encodings": ["br"]}, b"Accept-Encoding", b"br", b"", 406),
}


@pytest.mark.parametrize("row", CASES.values(), ids=CASES)
def test_a_name_in_upper_case_is_checked_each_time(row: Any) -> None:
    """ASGI, HTTP Connection Scope: names should be lower-cased, and need not be."""
    options, name, good, bad, status = row
    middleware = ASGIMiddleware(sending(start(200), body_of(b"")), **options)
    statuses = []

    for value in (good, good, bad, good):
        server, scope = Server(), scope_of(Req())
        scope["headers"] = [(b"User-Agent", b"a"), (name, value)]
        asyncio.run(middleware(scope, server.receive, server.send))
        statuses.append(server.sent[0]["status"])

    assert statuses == [200, 200, status, 200]


# A crash after JSON that passed

TRAILERS = {"type": "http.response.trailers", "headers": []}
OPEN, WHOLE = body_of(b"{", True), body_of(b'{"code": 1, "message": "x"}')
BROKEN_OFF: Dict[str, Any] = {
    "a start": ([start(500, *JSON)], True),
    "a part": ([start(500, *JSON), OPEN], True),
    "trailers are missing": ([start(500, *JSON, trailers=True), WHOLE], True),
    "more trailers are missing": (
        [start(500, *JSON, trailers=True), OPEN, {**TRAILERS, "more_trailers": True}],
        True,
    ),
    "all of it": ([start(500, *JSON, trailers=True), OPEN, TRAILERS], False),
}


def test_a_crash_that_breaks_off_json_too_long_to_look_at_is_the_servers(
    server: Server,
) -> None:
    """The contract, section 5: after something was sent it propagates."""
    messages = start(500, *JSON), body_of(b"[" + b" " * 70_000, True)

    with pytest.raises(RuntimeError, match="midway"):
        server.call(sending(*messages, error=RuntimeError("midway")))
    assert server.sent == list(messages)


@pytest.mark.parametrize("row", BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_a_crash_that_breaks_off_an_error_is_the_servers(
    server: Server, row: Any
) -> None:
    """The contract, section 5: after something was sent it propagates."""
    messages, broken = row
    app = sending(*messages, error=RuntimeError("midway"))
    raised = False

    try:
        server.call(app, json_errors="keep" if len(messages) < 3 else "complete")
    except RuntimeError:
        raised = True

    assert raised is broken
    assert server.sent == messages


def test_a_message_of_an_error_may_have_no_body(server: Server) -> None:
    """ASGI, Response Body: body is optional."""
    nothing = {"type": "http.response.body", "more_body": True}
    messages = [start(404, *JSON), nothing, WHOLE]

    assert server.call(sending(*messages)) == messages


def test_too_much_of_a_body_that_waited_is_not_drained() -> None:
    """The contract, section 4: never where Expect: 100-continue was sent."""
    server = Server(*TOO_MUCH)
    waiting = IN_FRAMES._replace(headers=(("Expect", "100-continue"),))

    server.call(reading, waiting, max_body_size=2)

    assert server.messages == TOO_MUCH[1:]
    assert [m.get("more_body") for m in server.sent] == [None, False]


def test_a_message_without_more_body_is_the_last_of_an_error(server: Server) -> None:
    """ASGI, Response Body: more_body is optional, and False."""
    gone_on: List[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404, *JSON))
        await send({"type": "http.response.body", "body": b"{}"})
        gone_on.append(len(server.sent))

    assert server.answer(app) == (404, NOT_FOUND)
    assert gone_on == [2]


def test_the_start_of_a_json_error_that_passes_is_the_apps_own(server: Server) -> None:
    messages = start(404, *JSON), WHOLE

    server.call(sending(*messages))

    assert [sent is message for sent, message in zip(server.sent, messages)] == [
        True
    ] * 2


@pytest.mark.parametrize("propagates", [True, False])
def test_what_an_app_makes_of_its_413_is_no_crash(
    propagates: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The contract, section 4: the 413 says all that there is to say."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(Exception, match="max_body_size"):
            await receive_body(receive)
        await send(start(400))
        raise RuntimeError("of the read")

    server = Server(*TOO_MUCH)
    options = {"max_body_size": 5, "propagate_exceptions": propagates}

    assert server.answer(app, POST, **options)[0] == 413
    assert not caplog.records


@pytest.mark.parametrize("propagates", [True, False])
def test_a_read_over_the_limit_after_an_answer_is_no_crash(
    propagates: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer has left, and the app only did not catch what the read raised."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404))
        await send(body_of(b"page"))
        await receive_body(receive)

    server = Server(*TOO_MUCH)
    options = {"max_body_size": 5, "propagate_exceptions": propagates}

    assert server.answer(app, POST, **options) == (404, NOT_FOUND)
    assert not caplog.records


@pytest.mark.parametrize("size, left", [(2, 1), (3, 1), (9, 1), (1, 0)])
def test_a_drain_ends_with_the_message_that_fills_its_limit(
    size: int, left: int
) -> None:
    server = Server(part(b"123456"), part(b"x" * size), part(b"x", False))

    server.call(reading, IN_FRAMES, max_body_size=5, drain_limit=2)

    assert len(server.messages) == left
    assert [m.get("more_body") for m in server.sent] == [None, True, False]


def test_a_refused_body_of_just_one_byte_to_drain_is_drained() -> None:
    server = Server(part(b"1", False))
    one = Req("POST", (("Content-Length", "1"),))

    server.call(reading, one, max_body_size=0, drain_limit=1)

    assert server.messages == []
    assert [m.get("more_body") for m in server.sent] == [None, True, False]


@pytest.mark.parametrize("count", [1, 3])
def test_a_client_that_left_is_told_of_to_who_looks_closely(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, with the exception: it left before the answer, or as it was drained."""
    caplog.set_level(logging.DEBUG, "stderrmw")
    server = Server(part(b"123456"))

    async def send(message: Any) -> None:
        server.sent.append(message)
        if len(server.sent) == count:
            raise OSError("the client is gone")

    middleware = ASGIMiddleware(reading, max_body_size=5)
    asyncio.run(middleware(scope_of(IN_FRAMES), server.receive, send))

    (record,) = caplog.records
    assert (record.name, record.levelname) == ("stderrmw", "DEBUG")
    assert record.getMessage().startswith("the client left")
    assert record.exc_info and isinstance(record.exc_info[1], OSError)


def test_an_app_is_stopped_by_the_first_byte_over_the_patience(server: Server) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404))
        await send(body_of(b"page"))
        with pytest.raises(Answered):
            await send(body_of(b"x" * (PATIENCE + 1), True))

    assert server.answer(app) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "pair", [None, (b"x",), ("x-str", "s"), (b"x-int", 5), 5, (b"x", b"y", b"z")]
)
def test_a_header_that_is_no_pair_of_bytes_is_dropped_alone(
    server: Server, caplog: pytest.LogCaptureFixture, pair: Any
) -> None:
    message = {**start(404), "headers": [pair, (b"X-Fine", b"y")]}

    server.call(sending(message, body_of(b"")))

    assert server.sent == [standard_start(404, NOT_FOUND, FINE), body_of(NOT_FOUND)]
    (record,) = caplog.records
    assert str(pair) in record.getMessage()


@pytest.mark.parametrize(
    "app, options",
    [
        (sending(start(404, *HTML), body_of(b"page")), {}),
        (reading, {"allowed_methods": ["PUT"]}),
    ],
    ids=["a page", "a refusal"],
)
def test_what_is_written_into_an_answers_headers_stays_with_it(
    app: Any, options: Any
) -> None:
    """ASGI, Middleware: what is outside may change what passes."""
    middleware, sent = ASGIMiddleware(app, **options), []

    async def send(message: Any) -> None:
        if "headers" in message:
            message["headers"].append((b"x-served-by", b"it"))
            sent.append(list(message["headers"]))

    for _ in range(3):
        asyncio.run(middleware(scope_of(Req()), Server().receive, send))
    assert sent == [sent[0]] * 3
