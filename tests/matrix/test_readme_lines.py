"""The README's lines, from ``pip install`` to an app of others, work for a new user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path
from typing import Dict, List

from ..servers import HOST, ROOT, Server, error_of, free_port
from .third_party import running_in

#: What ``pip install .``, and then pytest, need of a checkout.
CHECKOUT = ["stderrmw", "README.rst", "LICENSE", "setup.cfg", "setup.py"]
CHECKOUT += ["tests", "docs", ".ci"]

README = (ROOT / "README.rst").read_text(encoding="utf-8")


def lines_of_the_readme() -> List[str]:
    """Those that end with the start of gunicorn."""
    block = re.search(r"((?:    .*\n)*    gunicorn \"stderrmw:.*\n)", README)
    assert block
    return [line.strip() for line in block[1].splitlines()]


def check_out(place: Path) -> Path:
    """A checkout without anything that was built or installed there before."""
    for name in CHECKOUT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(str(ROOT / name), str(place / name))
    return place


def new_user(place: Path) -> Dict[str, str]:
    """The surroundings of one whose environment is new, and active."""
    venv.create(str(place / "venv"), with_pip=True)
    path = os.pathsep.join([str(place / "venv" / "bin"), os.environ["PATH"]])
    kept = {it: os.environ[it] for it in os.environ if it.startswith("PIP_")}
    return {**kept, "PATH": path, "HOME": str(place)}


def test_an_app_of_others_is_wrapped_in_three_lines(tmp_path: Path) -> None:
    *preparations, start = lines_of_the_readme()
    server = Server("readme", "", free_port(), tmp_path / "log")
    place, environ = check_out(tmp_path), new_user(tmp_path)
    environ["GUNICORN_CMD_ARGS"] = f"--bind={HOST}:{server.port}"
    for line in preparations:
        subprocess.run(
            line, shell=True, cwd=place, env=environ, check=True, timeout=300
        )

    with running_in(place, server, ["sh", "-c", f"exec {start}"], environ):
        answer = server.ask("GET", "/packages/none")

    assert len(preparations) == 2
    error_of(answer, 404)
    assert f"``{answer.body.decode()}``" in README


def test_the_tests_are_set_up_in_one_line(tmp_path: Path) -> None:
    """All but their run, which would be one within this."""
    [line] = re.findall(r"^    (python3 -m venv .*)$", README, re.MULTILINE)
    place, environ = check_out(tmp_path), new_user(tmp_path)
    environ["PYTEST_ADDOPTS"] = "--collect-only --quiet"

    output = subprocess.run(
        line,
        shell=True,
        cwd=place,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        timeout=600,
    ).stdout

    assert b"tests/test_readme.py::test_each_block_is_run_by_a_test" in output
