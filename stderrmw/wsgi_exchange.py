"""One request and its response in WSGI, between the app and the server.

The server's start_response is called once, without exc_info, when it is certain what
is sent: gunicorn and cheroot append a second call's headers, uWSGI fails on exc_info.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from .answers import answer_error
from .checks import too_large
from .errors import ProtocolError, StandardError
from .message import Answer, Request
from .policy import Policy
from .rewriting import ErrorResponse
from .status import phrase
from .wsgi_input import LimitedInput, drained, raised_by
from .wsgi_result import Resumed, close, is_websocket, is_whole, iterate, status_code

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Body = Iterable[bytes]

logger = logging.getLogger("stderrmw")

_END: Any = object()


class Exchange:
    """What is known so far. A call of ``__init__`` would cost more than the rest."""

    environ: WSGIEnvironment
    server_start: StartResponse
    request: Request
    policy: Policy
    input: LimitedInput | None = None  # where the request body is counted

    _source: Any = None
    _status: Any = None
    _headers: Any = None
    _sent = False  # the server's start_response was called
    _server_write: Any = None
    _close: Callable[[], object] | None = None
    _error: ErrorResponse | None = None

    def run(self, app: WSGIApplication) -> Body:
        """Have the app answer, in the standard."""
        self._source = self.environ.get("wsgi.input")  # apps may put another there
        try:
            result = app(self.environ, self.start_response)
            self._close = getattr(result, "close", None)
            return self._respond(result)
        except Exception as error:
            self._close_once()
            return self._recover(error)
        except BaseException:
            self._close_once()
            raise
        finally:
            # The app's start_response leads here: to keep these would keep a cycle.
            self._close = None
            if self.input is not None:
                self.input.error = None

    def refuse(self, error: StandardError) -> Body:
        """Answer with a refusal, and then drain the body that was refused."""
        allowance = self.request.drainable(self.policy.drain_limit)
        source = self.environ["wsgi.input"]
        if self.input is not None:
            source, allowance = self.input.source, self.input.remainder(allowance)
        body = self._answer_error(error)
        return drained(body, source.read, allowance) if allowance else body

    def start_response(
        self, status: str, headers: Any, exc_info: OptExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """The start_response of the app; it takes note and sends nothing."""
        begun = self._sent or self._error is not None
        try:
            if exc_info and exc_info[1] is not None and begun:
                raise exc_info[1].with_traceback(exc_info[2])
            if not exc_info and self._status is not None:
                raise ProtocolError("the app called start_response twice")
        finally:
            exc_info = None  # this frame and the traceback would hold each other
        self._status, self._headers = status, headers
        return self.write

    def write(self, data: bytes) -> None:
        """The write callable of the app: at once, but for what may be replaced."""
        self._check_limit()
        if not self._sent and status_code(self._status) < 400:
            self._forward()
        if not self._sent:
            error = self._open_error()
            error.feed(data)
            if not error.passes:
                return
            self._forward()
            data = b"".join(error.chunks)
        self._server_write(data)

    def _respond(self, result: Body) -> Body:
        if self._sent:
            return result
        self._check_limit()
        if self._status is None or not is_whole(result, self.environ):
            return self._resume(result)
        if status_code(self._status) >= 400:
            return self._judge(result, iterate(result))
        self._forward()
        return result

    def _resume(self, result: Body) -> Body:
        """Take one chunk, for the app may start late or fail; then decide."""
        hijacks = self._status is None and is_websocket(self.environ)
        if hijacks and not isinstance(result, Iterable):
            return result
        # Not later: granian reads the status as soon as the app returns.
        chunks = iterate(result)
        first = next(chunks, _END)
        pending = chunks if first is _END else chain((first,), chunks)
        if hijacks and self._status is None:
            untouched = first is _END or type(result) in (list, tuple)
            return result if untouched else Resumed(pending, self._close)
        if self._sent:  # by write()
            return Resumed(pending, self._close)
        self._check_limit()
        if status_code(self._status) >= 400:
            return self._judge(result, pending)
        self._forward()
        return Resumed(pending, self._close)

    def _judge(self, result: Body, pending: Iterator[bytes]) -> Body:
        """Take as much of an error's body as decides what becomes of it."""
        is_own = self._error is None and type(result) in (list, tuple)
        error = self._open_error()
        while error.verdict is None:
            chunk = next(pending, _END)
            self._check_limit()
            error.end() if chunk is _END else error.feed(chunk)
        if isinstance(error.verdict, Answer):
            self._close_once()
            return self._answer(error.verdict)
        self._forward()
        if is_own or not error.chunks and is_whole(result, self.environ):
            return result
        return Resumed(chain(error.chunks, pending), self._close)

    def _recover(self, error: Exception) -> Body:
        """Answer an exception that left the app, or let it through."""
        hijacked = isinstance(error, (StopIteration, ConnectionError))
        if self._sent or (hijacked and is_websocket(self.environ)):
            raise
        counted = self.input
        if error is counted.error if counted else raised_by(error, self._source):
            raise  # only the server knows not to read on in a broken body
        if counted is not None and counted.limit.exceeded:
            return self.refuse(too_large(self.policy))
        if not isinstance(error, StandardError):
            if self.policy.propagate_exceptions:
                raise
            logger.error("the app failed: %r", error, exc_info=error)
            error = StandardError(500)
        return self._answer_error(error)

    def _open_error(self) -> ErrorResponse:
        if self._error is None:
            method, code = self.request.method, status_code(self._status)
            self._error = ErrorResponse(self.policy, method, code, self._headers)
        return self._error

    def _answer_error(self, error: StandardError) -> list[bytes]:
        return self._answer(answer_error(error, self.policy, self.request.method))

    def _answer(self, answer: Answer) -> list[bytes]:
        self._status = f"{answer.status} {phrase(answer.status)}"
        self._headers = answer.headers
        self._forward()
        return [answer.body] if answer.body else []

    def _forward(self) -> None:
        self._sent = True  # first: a call that fails is not to be made again
        self._server_write = self.server_start(self._status, self._headers)

    def _check_limit(self) -> None:
        if self.input is not None and not self._sent:
            self.input.limit.count(0)

    def _close_once(self) -> None:
        method, self._close = self._close, None
        close(method)
