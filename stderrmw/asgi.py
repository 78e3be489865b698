"""The ASGI room: scope, receive and send to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Imports no
event loop; the app runs in the task, and at the checkpoints, of the server's call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .asgi_exchange import Exchange
from .gate import Gate
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE, Policy
from .request_body import BodyLimit

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
        self._gate = Gate(self._policy)

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
        fields = read_fields(headers)
        length = _text(fields.get(b"content-length"))
        request, refused = self._gate.judge(length, read_head(scope, fields))
        exchange = Exchange()
        exchange.request = request
        exchange.server_receive = receive
        exchange.server_send = send
        exchange.policy = self._policy
        exchange.limit = BodyLimit(self._policy.max_body_size)
        if refused is not None:
            await exchange.refuse(refused)
            return
        try:
            await self._app(scope, exchange.receive, exchange.send)
            await exchange.finish()
        except Exception as error:
            if not await exchange.recover(error):
                raise


def read_fields(headers: Sequence[Any]) -> dict[bytes, bytes]:
    """The header fields by lower-case name, the lines of repeated ones joined."""
    fields: dict[bytes, bytes] = dict(headers)
    if len(fields) == len(headers) and b"".join(fields).islower():
        return fields
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lines.setdefault(name.lower(), []).append(value)
    return {name: b", ".join(values) for name, values in lines.items()}


def read_head(scope: Any, fields: Mapping[bytes, bytes]) -> tuple[Any, ...]:
    """The fields of a Request after its content_length, in their order."""
    get = fields.get
    method = scope["method"]
    return (
        method,
        _text(get(b"transfer-encoding")),
        _text(get(b"content-type")),
        _text(get(b"accept")),
        _text(get(b"accept-encoding")),
        _text(get(b"expect")),
        method == "OPTIONS"
        and b"origin" in fields
        and b"access-control-request-method" in fields,
        scope.get("http_version", "1.1")[:1] in ("2", "3"),
        True,
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
