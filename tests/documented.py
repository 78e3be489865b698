"""The recipes of ``docs/recipes.rst``, imported as they stand there, and asked.

Their files are written to a directory where Python finds them, with a ``legacy.py``
beside them whose apps are those of this module.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from asgiref.testing import ApplicationCommunicator
from webtest import TestApp, TestRequest

from stderrmw import StandardError

from .interfaces import (
    SENT_EACH,
    Pairs,
    Req,
    body_of,
    environ_of,
    receive_body,
    scope_of,
    start,
)
from .recipes import files_in, section
from .servers import TIMEOUT

HOST: Pairs = (("Host", "localhost"),)
EMPTY: Pairs = (*HOST, ("Content-Length", "0"))
#: What ``POST /issues`` of a framework's recipe answers.
INVALID_ISSUE = {
    "code": 422,
    "message": "Unprocessable Entity",
    "cause": "Validation failed",
    "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}],
}

LEGACY = "from tests.documented import app, asgi_app\n"
RAISED: Dict[str, Callable[[], Exception]] = {
    "/crash": lambda: RuntimeError("secret"),
    "/invalid": lambda: StandardError(422),
}

#: A recipe's title, then the module of it to import.
Load = Callable[..., Any]


def app(environ: Any, start_response: Any) -> List[bytes]:
    """Legacy, of WSGI."""
    environ["wsgi.input"].read()
    status = legacy_status(environ["PATH_INFO"])
    start_response(f"{status} Any Phrase", [("Content-Type", "text/plain")])
    return [b""]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Legacy, of ASGI: ``path`` may begin with the prefix of a mount."""
    await receive_body(receive)
    status = legacy_status(scope["path"][len(scope["root_path"]) :])
    await send(start(status))
    await send(body_of(b""))


def legacy_status(path: str) -> int:
    if path in RAISED:
        raise RAISED[path]()
    return 404 if path == "/nowhere" else 200


class Answer(NamedTuple):
    """A response; the names of its headers in small letters."""

    status: int
    headers: Dict[str, str]
    body: bytes

    def error(self, status: int) -> Dict[str, Any]:
        """The body, which has to be a standard error with that status."""
        assert (self.status, self.headers["content-type"]) == (
            status,
            "application/json",
        ), self
        error: Dict[str, Any] = json.loads(self.body.decode("ascii"))
        assert error["code"] == status and error["message"]
        return error


def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import modules of recipes, and forget them after the test: to be a fixture."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(title: str, module: str = "main") -> Any:
        files = files_in(section("recipes.rst", title))
        for name, text in {**files, "legacy.py": LEGACY}.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(module)

    yield load
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def by_wsgi(app: Any, path: str = "/", request: Req = Req(headers=HOST)) -> Answer:
    """The answer of a WSGI app; webtest holds it against PEP 3333."""
    environ = environ_of(request, BytesIO(b"".join(request.body)))
    environ.update(PATH_INFO=path, QUERY_STRING="")
    response = TestApp(app).do_request(TestRequest(environ), expect_errors=True)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_int, headers, response.body)


def by_asgi(app: Any, path: str = "/", request: Req = Req(headers=HOST)) -> Answer:
    """The answer of an ASGI app."""
    return asyncio.run(receive(app, path, request))


async def receive(app: Any, path: str, request: Req) -> Answer:
    scope = {**scope_of(request), "path": path, "raw_path": path.encode()}
    scope.update(root_path="", scheme="http", client=None, server=("localhost", 80))
    client = ApplicationCommunicator(app, scope)
    body = b"".join(request.body)
    await client.send_input({"type": "http.request", "body": body})
    start = await client.receive_output(TIMEOUT)
    headers = {
        name.decode().lower(): value.decode() for name, value in start["headers"]
    }
    content, more = b"", True
    while more:
        message = await client.receive_output(TIMEOUT)
        content, more = content + message["body"], message.get("more_body", False)
    await client.send_input({"type": "http.disconnect"})
    await client.wait(TIMEOUT)
    return Answer(start["status"], headers, content)


ASK: Dict[str, Callable[..., Answer]] = {"wsgi": by_wsgi, "asgi": by_asgi}


def assert_recipe_of_a_framework_holds(app: Any, ask: Callable[..., Answer]) -> None:
    """What a view raises, a route that is not there, and a request that is refused."""
    for _ in range(SENT_EACH):
        raised = ask(app, "/issues", Req("POST", EMPTY))
        assert raised.error(422) == INVALID_ISSUE
        assert raised.headers["cache-control"] == "no-store"
        ask(app, "/nowhere").error(404)
        ask(app, "/issues", Req("POST", HOST)).error(411)
