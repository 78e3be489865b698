"""Fixtures of the matrix, and its report of what is not there on an interpreter."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Iterator

import pytest

from ..servers import Server, Start, starter
from .frameworks import FRAMEWORKS
from .servers import LAUNCHES, is_installed, missing, serving


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
    modules = missing(LAUNCHES[request.param])
    if modules:
        pytest.skip(f"{request.param} is not here: no {', '.join(modules)}")
    return start(request.param)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each server and framework that the session went without, and why."""
    absent = [
        f"{name}: {module} is not installed"
        for name, launch in LAUNCHES.items()
        for module in missing(launch)
    ]
    absent += [
        f"{name}: {module} is not installed"
        for name, module in FRAMEWORKS.items()
        if not is_installed(module)
    ]
    terminalreporter.section("not in the matrix on this interpreter")
    terminalreporter.line("\n".join(absent) or "nothing: every one was there")
