"""Real error pages: the table of docs/messages.rst, run in the frameworks it names."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from stderrmw import ASGIMiddleware, WSGIMiddleware
from stderrmw.content import content_of
from stderrmw.error_pages import author_message as sentence_of

from .interfaces import Input, Journal, Req, collect, environ_of, scope_of
from .servers import TIMEOUT

App = Any
View = Callable[..., Any]
#: What makes an app of a view, in the framework whose names the view uses.
Framework = Tuple[Callable[[View], App], Dict[str, Any]]

DOCS = Path(__file__).parent.parent / "docs" / "messages.rst"
ROW = re.compile(r"^   \* - (\w+)\n     - ``(.+)``\n     - (.+)$", re.MULTILINE)
REQUEST = Req(headers=(("Host", "localhost"), ("Accept", "*/*")))


class Row(NamedTuple):
    """A row of the table."""

    framework: str
    code: str
    message: str


class Page(NamedTuple):
    """What an app answers."""

    status: int
    headers: Dict[str, str]
    body: bytes


ROWS = [Row(*row) for row in ROW.findall(DOCS.read_text(encoding="utf-8"))]


def view_of(code: str, names: Dict[str, Any]) -> View:
    """A view that does what the docs say."""
    namespace = dict(names)
    exec(f"def view(*args):\n    {code}", namespace)
    view: View = namespace["view"]
    return view


def read_by_wsgi(framework: Framework, row: Row) -> str:
    """The message that reaches the client."""
    make, names = framework
    return message_of(ask_wsgi(WSGIMiddleware(make(view_of(row.code, names)))))


def read_by_asgi(framework: Framework, row: Row) -> str:
    """The message that reaches the client."""
    make, names = framework
    return message_of(ask_asgi(ASGIMiddleware(make(view_of(row.code, names)))))


def message_of(page: Page) -> str:
    error = json.loads(page.body)
    assert error["code"] == page.status
    message: str = error["message"]
    return message


def ask_wsgi(app: App) -> Page:
    """The answer to GET / of a WSGI app."""
    started: List[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        started[:] = int(status[:3]), headers

    body = collect(app(environ_of(REQUEST, Input(Journal(REQUEST))), start_response))
    status, headers = started
    return Page(status, {name.lower(): value for name, value in headers}, body)


def ask_asgi(app: App) -> Page:
    """The answer to GET / of an ASGI app."""
    first, *bodies = asyncio.run(messages_of(app))
    headers = {
        name.decode().lower(): value.decode() for name, value in first["headers"]
    }
    return Page(first["status"], headers, b"".join(body["body"] for body in bodies))


async def messages_of(app: App) -> List[Any]:
    messages: List[Any] = []
    requests: "asyncio.Queue[Any]" = asyncio.Queue()
    await requests.put({"type": "http.request", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await requests.put({"type": "http.disconnect"})

    scope = {**scope_of(REQUEST), "raw_path": b"/", "root_path": "", "scheme": "http"}
    scope.update(client=None, server=("localhost", 80))
    await asyncio.wait_for(app(scope, requests.get, send), TIMEOUT)
    return messages


def author_message(
    chunk: bytes, content_type: Optional[str], coding: str, status: int
) -> Optional[str]:
    """What is read of a body with that head."""
    headers = [("Content-Encoding", coding)]
    if content_type:
        headers.append(("Content-Type", content_type))
    return sentence_of(chunk, content_of(headers), status)
