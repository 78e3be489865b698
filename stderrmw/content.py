"""The content of a response: what its head says about the body, and decoding it."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from .media_types import canonical_coding, parse_media_type
from .message import length_of
from .response_head import field

#: The content codings that the standard library decodes on every interpreter.
CODINGS = frozenset({"gzip", "deflate", "identity"})


class Content(NamedTuple):
    """What a head says about the body; the defaults apply if it says nothing."""

    content_type: str = "text/plain"
    is_json: bool = False
    is_text: bool = True
    is_markup: bool = False
    is_plain: bool = True
    charset: str | None = None
    coding: str = "identity"
    length: int = -1


class TooLong(Exception):
    """The decoded content is over the limit."""


def content_of(headers: Iterable[Any]) -> Content:
    """The Content of a response with these headers, as pairs of str."""
    coding = canonical_coding(field(headers, "content-encoding") or "identity")
    length = length_of(field(headers, "content-length") or "")
    content = _content_of_type(field(headers, "content-type") or "text/plain")
    return content._replace(coding=coding, length=length)


@lru_cache(maxsize=256)
def _content_of_type(content_type: str) -> Content:
    found = parse_media_type(content_type)
    if found is None:
        return Content(content_type, is_text=False, is_plain=False)
    is_text, is_plain = found.type == "text", found[:2] == ("text", "plain")
    is_data, suffix = found.type == "application", found.subtype.rpartition("+")[2]
    is_markup = (is_text or is_data) and (found.subtype == "html" or suffix == "xml")
    charset = dict(found.parameters).get("charset")
    is_json = is_data and suffix == "json"
    return Content(content_type, is_json, is_text, is_markup, is_plain, charset)


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its content coding.

    :param coding: one of :data:`CODINGS`.
    :raises ValueError: if the coded body is broken or cut short.
    :raises TooLong: if the result is over *limit* bytes.
    """
    content, is_whole = opened(body, coding, limit + 1)
    if len(content) > limit:
        raise TooLong
    if not is_whole:
        raise ValueError("the compressed body is cut short")
    return content


def opened(body: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """The first *limit* bytes without the content coding, and whether it is complete.

    :raises ValueError: if the coded body is broken.
    """
    if coding == "identity":
        return body[:limit], True
    try:
        # 32: zlib detects whether this is gzip or its own format.
        return _inflated(body, zlib.MAX_WBITS | 32, limit)
    except ValueError:
        if coding == "gzip":
            raise
        # Some send "deflate" without the zlib wrapper (RFC 9110, 8.4.1.2).
        return _inflated(body, -zlib.MAX_WBITS, limit)


def text_of(body: bytes, charset: str | None) -> str:
    """The text of the body, UTF-8 if no charset is declared (RFC 8259, 8.1).

    :raises ValueError: if the charset is unknown, or the body is not in it.
    """
    try:
        name = codecs.lookup(charset or "utf-8").name
        return body.decode("utf-8-sig" if name == "utf-8" else name)
    except LookupError:
        raise ValueError(f"unknown charset {charset!r}") from None


def _inflated(body: bytes, window: int, limit: int) -> tuple[bytes, bool]:
    content, is_whole = b"", True
    # A gzip body may have several members (RFC 1952, 2.2).
    while body and len(content) < limit:
        inflater = zlib.decompressobj(window)
        try:
            content += inflater.decompress(body, limit - len(content))
        except zlib.error as error:
            raise ValueError(str(error)) from None
        body, is_whole = inflater.unused_data, inflater.eof
    return content, is_whole
