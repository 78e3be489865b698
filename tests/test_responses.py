"""What becomes of an app's response: one table, both interfaces, the same bytes."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any, Callable, Dict, List, Tuple

import pytest

from stderrmw import PROTOCOL_STATUSES
from stderrmw.status import OFF_TABLE, TABLE

from .interfaces import HTML, JSON, Pairs, Reply, Req, Result, by_asgi, by_wsgi

Ask = Callable[..., Result]
PAGE = (b"<h1>No such page</h1>", b"<p>Really", b"not")


def error(status: int, chunks: Tuple[bytes, ...], *headers: Tuple[str, str]) -> Reply:
    return Reply(status, headers or HTML, chunks)


def json_error(status: int, *chunks: bytes, headers: Pairs = ()) -> Reply:
    return Reply(status, JSON + headers, chunks)


def both(reply: Reply, method: str = "GET", **options: Any) -> Result:
    """The result, which is the same on both interfaces."""
    wsgi, asgi = (by(Req(method), reply, **options) for by in (by_wsgi, by_asgi))
    assert wsgi == asgi
    return wsgi


def standard(status: int, message: str, **fields: Any) -> bytes:
    return json.dumps({"code": status, "message": message, **fields}).encode()


NOT_FOUND = standard(404, "Not Found")
SAID = "No such page"  # by PAGE

REPLACED: Dict[str, Tuple[Reply, bytes]] = {
    "HTML": (error(404, PAGE), standard(404, SAID)),
    "text": (
        error(404, (b"nope",), ("Content-Type", "text/plain")),
        standard(404, "nope"),
    ),
    "nothing": (error(404, ()), NOT_FOUND),
    "an empty chunk": (error(404, (b"",)), NOT_FOUND),
    "XML": (error(404, (b"<e/>",), ("Content-Type", "application/xml")), NOT_FOUND),
    "two types": (
        error(404, (b"{}",), *JSON, ("Content-Type", "text/html")),
        NOT_FOUND,
    ),
    "a type that is none": (error(404, (b"{}",), ("Content-Type", "json")), NOT_FOUND),
    "an object in a type between what is no blank of HTTP": (
        error(404, (b'{"message": "x"}',), ("Content-Type", "\xa0application/json")),
        NOT_FOUND,
    ),
    "an object in a type that only resembles JSON": (
        error(404, (b'{"message": "x"}',), ("Content-Type", "application/jsonX")),
        NOT_FOUND,
    ),
    "words in a type that is none": (
        error(404, (b"nope",), ("Content-Type", "json")),
        NOT_FOUND,
    ),
    "an object in a type that is none": (
        error(404, (b'{"message": "nope"}',), ("Content-Type", "json")),
        NOT_FOUND,
    ),
    "text in braces": (
        error(404, (b"{oops}", b"more"), ("Content-Type", "text/plain")),
        NOT_FOUND,
    ),
    "an endless text in braces": (error(404, (b"{" * 40_000,) * 2), NOT_FOUND),
    "JSON that is empty": (json_error(404), NOT_FOUND),
    "JSON that is broken": (json_error(404, b'{"code": 404'), NOT_FOUND),
    "JSON with NaN": (json_error(404, b'{"code": 404, "message": NaN}'), NOT_FOUND),
    "JSON in no UTF-8": (json_error(404, b'{"message": "\xe9"}'), NOT_FOUND),
    "JSON too deep": (json_error(404, b"[" * 60_000), NOT_FOUND),
    "a crash page": (error(500, PAGE), standard(500, "Internal Server Error")),
    "a lock": (error(423, PAGE), standard(409, SAID, cause="423 Locked")),
    "a nameless status": (error(499, PAGE), standard(400, SAID, cause="499")),
    "a status over 599": (
        error(999, PAGE),
        standard(500, "Internal Server Error", cause="999"),
    ),
}


@pytest.mark.parametrize("row", REPLACED.values(), ids=REPLACED)
def test_an_error_that_is_not_json_is_replaced(row: Tuple[Reply, bytes]) -> None:
    reply, body = row

    result = both(reply)

    assert (result.body, result.status) == (body, json.loads(body)["code"])
    length = ("content-length", str(len(body)))
    assert result.headers == [("content-type", "application/json"), length]


@pytest.mark.parametrize("row", REPLACED.values(), ids=REPLACED)
def test_a_head_gets_the_head_of_the_get(row: Tuple[Reply, bytes]) -> None:
    reply, body = row
    get, head = both(reply), both(reply, "HEAD")

    is_seen = any(reply.chunks)
    length = ("content-length", str(len(body)))
    known = get.headers if is_seen else [p for p in get.headers if p != length]
    assert head == get._replace(headers=known, body=b"")


UNSEEN = {
    "a page of unknown length": error(404, (), *HTML),
    "a page": error(404, (), *HTML, ("Content-Length", "99")),
    "a text that may be JSON": error(500, (), *HTML, ("Content-Length", "99")),
    "JSON": json_error(404, headers=(("Content-Length", "99"),)),
    "a page in XML": error(404, (), ("Content-Type", "application/xhtml+xml")),
}


@pytest.mark.parametrize("reply", UNSEEN.values(), ids=UNSEEN)
def test_a_head_tells_no_length_that_nobody_knows(reply: Reply) -> None:
    """RFC 9110, 8.6: it would be that of the answer to GET."""
    assert "content-length" not in dict(both(reply, "HEAD").headers)


SEEN = {
    "no body": (error(404, (), *HTML, ("Content-Length", "0")), True),
    "a picture": (error(500, (), ("Content-Type", "image/png")), True),
    "a picture of a busy server": (
        error(503, (), ("Content-Type", "image/png")),
        True,
    ),
    "a page that is not looked at": (error(404, (), ("Content-Type", "a/b")), False),
}


@pytest.mark.parametrize("reply, exposes", SEEN.values(), ids=SEEN)
def test_a_head_tells_the_length_where_the_body_says_nothing(
    reply: Reply, exposes: bool
) -> None:
    result = both(reply, "HEAD", expose_messages=exposes)

    assert result.headers == both(reply, expose_messages=exposes).headers


def test_a_head_of_json_that_get_would_show_whole_leaves_untouched() -> None:
    reply = json_error(423, headers=(("Content-Length", "65537"),))

    result = both(reply, "HEAD")

    assert (result.status, dict(result.headers)["content-length"]) == (423, "65537")


WHOLE: Dict[str, Reply] = {
    "a standard body": json_error(404, b' {"message": "gone", ', b'"code":404}\n'),
    "a code of the app's own": json_error(404, b'{"code": "E17", "message": "gone"}'),
    "a problem": Reply(
        404,
        (("Content-Type", "application/problem+json; charset=utf-8"), ("ETag", '"1"')),
        (b'{"code": 404, "message": "\xc3\xa9"}',),
    ),
    "a body too long to look at": json_error(404, b'{"a": "', b"x" * 66_000, b'"}'),
    "many empty chunks": json_error(404, *[b""] * 65_537, b"{}"),
    "a coding that cannot be read": json_error(
        423, b"\x0b", headers=(("Content-Encoding", "br"),)
    ),
    "nothing in a coding that cannot be read": json_error(
        404, headers=(("Content-Encoding", "br"),)
    ),
    "a standard body in gzip": json_error(
        404,
        gzip.compress(b'{"code": 404, "message": "gone"}', mtime=0),
        headers=(("Content-Encoding", "gzip"),),
    ),
    "a bomb": json_error(
        404,
        gzip.compress(b'{"a": "' + b" " * 10**7 + b'"}', mtime=0),
        headers=(("Content-Encoding", "gzip"),),
    ),
}


@pytest.mark.parametrize("reply", WHOLE.values(), ids=WHOLE)
def test_a_json_error_that_is_standard_or_unread_leaves_untouched(reply: Reply) -> None:
    result = both(reply)

    assert (result.status, result.body) == (reply.status, b"".join(reply.chunks))
    assert result.headers == [(name.lower(), value) for name, value in reply.headers]


COMPLETED: Dict[str, Tuple[Reply, str]] = {
    "FastAPI's": (
        json_error(404, b'{"detail":"No such item"}'),
        '{"code": 404, "message": "No such item", "detail": "No such item"}',
    ),
    "a problem": (
        json_error(403, b'{"type": "about:blank", "title": "Forbidden", "n": 1.10}'),
        '{"code": 403, "message": "Forbidden", "type": "about:blank",'
        ' "title": "Forbidden", "n": 1.10}',
    ),
    "OAuth's": (
        json_error(401, b'{"error":"invalid","error_description":"Too old"}'),
        '{"code": 401, "message": "Too old", "error": "invalid",'
        ' "error_description": "Too old"}',
    ),
    "a message that repeats the status": (
        json_error(404, b'{"message": "404 Not Found", "detail": "gone"}'),
        '{"code": 404, "message": "404 Not Found", "detail": "gone"}',
    ),
    "Falcon's": (
        json_error(404, b'{"title": "404 Not Found", "description": "gone"}'),
        '{"code": 404, "message": "gone", "title": "404 Not Found",'
        ' "description": "gone"}',
    ),
    "no words but the status": (
        json_error(404, b'{"title": "404 Not Found"}'),
        '{"code": 404, "message": "404 Not Found", "title": "404 Not Found"}',
    ),
    "an empty Content-Encoding": (
        json_error(423, b'{"detail": "x"}', headers=(("Content-Encoding", ""),)),
        '{"code": 409, "message": "x", "cause": "423 Locked", "detail": "x"}',
    ),
    "no words": (
        json_error(404, b'{"detail": [{"x": 1}], "error": {}, "title": " "}'),
        '{"code": 404, "message": "Not Found", "detail": [{"x": 1}], "error": {},'
        ' "title": " "}',
    ),
    "a message that is none": (
        json_error(400, b'{"message": {"a": "b"}, "code": 1001}'),
        '{"code": 1001, "message": "Bad Request", "detail": {"a": "b"}}',
    ),
    "an empty message beside a detail": (
        json_error(400, b'{"message": "", "detail": "why"}'),
        '{"code": 400, "message": "why", "detail": "why"}',
    ),
    "an empty message beside a code": (
        json_error(400, b'{"message": "", "code": 5}'),
        '{"code": 5, "message": "Bad Request", "detail": ""}',
    ),
    "a code that is null": (
        json_error(400, b'{"code": null, "message": "why"}'),
        '{"code": 400, "message": "why"}',
    ),
    "an array": (
        json_error(422, b' ["a", "\xc3\xa9\xf0\x9f\x98\x80"] '),
        '{"code": 422, "message": "Unprocessable Entity",'
        ' "detail": ["a", "\\u00e9\\ud83d\\ude00"]}',
    ),
    "a string": (
        json_error(404, b'"No such item"'),
        '{"code": 404, "message": "No such item", "detail": "No such item"}',
    ),
    "numbers beyond any machine": (
        json_error(404, b'{"n": %s, "e": 1e999}' % (b"9" * 5000)),
        '{"code": 404, "message": "Not Found", "n": %s, "e": 1e999}' % ("9" * 5000),
    ),
    "odd spaces and escapes": (
        json_error(404, b'\r\n{ "\\u0061\\"" :\t[ {} , "]" ] ,"b": "\\n" }  '),
        '{"code": 404, "message": "Not Found", "a\\"": [ {} , "]" ], "b": "\\n"}',
    ),
    "an empty object": (json_error(404, b"{ }"), NOT_FOUND.decode()),
    "a byte order mark": (json_error(404, b"\xef\xbb\xbf{}"), NOT_FOUND.decode()),
    "a folded status": (
        json_error(423, b'{"error": "locked by you"}'),
        '{"code": 409, "message": "locked by you", "cause": "423 Locked",'
        ' "error": "locked by you"}',
    ),
    "a folded status with a cause": (
        json_error(423, b'{"cause": "you", "code": 423}'),
        '{"code": 409, "message": "Conflict", "cause": "you"}',
    ),
    "a folded status with its code": (
        json_error(423, b'{"message": "locked", "code": 423}'),
        '{"message": "locked", "code": 409}',
    ),
}


@pytest.mark.parametrize("row", COMPLETED.values(), ids=COMPLETED)
def test_a_json_error_gets_what_it_lacks(row: Tuple[Reply, str]) -> None:
    reply, body = row

    result = both(reply)

    assert result.body.decode("ascii") == body
    headers = dict(result.headers)
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert json.loads(body.replace("9" * 5000, "9"))


@pytest.mark.parametrize("row", COMPLETED.values(), ids=COMPLETED)
def test_a_json_error_is_kept_where_that_is_asked(row: Tuple[Reply, str]) -> None:
    reply, _ = row

    result = both(reply, json_errors="keep")

    assert (result.status, result.body) == (reply.status, b"".join(reply.chunks))


def test_a_complete_json_error_that_folds_keeps_its_bytes() -> None:
    body = b'{"code": "LOCKED",  "message": "by you"}'

    result = both(json_error(423, body, headers=(("ETag", '"1"'),)))

    assert (result.status, result.body) == (409, body)
    assert ("etag", '"1"') in result.headers


@pytest.mark.parametrize("keeps", ["keep", "complete"])
@pytest.mark.parametrize("label", ["text/html; charset=utf-8", "text/plain"])
def test_a_mislabelled_json_object_leaves_relabelled(label: str, keeps: str) -> None:
    reply = error(
        404, (b' {"code": 404, ', b'"message": "x"}'), ("Content-Type", label)
    )

    result = both(reply, json_errors=keeps)

    assert result.body == b' {"code": 404, "message": "x"}'
    assert result.headers[0] == ("content-type", "application/json")


@pytest.mark.parametrize(
    "coding, packed",
    [
        ("gzip", gzip.compress(b'{"error": "x"}')),
        ("X-GZIP", gzip.compress(b'{"error": "x"}')),
        ("deflate", zlib.compress(b'{"error": "x"}')),
        ("deflate", zlib.compress(b'{"error": "x"}')[2:-4]),
    ],
)
def test_json_in_a_coding_is_read_and_leaves_plain(coding: str, packed: bytes) -> None:
    result = both(json_error(404, packed, headers=(("Content-Encoding", coding),)))

    assert json.loads(result.body) == {"code": 404, "message": "x", "error": "x"}
    assert "content-encoding" not in dict(result.headers)


@pytest.mark.parametrize("packed", [b"", b"no gzip", gzip.compress(b"{}")[:-1]])
def test_json_in_a_broken_coding_is_replaced(packed: bytes) -> None:
    result = both(json_error(404, packed, headers=(("Content-Encoding", "gzip"),)))

    assert result.body == NOT_FOUND


def test_json_in_a_declared_charset_leaves_as_ascii() -> None:
    label = ("Content-Type", "application/vnd.x+json; charset=latin-1")

    result = both(error(404, (b'{"error": "\xe9"}',), label))

    assert result.body == b'{"code": 404, "message": "\\u00e9", "error": "\\u00e9"}'
    assert result.headers[0] == ("content-type", "application/json")


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "u8"])
def test_a_byte_order_mark_is_read_in_every_spelling_of_utf_8(charset: str) -> None:
    label = ("Content-Type", f"application/json; charset={charset}")

    assert b'"x"' in both(error(404, (b'\xef\xbb\xbf{"error": "x"}',), label)).body


def test_a_content_type_leaves_without_blanks_around_it() -> None:
    """h11 refuses to send such a value."""
    label = ("Content-Type", " application/problem+json\t")

    result = by_asgi(Req(), error(404, (b"{}",), label))

    assert result.headers[0] == ("content-type", "application/problem+json")


def test_json_in_an_unknown_charset_is_replaced() -> None:
    label = ("Content-Type", "application/json; charset=klingon")

    assert both(error(404, (b"{}",), label)).body == NOT_FOUND


@pytest.mark.parametrize("status, sent", [(404, 404), (423, 409)])
def test_a_head_of_json_keeps_all_but_a_length_that_nobody_knows(
    status: int, sent: int
) -> None:
    reply = json_error(status, headers=(("Content-Length", "99"), ("ETag", '"1"')))

    result = both(reply, "HEAD")

    assert (result.status, result.body) == (sent, b"")
    assert result.headers == [("content-type", "application/json"), ("etag", '"1"')]


def test_a_folded_status_changes_nothing_of_the_body_but_the_code() -> None:
    body = '{ "code" :423,"a":1, "a":2,\n "message":"\xe9"}'.encode()

    result = both(json_error(423, body))

    assert (result.status, result.body) == (409, body.replace(b":423", b":409"))


def test_a_relabelled_object_is_utf_8() -> None:
    label = ("Content-Type", "text/plain; charset=iso-8859-1")

    result = both(error(404, (b'{"code": 404, "message": "\xe9"}',), label))

    assert json.loads(result.body) == {"code": 404, "message": "\xe9"}
    assert result.headers[0] == ("content-type", "application/json")


def test_json_in_several_gzip_members_is_read_whole() -> None:
    packed = gzip.compress(b'{"error":') + gzip.compress(b' "x"}')

    result = both(json_error(404, packed, headers=(("Content-Encoding", "gzip"),)))

    assert json.loads(result.body)["message"] == "x"


@pytest.mark.parametrize("extra, completed", [(0, True), (1, False)])
def test_json_of_just_64_kib_is_read(extra: int, completed: bool) -> None:
    body = b'{"a": "%s"}' % (b"x" * (65_536 - 9 + extra))

    result = both(json_error(404, body, b""))

    assert (len(result.body) > len(body)) is completed


def test_hop_by_hop_fields_leave_on_neither_interface() -> None:
    pairs = [(name, "x") for name in ("Proxy-Authenticate", "Upgrade", "Connection")]
    reply = error(407, PAGE, *HTML, ("Proxy-Authenticate", "Basic"), *pairs[:2])

    assert len(by_asgi(Req(), reply, preserve_statuses=[407]).headers) == 2


KEPT: Pairs = (
    ("Set-Cookie", "a=1"),
    ("WWW-Authenticate", "Basic"),
    ("set-cookie", "b=2"),
    ("Allow", "GET"),
    ("Retry-After", "5"),
    ("Access-Control-Allow-Origin", "*"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Vary", "Cookie"),
    ("X-Latin", "\xe9 \xff"),
)
DROPPED: Pairs = tuple(
    (name, "1")
    for name in "Content-Length CONTENT-ENCODING Content-Language Content-Location"
    " Content-Range Content-Disposition Content-MD5 ETag Last-Modified Digest"
    " Content-Digest Repr-Digest SourceMap Signature Signature-Input X-Sendfile"
    " X-Accel-Redirect X-LIGHTTPD-send-file".split()
)


def test_headers_about_the_replaced_body_go_and_all_others_stay_in_order() -> None:
    pairs = [*KEPT[:4], *DROPPED, *KEPT[4:]]

    result = both(error(404, PAGE, *HTML, *pairs))

    assert result.headers[2:] == [(name.lower(), value) for name, value in KEPT]


DESCRIBING = (
    "content-length connection keep-alive proxy-authenticate proxy-authorization"
    " proxy-connection te trailer trailers transfer-encoding upgrade content-type"
    " content-encoding content-language content-location content-range"
    " content-disposition content-md5 content-digest repr-digest digest etag"
    " last-modified sourcemap x-sourcemap signature signature-input x-sendfile"
    " x-sendfile2 x-sendfile-temporary x-accel-redirect x-lighttpd-send-file"
    " x-lighttpd-send-tempfile x-reproxy-url x-reproxy-file x-litespeed-location"
).split()


@pytest.mark.parametrize("name", DESCRIBING)
def test_a_field_of_the_replaced_message_goes(name: str) -> None:
    """In ASGI, for in WSGI the validator lets no app send some of these."""
    reply = error(500, PAGE, (name, "gone"))

    assert "gone" not in dict(by_asgi(Req(), reply).headers).values()


FRAMING = [name for name in DESCRIBING[:11] if name != "content-length"]


@pytest.mark.parametrize("name", FRAMING)
def test_a_field_that_frames_goes_where_the_text_stays(name: str) -> None:
    label = ("Content-Type", "text/plain")
    reply = error(404, (b'{"code": 404, "message": "a"}',), label, (name, "gone"))

    result = by_asgi(Req(), reply)

    assert result.body == reply.chunks[0]
    assert name not in dict(result.headers)


def test_a_range_stays_on_a_416_that_keeps_its_number() -> None:
    reply = error(416, PAGE, *HTML, ("Content-Range", "bytes */9"))

    kept = both(reply, preserve_statuses=PROTOCOL_STATUSES)

    assert kept.status == 416
    assert ("content-range", "bytes */9") in kept.headers
    assert "content-range" not in dict(both(reply).headers)


@pytest.mark.parametrize("status", [*OFF_TABLE, 418, 499, 599])
def test_a_preserved_status_keeps_its_number(status: int) -> None:
    preserved = both(error(status, PAGE), preserve_statuses=[status])
    folded = both(error(status, PAGE))

    assert preserved.status == json.loads(preserved.body)["code"] == status
    assert "cause" not in json.loads(preserved.body)
    assert folded.status in TABLE
    assert json.loads(folded.body)["cause"].startswith(str(status))


@pytest.mark.parametrize("status", TABLE)
def test_a_status_of_the_table_is_the_answer(status: int) -> None:
    result = both(error(status, PAGE))

    assert result.status == status
    message = SAID if status < 500 else TABLE[status]
    assert json.loads(result.body) == {"code": status, "message": message}


@pytest.mark.parametrize("status", [200, 201, 301, 302, 399])
def test_a_success_leaves_untouched(status: int) -> None:
    headers = (*HTML, ("ETag", '"1"'), ("Content-Length", "99"), ("Connection-X", "y"))

    result = both(Reply(status, headers, PAGE))

    assert (result.status, result.body) == (status, b"".join(PAGE))
    assert result.headers == [(name.lower(), value) for name, value in headers]
    assert "content-type" in dict(result.headers)


def test_wrapping_twice_changes_nothing(ask: Ask) -> None:
    once = ask(Req(), error(404, PAGE))
    again = ask(Req(), Reply(once.status, tuple(once.headers), (once.body,)))

    assert (again.status, again.headers, again.body) == once[:3]


def test_messages_are_of_the_standard(ask: Ask) -> None:
    bodies: List[Any] = [json.loads(ask(Req(), error(s, PAGE)).body) for s in TABLE]

    assert [list(body) for body in bodies] == [["code", "message"]] * len(TABLE)


# As the contract, section 6, and the standard have them.
NAMES = {
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
FOLDED = {
    "402 Payment Required": 403,
    "407 Proxy Authentication Required": 401,
    "408 Request Timeout": 400,
    "412 Precondition Failed": 409,
    "414 URI Too Long": 400,
    "416 Range Not Satisfiable": 400,
    "417 Expectation Failed": 400,
    "421 Misdirected Request": 400,
    "423 Locked": 409,
    "424 Failed Dependency": 409,
    "425 Too Early": 400,
    "426 Upgrade Required": 400,
    "428 Precondition Required": 400,
    "431 Request Header Fields Too Large": 400,
    "451 Unavailable For Legal Reasons": 403,
    "502 Bad Gateway": 503,
    "504 Gateway Timeout": 503,
    "505 HTTP Version Not Supported": 501,
    "506 Variant Also Negotiates": 500,
    "507 Insufficient Storage": 500,
    "508 Loop Detected": 500,
    "510 Not Extended": 501,
    "511 Network Authentication Required": 500,
    "418": 400,
    "499": 400,
    "599": 500,
    "600": 500,
}


@pytest.mark.parametrize("status, name", NAMES.items())
def test_a_status_of_the_table_has_its_name(status: int, name: str) -> None:
    result = both(error(status, ()))

    assert (result.status, result.body) == (status, standard(status, name))


@pytest.mark.parametrize("original, status", FOLDED.items())
def test_a_status_off_the_table_is_folded_and_told(original: str, status: int) -> None:
    result = both(error(int(original[:3]), ()))

    body = standard(status, NAMES[status], cause=original)
    assert (result.status, result.body) == (status, body)


PRESERVED = {original: s for original, s in FOLDED.items() if original < "600"}


@pytest.mark.parametrize("original, status", PRESERVED.items())
def test_a_preserved_status_has_its_name_or_that_of_the_table(
    original: str, status: int
) -> None:
    number, name = int(original[:3]), original[4:] or NAMES[status]

    result = both(error(number, ()), preserve_statuses=[number])

    assert (result.status, result.body) == (number, standard(number, name))


def test_the_statuses_of_protocols_are_nine() -> None:
    assert PROTOCOL_STATUSES == {407, 408, 412, 416, 417, 421, 425, 426, 428}


def test_a_word_of_the_app_stays_behind_where_it_is_not_exposed() -> None:
    plain = ("Content-Type", "text/plain")

    hidden = both(error(404, (b"Ask Bob",), plain), expose_messages=False)

    assert hidden.body == NOT_FOUND
    crash = both(error(500, (b"Ask Bob",), plain))
    assert crash.body == standard(500, "Internal Server Error")


def test_an_object_in_a_wrong_label_is_kept_and_relabelled() -> None:
    reply = error(423, (b'{"a": 1}',), ("Content-Type", "text/plain"))

    kept = both(reply, json_errors="keep")

    assert (kept.status, kept.body) == (423, b'{"a": 1}')
    assert dict(kept.headers)["content-type"] == "application/json"


def test_text_in_braces_is_replaced_where_json_is_kept() -> None:
    reply, body = REPLACED["text in braces"]

    assert both(reply, json_errors="keep").body == body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_json_in_an_unknown_coding_leaves_untouched_and_empty(method: str) -> None:
    reply = json_error(423, headers=(("Content-Encoding", "br"),))

    result = both(reply, method)

    assert (result.status, result.body) == (423, b"")
    assert dict(result.headers)["content-encoding"] == "br"


def test_what_cannot_be_sent_is_logged_each_time(caplog: Any) -> None:
    reply = error(404, PAGE, *HTML, ("x y", "z"))

    for count in (3, 6):
        by_asgi(Req(), reply)
        assert len(caplog.records) == count


MESSAGES = {
    b'{"message": "gone"}': "gone",
    b'{"title": "404 Not Found", "description": "gone"}': "gone",
    b'{"title": "Lost", "description": "gone"}': "Lost",
    b'{"title": "404 Not Found"}': "404 Not Found",
    b'{"title": " ", "error": "gone"}': "gone",
    b'{"title": 5}': "Not Found",
}


@pytest.mark.parametrize("body, message", MESSAGES.items())
def test_a_message_is_what_the_app_says_beyond_the_status(
    body: bytes, message: str
) -> None:
    """Falcon's title is the bare status."""
    completed = json.loads(both(json_error(404, body)).body)

    assert completed == {**json.loads(body), "code": 404, "message": message}


SAYS = b'{"message": "gone"}'
GZIPPED = gzip.compress(SAYS)
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BARE = RAW.compress(SAYS) + RAW.flush()
CODED: Dict[str, Tuple[str, bytes, str]] = {
    "gzip": ("gzip", GZIPPED, "gone"),
    "deflate without its format": ("deflate", BARE, "gone"),
    "deflate in the name of gzip": ("gzip", BARE, "Not Found"),
    "gzip without its end": ("gzip", GZIPPED[:-1], "Not Found"),
    "no gzip": ("gzip", SAYS, "Not Found"),
    "64 KiB": ("gzip", gzip.compress(SAYS + b" " * (65_536 - len(SAYS))), "gone"),
}


@pytest.mark.parametrize("row", CODED.values(), ids=CODED)
def test_coded_json_is_read_where_it_is_whole(row: Tuple[str, bytes, str]) -> None:
    coding, body, message = row

    result = both(json_error(404, body, headers=(("Content-Encoding", coding),)))

    assert json.loads(result.body) == {"code": 404, "message": message}
    assert "content-encoding" not in dict(result.headers)


@pytest.mark.parametrize("charset", ["", ";charset=utf-8", ";charset=UTF-8"])
def test_a_byte_order_mark_is_passed_over(charset: str) -> None:
    """RFC 8259, 8.1: a parser may ignore it."""
    label = ("Content-Type", "application/json" + charset)

    result = both(error(404, (b"\xef\xbb\xbf" + SAYS,), label))

    assert json.loads(result.body) == {"code": 404, "message": "gone"}


def test_a_field_leaves_without_the_blanks_of_http_around_it_alone() -> None:
    """RFC 9110, 5.5; h11 refuses to send them. In WSGI the validator takes no tab."""
    result = by_asgi(Req(), error(404, PAGE, *HTML, ("X-A", " \tX \xa0\t ")))

    assert result.headers[-1] == ("x-a", "X \xa0")


@pytest.mark.parametrize("value", ["application/octet-stream\0", "a\r\nb: c"])
def test_a_type_that_cannot_be_sent_says_nothing(value: str) -> None:
    """In ASGI, for in WSGI the validator lets no app send it."""
    result = by_asgi(Req(), error(404, (b"gone",), ("Content-Type", value)))

    assert json.loads(result.body)["message"] == "gone"


CONTROLS = [chr(code) for code in (*range(32), 127) if chr(code) != "\t"]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_in_a_field_drops_it(control: str) -> None:
    """RFC 9110, 5.5; in ASGI, for in WSGI the validator lets no app send some."""
    reply = error(404, PAGE, ("X-Bad", f"a{control}b"), ("X-Good", "a\tb"))

    headers = dict(by_asgi(Req(), reply).headers)

    assert "x-bad" not in headers
    assert headers["x-good"] == "a\tb"


@pytest.mark.parametrize(
    "label, message",
    [("application/octet-stream", "Not Found"), ("text/json", "gone")],
)
def test_an_object_is_read_in_the_labels_of_json_and_text(
    label: str, message: str
) -> None:
    result = both(error(404, (SAYS,), ("Content-Type", label)))

    assert json.loads(result.body) == {"code": 404, "message": message}
    assert result.headers[0] == ("content-type", "application/json")


@pytest.mark.parametrize("row", COMPLETED.values(), ids=COMPLETED)
def test_a_head_of_json_has_the_head_of_the_get_and_no_body(
    row: Tuple[Reply, str],
) -> None:
    """RFC 9110, 9.3.2; some apps send the body of the GET."""
    reply, _ = row

    assert both(reply, "HEAD") == both(reply)._replace(body=b"")


@pytest.mark.parametrize("label", ["text/plain", "application/json"])
@pytest.mark.parametrize("status", [404, 423])
def test_a_head_of_a_whole_object_has_no_body_but_the_apps(
    status: int, label: str
) -> None:
    """RFC 9110, 9.3.2; what passes untouched is the app's alone."""
    reply = error(status, (SAYS[:-1] + b', "code": "A"}',), ("Content-Type", label))
    passes = label == "application/json" and status == 404

    get, head = both(reply), both(reply, "HEAD")

    assert head == get._replace(body=get.body if passes else b"")


def test_a_range_stays_on_a_416_in_json_and_in_the_answer_to_head() -> None:
    """RFC 9110, 15.5.17: it says how long the representation is."""
    said = ("Content-Range", "bytes */9")
    completed = json_error(416, b'{"error": "x"}', headers=(said,))
    unseen = error(416, (), *HTML, said)

    for reply, method in ((completed, "GET"), (unseen, "HEAD")):
        kept = both(reply, method, preserve_statuses=[416])
        assert kept.status == 416
        assert kept.headers[-1] == ("content-range", "bytes */9")


WHOLE_LOCK = b'{"code": "E1", "message": "%s"}'


@pytest.mark.parametrize(
    "body, headers",
    [
        (WHOLE_LOCK % b"x", (("Content-Type", "application/problem+json"),)),
        (
            WHOLE_LOCK % b"\xe9",
            (("Content-Type", "application/json; charset=latin-1"),),
        ),
        (
            gzip.compress(WHOLE_LOCK % b"x", mtime=0),
            (*JSON, ("Content-Encoding", "gzip")),
        ),
    ],
    ids=["a type of its own", "a charset", "a coding"],
)
def test_whole_json_of_a_status_that_folds_keeps_its_bytes_and_what_they_are(
    body: bytes, headers: Pairs
) -> None:
    result = both(Reply(423, headers, (body,)))

    assert (result.status, result.body) == (409, body)
    sent = [pair for pair in result.headers if pair[0] != "content-length"]
    assert sent == [(name.lower(), value) for name, value in headers]
    assert ("content-length", str(len(body))) in result.headers


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("label", ["text/html", "text/plain", "application/json"])
def test_a_chunk_may_be_any_of_the_types_of_bytes(label: str, kind: Any) -> None:
    """Servers send them; in ASGI, for the validator takes bytes alone."""
    chunks = b'{"error": ', b'"gone"}'
    if label == "text/html":
        chunks = b"<p>gone", b"</p>"
    reply = error(404, chunks, ("Content-Type", label))
    retyped = reply._replace(chunks=tuple(map(kind, chunks)))

    assert by_asgi(Req(), retyped) == by_asgi(Req(), reply)
    assert json.loads(by_asgi(Req(), retyped).body)["message"] == "gone"


@pytest.mark.parametrize("empty, completed", [(16, True), (17, False)])
def test_json_is_waited_for_through_16_empty_chunks(
    empty: int, completed: bool
) -> None:
    """Some send them so that the head leaves, others to keep a client waiting."""
    result = both(json_error(404, *[b""] * empty, b'{"error": "x"}'))

    assert (b'"code"' in result.body) is completed


def test_empty_chunks_within_json_change_nothing() -> None:
    chunks = b'{"error"', *[b""] * 99, b': "x"}'

    assert json.loads(both(json_error(404, *chunks)).body)["code"] == 404


@pytest.mark.parametrize("length, untouched", [(65_536, False), (65_537, True)])
def test_a_head_of_json_is_judged_by_the_length_that_it_tells(
    length: int, untouched: bool
) -> None:
    reply = json_error(423, headers=(("Content-Length", str(length)),))

    result = both(reply, "HEAD")

    assert result.status == (423 if untouched else 409)
    assert ("content-length" in dict(result.headers)) is untouched


@pytest.mark.parametrize("exposes", [True, False])
@pytest.mark.parametrize("reply", [json_error(404), error(404, (), *HTML)])
def test_a_head_of_json_or_text_tells_no_length_whatever_is_exposed(
    reply: Reply, exposes: bool
) -> None:
    """Each may be an object, which GET would show."""
    result = both(reply, "HEAD", expose_messages=exposes)

    assert "content-length" not in dict(result.headers)


def test_json_is_judged_by_what_comes_and_not_by_the_length_it_declares() -> None:
    reply = json_error(404, b'{"error": "x"}', headers=(("Content-Length", "65537"),))

    assert json.loads(both(reply).body)["code"] == 404
