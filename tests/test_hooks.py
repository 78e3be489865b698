"""``error_headers`` and ``extra_fields``: what answers have of them."""

from __future__ import annotations

import json
from itertools import count
from types import MappingProxyType
from typing import Any, Callable, Dict, List, Tuple

import pytest

from stderrmw import FieldError, StandardError

from .interfaces import HTML, JSON, SENT_EACH, Reply, Req, Result, asgi_of, wsgi_of

Ask = Callable[..., Result]

TWO = [("X-Own", "\xe9"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]
LOWER = [(name.lower(), value) for name, value in TWO]
ERROR_HEADERS = {"pairs": TWO, "a callable": lambda source: iter(TWO)}
CHUNKED = Req("POST", (("Transfer-Encoding", "chunked"),), (b"12345", b"6789"))
OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST"],
    "max_body_size": 5,
    "require_content_length": False,
}
GET, PUT = Req(), Req("PUT")
CRASH = Reply(error=RuntimeError("the app's"))
WRONG = FieldError("Order", "number", "invalid")
RAISES = Reply(
    error=StandardError(423, "Locked", errors=[WRONG], headers=[("Vary", "A")])
)
PAGE = Reply(404, HTML, (b"<h1>Not Found</h1>",))
PARTIAL = Reply(404, JSON, (b'{"detail": "none", "cause": null, "own": 1}',))
WHOLE = Reply(404, JSON, (b'{"code": "E1", "message": "none"}',))

# request and app of which the answer has no response of the app behind it
OURS = {
    "a refusal": (PUT, Reply()),
    "a refusal of HEAD": (
        Req("HEAD", (("Content-Length", "6"),)),
        Reply(),
    ),
    "a body that is found to be too large": (CHUNKED, Reply(reads=True)),
    "one that the app swallows": (CHUNKED, PAGE._replace(reads=True, swallows=True)),
    "a crash": (GET, CRASH),
    "a standard error": (GET, RAISES),
}
# and those where it has one
THEIRS = {
    "a replaced page": (GET, PAGE),
    "a replaced page of HEAD": (Req("HEAD"), PAGE),
    "completed JSON": (GET, PARTIAL),
    "JSON labelled as text": (GET, PARTIAL._replace(headers=HTML)),
    "JSON that is a list": (GET, PARTIAL._replace(chunks=(b"[1]",))),
    "broken JSON": (GET, PARTIAL._replace(chunks=(b"[1",))),
    "a stream's first chunk": (GET, PAGE._replace(chunks=(b"<p>", b"more"))),
}
UNTOUCHED = {
    "a success": (GET, Reply()),
    "standard JSON": (GET, WHOLE),
    "JSON of which the status alone changes": (
        GET,
        WHOLE._replace(status=418, chunks=(b'{"code": 418, "message": "none"}',)),
    ),
    "JSON over 64 KiB": (GET, WHOLE._replace(chunks=(b"[", b" " * 65_536, b"]"))),
    "a HEAD of JSON": (Req("HEAD"), WHOLE._replace(chunks=())),
}


@pytest.mark.parametrize("wanted", ERROR_HEADERS.values(), ids=ERROR_HEADERS)
@pytest.mark.parametrize("row", OURS.values(), ids=OURS)
def test_an_answer_of_ours_has_the_error_headers_last(
    ask: Ask, row: Any, wanted: Any
) -> None:
    plain = ask(*row, **OPTIONS)

    result = ask(*row, **OPTIONS, error_headers=wanted)

    assert plain.status >= 400
    assert result == plain._replace(headers=plain.headers + LOWER)


@pytest.mark.parametrize("wanted", ERROR_HEADERS.values(), ids=ERROR_HEADERS)
@pytest.mark.parametrize(
    "row", [*THEIRS.values(), *UNTOUCHED.values()], ids=[*THEIRS, *UNTOUCHED]
)
def test_a_response_of_the_app_has_no_error_headers(
    ask: Ask, row: Any, wanted: Any
) -> None:
    assert ask(*row, **OPTIONS, error_headers=wanted) == ask(*row, **OPTIONS)


# What was there already stays, in the order of the standard; "detail" is an app's own.
EXTRA = {
    **{"code": 1, "message": "x", "cause": "x", "errors": [], "detail": "x"},
    **{"own": {"id": ["\u2603", 1.5, None, True]}},
}


WITH_FIELDS = {**OURS, **THEIRS}
HEADS = [row for row in WITH_FIELDS.values() if row[0].method == "HEAD"]
BODIES = {name: row for name, row in WITH_FIELDS.items() if row not in HEADS}


@pytest.mark.parametrize("row", BODIES.values(), ids=BODIES)
def test_extra_fields_come_last_and_replace_nothing(ask: Ask, row: Any) -> None:
    request, reply = row
    plain = ask(request, reply, **OPTIONS)

    result = ask(request, reply, **OPTIONS, extra_fields=lambda source: EXTRA)

    fields, was = json.loads(result.body), json.loads(plain.body)
    added = [name for name in EXTRA if name not in was]
    assert fields == {**EXTRA, **was}
    assert list(fields) == [*was, *added]
    assert result.body.isascii()
    assert ("content-length", str(len(result.body))) in result.headers
    assert result.status == plain.status == was["code"]


@pytest.mark.parametrize("request_, reply", HEADS)
def test_extra_fields_count_in_the_length_that_a_head_tells(
    ask: Ask, request_: Req, reply: Reply
) -> None:
    options = {**OPTIONS, "extra_fields": lambda source: EXTRA}

    whole = ask(request_._replace(method="GET"), reply, **options)

    assert b'"own"' in whole.body
    assert ask(request_, reply, **options) == whole._replace(body=b"")


@pytest.mark.parametrize("row", UNTOUCHED.values(), ids=UNTOUCHED)
def test_what_is_not_completed_has_no_extra_fields(ask: Ask, row: Any) -> None:
    plain = ask(*row, **OPTIONS)

    assert ask(*row, **OPTIONS, extra_fields=lambda source: EXTRA) == plain


@pytest.mark.parametrize("chunk", [PARTIAL.chunks, WHOLE.chunks])
def test_json_that_is_kept_has_no_extra_fields(ask: Ask, chunk: Any) -> None:
    reply = WHOLE._replace(status=418, chunks=chunk)
    options = {"json_errors": "keep", "extra_fields": lambda source: EXTRA}

    assert (ask(GET, reply, **options).body,) == chunk


def test_error_headers_do_not_replace_those_of_the_answer(ask: Ask) -> None:
    own = [("vary", "Origin"), ("Allow", "TRACE")]

    refused = ask(PUT, allowed_methods=["GET"], error_headers=own)
    raised = ask(GET, RAISES, error_headers=own)

    assert refused.headers[2:] == [
        *(("allow", "GET, HEAD"), ("vary", "Origin"), ("allow", "TRACE"))
    ]
    assert raised.headers[2:] == [
        *(("vary", "A"), ("vary", "Origin"), ("allow", "TRACE"))
    ]


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
@pytest.mark.parametrize("row", [OURS["a refusal"], OURS["a crash"]])
def test_error_headers_are_asked_for_with_each_answer(of: Any, row: Any) -> None:
    request, reply = row
    numbers = count()
    send = of(
        reply, **OPTIONS, error_headers=lambda source: [("X", str(next(numbers)))]
    )

    seen = [dict(send(request).headers)["x"] for _ in range(4)]

    assert seen == ["0", "1", "2", "3"]


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
@pytest.mark.parametrize("row", WITH_FIELDS.values(), ids=WITH_FIELDS)
def test_extra_fields_are_asked_for_once_with_each_answer(of: Any, row: Any) -> None:
    request, reply = row
    asked: List[Any] = []
    send = of(reply, **OPTIONS, extra_fields=asked.append)

    for number in range(1, 5):
        send(request)
        assert len(asked) == number


@pytest.mark.parametrize("row", WITH_FIELDS.values(), ids=WITH_FIELDS)
def test_the_callables_get_the_environ_or_scope(ask: Ask, row: Any) -> None:
    sources: List[Any] = []

    def note(source: Any) -> List[Any]:
        sources.append(source)
        return []

    ask(*row, **OPTIONS, error_headers=note, extra_fields=note)

    for source in sources:
        assert source.get("REQUEST_METHOD", source.get("method")) == row[0].method
    assert len(sources) in (SENT_EACH, SENT_EACH * 2)


def raises(error: BaseException) -> Callable[[Any], Any]:
    def hook(source: object) -> Any:
        raise error

    return hook


def circle() -> List[Any]:
    found: List[Any] = []
    found.append(found)
    return found


def deep() -> List[Any]:
    found: List[Any] = []
    for _ in range(20_000):
        found = [found]
    return found


FIELDS = {
    "a mapping that is no dict": (MappingProxyType({"own": 1}), {"own": 1}),
    "pairs": ([("own", (1, 2))], {"own": [1, 2]}),
    "nothing": (None, {}),
    "an empty dict": ({}, {}),
    "half of a pair of surrogates": ({"own": "\ud800"}, {"own": "\ud800"}),
}


@pytest.mark.parametrize("row", FIELDS.values(), ids=FIELDS)
def test_fields_may_be_what_a_dict_can_be_made_of(
    ask: Ask, caplog: Any, row: Any
) -> None:
    given, added = row

    result = ask(PUT, allowed_methods=["GET"], extra_fields=lambda source: given)

    fields = json.loads(result.body)
    assert {name: fields[name] for name in list(fields)[4:]} == added
    assert caplog.records == []


WRITTEN = [OURS["a refusal"], THEIRS["a replaced page"], THEIRS["completed JSON"]]
NO_FIELDS = {
    "raises": raises(ValueError("the hook's")),
    "raises a standard error": raises(StandardError(429)),
    "a number": lambda source: 5,
    "a str": lambda source: "abc",
    "a name that is no str": lambda source: {"own": 1, 1: 2},
    "NaN": lambda source: {"own": float("nan")},
    "an infinity within": lambda source: {"own": [{"deep": float("-inf")}]},
    "bytes": lambda source: {"own": b"x"},
    "what is no JSON": lambda source: {"own": object()},
    "a circle": lambda source: {"own": circle()},
    "lists in lists in lists": lambda source: {"own": deep()},
}
NO_HEADERS = {
    "raises": raises(ValueError("the hook's")),
    "raises a standard error": raises(StandardError(429)),
    "raises as it goes": lambda source: (1 / number for number in (1, 0)),
    "a number": lambda source: 5,
    "a str": lambda source: "Vary: Origin",
    "bytes": lambda source: b"Vary: Origin",
    "a dict": lambda source: {"Vary": "Origin"},
}


def failures(caplog: Any) -> List[Tuple[str, bool]]:
    """What was logged of callables, and whether with the traceback."""
    records = [r for r in caplog.records if "and the answer leaves without it" in r.msg]
    assert {record.name for record in records} <= {"stderrmw"}
    return [(record.getMessage(), bool(record.exc_info)) for record in records]


@pytest.mark.parametrize("row", WRITTEN)
@pytest.mark.parametrize("hook", NO_FIELDS.values(), ids=NO_FIELDS)
def test_extra_fields_that_fail_are_logged_and_left_out(
    ask: Ask, caplog: Any, hook: Any, row: Any
) -> None:
    result = ask(*row, **OPTIONS, extra_fields=hook)

    words = "extra_fields failed, and the answer leaves without it"
    assert failures(caplog) == [(words, True)] * SENT_EACH
    assert result == ask(*row, **OPTIONS)


@pytest.mark.parametrize("row", [OURS["a refusal"], OURS["a crash"]])
@pytest.mark.parametrize("hook", NO_HEADERS.values(), ids=NO_HEADERS)
def test_error_headers_that_fail_are_logged_and_left_out(
    ask: Ask, caplog: Any, hook: Any, row: Any
) -> None:
    result = ask(*row, **OPTIONS, error_headers=hook)

    words = "error_headers failed, and the answer leaves without it"
    assert failures(caplog) == [(words, True)] * SENT_EACH
    assert result == ask(*row, **OPTIONS)


UNSENDABLE: List[Any] = [
    *(("X", "a\r\nSet-Cookie: b"), ("X: a", "b"), ("X", "\u2603"), ("X", b"a")),
    *((b"X", "a"), ("X", None), ("X",), ("X", "a", "b"), "Xa", None, ("", "a")),
]


@pytest.mark.parametrize("pair", UNSENDABLE)
def test_an_error_header_that_cannot_be_sent_is_logged_and_left_out(
    ask: Ask, caplog: Any, pair: Any
) -> None:
    pairs = [("A", "b"), pair, ("C", "d")]

    result = ask(PUT, allowed_methods=["GET"], error_headers=lambda source: pairs)

    assert result.headers[-2:] == [("a", "b"), ("c", "d")]
    assert len(result.headers) == 5
    assert len(caplog.records) == SENT_EACH
    assert "dropped a header that cannot be sent" in caplog.records[0].getMessage()


def test_an_error_header_about_the_body_is_left_out(ask: Ask) -> None:
    pairs = [("Content-Length", "5"), ("content-type", "a/b"), ("Connection", "close")]

    result = ask(PUT, **OPTIONS, error_headers=lambda source: [*pairs, ("A", "b")])

    assert result == ask(PUT, **OPTIONS, error_headers=[("A", "b")])


@pytest.mark.parametrize("given", [None, [], ()])
def test_there_may_be_no_error_headers_for_a_request(
    ask: Ask, caplog: Any, given: Any
) -> None:
    result = ask(PUT, **OPTIONS, error_headers=lambda source: given)

    assert result == ask(PUT, **OPTIONS)
    assert caplog.records == []


def test_one_that_fails_takes_nothing_from_the_other(ask: Ask) -> None:
    fails = raises(ValueError("the hook's"))

    headed = ask(PUT, **OPTIONS, error_headers=TWO, extra_fields=fails)
    filled = ask(PUT, **OPTIONS, error_headers=fails, extra_fields=lambda s: EXTRA)

    assert headed.headers[-3:] == LOWER
    assert b'"own"' in filled.body


class Stop(BaseException):
    """As a server's timeout or a cancelled task raises."""


@pytest.mark.parametrize("option", ["error_headers", "extra_fields"])
@pytest.mark.parametrize("row", OURS.values(), ids=OURS)
def test_what_ends_a_worker_ends_it_from_a_callable_too(
    ask: Ask, option: str, row: Any
) -> None:
    with pytest.raises(Stop):
        ask(*row, **OPTIONS, **{option: raises(Stop())})


@pytest.mark.parametrize("row", THEIRS.values(), ids=THEIRS)
def test_what_ends_a_worker_ends_it_when_a_response_is_rewritten(
    ask: Ask, row: Any
) -> None:
    with pytest.raises(Stop):
        ask(*row, **OPTIONS, extra_fields=raises(Stop()))
