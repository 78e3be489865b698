"""Exceptions that leave an app: answered, logged once, and never told to a client."""

from __future__ import annotations

import json
import logging
import pickle
from http import HTTPStatus
from typing import Any, Callable, Dict

import pytest

from stderrmw import PROTOCOL_STATUSES, FieldError, StandardError

from .interfaces import SENT_EACH, Reply, Req, Result, by_wsgi

Ask = Callable[..., Result]
CRASH = b'{"code": 500, "message": "Internal Server Error"}'


class Leaving(BaseException):
    """As SystemExit, GreenletExit, CancelledError and gevent's Timeout are."""


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), FileNotFoundError("secret"), ConnectionResetError("secret")],
    ids=repr,
)
def test_a_crash_is_500_and_one_record(
    ask: Ask, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    result = ask(Req(), Reply(error=error))

    assert (result.status, result.body) == (500, CRASH)
    assert len(caplog.records) == SENT_EACH
    record = caplog.records[0]
    assert (record.name, record.levelno) == ("stderrmw", logging.ERROR)
    assert record.exc_info and record.exc_info[1] is error
    assert record.getMessage() == f"the app failed: {error!r}"


@pytest.mark.parametrize("error", [ValueError("secret"), StandardError(422, "no")])
def test_a_head_of_a_crash_has_the_head_of_the_get(ask: Ask, error: Exception) -> None:
    """RFC 9110, 9.3.2."""
    get, head = (ask(Req(method), Reply(error=error)) for method in ("GET", "HEAD"))

    assert head == get._replace(body=b"")


def test_a_crash_with_the_status_of_another_service_is_500(ask: Ask) -> None:
    error = RuntimeError("upstream said no")
    error.status_code = 401  # type: ignore[attr-defined]

    assert ask(Req(), Reply(error=error)).status == 500


def test_a_base_exception_is_the_servers(ask: Ask) -> None:
    with pytest.raises(Leaving):
        ask(Req(), Reply(error=Leaving()))


def test_wsgi_lets_exceptions_through_where_that_is_asked() -> None:
    error = ValueError("seen")

    with pytest.raises(ValueError) as caught:
        by_wsgi(Req(), Reply(error=error), propagate_exceptions=True)

    assert caught.value is error


RAISED = {
    "the plainest": (StandardError(404), 404, {"message": "Not Found"}),
    "an author's words, on 5xx too": (
        StandardError(503, "Back at noon"),
        503,
        {"message": "Back at noon"},
    ),
    "all of it": (
        StandardError(
            422,
            "Unprocessable entity",
            cause="Validation failed",
            errors=[("Issue", "title", "missing_field")],
        ),
        422,
        {
            "message": "Unprocessable entity",
            "cause": "Validation failed",
            "errors": [
                {"resource": "Issue", "field": "title", "code": "missing_field"}
            ],
        },
    ),
    "a status off the table": (
        StandardError(423),
        409,
        {"message": "Conflict", "cause": "423 Locked"},
    ),
    "a status off the table with a cause": (
        StandardError(499, cause="he left"),
        400,
        {"message": "Bad Request", "cause": "499: he left"},
    ),
}


@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("row", RAISED.values(), ids=RAISED)
def test_a_standard_error_is_answered_and_is_no_fault(
    ask: Ask, caplog: pytest.LogCaptureFixture, row: Any, propagates: bool
) -> None:
    error, status, fields = row

    result = ask(Req(), Reply(error=error), propagate_exceptions=propagates)

    assert (result.status, error.status) == (status, status)
    assert json.loads(result.body) == error.as_dict() == {"code": status, **fields}
    assert not caplog.records


HELD = [("X-Held-By", "you"), ("Set-Cookie", "a=b"), ("content-type", "text/html")]


def test_a_standard_error_keeps_a_preserved_status_and_its_headers(ask: Ask) -> None:
    error = StandardError(412, headers=HELD)

    result = ask(Req(), Reply(error=error), preserve_statuses=PROTOCOL_STATUSES)

    assert (result.status, json.loads(result.body)["code"]) == (412, 412)
    assert result.headers[2:] == [("x-held-by", "you"), ("set-cookie", "a=b")]


class Helpful(StandardError):
    """One that an app made, with a field of its own."""

    def as_dict(self) -> Dict[str, Any]:
        return {**super().as_dict(), "help": "https://api.example/17"}


class Hollow(StandardError):
    """One that an app made, and that never was begun."""

    def __init__(self) -> None:
        pass


class Opaque(StandardError):
    """One that an app made, and that JSON cannot say."""

    def as_dict(self) -> Dict[str, Any]:
        return {"errors": object()}


class Endless(StandardError):
    """One that an app made, with a number that JSON has not."""

    def as_dict(self) -> Dict[str, Any]:
        return {"size": float("inf")}


@pytest.mark.parametrize("preserved, status", [((), 409), ([423], 423)])
def test_a_subclass_of_a_standard_error_may_add_fields(
    ask: Ask, preserved: Any, status: int
) -> None:
    result = ask(Req(), Reply(error=Helpful(423, "no")), preserve_statuses=preserved)

    fields = json.loads(result.body)
    assert (result.status, fields.pop("code")) == (status, status)
    assert fields.pop("help") == "https://api.example/17"
    assert fields.pop("message") == "no"
    assert fields == ({} if preserved else {"cause": "423 Locked"})


@pytest.mark.parametrize(
    "error",
    [Hollow(), Opaque(404), Endless(404)],
    ids=["hollow", "opaque", "endless"],
)
def test_a_subclass_that_cannot_be_answered_is_a_crash(
    ask: Ask, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    result = ask(Req(), Reply(error=error))

    assert (result.status, result.body) == (500, CRASH)
    words = f"{type(error).__name__} cannot be answered"
    assert [
        (record.name, record.getMessage(), record.exc_info is not None)
        for record in caplog.records
    ] == [("stderrmw", words, True)] * SENT_EACH


def test_the_answer_to_what_cannot_be_answered_is_one_like_any_other(ask: Ask) -> None:
    """The same for HEAD, and with what the callables give for this very request."""

    def mark(source: Any) -> Dict[str, Any]:
        return {"method": source.get("REQUEST_METHOD") or source.get("method")}

    reply = Reply(error=Opaque(404))
    get = ask(Req(), reply, extra_fields=mark)

    assert json.loads(get.body)["method"] == "GET"
    assert ask(Req("HEAD"), reply).body == b""


def test_a_range_stays_on_a_standard_error_of_416(ask: Ask) -> None:
    """RFC 9110, 15.5.17: there it says how long the representation is."""
    error = StandardError(416, headers=[("Content-Range", "bytes */9")])

    kept = ask(Req(), Reply(error=error), preserve_statuses=[416])
    folded = ask(Req(), Reply(error=error))

    assert kept.headers[2:] == [("content-range", "bytes */9")]
    assert folded.headers[2:] == []


def test_the_status_of_a_standard_error_is_a_plain_number() -> None:
    assert type(StandardError(HTTPStatus.NOT_FOUND).status) is int


def test_a_standard_error_survives_a_process_border() -> None:
    error = StandardError(423, "no", cause="why", headers=[("A", "b")])

    copy = pickle.loads(pickle.dumps(error))

    assert (copy.as_dict(), copy.headers) == (error.as_dict(), error.headers)
    assert str(copy) == "423 Locked: no: why"
    assert FieldError("a", "b", "c") == ("a", "b", "c")


@pytest.mark.parametrize(
    "kind, words, arguments, options",
    [
        (ValueError, "status must be from 400 to 599, not 399", (399,), {}),
        (ValueError, "not 600", (600,), {}),
        (TypeError, "status must be an int", ("404",), {}),
        (TypeError, "not True", (True,), {}),
        (TypeError, "message must be a str or None, not 5", (404, 5), {}),
        (TypeError, "cause must be", (404,), {"cause": b"x"}),
        (TypeError, "errors must hold", (404,), {"errors": [("a", "b")]}),
        (TypeError, "errors must hold", (404,), {"errors": [("a", "b", 3)]}),
        (ValueError, "headers must hold", (404,), {"headers": ["ab"]}),
        (ValueError, "headers must hold", (404,), {"headers": [5]}),
        (ValueError, "headers must hold", (404,), {"headers": [("A", 5)]}),
        (ValueError, "headers must", (404,), {"headers": [("A", "b\r\nC: d")]}),
    ],
)
def test_a_wrong_standard_error_says_what_is_wrong(
    kind: Any, words: str, arguments: Any, options: Any
) -> None:
    with pytest.raises(kind, match=words):
        StandardError(*arguments, **options)
