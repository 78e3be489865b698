"""Apps of real frameworks behind the middleware, for real servers to serve.

The first segment of a path names the framework, so one process serves them all.
Run as a program, the module is the standard library's server, with threads.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, AsyncIterator, Dict, Iterable, Iterator, NoReturn
from wsgiref.simple_server import WSGIServer, make_server

import bottle
import django.urls
import fastapi
import flask
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import Http404, HttpRequest, HttpResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from stderrmw import ASGIMiddleware, WSGIMiddleware

#: A file that no server sends in one piece.
DOWNLOAD = Path(inspect.__file__)
PAUSE = 0.5


def fail(framework: str) -> NoReturn:
    raise RuntimeError(f"secret of {framework}")


def failing_chunks(framework: str) -> Iterator[bytes]:
    yield fail(framework)


# Flask

flask_app = flask.Flask(__name__)


@flask_app.route("/flask/fine")
def flask_fine() -> str:
    return "fine"


@flask_app.route("/flask/echo", methods=["POST"])
def flask_echo() -> flask.Response:
    return flask.jsonify(flask.request.get_json())


@flask_app.route("/flask/stream")
def flask_stream() -> flask.Response:
    def chunks() -> Iterator[str]:
        yield "first"
        time.sleep(PAUSE)
        yield "second"

    return flask.Response(chunks())


@flask_app.route("/flask/download")
def flask_download() -> flask.Response:
    return flask.send_file(DOWNLOAD)


@flask_app.route("/flask/upload", methods=["POST"])
def flask_upload() -> str:
    with suppress(Exception):
        flask.request.get_data()
    return "saved"


@flask_app.route("/flask/abort")
def flask_abort() -> NoReturn:
    flask.abort(404, "no such issue")


@flask_app.route("/flask/crash")
def flask_crash() -> NoReturn:
    fail("flask")


@flask_app.route("/flask/late-crash")
def flask_late_crash() -> flask.Response:
    return flask.Response(failing_chunks("flask"))


# Bottle

bottle_app = bottle.Bottle()


@bottle_app.route("/bottle/fine")
def bottle_fine() -> str:
    return "fine"


@bottle_app.route("/bottle/download")
def bottle_download() -> bottle.HTTPResponse:
    return bottle.static_file(DOWNLOAD.name, str(DOWNLOAD.parent))


@bottle_app.route("/bottle/echo", method="POST")
def bottle_echo() -> bytes:
    return read_bottle()


@bottle_app.route("/bottle/upload", method="POST")
def bottle_upload() -> str:
    with suppress(Exception):
        read_bottle()
    return "saved"


def read_bottle() -> bytes:
    """Bottle's own body looks for the chunks, which the servers have joined."""
    body: bytes = bottle.request.environ["wsgi.input"].read()
    return body


@bottle_app.route("/bottle/abort")
def bottle_abort() -> None:
    bottle.abort(404, "no such issue")


@bottle_app.route("/bottle/crash")
def bottle_crash() -> NoReturn:
    fail("bottle")


@bottle_app.route("/bottle/late-crash")
def bottle_late_crash() -> Iterator[bytes]:
    return failing_chunks("bottle")


# FastAPI

fastapi_app = fastapi.FastAPI()


@fastapi_app.api_route("/fastapi/fine", methods=["GET", "HEAD"])
async def fastapi_fine() -> Response:
    return PlainTextResponse("fine")


@fastapi_app.post("/fastapi/echo")
async def fastapi_echo(fields: Dict[str, Any]) -> Dict[str, Any]:
    return fields


@fastapi_app.get("/fastapi/stream")
async def fastapi_stream() -> Response:
    async def chunks() -> AsyncIterator[str]:
        yield "first"
        await asyncio.sleep(PAUSE)
        yield "second"

    return StreamingResponse(chunks())


@fastapi_app.post("/fastapi/upload")
async def fastapi_upload(request: Request) -> Response:
    with suppress(Exception):
        await request.body()
    return PlainTextResponse("saved")


@fastapi_app.get("/fastapi/abort")
async def fastapi_abort() -> Response:
    raise fastapi.HTTPException(404, "no such issue")


@fastapi_app.get("/fastapi/conflict")
async def fastapi_conflict() -> Response:
    raise fastapi.HTTPException(409, {"issue": 7})


@fastapi_app.get("/fastapi/issues")
async def fastapi_issues(number: int) -> int:
    return number


@fastapi_app.get("/fastapi/crash")
async def fastapi_crash() -> Response:
    fail("fastapi")


# Starlette, behind a middleware that runs the app in a task of its own


async def starlette_fine(request: Request) -> Response:
    return PlainTextResponse("fine")


async def starlette_echo(request: Request) -> Response:
    return Response(await request.body())


async def starlette_upload(request: Request) -> Response:
    with suppress(Exception):
        await request.body()
    return PlainTextResponse("saved")


async def starlette_abort(request: Request) -> NoReturn:
    raise HTTPException(404, "no such issue")


async def starlette_crash(request: Request) -> NoReturn:
    fail("starlette")


async def pass_on(request: Request, call_next: Any) -> Any:
    return await call_next(request)


starlette_app = Starlette(
    routes=[
        Route("/starlette/fine", starlette_fine),
        Route("/starlette/echo", starlette_echo, methods=["POST"]),
        Route("/starlette/upload", starlette_upload, methods=["POST"]),
        Route("/starlette/abort", starlette_abort),
        Route("/starlette/crash", starlette_crash),
    ],
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=pass_on)],
)


# Django


def django_fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def django_echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.read())


def django_upload(request: HttpRequest) -> HttpResponse:
    with suppress(Exception):
        request.read()
    return HttpResponse("saved")


def django_abort(request: HttpRequest) -> NoReturn:
    raise Http404("no such issue")


def django_crash(request: HttpRequest) -> NoReturn:
    fail("django")


urlpatterns = [
    django.urls.path("django/fine", django_fine),
    django.urls.path("django/echo", django_echo),
    django.urls.path("django/upload", django_upload),
    django.urls.path("django/abort", django_abort),
    django.urls.path("django/crash", django_crash),
]
# Without Django's logging, which would mail the tracebacks, they go to stderr.
settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    LOGGING_CONFIG=None,
    ROOT_URLCONF=__name__,
    SECRET_KEY="of no use",
)
django_app = get_asgi_application()


# What the servers serve

WSGI_APPS = {
    "flask": WSGIMiddleware(flask_app, require_content_length=False),
    "bottle": WSGIMiddleware(bottle_app, require_content_length=False),
}
ASGI_APPS = {
    "fastapi": ASGIMiddleware(fastapi_app, require_content_length=False),
    "starlette": ASGIMiddleware(starlette_app, require_content_length=False),
    "django": ASGIMiddleware(django_app, require_content_length=False),
}


def wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    app = WSGI_APPS[environ["PATH_INFO"].split("/")[1]]
    return app(environ, start_response)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The lifespan, which has no path, goes to FastAPI."""
    app = ASGI_APPS[scope.get("path", "/fastapi").split("/")[1]]
    await app(scope, receive, send)


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    host, port = sys.argv[1:]
    make_server(host, int(port), wsgi, ThreadingServer).serve_forever()
