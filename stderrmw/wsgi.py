"""The WSGI adapter: translates between a WSGI server, the core and the app.

Knows PEP 3333 and how servers behave. The core decides what is refused, replaced or
drained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .gate import UNKNOWN
from .interface import WSGI, check_app
from .overrides import Overrides
from .policy import DEFAULT_DRAIN_LIMIT, DEFAULT_MAX_BODY_SIZE
from .wsgi_exchange import Exchange
from .wsgi_request import path_of
from .wsgi_response import SENT
from .wsgi_result import SUCCESSES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WSGIMiddleware:
    """Enforces the error standard in front of a WSGI app, without changing the app.

    :param app: any WSGI (PEP 3333) callable; the middleware is one itself.
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
        callable that takes the environ and returns them.
    :param extra_fields: a callable that takes the environ and returns more fields.
    :param drain_limit: bytes of a refused body to read, so the client gets the answer.
    :param propagate_exceptions: whether the server answers a crash.
    :param report_only: whether refusals are only logged.
    :raises TypeError, ValueError: naming the option, its value and what is allowed.

    Crashes and reported refusals are logged to ``stderrmw``. An app may raise
    ``StandardError`` to answer with a standard error.

    >>> app = WSGIMiddleware(app, allowed_methods=["GET", "POST"])

    The documentation of the options explains each default.
    """

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
        check_app(app, WSGI)
        self._app = app
        self._overrides = Overrides(options)
        self._gate = self._overrides.only

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let the app answer one request, or answer in its place (PEP 3333)."""
        gate = self._gate or self._overrides.find(path_of(environ))
        if gate is None:
            return self._app(environ, start_response)
        exchange = Exchange()
        exchange.environ = environ
        exchange.server_start = start_response
        exchange.gate = gate
        exchange.status = None
        # Inlined: one function call would cost as much as all of this. Reads the head,
        # and passes on the response of most apps.
        head: Any = None
        try:
            exchange.source = environ["wsgi.input"]  # an app may replace it
            exchange.method = method = environ["REQUEST_METHOD"]
            head = (
                environ.get("CONTENT_LENGTH"),
                method,
                environ["SERVER_PROTOCOL"],
                "HTTP_TRANSFER_ENCODING" in environ,  # never remembered if true
                environ.get("CONTENT_TYPE"),
                environ.get("HTTP_ACCEPT"),
                gate.looks_at_codings and environ.get("HTTP_ACCEPT_ENCODING"),
            )
            refused = gate.known[head]
        except KeyError:
            refused = UNKNOWN
        if refused is not None:
            return exchange.enter(refused, head, self._app)
        app = self._app  # calling self._app() costs more: it looks for a method first
        try:
            result = app(environ, exchange.start_response)
            status = exchange.status
            if type(result) is not list or status not in SUCCESSES:
                return exchange.respond(result)
        except Exception as error:
            answer = exchange.recover(error)
            if answer is None:
                raise
            return answer
        exchange.status = SENT
        start_response(status, exchange.headers)
        return result
