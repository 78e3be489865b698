"""The visible text of an HTML or XML page, as blocks. Does not know what it means.

As tolerant as browsers are; the page may be cut anywhere. Takes linear time: an
unclosed tag or quote never starts a new search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

# No alternative fails after its first characters: an unclosed tag ends with the page.
# This keeps the search linear.
_TAG = re.compile(
    r"<(?:[sS](?i:cript|tyle)\b[^<]*(?:<(?!/[sS](?i:cript|tyle))[^<]*)*"
    r"|(/?[a-zA-Z][a-zA-Z0-9]*)"
    r"""(?:>|[^<>"']*(?:(?:"[^"]*"?|'[^']*'?)[^<>"']*)*>?)"""
    r"|!--[^-]*(?:-(?!->)[^-]*)*(?:-->)?|[!?][^>]*>?)"
)
# An inline tag is replaced by nothing or by a mark. The mark of <br> must be white
# space for str.split(); "\x1e" is not on PyPy. Every other tag ends a block.
_BREAK, _LINK = "\v", "\x1f"
_INLINE = """abbr b bdi bdo big cite code em font i kbd mark q s samp small span strong
sub sup tt u var wbr""".split()
_GLUE = {slash + name: "" for name in _INLINE for slash in ("", "/")}
_GLUE.update({"": "", "br": _BREAK, "a": _LINK, "/a": _LINK})
_HIDDEN = frozenset(
    "address button footer form nav noscript select svg template textarea title".split()
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_GAP = re.compile(rf"{_BREAK}\s*{_BREAK}")
_META = re.compile(rb"""(?i)<meta\b[^<>]{1,200}?charset=["']?(?!utf-16)([\w-]+)""")
_LETTER = re.compile(r"[^\W_]")
# int() refuses numbers of more than 4300 digits; a setting lowers that to 640.
_HUGE = re.compile(r"&#\w{9,};?")


def is_markup(text: str) -> bool:
    """Whether the text begins with a tag."""
    return _TAG.match(text) is not None


def declared_charset(page: bytes) -> str:
    """The charset that the page itself declares, or UTF-8."""
    if page[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    found = _META.search(page, 0, 1024)
    return found[1].decode("ascii") if found else "utf-8"


def resolved(text: str) -> str:
    """The text with its character references resolved."""
    return unescape(_HUGE.sub("", text)) if "&" in text else text


def blocks(page: str) -> Iterator[tuple[bool, list[str]]]:
    """For each block: whether it is a heading, and its paragraphs, split at two <br>.

    Skips blocks of only links and all text after a <hr>: they are about the site.
    """
    for is_heading, block in _raw_blocks(page):
        if _LINK in block:
            if not _LETTER.search("".join(block.split(_LINK)[::2])):
                continue
            block = block.replace(_LINK, "")
        parts = _GAP.split(block) if _BREAK in block else [block]
        yield is_heading, [resolved(part) for part in parts]


def _raw_blocks(page: str) -> Iterator[tuple[bool, str]]:
    block, *pieces = _TAG.split(page)
    is_heading, hidden = False, ""
    for name, text in zip(pieces[::2], pieces[1::2]):
        name = (name or "").lower()
        if hidden and name != hidden:
            continue
        glue = _GLUE.get(name)
        if glue is not None:
            block += glue + text
            continue
        if block and not block.isspace():
            yield is_heading, block
        if name == "hr":
            return
        hidden = "/" + name if name in _HIDDEN else ""
        block = "" if hidden else text
        is_heading = name in _HEADINGS
    yield is_heading, block
