"""docs/how_it_works.rst beside the code: its rooms are those that the linter holds."""

from __future__ import annotations

import re
from configparser import ConfigParser
from typing import Set

import pytest

from .servers import ROOT

PAGE = (ROOT / "docs" / "how_it_works.rst").read_text("utf-8")
MODULES = {path.stem for path in (ROOT / "stderrmw").glob("*.py")}
CONFIG = ConfigParser()
CONFIG.read(str(ROOT / "setup.cfg"), encoding="utf-8")


def room(title: str) -> Set[str]:
    """The modules that are explained in the section of that title."""
    parts = re.split(r"^(\S.*)\n-+\n", PAGE, flags=re.MULTILINE)[1:]
    section = dict(zip(parts[::2], parts[1::2]))[title]
    terms = re.findall(r"^(``.*``)\n    ", section, re.MULTILINE)
    return set(re.findall(r"``(\w+)\.py``", " ".join(terms)))


def contract(name: str, option: str) -> str:
    return CONFIG[f"importlinter:contract:{name}"][option]


ROOMS = ["The core", "The WSGI room", "The ASGI room", "Outside"]


def test_every_module_is_explained_in_one_room() -> None:
    explained = [module for title in ROOMS for module in room(title)]

    assert sorted(explained) == sorted(MODULES - {"__init__"})


def test_every_file_that_is_named_exists() -> None:
    assert set(re.findall(r"\b(\w+)\.py\b", PAGE)) == MODULES


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_a_room_is_what_the_linter_keeps_apart(name: str) -> None:
    modules = contract(name, "source_modules").replace("stderrmw.", "").split()

    assert room(f"The {name.upper()} room") == set(modules)


def test_the_core_is_below_the_rooms_and_what_is_outside_above() -> None:
    above, rooms, below = re.split(
        r"\n(wsgi \| asgi\n(?:.*_.*\n)*?)(?=overrides\n)", contract("layers", "layers")
    )

    assert set(re.findall(r"\w+", above)) == room("Outside")
    assert set(re.findall(r"\w+", rooms)) == room(ROOMS[1]) | room(ROOMS[2])
    assert set(re.findall(r"\w+", below)) == room("The core")


def test_no_file_has_more_lines_than_the_page_says() -> None:
    [most] = re.findall(r"no file has more than (\d+) lines", PAGE)
    lengths = {
        module: (ROOT / "stderrmw" / f"{module}.py").read_text("utf-8").count("\n")
        for module in MODULES
    }

    assert max(lengths.values()) <= int(most), lengths
