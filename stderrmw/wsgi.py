"""The WSGI room: environ and start_response to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Knows what
PEP 3333 says and what servers make of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .gate import Gate
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE, Policy
from .wsgi_exchange import Exchange
from .wsgi_input import counted_input

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WSGIMiddleware:
    """Keeps the error standard in front of a WSGI app, which it never changes."""

    def __init__(
        self,
        app: WSGIApplication,
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
            raise TypeError(f"app must be a WSGI callable, not {app!r}")
        self._app = app
        self._policy = Policy(locals())
        self._gate = Gate(self._policy)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or None
        request, refused = self._gate.judge(length, read_head(environ))
        exchange = Exchange()
        exchange.environ = environ
        exchange.server_start = start_response
        exchange.request = request
        exchange.policy = self._policy
        if refused is not None:
            return exchange.refuse(refused)
        if request.unbounded:
            limit = self._policy.max_body_size
            exchange.input = counted_input(environ, limit)
        return exchange.run(self._app)


def read_head(environ: WSGIEnvironment) -> tuple[Any, ...]:
    """The fields of a Request after its content_length, in their order.

    An empty CONTENT_LENGTH or CONTENT_TYPE is none (PEP 3333, "environ Variables").
    """
    get = environ.get
    method = get("REQUEST_METHOD", "")
    return (
        method,
        get("HTTP_TRANSFER_ENCODING"),
        get("CONTENT_TYPE") or None,
        get("HTTP_ACCEPT"),
        get("HTTP_ACCEPT_ENCODING"),
        get("HTTP_EXPECT"),
        method == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ,
        get("SERVER_PROTOCOL", "")[:6] in ("HTTP/2", "HTTP/3"),
        bool(get("wsgi.input_terminated")),
    )
