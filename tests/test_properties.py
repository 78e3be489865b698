"""What holds for any header and any JSON: no exception, both interfaces alike."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stderrmw.json_errors import complete
from stderrmw.media_types import (
    MediaType,
    accepts_coding,
    accepts_type,
    parse_media_type,
)

from .interfaces import JSON, Pairs, Reply, Req, by_asgi, by_wsgi

OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST", "PATCH"],
    "max_body_size": 100,
    "consumes": ["application/json", "text/*"],
    "produces": ["application/json"],
    "produces_encodings": ["gzip"],
    "drain_limit": 0,
}
PIECES = st.sampled_from(
    ["application", "json", "text", "*", "/", ";", ",", "q", "=", "0", "1", ".", '"']
    + ["\\", " ", "\t", "chunked", "gzip", "identity", "-", "+", "\xe9", "5", "%"]
)
VALUES = st.one_of(
    st.lists(PIECES, max_size=12).map("".join),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
)
FIELDS = st.sampled_from(
    ["Content-Length", "Content-Type", "Transfer-Encoding", "Accept"]
    + ["Accept-Encoding", "Expect", "Origin", "Access-Control-Request-Method"]
)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "OPTIONS", "HEAD", "get", "A B"])


@given(METHODS, st.lists(st.tuples(FIELDS, VALUES), max_size=5).map(tuple))
def test_any_head_gets_the_same_answer_on_both(method: str, headers: Pairs) -> None:
    headers = tuple(pair for pair in headers if pair[1] or pair[0][:7] != "Content")
    request = Req(method, headers, (b"12345",))

    wsgi, asgi = (by(request, **OPTIONS) for by in (by_wsgi, by_asgi))

    closing = ("connection", "close")
    assert [pair for pair in asgi.headers if pair != closing] == wsgi.headers
    assert (wsgi.status, wsgi.body, wsgi.ran) == (asgi.status, asgi.body, asgi.ran)
    assert wsgi.status in (200, 400, 405, 406, 411, 413, 415)
    if wsgi.status != 200 and method != "HEAD":
        assert json.loads(wsgi.body)["code"] == wsgi.status


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
NAMES = st.sampled_from(["code", "message", "detail", "cause", "error"]) | st.text()
VALUE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
LAYOUTS: List[Tuple[Any, Any]] = [(None, (",", ":")), (1, (" , ", "\t: ")), (0, None)]


@given(
    st.dictionaries(NAMES, VALUE, max_size=5) | VALUE,
    st.sampled_from(LAYOUTS),
    st.booleans(),
    st.sampled_from([(404, 404), (409, 423)]),
)
@example({"code": 5, "message": ""}, LAYOUTS[0], True, (404, 404))
def test_completed_json_has_all_that_the_app_sent(
    value: Any, layout: Any, ascii_only: bool, statuses: Tuple[int, int]
) -> None:
    status, original = statuses
    indent, separators = layout
    text = json.dumps(
        value, ensure_ascii=ascii_only, indent=indent, separators=separators
    )

    body = json.loads(complete(text, status, original) or text)

    sent = value if isinstance(value, dict) else {"detail": value}
    assert body["code"] is not None
    assert isinstance(body["message"], str) and body["message"]
    for name, field in sent.items():
        if name == "message" and body["message"] != field:
            assert body["detail"] == sent.get("detail", field)
        elif name == "code":
            kept = type(field) is int and status != original
            assert body["code"] == (status if kept or field is None else field)
        else:
            assert body[name] == field
    again = json.dumps(body)
    assert complete(again, status, status) == again


@given(st.text())
@example("[" * 100_000)
@example('{"a": 1}x')
@example("Infinity")
def test_any_other_text_is_refused_as_json(text: str) -> None:
    try:
        body = complete(text, 404, 404)
    except (ValueError, RecursionError):
        with pytest.raises((ValueError, RecursionError)):
            json.loads(text, parse_int=float, parse_constant=int)  # which fails
    else:
        assert json.loads(body or text)["code"]


@given(st.binary(max_size=80))
def test_any_bytes_as_a_json_error_leave_as_json(content: bytes) -> None:
    reply = Reply(404, JSON, (content,))

    wsgi, asgi = (by(Req(), reply) for by in (by_wsgi, by_asgi))

    assert wsgi == asgi
    assert json.loads(wsgi.body)["message"]


ZEROS = ["a/b;q=000", "0", "a/b;q=", "\\,"]
HOSTILE = ZEROS + [
    '"',
    '\\"',
    '"\\',
    ",",
    ";",
    '","',
    "a/b;",
    "*/*,",
    'a/b;x="',
    "=",
    "\\",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_header_is_read_at_all(piece: str) -> None:
    """What is quadratic in its length would take hours here."""
    offer = MediaType("application", "json", frozenset())
    text = piece + (piece[-1] * 100_000 + "x") if piece in ZEROS else piece * 100_000

    found = parse_media_type(text)
    assert found is None or found[:2] == ("a", "b")
    assert accepts_type(text, (offer,)) in (True, False)
    assert accepts_coding(text, ("gzip",)) in (True, False)
