"""WSGI: what can be wrapped, and where the middleware can stand."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
# To set a method is how Flask has its apps wrapped.
# mypy: disable-error-code="method-assign"

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server
from wsgiref.validate import validator

import flask

from stderrmw import WSGIMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def function(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    start_response("204 No Content", [])
    return []


class Object:
    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        return function(environ, start_response)


async def coroutine_function(scope: object, receive: object, send: object) -> None:
    """An app of ASGI."""


app: WSGIApplication = WSGIMiddleware(function)
wrapped_twice: WSGIApplication = WSGIMiddleware(WSGIMiddleware(function))
of_an_object: WSGIApplication = WSGIMiddleware(Object())
between_validators: WSGIApplication = validator(WSGIMiddleware(validator(function)))
server = make_server("", 8000, WSGIMiddleware(function))

if sys.version_info >= (3, 11):
    from wsgiref.types import WSGIApplication as StandardApplication

    of_the_standard_library: StandardApplication = WSGIMiddleware(function)

site = flask.Flask("site")
site.wsgi_app = WSGIMiddleware(site.wsgi_app)

WSGIMiddleware()  # type: ignore[call-arg]
WSGIMiddleware("pkg.mod:app")  # type: ignore[arg-type]
WSGIMiddleware(coroutine_function)  # type: ignore[arg-type]
WSGIMiddleware(lambda environ: [b""])  # type: ignore[arg-type, misc]
