"""What the ASGI specification passes around: response messages, and headers as text."""

from __future__ import annotations

from typing import Any

from .message import Answer

START = "http.response.start"
BODY = "http.response.body"
#: What is sent between a start and the end of the response it starts.
REST = frozenset(
    (
        BODY,
        *(f"http.response.{kind}" for kind in ("zerocopysend", "pathsend", "trailers")),
    )
)


class Answered(OSError):
    """Raised by send when an app sends on and on after it was answered for it.

    A send that never suspends would keep the event loop from everything else, so
    it does at last what a server may do when the client has left.
    """


def start_of(answer: Answer) -> dict[str, Any]:
    """The start of an answer: a new dict and list, for others write into them."""
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in answer.headers
    ]
    return {"type": START, "status": answer.status, "headers": headers}


def body_of(body: bytes, more_body: bool = False) -> dict[str, Any]:
    """A message with a part of a body, or the last of it."""
    return {"type": BODY, "body": body, "more_body": more_body}


def text_pairs(headers: list[Any]) -> list[object]:
    """The headers as pairs of str; what is no pair of bytes is left to be dropped."""
    return [_text_pair(pair) for pair in headers]


def _text_pair(pair: Any) -> object:
    try:
        name, value = pair
        return bytes.decode(name, "latin-1"), bytes.decode(value, "latin-1")
    except (TypeError, ValueError):
        return repr(pair)
