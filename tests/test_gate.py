"""What the gate remembers, and what it does not."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stderrmw import StandardError, checks
from stderrmw.message import CHECKED, Request
from stderrmw.policy import Policy
from stderrmw.remembered import LONGEST, MOST, MOST_STEPS, keep, keep_in

from .interfaces import HTML, SENT_EACH, Reply, Req, asgi_of, by_asgi, by_wsgi, wsgi_of


class Fault(Exception):
    """Not of this package."""


OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST"],
    "max_body_size": 10,
    "consumes": ["text/csv"],
    "produces": ["application/json"],
    "produces_encodings": ["gzip"],
    "drain_limit": 0,
}
LAX: Dict[str, Any] = {**OPTIONS, "require_content_length": False}
HEADS = [
    Req("GET"),
    Req("GET", (("Accept", "text/html"),)),
    Req("GET", (("Accept", "application/json"),)),
    Req("GET", (("Accept-Encoding", "br"),)),
    Req("PUT"),
    Req("POST"),
    Req("POST", version="2"),
    Req("POST", (("Content-Type", "text/csv"),)),
    Req("POST", (("Content-Type", "text/csv"),), version="2"),
    *(
        Req("POST", (("Content-Length", text), ("Content-Type", "text/csv")), (b"1",))
        for text in ("x", "\xb2", "-", "+")
    ),
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


@pytest.mark.parametrize("options", [OPTIONS, LAX], ids=["strict", "lax"])
@given(requests=st.lists(st.sampled_from(HEADS), min_size=2, max_size=12))
def test_what_went_before_changes_no_answer(requests: Any, options: Any) -> None:
    wsgi, asgi = wsgi_of(**options), asgi_of(**options)

    for request in requests:
        assert wsgi(request) == by_wsgi(request, **options)
        assert asgi(request) == by_asgi(request, **options)


CSV = (("Content-Type", "text/csv"),)
FIVE = (("Content-Length", "5"), *CSV)
# the headers that pass, of which version, what is changed in them, and the refusal
OTHERS: Dict[str, Any] = {
    "a length of many digits": (FIVE, "1.1", {"Content-Length": "111"}, 413),
    "a length just over the limit": (FIVE, "1.1", {"Content-Length": "11"}, 413),
    "a length that is a letter": (FIVE, "1.1", {"Content-Length": "x"}, 400),
    "a length that is no ASCII": (FIVE, "1.1", {"Content-Length": "\xb2"}, 400),
    "chunks beside it": (FIVE, "1.1", {"Transfer-Encoding": "chunked"}, 400),
    "another accept": (FIVE, "1.1", {"Accept": "text/html"}, 406),
    "another coding": (FIVE, "1.1", {"Accept-Encoding": "br"}, 406),
    "no frames": (CSV, "2", {}, 411),
    "another type": (FIVE, "1.1", {"Content-Type": "text/html"}, 415),
}


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
@pytest.mark.parametrize("row", OTHERS.values(), ids=OTHERS)
def test_a_request_that_passed_takes_no_other_with_it(of: Any, row: Any) -> None:
    headers, version, changed, status = row
    good = Req("POST", headers, (b"12345",), version)
    bad = Req("POST", tuple({**dict(headers), **changed}.items()), (b"12345",))
    send = of(**OPTIONS)

    statuses = [send(each).status for each in (good, good, bad, bad, good)]

    assert statuses == [200, 200, status, status, 200]


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_a_request_that_passed_takes_no_other_method_with_it(of: Any) -> None:
    send = of(**OPTIONS)

    for method, status in (("POST", 200), ("PUT", 405)) * 2:
        assert send(Req(method, FIVE, (b"12345",))).status == status


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_a_number_is_taken_for_a_length_in_no_other_field(of: Any) -> None:
    send = of(max_body_size=10, produces_encodings=["7"], drain_limit=0)

    for length, coding, status in (("5", "7", 200), ("5", "5", 406), ("111", "7", 413)):
        headers = ("Content-Length", length), ("Accept-Encoding", coding)
        for _ in range(2):
            assert send(Req("POST", headers, (b"12345",))).status == status


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_a_body_that_was_drained_has_none_drained_that_waits(of: Any) -> None:
    send = of(allowed_methods=["GET"])
    waits = (*FIVE, ("Expect", "100-continue"))

    for headers, read in ((FIVE, b"12345"), (waits, b"")) * 2:
        assert send(Req("PUT", headers, (b"12345",))).read == read


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_a_length_of_zeros_takes_no_other_with_it(of: Any) -> None:
    """It is one of no body, whatever is said of its type."""
    send = of(consumes=["text/csv"], drain_limit=0)

    for length, status in (("00", 200), ("5", 415), ("000", 200), ("7", 415)) * 2:
        headers = ("Content-Length", length), ("Content-Type", "a/b")
        assert send(Req("POST", headers)).status == status


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_each_length_where_none_may_be_is_told(of: Any) -> None:
    send = of(max_body_size=0, drain_limit=0)

    for length in ("5", "7", "5", "77"):
        body = send(Req("PUT", (("Content-Length", length),))).body
        assert f'request declares {length}"'.encode() in body


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_each_length_is_drained_or_not_for_itself(of: Any) -> None:
    send = of(allowed_methods=["GET"], drain_limit=10)

    for length, read in ((5, 5), (29, 0), (5, 5), (11, 0), (10, 10)) * 2:
        headers = (("Content-Length", str(length)),)
        assert len(send(Req("PUT", headers, (b"x" * length,))).read) == read


@pytest.mark.parametrize("of", [wsgi_of, asgi_of])
def test_what_may_pass_without_frames_may_not_with_them(of: Any) -> None:
    """Without a length there is no body in HTTP/1.1, and may be one in HTTP/2."""
    send = of(**LAX)

    for _ in range(2):
        assert send(Req("POST")).status == 200
        assert send(Req("POST", version="2")).status == 415


@pytest.mark.parametrize("send_to", [wsgi_of, asgi_of])
def test_a_crash_propagates_however_often_its_head_passed(send_to: Any) -> None:
    send = send_to(Reply(error=Fault()), propagate_exceptions=True)

    for _ in range(SENT_EACH):
        with pytest.raises(Fault):
            send(Req())


BOTH = pytest.mark.parametrize("send_to", [wsgi_of, asgi_of])
MARKS = pytest.mark.parametrize("text", ["fits", "unknown", "end", "count"])


@BOTH
@MARKS
def test_no_length_is_taken_for_a_mark_of_what_is_remembered(
    send_to: Any, text: str
) -> None:
    send = send_to()

    for _ in range(SENT_EACH):
        assert send(Req("POST", (("Content-Length", "5"),), (b"12345",))).status == 200
    assert send(Req("POST", (("Content-Length", text),))).status == 400


@BOTH
@MARKS
def test_no_method_is_taken_for_a_mark_of_what_is_remembered(
    send_to: Any, text: str
) -> None:
    send = send_to()

    for _ in range(SENT_EACH):
        assert send(Req()).status == send(Req(text)).status == 200


def refuse_x(request: Request, policy: Policy) -> Optional[StandardError]:
    """A check of every field that may be looked at."""
    if "x" in [request.fields.get(name) for name in CHECKED]:
        return StandardError(400)
    return None


@BOTH
@pytest.mark.parametrize("name", CHECKED)
def test_no_field_that_a_check_looks_at_is_left_out_of_what_is_remembered(
    send_to: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHECKS", (refuse_x,))
    send = send_to(consumes=["a/b"], produces=["a/b"], produces_encodings=["gzip"])

    for _ in range(SENT_EACH):
        assert send(Req("GET", ((name, "3"),))).status == send(Req()).status == 200
    assert send(Req("GET", ((name, "x"),))).status == 400


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
