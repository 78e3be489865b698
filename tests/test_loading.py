"""``wrap``: what a target may say, how the interface is told, and what goes wrong."""

from __future__ import annotations

import inspect
import io
import json
import re
import subprocess
import sys
import traceback
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import gunicorn.util
import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware, wrap
from stderrmw.gunicorn import post_worker_init
from stderrmw.policy import OPTIONS

from .interfaces import Req, environ_of

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "wrap.rst").read_text()
CLASSES = {"wsgi": WSGIMiddleware, "asgi": ASGIMiddleware}

SHOP = """
import functools
from stderrmw import ASGIMiddleware, WSGIMiddleware

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]

async def asgi(scope, receive, send): ...
def with_default(environ, start_response, debug=False): ...
def configured(debug, environ, start_response): ...
def awaitable(scope, receive, send): return asgi(scope, receive, send)
async def three_or_more(*arguments): ...

def passed_on(function):
    @functools.wraps(function)
    def inner(*arguments, **named): ...
    return inner

decorated = passed_on(app)
decorated_asgi = passed_on(asgi)

class Wsgi:
    def __call__(self, environ, start_response): ...
    def method(self, environ, start_response): ...
    @property
    def broken(self): raise RuntimeError("it was run")

class Asgi:
    async def __call__(self, scope, receive, send): ...

class Any:
    async def __call__(self, *arguments): ...

class Chosen:
    __slots__ = ("__call__",)
    def __init__(self): self.__call__ = self.run
    async def run(self, scope, receive, send): ...

class PerRequest:
    def __init__(self, environ, start_response): ...
    def __iter__(self): ...

class Awaited:
    def __init__(self, scope, receive, send): ...
    def __await__(self): ...

class Asgi2:
    def __init__(self, scope): ...
    async def __call__(self, receive, send): ...

class OfTwoArguments:
    def __init__(self, app, options): ...

wsgi = Wsgi()
asgi_object = Asgi()
any_object = Any()
asgi2_object = Asgi2({})
chosen = Chosen()
partial = functools.partial(configured, False)
partial_asgi = functools.partial(asgi_object)
behind_wsgi = WSGIMiddleware(app)
behind_asgi = ASGIMiddleware(asgi)

def anything(*arguments): ...
apps = {"app": app, "asgi": asgi, "anything": anything}
def make(name="app", *, debug=False): return apps[name]
def needs_more(environ, start_response, session, *, user): ...
async def handler(request): ...
in_c = {}.get
rates = {}
"""

FRAMEWORKS = {
    "flask": "from flask import Flask; app = Flask(__name__)",
    "bottle": "from bottle import Bottle; app = Bottle()",
    "django_wsgi": """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
urlpatterns = []
app = get_wsgi_application()
""",
    "django_asgi": """
from django.conf import settings
from django.core.asgi import get_asgi_application
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
urlpatterns = []
app = get_asgi_application()
""",
    "fastapi": "from fastapi import FastAPI; app = FastAPI()",
    "starlette": "from starlette.applications import Starlette; app = Starlette()",
}


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules on the path, which are forgotten again."""
    monkeypatch.syspath_prepend(str(tmp_path))
    known = set(sys.modules)
    (tmp_path / "shop.py").write_text(SHOP)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize(
    "name, interface",
    [
        ("app", "wsgi"),
        ("with_default", "wsgi"),
        ("decorated", "wsgi"),
        ("wsgi", "wsgi"),
        ("wsgi.method", "wsgi"),
        ("PerRequest", "wsgi"),
        ("partial", "wsgi"),
        ("behind_wsgi", "wsgi"),
        ("make()", "wsgi"),
        ("make('app', debug=True)", "wsgi"),
        ("asgi", "asgi"),
        ("awaitable", "asgi"),
        ("three_or_more", "asgi"),
        ("decorated_asgi", "asgi"),
        ("asgi_object", "asgi"),
        ("any_object", "asgi"),
        ("chosen", "asgi"),
        ("chosen.run", "asgi"),
        ("Awaited", "asgi"),
        ("partial_asgi", "asgi"),
        ("behind_asgi", "asgi"),
        (" make( 'asgi' ) ", "asgi"),
    ],
)
def test_the_interface_is_told_from_how_an_app_is_called(
    name: str, interface: str
) -> None:
    assert type(wrap(f"shop:{name}")) is CLASSES[interface]


@pytest.mark.parametrize("interface", CLASSES)
def test_the_interface_can_be_forced(interface: str) -> None:
    assert type(wrap("shop:anything", interface=interface)) is CLASSES[interface]


@pytest.mark.parametrize(
    "name, words",
    [
        ("make", "function, is called with (name, debug), not surely with "),
        ("make", "name its interface, wsgi or asgi, or call a factory, shop:make()"),
        ("anything", "(arguments), not"),
        ("needs_more", "(environ, start_response, session, user), not"),
        ("handler", "(request), not"),
        ("Asgi", "shop:Asgi, of type type, is called with (), not"),
        ("Asgi2", "(scope), not"),
        ("asgi2_object", "(receive, send), not"),
        ("OfTwoArguments", "(app, options), not"),
        ("in_c", f"shop:in_c, of type {type({}.get).__name__}, is called with ("),
        ("rates.__class__", "(unknown), not"),
    ],
)
def test_an_interface_that_is_not_sure_is_asked_for(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        wrap(f"shop:{name}")


def test_a_long_list_of_arguments_is_cut_short(modules: Path) -> None:
    names = ", ".join(f"argument_{number}" for number in range(99))
    (modules / "long.py").write_text(f"def app({names}): ...")

    with pytest.raises(ValueError, match=r"argument_0, .*\[\.\.\.\]\), not") as raised:
        wrap("long:app")
    assert len(str(raised.value)) < 300


def test_what_was_called_is_not_taken_for_a_factory() -> None:
    with pytest.raises(ValueError) as raised:
        wrap("shop:make('anything')")
    assert str(raised.value).endswith("name its interface, wsgi or asgi")


def status_of(app: Any, body: bytes) -> str:
    """The status line of the answer to a POST."""
    started: List[Any] = []
    fields = (("Content-Length", str(len(body))),)
    environ = environ_of(Req("POST", fields), io.BytesIO(body))
    assert b"".join(app(environ, lambda *head: started.append(head)))
    return str(started[0][0])


def test_the_options_are_those_of_the_middleware() -> None:
    assert status_of(wrap("shop:app", max_body_size=1), b"1") == "200 OK"
    assert status_of(wrap("shop:app", max_body_size=1), b"12")[:3] == "413"


def test_a_bad_option_is_an_error_of_the_middleware() -> None:
    with pytest.raises(TypeError, match="^max_body_size must be .* not '1MiB'"):
        wrap("shop:app", max_body_size="1MiB")


def test_no_option_is_hidden_behind_an_argument_of_wrap() -> None:
    arguments = {"target", "interface"}

    assert set(inspect.signature(wrap).parameters) == {*arguments, "options"}
    for middleware in CLASSES.values():
        assert not arguments & set(inspect.signature(middleware).parameters)


def test_an_unknown_interface_is_refused() -> None:
    words = "^interface must be 'wsgi', 'asgi' or None, not 'WSGI'$"
    with pytest.raises(ValueError, match=words):
        wrap("shop:app", interface="WSGI")


def test_a_target_is_a_string() -> None:
    target: Any = print
    with pytest.raises(TypeError, match="^target must be a str, pkg.mod:app, .* not <"):
        wrap(target)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "shop",
        ":app",
        "shop:",
        "shop:app[0]",
        "shop:app.0",
        "shop:'app'.upper",
        "shop:app app",
        "shop:make(app)",
        "shop:make(name=app)",
        "shop:make({[]: 1})",
        "shop:make().app",
        "shop:\0",
    ],
)
def test_a_malformed_target_is_refused(target: str) -> None:
    words = f"^{re.escape(target)} is not of the form pkg.mod:app, "
    with pytest.raises(ValueError, match=words):
        wrap(target)


# option, what is said of it, which is all that wrap and gunicorn's hook say
NO_OPTION = [
    ("max_body_sise", "; did you mean max_body_size?"),
    ("override", "; did you mean overrides?"),
    ("app", f"; there are overrides, {', '.join(OPTIONS)}"),
]


@pytest.mark.parametrize("name, words", NO_OPTION)
def test_an_unknown_option_is_named_with_what_may_have_been_meant(
    name: str, words: str
) -> None:
    said = f"^{re.escape(f'{name} is no option of the middleware{words}')}$"
    options: Any = {name: 5}

    with pytest.raises(TypeError, match=said):
        wrap("never.imported:app", **options)
    with pytest.raises(TypeError, match=said):
        post_worker_init(None, **options)


@pytest.mark.parametrize(
    "target, words",
    [
        ("shpo:app", "No module named 'shpo'; did you mean shop?"),
        ("stores.shpo:app", "No module named 'stores.shpo'; did you mean stores.shop?"),
        ("storse.shop:app", "No module named 'storse'; did you mean stores{anything}"),
        ("stores.qqqqqq:app", "No module named 'stores.qqqqqq'"),
        ("shop.py:app", "No module named 'shop.py'; 'shop' is not a package"),
        (
            "needs:app",
            "importing needs: ModuleNotFoundError: No module named 'never_there'",
        ),
        ("never:app", "importing never: ModuleNotFoundError: No module named 'nev'"),
        ("says:app", "importing says: RuntimeError: one two"),
        ("exits:app", "importing exits: SystemExit: 2"),
        ("typo:app", "importing typo: SyntaxError: {anything}"),
        (".shop:app", "importing .shop: TypeError: {anything}"),
        ("few:ap", "no ap in {folder}few.py; callable there: app; did you mean app?"),
        ("few:qqq", "no qqq in {folder}few.py; callable there: app"),
        ("empty:app", "no app in {folder}empty.py; callable there: nothing"),
        ("lazy:app", "no app in {folder}lazy.py; callable there: nothing"),
        ("folder:app", "no app in folder; callable there: nothing"),
        (
            "shop:wsgi.methd",
            "no methd in an object of type Wsgi; callable there: method; "
            "did you mean method?",
        ),
        ("shop:make('soap')", "calling it: KeyError: 'soap'"),
        ("shop:make(1, 2)", "calling it: TypeError: make() takes {anything}"),
    ],
)
def test_what_was_found_is_told_in_one_line(
    target: str, words: str, modules: Path
) -> None:
    (modules / "folder").mkdir()
    (modules / "stores").mkdir()
    (modules / "stores" / "__init__.py").write_text("")
    (modules / "stores" / "shop.py").write_text("")
    (modules / "needs.py").write_text("import never_there")
    (modules / "never.py").write_text("import nev")
    (modules / "says.py").write_text("raise RuntimeError('one\\n\\ntwo')")
    (modules / "exits.py").write_text("raise SystemExit(2)")
    (modules / "typo.py").write_text("app =")
    (modules / "few.py").write_text("rates = {}; app = _hidden = print")
    (modules / "empty.py").write_text("")
    (modules / "lazy.py").write_text("def __dir__(): return ['app']")
    words = re.escape(f"{target}: {words}").replace(r"\{folder\}", f"{modules}/")

    with pytest.raises(ValueError) as raised:
        wrap(target)
    assert re.fullmatch(words.replace(r"\{anything\}", ".*"), str(raised.value))


def test_twelve_names_are_enough(modules: Path) -> None:
    names = [f"view_{number:02}" for number in range(20)]
    (modules / "many.py").write_text(" = ".join(names) + " = print")

    with pytest.raises(ValueError, match=f"there: {', '.join(names[:12])}$"):
        wrap("many:application")


def test_what_is_not_callable_is_named_by_its_type() -> None:
    with pytest.raises(ValueError, match="^shop:rates is of type dict, not callable$"):
        wrap("shop:rates")


def test_a_syntax_error_is_told_where_its_traceback_ends(modules: Path) -> None:
    (modules / "typo.py").write_text("app =")

    with pytest.raises(SyntaxError) as raised:
        wrap("typo:app")

    *_, last = traceback.format_exception_only(raised.type, raised.value)
    assert last == f"stderrmw.target.TargetSyntaxError: {raised.value}\n"


@pytest.mark.parametrize(
    "target, line", [("needs:app", "import never_there"), ("fails:make()", "1 / 0")]
)
def test_what_failed_in_the_app_keeps_its_traceback(
    target: str, line: str, modules: Path
) -> None:
    (modules / "needs.py").write_text("import never_there")
    (modules / "fails.py").write_text("def make():\n    1 / 0")

    with pytest.raises(ValueError) as raised:
        wrap(target)
    cause = raised.value.__cause__
    assert cause
    assert traceback.extract_tb(cause.__traceback__)[-1].line == line


def test_what_an_attribute_raises_is_not_hidden() -> None:
    with pytest.raises(RuntimeError, match="it was run"):
        wrap("shop:wsgi.broken")


def test_gunicorn_takes_the_string_of_the_docs(modules: Path) -> None:
    (modules / "legacy.py").write_text("from shop import app")
    [target] = re.findall(r'^    gunicorn "(.*)"$', DOCS, re.MULTILINE)
    app = gunicorn.util.import_app(target)

    assert status_of(app, b"1") == "200 OK"
    assert status_of(app, b"1" * 1_000_001)[:3] == "413"


@pytest.fixture(params=FRAMEWORKS)
def framework(request: Any, modules: Path) -> Iterator[Tuple[str, str]]:
    """Its name, and where an app of it is served: Django can be set up but once."""
    name = f"{request.param}_shop"
    (modules / f"{name}.py").write_text(FRAMEWORKS[request.param])
    command = [sys.executable, "-m", "stderrmw", f"{name}:app", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=modules, stdout=pipe, text=True) as process:
        assert process.stdout
        yield request.param, process.stdout.readline().split(" on http://")[1].split()[
            0
        ]
        process.terminate()


def test_apps_of_real_frameworks_are_wrapped(framework: Tuple[str, str]) -> None:
    """And served by what fits them."""
    name, place = framework
    connection = HTTPConnection(place, timeout=10)
    connection.request("GET", "/nowhere")
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    server = str(response.getheader("Server"))

    assert (response.status, body["code"]) == (404, 404)
    assert ("uvicorn" in server) is (name in ("django_asgi", "fastapi", "starlette"))
