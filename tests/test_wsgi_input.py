"""The request body in WSGI: counted as it is read, and left alone where it need not be.

What PEP 3333 says of ``wsgi.input`` stands in "Input and Error Streams".
"""

from __future__ import annotations

import gc
import io
import weakref
from typing import Any, Callable, Dict, Iterator, List

import pytest

from .interfaces import JSON, Req
from .interpreters import counts_references
from .wsgi_server import (
    CHUNKED,
    ENVIRON,
    PLAIN,
    WRAPS,
    Server,
    Source,
    check_no_fault,
    raising,
    returning,
    writing,
)

no_fault = pytest.fixture(autouse=True)(check_no_fault)

LAX: Dict[str, Any] = {"require_content_length": False}
#: What may be done with the input is what the inner validator restricts.
ANY_CALL = "PEP 3333 allows calls that the validator does not"


def reading(read: Callable[[Any], object], limit: Any = 10) -> Server:
    """A server whose app does that with its input, and answers."""

    def app(environ: Any, start_response: Any) -> Any:
        read(environ["wsgi.input"])
        return returning([])(environ, start_response)

    return Server(app, skip_inner=ANY_CALL, max_body_size=limit, **LAX)


def status_of(server: Server, source: Any) -> str:
    server.body(CHUNKED, **{"wsgi.input": source})
    status: str = server.calls[0][0]
    return status


LINES = b"one\ntwo\n3"
READS: Dict[str, Callable[[Any], bytes]] = {
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
every_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@every_read
@pytest.mark.parametrize(
    "limit, content", [(10, LINES), (10, LINES + b"\n"), (None, LINES * 999)]
)
def test_every_way_to_read_gives_what_is_within_the_limit(
    read: Any, limit: Any, content: bytes
) -> None:
    """PEP 3333, "Input and Error Streams": which methods there are."""
    seen: List[bytes] = []
    server = reading(lambda body: seen.append(read(body)), limit)

    assert status_of(server, Source(content)) == "200 OK"
    assert seen == [content[:100] if read is READS["read(100)"] else content]


@every_read
def test_every_way_to_read_counts_and_stays_refused(read: Any) -> None:
    """The contract, section 4: the read raises, and stays raised."""
    raised: List[Exception] = []

    def try_thrice(body: Any) -> None:
        for _ in range(3):
            with pytest.raises(Exception, match="max_body_size") as caught:
                [read(body) for _ in range(2)]
            raised.append(caught.value)

    server = reading(try_thrice)

    assert status_of(server, Source(LINES + b"\n4")).startswith("413 ")
    assert len(raised) == 3


def test_what_a_read_over_the_limit_raises_is_nothing_that_is_caught_by_name() -> None:
    """Flask's form parser takes a ValueError for a bad form, others an OSError."""

    raised: List[Exception] = []

    def read(body: Any) -> None:
        try:
            body.read()
        except Exception as error:
            raised.append(error)

    assert status_of(reading(read), Source(b"x" * 11)).startswith("413 ")
    named = (ValueError, OSError, EOFError, LookupError, RuntimeError)
    assert len(raised) == 1 and not isinstance(raised[0], named)


@every_read
def test_no_server_is_asked_for_more_than_one_byte_over_the_limit(read: Any) -> None:
    """So that the limit bounds the memory; some servers read all for -1 or None."""
    source = Source(LINES)

    status_of(reading(read), source)

    assert source.asked and all(0 < size <= 11 for size in source.asked)


def test_lines_are_whole_at_any_length() -> None:
    """PEP 3333, "Input and Error Streams": as in a file."""
    line = b"x" * 200_000 + b"\n"
    lines: List[bytes] = []

    status_of(reading(lambda body: lines.extend(body), None), Source(line * 2))

    assert lines == [line, line]


@pytest.mark.parametrize(
    "size, line", [(0, b""), (1, b"o"), (3, b"one"), (9, b"one\n")]
)
def test_a_line_is_read_up_to_a_size(size: int, line: bytes) -> None:
    """PEP 3333, "Input and Error Streams": the size is optional, and a limit."""
    seen: List[bytes] = []

    status_of(reading(lambda body: seen.append(body.readline(size))), Source(LINES))

    assert seen == [line]


def test_readlines_stops_at_its_hint() -> None:
    """PEP 3333, "Input and Error Streams": the hint may be used or ignored."""
    seen: List[Any] = []
    server = reading(lambda body: seen.extend(iter(lambda: body.readlines(5), [])))

    status_of(server, Source(LINES))

    assert seen == [[b"one\n", b"two\n"], [b"3"]]


def test_a_read_of_nothing_asks_nothing() -> None:
    """uWSGI's read(0) is a read of everything."""
    seen: List[bytes] = []
    source = Source(LINES)

    status_of(
        reading(lambda body: seen.extend([body.read(0), body.readline(0)])), source
    )

    assert (seen, source.asked) == ([b"", b""], [])


def test_nothing_is_asked_after_the_end() -> None:
    """wsgiref blocks forever on it."""
    source = Source(LINES)

    def read(body: Any) -> None:
        assert body.read() == LINES
        asked = len(source.asked)
        assert body.read() == body.read(5) == body.readline() == b""
        assert len(source.asked) == asked

    assert status_of(reading(read), source) == "200 OK"


def test_the_input_offers_what_pep_3333_asks_for_and_no_more() -> None:
    """Through readinto or peek a framework would read past the count."""
    offered: List[str] = []

    def app(environ: Any, start_response: Any) -> Any:
        offered.extend(dir(environ["wsgi.input"]))
        return returning([])(environ, start_response)

    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS, **LAX)
    status_of(server, io.BytesIO())

    assert {"read", "readline", "readlines", "__iter__"} <= set(offered)
    beyond = {"readinto", "readinto1", "read1", "peek", "seek", "raw", "fileno"}
    assert not beyond & set(offered)


@pytest.mark.parametrize(
    "request_",
    [
        Req("POST", (("Content-Length", "5"),)),
        Req("POST", (("Content-Length", "5"),), version="2"),
        Req(),
    ],
)
def test_an_input_of_known_length_is_left_alone(request_: Req) -> None:
    """Apps look for what is behind it: simple-websocket does, under gevent."""
    seen: List[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append(environ["wsgi.input"])
        return returning([])(environ, start_response)

    source = io.BytesIO(b"12345")
    server = Server(app, skip_inner=WRAPS, skip_outer=WRAPS)
    server.call(request_, **{"wsgi.input": source})

    assert seen == [source]


# What tells whether there is a body, and how long it is


def test_a_body_may_only_be_read_to_its_end_where_the_server_says_so() -> None:
    """uWSGI and wsgiref say nothing of wsgi.input_terminated, and do not end it."""
    server = Server(returning([]), **LAX)
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "REQUEST_METHOD": "POST"}

    for said, status in ((None, 411), (0, 411), (False, 411)):
        another = server.another()
        assert another.answer(**chunked, **{"wsgi.input_terminated": said})[0] == status
    assert server.body(**chunked, **{"wsgi.input_terminated": 1}) == b""


def test_chunks_are_counted_beyond_the_length_beside_them() -> None:
    """RFC 9112, 6.3: the coding overrides the length; so it is read by cheroot."""
    headers = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"))
    source = Source(b"x" * 50)
    server = reading(lambda body: body.read())

    answer = server.answer(Req("POST", headers), **{"wsgi.input": source})

    assert answer[0] == 413


def test_a_length_in_a_name_with_an_underscore_is_none() -> None:
    """granian's Content_Length; PEP 3333, "environ Variables"."""
    spoofed = {"HTTP_CONTENT_LENGTH": "5", "HTTP_CONTENT_TYPE": "application/json"}
    server = Server(returning([]), skip_outer=ENVIRON, consumes=["application/json"])
    declared = Req("POST", (("Content-Length", "5"),))

    assert server.answer(Req("POST"), **spoofed)[0] == 411
    assert server.another().answer(declared, **spoofed)[0] == 415


# What the server's input raises


def reads_five(environ: Any, start_response: Any) -> Any:
    environ["wsgi.input"].read(5)


class BadFraming(Exception):
    """As a server's own, of a chunk that is none."""


@pytest.mark.parametrize("error", [OSError("gone"), BadFraming("bad chunk")], ids=repr)
@pytest.mark.parametrize(
    "request_", [CHUNKED, Req("POST", (("Content-Length", "5"),))], ids=["TE", "CL"]
)
def test_an_error_of_the_servers_input_goes_back_to_it(
    error: Exception, request_: Req, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the rest of a broken body is read as the next request (cheroot#718)."""
    server = Server(reads_five, **LAX)

    with pytest.raises(type(error)) as caught:
        server.call(request_, **{"wsgi.input": Source(b"", error)})

    assert caught.value is error
    assert not server.calls and not caplog.records


def test_an_error_of_the_input_that_the_app_turns_is_the_apps() -> None:
    """The contract, section 5: only the same object is the server's."""

    def app(environ: Any, start_response: Any) -> Any:
        try:
            environ["wsgi.input"].read(5)
        except OSError as error:
            raise ValueError("mine") from error

    source = Source(b"", OSError("gone"))

    answer = Server(app, **LAX).answer(CHUNKED, **{"wsgi.input": source})

    assert answer[0] == 500


def test_an_error_of_an_input_that_the_app_put_there_is_the_apps() -> None:
    """The contract, section 5: the server's own wsgi.input."""

    def app(environ: Any, start_response: Any) -> Any:
        environ["wsgi.input"] = Source(b"", ValueError("its own"))
        environ["wsgi.input"].read(5)

    assert Server(app).answer()[0] == 500


def test_the_first_error_of_the_input_stays() -> None:
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
        Server(app, **LAX).call(CHUNKED, **{"wsgi.input": source})


# The limit is passed when something has begun


def test_the_413_stands_when_an_error_had_begun_before() -> None:
    """The contract, section 4: as long as nothing has been sent."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("400 Bad", list(JSON))
        yield b'{"code": 400,'
        with pytest.raises(Exception, match="max_body_size"):
            environ["wsgi.input"].read(5)
        yield b'"message": "x"}'

    assert Server(app, max_body_size=3, **LAX).answer(CHUNKED)[0] == 413


def test_what_is_written_after_the_limit_is_thrown_away() -> None:
    """The contract, section 4: whatever the app then does."""

    def app(environ: Any, start_response: Any) -> Any:
        with pytest.raises(Exception, match="max_body_size"):
            environ["wsgi.input"].read(5)
        return start_response("200 OK", PLAIN)(b"saved")

    server = Server(app, max_body_size=3, **LAX)

    assert server.answer(CHUNKED)[0] == 413
    assert server.written == []


def test_the_limit_after_a_write_ends_the_response() -> None:
    """The contract, section 5: a response that was begun is never finished."""

    def app(environ: Any, start_response: Any) -> Any:
        writing("200 OK", PLAIN, b"part")(environ, start_response)
        environ["wsgi.input"].read(5)

    server = Server(app, max_body_size=3, **LAX)

    with pytest.raises(Exception, match="max_body_size"):
        server.call(CHUNKED)
    assert server.written == [b"part"]


def test_an_error_of_an_input_written_in_c_goes_back_to_the_server() -> None:
    """The contract, section 5; it leaves no frame in the traceback."""
    source = io.BytesIO()
    source.close()
    server = Server(reads_five, skip_outer=ANY_CALL, **LAX)

    with pytest.raises(ValueError, match="closed file"):
        server.call(CHUNKED, **{"wsgi.input": source})


@counts_references
def test_an_error_of_the_input_is_let_go_with_the_request() -> None:
    """uWSGI takes the environ for the next request (uwsgi#1950)."""

    class Marker:
        """One that can be referred to weakly."""

    marker = Marker()
    alive = weakref.ref(marker)

    def app(environ: Any, start_response: Any) -> Any:
        try:
            environ["wsgi.input"].read(5)
        except ValueError:
            return returning([])(environ, start_response)

    source = io.BytesIO()
    source.close()
    server = Server(app, skip_inner=ANY_CALL, **LAX)
    gc.disable()
    try:
        server.body(CHUNKED, **{"wsgi.input": source, "x.marker": marker})
        del marker
        assert alive() is None
    finally:
        gc.enable()


def test_what_is_written_on_after_a_limit_that_came_too_late_leaves() -> None:
    """The contract, section 4: 413 as long as nothing has been sent."""

    def app(environ: Any, start_response: Any) -> List[bytes]:
        write = start_response("200 OK", PLAIN)
        write(b"part")
        with pytest.raises(Exception, match="max_body_size"):
            environ["wsgi.input"].read(5)
        write(b"rest")
        return []

    server = Server(app, skip_inner=ANY_CALL, max_body_size=3, **LAX)

    assert server.body(CHUNKED) == b"partrest"


BLOCK = 65_536


def test_a_long_body_is_read_whole() -> None:
    """PEP 3333, "Input and Error Streams": as from a file."""
    content = b"x" * (3 * BLOCK)
    seen: List[bytes] = []

    status_of(reading(lambda body: seen.append(body.read()), None), Source(content))

    assert seen == [content]


def test_a_line_that_fills_a_block_is_one_line() -> None:
    """PEP 3333, "Input and Error Streams": as in a file."""
    line = b"x" * (BLOCK - 1) + b"\n"
    seen: List[bytes] = []
    server = reading(lambda body: seen.append(body.readline(None)), None)

    status_of(server, Source(line * 2))

    assert seen == [line]


@pytest.mark.parametrize(
    "content, line",
    [
        (b"x" * (2 * BLOCK - 1) + b"\n" + b"y" * BLOCK, b"x" * (2 * BLOCK - 1) + b"\n"),
        (b"x" * (BLOCK + 1), b"x" * (BLOCK + 1)),
        (b"x" * (2 * BLOCK), b"x" * (2 * BLOCK)),
    ],
    ids=["to the end of a block", "to the end of the body", "to the end of both"],
)
def test_a_line_of_some_blocks_ends_where_it_ends(content: bytes, line: bytes) -> None:
    """PEP 3333, "Input and Error Streams": as in a file."""
    seen: List[bytes] = []
    server = reading(lambda body: seen.append(body.readline()), None)

    status_of(server, Source(content))

    assert seen == [line]


@pytest.mark.parametrize("hint, count", [(0, 3), (1, 1), (4, 1), (5, 2), (-1, 3)])
def test_readlines_reads_up_to_its_hint_and_no_further(hint: int, count: int) -> None:
    """Python's io.IOBase.readlines: 0 or less is no hint."""
    seen: List[bytes] = []

    status_of(reading(lambda body: seen.extend(body.readlines(hint))), Source(LINES))

    assert len(seen) == count


DECLARED = Req("POST", (("Content-Length", "5"),), (b"12345",))


@pytest.mark.parametrize("request_", [DECLARED, CHUNKED], ids=["CL", "TE"])
def test_a_crash_beside_a_body_is_the_apps(request_: Req) -> None:
    """The contract, section 5: only what the input raised goes back."""
    assert Server(raising(ValueError("mine")), **LAX).answer(request_)[0] == 500


class Socket(io.RawIOBase):
    """As a server's file of its socket, under a BufferedReader."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise OSError("gone")


def test_an_error_below_a_buffered_input_goes_back_to_the_server() -> None:
    """A BufferedReader itself leaves no frame in the traceback."""
    source = io.BufferedReader(Socket())
    server = Server(reads_five, skip_outer=ANY_CALL)

    with pytest.raises(OSError, match="gone"):
        server.call(DECLARED, **{"wsgi.input": source})
    assert not server.calls


def test_a_refused_body_is_drained_in_blocks() -> None:
    """So that it takes no memory."""
    length = 3 * BLOCK
    source = Source(b"x" * length)
    request = Req("POST", (("Content-Length", str(length)),))
    server = Server(returning([]), allowed_methods=["GET"])

    server.body(request, **{"wsgi.input": source})

    assert source.asked == [BLOCK] * 3
