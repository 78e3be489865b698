"""Bad requests: one table of every kind, and of what only looks like one.

Each row runs through both interfaces, and the same status, headers and bytes leave.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

import pytest

from .interfaces import SENT_EACH, Pairs, Req, asgi_of, by_asgi, by_wsgi, wsgi_of


def sent(method: str, *headers: Tuple[str, str], **more: Any) -> Req:
    return Req(method, headers, (b"12345",), **more)


def post(*headers: Tuple[str, str]) -> Req:
    return sent("POST", ("Content-Length", "5"), *headers)


def get(*headers: Tuple[str, str]) -> Req:
    return Req("GET", headers)


# request, options, status, the field and the code in `errors`, a header that leaves
REFUSED: Dict[str, Tuple[Req, Dict[str, Any], int, Tuple[str, str], Pairs]] = {}


def refused(
    name: str,
    request: Req,
    status: int,
    field: str,
    code: str,
    *headers: Tuple[str, str],
    **options: Any,
) -> None:
    REFUSED[name] = (request, options, status, (field, code), headers)


LENGTH, CODING = "Content-Length", "Transfer-Encoding"
for text in (
    "+5",
    "-1",
    "X5",
    "1_0",
    "0x5",
    "5x",
    "5 5",
    "5,",
    "\xb2",
    "\u0663",
    "\xa05",
):
    raw = text.encode("utf-8").decode("latin-1") if text == "\u0663" else text
    row = f"length {ascii(text)} is no number"
    refused(row, sent("POST", (LENGTH, raw)), 400, LENGTH, "invalid")
refused("a length of blanks", sent("POST", (LENGTH, "  ")), 400, LENGTH, "invalid")
refused(
    "a length twice",
    sent("POST", (LENGTH, "5"), (LENGTH, "5")),
    400,
    LENGTH,
    "invalid",
)
refused(
    "a length beside chunks",
    sent("POST", (LENGTH, "5"), (CODING, "chunked")),
    400,
    LENGTH,
    "invalid",
)
CODINGS = ["gzip", "chunked, gzip", "identity", "", "chunked,", "chunked;x=1"]
for text in (*CODINGS, "chunked\xa0", "\x0bchunked", "Xchunked"):
    row = f"coding {ascii(text)} does not end in chunked"
    refused(row, sent("POST", (CODING, text)), 400, CODING, "invalid")
for method in ("G T", "G,T", "G\xe9T", ""):
    refused(f"method {method!r} is no token", Req(method), 400, "method", "invalid")

ONLY_GET = {"allowed_methods": ["GET", "DELETE"]}
ALLOW = ("Allow", "DELETE, GET, HEAD")
for method in ("POST", "get", "FOO-BAR", "OPTIONS", "TRACE"):
    row = f"method {method} is not allowed"
    refused(row, Req(method), 405, "method", "unsupported", ALLOW, **ONLY_GET)

for method in ("POST", "PUT", "PATCH"):
    refused(f"{method} without a length", Req(method), 411, LENGTH, "missing_field")
for method in ("POST", "GET", "DELETE", "HEAD"):
    chunked = sent(method, (CODING, "Chunked"))
    refused(f"{method} in chunks", chunked, 411, LENGTH, "missing_field")
refused(
    "gzip in chunks",
    sent("PUT", (CODING, "gzip, chunked")),
    411,
    LENGTH,
    "missing_field",
)

TEN = {"max_body_size": 10}
for text in ("11", "0011", "0" * 50 + "11", "9" * 19, "9" * 5000, "1" + "0" * 400):
    row = f"a length of {len(text)} digits over the limit"
    refused(row, sent("POST", (LENGTH, text)), 413, LENGTH, "too_large", **TEN)
refused(
    "a GET with too much", sent("GET", (LENGTH, "11")), 413, LENGTH, "too_large", **TEN
)
refused(
    "anything where nothing may be", post(), 413, LENGTH, "too_large", max_body_size=0
)

TYPE = "Content-Type"
JSON_ONLY = {"consumes": ["application/json"]}
ACCEPTS = ("Accept", "application/json")
for value in ("text/plain", "application/x+json", "text/*", "*/*"):
    row = f"type {value} is not consumed"
    code = "unsupported"
    refused(row, post((TYPE, value)), 415, TYPE, code, ACCEPTS, **JSON_ONLY)
for value in ("json", "application/", "application/json, text/plain", "a b/c", "/"):
    row = f"type {value!r} is malformed"
    refused(row, post((TYPE, value)), 415, TYPE, "invalid", ACCEPTS, **JSON_ONLY)
refused(
    "a body without a type", post(), 415, TYPE, "missing_field", ACCEPTS, **JSON_ONLY
)
refused(
    "a type twice",
    post((TYPE, "application/json"), (TYPE, "application/json")),
    415,
    TYPE,
    "invalid",
    ACCEPTS,
    **JSON_ONLY,
)
refused(
    "a patch of another type",
    sent("PATCH", (LENGTH, "5"), (TYPE, "text/plain")),
    415,
    TYPE,
    "unsupported",
    ("Accept", "application/json, text/csv;header=present, image/*"),
    ("Accept-Patch", "application/json, text/csv;header=present"),
    consumes=["application/json", "text/csv; header=present", "image/*"],
)
refused(
    "a patch where only ranges are consumed",
    sent("PATCH", (LENGTH, "5"), (TYPE, "text/plain")),
    415,
    TYPE,
    "unsupported",
    ("Accept", "image/*"),
    consumes=["image/*"],
)

PRODUCES = {"produces": ["application/json"]}
VARY = ("Vary", "Accept")
for value in (
    "text/html",
    "application/json;q=0",
    "*/*, application/json;q=0",
    "application/*;q=0.0, text/html",
    'text/html;x="a, application/json"',
    "application/problem+json",
    "application/json;Q=0",
    "*/*, application/*;q=0",
    "application/*, application/json;q=0",
):
    row = f"accept {value} excludes JSON"
    refused(row, get(("Accept", value)), 406, "Accept", "unsupported", VARY, **PRODUCES)
refused(
    "accept excludes the one with the parameter",
    get(("Accept", "application/json, application/json;v=1;q=0")),
    406,
    "Accept",
    "unsupported",
    VARY,
    produces=["application/json;v=1"],
)
refused(
    "a HEAD that accepts nothing here",
    Req("HEAD", (("Accept", "text/html"),)),
    406,
    "Accept",
    "unsupported",
    VARY,
    **PRODUCES,
)
for value, offers in (
    ("identity;q=0", ["identity"]),
    ("gzip, *;q=0", ["identity", "br"]),
    ("br", ["gzip"]),
    ("", ["gzip"]),
    (" ,\t,", ["gzip"]),
    ("gzip;q=0, gzip;q=0", ["gzip"]),
):
    refused(
        f"accept-encoding {value!r} excludes {offers}",
        get(("Accept-Encoding", value)),
        406,
        "Accept-Encoding",
        "unsupported",
        ("Vary", "Accept-Encoding"),
        produces_encodings=offers,
    )


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_a_bad_request_never_reaches_the_app(row: Any) -> None:
    request, options, status, (field, code), headers = row

    wsgi, asgi = (by(request, drain_limit=0, **options) for by in (by_wsgi, by_asgi))

    assert wsgi == asgi
    assert wsgi.status == status
    assert not wsgi.ran and not wsgi.asked and not wsgi.read
    length = dict(wsgi.headers)["content-length"]
    expected = [("content-type", "application/json"), ("content-length", length)]
    assert wsgi.headers == expected + [(name.lower(), value) for name, value in headers]
    if request.method != "HEAD":
        assert len(wsgi.body) == int(length) < 1000
        body = json.loads(wsgi.body.decode("ascii"))
        assert list(body) == ["code", "message", "cause", "errors"]
        entry = {"resource": "Request", "field": field, "code": code}
        assert (body["code"], body["errors"]) == (status, [entry])


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_a_bad_request_is_not_taken_for_one_without_what_is_bad(row: Any) -> None:
    """Heads are remembered: a field that a check looks at has to be in them."""
    request, options, status, (field, _), _ = row
    kept = tuple(pair for pair in request.headers if pair[0] != field)

    for of in (wsgi_of, asgi_of):
        send = of(drain_limit=0, **options)
        for _ in range(SENT_EACH):
            send(request._replace(headers=kept))
        assert send(request).status == status


ADMITTED: Dict[str, Tuple[Req, Dict[str, Any]]] = {
    "a length in blanks": (sent("POST", (LENGTH, " 5\t")), {}),
    "a length with zeros": (sent("POST", (LENGTH, "0005")), {}),
    "a length of many zeros": (sent("POST", (LENGTH, "0" * 400)), {}),
    "a length of just the limit": (sent("POST", (LENGTH, "10")), TEN),
    "a body of length 0": (Req("POST", ((LENGTH, "0"),)), {"max_body_size": 0}),
    "a long body without a limit": (
        sent("POST", (LENGTH, "9" * 30)),
        {"max_body_size": None},
    ),
    "a DELETE without a length": (Req("DELETE"), {}),
    "a POST without a body": (Req("POST"), {"require_content_length": False}),
    "an OPTIONS in chunks": (sent("OPTIONS", (CODING, "chunked")), {}),
    "chunks": (sent("POST", (CODING, "chunked")), {"require_content_length": False}),
    "a length beside chunks, where they are welcome": (
        sent("POST", (LENGTH, "5"), (CODING, "chunked")),
        {"require_content_length": False},
    ),
    "an HTTP/2 body without a length": (Req("POST", (), (b"12",), version="2"), {}),
    "an HTTP/2.0 body without one": (Req("POST", (), (b"12",), version="2.0"), {}),
    "an HTTP/3 body without one": (Req("POST", (), (b"12",), version="3"), {}),
    "a HEAD where GET is allowed": (Req("HEAD"), ONLY_GET),
    "a preflight": (
        Req(
            "OPTIONS",
            (
                ("Origin", "https://a.example"),
                ("Access-Control-Request-Method", "PUT"),
                ("Accept", "text/html"),
                (LENGTH, "11"),
            ),
        ),
        {**ONLY_GET, **TEN, **PRODUCES},
    ),
    "a type with parameters": (
        post((TYPE, 'Application/JSON; charset="utf-8"; x')),
        JSON_ONLY,
    ),
    "a type with the suffix": (
        post((TYPE, "application/problem+json")),
        {"consumes": ["application/*+json"]},
    ),
    "a type with the parameter asked for": (
        post((TYPE, "text/csv; charset=UTF-8; header=present")),
        {"consumes": ["text/csv;header=present;charset=utf-8"]},
    ),
    "a type with a parameter that is none": (
        post((TYPE, "application/json; a b=c; =d; e=")),
        JSON_ONLY,
    ),
    "a type with what is asked for after what is none": (
        post((TYPE, "text/csv; x=b c; header=present")),
        {"consumes": ["text/csv;header=present"]},
    ),
    "a type with parameters in quotes": (
        post((TYPE, 'text/csv;P="a=b, c;d"; R=""')),
        {"consumes": ['text/csv;p="a=b, c;d";r=""']},
    ),
    "any type": (post((TYPE, "x/y")), {"consumes": ["*/*"]}),
    "a GET with a body of another type": (
        sent("GET", (LENGTH, "5"), (TYPE, "text/plain")),
        JSON_ONLY,
    ),
    "a type without a body": (Req("DELETE", ((TYPE, "text/plain"),)), JSON_ONLY),
    "another type of nothing": (
        Req("POST", ((LENGTH, "0"), (TYPE, "text/plain"))),
        JSON_ONLY,
    ),
    "an HTTP/2 DELETE, perhaps with a body": (Req("DELETE", version="2"), JSON_ONLY),
    "an OPTIONS that accepts nothing here": (
        Req("OPTIONS", (("Accept", "text/html"),)),
        PRODUCES,
    ),
    "accept on two lines": (
        get(("Accept", "text/html"), ("Accept", "application/json")),
        PRODUCES,
    ),
}
for value in (
    "",
    " , ,",
    "json",
    'text/html;x="a',
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    "application/*",
    "*/*;q=0, application/json",
    "application/json;q=0.001",
    "application/json;q=high",
    "application/json;q=7",
    "application/json; charset=utf-8",
    "application/json;;q=1",
    'text/html;x="a, b", application/json',
):
    ADMITTED[f"accept {value!r} leaves JSON"] = get(("Accept", value)), PRODUCES
for value in ("gzip", "br, *;q=0.1", "", "identity;q=0, x-gzip", ";", "*;q=0, gzip"):
    ADMITTED[f"accept-encoding {value!r} leaves one"] = (
        get(("Accept-Encoding", value)),
        {"produces_encodings": ["identity", "gzip"]},
    )


@pytest.mark.parametrize("row", ADMITTED.values(), ids=ADMITTED)
def test_what_only_looks_bad_reaches_the_app(row: Any) -> None:
    request, options = row

    wsgi, asgi = (by(request, **options) for by in (by_wsgi, by_asgi))

    assert wsgi == asgi
    assert (wsgi.status, wsgi.body, wsgi.ran) == (200, b"fine", True)


def test_an_empty_wsgi_length_or_type_is_an_absent_one() -> None:
    empty = sent("POST", (LENGTH, ""), (TYPE, ""))
    bare = Req("POST", body=(b"12345",))

    assert by_wsgi(empty, drain_limit=0) == by_wsgi(bare, drain_limit=0)


def test_an_empty_asgi_length_is_no_number() -> None:
    assert by_asgi(sent("POST", (LENGTH, ""))).status == 400


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_wsgi_needs_a_length_where_reading_may_not_end(version: str) -> None:
    headers = ((CODING, "chunked"),) if version == "1.1" else ()
    request = Req("POST", headers, version=version, terminated=False)

    assert by_wsgi(request).status == 411
    assert by_wsgi(request, require_content_length=False).status == 411


def test_what_a_range_says_is_quoted_in_the_answer() -> None:
    options: Any = {"consumes": ['text/csv; p="a, \\"b"; charset=UTF-8']}

    refusal = by_wsgi(post((TYPE, "text/plain")), **options)

    assert ("accept", 'text/csv;charset=utf-8;p="a, \\"b"') in refusal.headers


def test_what_the_request_says_is_bounded_in_the_answer() -> None:
    options: Any = JSON_ONLY
    refusal = by_asgi(post((TYPE, '"' + "\x01\xe9<" * 10_000)), **options)

    assert len(refusal.body) < 1000
    refusal.body.decode("ascii")


LONG = "9" * 81
# request, options, and the cause: what was wrong and what would not be
CAUSES: Dict[str, Tuple[Req, Dict[str, Any], str]] = {
    "a length that is none": (
        sent("POST", (LENGTH, "\t+5 ")),
        {},
        "Content-Length is '+5', not a number of bytes",
    ),
    "a length in what is no blank of HTTP": (
        sent("POST", (LENGTH, "X5\xa0")),
        {},
        "Content-Length is 'X5\xa0', not a number of bytes",
    ),
    "a coding": (
        sent("POST", (CODING, "chunked, gzip")),
        {},
        "Transfer-Encoding is 'chunked, gzip', chunked is not last",
    ),
    "a length beside chunks": (
        sent("POST", (LENGTH, "5"), (CODING, "chunked")),
        {},
        "the request has both Content-Length and Transfer-Encoding",
    ),
    "no token": (Req("G,T"), {}, "the method is 'G,T', not a token"),
    "a method": (
        Req("FOO"),
        {"allowed_methods": ["PUT", "POST", "PATCH", "GET", "DELETE"]},
        "'FOO' is not one of DELETE, GET, HEAD, PATCH, POST, PUT",
    ),
    "chunks": (
        sent("POST", (CODING, "chunked \t")),
        {},
        "the length of a chunked body is unknown",
    ),
    "no length": (Req("PUT"), {}, "PUT needs a Content-Length, 0 for no body"),
    "a length": (
        sent("POST", (LENGTH, " 011\t")),
        TEN,
        "limit is 10 bytes, request declares 011",
    ),
    "a long length": (
        sent("POST", (LENGTH, LONG)),
        TEN,
        f"limit is 10 bytes, request declares {LONG[:80]}...",
    ),
    "a length that is just short enough": (
        sent("POST", (LENGTH, LONG[:80])),
        TEN,
        f"limit is 10 bytes, request declares {LONG[:80]}",
    ),
    "no type": (
        post(),
        {"consumes": ["text/csv", "image/*"]},
        "the body has no Content-Type; text/csv or image/* is accepted",
    ),
    "a type": (
        post((TYPE, "text/plain")),
        JSON_ONLY,
        "Content-Type is 'text/plain'; application/json is accepted",
    ),
    "an accept": (
        get(("Accept", "text/html")),
        {"produces": ["application/json", "text/csv"]},
        "Accept is 'text/html'; application/json or text/csv is available",
    ),
    "an accept-encoding": (
        get(("Accept-Encoding", "br")),
        {"produces_encodings": ["gzip"]},
        "Accept-Encoding is 'br'; gzip is available",
    ),
}


@pytest.mark.parametrize("row", CAUSES.values(), ids=CAUSES)
def test_the_cause_says_what_was_wrong(row: Any) -> None:
    request, options, cause = row

    for by in (by_wsgi, by_asgi):
        refusal = by(request, drain_limit=0, **options)
        assert json.loads(refusal.body)["cause"] == cause


@pytest.mark.parametrize(
    "request_",
    [
        sent("POST", (CODING, "chunked"), (TYPE, "text/plain")),
        sent("DELETE", (CODING, "chunked"), (TYPE, "text/plain")),
        sent("PUT", (TYPE, "text/plain"), version="2"),
    ],
    ids=["in chunks", "in chunks of any method", "in frames"],
)
def test_a_body_of_unknown_length_has_to_be_of_a_type_too(request_: Req) -> None:
    options: Any = {**JSON_ONLY, "require_content_length": False}

    for by in (by_wsgi, by_asgi):
        assert by(request_, drain_limit=0, **options).status == 415


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT"])
def test_a_method_without_content_skips_all_that_is_of_content(method: str) -> None:
    headers = (CODING, "chunked"), (TYPE, "text/plain"), ("Accept", "text/html")
    options: Any = {**JSON_ONLY, **PRODUCES}

    for by in (by_wsgi, by_asgi):
        assert by(sent(method, *headers), **options).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_method_that_reads_skips_the_type(method: str) -> None:
    headers = (LENGTH, "5"), (TYPE, "text/plain")
    options: Any = JSON_ONLY

    for by in (by_wsgi, by_asgi):
        assert by(sent(method, *headers), **options).status == 200


ORIGIN = ("Origin", "https://a.example")
ASKS = ("Access-Control-Request-Method", "PUT")


@pytest.mark.parametrize(
    "request_",
    [
        Req("OPTIONS", (ORIGIN,)),
        Req("OPTIONS", (ASKS,)),
        Req("POST", (ORIGIN, ASKS)),
    ],
    ids=["without a method", "without an origin", "of another method"],
)
def test_what_is_no_preflight_is_checked(request_: Req) -> None:
    options: Any = ONLY_GET

    for by in (by_wsgi, by_asgi):
        assert by(request_, **options).status == 405


CSV = {"consumes": ["text/csv;header=present"]}
SUFFIX = {"consumes": ["application/*+json"]}
UNLIKE: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "a parameter is missing": ("text/csv", CSV),
    "a parameter is another": ("text/csv;header=absent", CSV),
    "a quote is never closed": ('text/csv;p="', {"consumes": ['text/csv;p=""']}),
    "a parameter in quotes is missing": ("a/b", {"consumes": ['a/b;p="a=b"']}),
    "a quote is closed too late": (
        'text/csv;p="abc',
        {"consumes": ["text/csv;p=ab"]},
    ),
    "an empty parameter is missing": ("text/csv", {"consumes": ['text/csv;p=""']}),
    "a parameter is in upper case": ("text/csv;header=PRESENT", CSV),
    "a quote is never opened": ('text/csv;header=xpresent"', CSV),
    "a range, where any type is welcome": ("text/*", {"consumes": ["*/*"]}),
    "a suffix is missing": ("application/json", SUFFIX),
    "a suffix is another": ("application/a+xml", SUFFIX),
}


@pytest.mark.parametrize("row", UNLIKE.values(), ids=UNLIKE)
def test_a_type_that_is_almost_consumed_is_not(row: Tuple[str, Any]) -> None:
    value, options = row

    for by in (by_wsgi, by_asgi):
        assert by(post((TYPE, value)), **options).status == 415


TOLERATED: Dict[str, Tuple[Req, Dict[str, Any]]] = {
    "one offer of two": (
        get(("Accept", "text/csv")),
        {"produces": ["application/json", "text/csv"]},
    ),
    "a parameter without a name": (
        get(("Accept", "application/json;a b=c;=d")),
        PRODUCES,
    ),
    "a star": (get(("Accept", "text/html, *")), PRODUCES),
    "a type within all": (get(("Accept", "*/*;q=0, application/*")), PRODUCES),
    "a subtype within a type": (
        get(("Accept", "application/*;q=0, application/json")),
        PRODUCES,
    ),
    "a parameter within a type": (
        get(("Accept", "application/json;q=0, application/json;v=1")),
        {"produces": ["application/json;v=1"]},
    ),
    "a charset that is a number": (
        get(("Accept", "application/json;charset=0")),
        PRODUCES,
    ),
    "a weight that is no number": (get(("Accept", "application/json;q=0X")), PRODUCES),
    "a coding after what is no blank of HTTP": (
        get(("Accept-Encoding", "gzip\xa0;q=0")),
        {"produces_encodings": ["gzip"]},
    ),
    "a weight that is a dot": (get(("Accept", "application/json;q=.")), PRODUCES),
    "a coding of old": (
        get(("Accept-Encoding", "x-compress")),
        {"produces_encodings": ["compress"]},
    ),
    "a coding twice": (
        get(("Accept-Encoding", "gzip, gzip;q=0")),
        {"produces_encodings": ["gzip"]},
    ),
    "a coding after one that is none": (
        get(("Accept-Encoding", "a b, gzip")),
        {"produces_encodings": ["gzip"]},
    ),
    "a value that is none": (get(("Accept", "application/json;v=b c")), PRODUCES),
    "a parameter without a value": (get(("Accept", "application/json;v")), PRODUCES),
    "no coding of two letters": (
        get(("Accept-Encoding", "X X")),
        {"produces_encodings": ["gzip"]},
    ),
    "no coding at all": (
        get(("Accept-Encoding", "a b")),
        {"produces_encodings": ["gzip"]},
    ),
}


@pytest.mark.parametrize("row", TOLERATED.values(), ids=TOLERATED)
def test_what_does_not_surely_exclude_is_accepted(row: Tuple[Req, Any]) -> None:
    request, options = row

    for by in (by_wsgi, by_asgi):
        assert by(request, **options).status == 200


def test_a_parameter_of_a_range_has_to_be_offered() -> None:
    options: Any = PRODUCES

    for by in (by_wsgi, by_asgi):
        assert by(get(("Accept", "application/json;v=2")), **options).status == 406


@pytest.mark.parametrize("by", [by_wsgi, by_asgi])
def test_a_length_of_many_zeros_is_drained_as_what_it_is(by: Any) -> None:
    """int() refuses over 4300 digits."""
    request = Req("POST", ((LENGTH, "0" * 5000 + "5"),), (b"12345",))

    result = by(request, allowed_methods=["GET"])

    assert (result.status, result.read) == (405, b"12345")
