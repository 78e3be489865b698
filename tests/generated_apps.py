"""Inner apps as data: any sequence of steps, and a server of each interface that runs
them, with the middleware or without.

The WSGI server is PEP 3333's, as eager as the most eager one: the first chunk sends
the head, an empty one too. Both servers say so to an app that breaks the protocol.
"""

from __future__ import annotations

import gzip
import io
import math
import sys
import types
from typing import (
    Any,
    Callable,
    Dict,
    Generator,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

from hypothesis import strategies as st

from stderrmw import StandardError

from .interfaces import Req, environ_of, scope_of

#: Bytes of request body that the programs may have.
LIMIT = 10
START = "http.response.start"
BODY = "http.response.body"
#: What may be sent between a start and the end of its response.
REST = [BODY, *map("http.response.".__add__, ["zerocopysend", "pathsend", "trailers"])]


class Boom(Exception):
    """What a program raises when it crashes."""


class Gone(BaseException):
    """What a server raises in an app, to end it."""


class Violation(Exception):
    """What a server says to an app that breaks the protocol."""


class TooLarge(Exception):
    """What a bare app meets where a wrapped one meets the limit."""


class Broken(ConnectionError):
    """What the server's ``wsgi.input`` raises when the connection breaks."""


FAILURES: Dict[str, Callable[[], BaseException]] = {
    "Boom": lambda: Boom("secret"),
    "OSError": lambda: ConnectionResetError("secret"),
    "StopIteration": lambda: StopIteration("secret"),
    "StandardError": lambda: StandardError(423, "own", headers=[("X-Own", "1")]),
    "Gone": lambda: Gone("secret"),
    "GeneratorExit": lambda: GeneratorExit("secret"),
}


class Start(NamedTuple):
    """A call of start_response; with exc_info in the handler of an exception."""

    status: Any
    headers: Any
    exc_info: bool = False
    swallows: bool = False


class Chunk(NamedTuple):
    """A piece of the body: written while the app is called, yielded later."""

    data: Any


class Read(NamedTuple):
    """A read of the request body; the size is WSGI's."""

    size: int = -1
    swallows: bool = False


class Raise(NamedTuple):
    """A failure of the app, by its name in FAILURES."""

    failure: str


class Send(NamedTuple):
    """An ASGI message of the app's."""

    message: Any
    swallows: bool = False


Steps = Tuple[Any, ...]


class Program(NamedTuple):
    """What a WSGI app does when called, and when what it returned is iterated."""

    call: Steps
    kind: str = "list"
    body: Steps = ()
    close: Optional[str] = None  # how close() fails


class Incoming(NamedTuple):
    """The request of a program; what it declares is LIMIT at most."""

    method: str = "GET"
    pieces: Tuple[bytes, ...] = ()
    chunked: bool = True
    breaks: bool = False  # reading fails, in WSGI

    @property
    def body(self) -> Incoming:
        return self

    @property
    def request(self) -> Req:
        length = str(min(LIMIT, sum(map(len, self.pieces))))
        chunked, declared = ("Transfer-Encoding", "chunked"), ("Content-Length", length)
        field = chunked if self.chunked else declared
        return Req(self.method, (field,) if self.pieces else (), self.pieces)

    @property
    def lines(self) -> Any:
        return scope_of(self.request)["headers"]


class Head(NamedTuple):
    """A request head; WSGI servers join the lines of a repeated field."""

    method: str
    fields: Tuple[Tuple[str, str], ...]
    version: str = "1.1"
    joint: str = ", "

    @property
    def body(self) -> Incoming:
        return Incoming(pieces=(b"12345",))

    @property
    def request(self) -> Req:
        joined: Dict[str, str] = {}
        for name, value in self.fields:
            past = joined.get(name.lower())
            joined[name.lower()] = value if past is None else past + self.joint + value
        return Req(self.method, tuple(joined.items()), (), self.version)

    @property
    def lines(self) -> Any:
        return [tuple(text.encode("latin-1") for text in pair) for pair in self.fields]


class Journal:
    """What happened to an app, in order, and whether anything had left by then."""

    def __init__(self) -> None:
        self.trace: List[Any] = []
        self.began = False  # the server was told of a response
        self.raised: Optional[BaseException] = None  # by a step, and left the app
        self.raised_late = False  # after the response began
        self.tripped = self.tripped_late = False  # over the limit, before it or later

    def during(self, step: Any) -> _During:
        self.trace.append(step)
        return _During(self, step)


class _During:
    """The context of one step, which knows what becomes of its exception."""

    def __init__(self, journal: Journal, step: Any) -> None:
        self._journal, self._step = journal, step

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Optional[BaseException], where: Any) -> bool:
        journal, step = self._journal, self._step
        failed = isinstance(error, Exception)
        if failed and isinstance(step, Read) and not isinstance(error, Broken):
            journal.tripped = journal.tripped or not journal.began
            journal.tripped_late = not journal.tripped
        if failed and getattr(step, "swallows", False):
            return True
        if error is not None:
            journal.raised, journal.raised_late = error, journal.began
        return False


class Stream:
    """An iterable of the app's own, with a close method."""

    def __init__(self, chunks: Iterator[Any], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self.close = close

    def __iter__(self) -> Iterator[Any]:
        return self._chunks


class FileWrapper(Stream):
    """The server's ``wsgi.file_wrapper``, around a file that is in memory."""


class WSGIApp(Journal):
    """A program, run once."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program
        self._write: Callable[[Any], None] = lambda data: None
        self.returned: Any = None
        self.opened = self.ended = self.yielded = 0  # by its generator
        self.closed = 0
        self.close_error: Optional[BaseException] = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._input, self._start = environ["wsgi.input"], start_response
        for step in self._program.call:
            self._do(step)
        self.returned = self._result()
        return self.returned

    def _close(self) -> None:
        self.closed += 1
        if self._program.close:
            self.close_error = FAILURES[self._program.close]()
            raise self.close_error

    def _do(self, step: Any) -> None:
        with self.during(step):
            if isinstance(step, Start):
                self._begin(step)
            elif isinstance(step, Chunk):
                self._write(step.data)
            elif isinstance(step, Read):
                self.trace.append(("read", self._input.read(step.size)))
            else:
                raise FAILURES[step.failure]()

    def _begin(self, step: Start) -> None:
        status, headers, *_ = step
        if step.exc_info:
            try:
                raise Boom("what the app answers itself")
            except Boom:
                self._write = self._start(status, headers, sys.exc_info())
        else:
            self._write = self._start(status, headers)

    def _result(self) -> Any:
        chunks = [step.data for step in self._program.body if isinstance(step, Chunk)]
        content = b"".join(data for data in chunks if isinstance(data, bytes))
        results: Dict[str, Callable[[], Any]] = {
            "none": lambda: None,
            "list": lambda: chunks,
            "tuple": lambda: tuple(chunks),
            "file": lambda: FileWrapper(iter([content]), self._close),
            "generator": self._run,
            "closeless": lambda: map(lambda chunk: chunk, self._run()),
            "iterator": lambda: Stream(self._run(), self._close),
        }
        return results[self._program.kind]()

    def _run(self) -> Iterator[Any]:
        self.opened += 1
        try:
            for step in self._program.body:
                if isinstance(step, Chunk):
                    self.trace.append(step)
                    self.yielded += step.data != b""
                    yield step.data
                else:
                    self._do(step)
        finally:
            self.ended += 1


class Input:
    """``wsgi.input`` of a server, held to a limit where no middleware does it."""

    def __init__(self, incoming: Incoming, limit: float) -> None:
        end = None if incoming.chunked else LIMIT
        self._file = io.BytesIO(b"".join(incoming.pieces)[:end])
        self._left = limit
        self._breaks = incoming.breaks and incoming.pieces != ()
        self._broke = False
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        self._broke = self._broke or self._breaks and size != 0
        if self._broke:
            raise Broken("secret")
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return data


class WSGIServer:
    """One request of PEP 3333's; ``error`` is what left the app, or was its fault."""

    def __init__(self, app: WSGIApp) -> None:
        self.app = app
        self.calls: List[Tuple[Any, ...]] = []
        self.given: List[Any] = []  # every chunk
        self.chunks: List[bytes] = []  # those on the wire
        self.sent = False
        self.result: Any = None
        self.error: Optional[BaseException] = None

    def run(self, app: Any, incoming: Any, limit: float = math.inf) -> None:
        self.input = Input(incoming.body, limit)
        environ = environ_of(incoming.request, self.input)
        environ["wsgi.file_wrapper"] = FileWrapper
        try:
            self.result = app(environ, self._start_response)
            try:
                self._send_all()
            finally:
                getattr(self.result, "close", lambda: None)()
        except BaseException as error:
            self.error = error

    def _start_response(self, *args: Any) -> Callable[[Any], None]:
        exc_info = (args + (None,))[2]
        if self.sent and exc_info:
            raise exc_info[1]
        if self.calls and not exc_info:
            raise Violation("start_response was called twice")
        self.calls.append(args)
        self.app.began = True
        return self._send

    def _send(self, data: Any) -> None:
        if not self.calls:
            raise Violation("start_response was not called")
        self.sent = True
        self.given.append(data)
        if not isinstance(data, bytes):
            raise Violation("a chunk is not bytes")
        if data:
            self.chunks.append(data)
            self.app.trace.append(("wire", data))

    def _send_all(self) -> None:
        for data in self.result:
            self._send(data)
        if not self.calls:
            raise Violation("start_response was not called")
        self.sent = True


class ASGIApp(Journal):
    """A program, run once."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps
        self.gone = False  # the client, when the app last looked

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for step in self._steps:
            with self.during(step):
                if isinstance(step, Send):
                    await send(step.message)
                elif isinstance(step, Read):
                    found = await receive()
                    self.trace.append(("read", found))
                    self.gone = found["type"] == "http.disconnect"
                else:
                    raise FAILURES[step.failure]()


class ASGIServer:
    """One request of the ASGI specification's; ``error`` is what left the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.messages: List[Any] = []  # all that were taken
        self.done = False
        self.error: Optional[BaseException] = None

    def run(self, app: Any, incoming: Any, limit: float = math.inf) -> None:
        self._pieces = list(incoming.body.pieces) or [b""]
        self._left = limit
        self.reads = 0
        scope = scope_of(incoming.request)
        scope["headers"] = incoming.lines
        try:
            drive(app(scope, self._receive, self._send))
        except BaseException as error:
            self.error = error

    async def _receive(self) -> Any:
        await checkpoint()
        self.reads += 1
        piece = self._pieces.pop(0) if self._pieces else None
        self._left -= len(piece or b"")
        if self._left < 0:
            raise TooLarge
        if piece is None:
            return {"type": "http.disconnect"}
        more = bool(self._pieces)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def _send(self, message: Any) -> None:
        await checkpoint()
        kind = message["type"]
        if kind == START:
            if self.app.began or not isinstance(message["status"], int):
                raise Violation("a start that is none, or a second one")
            self.app.began = True
        elif kind in REST:
            self._take(message)
        self.messages.append(message)
        self.app.trace.append(("wire", message))

    def _take(self, message: Any) -> None:
        if not self.app.began or self.done:
            raise Violation("a body where no response is open")
        if not isinstance(message.get("body", b""), bytes):
            raise Violation("a body is not bytes")
        self.done = not message.get("more_body", False)


@types.coroutine
def checkpoint() -> Generator[None, None, None]:
    """Where an event loop would run others."""
    yield


def drive(coroutine: Any) -> None:
    """Run it to its end, without an event loop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


def encoded(headers: Any) -> Any:
    """The headers as an ASGI app has them; what is no text stays what it is."""
    return [tuple(map(_encoded, pair)) for pair in headers]


def _encoded(text: Any) -> Any:
    try:
        return text.encode("latin-1")
    except (AttributeError, UnicodeEncodeError):
        return text


BIG = b'{"a": "' + b"x" * 65_536 + b'"}'
CONTENTS = st.sampled_from(
    [
        b"<h1>secret</h1><p>secret",
        b"secret words",
        b"<p>secret</p>",
        b"secret",
        b"",
        b"{oops",
        b"{" * 70_000,
        BIG,
    ]
    + [b'{"code": 404, "message": "own"}', b'{"code":"E1", "message":"own", "n":1.50}']
    + [b'{ "message":"\xc3\xa9", "code" :423}', b'{"message": {"a": 1}, "x": [1, 2]}']
    + [
        b'{"detail": "own", "n": 1}',
        b'[1, "own"]',
        b'"own"',
        b'{"message": ""}',
        b" {}",
    ]
)
LABELS = st.sampled_from(
    ["text/html", "text/plain; charset=utf-8", "application/json", "application/json"]
    + ["application/problem+json", "image/png", "json", None]
)
FIELDS = st.sampled_from(
    [("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Vary", "Accept"), ("X-A", "\xe9")]
    + [("WWW-Authenticate", "Basic"), ("Allow", "GET"), ("Retry-After", "5")]
    + [("Content-Security-Policy", "default-src"), ("Location", "/")]
    + [
        ("Content-Length", "7"),
        ("ETag", "x"),
        ("Content-Range", "bytes */9"),
        ("content-range", "x"),
    ]
    + [("X-Sendfile", "/etc"), ("transfer-encoding", "chunked"), ("Connection", "x")]
    + [("Last-Modified", "x"), ("Content-Encoding", "br"), ("Upgrade", "x")]
    + [("Content-Encoding", "gzip"), ("Content-Disposition", "x"), ("Trailer", "x")]
    + [("X-Bad", "a\r\nX-Injected: 1"), ("X-Wide", "\u20ac"), ("X Y", "1")]
    + [("X-Number", 5), (b"X-Bytes", 5), ("X-Three", "1", "2"), ("X-Nul", "\0")]
)
LISTS = st.lists(FIELDS, max_size=4)
GOOD = st.sampled_from(["200 OK", "201", "204 No Content", "302 Found", "200 \xe9"])
BAD = st.sampled_from(
    ["404 Not Found", "404", "404 a\r\nX-Injected: 1", "423 Locked", "402 P", "407 P"]
    + [
        "412 P",
        "416 R",
        "416 R",
        "416 R",
        "431 R",
        "499 ?",
        "500 \xe9",
        "502 B",
        "504 G",
        "505 H",
        "507 I",
    ]
    + ["599 ?", "600 ?", "999 ?", "400 B", "405 M", "410 G", "429 T", "501 N", "503 S"]
)
ILLEGAL = st.sampled_from(
    ["", "abc", "20 OK", "4040 x", " 404 x", "\u0664\u0660\u0664"]
)
ODD_STATUSES: Any = ILLEGAL | st.sampled_from([404, b"404 x", 404.0])
SWALLOWS = st.booleans()
DATA = st.sampled_from([b"", b"x", b"<p>"])


@st.composite
def heads(draw: Any, status: Any) -> Any:
    """A status of those, and headers with at most one Content-Type."""
    label = draw(LABELS)
    headers = draw(LISTS)
    if label is not None:
        headers.insert(draw(st.integers(0, len(headers))), ("Content-Type", label))
    return draw(status), headers


class Long(bytes):
    """A piece of a body that hypothesis would warn of showing."""

    __repr__ = object.__repr__


@st.composite
def pieces(draw: Any, content: bytes) -> List[bytes]:
    """The content in pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, min(len(content), 40)), max_size=3)))
    parts = [content[i:j] for i, j in zip([0, *cuts], [*cuts, len(content)])]
    return [Long(part) if len(part) > 500 else part for part in parts]


READS = st.builds(Read, st.sampled_from([-1, -1, 0, 1, 4, 100, 100]), SWALLOWS)
RAISES = st.builds(Raise, st.sampled_from(sorted(FAILURES)))
STATUSES = st.one_of(GOOD, BAD, BAD)


@st.composite
def contents(draw: Any, headers: Any) -> List[bytes]:
    """A body in pieces, packed where the headers say so and the app does it right."""
    content = draw(CONTENTS)
    if "'gzip'" in repr(headers) and draw(st.booleans()):
        content = gzip.compress(content, mtime=0)
    return draw(pieces(content))  # type: ignore[no-any-return]


@st.composite
def mixed(draw: Any, steps: List[Any], reads: Any, noise: Any) -> List[Any]:
    """The steps with others between them, and at times without the first."""
    if draw(st.integers(0, 3)) == 3:
        steps.insert(0, draw(reads))
    size = draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))
    for step in draw(st.lists(noise, min_size=size, max_size=size)):
        steps.insert(draw(st.integers(0, len(steps))), step)
    if draw(st.integers(0, 9)) == 9:
        del steps[0]
    return steps


@st.composite
def starts(draw: Any, statuses: Any = STATUSES) -> Start:
    status, headers = draw(heads(statuses))
    headers = draw(st.sampled_from([headers] * 19 + [None]))
    return Start(status, headers, draw(st.booleans()), draw(SWALLOWS))


WSGI_NOISE = st.one_of(
    READS,
    RAISES,
    starts(),
    starts(ODD_STATUSES),
    st.builds(Chunk, DATA | st.sampled_from(["text", None])),
)


@st.composite
def programs(draw: Any) -> Program:
    """Any WSGI app: most of them start, send a body and do one or two things wrong."""
    status, headers = draw(heads(STATUSES))
    first = Start(status, headers)
    chunks = [Chunk(data) for data in draw(contents(headers))]
    steps = draw(mixed([first, *chunks], READS, WSGI_NOISE))
    kinds = ["list", "tuple", "file", "generator", "closeless", "iterator", "iterator"]
    kind = draw(st.sampled_from(kinds * 2 + ["none"]))
    cut = draw(st.sampled_from([0, 1, 1, len(steps)]) | st.integers(0, len(steps)))
    close = draw(st.sampled_from([None, None, None, "Boom", "Gone"]))
    return Program(tuple(steps[:cut]), kind, tuple(steps[cut:]), close)


def message(kind: str, **fields: Any) -> Dict[str, Any]:
    return {"type": f"http.response.{kind}", **fields}


@st.composite
def start_messages(draw: Any, statuses: Any = STATUSES) -> Any:
    status, headers = draw(heads(statuses))
    number = int(status[:3]) if isinstance(status, str) else status
    found = message("start", status=number, headers=encoded(headers))
    for name, value in draw(st.sampled_from([{}] * 5 + [{"trailers": True}])).items():
        found[name] = value
    return found


@st.composite
def no_starts(draw: Any) -> Any:
    """What is none: without a status or headers, or of a wrong type."""
    found = draw(start_messages())
    name, value = draw(
        st.sampled_from([("status", "404"), ("status", None), ("headers", None)])
    )
    return {**found, name: value}


ODD_MESSAGES = st.sampled_from(
    [message("body", body="text"), message("body", body=None), {}, None, {"type": "x"}]
)
MESSAGES = st.one_of(
    start_messages(),
    st.builds(lambda body: message("body", body=body, more_body=True), DATA),
    st.builds(lambda body: message("body", body=body), DATA),
    st.sampled_from(
        [
            message("body"),
            message("pathsend", path="/x"),
            message("trailers", headers=[]),
        ]
        + [message("zerocopysend", file=5), message("push", path="/"), message("debug")]
        + [message("zerocopysend", file=5, more_body=True), message("early_hint")]
    ),
)
ASGI_READS = st.builds(Read, st.just(-1), SWALLOWS)
ASGI_NOISE = st.one_of(
    ASGI_READS,
    RAISES.filter(lambda step: step.failure != "StopIteration"),  # PEP 479
    st.builds(Send, MESSAGES, SWALLOWS),
    st.builds(Send, MESSAGES, SWALLOWS),
    st.builds(Send, no_starts() | ODD_MESSAGES, st.just(False)),
)


@st.composite
def asgi_steps(draw: Any) -> Steps:
    """Any ASGI app: most of them start, send a body and do one or two things wrong."""
    first = draw(start_messages())
    *rest, last = draw(contents(first["headers"]))
    bodies = [message("body", body=data, more_body=True) for data in rest]
    final = draw(st.sampled_from([{"more_body": False}, {}, {"more_body": True}]))
    bodies.append(message("body", body=last, **final))
    return tuple(
        draw(mixed([Send(m) for m in (first, *bodies)], ASGI_READS, ASGI_NOISE))
    )


PIECES = st.lists(
    st.sampled_from([b"", b"12345", b"123456", b"12345678901"]), max_size=4
).map(tuple)
INCOMING = st.builds(
    Incoming,
    st.sampled_from(["GET", "POST", "DELETE"]),
    PIECES,
    st.booleans(),
    st.sampled_from([False] * 7 + [True]),
)


TOKENS = st.sampled_from(
    ["application/json", "text/html", "text", "*", "/", "*/*", ";", ",", "q=", "0", "1"]
    + ['"', "\\", " ", "\t", "chunked", "gzip", "identity", "-", "+", "\xe9", "5", "%"]
)
VALUES = st.one_of(
    st.sampled_from(["5", "0", "10", "11", "007", "application/json", "text/html", "*"])
    | st.sampled_from(["chunked", "gzip, Chunked", "100-continue", "*/*;q=0", "gzip"]),
    st.lists(TOKENS, max_size=8).map("".join),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
).map(lambda text: text.replace("\x7f", "").strip(" \t"))
NAMES = st.sampled_from(
    ["Content-Length", "content-length", "CONTENT-LENGTH", "Content-Type"]
    + ["content-type", "Transfer-Encoding", "transfer-encoding", "Accept", "accept"]
    + ["ACCEPT", "Accept-Encoding", "accept-encoding", "Expect", "Origin", "X-Other"]
    + ["Access-Control-Request-Method"]
)
METHODS = st.sampled_from(
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
    + ["OPTIONS", "POST", "GET"]
    + ["POST", "PATCH", "get", "A B", "\xe9", "", "X-ANY"]
)
# An empty one is absent in WSGI (PEP 3333, "environ Variables"), and malformed in ASGI.
PRESENT = st.tuples(NAMES, VALUES).filter(
    lambda p: p[1] or p[0].lower()[:7] != "content"
)
GROUPS: Any = st.sampled_from(
    [
        (),
        (("Origin", "x"), ("Access-Control-Request-Method", "PUT")),
        (("Content-Length", "5"), ("Content-Type", "text/html")),
        (("Content-Length", "5"), ("Content-Type", "image/png"), ("Accept", "a/b")),
        (("Content-Length", "5"), ("Transfer-Encoding", "chunked")),
        (("Content-Length", "5"), ("Accept", "image/png")),
        (("Content-Length", "5"), ("Accept", "image/png"), ("Expect", "100-continue")),
    ]
)


@st.composite
def head_lists(draw: Any) -> List[Head]:
    """Heads for one middleware, some of them alike but for their Content-Length."""
    found = draw(st.lists(HEADS, min_size=1, max_size=2))
    lengths = draw(st.lists(st.sampled_from(["0", "5", "50", "x", "5, 5"]), max_size=2))
    for length in lengths:
        others = [pair for pair in found[0].fields if len(pair[0]) != 14]
        fields = (("Content-Length", length), *others)
        found.append(found[0]._replace(fields=fields))
    return found  # type: ignore[no-any-return]


HEADS = st.builds(
    Head,
    METHODS,
    st.builds(lambda some, more: (*some, *more), GROUPS, st.lists(PRESENT, max_size=4)),
    st.sampled_from(["1.0", "1.1", "1.1", "2"]),
    st.sampled_from([", ", ", ", ","]),
)
