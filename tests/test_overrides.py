"""Other options below some paths: which of them a path falls under."""

from __future__ import annotations

import asyncio
import io
import json
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .interfaces import HTML, Req, body_of, collect, environ_of, scope_of, start

Send = Callable[..., Tuple[int, bytes]]
FIVE, SIX = (("Content-Length", "5"),), (("Content-Length", "6"),)
PAGE = b"<h1>Not Found</h1>"


def by_wsgi(**options: Any) -> Send:
    """A middleware in front of an app that finds nothing, to ask by path."""

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response("404 Not Found", list(HTML))
        return [PAGE]

    middleware: Any = WSGIMiddleware(app, **options)

    def send(path: str, root: str = "", request: Req = Req()) -> Tuple[int, bytes]:
        environ = environ_of(request, io.BytesIO())
        # PEP 3333: the bytes of the path in the shape of text.
        environ.update(SCRIPT_NAME=root, PATH_INFO=path.encode().decode("latin-1"))
        heads: List[Any] = []
        body = collect(middleware(environ, lambda *head: heads.append(head)))
        ((status, _),) = heads
        return int(status[:3]), body

    return send


def by_asgi(joins: bool = True, **options: Any) -> Send:
    """The same, where ``path`` begins with ``root_path``, as specified."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(404, *HTML))
        await send(body_of(PAGE))

    middleware = ASGIMiddleware(app, **options)

    def ask(path: str, root: str = "", request: Req = Req()) -> Tuple[int, bytes]:
        whole = root + path if joins else path
        scope = {**scope_of(request), "path": whole, "root_path": root}
        messages: List[Any] = []

        async def send(message: Any) -> None:
            messages.append(message)

        asyncio.run(middleware(scope, None, send))
        head, body = messages
        return head["status"], body["body"]

    return ask


@pytest.fixture(params=[by_wsgi, by_asgi])
def build(request: Any) -> Callable[..., Send]:
    """Build a middleware of one interface; each test runs on both."""
    build: Callable[..., Send] = request.param
    return build


def marks(name: str, source: object) -> Dict[str, str]:
    return {"found": name}


def finder(build: Callable[..., Send], *prefixes: str) -> Callable[..., Optional[str]]:
    """What says which of the prefixes a path falls under, None for none of them."""
    options = {name: {"extra_fields": partial(marks, name)} for name in prefixes}
    send = build(overrides=options)
    return lambda *where: json.loads(send(*where)[1]).get("found")


# prefixes, path, the prefix that it falls under
FOUND: List[Tuple[Tuple[str, ...], str, Optional[str]]] = [
    (("/a",), "/a", "/a"),
    (("/a",), "/a/", "/a"),
    (("/a",), "/a/b/c", "/a"),
    (("/a",), "/ab", None),
    (("/a",), "/A", None),
    (("/a",), "/b/a", None),
    (("/a",), "/", None),
    (("/a",), "", None),
    (("/a/",), "/a", "/a/"),
    (("/a/",), "/ab", None),
    (("/a/b",), "/a", None),
    (("/a/b",), "/a/bc", None),
    (("/a", "/a/b"), "/a/b/c", "/a/b"),
    (("/a/b", "/a"), "/a/b/c", "/a/b"),
    (("/a", "/a/b"), "/a/c", "/a"),
    (("/a", "/a/b/c"), "/a/b/d", "/a"),
    (("/",), "", "/"),
    (("/",), "/", "/"),
    (("/",), "/a/b", "/"),
    (("/", "/a"), "/a/b", "/a"),
    (("/", "/a"), "/b/a", "/"),
    (("/a.b",), "/a.b", "/a.b"),
    (("/...",), "/...", "/..."),
    (("/a b",), "/a b/c", "/a b"),
    (("/ü",), "/ü/a", "/ü"),
    (("/\u2603",), "/\u2603", "/\u2603"),
    (("/ü",), "/u\u0308", None),
    (("/%61",), "/a", None),
    (("/a",), "/%61", None),
]


@pytest.mark.parametrize("prefixes, path, expected", FOUND)
def test_the_longest_prefix_of_whole_segments_counts(
    build: Callable[..., Send], prefixes: Any, path: str, expected: Optional[str]
) -> None:
    assert finder(build, *prefixes)(path) == expected


AMBIGUOUS = [
    *("//", "//a", "/a//", "/a//b", "/./a", "/a/.", "/a/./b", "/a/..", "/../a"),
    *("/b/../a", "/a/b/..", "/a/../a", "/.", "/..", "/./", "///"),
    *("*", "a", "a/b", "http://localhost/a", "localhost:80"),
]


@pytest.mark.parametrize("path", AMBIGUOUS)
def test_a_path_that_may_be_read_as_another_falls_under_no_override(
    build: Callable[..., Send], path: str
) -> None:
    assert finder(build, "/", "/a", "/b")(path) is None


# root, path below it, the prefix that it falls under
MOUNTED = [
    ("/root", "/a/b", "/a"),
    ("/root", "/a", "/a"),
    ("/root", "/ab", None),
    ("/root", "", None),
    ("/root", "//a", None),
    ("/a", "/b", None),
    ("/a", "/a", "/a"),
    ("/a/a", "/a", "/a"),
    ("/ü", "/a", "/a"),
]


@pytest.mark.parametrize("root, path, expected", MOUNTED)
def test_where_the_app_is_mounted_is_no_part_of_its_path(
    build: Callable[..., Send], root: str, path: str, expected: Optional[str]
) -> None:
    assert finder(build, "/a", "/root")(path, root) == expected


# path and root_path as servers give them, the prefix that it falls under
ROOTS = [
    ("/a", "/root", "/a"),  # uvicorn before 0.26, daphne
    ("/rooted", "/root", "/rooted"),
    ("/root/a", "/root/", "/a"),
    ("/a", "/", "/a"),
    ("/X/a", "/X", "/a"),
    ("/a", "/a", None),
    ("/a/", "/a", None),
]


@pytest.mark.parametrize("path, root, expected", ROOTS)
def test_asgi_takes_root_path_off_where_it_is_in_path(
    path: str, root: str, expected: Optional[str]
) -> None:
    found = finder(partial(by_asgi, joins=False), "/a", "/rooted")(path, root)

    assert found == expected


def test_wsgi_reads_bytes_that_are_no_utf_8_as_any_asgi_server_does() -> None:
    """urllib.parse.unquote, by which those make ``path``, replaces them."""
    environ = {**environ_of(Req(), None), "PATH_INFO": "/a\xff/b"}

    assert is_left_alone(environ, "/a\ufffd")


def test_wsgi_reads_text_that_is_no_bytes_as_it_can() -> None:
    """PEP 3333, "Unicode Issues": there is none, but tests set what they like."""
    environ = {**environ_of(Req(), None), "PATH_INFO": "/a\u2603/b"}

    assert is_left_alone(environ, "/a?")


def test_a_wsgi_request_without_a_path_is_one_to_the_root() -> None:
    environ = environ_of(Req(), None)
    del environ["PATH_INFO"]

    assert is_left_alone(environ, "/")


def test_an_asgi_request_without_a_path_is_one_to_the_root() -> None:
    seen: List[Any] = []

    async def app(*arguments: Any) -> None:
        seen.append(arguments[2])

    async def send(message: Any) -> None:
        """Never called: the app is left alone."""

    scope = scope_of(Req())
    del scope["path"]
    asyncio.run(ASGIMiddleware(app, overrides={"/": None})(scope, None, send))

    assert seen == [send]


def is_left_alone(environ: Any, prefix: str) -> bool:
    """Whether WSGI leaves the request alone if all below the prefix is."""
    result = object()
    middleware: Any = WSGIMiddleware(
        lambda *arguments: result, overrides={prefix: None}  # type: ignore[arg-type]
    )
    return middleware(environ, lambda *head: None) is result


DEEP = {
    "many segments": ("/a" * 100_000, "/a" * 1000),
    "many segments, the last of them empty": ("/a" * 100_000 + "//", None),
    "many empty segments": ("/" * 100_000, None),
    "a long segment": ("/a/" + "b" * 100_000, "/a"),
}


@pytest.mark.parametrize("path, expected", DEEP.values(), ids=DEEP)
def test_a_path_may_be_of_any_length(
    build: Callable[..., Send], path: str, expected: Optional[str]
) -> None:
    assert finder(build, "/a", "/a" * 1000)(path) == expected


def test_options_that_are_not_named_are_those_of_the_constructor(
    build: Callable[..., Send],
) -> None:
    over = {"/a": {"allowed_methods": ["PUT"]}, "/a/b": {"json_errors": "keep"}}
    limits = {"max_body_size": 5, "drain_limit": 0}
    send = build(allowed_methods=["DELETE"], **limits, overrides=over)

    for path, method, other in (
        ("/", "DELETE", "PUT"),
        ("/a", "PUT", "DELETE"),
        ("/a/b", "DELETE", "PUT"),  # of "/a" it has nothing
    ):
        assert send(path, "", Req(other))[0] == 405
        assert send(path, "", Req(method, FIVE))[0] == 404
        assert send(path, "", Req(method, SIX))[0] == 413


def test_what_is_remembered_below_one_prefix_says_nothing_of_another(
    build: Callable[..., Send],
) -> None:
    over = {"/a": {"allowed_methods": ["PUT"]}, "/b": None, "/c": {"consumes": ["a/b"]}}
    send = build(allowed_methods=["GET"], preserve_statuses=[], overrides=over)

    for _ in range(3):
        statuses = [send(path)[0] for path in ("/", "/a", "/b", "/c")]
        assert statuses == [404, 405, 404, 404]
        assert send("/b")[1] == PAGE != send("/")[1]


def test_nothing_is_overridden_by_an_empty_dict(build: Callable[..., Send]) -> None:
    send = build(allowed_methods=["PUT"], overrides={})

    assert send("/")[0] == 405


def test_the_callers_overrides_are_read_once_and_left_alone(
    build: Callable[..., Send],
) -> None:
    over: Dict[str, Any] = {"/a": {"allowed_methods": ["PUT"]}}
    send = build(overrides=over)
    over["/a"].clear()
    over.clear()

    assert send("/a")[0] == 405


@pytest.mark.parametrize("error", [RuntimeError("the app's"), KeyboardInterrupt()])
def test_wsgi_hands_the_very_objects_to_an_app_that_is_left_alone(error: Any) -> None:
    given: List[Any] = []

    def app(*arguments: Any) -> Any:
        given.append(arguments)
        if len(given) == 1:
            return result
        raise error

    result = object()
    environ, server_start = environ_of(Req("lower", FIVE), None), object()
    before = dict(environ)
    middleware: Any = WSGIMiddleware(app, overrides={"/": None})

    assert middleware(environ, server_start) is result
    with pytest.raises(type(error)) as raised:
        middleware(environ, server_start)
    assert raised.value is error
    assert given[0][0] is environ == before
    assert given[0][1] is server_start


@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan", "other"])
def test_asgi_hands_the_very_objects_to_an_app_that_is_left_alone(kind: str) -> None:
    """Scopes that are not HTTP are left alone at every path, or without one."""
    given: List[Any] = []

    async def app(*arguments: Any) -> None:
        given.append(arguments)
        raise error

    error = RuntimeError("the app's")
    scope: Any = {"type": kind, "method": "lower", "path": "/a", "headers": iter(())}
    if kind in ("lifespan", "other"):
        del scope["path"]
        scope["root_path"] = None  # what it has is none of the middleware's business
    before = dict(scope)
    receive, send = object(), object()
    over = {"/": {"allowed_methods": ["PUT"]}, "/a": None}
    middleware = ASGIMiddleware(app, allowed_methods=["PUT"], overrides=over)

    with pytest.raises(RuntimeError) as raised:
        asyncio.run(middleware(scope, receive, send))

    assert raised.value is error
    assert [a is b for a, b in zip(given[0], (scope, receive, send))] == [True] * 3
    assert scope == before


def test_a_websocket_is_left_alone_where_http_is_refused() -> None:
    called: List[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        called.append(scope["type"])

    over = {"/a": {"allowed_methods": ["PUT"]}}
    middleware = ASGIMiddleware(app, allowed_methods=["PUT"], overrides=over)

    asyncio.run(middleware({"type": "websocket", "path": "/a"}, None, None))

    assert called == ["websocket"]
