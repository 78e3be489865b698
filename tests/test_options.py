"""Options: what is allowed, and what is said of anything else when it is built."""

from __future__ import annotations

import inspect
import re
from typing import Any, Dict, List, Type

import pytest

from stderrmw import PROTOCOL_STATUSES, ASGIMiddleware, WSGIMiddleware
from stderrmw.policy import OPTIONS

MIDDLEWARES = [WSGIMiddleware, ASGIMiddleware]

# option, value, the kind of error, words of it
WRONG = [
    (
        "allowed_methods",
        "GET",
        TypeError,
        "a list of methods such as 'GET', not 'GET'; None turns it off",
    ),
    ("allowed_methods", b"GET", TypeError, "not b'GET'"),
    ("allowed_methods", 5, TypeError, "not 5"),
    ("allowed_methods", [5], TypeError, "not 5"),
    ("allowed_methods", [], ValueError, "None or a list of one at least, not []"),
    ("allowed_methods", ["get"], ValueError, "such as 'GET', not 'get'"),
    ("allowed_methods", ["G T"], ValueError, "not 'G T'"),
    (
        "max_body_size",
        -1,
        ValueError,
        "a number of bytes, 0 or more, not -1; None turns it off",
    ),
    ("max_body_size", "1MiB", TypeError, "a number of bytes, 0 or more, not '1MiB'"),
    ("max_body_size", 1.5, TypeError, "not 1.5"),
    ("max_body_size", True, TypeError, "not True"),
    ("require_content_length", 1, TypeError, "True or False, not 1"),
    ("consumes", "text/plain", TypeError, "not 'text/plain'"),
    (
        "consumes",
        ["json"],
        ValueError,
        "such as 'application/*', without weights, not 'json'",
    ),
    ("consumes", ["*/json"], ValueError, "not '*/json'"),
    ("consumes", ["text/plain, text/csv"], ValueError, "not 'text/plain, text/csv'"),
    ("consumes", ['a/b;p="\u2603"'], ValueError, "without weights, not"),
    ("consumes", ['a/b;p="\r\n"'], ValueError, "without weights, not"),
    ("consumes", ["text/plain;q=1"], ValueError, "without weights"),
    ("produces", ["json"], ValueError, "not 'json'"),
    ("produces", [None], TypeError, "not None"),
    ("produces", [], ValueError, "one at least"),
    ("produces_encodings", ["g zip"], ValueError, "such as 'gzip', not 'g zip'"),
    ("produces_encodings", ["*"], ValueError, "not '*'"),
    ("produces_encodings", "gzip", TypeError, "not 'gzip'"),
    (
        "preserve_statuses",
        412,
        TypeError,
        "a list of statuses from 400 to 599, not 412",
    ),
    ("preserve_statuses", "412", TypeError, "not '412'"),
    ("preserve_statuses", ["412"], TypeError, "not '412'"),
    ("preserve_statuses", [399], ValueError, "from 400 to 599, not 399"),
    ("preserve_statuses", [True], TypeError, "not True"),
    ("preserve_statuses", None, TypeError, "not None"),
    ("json_errors", "Keep", ValueError, "'complete' or 'keep', not 'Keep'"),
    ("json_errors", None, TypeError, "not None"),
    ("drain_limit", None, TypeError, "not None"),
    ("drain_limit", -5, ValueError, "not -5"),
    ("propagate_exceptions", "no", TypeError, "True or False, not 'no'"),
]


def app() -> None:
    """Never called: the options are wrong before that."""


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option, value, kind, words", WRONG)
def test_a_wrong_option_is_named_with_its_value_and_what_is_allowed(
    middleware: Any, option: str, value: Any, kind: Type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=f"^{option} must be .*{re.escape(words)}"):
        middleware(app, **{option: value})


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_an_unknown_option_is_named(middleware: Any) -> None:
    with pytest.raises(TypeError, match="max_size"):
        middleware(app, max_size=5)


RIGHT: Dict[str, Any] = {
    "allowed_methods": frozenset({"GET", "M-SEARCH"}),
    "max_body_size": None,
    "consumes": {"text/*", "application/*+json", 'text/csv;header="present"'},
    "produces": ("text/html;level=1", "application/*"),
    "produces_encodings": ["X-GZIP", "identity"],
    "preserve_statuses": PROTOCOL_STATUSES | {418},
    "drain_limit": 0,
}


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option", RIGHT)
def test_a_right_option_is_taken(middleware: Any, option: str) -> None:
    assert callable(middleware(app, **{option: RIGHT[option]}))


def test_both_take_the_same_options_with_the_same_defaults() -> None:
    wsgi, asgi = (inspect.signature(m).parameters for m in MIDDLEWARES)
    kinds = {wsgi[name].kind for name in OPTIONS}

    assert list(wsgi) == list(asgi)
    assert set(wsgi) == {"app", "overrides", *OPTIONS}
    assert [wsgi[name].default for name in OPTIONS] == [
        asgi[name].default for name in OPTIONS
    ]
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_the_callers_lists_are_read_once_and_left_alone() -> None:
    methods = ["GET"]
    middleware = WSGIMiddleware(lambda environ, start: [], allowed_methods=methods)
    methods.clear()

    seen: List[Any] = []
    environ: Any = {"REQUEST_METHOD": "POST", "wsgi.input": None}
    middleware(environ, lambda *head: seen.append(head[0]))  # type: ignore[arg-type]

    assert seen == ["405 Method Not Allowed"]
