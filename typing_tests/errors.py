"""The errors that an app raises, and ``wrap``."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from typing_extensions import assert_type

from stderrmw import (
    PROTOCOL_STATUSES,
    ASGIMiddleware,
    FieldError,
    StandardError,
    WSGIMiddleware,
    wrap,
)

missing = FieldError("Issue", "title", "missing_field")
assert_type(missing.field, str)

error = StandardError(
    422,
    "It was not saved",
    cause="Validation failed",
    errors=[missing, ("Issue", "number", "invalid")],
    headers=[("Cache-Control", "no-store")],
)
assert_type(error.status, int)
assert_type(error.headers, "list[tuple[str, str]]")
assert_type(error.as_dict(), "dict[str, Any]")
StandardError(HTTPStatus.CONFLICT)


def flask_handler(error: StandardError) -> tuple[dict[str, Any], int, Any]:
    return error.as_dict(), error.status, error.headers


def starlette_handler(request: Request, error: StandardError) -> JSONResponse:
    return JSONResponse(error.as_dict(), error.status, dict(error.headers))


app = wrap("pkg.mod:make_app()", max_body_size=10, overrides={"/healthz": None})
assert_type(app, "WSGIMiddleware | ASGIMiddleware")
wrap("pkg.mod:app", interface="wsgi")

FieldError("Issue", "title")  # type: ignore[call-arg]
FieldError("Issue", "title", 1)  # type: ignore[arg-type]
StandardError()  # type: ignore[call-arg]
StandardError("404 Not Found")  # type: ignore[arg-type]
StandardError(404, "gone", "moved")  # type: ignore[call-arg]
StandardError(422, errors=[("Issue", "title")])  # type: ignore[list-item]
StandardError(429, headers={"Retry-After": "1"})  # type: ignore[dict-item]
PROTOCOL_STATUSES.add(423)  # type: ignore[attr-defined]
wrap(app)  # type: ignore[arg-type]
