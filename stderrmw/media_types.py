"""Parses and matches Content-Type, Accept and Accept-Encoding.

Follows RFC 9110, 5.6, 8.3 and 12.5, but tolerantly: malformed parts are ignored and
never raise. Every function takes linear time. Knows nothing of requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

OWS = " \t"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# The end of the text closes an open quote. Otherwise a long run of quotes would be
# searched again from each of them.
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)', re.DOTALL)


class MediaType(NamedTuple):
    """A media type or range, in lower case; ``charset`` is case-insensitive."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]

    def __str__(self) -> str:
        parameters = (f";{name}={_quoted(v)}" for name, v in sorted(self.parameters))
        return f"{self.type}/{self.subtype}{''.join(parameters)}"

    def covers(self, other: MediaType) -> bool:
        """Whether this equals *other* or is a range that includes it."""
        return (
            (self.type == other.type or self[:2] == ("*", "*"))
            and self.subtype in (other.subtype, "*")
            and self.parameters <= other.parameters
        )


def is_token(text: str) -> bool:
    """Whether the text is one token (RFC 9110, 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def parse_media_type(text: str) -> MediaType | None:
    """The media type in a Content-Type, or None if it is malformed.

    Several values joined by commas are malformed: choosing one would be a guess
    (RFC 9110, 8.3). Malformed parameters are ignored.
    """
    (essence, parameters, _), *more = _members(text)
    return None if more else _media_type(essence, parameters)


def consumes_type(entries: Iterable[MediaType], found: MediaType) -> bool:
    """Whether a body of this media type matches one of the entries."""
    if "*" in found.type + found.subtype:
        return False
    for entry in entries:
        # "application/*+json": a structured syntax suffix (RFC 6839).
        in_suffix = entry.subtype[:2] == "*+" and found.subtype.endswith(
            entry.subtype[1:]
        )
        if entry.covers(found._replace(subtype=entry.subtype) if in_suffix else found):
            return True
    return False


def accepts_type(accept: str, offers: Sequence[MediaType]) -> bool:
    """Whether an Accept allows at least one offer, or names no valid range.

    The most specific range decides about each offer; among equals, the highest
    weight (RFC 9110, 12.5.1).
    """
    ranges = []
    for essence, parameters, is_whole in _members(accept):
        # Java's HttpURLConnection sends "*" for "*/*"; application/json has no charset
        # (RFC 8259, 11), yet clients ask for one.
        before = takewhile(lambda pair: pair[0] != "q", parameters)
        wanted = [pair for pair in before if pair[0] != "charset"]
        found = _media_type("*/*" if essence == "*" else essence, wanted)
        if found and is_whole:
            rank = (found.type != "*", found.subtype != "*", len(found.parameters))
            ranges.append((rank, _admits(parameters), found))
    return not ranges or any(
        max((pair for *pair, found in ranges if found.covers(offer)), default=[0, 0])[1]
        for offer in offers
    )


def accepts_coding(accept_encoding: str, offers: Sequence[str]) -> bool:
    """Whether an Accept-Encoding allows at least one offered content coding.

    ``identity`` is acceptable unless it is excluded, any other coding only if it
    is listed (RFC 9110, 12.5.3): an empty field allows only identity.
    """
    codings: dict[str, bool] = {}
    for name, parameters, _ in _members(accept_encoding):
        coding = canonical_coding(name)
        if is_token(coding):
            codings[coding] = _admits(parameters) or codings.get(coding, False)
    if not codings and accept_encoding.strip(OWS + ","):
        return True
    return any(
        codings.get(offer, codings.get("*", offer == "identity")) for offer in offers
    )


def canonical_coding(name: str) -> str:
    """A content coding in lower case, without an obsolete "x-" (RFC 9110, 8.4.1)."""
    name = name.strip(OWS).lower()
    return name[2:] if name in ("x-gzip", "x-compress") else name


def _members(text: str) -> Iterator[tuple[str, list[tuple[str, str]], bool]]:
    """Each member's first piece, its parameters, and whether its quotes are closed.

    Quoted strings are masked first, so that a comma or semicolon in them does not
    split.
    """
    masked = _QUOTED.sub(lambda q: "_" * len(q[0]) if q[1] == '"' else q[0], text)
    at = 0
    for member in masked.split(","):
        pieces = []
        for piece in member.split(";"):
            pieces.append(text[at : at + len(piece)].strip(OWS))
            at += len(piece) + 1
        yield pieces[0], list(_parameters(pieces[1:])), '"' not in member


def _parameters(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    for piece in pieces:
        name, _, value = piece.partition("=")
        name = name.lower()
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            value = re.sub(r"(?s)\\(.)", r"\1", value[1:-1])
        elif not is_token(value):
            continue
        if is_token(name):
            yield name, value.lower() if name == "charset" else value


def _media_type(
    essence: str, parameters: Iterable[tuple[str, str]]
) -> MediaType | None:
    type_, _, subtype = essence.lower().partition("/")
    if not (is_token(type_) and is_token(subtype)):
        return None
    return MediaType(type_, subtype, frozenset(parameters))


def _admits(parameters: Iterable[tuple[str, str]]) -> bool:
    """Whether the weight is not zero; an invalid weight is ignored."""
    weight = next((value for name, value in parameters if name == "q"), "1")
    return not ("0" in weight and weight.strip("0") in ("", "."))


def _quoted(value: str) -> str:
    return value if is_token(value) else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
