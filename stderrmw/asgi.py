"""The ASGI adapter: translates between an ASGI server, the core and the app.

The core decides what is refused, replaced or drained. Uses no event loop: the app runs
in the task of the server's call, with the same checkpoints.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .asgi_exchange import Exchange
from .asgi_message import mark_awaited
from .asgi_request import path_of
from .gate import UNKNOWN
from .interface import ASGI, check_app
from .overrides import Overrides
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE
from .remembered import END

# Wider than the type in asgiref.typing, which Starlette's and others' do not match.
if TYPE_CHECKING:
    ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


class ASGIMiddleware:
    """Enforces the error standard in front of an ASGI 3 app, without changing the app.

    :param app: any ASGI 3 callable; the middleware is one itself.
    :param allowed_methods: all others get 405; GET implies HEAD. None: not checked.
    :param max_body_size: most bytes in a request body, else 413. None: not checked.
    :param require_content_length: whether a body needs a Content-Length, else 411.
    :param consumes: media ranges; Content-Type must match one, else 415. None: not
        checked.
    :param produces: media types; Accept must match one, else 406. None: not checked.
    :param produces_encodings: content codings; Accept-Encoding must match one, else
        406. None: not checked.
    :param overrides: maps a path prefix to a dict of the options that differ below it,
        or to None: the middleware leaves those paths alone.
    :param preserve_statuses: statuses outside the table to keep, such as
        ``PROTOCOL_STATUSES``.
    :param json_errors: "complete" adds what a JSON error lacks; "keep" adds nothing.
    :param expose_messages: whether the text of a 4xx page becomes ``message``.
    :param error_headers: pairs to add to refusals and to answers to crashes, or a
        callable that takes the scope and returns them.
    :param extra_fields: a callable that takes the scope and returns more fields.
    :param drain_limit: bytes of a refused body to read, so the client gets the answer.
    :param propagate_exceptions: whether a crash is raised again after it is answered.
    :param report_only: whether refusals are only logged.
    :raises TypeError, ValueError: naming the option, its value and what is allowed.

    Crashes and reported refusals are logged to ``stderrmw``. An app may raise
    ``StandardError`` to answer with a standard error.

    >>> app = ASGIMiddleware(app, allowed_methods=["GET", "POST"])

    The documentation of the options explains each default.
    """

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
        overrides: Mapping[str, Mapping[str, Any] | None] | None = None,
        preserve_statuses: Iterable[int] = (),
        json_errors: str = "complete",
        expose_messages: bool = True,
        error_headers: (
            Iterable[tuple[str, str]] | Callable[[Any], Iterable[tuple[str, str]]]
        ) = (),
        extra_fields: Callable[[Any], Mapping[str, Any]] | None = None,
        drain_limit: int = DEFAULT_DRAIN_LIMIT,
        propagate_exceptions: bool = False,
        report_only: bool = False,
    ) -> None:
        options = dict(locals())
        check_app(app, ASGI)
        mark_awaited(Exchange.send)
        self._app = app
        self._overrides = Overrides(options)
        self._gate = self._overrides.only

    # Must be a coroutine function with exactly these names: daphne calls by keyword;
    # uvicorn and hypercorn take any other callable for ASGI 2 or WSGI.
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the app answer one request, or answer in its place (ASGI 3)."""
        gate = self._gate
        if gate is None and scope["type"] == "http":
            gate = self._overrides.find(path_of(scope))
        if gate is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange()
        exchange.scope = scope
        exchange.server_receive = receive
        exchange.server_send = send
        exchange.gate = gate
        exchange.method = method = scope["method"]
        exchange.passing = None
        exchange.body_left = gate.body_limit
        # Inlined: one function call would cost as much as all of this.
        unchecked = gate.unchecked
        try:
            node = gate.known[method]
            headers = scope["headers"]
            headers[0]  # fails for an iterator, which must stay unread for the app
            for pair in headers:
                if pair[0] not in unchecked:
                    node = node[pair]
            refused = node[END]
        except (LookupError, TypeError):
            refused = UNKNOWN
        if refused is not None:
            await exchange.enter(refused, self._app)
            return
        app = self._app  # calling self._app() costs more: it looks for a method first
        try:
            await app(scope, exchange, exchange.send)
            if not exchange.passing:
                await exchange.finish()
        except Exception as error:
            if not await exchange.recover(error):
                raise
