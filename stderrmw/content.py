"""What the head of a response says of its body, and from its bytes to its text."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from .media_types import canonical_coding, parse_media_type
from .message import length_of
from .response_head import field

#: The content codings that the standard library reads on every interpreter.
CODINGS = frozenset({"gzip", "deflate", "identity"})


class Content(NamedTuple):
    """What a head says of the body; as it is where it says nothing."""

    content_type: str = "text/plain"
    is_json: bool = False
    is_text: bool = True
    is_markup: bool = False
    is_plain: bool = True
    charset: str | None = None
    coding: str = "identity"
    length: int = -1


class TooLong(Exception):
    """The content is longer than it may be once its coding is undone."""


def content_of(headers: Iterable[Any]) -> Content:
    """What these pairs of str say."""
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
    :raises ValueError: where the coding is broken or cut short.
    :raises TooLong: where more than *limit* bytes come out.
    """
    content, is_whole = opened(body, coding, limit + 1)
    if len(content) > limit:
        raise TooLong
    if not is_whole:
        raise ValueError("the compressed body is cut short")
    return content


def opened(body: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """The first *limit* bytes without the content coding; whether it comes to its end.

    :raises ValueError: where the coding is broken.
    """
    if coding == "identity":
        return body[:limit], True
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
        name = codecs.lookup(charset or "utf-8").name
        return body.decode("utf-8-sig" if name == "utf-8" else name)
    except LookupError:
        raise ValueError(f"unknown charset {charset!r}") from None


def _inflated(body: bytes, window: int, limit: int) -> tuple[bytes, bool]:
    content, is_whole = b"", True
    # gzip may have several members (RFC 1952, 2.2).
    while body and len(content) < limit:
        inflater = zlib.decompressobj(window)
        try:
            content += inflater.decompress(body, limit - len(content))
        except zlib.error as error:
            raise ValueError(str(error)) from None
        body, is_whole = inflater.unused_data, inflater.eof
    return content, is_whole
