"""What holds for any app and any head, legal or not: each program runs bare first, and
what it did there says, with the contract, what may leave when it is wrapped.

Nothing here asks the package what is right: tables and rules are the contract's.
"""

from __future__ import annotations

import copy
import gzip
import itertools
import json
import logging
import re
import zlib
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stderrmw import PROTOCOL_STATUSES, ASGIMiddleware, StandardError, WSGIMiddleware

from .generated_apps import (
    BODY,
    INCOMING,
    LIMIT,
    REST,
    START,
    ASGIApp,
    ASGIServer,
    Broken,
    Chunk,
    FileWrapper,
    Head,
    Incoming,
    Program,
    Raise,
    Read,
    Send,
    Start,
    Steps,
    Stream,
    TooLarge,
    Violation,
    WSGIApp,
    WSGIServer,
    asgi_steps,
    encoded,
    head_lists,
    message,
    programs,
)

ALLOWING: Dict[str, Any] = {"max_body_size": LIMIT, "require_content_length": False}
# The thorough profile's 100,000 are of the whole file.
SHARE = settings(max_examples=max(settings().max_examples // 4, 600))

TABLE = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
FOLDS = {402: 403, 451: 403, 407: 401, 412: 409, 423: 409, 424: 409}
FOLDS.update({502: 503, 504: 503, 505: 501, 510: 501})
FRAMING = set("content-type content-length connection upgrade trailer".split())
FRAMING.add("transfer-encoding")
ABOUT_THE_BODY = FRAMING.union(
    "content-encoding content-disposition content-range etag last-modified".split(),
    ["x-sendfile"],
)
OPTIONS = st.fixed_dictionaries(
    {
        "json_errors": st.sampled_from(["complete", "complete", "keep"]),
        "preserve_statuses": st.sampled_from([(), (), PROTOCOL_STATUSES]),
        "propagate_exceptions": st.sampled_from([False, False, True]),
        "drain_limit": st.sampled_from([0, 12, 8_388_608]),
        "expose_messages": st.sampled_from([True, True, False]),
    }
)
DEFAULTS: Dict[str, Any] = {
    "json_errors": "complete",
    "preserve_statuses": (),
    "propagate_exceptions": False,
    "drain_limit": 8_388_608,
    "expose_messages": True,
}
PRESERVING = {**DEFAULTS, "preserve_statuses": PROTOCOL_STATUSES}
TOO_MUCH = Incoming("POST", (b"12345678901",), True)
Options = Dict[str, Any]
Pairs = List[Tuple[str, str]]


class Wrapped:
    """The middlewares of one set of options, around whichever app is next."""

    def __init__(self, options: Options) -> None:
        self.app: Any = None
        self.wsgi = WSGIMiddleware(lambda *args: self.app(*args), **options)
        self.asgi = ASGIMiddleware(self._run, **options)

    async def _run(self, *args: Any) -> None:
        await self.app(*args)


WRAPPED: Dict[str, Wrapped] = {}


def around(app: Any, options: Options) -> Wrapped:
    """Those of all requests: what one of them leaves behind is met by the next."""
    key = repr(sorted(options.items()))
    if key not in WRAPPED:
        WRAPPED[key] = Wrapped(options)
    WRAPPED[key].app = app
    return WRAPPED[key]


class Answer(NamedTuple):
    """What left: a status, fields with names in lower case, and the body."""

    status: int
    headers: Pairs
    body: bytes


class Faults(logging.Handler):
    """The exceptions that were logged while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: List[Any] = []
        self._logger = logging.getLogger("stderrmw")

    def emit(self, record: Any) -> None:
        self.errors.append(record.exc_info[1])

    def __enter__(self) -> Faults:
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = True


def is_final(error: Optional[BaseException]) -> bool:
    return error is not None and not isinstance(error, Exception)


def legal(headers: Any, kind: type) -> Pairs:
    """The pairs that can be sent, as text and with names in lower case."""
    pairs = [pair for pair in headers or () if list(map(type, pair)) == [kind, kind]]
    if kind is bytes:
        pairs = [tuple(text.decode("latin-1") for text in pair) for pair in pairs]
    name, value = "[!#$%&'*+.^_`|~0-9A-Za-z-]+", "[\t\x20-\x7e\x80-\xff]*"
    return [
        (pair[0].lower(), pair[1])
        for pair in pairs
        if re.fullmatch(name, pair[0]) and re.fullmatch(value, pair[1])
    ]


def values(headers: Pairs, wanted: str) -> List[str]:
    return [value for name, value in headers if name == wanted]


class Error:
    """An error response of an app's, and what the contract makes of it."""

    def __init__(self, status: int, headers: Pairs, options: Options) -> None:
        self.original = status
        self.headers = headers
        table = {*TABLE, *options["preserve_statuses"]}
        default = 400 if status < 500 else 500
        self.folded = status if status in table else FOLDS.get(status, default)
        self.keeps = options["json_errors"] == "keep"
        self.exposes = options["expose_messages"] and status < 500
        label = (values(headers, "content-type") or ["text/plain"])[0].split(";")[0]
        self.is_json = re.fullmatch(r"application/(.+\+)?json", label) is not None
        self.is_text = label.startswith("text/")
        self.codings = values(headers, "content-encoding")

    @property
    def passes_at_once(self) -> bool:
        return self.is_json and self.keeps

    @property
    def is_unreadable(self) -> bool:
        return self.is_json and self.codings not in ([], ["gzip"])

    def may_be_json(self, first: Any) -> bool:
        """Whether more than the first chunk is looked at."""
        readable = self.codings in ([], ["gzip"])
        return (
            self.is_json
            and readable
            or self.is_text
            and re.match(rb"\s*{", first) is not None
        )

    def passes(self, content: bytes) -> bool:
        """Whether a body that may be JSON leaves as the app sends it."""
        sent = self._json(content)
        standard = isinstance(sent, dict) and has_both(sent)
        untouched = standard and self.folded == self.original
        long = max(len(content), len(self._plain(content) or b"")) > 65_536
        return self.is_unreadable or self.is_json and (long or untouched)

    def check(self, answer: Answer, content: bytes) -> None:
        """Hold the answer in the place of this response against the contract."""
        is_json = self.may_be_json(content) and len(content) <= 65_536
        sent = self._json(content) if is_json else None
        if sent is None or not self.is_json and not isinstance(sent, dict):
            self.check_replaced(answer)
        elif self.keeps:
            assert (answer.status, answer.body) == (self.original, content)
            self._check_head(answer, FRAMING)
        else:
            self._check_completed(answer, sent, content)

    def check_replaced(self, answer: Answer) -> None:
        body = self._check_body(answer, ABOUT_THE_BODY)
        assert set(body) == {"code", "message", *self._cause()}
        assert body.get("cause", "").split(" ")[0] == "".join(self._cause().values())
        if answer.status in TABLE and not self.exposes:
            assert body["message"] == TABLE[answer.status]
            assert b"secret" not in answer.body
        assert len(body["message"]) <= 500
        assert body["code"] == answer.status
        assert ("content-type", "application/json") in answer.headers

    def _check_completed(self, answer: Answer, sent: Any, content: bytes) -> None:
        dropped = FRAMING if answer.body == content else ABOUT_THE_BODY
        body = self._check_body(answer, dropped)
        sent = sent if isinstance(sent, dict) else {"detail": sent}
        others = {"message", "code", "detail", *self._cause()}
        assert body["code"] == self._code(sent.get("code"))
        assert {k: v for k, v in body.items() if k not in others} == {
            k: v for k, v in sent.items() if k not in others
        }
        if has_both(sent):
            assert body == {**sent, "code": body["code"]}
        assert body.get("detail") == sent.get("detail", _unusable(sent))

    def _check_body(self, answer: Answer, dropped: Set[str]) -> Any:
        self._check_head(answer, dropped)
        assert answer.status == self.folded
        is_packed = ("content-encoding", "gzip") in answer.headers
        body = self._json(answer.body) if is_packed else json.loads(answer.body)
        assert isinstance(body["message"], str) and body["message"]
        return body

    def _check_head(self, answer: Answer, dropped: Set[str]) -> None:
        """Its own two fields first, then all of the app's that outlive the body."""
        dropped = dropped - ({"content-range"} if answer.status == 416 else set())
        length = ("content-length", str(len(answer.body)))
        assert [name for name, _ in answer.headers[:2]] == ["content-type", length[0]]
        assert answer.headers[1:] == [
            length,
            *((name, value) for name, value in self.headers if name not in dropped),
        ]

    def _code(self, code: Any) -> Any:
        is_set = code is not None
        keeps = is_set and (type(code) is not int or self.folded == self.original)
        return code if keeps else self.folded

    def _cause(self) -> Dict[str, str]:
        changed = self.folded != self.original
        return {"cause": str(self.original)} if changed else {}

    def _json(self, content: bytes) -> Any:
        """The value of a body, or None where it is none."""
        try:
            return json.loads(self._plain(content) or b"")
        except ValueError:
            return None

    def _plain(self, content: bytes) -> Optional[bytes]:
        try:
            return gzip.decompress(content) if self.codings else content
        except (OSError, EOFError, zlib.error):
            return None


def has_both(sent: Dict[str, Any]) -> bool:
    message = sent.get("message")
    return sent.get("code") is not None and isinstance(message, str) and message != ""


def _unusable(sent: Dict[str, Any]) -> Any:
    """The message that is none, which moves to a free ``detail``."""
    message = sent.get("message")
    return message if not isinstance(message, str) or not message else None


def check_crash(answer: Answer, *extra: Tuple[str, str]) -> None:
    assert json.loads(answer.body) == {"code": 500, "message": TABLE[500]}
    check_own(answer, 500, *extra)


def check_raised(answer: Answer) -> None:
    """The answer to the StandardError of the programs."""
    body = {"code": 409, "message": "own", "cause": "423 Locked"}
    assert json.loads(answer.body) == body
    check_own(answer, 409, ("x-own", "1"))


def check_refused(answer: Answer) -> None:
    body = json.loads(answer.body)
    error = {"resource": "Request", "field": "Content-Length", "code": "too_large"}
    assert (body["code"], body["message"]) == (413, TABLE[413])
    assert str(LIMIT) in body["cause"]
    assert body["errors"] == [error]
    check_own(answer, 413)


def check_own(answer: Answer, status: int, *extra: Tuple[str, str]) -> None:
    length = ("content-length", str(len(answer.body)))
    assert answer.headers == [("content-type", "application/json"), length, *extra]
    assert answer.status == status


def check_end(bare: Any, wrapped: Any, faults: List[Any]) -> None:
    """An exchange in which the middleware has no word ends as without it."""
    own = not isinstance(bare.error, (Violation, TooLarge))
    assert isinstance(wrapped.error, type(bare.error) if own else Exception)
    assert faults == []


def check_logged(app: Any, faults: List[Any]) -> None:
    """One record, of what left the app or of what it did against its protocol."""
    (error,) = faults
    assert app.raised in (None, error, error.__cause__)


def wsgi_answer(server: WSGIServer) -> Answer:
    ((status, headers),) = server.calls
    assert re.fullmatch("[4-9][0-9]{2} [A-Za-z -]+", status)
    pairs = [(name.lower(), value) for name, value in headers]
    return Answer(int(status[:3]), pairs, b"".join(server.chunks))


def started_wsgi(bare: WSGIServer) -> int:
    """The status with which a bare response left, 0 where nothing legal did."""
    status, headers = bare.calls[-1][:2] if bare.sent else (None, None)
    is_text = isinstance(status, str)
    found = is_text and re.match("[1-9][0-9]{2}(?![0-9])", status, re.ASCII)
    number = int(found[0]) if found else 0
    return number if number < 400 or headers is not None else 0


def wsgi_content(given: List[Any], error: Error) -> Tuple[bytes, bool]:
    """What is gathered of a body that may be JSON, and whether a chunk is not bytes."""
    given = list(itertools.dropwhile(lambda chunk: chunk == b"", given))
    looked_at = [isinstance(chunk, bytes) for chunk in given]
    content = given[: (looked_at + [False]).index(False)]
    if not error.may_be_json(b"".join(content[:1])):
        return b"", looked_at[:1] == [False]
    found = b"".join(content)
    return found, False in looked_at and len(found) <= 65_536


def check_wsgi(
    bare: WSGIServer, wrapped: WSGIServer, faults: List[Any], options: Options
) -> None:
    app, status = wrapped.app, started_wsgi(bare)
    raised = None if app.raised_late else app.raised
    error = Error(status, legal(bare.calls[-1][1] if status else (), str), options)
    content, broken = wsgi_content(bare.given, error)
    decided = error.is_unreadable and any(bare.given)
    broken = broken or bare.result is None and not decided
    passes = error.passes(content) and (not broken or len(content) > 65_536)
    is_own = status and not app.tripped and (status < 400 or raised is None)
    if is_own and (status < 400 or error.passes_at_once or passes):
        check_own_wsgi(bare, wrapped, is_same=status < 400 or error.passes_at_once)
        check_end(bare, wrapped, faults)
    elif is_final(raised) or is_final(app.close_error) or isinstance(raised, Broken):
        assert (wrapped.calls, faults) == ([], [])
        assert wrapped.error in (raised, app.close_error)
    elif app.tripped or isinstance(raised, StandardError):
        (check_refused if app.tripped else check_raised)(wsgi_answer(wrapped))
        assert (wrapped.error, faults) == (None, [])
    elif raised or not status or broken:
        check_crashed_wsgi(wrapped, faults, options["propagate_exceptions"])
    else:
        error.check(wsgi_answer(wrapped), content)
        assert (wrapped.error, faults) == (None, [])
        # No body but what may be JSON is read on.
        assert content or app.yielded <= 1 or error.is_json


def check_own_wsgi(bare: WSGIServer, wrapped: WSGIServer, is_same: bool) -> None:
    """The response is the app's own; each chunk too where nothing was gathered."""
    returned = wrapped.app.returned
    assert wrapped.calls == [bare.calls[-1][:2]]
    assert b"".join(wrapped.chunks) == b"".join(bare.chunks)
    if is_same:
        assert wrapped.app.trace == bare.app.trace
        is_whole = isinstance(returned, (list, tuple, FileWrapper))
        assert wrapped.result is returned or not is_whole


def check_crashed_wsgi(wrapped: WSGIServer, faults: List[Any], leaves: bool) -> None:
    if leaves:
        assert (wrapped.calls, faults) == ([], [])
        check_logged(wrapped.app, [wrapped.error])
    else:
        check_crash(wsgi_answer(wrapped))
        assert wrapped.error is None
        check_logged(wrapped.app, faults)


def run_wsgi(
    program: Program, incoming: Incoming, options: Options
) -> Tuple[WSGIServer, List[Any]]:
    """The program wrapped, and what was logged but for a close that failed."""
    server = WSGIServer(WSGIApp(program))
    with Faults() as faults:
        server.run(around(server.app, {**ALLOWING, **options}).wsgi, incoming)
    closing, app = server.app.close_error, server.app
    assert closing is None or (server.error is closing) + faults.errors.count(closing)
    assert app.closed == isinstance(app.returned, Stream)
    assert app.opened == app.ended or program.kind != "generator"
    assert [len(call) for call in server.calls] in ([], [2])
    return server, [error for error in faults.errors if error is not closing]


FINE = Start("200 OK", [("Content-Type", "text/html")])
SWALLOWED = Read(-1, True)


def page(*headers: Tuple[str, str]) -> Program:
    """An error page that others have too, with other headers or options."""
    start = Start("412 P", [("Content-Type", "text/html"), *headers])
    return Program((start,), "list", (Chunk(b"<p>own</p>"),))


NOT_FOUND = Start("404 N", [("Content-Type", "application/json")])
STANDARD = b'{"code": 404, "message": "own"}'
RANGE = Start("416 R", [("Content-Range", "bytes */9")])


@SHARE
@given(programs(), INCOMING, OPTIONS)
@example(Program((SWALLOWED, FINE), "list"), TOO_MUCH, DEFAULTS)
@example(Program((), "iterator", (SWALLOWED, FINE, Chunk(b"x"))), TOO_MUCH, DEFAULTS)
@example(Program((RANGE,), "list"), Incoming(), PRESERVING)
@example(page(), Incoming(), DEFAULTS)
@example(page(("X-A", "1")), Incoming(), DEFAULTS)
@example(page(), Incoming(), PRESERVING)
@example(Program((FINE,), "iterator", (Raise("Boom"),)), Incoming(), DEFAULTS)
@example(Program((NOT_FOUND,), "list", (Chunk(STANDARD),)), Incoming(), DEFAULTS)
def test_a_wsgi_app_of_any_kind_is_answered_for(
    program: Program, incoming: Incoming, options: Options
) -> None:
    bare = WSGIServer(WSGIApp(program))
    bare.run(bare.app, incoming, LIMIT)

    wrapped, faults = run_wsgi(program, incoming, options)

    check_wsgi(bare, wrapped, faults, options)


@SHARE
@given(programs(), OPTIONS)
@example(Program((NOT_FOUND,), "list"), DEFAULTS)
def test_a_head_of_any_wsgi_app_is_that_of_its_get(
    program: Program, options: Options
) -> None:
    bare = WSGIServer(WSGIApp(program))
    bare.run(bare.app, Incoming("HEAD"))

    get, get_faults = run_wsgi(program, Incoming("GET"), options)
    head, head_faults = run_wsgi(program, Incoming("HEAD"), options)

    assert list(map(type, head_faults)) == list(map(type, get_faults))
    assert type(head.error) is type(get.error)
    is_own = get.calls == [call[:2] for call in bare.calls[-1:]]
    assert head.chunks == (get.chunks if is_own else [])
    if head.calls != get.calls:
        # What GET would send, and how long it is, cannot be seen.
        assert not any(bare.given)
        answer = wsgi_answer(head)
        assert answer.status == wsgi_answer(get).status
        assert "json" in "".join(values(answer.headers, "content-type"))
        assert values(answer.headers, "content-length") == []


def is_response(one: Any) -> bool:
    return one["type"] in (START, *REST)


def asgi_answer(server: ASGIServer) -> Answer:
    """The response, in a legal order; an exception that went on may cut it."""
    start, *bodies = filter(is_response, server.messages)
    assert set(start) == {"type", "status", "headers"} and start["type"] == START
    assert {body["type"] for body in bodies} == {BODY}
    more = [body["more_body"] for body in bodies]
    assert more == [True] * (len(bodies) - 1) + [is_final(server.error) and more[-1]]
    assert not any(body["body"] for body in bodies[1:])
    pairs = [(n.decode("ascii"), v.decode("latin-1")) for n, v in start["headers"]]
    assert all(name == name.lower() for name, _ in pairs)
    return Answer(start["status"], pairs, bodies[0]["body"])


def gathered(messages: List[Any], error: Error) -> Tuple[bytes, bool]:
    """As much of an error's body as decides, and whether that is in sight."""
    content = b""
    for part in (one for one in messages if one["type"] in REST):
        if part["type"] != BODY:
            return b"", False
        content += part.get("body", b"")
        decides = content and not error.may_be_json(content)
        if decides or not part.get("more_body", False):
            break
    return content, True


def check_asgi(
    bare: ASGIServer, wrapped: ASGIServer, faults: List[Any], options: Options
) -> None:
    app, propagates = wrapped.app, options["propagate_exceptions"]
    late, raised = (app.raised, None) if app.raised_late else (None, app.raised)
    start: Any = next((m for m in bare.messages if m["type"] == START), {})
    status = int(start.get("status", 0))
    error = Error(status, legal(start.get("headers"), bytes), options)
    content, in_sight = gathered(bare.messages, error)
    passes = error.passes(content) or error.is_json and not in_sight
    is_own = status and not app.tripped and (status < 400 or raised is None)
    if is_own and (status < 400 or error.passes_at_once):
        check_same_asgi(bare, wrapped)
        check_end(bare, wrapped, faults)
    elif is_own and passes:
        check_whole_asgi(bare, wrapped, [*faults, late])
    elif is_final(raised):
        assert (wrapped.error, faults) == (raised, [])
        assert not any(map(is_response, wrapped.messages))
    elif app.tripped or isinstance(raised, StandardError):
        (check_refused if app.tripped else check_raised)(asgi_answer(wrapped))
        assert (wrapped.error, faults) == (late if is_final(late) else None, [])
    elif raised or not status and not app.gone:
        check_crashed_asgi(wrapped, faults, propagates)
    elif not status:
        assert json.loads(asgi_answer(wrapped).body)["code"] == 400
        assert (wrapped.error, faults) == (None, [])
    else:
        error.check(asgi_answer(wrapped), content)
        check_at_once(app.trace, start, error)
        check_late(wrapped, late, faults, propagates)


def check_same_asgi(bare: ASGIServer, wrapped: ASGIServer) -> None:
    """Every message leaves at its time; those of a success are the very objects."""
    assert wrapped.app.trace == bare.app.trace
    pairs = list(zip(wrapped.messages, bare.messages))
    is_error = any(one.get("status", 0) >= 400 for one, _ in pairs)
    assert is_error or all(one is other for one, other in pairs)


def check_crashed_asgi(wrapped: ASGIServer, faults: List[Any], leaves: bool) -> None:
    check_crash(asgi_answer(wrapped), *[("connection", "close")] * leaves)
    check_logged(wrapped.app, faults)
    assert [wrapped.error] == (faults if leaves else [None])


def check_whole_asgi(bare: ASGIServer, wrapped: ASGIServer, ends: List[Any]) -> None:
    """The response is the app's own; what it raised then is raised or logged."""
    responses = [list(filter(is_response, s.messages)) for s in (wrapped, bare)]
    assert responses[0] == responses[1]
    *faults, late = ends
    assert late in (wrapped.error, *faults)
    assert {id(fault) for fault in faults} <= {id(late)}


def check_late(
    wrapped: ASGIServer, late: Any, faults: List[Any], propagates: bool
) -> None:
    """What an app raises after it was answered for is logged, but for the limit."""
    assert not isinstance(late, Violation)  # nothing it sends gets to the server
    if wrapped.app.tripped_late and not is_final(late):
        assert {*faults, wrapped.error} <= {late, None}
    else:
        assert wrapped.error is (late if is_final(late) or propagates else None)
        assert faults == [late] * isinstance(late, Exception)


def check_at_once(trace: List[Any], start: Any, error: Error) -> None:
    """The first part of a body decides, unless it may be JSON, and all leaves then."""
    wires = [i for i, step in enumerate(trace) if step[0] == "wire"]
    first = next(i for i in wires if trace[i][1]["type"] == START)
    assert trace[first + 1][0] == "wire" and len(trace[first + 1]) == 2
    begun = next(i for i, step in enumerate(trace) if step[0] is start)
    sent = [step.message for step in trace[begun:first] if type(step) is Send]
    bodies = [one.get("body", b"") for one in sent if one["type"] == BODY]
    told = list(filter(None, bodies))
    assert len(told) <= 1 or error.may_be_json(told[0])


MISSED = Send(message("start", status=404, headers=[]))


@SHARE
@given(asgi_steps(), INCOMING, OPTIONS)
@example((Read(), Read()), Incoming(), DEFAULTS)
@example((SWALLOWED,), TOO_MUCH, DEFAULTS)
@example((MISSED, Send(message("body")), Read()), TOO_MUCH, DEFAULTS)
def test_an_asgi_app_of_any_kind_is_answered_for(
    steps: Steps, incoming: Incoming, options: Options
) -> None:
    before = copy.deepcopy(steps)
    bare, wrapped = ASGIServer(ASGIApp(steps)), ASGIServer(ASGIApp(steps))
    bare.run(bare.app, incoming, LIMIT)

    with Faults() as faults:
        wrapped.run(around(wrapped.app, {**ALLOWING, **options}).asgi, incoming)

    check_asgi(bare, wrapped, faults.errors, options)
    extra = [[m for m in s.messages if not is_response(m)] for s in (wrapped, bare)]
    assert extra[0] == extra[1][: len(extra[0])]
    assert steps == before


POLICIES: List[Options] = [
    {"max_body_size": 10, "consumes": ["application/json", "text/*"]},
    {"allowed_methods": ["GET", "POST"], "max_body_size": 10},
    {"require_content_length": False, "max_body_size": 10, "produces": ["text/html"]},
    {"max_body_size": 10, "consumes": ["text/html"], "produces": ["text/html"]},
    {"produces_encodings": ["gzip"], "consumes": ["text/html"], "max_body_size": None},
]
UNMEASURED = {"OPTIONS", "TRACE", "CONNECT"}
WITH_BODY = {"POST", "PUT", "PATCH"}
REPLIES = st.sampled_from([(200, "text/html"), (404, "text/html"), (423, "text/html")])


class Rules:
    """The request checks of the contract, as far as they need no grammar."""

    def __init__(self, head: Head, policy: Options) -> None:
        self.head, self.policy, self.method = head, policy, head.method
        fields = [(name.lower(), value) for name, value in head.fields]
        self.lengths = values(fields, "content-length")
        self.codings = values(fields, "transfer-encoding")
        self.types = values(fields, "content-type")
        self.accepts = values(fields, "accept") + values(fields, "accept-encoding")
        needed = {"origin", "access-control-request-method"}
        is_asked = needed <= {name for name, _ in fields}
        self.is_preflight = self.method == "OPTIONS" and is_asked
        self.requires = policy.get("require_content_length", True)

    def refusal(self) -> int:
        """The status of the framing, method, length and size checks; 0 for none."""
        if self._is_misframed():
            return 400
        if self.is_preflight:
            return 0
        allowed = self.policy.get("allowed_methods")
        if allowed and self.method not in [*allowed, "HEAD"]:
            return 405
        if self._is_unmeasured():
            return 411
        limit = self.policy["max_body_size"]
        return 413 if limit and int((self.lengths or "0")[0]) > limit else 0

    def later(self) -> Set[int]:
        """What the type and accept checks may say."""
        if self.is_preflight or self.method in UNMEASURED:
            return set()
        fits = self.accepts in ([], ["text/html"]) or "produces" not in str(self.policy)
        found = set() if fits and "gzip" not in str(self.policy) else {406}
        return (
            found | {415} if self._is_typed() and self.types != ["text/html"] else found
        )

    @property
    def is_untyped(self) -> bool:
        """Whether the body lacks a type that it needs."""
        return self._is_typed() and not self.types and not self.is_preflight

    def _is_typed(self) -> bool:
        untyped = {"GET", "HEAD", *UNMEASURED}
        return (
            "consumes" in self.policy
            and self.method not in untyped
            and self._has_body()
        )

    def _has_body(self) -> bool:
        is_framed = self.head.version == "2" and self.method in WITH_BODY
        unknown = bool(self.codings) or is_framed and not self.lengths
        return unknown or self.lengths not in ([], ["0"])

    def _is_misframed(self) -> bool:
        coding = ",".join(self.codings).split(",")[-1].strip(" \t").lower()
        length = ",".join(self.lengths)
        return (
            bool(self.lengths and not re.fullmatch("[0-9]+", length))
            or bool(self.codings and coding != "chunked")
            or bool(self.lengths and self.codings and self.requires)
            or not re.fullmatch("[!#$%&'*+.^_`|~0-9A-Za-z-]+", self.method)
        )

    def _is_unmeasured(self) -> bool:
        if not self.requires or self.method in UNMEASURED:
            return False
        is_missing = not self.lengths and self.method in WITH_BODY
        return bool(self.codings) or is_missing and self.head.version != "2"


def check_refusal(answer: Answer, rules: Rules) -> None:
    """A refusal says what was wrong, and nothing of the request is in its head."""
    status, policy = answer.status, rules.policy
    types = policy.get("consumes", [])
    patch = ", ".join(name for name in types if "*" not in name)
    extras: Dict[int, Any] = {
        405: [[("allow", "GET, HEAD, POST")]],
        406: [[("vary", "Accept")], [("vary", "Accept-Encoding")]],
        415: [[("accept", ", ".join(types)), ("accept-patch", patch)]],
    }
    extras[415] = [extras[415][0][: 1 + (rules.method == "PATCH")]]
    assert answer.headers[2:] in extras.get(status, [[]])
    assert answer.headers[0] == ("content-type", "application/json")
    if rules.method == "HEAD":
        assert answer.body == b""
        return
    check_own(answer, status, *answer.headers[2:])
    body = json.loads(answer.body.decode("ascii"))
    ((resource, field, code),) = (error.values() for error in body["errors"])
    assert list(body) == ["code", "message", "cause", "errors"]
    assert (body["code"], body["message"]) == (status, TABLE[status])
    is_framing = field in ("Content-Length", "Transfer-Encoding", "method")
    assert resource == "Request" and (is_framing or status in (406, 415))
    assert code in CODES[status] and body["cause"] and len(answer.body) < 1000


CODES = {
    400: ["invalid"],
    405: ["unsupported"],
    406: ["unsupported"],
    411: ["missing_field"],
    413: ["too_large"],
    415: ["missing_field", "invalid", "unsupported"],
}


def uncaused(answer: Answer) -> Any:
    """Without the words that quote a field, which the server's "," had joined."""
    body = json.loads(answer.body or b"{}")
    pairs = [pair for pair in answer.headers if pair[0] != "content-length"]
    return answer.status, pairs, {**body, "cause": ""}


def waits(head: Head) -> bool:
    """Whether the client sends its body only when that is asked for."""
    return any(
        pair[0] == "Expect" and "100-continue" in pair[1] for pair in head.fields
    )


class Site:
    """One app behind the middleware, on both interfaces."""

    def __init__(self, reply: Tuple[int, str], policy: Options) -> None:
        self.status, label = reply
        line = Start(f"{self.status} Any", [("content-type", label)])
        headers = encoded(line.headers)
        start = message("start", status=self.status, headers=headers)
        self._program = Program((line,), "list", (Chunk(b"own"),))
        self._steps = (Send(start), Send(message("body", body=b"own", more_body=False)))
        self._policy = policy

    def by_wsgi(self, head: Head) -> Tuple[Answer, bool]:
        """The answer, and whether the app ran."""
        server = WSGIServer(WSGIApp(self._program))
        server.run(around(server.app, self._policy).wsgi, head)
        assert server.error is None
        ((status, headers),) = server.calls
        pairs = [(name.lower(), value) for name, value in headers]
        answer = Answer(int(status[:3]), pairs, b"".join(server.chunks))
        assert not (waits(head) and server.input.reads)
        return answer, any(type(step) is Start for step in server.app.trace)

    def by_asgi(self, head: Head) -> Tuple[Answer, bool]:
        """The same, without what only ASGI may say of the connection."""
        server = ASGIServer(ASGIApp(self._steps))
        server.run(around(server.app, self._policy).asgi, head)
        assert server.error is None
        assert not (waits(head) and server.reads)
        status, headers, body = asgi_answer(server)
        pairs = [pair for pair in headers if pair != ("connection", "close")]
        ran = any(type(step) is Send for step in server.app.trace)
        return Answer(status, pairs, body), ran


LONG: Any = (("Content-Length", "50"),)
WAITING: Any = (*LONG, ("Expect", "100-continue"))


@SHARE
@example([Head("POST", LONG), Head("POST", WAITING)], (200, "text/html"), POLICIES[0])
@given(head_lists(), REPLIES, st.sampled_from(POLICIES))
def test_any_head_gets_one_answer_on_both_whatever_came_before(
    heads: List[Head], reply: Tuple[int, str], policy: Options
) -> None:
    site = Site(reply, policy)
    for head in heads:
        rules = Rules(head, policy)
        refusal, later = rules.refusal(), rules.later()

        (wsgi, ran), (asgi, ran_too) = site.by_wsgi(head), site.by_asgi(head)

        assert ran == ran_too
        assert wsgi == asgi or head.joint == "," and uncaused(wsgi) == uncaused(asgi)
        if ran:
            assert refusal == 0 and not rules.is_untyped
            assert wsgi.status == {200: 200, 404: 404, 423: 409}[reply[0]]
        else:
            assert wsgi.status in ({refusal} if refusal else later)
            assert refusal or wsgi.status == 415 or not rules.is_untyped
            check_refusal(wsgi, rules)
