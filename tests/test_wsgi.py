"""What PEP 3333 asks of a middleware, and what servers make of those that slip."""

from __future__ import annotations

import gc
import io
import json
import sys
import weakref
from typing import Any, Callable, Iterator, List, Optional
from wsgiref.util import FileWrapper, is_hop_by_hop

import pytest
import webtest
import webtest.lint

from stderrmw import WSGIMiddleware
from stderrmw.errors import BodyTooLarge
from stderrmw.request_body import BodyLimit
from stderrmw.wsgi_input import BLOCK, LimitedInput

from .interfaces import HTML, JSON, Req, collect, environ_of

PLAIN = [("Content-Type", "text/plain")]
NOT_FOUND = {"code": 404, "message": "Not Found"}
COMPLETE = b'{"code": 404, "message": "gone"}'


class Server:
    """The server's side of one call: what reached it, in order."""

    def __init__(self) -> None:
        self.calls: List[Any] = []
        self.written: List[bytes] = []

    def start_response(self, *args: Any) -> Callable[[bytes], None]:
        self.calls.append(args)
        return self.written.append

    def call(self, app: Any, request: Any = Req(), **more: Any) -> Any:
        environ = environ_of(request, io.BytesIO(b"".join(request.body)))
        environ.update(more)
        return app(environ, self.start_response)

    def body(self, result: Any) -> bytes:
        return b"".join(self.written) + collect(result)

    def answer(self, app: Any, request: Req = Req(), **more: Any) -> Any:
        """The status and, as JSON, the body."""
        body = self.body(self.call(app, request, **more))
        ((status, _),) = self.calls
        return int(status[:3]), json.loads(body)


class Body:
    """An iterable that counts how far it was read and how often closed."""

    def __init__(self, *chunks: Any, close_fails: bool = False) -> None:
        self.chunks = iter(chunks)
        self.pulled = self.closed = 0
        self.close_fails = close_fails

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> Any:
        chunk = next(self.chunks)
        self.pulled += 1
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self) -> None:
        self.closed += 1
        if self.close_fails:
            raise ValueError("close failed")


def returning(result: Any, status: str = "200 OK", headers: Any = PLAIN) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return result

    return app


@pytest.fixture
def server() -> Server:
    return Server()


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
    server: Server, result: Any, wrapper: Any
) -> None:
    more = {} if wrapper is None else {"wsgi.file_wrapper": wrapper}
    headers = list(PLAIN)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return result

    assert server.call(WSGIMiddleware(app), **more) is result
    assert server.calls[0][1] is headers


def test_a_standard_json_error_leaves_as_the_list_it_is(server: Server) -> None:
    result = [COMPLETE]

    app = WSGIMiddleware(returning(result, "404 Gone Away", JSON))

    assert server.call(app) is result
    assert server.calls == [("404 Gone Away", list(JSON))]


def test_a_stream_costs_nothing_per_chunk(server: Server) -> None:
    body = Body(*[b"x"] * 9)

    result = server.call(WSGIMiddleware(returning(body)))

    assert body.pulled == 1
    assert type(iter(result)).__module__ == "itertools"
    assert (server.body(result), body.closed) == (b"x" * 9, 1)


def lazily(status: str, *chunks: bytes) -> Any:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response(status, PLAIN)
        yield from chunks

    return app


def test_an_app_may_start_when_it_is_iterated(server: Server) -> None:
    assert server.body(server.call(WSGIMiddleware(lazily("200 OK", b"a")))) == b"a"
    assert Server().body(Server().call(WSGIMiddleware(lazily("204 None")))) == b""
    assert Server().answer(WSGIMiddleware(lazily("404 X", b"x"))) == (404, NOT_FOUND)


def test_the_status_is_known_when_the_call_returns(server: Server) -> None:
    """granian reads it then."""
    server.call(WSGIMiddleware(lazily("404 X", b"x")))

    assert [status for status, _ in server.calls] == ["404 Not Found"]


def test_an_error_without_end_is_answered_at_once(server: Server) -> None:
    body = Body(*[b"x"] * 5)

    answer = server.answer(WSGIMiddleware(returning(body, "503 Busy")))

    assert answer[0] == 503
    assert (body.pulled, body.closed) == (1, 1)


def test_the_first_chunk_that_raises_is_500(server: Server) -> None:
    body = Body(ValueError("secret"))

    assert server.answer(WSGIMiddleware(returning(body)))[0] == 500
    assert body.closed == 1


def test_a_later_chunk_that_raises_is_the_servers(server: Server) -> None:
    body = Body(b"aaa", ValueError("later"))
    result = server.call(WSGIMiddleware(returning(body)))
    chunks = iter(result)

    assert next(chunks) == b"aaa"
    with pytest.raises(ValueError, match="later"):
        next(chunks)
    result.close()
    assert body.closed == 1


def test_a_stream_is_closed_where_the_server_reads_none_of_it(server: Server) -> None:
    body = Body(b"a", b"b")

    server.call(WSGIMiddleware(returning(body))).close()

    assert (body.pulled, body.closed) == (1, 1)


def test_a_stream_without_close_can_be_closed(server: Server) -> None:
    """granian calls it on any object."""
    server.call(WSGIMiddleware(returning(iter([b"a"])))).close()


def test_a_generator_behind_a_replaced_error_gets_to_its_end(server: Server) -> None:
    """close() on a generator that was never started runs none of its code."""
    closed = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("404 X", PLAIN)

        def chunks() -> Iterator[bytes]:
            try:
                yield b"page"
            finally:
                closed.append(True)

        return chunks()

    assert server.answer(WSGIMiddleware(app)) == (404, NOT_FOUND)
    assert closed == [True]


def test_an_error_whose_close_fails_is_the_error(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    body = Body(b"page", close_fails=True)

    answer = server.answer(WSGIMiddleware(returning(body, "404 X")))

    assert (answer, body.closed) == ((404, NOT_FOUND), 1)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("status", ["200 OK", "404 X"])
def test_a_base_exception_closes_and_leaves(server: Server, status: str) -> None:
    body = Body(SystemExit(1))

    with pytest.raises(SystemExit):
        server.call(WSGIMiddleware(returning(body, status)))

    assert (body.closed, server.calls) == (1, [])


def test_a_close_that_fails_does_not_hide_a_base_exception(server: Server) -> None:
    with pytest.raises(SystemExit):
        server.call(WSGIMiddleware(returning(Body(SystemExit(1), close_fails=True))))


def test_a_base_exception_before_any_result_leaves(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        server.call(WSGIMiddleware(app))


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


def test_an_app_may_start_again_with_exc_info(server: Server) -> None:
    """The server never hears of it: gunicorn would send the headers of both."""
    answer = server.answer(WSGIMiddleware(recovering("200 OK", "500 X")))
    assert answer[0] == 500

    mended = Server()
    result = mended.call(WSGIMiddleware(recovering("500 X", "200 OK")))
    assert (mended.body(result), mended.calls) == (b"fine", [("200 OK", PLAIN)])


def test_exc_info_after_the_start_is_raised_in_the_app(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b"first"
        try:
            raise ValueError("midway")
        except ValueError:
            start_response("500 X", PLAIN, sys.exc_info())

    chunks = iter(server.call(WSGIMiddleware(app)))

    assert next(chunks) == b"first"
    with pytest.raises(ValueError, match="midway"):
        next(chunks)
    assert len(server.calls) == 1


def writing(status: str, headers: Any, *written: bytes, **more: Any) -> Any:
    def app(environ: Any, start_response: Any) -> List[bytes]:
        write = start_response(status, list(headers))
        for data in written:
            write(data)
        if "error" in more:
            raise more["error"]
        return [more.get("rest", b"")]

    return app


def test_what_is_written_leaves_at_once_and_in_order(server: Server) -> None:
    result = server.call(WSGIMiddleware(writing("200 X", PLAIN, b"1", b"2", rest=b"3")))

    assert server.written == [b"1", b"2"]
    assert collect(result) == b"3"


def test_a_lazy_app_may_write(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", PLAIN)
        write(b"1")
        yield b"2"

    assert server.body(server.call(WSGIMiddleware(app))) == b"12"


def test_a_crash_after_a_write_is_the_servers(server: Server) -> None:
    app = WSGIMiddleware(writing("200 X", PLAIN, b"1", error=ValueError("late")))

    with pytest.raises(ValueError, match="late"):
        server.call(app)
    assert (server.written, len(server.calls)) == ([b"1"], 1)


def test_a_written_error_page_is_replaced(server: Server) -> None:
    app = WSGIMiddleware(writing("404 X", HTML, b"<p>", b"</p>", rest=b"<hr>"))

    assert server.answer(app) == (404, NOT_FOUND)


@pytest.mark.parametrize("size", [5, 70_000])
@pytest.mark.parametrize("mode", ["complete", "keep"])
def test_a_written_json_error_passes(server: Server, size: int, mode: str) -> None:
    written = (b'{"code": 404,', b'"pad": "', b"x" * size, b'",')
    app = writing("404 X", JSON, *written, rest=b'"message": "gone"}')

    result = server.call(WSGIMiddleware(app, json_errors=mode))

    assert server.body(result) == b"".join(written) + b'"message": "gone"}'
    assert server.calls == [("404 X", list(JSON))]


def test_an_error_page_that_was_written_cannot_be_taken_back(server: Server) -> None:
    """PEP 3333: the first write sends the headers, and exc_info is then raised."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("404 X", PLAIN)(b"page")
        try:
            raise ValueError("again")
        except ValueError:
            return start_response("200 OK", PLAIN, sys.exc_info())

    assert server.answer(WSGIMiddleware(app))[0] == 500


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
    server: Server, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert server.answer(WSGIMiddleware(app))[0] == 500
    (record,) = caplog.records
    assert "the app" in record.getMessage()


def test_a_body_of_bytes_is_one_chunk(server: Server) -> None:
    """uWSGI sends it whole; to any other server it is a sequence of numbers."""
    answer = server.answer(WSGIMiddleware(returning(b"page", "404 X")))

    assert answer == (404, NOT_FOUND)


def test_headers_that_are_none_are_the_apps_failure(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("404 X", None)
        return []

    assert server.answer(WSGIMiddleware(app))[0] == 500


@pytest.mark.parametrize(
    "status", ["404", "404 ", "404  Two", "404\tx", "404 caf\xe9", "404 a\r\nX-Inj: 1"]
)
def test_an_error_status_leaves_in_our_words(server: Server, status: str) -> None:
    assert server.answer(WSGIMiddleware(returning([], status))) == (404, NOT_FOUND)
    assert server.calls[0][0] == "404 Not Found"


def test_a_success_that_the_server_refuses_is_closed_and_raised(server: Server) -> None:
    body = Body(b"x")

    def start_response(*args: Any) -> Any:
        server.calls.append(args)
        raise TypeError("header values must be str")

    with pytest.raises(TypeError, match="header values"):
        WSGIMiddleware(returning(body))(environ_of(Req(), None), start_response)
    assert (body.closed, len(server.calls)) == (1, 1)


@pytest.mark.parametrize("status", ["200 OK", "404 X"])
def test_a_start_that_the_server_refuses_is_tried_once(
    server: Server, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    def start_response(*args: Any) -> Any:
        server.calls.append(args)
        raise OSError("the client is gone")

    with pytest.raises(OSError, match="the client is gone"):
        WSGIMiddleware(returning([b"x"], status))(
            environ_of(Req(), None), start_response
        )
    assert len(server.calls) == 1 and not caplog.records


def test_headers_that_cannot_be_sent_are_dropped_and_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    bad: List[Any] = [
        ("X-A", "b\r\nX-I: 1"),
        ("X-B", "\u20ac"),
        ("X-C", 5),
        (b"X-D", b"y"),
    ]
    bad += [("X-E", "\0"), ("X F", "g"), ("X-G",), "X-H", None, ("X-I", "\x7f")]

    answer = server.answer(
        WSGIMiddleware(returning([], "404 X", [*bad, ("X-Z", "ok")]))
    )

    assert answer == (404, NOT_FOUND)
    assert server.calls[0][1][2:] == [("X-Z", "ok")]
    assert len(caplog.records) == len(bad)


def test_no_hop_by_hop_header_leaves_with_an_answer(server: Server) -> None:
    """wsgiref and waitress fail on them (PEP 3333, "Other HTTP Features")."""
    names = "Connection Keep-Alive Proxy-Authenticate TE Trailers Upgrade".split()
    names.append("Transfer-Encoding")

    server.answer(
        WSGIMiddleware(returning([], "401 X", [(name, "x") for name in names]))
    )

    assert not [name for name, _ in server.calls[0][1] if is_hop_by_hop(name)]


# The request body


class Source:
    """A server's input that takes one argument, and says what it was asked."""

    def __init__(self, content: bytes, error: Optional[Exception] = None) -> None:
        self.file = io.BytesIO(content)
        self.error = error
        self.asked: List[int] = []

    def read(self, *args: int) -> bytes:
        (size,) = args
        self.asked.append(size)
        if self.error:
            raise self.error
        return self.file.read(size)

    def readline(self, *args: int) -> bytes:
        (size,) = args
        self.asked.append(size)
        return self.file.readline(size)


def limited(content: bytes, limit: Optional[int] = 10) -> LimitedInput:
    return LimitedInput(Source(content), BodyLimit(limit))


LINES = b"one\ntwo\n3"
READS = {
    "read()": lambda body: body.read(),
    "read(-1)": lambda body: body.read(-1),
    "read(None)": lambda body: body.read(None),
    "read(3)": lambda body: b"".join(iter(lambda: body.read(3), b"")),
    "read(100)": lambda body: body.read(100),
    "readline()": lambda body: b"".join(iter(body.readline, b"")),
    "readline(2)": lambda body: b"".join(iter(lambda: body.readline(2), b"")),
    "readlines()": lambda body: b"".join(body.readlines()),
    "iteration": lambda body: b"".join(body),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_every_way_to_read_counts(read: Any) -> None:
    assert read(limited(LINES)) == LINES
    assert read(limited(LINES + b"\n")) == LINES + b"\n"
    assert read(limited(LINES * 999, None)).startswith(LINES)
    body = limited(LINES + b"\n4")
    with pytest.raises(BodyTooLarge):
        [read(body) for _ in range(2)]
    with pytest.raises(BodyTooLarge):
        read(body)


def test_lines_are_whole_at_any_length() -> None:
    line = b"x" * (3 * BLOCK + 5) + b"\n"

    assert list(limited(line * 2, None)) == [line, line]


def test_readlines_stops_at_its_hint() -> None:
    body = limited(LINES)

    assert body.readlines(5) == [b"one\n", b"two\n"]
    assert body.readlines(5) == [b"3"]


def test_a_read_of_nothing_asks_nothing() -> None:
    """uWSGI's read(0) is a read of everything."""
    body = limited(LINES)

    assert body.read(0) == body.readline(0) == b""
    assert body.source.asked == []


def test_nothing_is_asked_after_the_end() -> None:
    body = limited(LINES)
    body.read()
    asked = len(body.source.asked)

    assert body.read() == body.read(5) == body.readline() == b""
    assert len(body.source.asked) == asked


def test_the_input_offers_what_pep_3333_asks_for_and_no_more() -> None:
    """Through readinto or peek a framework would read past the count."""
    for name in ("readinto", "read1", "peek", "seek", "raw", "fileno"):
        assert not hasattr(limited(b""), name)


CHUNKED = Req("POST", (("Transfer-Encoding", "chunked"),), (b"12345",))
LAX: Any = {"require_content_length": False}


@pytest.mark.parametrize("request_", [Req("POST", (("Content-Length", "5"),)), Req()])
def test_an_input_of_known_length_is_left_alone(server: Server, request_: Req) -> None:
    seen: List[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ["wsgi.input"])
        return returning([])(environ, start_response)

    source = io.BytesIO(b"12345")
    server.call(WSGIMiddleware(app), request_, **{"wsgi.input": source})

    assert seen == [source]


def reading(environ: Any, start_response: Any) -> Any:
    environ["wsgi.input"].read(5)


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("bad chunk")], ids=repr)
def test_an_error_of_the_servers_input_goes_back_to_it(
    server: Server, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the rest of a broken body is read as the next request (cheroot#718)."""
    source = Source(b"", error)

    with pytest.raises(type(error)) as caught:
        server.call(WSGIMiddleware(reading, **LAX), CHUNKED, **{"wsgi.input": source})

    assert caught.value is error
    assert not server.calls and not caplog.records


def test_an_error_of_the_input_that_the_app_turns_is_the_apps(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        try:
            environ["wsgi.input"].read(5)
        except OSError as error:
            raise ValueError("mine") from error

    source = Source(b"", OSError("gone"))
    middleware = WSGIMiddleware(app, **LAX)

    assert server.answer(middleware, CHUNKED, **{"wsgi.input": source})[0] == 500


def test_an_error_of_an_input_left_alone_goes_back_too(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """gunicorn's, of a client that left within a body of declared length."""
    declared = Req("POST", (("Content-Length", "5"),))
    source = Source(b"", ConnectionResetError("gone"))

    with pytest.raises(ConnectionResetError):
        server.call(WSGIMiddleware(reading), declared, **{"wsgi.input": source})

    assert not server.calls and not caplog.records


def test_an_error_of_an_input_that_the_app_put_there_is_the_apps(
    server: Server,
) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        environ["wsgi.input"] = Source(b"", ValueError("its own"))
        environ["wsgi.input"].read(5)

    assert server.answer(WSGIMiddleware(app))[0] == 500


def test_the_first_error_of_the_input_stays(server: Server) -> None:
    """What is left of a broken body is nobody's to read."""
    source = Source(b"", OSError("first"))

    def app(environ: Any, start_response: Any) -> Any:
        try:
            environ["wsgi.input"].read(5)
        finally:
            source.error = OSError("second")
            with pytest.raises(OSError, match="first"):
                environ["wsgi.input"].read(5)

    with pytest.raises(OSError, match="first"):
        server.call(WSGIMiddleware(app, **LAX), CHUNKED, **{"wsgi.input": source})


def test_the_413_stands_when_an_error_had_begun_before(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("400 Bad", list(JSON))
        yield b'{"code": 400,'
        with pytest.raises(BodyTooLarge):
            environ["wsgi.input"].read()
        yield b'"message": "x"}'

    answer = server.answer(WSGIMiddleware(app, max_body_size=3, **LAX), CHUNKED)

    assert answer[0] == 413


def test_what_is_written_after_the_limit_is_thrown_away(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        with pytest.raises(BodyTooLarge):
            environ["wsgi.input"].read()
        return start_response("200 OK", PLAIN)(b"saved")

    answer = server.answer(WSGIMiddleware(app, max_body_size=3, **LAX), CHUNKED)

    assert answer[0] == 413


def test_the_limit_after_a_write_ends_the_response(server: Server) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        write = start_response("200 OK", PLAIN)
        write(b"part")
        environ["wsgi.input"].read()

    with pytest.raises(BodyTooLarge):
        server.call(WSGIMiddleware(app, max_body_size=3, **LAX), CHUNKED)
    assert server.written == [b"part"]


# Hijacked sockets

UPGRADE = Req("GET", (("Upgrade", "WebSocket"),))


@pytest.mark.parametrize("error", [StopIteration(), ConnectionResetError()], ids=repr)
def test_the_end_of_a_hijacked_socket_goes_through(
    server: Server, error: Exception
) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        raise error

    with pytest.raises(type(error)):
        server.call(WSGIMiddleware(app), UPGRADE)
    assert server.answer(WSGIMiddleware(app))[0] == 500


def test_an_app_with_a_hijacked_socket_need_not_start(server: Server) -> None:
    result: List[bytes] = []

    def app(environ: Any, start_response: Any) -> Any:
        return result

    assert server.call(WSGIMiddleware(app), UPGRADE) is result
    assert not server.calls


@pytest.mark.parametrize("result", [None, [b"x"], 5])
def test_what_a_hijacker_returns_is_handed_on(server: Server, result: Any) -> None:
    app: Any = WSGIMiddleware(lambda environ, start_response: result)

    assert server.call(app, UPGRADE) is result


def test_an_upgrade_request_may_be_answered_lazily(server: Server) -> None:
    assert server.answer(WSGIMiddleware(lazily("404 X", b"x")), UPGRADE)[0] == 404
    chunks: Any = WSGIMiddleware(lambda environ, start_response: iter([b"a", b"b"]))
    assert collect(Server().call(chunks, UPGRADE)) == b"ab"


def test_an_upgrade_is_no_way_around_the_checks(server: Server) -> None:
    request = UPGRADE._replace(headers=UPGRADE.headers + (("Content-Length", "99"),))

    assert server.answer(WSGIMiddleware(twice, max_body_size=9), request)[0] == 413


# The environ


def test_an_environ_with_only_the_mandatory_keys_is_enough() -> None:
    bare = {"REQUEST_METHOD": "GET", "SERVER_NAME": "x", "SERVER_PORT": "80"}
    bare["wsgi.input"] = None  # type: ignore[assignment]

    assert collect(WSGIMiddleware(returning([b"ok"]))(bare, Server().start_response))


def test_nothing_of_a_request_is_kept_once_it_is_over(server: Server) -> None:
    """uWSGI takes the environ for the next request (uwsgi#1950)."""

    class Marker:
        pass

    marker = Marker()
    alive = weakref.ref(marker)
    middleware = WSGIMiddleware(lazily("200 OK", b"a", b"b"))
    gc.disable()
    try:
        result = server.call(middleware, **{"x.marker": marker})
        del marker
        server.body(result)
        assert alive() is None
    finally:
        gc.enable()


def test_an_app_that_is_its_own_response_is_let_go(server: Server) -> None:
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

    gc.disable()
    try:
        assert server.body(server.call(WSGIMiddleware(app))) == b"a"
        assert seen[0]() is None
    finally:
        gc.enable()


def test_a_kept_file_of_json_is_the_apps_own_object(server: Server) -> None:
    file = FileWrapper(io.BytesIO(COMPLETE))
    app = WSGIMiddleware(returning(file, "404 X", JSON), json_errors="keep")

    assert server.call(app, **{"wsgi.file_wrapper": FileWrapper}) is file


def test_a_header_of_a_response_that_passes_is_not_looked_at(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    headers = [*JSON, ("X-A", "b\x7f")]

    server.call(WSGIMiddleware(returning([COMPLETE], "404 X", headers)))

    assert server.calls == [("404 X", headers)] and not caplog.records


# Lint


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "app",
    [
        returning([b"fine"]),
        returning([b"page"], "404 X", HTML),
        returning([COMPLETE], "404 X", JSON),
        lazily("200 OK", b"a", b"b"),
        lazily("503 X", b"a", b"b"),
        writing("200 OK", PLAIN, b"a", rest=b"b"),
        lambda environ, start_response: 1 / 0,
    ],
)
def test_webtests_lint_finds_nothing(app: Any, method: str) -> None:
    client = webtest.TestApp(WSGIMiddleware(webtest.lint.middleware(app)), lint=True)

    response = client.request("/", method=method, expect_errors=True)

    assert response.status_int in (200, 404, 500, 503)


def test_an_app_that_is_not_callable_is_named() -> None:
    with pytest.raises(TypeError, match="app must be a WSGI callable, not 'app'"):
        WSGIMiddleware("app")  # type: ignore[arg-type]
