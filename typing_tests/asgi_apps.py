"""ASGI: what can be wrapped, and where the middleware can stand."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware

from stderrmw import ASGIMiddleware

if TYPE_CHECKING:
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        Scope,
    )
    from starlette import types


async def of_asgiref(
    scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """An app by the types of ASGI's reference."""


async def of_starlette(
    scope: types.Scope, receive: types.Receive, send: types.Send
) -> None:
    """An app by the types of Starlette."""


class Object:
    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """An app that is an object."""


def wsgi(environ: object, start_response: object) -> Iterable[bytes]:
    return []


app: ASGI3Application = ASGIMiddleware(of_asgiref)
starlette_app: types.ASGIApp = ASGIMiddleware(of_starlette)
wrapped_twice: ASGI3Application = ASGIMiddleware(ASGIMiddleware(of_starlette))
of_an_object: types.ASGIApp = ASGIMiddleware(Object())
uvicorn.run(ASGIMiddleware(FastAPI()))

api = FastAPI()
api.add_middleware(ASGIMiddleware, allowed_methods=["GET"])
api.mount("/legacy", ASGIMiddleware(Starlette()))
site = Starlette(middleware=[Middleware(ASGIMiddleware, max_body_size=10)])

ASGIMiddleware()  # type: ignore[call-arg]
ASGIMiddleware("pkg.mod:app")  # type: ignore[arg-type]
ASGIMiddleware(wsgi)  # type: ignore[arg-type]
api.add_middleware(ASGIMiddleware, max_size=10)  # type: ignore[call-arg]
Middleware(ASGIMiddleware, max_body_size="10")  # type: ignore[arg-type]
