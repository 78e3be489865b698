"""The WSGI room: environ and start_response to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Knows what
PEP 3333 says and what servers make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .gate import Gate
from .overrides import Overrides
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE, Policy
from .wsgi_exchange import Exchange
from .wsgi_request import path_of
from .wsgi_result import SUCCESSES

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
        overrides: Mapping[str, Mapping[str, Any] | None] | None = None,
        preserve_statuses: Iterable[int] = (),
        json_errors: str = "complete",
        expose_messages: bool = True,
        error_headers: (
            Iterable[tuple[str, str]]
            | Callable[[WSGIEnvironment], Iterable[tuple[str, str]]]
        ) = (),
        extra_fields: Callable[[WSGIEnvironment], Mapping[str, Any]] | None = None,
        drain_limit: int = DEFAULT_DRAIN_LIMIT,
        propagate_exceptions: bool = False,
        report_only: bool = False,
    ) -> None:
        options = dict(locals())
        if not callable(app):
            raise TypeError(f"app must be a WSGI callable, not {app!r}")
        self._app = app
        # Without overrides there is nothing to find for each request.
        self._gate = Gate(Policy(options)) if overrides is None else None
        self._overrides = Overrides(options, overrides or {})

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        gate = self._gate
        if gate is None:
            gate = self._overrides.find(path_of(environ))
            if gate is None:
                return self._app(environ, start_response)
        exchange = Exchange()
        exchange.environ = environ
        exchange.server_start = start_response
        exchange.gate = gate
        exchange.status = None
        # A call costs as much as all of this: so the head is read here, and the
        # response of most apps is handed on here.
        get = environ.get
        length = get("CONTENT_LENGTH")
        if length:
            exchange.source = get("wsgi.input")  # an app may put another there
        try:
            exchange.method = method = environ["REQUEST_METHOD"]
            head = (
                method,
                length,
                "HTTP_TRANSFER_ENCODING" in environ,  # never remembered where it is
                get("CONTENT_TYPE"),
                get("HTTP_ACCEPT"),
                gate.looks_at_codings and get("HTTP_ACCEPT_ENCODING"),
                environ["SERVER_PROTOCOL"],
            )
        except KeyError:
            head = None
        if head not in gate.passed:
            return exchange.enter(head, self._app)
        try:
            result = self._app(environ, exchange.start_response)
            if type(result) is not list or exchange.status not in SUCCESSES:
                return exchange.respond(result)
            start_response(exchange.status, exchange.headers)
            return result
        except Exception as error:
            answer = exchange.recover(error)
            if answer is None:
                raise
            return answer
