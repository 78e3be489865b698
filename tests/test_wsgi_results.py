"""What a WSGI app returns: handed on as it is, read no further than needed, closed."""

from __future__ import annotations

import gc
import io
import logging
import weakref
from typing import Any, Callable, Dict, Iterator, List, Tuple
from wsgiref.util import FileWrapper

import pytest

from stderrmw import StandardError, WSGIMiddleware
from stderrmw.errors import ProtocolError

from .interfaces import HTML, JSON, Req, collect, environ_of
from .interpreters import counts_references
from .wsgi_server import (
    BREAKS,
    CHUNKED,
    COMPLETE,
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


# The object itself


class Wrapper:
    """A server's file wrapper that is a class, as gunicorn's and wsgiref's are."""


@pytest.mark.parametrize(
    "result, wrapper",
    [
        ([b"a", b"b"], None),
        ((b"a",), None),
        (b"whole", None),
        (Wrapper(), Wrapper),
        (FileWrapper(io.BytesIO(b"x")), FileWrapper),
        (io.BytesIO(b"uWSGI's is the file itself"), lambda file: file),
    ],
    ids=repr,
)
def test_the_server_gets_the_object_that_the_app_returned(
    result: Any, wrapper: Any
) -> None:
    """PEP 3333, "Optional Platform-Specific File Handling"; len() of a list."""
    more = {} if wrapper is None else {"wsgi.file_wrapper": wrapper}
    headers = list(PLAIN)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return result

    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS)

    assert server.call(**more) is result
    assert server.calls[0][1] is headers


def test_a_standard_json_error_leaves_as_the_list_it_is() -> None:
    """PEP 3333, "Handling the Content-Length Header": len() of 1 tells the length."""
    result = [COMPLETE]
    app = returning(result, "404 Gone Away", JSON)
    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS)

    assert server.call() is result
    assert server.calls == [("404 Gone Away", list(JSON))]


def test_a_kept_file_of_json_is_the_apps_own_object() -> None:
    """PEP 3333, "Optional Platform-Specific File Handling"."""
    file = FileWrapper(io.BytesIO(COMPLETE))
    app = returning(file, "404 X", JSON)
    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS, json_errors="keep")

    assert server.call(**{"wsgi.file_wrapper": FileWrapper}) is file


def test_a_file_behind_a_replaced_error_is_closed() -> None:
    """PEP 3333, "Specification Details": close() upon completion of the request."""
    file = io.BytesIO(b"<h1>")
    app = returning(FileWrapper(file), "404 X", HTML)
    server = Server(app, skip_inner=WRAPS)

    assert server.answer(**{"wsgi.file_wrapper": FileWrapper}) == (404, NOT_FOUND)
    assert file.closed


@pytest.mark.parametrize("status", ["200 OK", "404 X", "423 X"])
@pytest.mark.parametrize("label", ["text/html", "application/json"])
def test_what_the_app_returns_may_be_a_constant_of_its_own(
    status: str, label: str
) -> None:
    """PEP 3333, "The start_response() Callable": headers may be altered by gateways."""
    result, headers = [b'{"a": ', b"5}"], [("ETag", "x"), ("Content-Type", label)]

    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, headers)
        return result

    server = Server(app, skip_inner=WRAPS)
    assert server.body() == server.another().body()
    assert result == [b'{"a": ', b"5}"]
    assert headers == [("ETag", "x"), ("Content-Type", label)]


def test_a_body_of_bytes_is_one_chunk() -> None:
    """uWSGI sends it whole; to any other server it is a sequence of numbers."""
    assert Server(returning(b"page", "404 X"), skip_inner=BREAKS).answer() == (
        404,
        NOT_FOUND,
    )


# Streams


def test_a_stream_costs_nothing_per_chunk() -> None:
    """PEP 3333, "Middleware Handling of Block Boundaries": nothing is gathered."""
    body = Body(*[b"x"] * 9)

    result = Server(returning(body), skip_outer=WRAPS).call()

    assert body.pulled == 1
    assert type(iter(result)).__module__ == "itertools"
    assert (collect(result), body.closed) == (b"x" * 9, 1)


def test_a_first_chunk_that_is_empty_is_handed_on_at_once() -> None:
    """PEP 3333, "Middleware Handling of Block Boundaries": b"" is "not yet"."""
    body = Body(b"", b"x")

    result = Server(returning(body)).call()

    assert body.pulled == 1
    assert next(iter(result)) == b"" and body.pulled == 1
    assert collect(result) == b"x"


def test_an_app_may_start_when_it_is_iterated() -> None:
    """PEP 3333, "Specification Details": before the first body chunk is enough."""
    assert Server(lazily("200 OK", b"a")).body() == b"a"
    assert Server(lazily("404 X", b"")).answer() == (404, NOT_FOUND)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_app_may_start_when_it_is_iterated_and_yield_nothing(status: str) -> None:
    """PEP 3333, "Specification Details"; werkzeug#1280."""
    server = Server(lazily(status, headers=()))

    assert (server.body(), server.calls) == (b"", [(status, [])])


def test_the_status_is_known_when_the_call_returns() -> None:
    """granian reads it then (granian#845)."""
    server = Server(lazily("404 X", b"x"))

    server.call().close()

    assert [status for status, _ in server.calls] == ["404 Not Found"]


def test_an_error_without_end_is_answered_at_once() -> None:
    """The contract, section 5: the first chunk alone decides."""
    body = Body(*[b"x"] * 5)

    assert Server(returning(body, "503 Busy")).answer()[0] == 503
    assert (body.pulled, body.closed) == (1, 1)


@pytest.mark.parametrize("status", ["200 OK", "404 X"])
def test_the_first_chunk_that_raises_is_500(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    """PEP 3333, "Error Handling": as long as no headers have been sent."""
    body, headers = Body(ValueError("secret")), [*PLAIN, ("Content-Length", "11")]

    answer = Server(returning(body, status, headers)).answer()

    assert answer == (500, {"code": 500, "message": "Internal Server Error"})
    assert (body.closed, len(caplog.records)) == (1, 1)


def test_a_later_chunk_that_raises_is_the_servers() -> None:
    """PEP 3333, "Error Handling": headers sent, only the server can abort."""
    body = Body(b"aaa", ValueError("later"))
    result = Server(returning(body)).call()
    chunks = iter(result)

    assert next(chunks) == b"aaa"
    with pytest.raises(ValueError, match="later"):
        next(chunks)
    result.close()
    assert body.closed == 1


# close()


class Cursor:
    """As a database's: what iterates it has a close of its own."""

    def __init__(self, *chunks: Any) -> None:
        self.body = Body(*chunks)
        self.closed = 0

    def __iter__(self) -> Body:
        return self.body

    def close(self) -> None:
        self.closed += 1


def read_one(result: Any) -> None:
    next(iter(result))
    result.close()


def read_none(result: Any) -> None:
    result.close()


def read_until_it_fails(result: Any) -> None:
    with pytest.raises(ValueError):
        collect(result)


BROKEN = ValueError("broken")
Row = Tuple[str, Any, Tuple[Any, ...], Callable[[Any], object]]
CLOSED: Dict[str, Row] = {
    "read to its end": ("200 OK", PLAIN, (b"a", b"b"), collect),
    "empty": ("200 OK", PLAIN, (), collect),
    "the client leaves after one chunk": ("200 OK", PLAIN, (b"a", b"b"), read_one),
    "never read": ("200 OK", PLAIN, (b"a", b"b"), read_none),
    "failing at once": ("200 OK", PLAIN, (BROKEN,), collect),
    "failing later": ("200 OK", PLAIN, (b"a", BROKEN), read_until_it_fails),
    "replaced": ("404 X", PLAIN, (b"a", b"b"), collect),
    "replaced, never read": ("404 X", PLAIN, (b"a", b"b"), read_none),
    "replaced, empty": ("404 X", PLAIN, (), collect),
    "no bytes": ("404 X", PLAIN, ("page",), collect),
    "JSON that is completed": ("404 X", JSON, (b"{", b"}"), collect),
    "JSON that passes": ("404 X", JSON, (COMPLETE[:9], COMPLETE[9:]), collect),
    "JSON that fails": ("404 X", JSON, (b"{", BROKEN), collect),
    "JSON too long to look at": ("404 X", JSON, (b"{", b" " * 70_000, b"}"), read_one),
    "a status that is none": ("4 Bad", PLAIN, (b"a",), collect),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("row", CLOSED.values(), ids=CLOSED)
def test_close_is_called_once_on_what_was_returned(row: Row, method: str) -> None:
    """PEP 3333, "Specification Details": on the iterable, however it all ends."""
    status, headers, chunks, read = row
    cursor = Cursor(*chunks)
    app = returning(cursor, status, headers)
    server = Server(app, skip_inner="a validator is an iterator of its own")

    read(server.call(Req(method)))

    assert (cursor.closed, cursor.body.closed) == (1, 0)


def test_a_response_that_was_never_started_is_closed() -> None:
    """PEP 3333, "Specification Details": also where the app broke the protocol."""
    cursor = Cursor(b"a")

    assert (
        Server(lambda environ, start_response: cursor, skip_inner=BREAKS).answer()[0]
        == 500
    )
    assert cursor.closed == 1


def test_a_response_that_a_413_replaces_is_closed() -> None:
    """PEP 3333, "Specification Details"; asgiref's adapter closes nothing itself."""
    body = Body(b"saved")

    def app(environ: Any, start_response: Any) -> Any:
        with pytest.raises(Exception, match="max_body_size"):
            environ["wsgi.input"].read(100)
        return returning(body)(environ, start_response)

    server = Server(app, max_body_size=3, require_content_length=False)

    assert server.answer(CHUNKED)[0] == 413
    assert body.closed == 1


def test_a_stream_without_close_can_be_closed() -> None:
    """granian calls it on any object."""
    server = Server(returning(iter([b"a"])), skip_outer=WRAPS, skip_inner=WRAPS)

    server.call().close()


def test_a_generator_behind_a_replaced_error_gets_to_its_end() -> None:
    """close() on a generator that was never started runs none of its code."""
    closed: List[bool] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("404 X", PLAIN)

        def chunks() -> Iterator[bytes]:
            try:
                yield b"page"
            finally:
                closed.append(True)

        return chunks()

    assert Server(app).answer() == (404, NOT_FOUND)
    assert closed == [True]


def test_an_error_whose_close_fails_is_the_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PEP 3333, "Error Handling": log it, and the client gets an answer."""
    body = Body(b"page", close_fails=True)

    assert Server(returning(body, "404 X")).answer() == (404, NOT_FOUND)
    assert body.closed == 1
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("stderrmw", "ERROR")
    assert record.getMessage() == "the app failed to close its response"


@pytest.mark.parametrize("status", ["200 OK", "404 X"])
def test_a_base_exception_closes_and_leaves(status: str) -> None:
    """gunicorn aborts a worker with SystemExit (its workers/base.py)."""
    body = Body(SystemExit(1))
    server = Server(returning(body, status))

    with pytest.raises(SystemExit):
        server.call()

    assert (body.closed, server.calls) == (1, [])


def test_a_close_that_fails_does_not_hide_a_base_exception() -> None:
    """gunicorn aborts a worker with SystemExit (its workers/base.py)."""
    with pytest.raises(SystemExit):
        Server(returning(Body(SystemExit(1), close_fails=True))).call()


def test_a_success_that_the_server_refuses_is_closed_and_raised() -> None:
    """PEP 3333, "The start_response() Callable": the server checks the headers."""
    body = Body(b"x")
    server = Refusing(returning(body))
    server.error = TypeError("header values must be str")

    with pytest.raises(TypeError, match="header values"):
        server.call()
    assert (body.closed, len(server.calls)) == (1, 1)


# What is kept


@counts_references
def test_nothing_of_a_request_is_kept_once_it_is_over() -> None:
    """uWSGI takes the environ for the next request (uwsgi#1950)."""

    class Marker:
        pass

    marker = Marker()
    alive = weakref.ref(marker)
    server = Server(lazily("200 OK", b"a", b"b"))
    gc.disable()
    try:
        result = server.call(**{"x.marker": marker})
        del marker
        assert collect(result) == b"ab"
        assert alive() is None
    finally:
        gc.enable()


@counts_references
def test_nothing_of_a_crash_is_kept_once_it_is_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An exception that is kept in a cycle keeps every frame that it passed."""

    class Marker:
        pass

    caplog.set_level(logging.CRITICAL, "stderrmw")  # a record keeps its exception
    marker = Marker()
    alive = weakref.ref(marker)

    def app(environ: Any, start_response: Any) -> Any:
        raise ValueError

    server = Server(app, skip_inner="its own frames are in the traceback")
    gc.disable()
    try:
        assert server.answer(**{"x.marker": marker})[0] == 500
        del marker
        assert alive() is None
    finally:
        gc.enable()


@counts_references
def test_an_app_that_is_its_own_response_is_let_go() -> None:
    """PEP 3333's class form: it holds start_response, which must not hold it."""

    class App:
        def __init__(self, environ: Any, start_response: Any) -> None:
            self.start = start_response

        def __iter__(self) -> Iterator[bytes]:
            self.start("200 OK", PLAIN)
            yield b"a"

        def close(self) -> None:
            """As some have."""

    seen: List[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        response = App(environ, start_response)
        seen.append(weakref.ref(response))
        return response

    server = Server(app)
    gc.disable()
    try:
        assert server.body() == b"a"
        assert seen[0]() is None
    finally:
        gc.enable()


# The start


def test_a_second_start_without_exc_info_is_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """PEP 3333, "The start_response() Callable": a fatal error."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", PLAIN)
        return returning([b"fine"], "201 Created")(environ, start_response)

    assert Server(app, skip_inner=BREAKS).answer()[0] == 500
    assert "the app called start_response twice" in caplog.text


@pytest.mark.parametrize("status", ["399 X", "400 X"])
def test_a_list_is_replaced_from_400_on(status: str) -> None:
    """The contract, section 5; a validator would make a stream of the list."""
    server = Server(returning([b""], status), skip_inner=WRAPS)

    assert (server.body() == b"") is (status < "400")


@pytest.mark.parametrize("status", ["399 X", "400 X"])
def test_what_is_written_is_replaced_from_400_on(status: str) -> None:
    """The contract, section 5."""
    server = Server(writing(status, HTML, b"<p>"))

    assert (server.body() == b"<p>") is (status < "400")


def twice(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)


WORDS: Dict[str, Any] = {
    "returned and never called start_response": lambda *args: [b"x"],
    "started with status '4 Bad'": returning([], "4 Bad"),
    "started with status 404": returning([], 404),  # type: ignore[arg-type]
    "started with status b'404 x'": returning([], b"404 x"),  # type: ignore[arg-type]
    "returned NoneType, not an iterable": returning(None),
    "returned int, not an iterable": returning(5),
    "called start_response twice": twice,
}


@pytest.mark.parametrize("words", WORDS)
def test_the_log_says_what_the_app_did_wrong(
    words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The contract, section 5: one log record with the traceback."""
    assert Server(WORDS[words], skip_inner=BREAKS).answer()[0] == 500
    (record,) = caplog.records
    assert f"the app {words}" in record.getMessage()
    assert record.exc_info


class ReadOnly:
    """A file that is nothing but read."""

    read = __iter__ = None


class Descriptor:
    """A file that is nothing but its number."""

    fileno = __iter__ = None


@pytest.mark.parametrize("file", [ReadOnly(), Descriptor()], ids=["read", "fileno"])
def test_what_uwsgi_makes_of_a_file_is_the_file(file: Any) -> None:
    """Its wsgi.file_wrapper is a function."""
    wrapper: Any = {"wsgi.file_wrapper": lambda file: file}
    server = Server(returning(file), skip_inner=WRAPS, skip_outer=WRAPS)

    assert server.call(**wrapper) is file


@pytest.mark.parametrize(
    "result, more",
    [
        (io.BytesIO(b"file"), {}),
        (iter([b"file"]), {"wsgi.file_wrapper": lambda file: file}),
    ],
    ids=["no wrapper", "no file"],
)
def test_what_may_fail_at_once_is_not_handed_on_unread(result: Any, more: Any) -> None:
    """The contract, section 5: in WSGI a first chunk that raises counts too."""
    server = Server(returning(result), skip_inner=WRAPS, skip_outer=WRAPS)

    given = server.call(**more)

    assert given is not result
    assert collect(given) == b"file"


def test_a_json_body_of_bytes_is_read() -> None:
    """uWSGI sends it whole; to any other server it is a sequence of numbers."""
    app = returning(b'{"error": "gone"}', "404 X", JSON)

    answer = Server(app, skip_inner=BREAKS).answer()

    assert answer == (404, {"code": 404, "message": "gone", "error": "gone"})


UPGRADE = {"HTTP_UPGRADE": "websocket"}


@pytest.mark.parametrize("result", [[], (), iter(())], ids=["[]", "()", "iterator"])
def test_what_an_upgraded_app_returns_is_handed_on(result: Any) -> None:
    """The contract, section 5: an app that never calls start_response."""
    app = Server(lambda *args: result, skip_inner=BREAKS, skip_outer=WRAPS)

    assert app.call(**UPGRADE) is result


@pytest.mark.parametrize("app", [returning(None), raising(ValueError("mine"))])
def test_an_upgrade_that_fails_is_500(app: Any) -> None:
    """The contract, section 5: two exceptions alone mean a hijacked socket."""
    assert Server(app, skip_inner=BREAKS).answer(**UPGRADE)[0] == 500


def test_a_kept_json_error_is_the_apps_own_tuple() -> None:
    """PEP 3333, "Handling the Content-Length Header": len() of 1 tells the length."""
    result = (COMPLETE,)
    app = returning(result, "404 X", JSON)

    assert Server(app, skip_inner=WRAPS, skip_outer=WRAPS).call() is result


def test_the_413_stands_where_the_app_reads_as_it_streams() -> None:
    """The contract, section 4: the answer is 413 whatever the app then does."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        with pytest.raises(Exception, match="max_body_size"):
            environ["wsgi.input"].read(5)
        yield b"saved"

    server = Server(app, max_body_size=3, require_content_length=False)

    assert server.answer(CHUNKED)[0] == 413


def test_a_written_json_error_that_passes_leaves_at_once() -> None:
    """PEP 3333, "The write() Callable": before the call returns."""
    sent: List[List[bytes]] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response("404 X", list(JSON))(b"{")
        sent.append(list(server.written))
        return [b"}"]

    server = Server(app, json_errors="keep")

    assert server.body() == b"{}"
    assert sent == [[b"{"]]


def test_a_head_of_unknown_length_is_no_list() -> None:
    """Servers add a Content-Length of 0 to an empty list, and of 0 to no chunk."""
    app = returning([], "404 X", JSON)
    result = Server(app, skip_outer=WRAPS).call(Req("HEAD"))

    assert not hasattr(result, "__len__")
    assert list(result) == [b""]


@pytest.mark.parametrize("request_", [Req("HEAD"), Req("HEAD", (("Accept", "x/y"),))])
def test_an_answer_to_head_has_a_chunk(request_: Req) -> None:
    """hypercorn starts no response where there is none."""
    app = returning([b"<h1>Lost</h1>"], "404 X")
    server = Server(app, skip_outer=WRAPS, produces=["application/json"])

    assert list(server.call(request_)) == [b""]


def test_on_gevent_an_answer_to_head_is_a_list() -> None:
    """Its pywsgi would end what has no length as if the head had a body of chunks."""
    app = returning([], "404 X", JSON)
    server = Server(app, skip_outer=WRAPS)

    assert server.call(Req("HEAD"), SERVER_SOFTWARE="gevent/25 Python/3") == [b""]


class Chunks(list):  # type: ignore[type-arg]
    """As an app may have made it."""


@pytest.mark.parametrize("status, headers", [("200 OK", PLAIN), ("404 X", JSON)])
def test_a_list_of_another_class_is_the_one_that_the_server_gets(
    status: str, headers: Any
) -> None:
    result = Chunks([b'{"code": 404, "message": "x"}'])
    app = returning(result, status, headers)

    server = Server(app, skip_inner="a validator wraps the list", skip_outer=WRAPS)
    assert server.call() is result


def test_an_environ_without_an_input_has_nothing_to_drain() -> None:
    """Tests make environs by hand."""
    environ = environ_of(Req("PUT", (("Content-Length", "5"),)), None)
    del environ["wsgi.input"]
    middleware = WSGIMiddleware(returning([b"fine"]), allowed_methods=["GET"])

    body = middleware(environ, lambda *head: lambda data: None)
    assert b'"code": 405' in b"".join(body)


# What is remembered


class Remembered(Server):
    """A server whose middleware let an equal request pass before."""

    def __init__(self, app: Any, **more: Any) -> None:
        apps = [app, returning([b"first"])]
        super().__init__(lambda *args: apps.pop()(*args), **more)
        assert self.another().body() == b"first"


def failing(status: str) -> Iterator[bytes]:
    yield b""
    raise ValueError(status)


FATES: Dict[str, Callable[[], Any]] = {
    "a list": lambda: returning([b"a", b"b"]),
    "a list of an unusual success": lambda: returning([b"a"], "299 Well"),
    "a tuple": lambda: returning((b"a",)),
    "a stream": lambda: lazily("200 OK", b"a", b"b"),
    "a stream that fails at once": lambda: returning(Body(ValueError("mine"))),
    "a stream that fails later": lambda: returning(failing("mine")),
    "a page": lambda: returning([b"<p>"], "404 X"),
    "a page of the first status": lambda: returning([b"<p>"], "400 Bad Request"),
    "a streamed page": lambda: lazily("404 X", b"<p>"),
    "written": lambda: writing("200 OK", PLAIN, b"a", rest=b"b"),
    "written and failed": lambda: writing("200 OK", PLAIN, b"a", error=ValueError()),
    "a crash": lambda: raising(ValueError("mine")),
    "an exit": lambda: raising(SystemExit(1)),
    "an error of the standard": lambda: raising(StandardError(422)),
    "nothing": lambda: returning(None),
    "nothing started": lambda: lambda *args: [b"a"],
}


def fate(kind: Any, app: Any, **options: Any) -> Any:
    """All that left, up to what was raised."""
    server = kind(app, skip_inner=BREAKS, skip_outer=WRAPS, **options)
    try:
        return server.body(), server.calls
    except BaseException as error:
        return type(error), server.calls, server.written


@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("make", FATES.values(), ids=FATES)
def test_an_app_fares_the_same_behind_a_request_that_is_known(
    make: Any, propagates: bool
) -> None:
    """The contract, section 5; of a known request the checks are left out."""
    first = fate(Server, make(), propagate_exceptions=propagates)

    assert fate(Remembered, make(), propagate_exceptions=propagates) == first


@pytest.mark.parametrize("kind", [Server, Remembered])
def test_a_start_after_the_response_has_left_is_raised(kind: Any) -> None:
    """PEP 3333, "The start_response() Callable": with headers sent, it MUST raise."""
    starts: List[Any] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        starts.append(start_response)
        start_response("200 OK", PLAIN)
        return [b"fine"]

    server = kind(app, skip_inner="a validator raises of itself")
    error = ValueError("late")

    assert server.body() == b"fine"
    with pytest.raises(ValueError, match="late"):
        starts[-1]("500 X", PLAIN, (ValueError, error, None))
    assert len(server.calls) == 1


def test_pages_that_differ_in_their_head_are_not_taken_for_each_other() -> None:
    """What is remembered of a page is all that its answer depends on."""
    heads = [("404 X", HTML), ("410 X", HTML), ("404 X", [*HTML, ("X-A", "b")])] * 2
    apps = [returning([b"<h1>Lost</h1>"], *head) for head in reversed(heads)]
    server = Server(lambda *args: apps.pop()(*args))

    for status, headers in heads:
        another = server.another()
        assert another.answer()[0] == int(status[:3])
        assert another.calls[0][1][2:] == list(headers)[1:]


def test_a_second_start_without_an_exception_is_refused_after_a_write() -> None:
    """PEP 3333, "The start_response() Callable": nothing leaves after what has left."""

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response("200 OK", PLAIN)(b"part")
        return [start_response("500 X", PLAIN, (None, None, None))]

    server = Server(app, skip_inner="a validator takes no such exc_info")

    with pytest.raises(ProtocolError, match="twice"):
        server.body()
    assert [call[0] for call in server.calls] == ["200 OK"]


def test_written_json_that_passes_leaves_before_the_call_returns() -> None:
    """PEP 3333, "The write() Callable"."""
    body = b'{"pad": "%s' % (b"x" * 70_000)
    sent: List[List[bytes]] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response("404 X", list(JSON))(body)
        sent.append(list(server.written))
        return []

    server = Server(app)

    assert server.body() == body
    assert sent == [[body]]


SPELLED: Dict[str, Tuple[Req, Dict[str, Any], List[str]]] = {
    "a method": (Req("PUT"), {"allowed_methods": ["GET"]}, ["Allow"]),
    "a type": (
        Req("PATCH", (("Content-Length", "5"), ("Content-Type", "a/b"))),
        {"consumes": ["a/c"]},
        ["Accept", "Accept-Patch"],
    ),
    "an accept": (Req("GET", (("Accept", "a/b"),)), {"produces": ["a/c"]}, ["Vary"]),
}


@pytest.mark.parametrize("row", SPELLED.values(), ids=SPELLED)
def test_the_names_of_our_fields_are_spelled_as_they_are_registered(row: Any) -> None:
    """A name is of any case (RFC 9110, 5.1); some clients compare it as it stands."""
    request, options, names = row
    server = Server(returning([b"fine"]), **options)

    server.body(request)

    sent = [name for name, _ in server.calls[0][1]]
    assert sent == ["Content-Type", "Content-Length", *names]


def test_the_type_of_an_answer_to_head_is_spelled_so_too() -> None:
    server = Server(returning([], "404 X", HTML))

    server.body(Req("HEAD"))

    assert server.calls[0][1] == [("Content-Type", "application/json")]
