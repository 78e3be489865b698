"""README.rst beside the code: its examples are doctests, its options are the code's."""

from __future__ import annotations

import ast
import inspect
import re
from configparser import ConfigParser
from typing import Dict, List

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .servers import PACKAGE, ROOT
from .test_items import functions_of

README = (ROOT / "README.rst").read_text("utf-8")
CONFIG = ConfigParser()
CONFIG.read(str(ROOT / "setup.cfg"), encoding="utf-8")

#: How each block that is no doctest begins, and what runs it.
COMMAND_LINE = "test_command_line.py::test_"
LINES = "matrix/test_readme_lines.py::test_"
RUN_BY = {
    "HTTP/1.0 404 Not Found": f"{COMMAND_LINE}readme_shows_what_the_app_says",
    "$ curl": f"{COMMAND_LINE}readme_shows_requests_that_are_printed",
    "python3 -m stderrmw": f"{COMMAND_LINE}a_bare_checkout_serves_until_ctrl_c",
    "python3 -m venv": f"{LINES}the_tests_are_set_up_in_one_line",
    "pip install": f"{LINES}an_app_of_others_is_wrapped_in_three_lines",
    ".venv/bin/pip install": "test_readme.py::"
    "test_each_extra_and_directory_of_the_readme_is_there",
}
#: The words in bold of each guarantee, and tests that fail where it does not hold.
HELD_BY = {
    "No dependency.": [
        "test_command_line.py::test_a_bare_checkout_serves_until_ctrl_c"
    ],
    "Nothing of a success is buffered.": [
        "test_servers.py::test_a_stream_leaves_chunk_by_chunk",
        "test_wsgi_results.py::test_the_server_gets_the_object_that_the_app_returned",
        "test_asgi.py::test_the_messages_of_a_success_are_the_apps_own",
        "test_asgi.py::test_a_replaced_response_is_finished_at_the_first_body",
        "test_responses.py::test_json_of_just_64_kib_is_read",
    ],
    "No request body is cut short unnoticed.": [
        "test_request_body.py::test_a_body_over_the_limit_is_413_whatever_the_app_does",
    ],
    "A crash tells the client nothing but 500.": [
        "test_exceptions.py::test_a_crash_is_500_and_one_record",
        "test_frameworks.py::test_a_crash_is_told_to_the_log_alone",
    ],
    "The same answer on WSGI and ASGI": [
        "test_properties.py::test_any_head_gets_the_same_answer_on_both",
        "test_properties.py::test_any_bytes_as_a_json_error_leave_as_json",
        "test_refusals.py::test_a_bad_request_never_reaches_the_app",
    ],
    "Bounded memory.": [
        "test_gate.py::test_what_is_remembered_is_bounded",
        "test_gate.py::test_what_is_long_is_not_remembered",
        "test_wsgi_results.py::test_nothing_of_a_request_is_kept_once_it_is_over",
        "test_asgi_call.py::test_nothing_of_a_request_is_kept_once_it_is_over",
    ],
    "Linear time in the length of headers": [
        "test_properties.py::test_a_hostile_header_is_read_at_all"
    ],
    "Safe under threads.": [
        "test_wsgi.py::test_one_instance_serves_many_threads_at_once"
    ],
    "Typed": ["test_readme.py::test_the_types_are_shipped_and_checked"],
}
TESTS = {*RUN_BY.values(), *(test for tests in HELD_BY.values() for test in tests)}


@pytest.mark.parametrize("middleware", [WSGIMiddleware, ASGIMiddleware])
def test_the_table_has_every_option_and_its_default(middleware: type) -> None:
    shown = re.findall(r"^``(\w+)`` +``(\S+)`` +\S", README, re.MULTILINE)
    parameters = inspect.signature(middleware).parameters.values()
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    assert {name: ast.literal_eval(default) for name, default in shown} == options


def test_each_block_is_run_by_a_test() -> None:
    blocks = re.findall(r"::\n\n    (.*)", README)

    assert len(blocks) == len(RUN_BY)
    assert all(block.startswith(start) for block, start in zip(blocks, RUN_BY))


def test_each_guarantee_is_held_by_a_test() -> None:
    guarantees: List[str] = re.findall(r"^- \*\*(.+)\*\*", README, re.MULTILINE)

    assert guarantees == list(HELD_BY)


@pytest.mark.parametrize("test", sorted(TESTS))
def test_a_test_that_holds_the_readme_exists(test: str) -> None:
    path, _, name = test.partition("::")

    assert name in functions_of(f"tests/{path}")


def test_each_extra_and_directory_of_the_readme_is_there() -> None:
    extras: Dict[str, str] = dict(CONFIG["options.extras_require"])
    named = re.findall(r'install -e "\.\[(.+)\]"', README)

    assert {extra for names in named for extra in names.split(",")} <= set(extras)
    assert [
        (ROOT / path).is_dir() for path in re.findall(r"-m pytest (\S+)", README)
    ] == [True]


def test_each_page_is_named_where_to_read_on() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.rst")}

    assert set(re.findall(r"docs/\w+\.rst", README)) == pages


def test_the_types_are_shipped_and_checked() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert CONFIG["options.package_data"]["stderrmw"] == "py.typed"
    assert CONFIG["mypy"]["strict"] == "true"
    assert re.search(r"^for check in .*\bmypy\b", (ROOT / ".ci/run").read_text(), re.M)
