"""The ASGI room: scope, receive and send to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Imports no
event loop; the app runs in the task, and at the checkpoints, of the server's call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .asgi_exchange import Exchange
from .checks import refusal
from .message import Request
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE, Policy

# Wider than asgiref.typing's, which the types of Starlette and others do not fit.
if TYPE_CHECKING:
    ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


class ASGIMiddleware:
    """Keeps the error standard in front of an ASGI 3 app, which it never changes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_methods: Iterable[str] | None = None,
        max_body_size: int | None = DEFAULT_MAX_BODY_SIZE,
        require_content_length: bool = True,
        consumes: Iterable[str] | None = None,
        produces: Iterable[str] | None = None,
        produces_encodings: Iterable[str] | None = None,
        preserve_statuses: Iterable[int] = (),
        json_errors: str = "complete",
        drain_limit: int = DEFAULT_DRAIN_LIMIT,
        propagate_exceptions: bool = False,
    ) -> None:
        if not callable(app):
            raise TypeError(f"app must be an ASGI callable, not {app!r}")
        self._app = app
        self._policy = Policy(locals())

    # Exactly these names, and a coroutine function: daphne calls by keyword, uvicorn
    # and hypercorn take any other callable for ASGI 2 or WSGI.
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope.get("headers") or ()
        if not isinstance(headers, (list, tuple)):
            headers = list(headers)  # the app is to find it unread
            scope = {**scope, "headers": headers}
        request = read_request(scope, read_fields(headers))
        exchange = Exchange(request, receive, send, self._policy)
        refused = refusal(request, self._policy)
        if refused is not None:
            await exchange.refuse(refused)
            return
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if not await exchange.recover(error):
                raise
        else:
            await exchange.finish()


def read_fields(headers: Sequence[Any]) -> dict[bytes, bytes]:
    """The header fields by lower-case name, the lines of repeated ones joined."""
    fields: dict[bytes, bytes] = dict(headers)
    if len(fields) == len(headers) and b"".join(fields).islower():
        return fields
    fields = {}
    for name, value in headers:
        name = name.lower()
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def read_request(scope: Any, fields: Mapping[bytes, bytes]) -> Request:
    """The head of the request."""

    def text(name: bytes) -> str | None:
        value = fields.get(name)
        return None if value is None else value.decode("latin-1")

    method = scope["method"]
    return Request(
        method=method,
        content_length=text(b"content-length"),
        transfer_encoding=text(b"transfer-encoding"),
        content_type=text(b"content-type"),
        accept=text(b"accept"),
        accept_encoding=text(b"accept-encoding"),
        expect=text(b"expect"),
        preflight=method == "OPTIONS"
        and b"origin" in fields
        and b"access-control-request-method" in fields,
        framed=scope.get("http_version", "1.1")[:1] in ("2", "3"),
        terminated=True,
    )
