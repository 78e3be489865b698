"""``report_only``: every refusal is logged, and none is made."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any, Callable, Dict, List

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .interfaces import (
    HTML,
    SENT_EACH,
    Reply,
    Req,
    Result,
    asgi_of,
    by_asgi,
    by_wsgi,
    environ_of,
    scope_of,
    wsgi_of,
)

Ask = Callable[..., Result]

BODY = (b"12345", b"678901234567890")
LENGTH = (("Content-Length", "20"),)
CHUNKED = (("Transfer-Encoding", "chunked"),)
CSV = (("Content-Type", "text/csv"),)
READS = Reply(reads=True)
# An app that is spared the check of Content-Length may be sent any body.
COUNTS: Dict[str, Any] = {"max_body_size": 10, "require_content_length": False}

# request, the options that refuse it, the status that it is refused with
REFUSED = {
    "a length that is no number": (Req("POST", (("Content-Length", "+5"),)), {}, 400),
    "a coding that does not end": (
        Req("POST", (("Transfer-Encoding", "gzip"),), BODY),
        {},
        400,
    ),
    "a length and a coding": (Req("POST", LENGTH + CHUNKED, BODY), {}, 400),
    "a method that is no token": (Req("G(T"), {}, 400),
    "a method": (Req("POST", LENGTH, BODY), {"allowed_methods": ["GET"]}, 405),
    "no length": (Req("POST"), {}, 411),
    "chunks": (Req("POST", CHUNKED, BODY), {}, 411),
    "no type": (Req("POST", LENGTH, BODY), {"consumes": ["a/b"]}, 415),
    "a type": (Req("PUT", LENGTH + CSV, BODY), {"consumes": ["a/b"]}, 415),
    "Accept": (Req(headers=(("Accept", "a/b"),)), {"produces": ["a/c"]}, 406),
    "Accept-Encoding": (
        Req(headers=(("Accept-Encoding", "identity;q=0"),)),
        {"produces_encodings": ["gzip"]},
        406,
    ),
    "chunks over the limit": (Req("POST", CHUNKED, BODY), COUNTS, 413),
    "an HTTP/2 body over the limit": (
        Req("POST", (), BODY, version="2"),
        {"max_body_size": 10},
        413,
    ),
    "chunks that are not the method's": (
        Req("POST", CHUNKED, BODY),
        {**COUNTS, "max_body_size": 20, "allowed_methods": ["GET"]},
        405,
    ),
}


def reports(caplog: Any) -> List[Dict[str, Any]]:
    """What was logged, by the names under which it is found there."""
    fields = ("message", "status", "cause", "errors", "method", "path")
    assert {(r.name, r.levelname) for r in caplog.records} <= {("stderrmw", "WARNING")}
    return [{name: getattr(r, name) for name in fields} for r in caplog.records]


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_logged_each_time_and_not_made(
    ask: Ask, caplog: Any, row: Any
) -> None:
    request, options, status = row

    refused = ask(request, READS, **options)
    silent = reports(caplog)
    passed = ask(request, READS, **options, report_only=True)

    body = json.loads(refused.body)
    assert (refused.status, silent) == (status, [])
    assert (passed.status, passed.body) == (200, b"fine")
    assert passed.seen == [b"".join(request.body)]
    report = {
        "message": f"would have been {status}: {body['cause']}",
        "status": status,
        "cause": body["cause"],
        "errors": body["errors"],
        "method": request.method,
        "path": "/",
    }
    assert reports(caplog) == [report] * SENT_EACH


def test_a_declared_length_over_the_limit_is_logged_once(caplog: Any) -> None:
    request = Req("POST", LENGTH, BODY)

    result = by_wsgi(request, READS, max_body_size=10, report_only=True)

    assert result.seen == [b"".join(BODY)]
    (cause,) = {report["cause"] for report in reports(caplog)}
    assert cause == "limit is 10 bytes, request declares 20"
    assert len(reports(caplog)) == SENT_EACH


def test_asgi_logs_what_is_longer_than_it_was_declared(caplog: Any) -> None:
    request = Req("POST", (("Content-Length", "5"),), BODY)

    result = by_asgi(request, READS, max_body_size=10, report_only=True)

    assert result.seen == [b"".join(BODY)]
    assert [report["status"] for report in reports(caplog)] == [413] * SENT_EACH


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_what_passed_before_silences_no_report(of: Any, caplog: Any) -> None:
    options = {"allowed_methods": ["GET", "POST"], "consumes": ["a/b"]}
    send = of(READS, **options, report_only=True)
    good, bad = (
        Req("POST", LENGTH + (("Content-Type", t),), BODY) for t in ("a/b", "a/c")
    )

    for request in (good, bad, good, good, bad, Req("PUT", LENGTH, BODY), good):
        assert send(request).status == 200

    assert [report["status"] for report in reports(caplog)] == [415, 415, 405]


def test_a_preflight_that_no_check_holds_for_is_not_logged(
    ask: Ask, caplog: Any
) -> None:
    headers = (("Origin", "a"), ("Access-Control-Request-Method", "PUT"))

    ask(Req("OPTIONS", headers), allowed_methods=["GET"], report_only=True)

    assert reports(caplog) == []


def test_responses_are_made_standard_all_the_same(ask: Ask) -> None:
    page = Reply(404, HTML, (b"<h1>Not Found</h1>",))
    options = {"allowed_methods": ["GET"], "report_only": True}

    replaced = ask(Req("DELETE"), page, **options)
    crashed = ask(Req(), Reply(error=RuntimeError("the app's")), **options)

    assert json.loads(replaced.body)["code"] == replaced.status == 404
    assert json.loads(crashed.body)["code"] == crashed.status == 500


def test_only_the_paths_below_a_prefix_may_be_reported(ask: Ask, caplog: Any) -> None:
    refuses: Dict[str, Any] = {"allowed_methods": ["GET"]}

    below = ask(Req("PUT"), **refuses, overrides={"/": {"report_only": True}})
    beside = ask(Req("PUT"), **refuses, overrides={"/a": {"report_only": True}})

    assert (below.status, beside.status) == (200, 405)
    assert len(caplog.records) == SENT_EACH


READ = {
    "read": (lambda source: [source.read()], [b"1234567\n90123456789\n"]),
    "read of a size": (lambda source: [source.read(19)], [b"1234567\n90123456789"]),
    "readline": (
        lambda source: [source.readline(), source.readline(12)],
        [b"1234567\n", b"90123456789\n"],
    ),
    "readlines": (lambda source: source.readlines(), [b"1234567\n", b"90123456789\n"]),
    "iteration": (list, [b"1234567\n", b"90123456789\n"]),
}


@pytest.mark.parametrize("row", READ.values(), ids=READ)
def test_no_read_is_cut_short_in_wsgi(row: Any, caplog: Any) -> None:
    read, whole = row
    seen: List[bytes] = []

    def app(environ: Any, start_response: Any) -> List[bytes]:
        seen.extend(read(environ["wsgi.input"]))
        start_response("200 OK", [])
        return []

    middleware: Any = WSGIMiddleware(app, **COUNTS, report_only=True)
    source = io.BytesIO(b"1234567\n90123456789\n")

    middleware(environ_of(Req("POST", CHUNKED), source), lambda *head: None)

    assert seen == whole
    assert [report["status"] for report in reports(caplog)] == [413]


def test_asgi_hands_on_the_very_messages(caplog: Any) -> None:
    messages = [
        {"type": "http.request", "body": b"12345678", "more_body": True},
        {"type": "http.request", "body": b"90123", "more_body": True},
        {"type": "http.request", "body": b"45678"},
        {"type": "http.disconnect"},
    ]
    given, seen = iter(messages), []

    async def receive() -> Any:
        return next(given)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([await receive() for _ in messages])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async def send(message: Any) -> None:
        pass

    middleware = ASGIMiddleware(app, **COUNTS, report_only=True)
    asyncio.run(middleware(scope_of(Req("POST", CHUNKED)), receive, send))

    assert [a is b for a, b in zip(seen, messages)] == [True] * 4
    assert [report["status"] for report in reports(caplog)] == [413]


def test_asgi_logs_a_declared_length_over_the_limit_once(caplog: Any) -> None:
    by_asgi(Req("POST", LENGTH, BODY), READS, max_body_size=10, report_only=True)

    assert len(reports(caplog)) == SENT_EACH


def test_a_request_is_logged_with_its_first_refusal_alone(
    ask: Ask, caplog: Any
) -> None:
    ask(Req("POST", CHUNKED, BODY), READS, max_body_size=10, report_only=True)

    assert [report["status"] for report in reports(caplog)] == [411] * SENT_EACH


def test_both_log_the_same_path(caplog: Any) -> None:
    def fine(environ: Any, start_response: Any) -> List[bytes]:
        start_response("200 OK", [])
        return []

    async def asgi_fine(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Any) -> None:
        pass

    options: Dict[str, Any] = {"allowed_methods": ["PUT"], "report_only": True}
    wsgi: Any = WSGIMiddleware(fine, **options)
    environ = {**environ_of(Req(), None), "PATH_INFO": "/\xe2\x98\x83"}
    wsgi(environ, lambda *head: None)
    scope = {**scope_of(Req()), "path": "/\u2603"}
    asyncio.run(ASGIMiddleware(asgi_fine, **options)(scope, None, send))

    assert [report["path"] for report in reports(caplog)] == ["/\u2603"] * 2
