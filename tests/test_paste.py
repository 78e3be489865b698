"""Paste Deploy: the filter, found by its entry point and set up from a file."""

from __future__ import annotations

import io
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from paste.deploy import loadapp, loadfilter

from .interfaces import Pairs, Req, environ_of

DOCS = (Path(__file__).parent.parent / "docs" / "paste.rst").read_text()

SHOP = """
def make_app(global_conf, **local_conf):
    def app(environ, start_response):
        start_response(environ["PATH_INFO"][1:], [("Content-Type", "text/plain")])
        return [b"said the app"]
    return app
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the app in it, which is forgotten again."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "shop.py").write_text(SHOP)
    yield tmp_path
    sys.modules.pop("shop", None)


def documented() -> str:
    """The block of the docs."""
    _, after = DOCS.split(".. code-block:: ini\n\n")
    lines = after.splitlines()
    end = next(i for i, line in enumerate(lines) if line and line[0] != " ")
    return textwrap.dedent("\n".join(lines[:end]))


def load(folder: Path, text: str) -> Any:
    """The app that the file sets up."""
    (folder / "shop.ini").write_text(text)
    return loadapp(f"config:{folder}/shop.ini")


def answer(
    app: Any, method: str, headers: Pairs = (), path: str = "/200 OK"
) -> Tuple[str, Dict[str, str], bytes]:
    """The status, the headers and the body."""
    environ = environ_of(Req(method, headers), io.BytesIO())
    environ["PATH_INFO"] = path
    started: List[Any] = []
    body = b"".join(app(environ, lambda *head: started.append(head)))
    ((status, fields),) = started
    return status[:3], dict(fields), body


def length(number: int) -> Pairs:
    return (("Content-Length", str(number)), ("Content-Type", "text/csv"))


def test_the_file_of_the_docs_sets_the_middleware_up(modules: Path) -> None:
    app = load(modules, documented())

    assert answer(app, "GET") == (
        "200",
        {"Content-Type": "text/plain"},
        b"said the app",
    )
    assert answer(app, "PUT")[0] == "405"
    assert answer(app, "POST", length(2 * 1024**2))[0] == "200"
    assert answer(app, "POST", length(2 * 1024**2 + 1))[0] == "413"
    assert answer(app, "POST")[0] == "200"
    assert answer(app, "POST", (("Content-Length", "1"),))[0] == "415"
    assert answer(app, "GET", path="/451 Hidden")[0] == "451"
    assert answer(app, "GET", path="/412 Changed")[0] == "412"
    assert answer(app, "GET", path="/423 Locked")[0] == "409"


def test_headers_of_the_docs_are_on_refusals(modules: Path) -> None:
    headers = answer(load(modules, documented()), "PUT")[1]

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Vary"] == "Origin"


def test_a_filter_without_options_has_the_defaults() -> None:
    wrapped = loadfilter("egg:stderrmw")(print)

    assert answer(wrapped, "POST")[0] == "411"


@pytest.mark.parametrize(
    "line, words",
    [
        ("max_body = 1", "max_body is no option .* did you mean max_body_size?"),
        ("app = shop", "app is no option that can be given as text"),
        ("global_conf = shop", "global_conf is no option that can be given as text"),
        ("max_body_size = 1Q", "max_body_size must be a number of bytes .* not '1Q'"),
        ("allowed_methods = get", "allowed_methods must be .* not 'get'"),
    ],
)
def test_a_bad_option_is_refused_by_name(line: str, words: str, modules: Path) -> None:
    text = f"""
[app:main]
paste.app_factory = shop:make_app
filter-with = errors
[filter:errors]
use = egg:stderrmw
{line}
"""
    with pytest.raises(ValueError, match=f"^{words}"):
        load(modules, text)


def test_what_is_for_every_section_is_no_option(modules: Path) -> None:
    text = f"[DEFAULT]\nmax_body = 1\nmax_body_size = 0\n{documented()}"

    assert answer(load(modules, text), "POST", length(1))[0] == "200"
