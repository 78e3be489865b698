"""docs/standard.rst beside the code: its tables are the code's, its examples run."""

from __future__ import annotations

import doctest
import re
from typing import Dict

from stderrmw import PROTOCOL_STATUSES
from stderrmw.status import FOLDS, OFF_TABLE, TABLE, fold

from .servers import ROOT

PATH = ROOT / "docs" / "standard.rst"
PAGE = PATH.read_text("utf-8")
README = (ROOT / "README.rst").read_text("utf-8")
#: The rows of the tables, by the title of their section.
TITLES = re.split(r"^(\S.*)\n-+\n", PAGE, flags=re.MULTILINE)[1:]
ROWS = {
    title: re.findall(r"^(\d{3}) +(\S.*)$", text, re.MULTILINE)
    for title, text in zip(TITLES[::2], TITLES[1::2])
}


def columns(title: str) -> Dict[int, str]:
    """What stands behind each number; none may stand there twice."""
    rows = {int(status): text for status, text in ROWS[title]}
    assert len(rows) == len(ROWS[title])
    return rows


def test_the_page_has_the_statuses_of_the_table_and_their_names() -> None:
    rows = columns("The statuses")

    assert f"{len(TABLE)} statuses" in PAGE and f"{len(TABLE)} statuses" in README
    assert {status: re.split("  +", text)[0] for status, text in rows.items()} == TABLE


def test_the_page_has_every_other_status_and_what_it_becomes() -> None:
    rows = columns("Every other status")
    expected = {status: [name, str(fold(status))] for status, name in OFF_TABLE.items()}

    assert {status: re.split("  +", text) for status, text in rows.items()} == expected
    assert set(FOLDS) <= set(rows)


def test_a_number_that_the_page_does_not_name_goes_to_its_class() -> None:
    unnamed = set(range(400, 1000)) - set(TABLE) - set(OFF_TABLE)

    assert {fold(status) for status in unnamed if status < 500} == {400}
    assert {fold(status) for status in unnamed if status >= 500} == {500}


def test_the_page_has_the_statuses_of_protocols() -> None:
    assert set(columns("Statuses that protocols need")) == PROTOCOL_STATUSES


def test_the_examples_of_the_page_run() -> None:
    failed, tried = doctest.testfile(str(PATH), module_relative=False, encoding="utf-8")

    assert tried and not failed
