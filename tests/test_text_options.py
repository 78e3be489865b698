"""Options as text: how each is written, and what is said of what cannot be."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stderrmw import PROTOCOL_STATUSES, ASGIMiddleware, WSGIMiddleware
from stderrmw.text_options import OPTIONS, read_options

BYTES = {"kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024}
BYTES.update({"": 1, "B": 1, "MiB": 1024**2, "GiB": 1024**3})
SWITCHES = (
    "require_content_length",
    "expose_messages",
    "propagate_exceptions",
    "report_only",
)


def read(name: str, text: str) -> Any:
    return read_options({name: text})[name]


@given(
    number=st.integers(0, 10**20 - 1),
    unit=st.sampled_from(sorted(BYTES)),
    digits=st.sampled_from(["{}", "{:_}", "{:020}"]),
    blank=st.sampled_from(["", " ", "\t  "]),
    case=st.sampled_from([str, str.lower, str.upper]),
    name=st.sampled_from(["max_body_size", "drain_limit"]),
)
def test_a_size_is_its_number_times_its_unit(
    number: int, unit: str, digits: str, blank: str, case: Any, name: str
) -> None:
    text = digits.format(number) + blank + case(unit)

    assert read(name, f" {text}\n") == number * BYTES[unit]


@given(st.text() | st.from_regex(r"[0-9]+[kKmMgGiIbB_. ]*", fullmatch=True))
def test_any_text_is_a_size_or_is_refused_by_name(text: str) -> None:
    try:
        size = read("drain_limit", text)
    except ValueError as error:
        words = "drain_limit must be a number of bytes such as 1048576, 500kB or 1MiB"
        assert str(error) == f"{words}, not {text!r}"
    else:
        assert size >= 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MiB",
        "-1",
        "+1",
        "1.5MiB",
        "1k",
        "1M",
        "1 i",
        "1KBit",
        "1MiB 2",
        "0x10",
        "1__0",
        "_1",
        "1_",
        "1_MiB",
        "1e6",
        "²",
        "١",
        "9" * 21,
        "9" * 5000,
        "None of it",
    ],
)
def test_no_size_is_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="^max_body_size must be .*, or none, not "):
        read("max_body_size", text)


def test_only_some_sizes_may_be_none() -> None:
    assert read("max_body_size", "None") is None
    with pytest.raises(ValueError, match="^drain_limit must be .* 1MiB, not 'none'$"):
        read("drain_limit", "none")


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize(
    "texts, value",
    [("true yes on 1 TRUE Yes", True), ("false no off 0 False OFF", False)],
)
def test_a_switch_has_four_ways_to_be_written(
    name: str, texts: str, value: bool
) -> None:
    assert {read(name, f" {text} ") for text in texts.split()} == {value}


@pytest.mark.parametrize("text", ["", "y", "2", "enabled", "none", "true false"])
def test_no_switch_is_guessed(text: str) -> None:
    words = "^report_only must be true or false, yes or no, on or off, 1 or 0, not '"
    with pytest.raises(ValueError, match=words):
        read("report_only", text)


@pytest.mark.parametrize(
    "text, entries",
    [
        ("GET", ["GET"]),
        ("GET POST", ["GET", "POST"]),
        ("GET,POST", ["GET", "POST"]),
        (" GET ,\n  POST,", ["GET", "POST"]),
        ("text/*; charset=utf-8, a/b", ["text/*; charset=utf-8", "a/b"]),
        ("text/* ;charset=utf-8 a/b", ["text/* ;charset=utf-8", "a/b"]),
        ('a/b;p="x, \\" y" c/d', ['a/b;p="x, \\" y"', "c/d"]),
        ('a/b;p="x c/d', ['a/b;p="x', "c/d"]),
        ("NONE", None),
    ],
)
def test_lists_are_divided_by_blanks_or_commas(text: str, entries: Any) -> None:
    for name in ("allowed_methods", "consumes", "produces", "produces_encodings"):
        assert read(name, text) == entries


@pytest.mark.parametrize(
    "text, statuses",
    [
        ("412", {412}),
        ("412,416 451", {412, 416, 451}),
        ("PROTOCOL_STATUSES", PROTOCOL_STATUSES),
        ("protocol, 451", PROTOCOL_STATUSES | {451}),
        ("none", set()),
        ("", set()),
    ],
)
def test_statuses_are_numbers_or_the_name_of_their_set(
    text: str, statuses: Any
) -> None:
    assert set(read("preserve_statuses", text)) == statuses


def test_a_status_that_is_no_number_is_refused() -> None:
    words = "^preserve_statuses must be statuses such as 412, .* not '412 Failed'$"
    with pytest.raises(ValueError, match=words):
        read("preserve_statuses", "412 Failed")


@pytest.mark.parametrize(
    "text, headers",
    [
        ("Vary: Origin", [("Vary", "Origin")]),
        ("\n  A:b\n\n  C : d:e  \n", [("A", "b"), ("C", "d:e")]),
        ("A:", [("A", "")]),
        ("none", ()),
        ("", []),
    ],
)
def test_headers_are_lines(text: str, headers: Any) -> None:
    assert read("error_headers", text) == headers


def test_a_line_that_is_no_header_is_refused() -> None:
    words = "^error_headers must be lines of the form Name: value, or none, not 'A: b"
    with pytest.raises(ValueError, match=words):
        read("error_headers", "A: b\nVary")


def test_the_word_for_json_errors_is_the_word() -> None:
    assert read("json_errors", " keep ") == "keep"


@pytest.mark.parametrize(
    "name, near",
    [
        ("max_body", "; did you mean max_body_size?"),
        ("max-body-size", "; did you mean max_body_size?"),
        ("allow_methods", "; did you mean allowed_methods?"),
        ("overrides", ""),
        ("extra_fields", ""),
    ],
)
def test_an_unknown_name_is_refused_with_the_near_one(name: str, near: str) -> None:
    words = f"^{name} is no option that can be given as text{re.escape(near)}$"
    with pytest.raises(ValueError, match=words):
        read_options({"report_only": "no", name: "1"})


TEXTS = {
    "allowed_methods": "GET POST",
    "max_body_size": "8 MB",
    "require_content_length": "no",
    "consumes": "application/json, text/*",
    "produces": "application/json; charset=utf-8",
    "produces_encodings": "identity gzip",
    "preserve_statuses": "PROTOCOL_STATUSES",
    "json_errors": "keep",
    "expose_messages": "off",
    "error_headers": "Vary: Origin",
    "drain_limit": "1MiB",
    "propagate_exceptions": "yes",
    "report_only": "1",
}


@pytest.mark.parametrize("middleware", [WSGIMiddleware, ASGIMiddleware])
def test_the_middleware_takes_what_was_read(middleware: Any) -> None:
    middleware(print, **read_options(TEXTS))


@pytest.mark.parametrize("middleware", [WSGIMiddleware, ASGIMiddleware])
def test_every_option_but_two_can_be_written(middleware: Any) -> None:
    names = set(inspect.signature(middleware).parameters)

    assert names - {"app", "overrides", "extra_fields"} == set(OPTIONS) == set(TEXTS)
