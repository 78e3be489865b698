"""Fixtures of the matrix, and its report of what is not there on an interpreter."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Iterator

import pytest

from ..servers import Server, Start, starter
from .presence import report, skip_where_absent
from .servers import serving


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-all",
        action="store_true",
        help="fail where a server or framework that has a release is not installed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the frameworks warn: what they use, and leave open, is not of this suite."""
    config.addinivalue_line("filterwarnings", "ignore")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:
        yield starter(serving, stack, tmp_path_factory.mktemp("servers"))


@pytest.fixture
def server(request: pytest.FixtureRequest, start: Start) -> Server:
    """The server that the parameter names, where it is installed."""
    skip_where_absent(request.param)
    return start(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each server and framework that the session went without, and why."""
    terminalreporter.section("servers and frameworks")
    terminalreporter.line(report())
