"""What the gate remembers, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stderrmw import WSGIMiddleware
from stderrmw.gate import LONGEST_REMEMBERED, MOST_REMEMBERED, Gate

from .interfaces import Req, by_wsgi


def app(*arguments: Any) -> None:
    """Never called."""


@pytest.fixture
def gate() -> Gate:
    return WSGIMiddleware(app, max_body_size=10)._gate  # type: ignore[arg-type]


def head(method: str = "GET", accept: Any = None) -> Any:
    return (method, None, None, accept, None, None, False, False, True)


def remembered(gate: Gate) -> int:
    return len(gate._passed)


def test_a_head_that_passed_is_remembered_once_whatever_its_length(gate: Gate) -> None:
    for length in ("1", "5", "10", "9"):
        assert gate.judge(length, head())[1] is None

    assert remembered(gate) == 1


@pytest.mark.parametrize("length", ["11", "1x", "-1", "", "\xb2", "9" * 5000])
def test_a_length_that_does_not_fit_is_refused_each_time(
    gate: Gate, length: str
) -> None:
    gate.judge("5", head())

    for _ in range(2):
        request, refused = gate.judge(length, head())
        assert refused is not None
        assert request.content_length == length


def test_no_refusal_is_remembered(gate: Gate) -> None:
    assert gate.judge(None, head("POST"))[1] is not None
    assert remembered(gate) == 0


def test_what_is_remembered_is_bounded(gate: Gate) -> None:
    for number in range(MOST_REMEMBERED * 2 + 5):
        gate.judge(None, head(accept=f"text/html;n={number}"))
    assert remembered(gate) == 5

    gate.judge(None, head(accept="x" * LONGEST_REMEMBERED))
    assert remembered(gate) == 5


@given(st.text("0123456789+- ", max_size=6), st.sampled_from([0, 5, 10_000, None]))
def test_a_remembered_head_changes_no_answer(length: str, limit: Any) -> None:
    request = Req("POST", (("Content-Length", length or "0"),), (b"",))
    fresh = by_wsgi(request, max_body_size=limit, drain_limit=0)

    middleware = WSGIMiddleware(app, max_body_size=limit)  # type: ignore[arg-type]
    for known in ("1", "0", length or "0"):
        _, refused = middleware._gate.judge(known, head("POST"))

    assert (refused.status if refused else 200) == fresh.status
