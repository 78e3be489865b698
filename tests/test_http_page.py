"""docs/http.rst beside the code: what it calls honoured has something that holds it.

That is a request on the page, which is sent here; or tests, by the number of their item
in a list of mistakes; or the place in the package that cites the section.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import pytest

from stderrmw import WSGIMiddleware

from .interfaces import Req, Result
from .recipes import blocks
from .servers import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "http.rst").read_text("utf-8")
#: A method, perhaps a version, and fields; then the status.
EXAMPLE = re.compile(r"``(\S[^`]*)`` → (\d{3})$", re.MULTILINE)
TERM = re.compile(r"^(\S.*)\n((?:    .*\n|\n(?=    ))+)", re.MULTILINE)
ITEM = re.compile(r"\b(WSGI|ASGI) ([A-Z]?\d+)(?=[,)])")
CITED = re.compile(r"RFC (\d+)((?:(?:,| and|) \(?\d+(?:\.\d+)*)*)")
NUMBER = re.compile(r"\d+(?:\.\d+)*")
#: Where an item begins in tests/*_ITEMS.rst.
STARTS = {"WSGI": r"^(\d+)\. ", "ASGI": r"^- \*\*(\w+)\*\*"}
#: An RFC, and a section of it; "" is the whole.
Section = Tuple[str, str]


class Entry(NamedTuple):
    """A section that is honoured, and what the page says of it."""

    standard: str
    title: str
    text: str

    def sections(self) -> List[Section]:
        """Those of RFCs: in the title, and in parentheses."""
        standard = "" if self.title.startswith("RFC") else f"{self.standard}, "
        titled = sections_in(standard + self.title)
        inner = re.findall(r"\((\d+(?:\.\d+)+)\)", self.text)
        return titled + [(rfc, section) for rfc, _ in titled for section in inner]


def entries() -> Iterator[Entry]:
    parts = re.split(r"^(\S.*)\n-+\n", PAGE, flags=re.MULTILINE)[1:]
    for standard, part in zip(parts[::2], parts[1::2]):
        honoured = part.split("\nNot honoured\n")[0]
        for title, text in TERM.findall(honoured):
            yield Entry(standard.partition(":")[0], title, text)


def sections_in(text: str) -> List[Section]:
    """The sections of RFCs that a text names."""
    return [
        (rfc, section)
        for rfc, numbers in CITED.findall(text)
        for section in NUMBER.findall(numbers) or [""]
    ]


def sources() -> Iterator[str]:
    """The files of the package, comments and docstrings in lines without end."""
    for path in sorted(PACKAGE.glob("*.py")):
        yield re.sub(r"\n\s*(?:#:? )?", " ", path.read_text("utf-8"))


def is_within(section: Section, other: Section) -> bool:
    """Whether it is the other, or a part of it."""
    return section[0] == other[0] and f"{section[1]}.".startswith(
        f"{other[1]}.".lstrip(".")
    )


ENTRIES = list(entries())
HONOURED = [section for entry in ENTRIES for section in entry.sections()]
CITATIONS = sorted({found for text in sources() for found in sections_in(text)})
EXAMPLES = EXAMPLE.findall(PAGE)


def request_of(example: str) -> Req:
    line, *fields = example.split(" | ")
    method, _, version = line.partition(" HTTP/")
    pairs = tuple((name, value) for name, value in (f.split(": ", 1) for f in fields))
    return Req(method, pairs, version=version or "1.1")


def options() -> Dict[str, Any]:
    """Those of the middleware that the page shows."""
    shown: Dict[str, Any] = {}

    def keep(app: None, **options: Any) -> None:
        shown.update(options)

    [block] = blocks(PAGE, "python")
    exec(block, {"app": None, WSGIMiddleware.__name__: keep})
    return shown


@pytest.mark.parametrize("example, status", EXAMPLES)
def test_an_example_gets_its_status(
    ask: Callable[..., Result], example: str, status: str
) -> None:
    assert ask(request_of(example), **options()).status == int(status)


def test_every_arrow_is_of_an_example() -> None:
    assert PAGE.count("→") == len(EXAMPLES)


@pytest.mark.parametrize("citation", CITATIONS, ids=", ".join)
def test_a_section_that_the_package_cites_stands_on_the_page(citation: Section) -> None:
    assert any(is_within(section, citation) for section in HONOURED)


def test_a_section_of_the_pep_that_the_package_cites_stands_on_the_page() -> None:
    cited = {it for text in sources() for it in re.findall(r'3333, "(.+?)"', text)}
    titles = {entry.title for entry in ENTRIES if entry.standard == "PEP 3333"}

    assert cited and cited <= titles


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.title))
def test_what_is_honoured_has_something_that_holds_it(entry: Entry) -> None:
    cited = [
        citation
        for section in entry.sections()
        for citation in CITATIONS
        if is_within(citation, section)
    ]

    assert cited or EXAMPLE.search(entry.text) or ITEM.search(entry.text)


def test_each_item_that_the_page_names_is_in_its_list() -> None:
    items = {
        (name, item)
        for name, start in STARTS.items()
        for item in re.findall(
            start, (ROOT / "tests" / f"{name}_ITEMS.rst").read_text("utf-8"), re.M
        )
    }

    assert set(ITEM.findall(PAGE)) <= items
