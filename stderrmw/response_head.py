"""The header fields of an app's error response, and which of them to keep."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Set
from functools import lru_cache
from typing import Any

from .media_types import is_token

logger = logging.getLogger("stderrmw")

# They frame the app's message, which is not sent (RFC 9110, 7.6.1; RFC 9112, 6).
FRAMING_FIELDS = frozenset(
    "content-length connection keep-alive proxy-authenticate proxy-authorization"
    " proxy-connection te trailer trailers transfer-encoding upgrade".split()
)
# They describe the replaced body, or would make a front server replace ours
# (RFC 9110, 8; RFC 9421; RFC 9530).
BODY_FIELDS = FRAMING_FIELDS.union(
    "content-type content-encoding content-language content-location content-range"
    " content-disposition content-md5 content-digest repr-digest digest etag"
    " last-modified sourcemap x-sourcemap signature signature-input x-sendfile"
    " x-sendfile2 x-sendfile-temporary"
    " x-accel-redirect x-lighttpd-send-file x-lighttpd-send-tempfile"
    " x-reproxy-url x-reproxy-file x-litespeed-location".split()
)
_UNSENDABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]")


def is_sendable(pair: object) -> bool:
    """Whether this is a pair of field name and value that can be sent."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return False
    name, value = pair
    if not isinstance(name, str) or not isinstance(value, str) or not _is_name(name):
        return False
    plain = value.isascii() and value.isprintable()  # cheaper, and almost always true
    return plain or not _UNSENDABLE.search(value)


# Apps send few different names.
_is_name = lru_cache(maxsize=256)(is_token)


def survivors(
    headers: Iterable[Any], status: int, dropped: Set[str] = BODY_FIELDS
) -> list[tuple[str, str]]:
    """The fields to keep when the body is replaced, in order, repeats included.

    A field that cannot be sent is logged and dropped: a line break would start another
    field, and text outside latin-1 would make the error answer itself fail.
    """
    if status == 416:
        # In a 416 it gives the length of the representation (RFC 9110, 15.5.17).
        dropped = dropped - {"content-range"}
    kept = []
    for pair in headers:
        if not is_sendable(pair):
            logger.warning("dropped a header that cannot be sent: %.200r", pair)
        elif pair[0].lower() not in dropped:
            kept.append((pair[0], pair[1].strip(" \t")))  # h11 refuses blanks there
    return kept


def field(headers: Iterable[Any], wanted: str) -> str | None:
    """The field's value, with its lines joined, or None; *wanted* is in lower case."""
    values = [
        pair[1].strip(" \t")
        for pair in headers
        if is_sendable(pair) and pair[0].lower() == wanted
    ]
    return ", ".join(values) if values else None


def is_common(headers: list[Any]) -> bool:
    """Whether it may be remembered: not for one client, and nothing to log."""
    return field(headers, "set-cookie") is None and all(map(is_sendable, headers))
