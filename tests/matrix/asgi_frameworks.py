"""Apps of ASGI frameworks: the same four views in each.

``/fine`` answers GET alone, ``/abort`` with 404 and a message, ``/crash`` raises, and
``/upload`` reads the whole body, swallows what that raises and says "saved".
A framework is imported when its app is asked for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, Dict, NoReturn

from .django_settings import configure_django
from .views import WORDS, crash, reading_wsgi_app


def django_asgi() -> Any:
    configure_django()
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def falcon_asgi() -> Any:
    import falcon
    import falcon.asgi

    class Fine:
        async def on_get(self, request: Any, response: Any) -> None:
            response.text = "fine"

    class Abort:
        async def on_get(self, request: Any, response: Any) -> None:
            raise falcon.HTTPNotFound(description=WORDS)

    class Crash:
        async def on_get(self, request: Any, response: Any) -> None:
            crash()

    class Upload:
        async def on_post(self, request: Any, response: Any) -> None:
            with suppress(Exception):
                await request.stream.read()
            response.text = "saved"

    app = falcon.asgi.App()
    for path, resource in [("/fine", Fine()), ("/abort", Abort()), ("/crash", Crash())]:
        app.add_route(path, resource)
    app.add_route("/upload", Upload())
    return app


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def fine(request: Request) -> PlainTextResponse:
        return PlainTextResponse("fine")

    async def abort(request: Request) -> NoReturn:
        raise HTTPException(404, WORDS)

    async def fail(request: Request) -> NoReturn:
        crash()

    async def upload(request: Request) -> PlainTextResponse:
        with suppress(Exception):
            await request.body()
        return PlainTextResponse("saved")

    return Starlette(
        routes=[
            Route("/fine", fine, methods=["GET"]),
            Route("/abort", abort),
            Route("/crash", fail),
            Route("/upload", upload, methods=["POST"]),
        ]
    )


def fastapi() -> Any:
    import fastapi
    from starlette.responses import PlainTextResponse

    app = fastapi.FastAPI()

    async def fine() -> PlainTextResponse:
        return PlainTextResponse("fine")

    async def abort() -> NoReturn:
        raise fastapi.HTTPException(404, WORDS)

    async def fail() -> NoReturn:
        crash()

    async def upload(request: Any) -> PlainTextResponse:
        with suppress(Exception):
            await request.body()
        return PlainTextResponse("saved")

    # The annotations of this module are texts, which FastAPI would look up.
    upload.__annotations__ = {"request": fastapi.Request}
    for path, view in [("/fine", fine), ("/abort", abort), ("/crash", fail)]:
        app.add_api_route(path, view, methods=["GET"], response_model=None)
    app.add_api_route("/upload", upload, methods=["POST"], response_model=None)
    return app


def quart() -> Any:
    import quart

    app: Any = quart.Quart(__name__)

    async def fine() -> str:
        return "fine"

    async def abort() -> None:
        quart.abort(404, WORDS)

    async def fail() -> NoReturn:
        crash()

    async def upload() -> str:
        with suppress(Exception):
            await quart.request.get_data()
        return "saved"

    for path, view in [("/fine", fine), ("/abort", abort), ("/crash", fail)]:
        app.add_url_rule(path, path, view, methods=["GET"])
    app.add_url_rule("/upload", "upload", upload, methods=["POST"])
    return app


def litestar() -> Any:
    import litestar
    from litestar.exceptions import NotFoundException

    async def fine() -> str:
        return "fine"

    async def abort() -> str:
        raise NotFoundException(WORDS)

    async def fail() -> str:
        crash()

    async def upload(request: Any) -> str:
        with suppress(Exception):
            await request.body()
        return "saved"

    for view in (fine, abort, fail, upload):
        view.__annotations__["return"] = str
    upload.__annotations__["request"] = litestar.Request
    text: Any = {"media_type": litestar.MediaType.TEXT}
    return litestar.Litestar(
        [
            litestar.get("/fine", **text)(fine),
            litestar.get("/abort", **text)(abort),
            litestar.get("/crash", **text)(fail),
            litestar.post("/upload", status_code=200, **text)(upload),
        ]
    )


def a2wsgi() -> Any:
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(reading_wsgi_app)


def asgiref() -> Any:
    from asgiref.wsgi import WsgiToAsgi

    return WsgiToAsgi(reading_wsgi_app)


ASGI: Dict[str, Callable[[], Any]] = {
    "django-asgi": django_asgi,
    "falcon-asgi": falcon_asgi,
    "starlette": starlette,
    "fastapi": fastapi,
    "quart": quart,
    "litestar": litestar,
    "a2wsgi": a2wsgi,
    "asgiref": asgiref,
}
