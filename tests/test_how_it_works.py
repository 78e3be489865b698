"""docs/how_it_works.rst beside the code: its parts are those that the linter checks."""

from __future__ import annotations

import re
from configparser import ConfigParser
from typing import Set

import pytest

from .servers import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "how_it_works.rst").read_text("utf-8")
MODULES = {path.stem for path in PACKAGE.glob("*.py")}
CONFIG = ConfigParser()
CONFIG.read(str(ROOT / "setup.cfg"), encoding="utf-8")


def part(title: str) -> Set[str]:
    """The modules that are explained in the section of that title."""
    sections = re.split(r"^(\S.*)\n-+\n", PAGE, flags=re.MULTILINE)[1:]
    section = dict(zip(sections[::2], sections[1::2]))[title]
    terms = re.findall(r"^(``.*``)\n    ", section, re.MULTILINE)
    return set(re.findall(r"``(\w+)\.py``", " ".join(terms)))


def contract(name: str, option: str) -> str:
    return CONFIG[f"importlinter:contract:{name}"][option]


PARTS = ["The core", "The WSGI adapter", "The ASGI adapter", "Outside"]


def test_every_module_is_explained_in_one_part() -> None:
    explained = [module for title in PARTS for module in part(title)]

    assert sorted(explained) == sorted(MODULES - {"__init__"})


def test_every_file_that_is_named_exists() -> None:
    assert set(re.findall(r"\b(\w+)\.py\b", PAGE)) == MODULES


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_an_adapter_is_what_the_linter_keeps_apart(name: str) -> None:
    modules = contract(name, "source_modules").replace("stderrmw.", "").split()

    assert part(f"The {name.upper()} adapter") == set(modules)


def test_the_core_is_below_the_adapters_and_what_is_outside_above() -> None:
    above, adapters, below = re.split(
        r"\n(wsgi \| asgi\n(?:.*_.*\n)*?)(?=overrides\n)", contract("layers", "layers")
    )

    assert set(re.findall(r"\w+", above)) == part("Outside")
    assert set(re.findall(r"\w+", adapters)) == part(PARTS[1]) | part(PARTS[2])
    assert set(re.findall(r"\w+", below)) == part("The core")


def test_no_file_has_more_lines_than_the_page_says() -> None:
    [most] = re.findall(r"no file has more than (\d+) lines", PAGE)
    lengths = {
        module: (PACKAGE / f"{module}.py").read_text("utf-8").count("\n")
        for module in MODULES
    }

    assert max(lengths.values()) <= int(most), lengths
