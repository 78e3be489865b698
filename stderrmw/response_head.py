"""The head of an app's error response: what it says, and what outlives its body."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Set

from .media_types import is_token
from .message import Headers

logger = logging.getLogger("stderrmw")

# They frame the message of the app's that is not sent (RFC 9110, 7.6.1; RFC 9112, 6).
FRAMING_FIELDS = frozenset(
    "transfer-encoding trailer te connection keep-alive proxy-connection"
    " content-length".split()
)
# They describe the body that is replaced, or would have a front server replace ours
# in turn (RFC 9110, 8; RFC 9421; RFC 9530).
BODY_FIELDS = FRAMING_FIELDS.union(
    "content-type content-encoding content-language content-location content-range"
    " content-disposition content-md5 content-digest repr-digest digest etag"
    " last-modified sourcemap x-sourcemap signature signature-input x-sendfile"
    " x-sendfile2 x-accel-redirect x-lighttpd-send-file x-lighttpd-send-tempfile"
    " x-reproxy-url".split()
)
_UNSENDABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]")


def sendable(headers: Iterable[object]) -> Headers:
    """The pairs that any server can send; the others are logged and left out.

    A line break in a value would start another field, and what is no latin-1 has
    the server fail on the answer that was to tell of a failure.
    """
    pairs: Headers = []
    for pair in headers:
        if is_sendable(pair):
            pairs.append(tuple(pair))  # type: ignore[arg-type]
        else:
            logger.warning("dropped a header that cannot be sent: %.200r", pair)
    return pairs


def is_sendable(pair: object) -> bool:
    """Whether this is a field name and a value that can go on the wire."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return False
    name, value = pair
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and is_token(name)
        and not _UNSENDABLE.search(value)
    )


def survivors(
    headers: Headers, status: int, dropped: Set[str] = BODY_FIELDS
) -> Headers:
    """The fields that stay where the body is replaced, in order and repeated."""
    if status == 416:
        # There it says how long the representation is (RFC 9110, 15.5.17).
        dropped = dropped - {"content-range"}
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def field(headers: Headers, wanted: str) -> str | None:
    """The field's value, its lines joined, or None; *wanted* is in lower case."""
    values = [value for name, value in headers if name.lower() == wanted]
    return ", ".join(values) if values else None
