"""Options: what is allowed, and what is said of anything else when it is built."""

from __future__ import annotations

import inspect
import re
from functools import partial, wraps
from types import MappingProxyType
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
    ("allowed_methods", ["*"], ValueError, "not '*'; None turns it off"),
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
    ("expose_messages", 0, TypeError, "True or False, not 0"),
    ("report_only", None, TypeError, "True or False, not None"),
    ("overrides", ["/a"], TypeError, "None or a dict of path prefixes, not ['/a']"),
    ("overrides", "/a", TypeError, "not '/a'"),
    ("overrides", (), TypeError, "not ()"),
    ("overrides", False, TypeError, "not False"),
    (
        "error_headers",
        {"Vary": "Origin"},
        TypeError,
        "a list of pairs such as ('Vary', 'Origin') that can be sent and describe no"
        " body, not 'Vary'",
    ),
    ("error_headers", "Vary: Origin", TypeError, "not 'Vary: Origin'"),
    ("error_headers", None, TypeError, "not None"),
    ("error_headers", 5, TypeError, "not 5"),
    ("error_headers", ["Vary: Origin"], TypeError, "not 'Vary: Origin'"),
    ("error_headers", [("Vary",)], ValueError, "not ('Vary',)"),
    ("error_headers", [("Vary", "a", "b")], ValueError, "not ('Vary', 'a', 'b')"),
    ("error_headers", [(b"Vary", b"a")], ValueError, "not (b'Vary', b'a')"),
    ("error_headers", [("Age", 5)], ValueError, "not ('Age', 5)"),
    ("error_headers", [("A", "b"), ("", "a")], ValueError, "not ('', 'a')"),
    ("error_headers", [("A b", "a")], ValueError, "not ('A b', 'a')"),
    ("error_headers", [("A\n", "a")], ValueError, r"not ('A\n', 'a')"),
    ("error_headers", [("A", "a\r\nB: c")], ValueError, r"not ('A', 'a\r\nB: c')"),
    ("error_headers", [("A", "a\rb")], ValueError, r"not ('A', 'a\rb')"),
    ("error_headers", [("A", "a\0")], ValueError, r"not ('A', 'a\x00')"),
    ("error_headers", [("A", "\u2603")], ValueError, "not ('A', '\u2603')"),
    ("error_headers", [("Content-Length", "5")], ValueError, "('Content-Length', '5')"),
    ("error_headers", [("content-type", "a/b")], ValueError, "('content-type', 'a/b')"),
    ("error_headers", [("Connection", "close")], ValueError, "('Connection', 'close')"),
    (
        "extra_fields",
        {"a": 1},
        TypeError,
        "a callable of one argument, the environ or scope, that is not async,"
        " not {'a': 1}; None turns it off",
    ),
    ("extra_fields", "request_id", TypeError, "not 'request_id'"),
    ("extra_fields", True, TypeError, "not True"),
    ("extra_fields", (), TypeError, "not ()"),
]


def app() -> None:
    """Never called: the options are wrong before that."""


async def waits(scope: Any) -> None:
    """Never called: nothing could await it."""


# No line of it would ever run.
YIELDING: Dict[str, Any] = {}
exec("async def yields(scope): yield", YIELDING)


class Waits:
    """A callable that is no function, and yet a coroutine comes of it."""

    __call__ = waits


NAMES = ", ".join(OPTIONS)
# overrides, the kind of error, all that it says
WRONG_OVERRIDES = [
    (
        {"/a": {}, "/a/": {}},
        ValueError,
        "overrides must have a prefix once, not '/a/' too",
    ),
    ({5: None}, TypeError, "overrides must have path prefixes for keys, not 5"),
    ({b"/a": None}, TypeError, "overrides must have path prefixes for keys, not b'/a'"),
    *(
        (
            {key: None},
            ValueError,
            f"overrides must have keys such as '/a/b', not {key!r}",
        )
        for key in (
            "a",
            "",
            "*",
            "//",
            "/a//b",
            "/a//",
            "/./a",
            "/a/..",
            " /a",
            "http:/a",
        )
    ),
    ({"/a": 5}, TypeError, "overrides['/a'] must be None or a dict, not 5"),
    ({"/a": False}, TypeError, "overrides['/a'] must be None or a dict, not False"),
    ({"/a": []}, TypeError, "overrides['/a'] must be None or a dict, not []"),
    *(
        (
            {"/a": {name: 5, "drain_limit": 5}},
            TypeError,
            f"overrides['/a'] has an unknown option {name!r}; there are {NAMES}",
        )
        for name in ("max_size", "overrides", "app", 5)
    ),
    (
        {"/": {}, "/a/b/": {"drain_limit": None}},
        TypeError,
        "overrides['/a/b/']: drain_limit must be a number of bytes, 0 or more,"
        " not None",
    ),
    (
        {"/a": {"allowed_methods": []}},
        ValueError,
        "overrides['/a']: allowed_methods must be None or a list of one at least,"
        " not []",
    ),
]


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("overrides, kind, words", WRONG_OVERRIDES)
def test_a_wrong_override_is_named_with_its_prefix(
    middleware: Any, overrides: Any, kind: Type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=f"^{re.escape(words)}$"):
        middleware(app, overrides=overrides)


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_a_wrong_option_is_no_less_wrong_where_all_paths_override_it(
    middleware: Any,
) -> None:
    with pytest.raises(ValueError, match="^drain_limit must be"):
        middleware(app, drain_limit=-1, overrides={"/": {"drain_limit": 1}})


UNFIT = {
    "a coroutine function": waits,
    "one with some arguments": partial(waits),
    "the method of an object": Waits().__call__,
    "an object that is called so": Waits(),
    "an asynchronous generator": YIELDING["yields"],
    "one of no argument": lambda: {},
    "one of two": lambda environ, start_response: {},
    "one of a name": lambda *, scope: {},
}


class Wsgi:
    """An app that is an object."""

    def __call__(self, environ: Any, start_response: Any) -> None:
        """Never called."""


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Never called either."""


@pytest.mark.parametrize(
    "middleware, other, words",
    [
        (WSGIMiddleware, asgi, "a WSGI callable, not .*, which ASGIMiddleware wraps"),
        (
            ASGIMiddleware,
            Wsgi(),
            "an ASGI callable, not .*, which WSGIMiddleware wraps",
        ),
        (WSGIMiddleware, "app", "a WSGI callable, not 'app'"),
        (ASGIMiddleware, None, "an ASGI callable, not None"),
    ],
)
def test_an_app_that_no_request_could_call_is_refused(
    middleware: Any, other: Any, words: str
) -> None:
    with pytest.raises(TypeError, match=f"^app must be {words}$"):
        middleware(other)


class Unbound:
    """A proxy that has nothing behind it yet, as flask.current_app is."""

    def __call__(self, *arguments: Any) -> None:
        """Never called."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("there is no app")


class Shy(Wsgi):
    """An app that cannot be shown."""

    __repr__ = None  # type: ignore[assignment]


# made by the test, for pytest would look into them
UNSURE: Dict[str, Any] = {
    "a proxy": (Unbound, MIDDLEWARES),
    "one that cannot be shown": (Shy, [WSGIMiddleware]),
    "one of two or three": (lambda: lambda a, b, send=None: None, MIDDLEWARES),
    "one of two or more": (lambda: lambda a, b, *more: None, MIDDLEWARES),
}


@pytest.mark.parametrize("make, middlewares", UNSURE.values(), ids=UNSURE)
def test_an_app_that_may_well_be_called_is_taken(make: Any, middlewares: Any) -> None:
    for middleware in middlewares:
        assert middleware(make())


def test_an_app_is_taken_by_how_it_is_called_itself() -> None:
    """A decorator may make the one interface of the other."""

    @wraps(asgi)
    def adapted(environ: Any, start_response: Any) -> None:
        """Never called."""

    assert WSGIMiddleware(adapted)  # type: ignore[arg-type]


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option", ["error_headers", "extra_fields"])
@pytest.mark.parametrize("hook", UNFIT.values(), ids=UNFIT)
def test_a_callable_that_no_answer_could_call_is_refused(
    middleware: Any, option: str, hook: Any
) -> None:
    words = "a callable of one argument, the environ or scope, that is not async, not "
    with pytest.raises(TypeError, match=f"^{option} must be {words}"):
        middleware(app, **{option: hook})


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


@wraps(lambda source, database: [])
def injected(source: Any) -> None:
    """What a decorator makes that passes more on than it takes."""


RIGHT: Dict[str, Any] = {
    "allowed_methods": frozenset({"GET", "M-SEARCH"}),
    "max_body_size": None,
    "consumes": {"text/*", "application/*+json", 'text/csv;header="present"'},
    "produces": ("text/html;level=1", "application/*"),
    "produces_encodings": ["X-GZIP", "identity"],
    "preserve_statuses": PROTOCOL_STATUSES | {418},
    "drain_limit": 0,
    "expose_messages": False,
    "report_only": True,
    "overrides": MappingProxyType({"/": None, "/a/": MappingProxyType({})}),
    "error_headers": [["Vary", "Origin"], ("Set-Cookie", "a=\xe9"), ("X", "")],
    "extra_fields": dict,
}


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option", RIGHT)
def test_a_right_option_is_taken(middleware: Any, option: str) -> None:
    assert callable(middleware(app, **{option: RIGHT[option]}))


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize(
    "hook",
    [dict, partial(dict), {}.get, lambda source: [], lambda *any, name=5: [], injected],
)
def test_a_callable_may_be_of_any_kind(middleware: Any, hook: Any) -> None:
    assert callable(middleware(app, error_headers=hook, extra_fields=hook))


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_can_be_overridden(middleware: Any, option: str) -> None:
    default = inspect.signature(middleware).parameters[option].default
    value = RIGHT.get(option, default)

    assert callable(middleware(app, overrides={"/a": {option: value}}))


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


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("overrides", [None, {"/a": {}}])
def test_a_list_may_be_an_iterator(middleware: Any, overrides: Any) -> None:
    methods = (method for method in ["GET"])

    assert middleware(app, allowed_methods=methods, overrides=overrides)


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("value", [" a", "a ", "\ta", " "])
def test_an_error_header_has_no_blank_around_it(middleware: Any, value: str) -> None:
    with pytest.raises(ValueError, match="^error_headers must be"):
        middleware(app, error_headers=[("X", value)])


class Slow:
    """A callable of one argument that is no function, and has to be awaited."""

    async def __call__(self, scope: Any) -> None:
        """Never called: nothing could await it."""


@pytest.mark.parametrize("middleware", MIDDLEWARES)
@pytest.mark.parametrize("option", ["error_headers", "extra_fields"])
def test_an_object_that_has_to_be_awaited_is_refused(
    middleware: Any, option: str
) -> None:
    with pytest.raises(TypeError, match=f"^{option} must be"):
        middleware(app, **{option: Slow()})


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_statuses_are_preserved_from_400_to_599(middleware: Any) -> None:
    assert middleware(app, preserve_statuses=[400, 599])
    for status in (399, 600):
        with pytest.raises(ValueError, match=f"not {status}$"):
            middleware(app, preserve_statuses=[status])


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_an_error_header_may_have_around_it_what_is_no_blank_of_http(
    middleware: Any,
) -> None:
    assert middleware(app, error_headers=[("X", "\xa0a\xa0"), ("X", "X a X")])


@pytest.mark.parametrize("middleware", MIDDLEWARES)
def test_a_coding_may_have_blanks_around_it(middleware: Any) -> None:
    assert middleware(app, produces_encodings=[" GZIP\t"])
