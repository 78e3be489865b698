"""What instructions.py mounts around the bare apps: by name, built when asked for.

Not run by itself. A rival is imported only where it is built, in the environment that
instructions.py makes; how each is mounted is how its documentation mounts it.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

from . import cases

LIMIT = 1_000_000


class Variant(NamedTuple):
    """How to build it, and the requests that say something of it."""

    build: Callable[[], Any]
    cases: List[cases.Case]


class PassWSGI:
    """Wraps start_response and does nothing with it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        def start(status: Any, headers: Any, exc_info: Any = None) -> Any:
            if exc_info:
                return start_response(status, headers, exc_info)
            return start_response(status, headers)

        return self.app(environ, start)


class PassASGI:
    """Wraps send and does nothing with it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            await send(message)

        await self.app(scope, receive, sending)


def stderrmw_options() -> Dict[str, Any]:
    """All the request checks."""
    return {
        "allowed_methods": ["GET", "POST"],
        "max_body_size": LIMIT,
        "consumes": [cases.JSON],
        "produces": [cases.JSON],
    }


def stderrmw_wsgi(**more: Any) -> Any:
    """This package around the WSGI app."""
    from stderrmw import WSGIMiddleware

    return WSGIMiddleware(cases.wsgi, **stderrmw_options(), **more)


def stderrmw_asgi(**more: Any) -> Any:
    """This package around the ASGI app."""
    from stderrmw import ASGIMiddleware

    return ASGIMiddleware(cases.asgi, **stderrmw_options(), **more)


def oslo() -> Any:
    """oslo.middleware: the size limiter and the catcher."""
    from oslo_config import cfg
    from oslo_middleware import CatchErrors, RequestBodySizeLimiter

    conf = cfg.ConfigOpts()
    conf([], project="benchmark", default_config_files=[])
    limiter = RequestBodySizeLimiter(cases.wsgi, conf)
    name = "max_request_body_size"
    conf.set_override(name, LIMIT, group="oslo_middleware")
    return CatchErrors(limiter, {})


def paste() -> Any:
    """Paste: rewrites by status."""
    from paste.errordocument import forward

    return forward(cases.wsgi, {404: "/err", 500: "/err"})


def pecan() -> Any:
    """pecan: rewrites by status."""
    from pecan.middleware.errordocument import ErrorDocumentMiddleware
    from pecan.middleware.recursive import RecursiveMiddleware

    documents = {404: "/err", 500: "/err"}
    return RecursiveMiddleware(ErrorDocumentMiddleware(cases.wsgi, documents))


def ironic() -> Any:
    """OpenStack's ParsableErrorMiddleware, which has no package of its own."""
    path = "ironic/api/middleware/parsable_error.py"
    source = Path(sysconfig.get_path("purelib"), path).read_text()
    source = source.replace("from oslo_log import log\n", "import logging as log\n")
    source = source.replace("from ironic.common.i18n import _\n", "_ = str\n")
    namespace: Dict[str, Any] = {"__name__": "parsable_error"}
    exec(compile(source, path, "exec"), namespace)
    return namespace["ParsableErrorMiddleware"](cases.wsgi)


def starlette() -> Any:
    """Starlette: the body limit and the catcher."""
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware
    from starlette.middleware.errors import ServerErrorMiddleware
    from starlette.responses import JSONResponse

    # A coroutine function: any other needs a thread, and so an event loop.
    async def handler(request: Any, error: Exception) -> Any:
        body = {"code": 500, "message": "Internal Server Error"}
        return JSONResponse(body, 500)

    limited = RequestBodyLimitMiddleware(cases.asgi, max_body_size=LIMIT)
    return ServerErrorMiddleware(limited, handler=handler)


def content_size_limit() -> Any:
    """content-size-limit-asgi: raises from receive."""
    from content_size_limit_asgi import ContentSizeLimitMiddleware

    return ContentSizeLimitMiddleware(cases.asgi, max_content_size=LIMIT)


def starlette_problem() -> Any:
    """starlette-problem: a Starlette app around the app."""
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette_problem.handler import add_exception_handler

    app = Starlette(routes=[Mount("/", app=cases.asgi)], max_body_size=LIMIT)
    add_exception_handler(app)
    return app


def connexion() -> Any:
    """Connexion: its middlewares around the app, without a specification."""
    from connexion.middleware import ConnexionMiddleware

    return ConnexionMiddleware(cases.asgi)


OURS = cases.ANSWERED + cases.REFUSED
LIMITER = cases.ANSWERED + [cases.TOO_LARGE]
BARE, PASS, STDERRMW = "bare app", "empty pass-through", "stderrmw"

VARIANTS: Dict[str, Dict[str, Variant]] = {
    "WSGI": {
        BARE: Variant(lambda: cases.wsgi, cases.ANSWERED),
        PASS: Variant(lambda: PassWSGI(cases.wsgi), cases.ANSWERED),
        STDERRMW: Variant(stderrmw_wsgi, OURS),
        "pecan": Variant(pecan, cases.ANSWERED),
        "Paste": Variant(paste, cases.ANSWERED),
        "ParsableError": Variant(ironic, cases.ANSWERED),
        "oslo.middleware": Variant(oslo, LIMITER),
    },
    "ASGI": {
        BARE: Variant(lambda: cases.asgi, cases.ANSWERED),
        PASS: Variant(lambda: PassASGI(cases.asgi), cases.ANSWERED),
        STDERRMW: Variant(stderrmw_asgi, OURS),
        "content-size-limit-asgi": Variant(content_size_limit, LIMITER),
        "Starlette": Variant(starlette, LIMITER),
        "starlette-problem": Variant(starlette_problem, LIMITER),
        "Connexion": Variant(connexion, cases.ANSWERED),
    },
}
