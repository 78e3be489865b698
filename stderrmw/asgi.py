"""The ASGI room: scope, receive and send to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Uses no event
loop; the app runs in the task, and at the checkpoints, of the server's call.
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

# Wider than asgiref.typing's, which the types of Starlette and others do not fit.
if TYPE_CHECKING:
    ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


class ASGIMiddleware:
    """Keeps the error standard in front of an ASGI 3 app, which it never changes.

    :param app: any ASGI 3 callable; the middleware is one itself.
    :param allowed_methods: methods that pass, any for None; GET implies HEAD. Another
        is refused with 405.
    :param max_body_size: bytes of request body, any number for None; more is 413.
    :param require_content_length: whether a body has to have one; without it 411.
    :param consumes: media ranges held against Content-Type, else 415; None: no check.
    :param produces: media types held against Accept, else 406; None: no check.
    :param produces_encodings: codings held against Accept-Encoding, else 406; None: no
        check.
    :param overrides: path prefix to a dict of the options that differ below it, or to
        None, which leaves those paths to the app alone.
    :param preserve_statuses: statuses outside the table that keep their number, such as
        those in ``PROTOCOL_STATUSES``.
    :param json_errors: "complete" adds what a JSON error lacks, "keep" nothing.
    :param expose_messages: whether the words of a 4xx page become ``message``.
    :param error_headers: pairs for refusals and crashes, or a callable of the scope
        that gives them.
    :param extra_fields: a callable of the scope that gives a dict of more fields.
    :param drain_limit: bytes of a refused body to read, so that the answer is read.
    :param propagate_exceptions: whether a crash is raised again, once it is answered.
    :param report_only: whether refusals are only logged.
    :raises TypeError, ValueError: naming the option, its value and what is allowed.

    Crashes, and what is only logged, go to the logger ``stderrmw``. An app may raise
    ``StandardError`` to answer in the standard itself.

    >>> app = ASGIMiddleware(app, allowed_methods=["GET", "POST"])

    The documentation of the options says why each default is what it is.
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

    # Exactly these names, and a coroutine function: daphne calls by keyword, uvicorn
    # and hypercorn take any other callable for ASGI 2 or WSGI.
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, by the app or in its place (ASGI 3)."""
        gate = None
        if scope["type"] == "http":
            gate = self._gate or self._overrides.find(path_of(scope))
        if gate is None:
            await self._app(scope, receive, send)
            return
        exchange = Exchange()
        exchange.scope = scope
        exchange.server_receive = receive
        exchange.server_send = send
        exchange.gate = gate
        exchange.method = method = scope["method"]
        exchange.passing = None
        # Inlined, for a function call would cost as much as all of this.
        unchecked = gate.unchecked
        try:
            node = gate.known[method]
            headers = scope["headers"]
            headers[0]  # fails for an iterator, which the app is to find unread
            for pair in headers:
                if pair[0] not in unchecked:
                    node = node[pair]
            refused = node[END]
        except (LookupError, TypeError):
            refused = UNKNOWN
        if refused is not None:
            await exchange.enter(refused, self._app)
            return
        try:
            await self._app(scope, exchange, exchange.send)
            if not exchange.passing:
                await exchange.finish()
        except Exception as error:
            if not await exchange.recover(error):
                raise
