"""Every test that a list of mistakes names is there: no list outlives its tests."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import FrozenSet, List, Tuple

import pytest

ROOT = Path(__file__).parent.parent
LISTS = sorted(ROOT.glob("tests/*_ITEMS.rst"))
REFERENCE = re.compile(r"([\w./-]+\.py)::(\w+)")


def references() -> List[Tuple[str, str, str]]:
    """The list, the file and the test, each once."""
    found = {
        (items.name, *reference)
        for items in LISTS
        for reference in REFERENCE.findall(items.read_text("utf-8"))
    }
    return sorted(found)


@lru_cache(maxsize=None)
def functions_of(path: str) -> FrozenSet[str]:
    """The names of the functions in a file of the repository."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("items, path, test", references())
def test_a_test_that_a_list_names_exists(items: str, path: str, test: str) -> None:
    assert test.startswith("test_"), f"{items} names {test}, which is no test"
    assert test in functions_of(path), f"{items}: there is no {test} in {path}"


@pytest.mark.parametrize("items", LISTS, ids=lambda items: str(items.name))
def test_a_list_names_tests(items: Path) -> None:
    assert REFERENCE.search(items.read_text("utf-8"))


def test_each_of_the_50_mistakes_in_wsgi_has_its_test() -> None:
    text = (ROOT / "tests/WSGI_ITEMS.rst").read_text("utf-8")
    rows = re.split(r"(?m)^(?=[0-9]+\. )", text)[1:]

    assert [int(row.split(".")[0]) for row in rows] == list(range(1, 51))
    assert [row for row in rows if not REFERENCE.search(row)] == []
