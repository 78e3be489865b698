"""From the bytes of a response body to its text."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import NamedTuple

from .media_types import parse_media_type

#: The content codings that the standard library reads on every interpreter.
CODINGS = frozenset({"gzip", "deflate", "identity"})


class Label(NamedTuple):
    """What a Content-Type says of an error body."""

    is_json: bool
    is_text: bool
    charset: str | None


class TooLong(Exception):
    """The content is longer than it may be once its coding is undone."""


@lru_cache(maxsize=256)
def label_of(content_type: str) -> Label:
    """Whether a Content-Type means JSON or text, and in which charset."""
    found = parse_media_type(content_type)
    if found is None:
        return Label(False, False, None)
    is_json = found.subtype == "json" or found.subtype.endswith("+json")
    charset = dict(found.parameters).get("charset")
    return Label(found.type == "application" and is_json, found.type == "text", charset)


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its content coding.

    :param coding: one of :data:`CODINGS`.
    :raises ValueError: where the coding is broken or cut short.
    :raises TooLong: where more than *limit* bytes come out.
    """
    if coding == "identity":
        return body
    try:
        # 32 more: zlib finds out itself whether this is gzip or zlib's own format.
        return _inflated(body, zlib.MAX_WBITS | 32, limit)
    except ValueError:
        if coding == "gzip":
            raise
        # Some send "deflate" without the zlib format around it (RFC 9110, 8.4.1.2).
        return _inflated(body, -zlib.MAX_WBITS, limit)


def text_of(body: bytes, charset: str | None) -> str:
    """The text, which is UTF-8 where no charset is declared (RFC 8259, 8.1).

    :raises ValueError: where it is not in that charset, or there is none such.
    """
    try:
        return body.decode("utf-8-sig" if charset in (None, "utf-8") else charset)
    except LookupError:
        raise ValueError(f"unknown charset {charset!r}") from None


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    content = b""
    while body:  # gzip may have several members (RFC 1952, 2.2)
        inflater = zlib.decompressobj(window)
        try:
            content += inflater.decompress(body, limit + 1 - len(content))
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if len(content) > limit:
            raise TooLong
        if not inflater.eof:
            raise ValueError("the compressed body is cut short")
        body = inflater.unused_data
    return content
