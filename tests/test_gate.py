"""What the gate remembers, and what it does not."""

from __future__ import annotations

from typing import Any, Dict, Set

from hypothesis import given
from hypothesis import strategies as st

from stderrmw.gate import LONGEST_REMEMBERED, MOST_REMEMBERED, has_room

from .interfaces import Req, asgi_of, by_asgi, by_wsgi, wsgi_of

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
    Req("POST", (("Content-Length", "0"), ("Content-Type", "text/csv"))),
    Req("POST", (("Content-Length", "0"),)),
    Req("POST", (("Content-Length", "5"),), (b"12345",)),
    Req("POST", (("Content-Length", "11"), ("Content-Type", "text/csv"))),
    Req("POST", (("Transfer-Encoding", "chunked"),), (b"12345",)),
    Req("POST", (("Transfer-Encoding", "gzip"),), (b"12345",)),
    Req("OPTIONS"),
    Req("OPTIONS", (("Origin", "a"), ("Access-Control-Request-Method", "PUT"))),
    Req("GET", version="2"),
]


@given(st.lists(st.sampled_from(HEADS), min_size=2, max_size=12))
def test_what_went_before_changes_no_answer(requests: Any) -> None:
    wsgi, asgi = wsgi_of(**OPTIONS), asgi_of(**OPTIONS)

    for request in requests:
        assert wsgi(request) == by_wsgi(request, **OPTIONS)
        assert asgi(request) == by_asgi(request, **OPTIONS)


def test_what_is_remembered_is_bounded() -> None:
    known: Set[Any] = set(range(MOST_REMEMBERED - 1))

    assert has_room(known, "x")
    known.add("x")
    assert not has_room(known, "x" * LONGEST_REMEMBERED + "x")
    assert len(known) == MOST_REMEMBERED
    assert has_room(known, "y")
    assert known == set()
