"""A typical legacy app, and requests to try on it.

Plain WSGI; knows nothing of the middleware in front of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Tuple

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Status, Content-Type and text.
Page = Tuple[str, str, str]

#: Checks that the app should have made itself.
OPTIONS: Dict[str, Any] = {
    "allowed_methods": ["GET", "POST"],
    "max_body_size": 40,
    "consumes": ["application/json"],
    "produces": ["application/json"],
}

#: What each request shows, the arguments of its curl command, and its path.
REQUESTS = (
    ("a JSON endpoint, untouched", "", "/hello"),
    ("a page that is not there: the app answers HTML", "", "/nowhere"),
    ("a failure that the app reports in plain text", "", "/report"),
    ("a view that crashes: the traceback is in the log", "", "/crash"),
    ("an upload of JSON", '-H "Content-Type: application/json" -d "[1, 2]"', "/upload"),
    ("an upload of a form, which the app would take", '-d "title=Hello"', "/upload"),
    ("too long a body", '-d "more than forty bytes, whatever they may say"', "/upload"),
    ("a body of no declared length", "-X POST", "/upload"),
    ("a method that is not allowed", "-X DELETE", "/hello"),
    ("a client that takes no JSON", '-H "Accept: text/html"', "/hello"),
)


def legacy_app(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answers errors in a different form in each view."""
    view = VIEWS.get(environ["PATH_INFO"], not_found)
    status, content_type, text = view(environ)
    start_response(status, [("Content-Type", content_type)])
    return [text.encode("ascii")]


def not_found(environ: WSGIEnvironment) -> Page:
    """The page for every path without a view."""
    page = "<html><body><h1>Not Found</h1></body></html>"
    return "404 Not Found", "text/html", page


def hello(environ: WSGIEnvironment) -> Page:
    """A correct view."""
    return "200 OK", "application/json", '{"hello": "world"}'


def report(environ: WSGIEnvironment) -> Page:
    """Shows every client what belongs in the log."""
    text = "sqlite3.OperationalError: no such table: orders, in /srv/shop/orders.db"
    return "500 Internal Server Error", "text/plain", text


def crash(environ: WSGIEnvironment) -> Page:
    """Raises instead of answering."""
    raise LookupError("there is no order 17")


def upload(environ: WSGIEnvironment) -> Page:
    """Accepts a body of any length and type."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return "200 OK", "application/json", json.dumps({"received": len(body)})


VIEWS: Dict[str, Callable[[WSGIEnvironment], Page]] = {
    "/hello": hello,
    "/report": report,
    "/crash": crash,
    "/upload": upload,
}
