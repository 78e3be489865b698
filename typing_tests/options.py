"""The options, of both classes alike."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from stderrmw import PROTOCOL_STATUSES, ASGIMiddleware, WSGIMiddleware

from .asgi_apps import of_starlette
from .wsgi_apps import function

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from asgiref.typing import HTTPScope
    from starlette.types import Scope


def fields_of_environ(environ: WSGIEnvironment) -> dict[str, str]:
    return {"request_id": environ["HTTP_X_REQUEST_ID"]}


def headers_of_environ(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    yield "Vary", "Origin"


def fields_of_scope(scope: HTTPScope) -> dict[str, object]:
    return {"path": scope["path"]}


def headers_of_scope(scope: Scope) -> list[tuple[str, str]]:
    return [("Vary", "Origin")]


async def coroutine(environ: WSGIEnvironment) -> dict[str, Any]:
    return {}


WSGIMiddleware(
    function,
    allowed_methods=["GET"],
    max_body_size=None,
    require_content_length=False,
    consumes=("application/json", "image/*"),
    produces={"application/json"},
    produces_encodings=iter(["identity", "gzip"]),
    overrides={"/uploads": {"max_body_size": 50_000_000}, "/healthz": None},
    preserve_statuses=PROTOCOL_STATUSES,
    json_errors="keep",
    expose_messages=False,
    error_headers=headers_of_environ,
    extra_fields=fields_of_environ,
    drain_limit=0,
    propagate_exceptions=True,
    report_only=True,
)
WSGIMiddleware(function, error_headers=[("Vary", "Origin")])
WSGIMiddleware(function, error_headers={"Vary": "Origin"}.items())
WSGIMiddleware(function, extra_fields=lambda environ: {"id": environ["REQUEST_ID"]})
WSGIMiddleware(function, preserve_statuses={HTTPStatus.LOCKED, 428})
ASGIMiddleware(
    of_starlette,
    allowed_methods=frozenset({"GET"}),
    consumes=["application/json"],
    overrides={},
    error_headers=headers_of_scope,
    extra_fields=fields_of_scope,
)
ASGIMiddleware(of_starlette, extra_fields=lambda scope: {"path": scope["path"]})

WSGIMiddleware(function, ["GET"])  # type: ignore[call-arg]
WSGIMiddleware(function, max_size=10)  # type: ignore[call-arg]
WSGIMiddleware(function, max_body_size="1MiB")  # type: ignore[arg-type]
WSGIMiddleware(function, consumes=[b"text/csv"])  # type: ignore[list-item]
WSGIMiddleware(function, preserve_statuses=[423, "424"])  # type: ignore[list-item]
WSGIMiddleware(function, overrides={"/a": ["GET"]})  # type: ignore[dict-item]
WSGIMiddleware(function, error_headers={"Vary": "Origin"})  # type: ignore[dict-item]
WSGIMiddleware(function, extra_fields={"id": "1"})  # type: ignore[arg-type]
WSGIMiddleware(function, extra_fields=coroutine)  # type: ignore[arg-type]
ASGIMiddleware(of_starlette, extra_fields=coroutine)  # type: ignore[arg-type]
ASGIMiddleware(of_starlette, drain_limit=None)  # type: ignore[arg-type]
