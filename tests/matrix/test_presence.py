"""Everything is there of which there is a release, where that is asked for."""

from __future__ import annotations

import pytest

from .presence import NEEDS, is_released, skip_where_absent, why_absent


@pytest.mark.parametrize("name", NEEDS)
def test_every_server_and_framework_is_there(
    name: str, pytestconfig: pytest.Config
) -> None:
    if not (pytestconfig.getoption("--require-all") and is_released(name)):
        skip_where_absent(name)

    assert not why_absent(name)
