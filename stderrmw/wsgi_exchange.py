"""One request and its response in WSGI, between the app and the server.

Carries what the core decides. The server's start_response is called once, without
exc_info, when it is certain what is sent: gunicorn and cheroot append the headers of
a second call to those of the first, and uWSGI fails on exc_info.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from .answers import answer_error
from .checks import counted_too_large
from .errors import ProtocolError, StandardError
from .message import Answer, Request
from .policy import Policy
from .request_body import drainable
from .rewriting import PASS, ErrorResponse
from .wsgi_body import (
    LimitedInput,
    Resumed,
    drained,
    is_websocket,
    is_whole,
    iterate,
    send_answer,
    status_code,
)

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger("stderrmw")

_END: Any = object()


class Exchange:
    """What is known so far. To call an ``__init__`` would cost more than it does."""

    environ: WSGIEnvironment
    server_start: StartResponse
    request: Request
    policy: Policy
    input: LimitedInput | None = None  # where it is counted
    _status: Any = None
    _headers: Any = None
    _sent = False  # the server's start_response was called
    _server_write: Any = None
    _close: Callable[[], object] | None = None
    _error: ErrorResponse | None = None

    def start_response(
        self, status: str, headers: Any, exc_info: OptExcInfo | None = None
    ) -> Callable[[bytes], object]:
        """The start_response of the app; it takes note and sends nothing."""
        if exc_info:
            try:
                if self._sent and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # this frame and the traceback would hold each other
            self._error = None
        elif self._status is not None:
            raise ProtocolError("the app called start_response twice")
        self._status, self._headers = status, headers
        return self.write

    def write(self, data: bytes) -> None:
        """The write callable of the app: at once, but for what may be replaced."""
        self._check_limit()
        if not self._sent and status_code(self._status) < 400:
            self._forward()
        if self._sent:
            self._server_write(data)
        else:
            self._write_error(data)

    def respond(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Send what the app returned, or what is to be sent in its place."""
        self._close = getattr(result, "close", None)
        if self._sent:
            return result
        self._check_limit()
        if self._status is None or not is_whole(result, self.environ):
            return self._resume(result)
        if status_code(self._status) >= 400:
            return self._judge(result, iterate(result))
        self._forward()
        return result

    def refuse(self, error: StandardError) -> Iterable[bytes]:
        """Answer with a refusal, and then drain the body that was refused."""
        allowance = drainable(self.request, self.policy.drain_limit)
        source = self.environ["wsgi.input"]
        if self.input is not None:
            source, allowance = self.input.source, self.input.remainder(allowance)
        body = self._answer_error(error)
        return drained(body, source.read, allowance) if allowance else body

    def recover(self, error: Exception) -> Iterable[bytes]:
        """Answer an exception that left the app, or let it through."""
        self.close()
        if self._sent or self._is_servers(error):
            raise
        if self.input is not None and self.input.limit.exceeded:
            return self.refuse(counted_too_large(self.policy))
        if isinstance(error, StandardError):
            return self._answer_error(error)
        if self.policy.propagate_exceptions:
            raise
        logger.error("the app failed: %r", error, exc_info=error)
        return self._answer_error(StandardError(500))

    def close(self) -> None:
        """Close what the app returned, once (PEP 3333, "Specification Details")."""
        close, self._close = self._close, None
        try:
            if close is not None:
                close()
        except Exception:
            logger.exception("the app failed to close its response")

    def _resume(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Take one chunk, for the app may start late or fail; then decide."""
        # Not later: granian reads the status as soon as the app returns.
        chunks = iterate(result)
        first = next(chunks, _END)
        self._check_limit()
        if self._status is None and first is _END and is_websocket(self.environ):
            return result
        pending = chunks if first is _END else chain((first,), chunks)
        if not self._sent and status_code(self._status) >= 400:
            return self._judge(result, pending)
        if not self._sent:
            self._forward()
        return Resumed(pending, self._close)

    def _judge(
        self, result: Iterable[bytes], pending: Iterator[bytes]
    ) -> Iterable[bytes]:
        """Take as much of an error's body as decides what becomes of it."""
        written = self._error is not None
        error = self._error or self._open_error()
        while error.verdict is None:
            chunk = next(pending, _END)
            error.end() if chunk is _END else error.feed(chunk)
        if isinstance(error.verdict, Answer):
            self.close()
            return send_answer(error.verdict, self.server_start)
        self._forward()
        if type(result) in (list, tuple) and not written:
            return result
        return Resumed(chain(error.chunks, pending), self._close)

    def _write_error(self, data: bytes) -> None:
        error = self._error or self._open_error()
        if error.verdict is None:
            error.feed(data)
        elif error.verdict is PASS:
            error.chunks.append(data)
        if error.verdict is PASS:
            self._forward()
            for chunk in error.chunks:
                self._server_write(chunk)

    def _open_error(self) -> ErrorResponse:
        method = self.request.method
        self._error = ErrorResponse(
            self.policy, method, status_code(self._status), self._headers
        )
        return self._error

    def _answer_error(self, error: StandardError) -> list[bytes]:
        answer = answer_error(error, self.policy, self.request.method)
        return send_answer(answer, self.server_start)

    def _forward(self) -> None:
        """Start the app's own response."""
        self._sent = True
        self._server_write = self.server_start(self._status, self._headers)

    def _check_limit(self) -> None:
        if self.input is not None:
            self.input.limit.check()

    def _is_servers(self, error: Exception) -> bool:
        """Whether it is the server's own, or ends a socket that was hijacked."""
        # After a broken chunk the rest must not be read as the next request.
        if self.input is not None and error is self.input.error:
            return True
        hijacked = isinstance(error, (StopIteration, ConnectionError))
        return hijacked and is_websocket(self.environ)
