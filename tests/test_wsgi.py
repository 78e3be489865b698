"""What PEP 3333 asks of a middleware, and what servers make of those that slip."""

from __future__ import annotations

import gc
import io
import json
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Dict, Iterator, List
from wsgiref.util import is_hop_by_hop
from wsgiref.validate import validator

import pytest
import webtest
import webtest.lint

from stderrmw import PROTOCOL_STATUSES, StandardError, WSGIMiddleware

from .interfaces import HTML, JSON, Req, collect, environ_of
from .interpreters import counts_references
from .wsgi_server import (
    BREAKS,
    COMPLETE,
    ENVIRON,
    NOT_FOUND,
    PLAIN,
    WRAPS,
    Body,
    Refusing,
    Server,
    check_no_fault,
    lazily,
    raising,
    returning,
    writing,
)

no_fault = pytest.fixture(autouse=True)(check_no_fault)


# start_response


def recovering(status: str, exc_status: str) -> Any:
    """An app that starts again with exc_info, as its error handler would."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, PLAIN)
        try:
            raise ValueError("mended")
        except ValueError:
            start_response(exc_status, PLAIN, sys.exc_info())
        return [b"fine"]

    return app


def test_an_app_may_start_again_with_exc_info() -> None:
    """The server never hears of it: gunicorn would send the headers of both."""
    assert Server(recovering("200 OK", "500 X")).answer()[0] == 500

    mended = Server(recovering("500 X", "200 OK"))
    assert (mended.body(), mended.calls) == (b"fine", [("200 OK", PLAIN)])


def test_exc_info_after_the_start_is_raised_in_the_app() -> None:
    """PEP 3333, "The start_response() Callable": with headers sent, it MUST raise."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b"first"
        try:
            raise ValueError("midway")
        except ValueError:
            start_response("500 X", PLAIN, sys.exc_info())

    server = Server(app)
    result = server.call()
    chunks = iter(result)

    assert next(chunks) == b"first"
    with pytest.raises(ValueError, match="midway"):
        next(chunks)
    result.close()
    assert len(server.calls) == 1


def fail() -> None:
    raise ValueError("midway")


@pytest.mark.parametrize("traced", [True, False])
def test_exc_info_is_raised_with_the_traceback_that_it_has(traced: bool) -> None:
    """PEP 3333, "The start_response() Callable": ``raise`` of all three."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", PLAIN)(b"part")
        try:
            fail()
        except ValueError as error:
            info = type(error), error, error.__traceback__ if traced else None
        start_response("500 X", PLAIN, info)

    server = Server(app, skip_inner="a validator takes no exc_info without one")

    with pytest.raises(ValueError, match="midway") as caught:
        server.call()
    assert ("fail" in [entry.name for entry in caught.traceback]) is traced


class Fault(Exception):
    """One that can be referred to weakly."""


@counts_references
def test_no_exc_info_is_kept() -> None:
    """PEP 3333, "The start_response() Callable": no circular reference with it."""
    seen: List[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", PLAIN)
        write(b"part")
        try:
            raise Fault()
        except Fault as fault:
            seen.append(weakref.ref(fault))
            start_response("500 X", PLAIN, sys.exc_info())

    server = Server(app, skip_inner="its own frame keeps the exc_info")
    gc.disable()
    try:
        with pytest.raises(Fault):
            server.call()
        assert seen[0]() is None
    finally:
        gc.enable()


def twice(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", PLAIN)
    return start_response("200 OK", PLAIN)


MISTAKES = {
    "never called start_response": lambda environ, start_response: [b"x"],
    "returned without": lambda environ, start_response: iter(()),
    "called start_response twice": twice,
    "returned NoneType": returning(None),
    "returned int": returning(5),
    "yielded str": returning("page", "404 X"),
    "sent int": returning([5], "404 X"),
    "status '4 Bad'": returning([], "4 Bad"),
    "status ' 404 x'": returning([], " 404 x"),
    "status '4044'": returning([], "4044"),
    "status '099 x'": returning([], "099 x"),
    "status b'404 x'": returning([], b"404 x"),  # type: ignore[arg-type]
    "status 404": returning([], 404),  # type: ignore[arg-type]
    "status []": returning([], []),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("app", MISTAKES.values(), ids=MISTAKES)
def test_a_broken_protocol_is_500_and_one_record(
    app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """PEP 3333, "Error Handling": the client gets an answer, the log the cause."""
    assert Server(app, skip_inner=BREAKS).answer()[0] == 500
    (record,) = caplog.records
    assert "the app" in record.getMessage()


@pytest.mark.parametrize("status", ["200 OK", "404 X"])
def test_a_start_that_the_server_refuses_is_tried_once(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    """PEP 3333, "The start_response() Callable": again only with exc_info."""
    server = Refusing(returning([b"x"], status))
    server.error = OSError("the client is gone")

    with pytest.raises(OSError, match="the client is gone"):
        server.call()
    assert len(server.calls) == 1 and not caplog.records


# Exceptions


def test_a_stop_iteration_of_the_app_is_500() -> None:
    """gunicorn and uWSGI answer it with nothing at all (gunicorn#1507)."""
    assert Server(raising(StopIteration())).answer()[0] == 500


def test_a_base_exception_before_any_result_leaves() -> None:
    """gunicorn aborts a worker with SystemExit (its workers/base.py)."""
    server = Server(raising(SystemExit(1)))

    with pytest.raises(SystemExit):
        server.call()
    assert server.calls == []


def test_the_switch_of_other_error_middlewares_is_none_of_this_one() -> None:
    """webtest and Paste set it; here it is the option propagate_exceptions."""
    server = Server(raising(ValueError("secret")))

    assert server.answer(**{"paste.throw_errors": True})[0] == 500


# write()


def test_what_is_written_leaves_at_once_and_in_order() -> None:
    """PEP 3333, "The write() Callable": before the call returns."""
    sent: List[List[bytes]] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        write = start_response("200 X", PLAIN)
        for data in (b"1", b"2"):
            write(data)
            sent.append(list(server.written))
        return [b"3"]

    server = Server(app)

    assert server.body() == b"123"
    assert sent == [[b"1"], [b"1", b"2"]] and server.written == [b"1", b"2"]


def test_what_a_lazy_app_yields_is_not_written() -> None:
    """PEP 3333, "The write() Callable": no middleware may use it for chunks."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", PLAIN)
        write(b"1")
        yield b"2"

    server = Server(app)

    assert collect(server.call()) == b"2"
    assert server.written == [b"1"]


@pytest.mark.parametrize("data", [b"1", b""])
def test_a_crash_after_a_write_is_the_servers(data: bytes) -> None:
    """PEP 3333, "The write() Callable": the headers have left, with b"" too."""
    server = Server(writing("200 X", PLAIN, data, error=ValueError("late")))

    with pytest.raises(ValueError, match="late"):
        server.call()
    assert (server.written, len(server.calls)) == ([data], 1)


def test_a_written_error_page_is_replaced() -> None:
    """The contract, section 5: not JSON, so none of it leaves."""
    server = Server(writing("404 X", HTML, b"<p>", b"</p>", rest=b"<hr>"))

    assert server.answer() == (404, NOT_FOUND)
    assert server.written == []


@pytest.mark.parametrize("size", [5, 70_000])
@pytest.mark.parametrize("mode", ["complete", "keep"])
def test_a_written_json_error_passes(size: int, mode: str) -> None:
    """The contract, section 5: byte for byte."""
    written = (b'{"code": 404,', b'"pad": "', b"x" * size, b'",')
    app = writing("404 X", JSON, *written, rest=b'"message": "gone"}')
    server = Server(app, json_errors=mode)

    assert server.body() == b"".join(written) + b'"message": "gone"}'
    assert server.calls == [("404 X", list(JSON))]


def test_an_error_page_that_was_written_cannot_be_taken_back() -> None:
    """PEP 3333: the first write sends the headers, and exc_info is then raised."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("404 X", PLAIN)(b"page")
        try:
            raise ValueError("again")
        except ValueError:
            return start_response("200 OK", PLAIN, sys.exc_info())

    assert Server(app).answer()[0] == 500


class Writeless(Server):
    """A server whose start_response returns None, as granian's does."""

    def start_response(self, *args: Any) -> None:
        self.calls.append(args)


def test_a_server_without_write_serves_apps_that_do_not_write() -> None:
    """granian's and starlette's start_response return None."""
    skip = "its WriteWrapper would stand for the write that is not there"

    assert Writeless(returning([b"fine"]), skip_outer=skip).body() == b"fine"
    assert Writeless(returning([], "404 X"), skip_outer=skip).answer()[0] == 404


# Status lines


@pytest.mark.parametrize(
    "status", ["404", "404 ", "404  Two", "404\tx", "404 caf\xe9", "404 a\r\nX-Inj: 1"]
)
def test_an_error_status_leaves_in_our_words(status: str) -> None:
    """Servers fail on some: wsgiref on the first, werkzeug on the fourth."""
    server = Server(returning([], status), skip_inner=BREAKS)

    assert server.answer() == (404, NOT_FOUND)
    assert server.calls[0][0] == "404 Not Found"


@pytest.mark.parametrize("status", ["200", "200  OK", "299 caf\xe9", "399 \t"])
def test_a_status_that_is_no_error_leaves_as_it_is(status: str) -> None:
    """The contract, section 5: below 400 untouched."""
    server = Server(returning([b"x"], status), skip_inner=BREAKS, skip_outer=BREAKS)

    assert (server.body(), server.calls) == (b"x", [(status, PLAIN)])


@pytest.mark.parametrize(
    "status",
    ["413 Request Entity Too Large", "414 URI Too Long", "416 Range Not Satisfiable"]
    + ["422 Unprocessable Entity"],
)
def test_a_phrase_is_the_same_on_every_python(status: str) -> None:
    """http.HTTPStatus changed these four in Python 3.13."""
    preserved = {*PROTOCOL_STATUSES, 414}
    server = Server(
        raising(StandardError(int(status[:3]))), preserve_statuses=preserved
    )

    assert server.answer()[1]["message"] == status[4:]
    assert server.calls[0][0] == status


BODILESS: Dict[str, Any] = {
    "204 No Content": [],
    "304 Not Modified": [("ETag", '"1"')],
    "205 Reset Content": [("Content-Type", "text/plain"), ("Content-Length", "0")],
}


@pytest.mark.parametrize("status", BODILESS)
def test_a_response_without_a_body_gets_none(status: str) -> None:
    """RFC 9110, 15.3.5, 15.3.6, 15.4.5: no content, no length of our own."""
    headers = BODILESS[status]
    server = Server(returning([], status, headers))

    assert (server.body(), server.calls) == (b"", [(status, headers)])


# Headers


@pytest.mark.parametrize("body", [b"page", b'{"code": 404, "message": "gone"}'])
def test_the_headers_of_an_error_may_be_a_generator(body: bytes) -> None:
    """PEP 3333 asks for a list; servers take what they can iterate."""
    headers = [*JSON, ("X-A", "b")]

    def app(environ: Any, start_response: Any) -> Any:
        start_response("404 X", (pair for pair in headers))
        return [body]

    server = Server(app, skip_inner=BREAKS)
    server.body()

    assert server.calls[0][1][-1] == ("X-A", "b")


class Altering(Server):
    """A server, or a middleware before it, that writes into the headers."""

    def start_response(self, status: str, headers: Any) -> Any:
        headers.append(("X-Served-By", "it"))
        return super().start_response(status, headers)


@pytest.mark.parametrize(
    "app, options",
    [
        (returning([b"page"], "404 X", HTML), {}),
        (returning([]), {"allowed_methods": ["PUT"]}),
    ],
    ids=["a page", "a refusal"],
)
def test_what_is_written_into_an_answers_headers_stays_with_it(
    app: Any, options: Any
) -> None:
    """PEP 3333, "The start_response() Callable": headers may be altered by gateways."""
    server = Altering(app, **options)

    sent = []
    for _ in range(3):
        another = server.another()
        another.body()
        sent.append(list(another.calls[0][1]))
    assert sent == [sent[0]] * 3


def test_headers_that_are_none_are_the_apps_failure() -> None:
    """PEP 3333, "The start_response() Callable": a list."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("404 X", None)
        return []

    assert Server(app, skip_inner=BREAKS).answer()[0] == 500


def test_headers_that_cannot_be_sent_are_dropped_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """RFC 9110, 5.5: no CR, LF or NUL; PEP 3333, "Unicode Issues": latin-1 str."""
    bad: List[Any] = [
        ("X-A", "b\r\nX-I: 1"),
        ("X-B", "\u20ac"),
        ("X-C", 5),
        (b"X-D", b"y"),
    ]
    bad += [("X-E", "\0"), ("X F", "g"), ("X-G",), "X-H", None, ("X-I", "\x7f")]
    bad += [(5, "x"), (), ("Content-Type",), ("Content-Type", b"a/b")]
    app = returning([], "404 X", [*bad, ("X-Z", "ok")])
    server = Server(app, skip_inner=BREAKS)

    assert server.answer() == (404, NOT_FOUND)
    assert server.calls[0][1][2:] == [("X-Z", "ok")]
    assert {record.name for record in caplog.records} == {"stderrmw"}
    assert [record.getMessage() for record in caplog.records] == [
        f"dropped a header that cannot be sent: {pair!r}" for pair in bad
    ]


def test_a_header_of_a_response_that_passes_is_not_looked_at(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The contract, section 5: untouched."""
    headers = [*JSON, ("X-A", "b\x7f")]
    server = Server(returning([COMPLETE], "404 X", headers))

    assert server.body() == COMPLETE
    assert server.calls == [("404 X", headers)] and not caplog.records


def test_no_hop_by_hop_header_leaves_with_an_answer() -> None:
    """wsgiref and waitress fail on them (PEP 3333, "Other HTTP Features")."""
    names = "Connection Keep-Alive Proxy-Authenticate TE Trailers Upgrade".split()
    names.append("Transfer-Encoding")
    server = Server(returning([], "401 X", [*PLAIN, *((name, "x") for name in names)]))

    assert server.answer()[0] == 401
    assert not [name for name, _ in server.calls[0][1] if is_hop_by_hop(name)]


@pytest.mark.parametrize("name", ["Trailer", "X-SourceMap", "X-Sendfile", "eTAG"])
def test_a_header_about_the_page_goes_with_the_page(name: str) -> None:
    """RFC 9110, 6.6.2 and 8; a front server would send the file of an X-Sendfile."""
    server = Server(returning([b"page"], "404 X", [*PLAIN, (name, "x"), ("Link", "y")]))

    assert server.answer() == (404, NOT_FOUND)
    assert server.calls[0][1][2:] == [("Link", "y")]


# Hijacked sockets

UPGRADE = Req("GET", (("Upgrade", "WebSocket"),))


@pytest.mark.parametrize("error", [StopIteration(), ConnectionResetError()], ids=repr)
def test_the_end_of_a_hijacked_socket_goes_through(error: Exception) -> None:
    """flask-sock and python-engineio end so, for gunicorn to see."""
    server = Server(raising(error))

    with pytest.raises(type(error)):
        server.call(UPGRADE)
    assert server.calls == []


@pytest.mark.parametrize(
    "request_",
    [Req(), UPGRADE._replace(method="DELETE"), Req("GET", (("Upgrade", "h2c"),))],
)
def test_nothing_but_a_websocket_hijacks(request_: Req) -> None:
    """RFC 6455, 4.1: a GET that upgrades to websocket; Java's client sends h2c."""
    assert Server(raising(StopIteration())).answer(request_)[0] == 500


@pytest.mark.parametrize("result", [None, [], [b"x"], (b"x",), 5])
def test_what_a_hijacker_returns_is_handed_on(result: Any) -> None:
    """gunicorn's gevent worker looks for an object of its own."""
    server = Server(
        lambda environ, start_response: result, skip_inner=BREAKS, skip_outer=WRAPS
    )

    assert server.call(UPGRADE) is result
    assert not server.calls


def test_an_upgrade_request_may_be_answered_lazily() -> None:
    """PEP 3333, "Specification Details": a start may come with the first chunk."""
    assert Server(lazily("404 X", b"x")).answer(UPGRADE)[0] == 404


def test_a_hijacker_may_yield_without_a_start() -> None:
    """Nothing is answered for it: the socket is no longer the server's."""
    server = Server(
        lambda environ, start_response: iter([b"a", b"b"]),
        skip_inner=BREAKS,
        skip_outer=BREAKS,
    )

    assert collect(server.call(UPGRADE)) == b"ab"
    assert not server.calls


def test_what_a_hijacker_yields_from_is_closed() -> None:
    """PEP 3333, "Specification Details": close() upon completion of the request."""
    body = Body(b"a", b"b")
    server = Server(lambda *args: body, skip_inner=BREAKS, skip_outer=BREAKS)

    assert collect(server.call(UPGRADE)) == b"ab"
    assert body.closed == 1


def test_an_upgrade_is_no_way_around_the_checks() -> None:
    """The contract, section 5: the request checks hold for upgrade requests too."""
    request = UPGRADE._replace(headers=(*UPGRADE.headers, ("Content-Length", "99")))

    assert Server(raising(StopIteration()), max_body_size=9).answer(request)[0] == 413


# The environ


def test_an_environ_with_only_the_mandatory_keys_is_enough() -> None:
    """PEP 3333, "environ Variables": the rest may be absent."""
    bare = {"REQUEST_METHOD": "GET", "SERVER_NAME": "x", "SERVER_PORT": "80"}
    server = Server(returning([b"ok"]), skip_inner=ENVIRON, skip_outer=ENVIRON)

    assert collect(server.app({**bare, "wsgi.input": None}, server.start_response))


def by_hand(app: Any, environ: Any, **options: Any) -> Any:
    """What leaves for an environ in which there may be anything, or nothing."""
    server = Server(app, skip_inner=ENVIRON, skip_outer=ENVIRON, **options)
    body = collect(server.app(environ, server.start_response))
    return server.calls[0][0], body


def test_an_environ_without_a_method_has_none_that_is_a_token() -> None:
    """Tests make environs by hand."""
    status, body = by_hand(returning([b"fine"]), {})

    assert status == "400 Bad Request"
    assert json.loads(body)["errors"][0]["field"] == "method"


def test_a_head_is_one_in_an_environ_made_by_hand() -> None:
    environ = {"REQUEST_METHOD": "HEAD", "HTTP_ACCEPT": "a/b"}
    crash = raising(ValueError("mine"))

    assert by_hand(crash, environ, produces=["a/c"]) == ("406 Not Acceptable", b"")
    assert by_hand(crash, environ) == ("500 Internal Server Error", b"")


def test_a_refused_body_is_drained_in_an_environ_made_by_hand() -> None:
    source = io.BytesIO(b"12345")
    environ = {"REQUEST_METHOD": "PUT", "CONTENT_LENGTH": "5", "wsgi.input": source}

    status, _ = by_hand(returning([]), environ, allowed_methods=["GET"])

    assert (status[:3], source.tell()) == ("405", 5)


@pytest.mark.parametrize("length, status", [(5, "200"), (11, "413")])
def test_a_length_may_be_a_number(length: int, status: str) -> None:
    """PEP 3333 asks for str; tests set numbers."""
    environ = environ_of(Req("POST", (("Content-Length", "0"),)), io.BytesIO())
    environ["CONTENT_LENGTH"] = length

    found, _ = by_hand(returning([b"fine"]), environ, max_body_size=10)

    assert found[:3] == status


@pytest.mark.parametrize(
    "header, changed", [("Content-Length", set()), ("X-None", {"wsgi.input"})]
)
def test_the_app_gets_the_servers_environ_with_no_more_than_another_input(
    header: str, changed: Any
) -> None:
    """PEP 3333, "environ Variables": a builtin dict, which the server may look at."""
    seen: List[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ)
        return returning([b"x"])(environ, start_response)

    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS)
    environ = environ_of(Req("POST", ((header, "5"),), version="2"), io.BytesIO())
    before = dict(environ)

    assert collect(server.app(environ, server.start_response)) == b"x"
    assert seen[0] is environ and set(environ) == set(before)
    assert {name for name in before if environ[name] is not before[name]} == changed


def test_one_instance_serves_many_threads_at_once() -> None:
    """PEP 3333, "environ Variables": wsgi.multithread."""
    together = Barrier(8)

    def app(environ: Any, start_response: Any) -> Any:
        number = environ["x.number"]
        together.wait(10)
        start_response(["200 OK", "423 X", "200 OK"][number % 3], list(JSON))
        together.wait(10)
        if number % 3 == 2:
            raise StandardError(404, f"no {number}")
        return [b'{"code": 423, "message": "no %d"}' % number]

    def ask(number: int) -> Any:
        server = first.another()
        body = json.loads(server.body(**{"x.number": number}))
        return [(status[:3], body["message"]) for status, _ in server.calls]

    first = Server(app)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(48)))

    statuses = ["200", "409", "404"] * 16
    assert answers == [[(statuses[n], f"no {n}")] for n in range(48)]


# The validators, and webtest's

#: What puts the app, as it is, behind the middleware.
BETWEEN: Dict[str, Any] = {
    "nothing": lambda app: app,
    "the validator": validator,
    "webtest's lint": webtest.lint.middleware,
}
#: Each makes an app for one request.
APPS: Dict[str, Any] = {
    "a list": lambda: returning([b"fine"]),
    "a tuple": lambda: returning((b"fi", b"ne")),
    "a stream": lambda: returning(Body(b"a", b"b")),
    "an empty list": lambda: returning([]),
    "no content": lambda: returning([], "204 No Content", ()),
    "lazy": lambda: lazily("200 OK", b"a", b"b"),
    "written": lambda: writing("200 OK", PLAIN, b"a", rest=b"b"),
    "recovered": lambda: recovering("500 Oh No", "200 OK"),
    "a page": lambda: returning([b"page"], "404 Not Here", HTML),
    "an empty page": lambda: returning([], "404 Not Here", HTML),
    "a folded page": lambda: returning([b"page"], "423 Locked", HTML),
    "a lazy page": lambda: lazily("503 Busy", b"a", b"b"),
    "a written page": lambda: writing("404 Not Here", HTML, b"page", rest=b"more"),
    "a page after all": lambda: recovering("200 OK", "500 Oh No"),
    "standard JSON": lambda: returning([COMPLETE], "404 Not Here", JSON),
    "written JSON": lambda: writing(
        "404 Not Here", JSON, COMPLETE[:9], rest=COMPLETE[9:]
    ),
    "JSON to complete": lambda: returning(
        [b'{"error"', b': "x"}'], "404 Not Here", JSON
    ),
    "JSON to fold": lambda: returning([b'{"error": "x"}'], "423 Locked", JSON),
    "a crash": lambda: raising(ValueError("secret")),
    "a crash of a stream": lambda: returning(Body(ValueError("secret"))),
    "a standard error": lambda: raising(StandardError(423, "by you")),
}
every_app = pytest.mark.parametrize("make", APPS.values(), ids=APPS)


@every_app
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_stands_before_the_app_changes_no_answer(make: Any, method: str) -> None:
    """PEP 3333, "Middleware": what two validators see is what leaves without them."""
    seen: List[Any] = []
    for layer in BETWEEN.values():
        server = Server(layer(make()), skip_inner="it is one of the layers")
        seen.append((server.body(Req(method)), server.calls))

    assert seen == [seen[0]] * len(BETWEEN)
    assert type(seen[0][0]) is bytes and len(seen[0][1]) == 1


@every_app
def test_the_middleware_twice_changes_no_answer(make: Any) -> None:
    """Wrapped in the code and again in the server's configuration."""
    once, again = Server(make()), Server(WSGIMiddleware(make()))

    assert (once.body(), once.calls) == (again.body(), again.calls)


@every_app
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_webtests_lint_finds_nothing(make: Any, method: str) -> None:
    """PEP 3333, as webtest.lint has it, on both sides."""
    app = webtest.lint.middleware(make())
    client = webtest.TestApp(WSGIMiddleware(app), lint=True)

    response = client.request("/", method=method, expect_errors=True)

    if response.status_int >= 400 and method != "HEAD":
        assert response.json["code"] == response.status_int


def test_an_app_that_is_not_callable_is_named() -> None:
    """The contract, section 1: a wrong value is named when it is given."""
    with pytest.raises(TypeError, match="app must be a WSGI callable, not 'app'"):
        WSGIMiddleware("app")  # type: ignore[arg-type]
