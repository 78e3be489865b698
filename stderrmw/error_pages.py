"""Finds the sentence that the author of an app wrote into an error page.

The rule is the same for every framework: the first visible block of text that says
more than the status, or else the first such heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .content import CODINGS, Content, opened
from .markup import blocks, declared_charset, is_markup
from .status import described, phrase

#: How many bytes of a page to read, after its content coding is removed.
PAGE_LIMIT = 16_384
#: A text/plain body with more characters is a document, not a sentence.
TEXT_LIMIT = 2_000
MESSAGE_LIMIT = 500

# Every page of CherryPy 18 has an element with this name, empty in production.
_TRACEBACK = re.compile(r"""raceback(?<!["'#]traceback)""")
_FRAME = re.compile(r", line (?<=[\";], line )\d")  # File "...", line 7; or &quot;
_LABEL = re.compile(
    r"(?:(?:(?:HTTP|[Ss]tatus|[Ee]rror|[Cc]ode|[Ee]xplanation|[Mm]essage|4\d\d)\b ?)+"
    r"[:–—-] )+"
)
# Or the underline of a heading, as in Sanic.
_EMPTY_LINE = re.compile(r"\n\s*\n|\n={3,}\n")
_WORD = re.compile(r"[^\W_]+")
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]|(?i:<script)")


# Most pages are the same on many paths.
@lru_cache(maxsize=64)
def author_message(chunk: bytes, content: Content, status: int) -> str | None:
    """The sentence that an app's author wrote into a 4xx error page.

    None if the page has none, cannot be read, or is for debugging.

    :param chunk: the first bytes of the body, still coded, cut anywhere.
    """
    if not (content.is_markup or content.is_plain) or content.coding not in CODINGS:
        return None
    try:
        chunk, _ = opened(chunk, content.coding, PAGE_LIMIT)
        page = chunk.decode(content.charset or declared_charset(chunk), "replace")
    except (ValueError, LookupError):
        return None
    if _is_for_debugging(page):
        return None
    page = page.lstrip("\ufeff").strip()
    in_markup = content.is_markup or is_markup(page)
    return _of_page(page, status) if in_markup else _of_text(page, status)


def _is_for_debugging(page: str) -> bool:
    """Whether it shows a traceback, or is a framework's debug page."""
    return (
        ("raceback" in page and _TRACEBACK.search(page) is not None)
        or (", line " in page and _FRAME.search(page) is not None)
        or "// Werkzeug Debugger" in page
        or "URLconf" in page  # Django's 404, 1 to 5
        or "exception_value" in page  # Django's 400
        or "debug_notfound of" in page  # Pyramid 2
    )


def _of_page(page: str, status: int) -> str | None:
    heading = None
    for is_heading, paragraphs in blocks(page):
        found = _last_of(paragraphs, status)
        if found and not is_heading:
            return found
        heading = heading or found
    return heading


def _of_text(text: str, status: int) -> str | None:
    if len(text) > TEXT_LIMIT:
        return None
    if "\n" in text:
        heading, *paragraphs = _EMPTY_LINE.split(text)
        if paragraphs and _sentence(heading, status) is None:
            return _last_of(paragraphs, status)
    return _sentence(text, status)


def _last_of(paragraphs: Sequence[str], status: int) -> str | None:
    """The last usable sentence: WebOb explains the status before it."""
    found = (_sentence(text, status) for text in reversed(paragraphs))
    return next(filter(None, found), None)


def _sentence(text: str, status: int) -> str | None:
    """The text in one line, or None if it says no more than the status."""
    text = text.strip()
    is_line = text.isprintable()
    if not is_line or "  " in text:
        text = " ".join(text.split())
    if ":" in text:
        label = _LABEL.match(text)
        text = text[label.end() :] if label else text
        # The rest is elsewhere; or it is the URL in application/problem+xml.
        if text[-1:] == ":" or text.startswith(("http:", "https:")):
            return None
    for status_line in _status_lines(status):
        if text.startswith(status_line):
            text = text[len(status_line) :].lstrip(" :.-")
    if len(text) < 60:
        if _empty_words(status).issuperset(_WORD.findall(text.lower())):
            return None
    elif len(text) > MESSAGE_LIMIT:
        head = text[: MESSAGE_LIMIT - 2].rpartition(" ")[0]
        text = (head or text[: MESSAGE_LIMIT - 3]) + "..."
    is_fit = is_line and "<" not in text and "\ufffd" not in text
    # A 404 of Pyramid has only the request's path; braces come from code.
    return (
        text if text[0] not in "/{[" and (is_fit or not _UNFIT.search(text)) else None
    )


@lru_cache(maxsize=100)
def _status_lines(status: int) -> tuple[str, ...]:
    """Forms of the status that a sentence may begin with."""
    heads = described(status), str(status)
    return tuple(head + mark for head in heads for mark in (" ", ":", "."))


@lru_cache(maxsize=100)
def _empty_words(status: int) -> frozenset[str]:
    """Words that say no more than the status: Bottle sends "Unknown Error."."""
    words = (
        "none content entity error http page payload request requested status unknown"
    )
    return frozenset(f"{words} {status} {phrase(status)}".lower().split())
