"""docs/options.rst beside the code: the options are the same, the examples run."""

from __future__ import annotations

import ast
import inspect
import json
import logging
import re
from typing import Any, Callable, Dict

import pytest

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .interfaces import SENT_EACH, Req, Result, by_asgi, by_wsgi
from .recipes import blocks
from .servers import ROOT

Ask = Callable[..., Result]
PAGE = (ROOT / "docs" / "options.rst").read_text()
PARTS = re.split(r"^(\w+)\n-+\n", PAGE, flags=re.MULTILINE)[1:]
SECTIONS = dict(zip(PARTS[::2], PARTS[1::2]))


def run(option: str) -> Dict[str, Any]:
    """The names that the examples of an option leave behind."""

    def app(environ: Any, start_response: Any) -> None:
        """Never called."""

    async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
        """Never called."""

    names: Dict[str, Any] = {"app": app, "asgi_app": asgi_app}
    names.update(WSGIMiddleware=WSGIMiddleware, ASGIMiddleware=ASGIMiddleware)
    for block in blocks(SECTIONS[option], "python"):
        exec(block, names)
    return names


@pytest.mark.parametrize("middleware", [WSGIMiddleware, ASGIMiddleware])
def test_the_page_has_every_option_and_its_default(middleware: type) -> None:
    parameters = inspect.signature(middleware).parameters.values()
    options = [(p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY]

    defaults = [
        re.findall(r"\A\nDefault: ``(.+)``\n\n\S", text) for text in SECTIONS.values()
    ]

    assert [
        (name, *map(ast.literal_eval, default))
        for name, default in zip(SECTIONS, defaults)
    ] == options


@pytest.mark.parametrize("option", SECTIONS)
def test_each_option_has_an_example_that_is_right(option: str) -> None:
    first, *_ = blocks(SECTIONS[option], "python")
    calls = [node for node in ast.walk(ast.parse(first)) if isinstance(node, ast.Call)]

    assert option in {keyword.arg for call in calls for keyword in call.keywords}
    assert isinstance(run(option)["app"], WSGIMiddleware)


# X-Request-ID lines, the field that the client gets
IDS = [
    ((), None),
    (("",), None),
    (("4bf92f35-77b3.4da6_a3ce",), "4bf92f35-77b3.4da6_a3ce"),
    (("x" * 5000,), "x" * 64),
    (('"}<script>',), "___script_"),
    (("\x1b[2J\xe9\xff",), "__2J__"),
    (("a", "b"), "a__b"),
]


CALLABLES = {"wsgi": (by_wsgi, "id_of_environ"), "asgi": (by_asgi, "id_of_scope")}


@pytest.mark.parametrize("by, name", CALLABLES.values(), ids=CALLABLES)
@pytest.mark.parametrize("lines, expected", IDS)
def test_the_request_id_is_bounded_and_escaped(
    by: Ask, name: str, lines: Any, expected: Any
) -> None:
    request = Req("PUT", tuple(("X-Request-ID", line) for line in lines))

    result = by(
        request, allowed_methods=["GET"], extra_fields=run("extra_fields")[name]
    )

    assert json.loads(result.body).get("request_id") == expected


@pytest.mark.parametrize("origin, allowed", [("app", 1), ("other", 0)])
def test_the_documented_origin_is_allowed_on_a_refusal(
    origin: str, allowed: int
) -> None:
    request = Req("PUT", (("Origin", f"https://{origin}.example"),))
    header = ("access-control-allow-origin", "https://app.example")
    wanted = run("error_headers")["allow_origin"]

    result = by_wsgi(request, allowed_methods=["GET"], error_headers=wanted)

    assert result.headers.count(header) == allowed
    assert result.headers[-1] == ("vary", "Origin")


def test_a_report_reads_as_documented_and_can_be_counted(ask: Ask, caplog: Any) -> None:
    logger = logging.getLogger("stderrmw")
    headers = (("Content-Length", "1"), ("Content-Type", "text/csv"))
    options = {"consumes": ["application/json"], "report_only": True}
    refusals = run("report_only")["refusals"]
    try:
        ask(Req("PUT", headers, (b"1",)), **options)
        logger.warning("of something else")
    finally:
        logger.removeHandler(refusals)

    assert refusals.counts == {(415, "PUT", "/"): SENT_EACH}
    assert f"::\n\n    {caplog.messages[0]}\n" in PAGE
