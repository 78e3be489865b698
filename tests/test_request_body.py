"""A body that is too large is 413, whatever is declared and whatever the app does."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from stderrmw import StandardError

from .interfaces import JSON, Reply, Req, Result, by_asgi, by_wsgi

Ask = Callable[..., Result]
CHUNKED = (("Transfer-Encoding", "chunked"),)
OPTIONS: Any = {"max_body_size": 10, "require_content_length": False}
TOO_MUCH = (b"123456", b"7890123456789012345678", b"9")
READS = Reply(reads=True)

# What frameworks make of a read that raises.
DEEDS = {
    "lets it through": READS,
    "swallows it": READS._replace(swallows=True),
    "answers 500 of its own": READS._replace(swallows=True, status=500),
    "answers JSON of its own": READS._replace(
        swallows=True, status=400, headers=JSON, chunks=(b'{"code":400,"message":"x"}',)
    ),
    "raises another": READS._replace(swallows=True, error=RuntimeError("in a group")),
    "raises a standard error": READS._replace(swallows=True, error=StandardError(400)),
}


@pytest.mark.parametrize("reply", DEEDS.values(), ids=DEEDS)
def test_a_body_over_the_limit_is_413_whatever_the_app_does(reply: Reply) -> None:
    request = Req("POST", CHUNKED, TOO_MUCH)

    wsgi, asgi = (by(request, reply, **OPTIONS) for by in (by_wsgi, by_asgi))

    assert (wsgi.status, wsgi.headers, wsgi.body) == asgi[:3]
    body = json.loads(wsgi.body)
    assert (wsgi.status, body["code"]) == (413, 413)
    assert body["cause"] == "limit is 10 bytes, the request body is longer"
    assert wsgi.seen == asgi.seen == []


@pytest.mark.parametrize("drain_limit, read", [(19, 28), (20, 29)])
def test_asgi_does_not_drain_a_declared_length_over_the_drain_limit(
    drain_limit: int, read: int
) -> None:
    request = Req("POST", (("Content-Length", "20"),), TOO_MUCH)

    result = by_asgi(request, READS, max_body_size=25, drain_limit=drain_limit)

    assert (result.status, len(result.read)) == (413, read)


@pytest.mark.parametrize("pieces", [(b"1" * 10,), (b"12345",) * 2, (b"1",) * 10])
def test_a_body_of_just_the_limit_is_read_whole(ask: Ask, pieces: Any) -> None:
    result = ask(Req("POST", CHUNKED, pieces), READS, **OPTIONS)

    assert (result.status, result.seen) == (200, [b"".join(pieces)])


def test_a_crash_after_a_body_of_just_the_limit_is_500(ask: Ask) -> None:
    reply = READS._replace(error=ValueError("the app's"))

    assert ask(Req("POST", CHUNKED, (b"1" * 10,)), reply, **OPTIONS).status == 500


@pytest.mark.parametrize("limit", [None, 2**63])
def test_a_body_without_a_limit_is_read_whole(ask: Ask, limit: Any) -> None:
    options = {**OPTIONS, "max_body_size": limit}

    result = ask(Req("POST", CHUNKED, TOO_MUCH), READS, **options)

    assert (result.status, result.seen) == (200, [b"".join(TOO_MUCH)])


def test_an_http_2_body_is_counted(ask: Ask) -> None:
    request = Req("POST", (), TOO_MUCH, version="2")

    assert ask(request, READS, max_body_size=10).status == 413


def test_asgi_counts_beyond_a_length_that_lies() -> None:
    request = Req("POST", (("Content-Length", "3"),), TOO_MUCH)

    assert by_asgi(request, READS, max_body_size=10).status == 413


@pytest.mark.parametrize("drain_limit, read", [(0, 28), (5, 29), (100, 29)])
def test_what_comes_after_the_limit_is_drained(drain_limit: int, read: int) -> None:
    request = Req("POST", CHUNKED, TOO_MUCH)

    asgi = by_asgi(request, READS, drain_limit=drain_limit, **OPTIONS)
    wsgi = by_wsgi(request, READS, drain_limit=drain_limit, **OPTIONS)

    assert len(asgi.read) == read
    assert len(wsgi.read) == min(11 + drain_limit, 29)  # it asks for no more at once


EXPECTS = (("Expect", "100-Continue"),)
LENGTH = (("Content-Length", "29"),)
DRAINED = {
    "a declared body": (LENGTH, {}, 29),
    "chunks": (CHUNKED, {}, 29),
    "no body": ((), {}, 0),
    "a body that waits": (LENGTH + EXPECTS, {}, 0),
    "chunks that wait": (CHUNKED + EXPECTS, {}, 0),
    "a declared body over the drain limit": (LENGTH, {"drain_limit": 28}, 0),
    "a length of 0": ((("Content-Length", "0"),), {}, 0),
    "a declared body of just the drain limit": (LENGTH, {"drain_limit": 29}, 29),
    "chunks over the drain limit": (CHUNKED, {"drain_limit": 6}, 6),
    "a length that is no number": ((("Content-Length", "x"),), {}, 0),
}


@pytest.mark.parametrize("row", DRAINED.values(), ids=DRAINED)
def test_a_refused_body_is_drained_after_the_answer(ask: Ask, row: Any) -> None:
    headers, options, read = row

    result = ask(Req("PUT", headers, TOO_MUCH), allowed_methods=["GET"], **options)

    assert result.status in (405, 400)
    assert not result.asked
    assert len(result.read) == read


REFUSES: Any = {"allowed_methods": ["GET"], "require_content_length": False}


@pytest.mark.parametrize(
    "request_",
    [
        Req("PUT", (), TOO_MUCH, version="2"),
        Req("PUT", (("Content-Length", "5"), *CHUNKED), TOO_MUCH),
    ],
    ids=["frames", "chunks beside a length"],
)
def test_a_refused_body_of_unknown_length_is_drained_to_its_end(
    ask: Ask, request_: Req
) -> None:
    """RFC 9112, 6.3: the coding overrides the length."""
    result = ask(request_, **REFUSES)

    assert (result.status, len(result.read)) == (405, 29)


@pytest.mark.parametrize("limit, wsgi, asgi", [(0, 0, 0), (1, 1, 6), (7, 7, 28)])
def test_chunks_are_drained_up_to_the_limit(limit: int, wsgi: int, asgi: int) -> None:
    """ASGI's come in messages, of which each is read whole."""
    request = Req("PUT", CHUNKED, TOO_MUCH)

    for by, read in ((by_wsgi, wsgi), (by_asgi, asgi)):
        assert len(by(request, **REFUSES, drain_limit=limit).read) == read


@pytest.mark.parametrize("length, status", [(1_048_576, 200), (1_048_577, 413)])
def test_a_body_of_1_mib_is_the_largest_by_default(
    ask: Ask, length: int, status: int
) -> None:
    declared = Req("POST", (("Content-Length", str(length)),))

    assert ask(declared).status == status


@pytest.mark.parametrize("length, read", [(8_388_608, b"12345"), (8_388_609, b"")])
def test_a_refused_body_of_8_mib_is_the_largest_to_be_drained_by_default(
    ask: Ask, length: int, read: bytes
) -> None:
    declared = Req("PUT", (("Content-Length", str(length)),), (b"12345",))

    assert ask(declared).read == read


def test_wsgi_drains_nothing_that_waits_and_is_too_large() -> None:
    """The contract, section 4: never where Expect: 100-continue was sent."""
    request = Req("POST", CHUNKED + EXPECTS, TOO_MUCH)

    assert len(by_wsgi(request, READS, **OPTIONS).read) == 11


def test_wsgi_does_not_drain_what_may_never_end() -> None:
    request = Req("PUT", CHUNKED, TOO_MUCH, terminated=False)

    assert by_wsgi(request).read == b""


def test_a_head_is_drained_too(ask: Ask) -> None:
    result = ask(Req("HEAD", LENGTH, TOO_MUCH), max_body_size=10)

    assert (result.status, result.body, len(result.read)) == (413, b"", 29)


def test_asgi_says_that_a_refused_expectation_ends_the_connection() -> None:
    refused = Req("PUT", LENGTH + EXPECTS, TOO_MUCH)

    for version, closes in (("1.1", True), ("1", True), ("2", False), ("3", False)):
        result = by_asgi(refused._replace(version=version), allowed_methods=["GET"])
        assert (("connection", "close") in result.headers) is closes
    assert ("connection", "close") not in by_wsgi(refused, max_body_size=1).headers
