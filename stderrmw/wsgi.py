"""The WSGI room: environ and start_response to the core, and its answers back.

Decides nothing: what is refused, replaced or drained is the core's word. Knows what
PEP 3333 says and what servers make of it.
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
    """Keeps the error standard in front of a WSGI app, which it never changes.

    :param app: any WSGI (PEP 3333) callable; the middleware is one itself.
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
    :param error_headers: pairs for refusals and crashes, or a callable of the environ
        that gives them.
    :param extra_fields: a callable of the environ that gives a dict of more fields.
    :param drain_limit: bytes of a refused body to read, so that the answer is read.
    :param propagate_exceptions: whether a crash is the server's to answer.
    :param report_only: whether refusals are only logged.
    :raises TypeError, ValueError: naming the option, its value and what is allowed.

    Crashes, and what is only logged, go to the logger ``stderrmw``. An app may raise
    ``StandardError`` to answer in the standard itself.

    >>> app = WSGIMiddleware(app, allowed_methods=["GET", "POST"])

    The documentation of the options says why each default is what it is.
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
        """Answer one request, by the app or in its place (PEP 3333)."""
        gate = self._gate or self._overrides.find(path_of(environ))
        if gate is None:
            return self._app(environ, start_response)
        exchange = Exchange()
        exchange.environ = environ
        exchange.server_start = start_response
        exchange.gate = gate
        exchange.status = None
        # Inlined, for a function call would cost as much as all of this: the head is
        # read here, and the response of most apps is handed on here.
        head: Any = None
        try:
            exchange.source = environ["wsgi.input"]  # an app may put another there
            exchange.method = method = environ["REQUEST_METHOD"]
            head = (
                environ.get("CONTENT_LENGTH"),
                method,
                environ["SERVER_PROTOCOL"],
                "HTTP_TRANSFER_ENCODING" in environ,  # never remembered where it is
                environ.get("CONTENT_TYPE"),
                environ.get("HTTP_ACCEPT"),
                gate.looks_at_codings and environ.get("HTTP_ACCEPT_ENCODING"),
            )
            refused = gate.known[head]
        except KeyError:
            refused = UNKNOWN
        if refused is not None:
            return exchange.enter(refused, head, self._app)
        try:
            result = self._app(environ, exchange.start_response)
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
