"""Media types, and what Accept, Accept-Encoding and Content-Type say of them.

The grammar is that of RFC 9110, 5.6, 8.3 and 12.5, read tolerantly: what is not
well formed counts for nothing and never raises. Every function is linear in the
length of its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

OWS = " \t"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# The end of the text closes an open quote: matched whole, so that a long text of
# quotes is not searched anew from each of them.
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ZERO = re.compile(r"0+\.?0*|\.0+")


class MediaType(NamedTuple):
    """A media type or range, in lower case; ``charset`` is case-insensitive."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]


def is_token(text: str) -> bool:
    """Whether the text is one token (RFC 9110, 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def parse_media_type(text: str) -> MediaType | None:
    """The media type in a Content-Type, or None where it is malformed.

    Several values joined by commas are malformed: to take one of them would be
    a guess (RFC 9110, 8.3). Broken parameters are passed over.
    """
    if len(_split(text, ",")) > 1:
        return None
    essence, *rest = _split(text, ";")
    return _media_type(essence, _parameters(rest))


def consumes_type(content_type: str, entries: tuple[MediaType, ...]) -> bool:
    """Whether one of the entries takes a body of this Content-Type."""
    media_type = parse_media_type(content_type)
    if media_type is None or "*" in media_type.type + media_type.subtype:
        return False
    return any(
        _covers(entry, media_type) or _covers_suffix(entry, media_type)
        for entry in entries
    )


def accepts_type(accept: str, offers: tuple[MediaType, ...]) -> bool:
    """Whether an Accept leaves at least one offer, or does not say.

    The most specific range decides on each offer, and among equals the highest
    weight (RFC 9110, 12.5.1).
    """
    ranges = [found for found in map(_parse_range, _split(accept, ",")) if found]
    return not ranges or any(_admits(ranges, offer) for offer in offers)


def accepts_coding(accept_encoding: str, offers: tuple[str, ...]) -> bool:
    """Whether an Accept-Encoding leaves at least one offered content coding.

    ``identity`` is acceptable unless it is excluded, any other coding only if it
    is listed (RFC 9110, 12.5.3): an empty field leaves identity alone.
    """
    codings: dict[str, bool] = {}
    for member in _split(accept_encoding, ","):
        name, *rest = _split(member, ";")
        coding = canonical_coding(name)
        if is_token(coding):
            admitted = _weight_admits(_parameters(rest))
            codings[coding] = admitted or codings.get(coding, False)
    if not codings and accept_encoding.strip(OWS + ","):
        return True
    return any(
        codings.get(offer, codings.get("*", offer == "identity")) for offer in offers
    )


def canonical_coding(name: str) -> str:
    """A content coding in lower case, without the "x-" of old (RFC 9110, 8.4.1)."""
    name = name.strip(OWS).lower()
    return name[2:] if name in ("x-gzip", "x-compress") else name


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside quoted strings; an unclosed quote is no string."""
    if '"' not in text:
        return text.split(separator)
    masked = _QUOTED.sub(lambda q: "_" * len(q[0]) if q[1] == '"' else q[0], text)
    pieces, start = [], 0
    for piece in masked.split(separator):
        pieces.append(text[start : start + len(piece)])
        start += len(piece) + 1
    return pieces


def _parameters(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    for piece in pieces:
        name, _, value = piece.strip(OWS).partition("=")
        name = name.lower()
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            value = _QUOTED_PAIR.sub(r"\1", value[1:-1])
        elif not is_token(value):
            continue
        if is_token(name):
            yield name, value.lower() if name == "charset" else value


def _media_type(
    essence: str, parameters: Iterable[tuple[str, str]]
) -> MediaType | None:
    type_, _, subtype = essence.strip(OWS).lower().partition("/")
    if not (is_token(type_) and is_token(subtype)):
        return None
    return MediaType(type_, subtype, frozenset(parameters))


def _parse_range(member: str) -> tuple[MediaType, bool] | None:
    """A member of Accept and whether its weight admits, or None if malformed."""
    if '"' in _QUOTED.sub(lambda q: "" if q[1] == '"' else '"', member):
        return None
    essence, *rest = _split(member, ";")
    parameters = list(_parameters(rest))
    names = [name for name, _ in parameters]
    weight = names.index("q") if "q" in names else len(names)
    # Java's HttpURLConnection sends "*" for "*/*"; application/json has no charset
    # (RFC 8259, 11), yet clients ask for one.
    media_range = _media_type(
        "*/*" if essence.strip(OWS) == "*" else essence,
        [pair for pair in parameters[:weight] if pair[0] != "charset"],
    )
    return media_range and (media_range, _weight_admits(parameters))


def _weight_admits(parameters: Iterable[tuple[str, str]]) -> bool:
    """Whether the weight is not zero; one that is no number is no weight."""
    weight = next((value for name, value in parameters if name == "q"), "1")
    return _ZERO.fullmatch(weight) is None


def _admits(ranges: Iterable[tuple[MediaType, bool]], offer: MediaType) -> bool:
    verdicts = [
        ((range_.type != "*", range_.subtype != "*", len(range_.parameters)), admitted)
        for range_, admitted in ranges
        if _covers(range_, offer)
    ]
    return bool(verdicts) and max(verdicts)[1]


def _covers(range_: MediaType, media_type: MediaType) -> bool:
    return (
        (range_.type == media_type.type or range_[:2] == ("*", "*"))
        and range_.subtype in (media_type.subtype, "*")
        and range_.parameters <= media_type.parameters
    )


def _covers_suffix(entry: MediaType, media_type: MediaType) -> bool:
    """``application/*+json``: a structured syntax suffix (RFC 6839)."""
    return (
        entry.subtype.startswith("*+")
        and entry.type == media_type.type
        and media_type.subtype.endswith(entry.subtype[1:])
        and entry.parameters <= media_type.parameters
    )
