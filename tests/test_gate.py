"""What the gate remembers, and what it does not."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stderrmw.remembered import LONGEST, MOST, MOST_STEPS, keep, keep_in

from .interfaces import HTML, SENT_EACH, Reply, Req, asgi_of, by_asgi, by_wsgi, wsgi_of


class Fault(Exception):
    """Not of this package."""


OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST"],
    "max_body_size": 10,
    "consumes": ["text/csv"],
    "produces": ["application/json"],
    "drain_limit": 0,
}
HEADS = [
    Req("GET"),
    Req("GET", (("Accept", "text/html"),)),
    Req("GET", (("Accept", "application/json"),)),
    Req("GET", (("Accept-Encoding", "br"),)),
    Req("PUT"),
    Req("POST"),
    Req("POST", version="2"),
    Req("POST", (("Expect", "100-continue"),)),
    Req("POST", (("Content-Length", "5"), ("Content-Type", "text/csv")), (b"12345",)),
    Req("POST", (("Content-Length", "7"), ("Content-Type", "text/csv")), (b"7 bytes",)),
    Req("POST", (("Content-Length", "0"), ("Content-Type", "text/csv"))),
    Req("POST", (("Content-Length", "00"), ("Content-Type", "text/csv"))),
    Req("POST", (("Content-Length", "00"),)),
    Req("POST", (("Content-Length", "0"),)),
    Req("POST", (("Content-Length", "5"),), (b"12345",)),
    Req("POST", (("Content-Length", "11"), ("Content-Type", "text/csv"))),
    Req("POST", (("Transfer-Encoding", "chunked"),), (b"12345",)),
    Req("POST", (("Transfer-Encoding", "gzip"),), (b"12345",)),
    Req("OPTIONS"),
    Req("OPTIONS", (("Origin", "a"), ("Access-Control-Request-Method", "PUT"))),
    Req("GET", version="2"),
    Req("GET", (("X" * 5000, "a name too long to remember"),)),
    Req("POST", (("Content-Length", "6"), ("Content-Type", "text/html")), (b"123456",)),
    Req(
        "POST",
        (("Content-Length", "9"), ("Content-Type", "text/html")),
        (b"9 bytes: ",),
    ),
]


@given(st.lists(st.sampled_from(HEADS), min_size=2, max_size=12))
def test_what_went_before_changes_no_answer(requests: Any) -> None:
    wsgi, asgi = wsgi_of(**OPTIONS), asgi_of(**OPTIONS)

    for request in requests:
        assert wsgi(request) == by_wsgi(request, **OPTIONS)
        assert asgi(request) == by_asgi(request, **OPTIONS)


@pytest.mark.parametrize("send_to", [wsgi_of, asgi_of])
def test_a_crash_propagates_however_often_its_head_passed(send_to: Any) -> None:
    send = send_to(Reply(error=Fault()), propagate_exceptions=True)

    for _ in range(SENT_EACH):
        with pytest.raises(Fault):
            send(Req())


@pytest.mark.parametrize("extra", [0, 5])
def test_what_is_remembered_is_bounded(extra: int) -> None:
    known: Dict[Any, Any] = {}
    tree: Dict[Any, Any] = {}
    for number in range(MOST + extra):
        keep(known, number, None)
        keep_in(tree, ["GET", number], None)

    assert len(known) == len(tree["GET"]) == (extra or MOST)


def test_what_is_long_is_not_remembered() -> None:
    known: Dict[Any, Any] = {}
    tree: Dict[Any, Any] = {}

    keep(known, "x" * LONGEST, None)
    keep_in(tree, ["x" * LONGEST], None)
    keep_in(tree, ["x"] * (MOST_STEPS + 1), None)

    assert not known and not tree


class Replies:
    """An app's replies, one after another."""

    now: Reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


LOST = Reply(404, HTML, (b"<h1>Lost</h1>",))
PAGES = [
    (Req("GET"), LOST),
    (Req("HEAD"), LOST),
    (Req("GET"), LOST._replace(status=410)),
    (Req("GET"), LOST._replace(chunks=(b"<h1>Sold</h1>",))),
    (Req("GET"), LOST._replace(headers=(*HTML, ("X-A", "b")))),
    (Req("GET"), LOST._replace(headers=(*HTML, ("X-A", "c")))),
    (Req("GET"), LOST._replace(headers=(("Content-Type", "text/plain"),))),
]


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
@pytest.mark.parametrize("second", PAGES)
@pytest.mark.parametrize("first", PAGES)
def test_no_page_is_taken_for_another(of: Any, first: Any, second: Any) -> None:
    replies = Replies()
    send = of(replies)

    for request, reply in (first, second, first, second):
        replies.now = reply
        assert send(request) == of(reply)(request)
