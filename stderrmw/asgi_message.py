"""Builds and reads ASGI response messages. Decides nothing about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from .message import Answer

START = "http.response.start"
BODY = "http.response.body"
TRAILERS = "http.response.trailers"
#: The messages of a response after its start.
REST = frozenset(
    (BODY, TRAILERS, "http.response.zerocopysend", "http.response.pathsend")
)


class Answered(OSError):
    """Raised by send when an app keeps sending after its response was replaced.

    A send that never suspends would block the event loop. So it finally raises an
    OSError, as a server may when the client has disconnected.
    """


def start_of(answer: Answer, close: bool = False) -> dict[str, Any]:
    """The start of an answer: a new dict and list, because others modify them."""
    if answer.raw_headers is None:
        answer.raw_headers = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in answer.headers
        ]
    headers = answer.raw_headers[:]
    if close:
        headers.append((b"connection", b"close"))
    return {"type": START, "status": answer.status, "headers": headers}


def is_last(message: dict[str, Any], start: dict[str, Any]) -> bool:
    """Whether *message* is the last of the response that began with *start*."""
    if start.get("trailers", False):
        return message["type"] == TRAILERS and not message.get("more_trailers", False)
    return message["type"] != START and not message.get("more_body", False)


def text_pairs(headers: Iterable[Any]) -> list[Any]:
    """The headers as pairs of str; what is not a pair of bytes is dropped later."""
    return [_text_pair(pair) for pair in headers]


def _text_pair(pair: Any) -> object:
    try:
        name, value = pair
        return str(name, "latin-1"), str(value, "latin-1")
    except (TypeError, ValueError):
        return repr(pair)


def mark_awaited(method: Callable[..., Any]) -> None:
    """Mark a plain function as a coroutine function: asgiref's adapters check that."""
    mark = getattr(inspect, "markcoroutinefunction", _mark_for_asyncio)
    mark(method)


def _mark_for_asyncio(method: Any) -> None:
    """For Python before 3.12. Imports asyncio late: a WSGI app does not need it."""
    from asyncio import coroutines

    method._is_coroutine = coroutines._is_coroutine  # type: ignore[attr-defined]
