"""One WSGI response: passed on or replaced, as the core decides.

Calls the server's start_response only once, and without exc_info: gunicorn and cheroot
append the headers of a second call, uWSGI fails on exc_info.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from .errors import ProtocolError
from .gate import Gate
from .message import Answer
from .rewriting import ErrorResponse
from .status import phrase
from .wsgi_input import LimitedInput
from .wsgi_request import is_websocket
from .wsgi_result import Resumed, close, is_whole, iterate, status_code

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    Body = Iterable[bytes]

SOFTWARE = "SERVER_SOFTWARE"
SENT: Any = object()
_END: Any = object()


class Response:
    """The state of a response; what every request needs is in slots.

    No ``__init__``: calling it would cost more than all the assignments. The object
    itself is the app's write callable: creating a bound method for each request would
    cost as much, and few apps call write.
    """

    __slots__ = (
        *("environ", "server_start", "gate", "source", "method", "status", "headers"),
        "__dict__",
    )
    environ: WSGIEnvironment
    server_start: StartResponse
    gate: Gate
    source: Any  # wsgi.input
    method: str
    status: Any  # None, then the app's status, then SENT
    headers: Any

    _counted: LimitedInput | None = None  # wsgi.input if the length is unknown
    _server_write: Any = None
    _close: Callable[[], object] | None = None
    _error: ErrorResponse | None = None

    def start_response(
        self, status: str, headers: Any, exc_info: OptExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """The app's start_response: stores its arguments and sends nothing."""
        if self.status is not None:
            try:
                self._check_restart(exc_info)
            finally:
                exc_info = None  # breaks the cycle of this frame and the traceback
        self.status = status
        self.headers = headers
        return self

    def _check_restart(self, exc_info: OptExcInfo | None) -> None:
        begun = self.status is SENT or self._error is not None
        try:
            if exc_info and exc_info[1] is not None and begun:
                raise exc_info[1].with_traceback(exc_info[2])
            if begun or not exc_info:
                raise ProtocolError("the app called start_response twice")
        finally:
            exc_info = None

    def __call__(self, data: bytes) -> None:
        """The app's write: sends at once, unless the response may be replaced."""
        self._check_limit()
        if self.status is not SENT and status_code(self.status) < 400:
            self._forward()
        if self.status is not SENT:
            error = self._open_error()
            error.feed(data)
            if not error.passes:
                return
            self._forward()
            data = b"".join(error.chunks)
        self._server_write(data)

    def respond(self, result: Body) -> Body:
        """Pass on what the app returned, or its replacement."""
        self._close = getattr(result, "close", None)
        try:
            return self._decide(result)
        except BaseException:
            self._close_once()
            raise
        finally:
            # Breaks a cycle: the app's start_response refers to this object.
            self._close = None

    def _decide(self, result: Body) -> Body:
        if self.status is SENT:
            return result
        self._check_limit()
        if self.status is None or not is_whole(result, self.environ):
            return self._resume(result)
        if status_code(self.status) >= 400:
            return self._judge(result, iterate(result))
        self._forward()
        return result

    def _resume(self, result: Body) -> Body:
        """Take one chunk, because the app may start late or fail, then decide."""
        hijacks = self.status is None and is_websocket(self.environ)
        if hijacks and not isinstance(result, Iterable):
            return result
        # Now, not on iteration: granian reads the status as soon as the app returns.
        chunks = iterate(result)
        first = next(chunks, _END)
        pending = chunks if first is _END else chain((first,), chunks)
        if hijacks and self.status is None:
            untouched = first is _END or type(result) in (list, tuple)
            return result if untouched else Resumed(pending, self._close)
        if self.status is SENT:  # by write()
            return Resumed(pending, self._close)
        self._check_limit()
        if status_code(self.status) >= 400:
            return self._judge(result, pending)
        self._forward()
        return Resumed(pending, self._close)

    def _judge(self, result: Body, pending: Iterator[bytes]) -> Body:
        """Read an error's body until the core decides to pass or to replace it."""
        is_own = self._error is None and isinstance(result, (list, tuple))
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

    def _open_error(self) -> ErrorResponse:
        if self._error is None:
            self.headers = list(self.headers)
            self._error = ErrorResponse(
                self.gate.policy,
                self.method,
                status_code(self.status),
                self.headers,
                list,
                self.environ,
            )
        return self._error

    def _answer(self, answer: Answer) -> Body:
        self.status = f"{answer.status} {phrase(answer.status)}"
        self.headers = answer.headers[:]
        self._forward()
        # hypercorn does not start a response without a chunk, and servers add the
        # Content-Length of a list with one chunk. gevent's pywsgi needs the list:
        # it ends a HEAD without a length as if it were chunked.
        is_list = answer.has_length or "gevent" in self.environ.get(SOFTWARE, "")
        return [answer.body] if is_list else iter((b"",))

    def _forward(self) -> None:
        status, self.status = self.status, SENT  # first: a failed start is not retried
        self._server_write = self.server_start(status, self.headers)

    def _check_limit(self) -> None:
        if self._counted is not None and self.status is not SENT:
            self._counted.count(0)

    def _close_once(self) -> None:
        method, self._close = self._close, None
        close(method)
