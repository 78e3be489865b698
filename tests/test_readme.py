"""README.rst beside the code: its examples are doctests, its options are the code's."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

README = (Path(__file__).parent.parent / "README.rst").read_text()


@pytest.mark.parametrize("middleware", [WSGIMiddleware, ASGIMiddleware])
def test_the_table_has_every_option_and_its_default(middleware: type) -> None:
    shown = re.findall(r"^``(\w+)`` +``(\S+)`` +\S", README, re.MULTILINE)
    parameters = inspect.signature(middleware).parameters.values()
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    assert {name: ast.literal_eval(default) for name, default in shown} == options
