"""One request and its response in WSGI, between the app and the server.

Carries what the core decides. The server's start_response is called once, without
exc_info, when it is certain what is sent: gunicorn and cheroot append the headers of
a second call to those of the first, and uWSGI fails on exc_info.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from wsgiref.util import is_hop_by_hop

from .answers import answer_error
from .checks import counted_too_large
from .errors import BodyTooLarge, ProtocolError, StandardError
from .message import Answer, Request
from .policy import Policy
from .request_body import BodyLimit, drainable
from .rewriting import PASS, ErrorResponse
from .status import phrase
from .wsgi_body import LimitedInput, Resumed, drained

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger("stderrmw")

_STATUS = re.compile("[1-9][0-9]{2}(?![0-9])")
_END: Any = object()


@lru_cache(maxsize=256)
def status_code(status: str) -> int | None:
    """The number at the start of a status line, or None where there is none."""
    found = _STATUS.match(status)
    return found and int(found[0])


class Exchange:
    """What is known of the response so far; the defaults stand on the class."""

    _status: Any = None
    _headers: Any = None
    _sent = False  # the server's start_response was called
    _server_write: Any = None
    _close: Callable[[], object] | None = None
    _input: LimitedInput | None = None
    _error: ErrorResponse | None = None

    def __init__(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        request: Request,
        policy: Policy,
    ) -> None:
        self._environ = environ
        self._server_start = start_response
        self._request = request
        self._policy = policy

    def count_input(self) -> None:
        """Have a body of unknown length counted as the app reads it.

        One with a Content-Length is left alone: servers end it there, and apps look
        for what is behind ``wsgi.input``.
        """
        limit = BodyLimit(self._policy.max_body_size)
        self._input = LimitedInput(self._environ["wsgi.input"], limit)
        self._environ["wsgi.input"] = self._input

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
        if not self._sent and self._code() < 400 and not self._exceeded():
            self._forward()
        if self._sent:
            self._server_write(data)
        elif not self._exceeded():
            self._write_error(data)

    def respond(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Send what the app returned, or what is to be sent in its place."""
        self._close = getattr(result, "close", None)
        if self._sent:
            return result
        if self._status is None or self._exceeded() or not self._is_whole(result):
            return self._resume(result)
        if self._code() >= 400:
            return self._judge(result, _iterate(result))
        self._forward()
        return result

    def refuse(self, error: StandardError) -> Iterable[bytes]:
        """Answer with a refusal, and then drain the body that was refused."""
        allowance = drainable(self._request, self._policy.drain_limit)
        source = self._environ["wsgi.input"]
        if self._input is not None:
            source, allowance = self._input.source, self._input.remainder(allowance)
        body = self._answer_error(error)
        return drained(body, source.read, allowance) if allowance else body

    def recover(self, error: Exception) -> Iterable[bytes]:
        """Answer an exception that left the app, or let it through."""
        self._close_quietly()
        if self._sent or self._is_servers(error):
            raise
        if self._exceeded():
            return self.refuse(counted_too_large(self._policy))
        if isinstance(error, StandardError):
            return self._answer_error(error)
        if self._policy.propagate_exceptions:
            raise
        logger.error("the app failed: %r", error, exc_info=error)
        return self._answer_error(StandardError(500))

    def close(self) -> None:
        """Close what the app returned, once (PEP 3333, "Specification Details")."""
        close, self._close = self._close, None
        if close is not None:
            close()

    def _resume(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Take one chunk, for the app may start late or fail; then decide.

        When the server asks for it is too late: granian reads the status as soon as
        the app returns. More than one would hold back a stream.
        """
        chunks = _iterate(result)
        first = next(chunks, _END)
        if self._exceeded():
            raise BodyTooLarge
        if self._status is None and first is _END and self._is_websocket():
            return result
        pending = chunks if first is _END else chain((first,), chunks)
        if not self._sent and self._code() >= 400:
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
            self._close_quietly()
            return self._answer(error.verdict)
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
        method = self._request.method
        self._error = ErrorResponse(self._policy, method, self._code(), self._headers)
        return self._error

    def _answer_error(self, error: StandardError) -> list[bytes]:
        return self._answer(answer_error(error, self._policy, self._request.method))

    def _answer(self, answer: Answer) -> list[bytes]:
        # PEP 3333, "Other HTTP Features": wsgiref and waitress fail on these.
        headers = [pair for pair in answer.headers if not is_hop_by_hop(pair[0])]
        self._server_start(f"{answer.status} {phrase(answer.status)}", headers)
        return [answer.body] if answer.body else []

    def _forward(self) -> None:
        """Start the app's own response."""
        self._sent = True
        self._server_write = self._server_start(self._status, self._headers)

    def _code(self) -> int:
        if self._status is None:
            raise ProtocolError("the app returned and never called start_response")
        code = status_code(self._status) if isinstance(self._status, str) else None
        if code is None:
            raise ProtocolError(f"the app started with status {self._status!r}")
        return code

    def _exceeded(self) -> bool:
        return self._input is not None and self._input.limit.exceeded

    def _is_whole(self, result: Iterable[bytes]) -> bool:
        """Whether the server is to get this very object, and it cannot fail.

        Servers look at the type of a file wrapper and at the length of a list. Where
        the wrapper is no class (uWSGI), what it returns is the file itself.
        """
        if type(result) in (list, tuple, bytes):
            return True
        wrapper = self._environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type):
            return isinstance(result, wrapper)
        is_file = hasattr(result, "read") or hasattr(result, "fileno")
        return wrapper is not None and is_file

    def _is_servers(self, error: Exception) -> bool:
        """Whether the server raised it, and is to see it again.

        After a broken chunk only the server knows that the rest of the connection
        is not to be read as the next request. Hijacked sockets end with the others.
        """
        if self._input is not None and error is self._input.error:
            return True
        hijacked = isinstance(error, (StopIteration, ConnectionError))
        return hijacked and self._is_websocket()

    def _is_websocket(self) -> bool:
        upgrade = self._environ.get("HTTP_UPGRADE", "")
        return self._request.method == "GET" and "websocket" in upgrade.lower()

    def _close_quietly(self) -> None:
        try:
            self.close()
        except Exception:
            logger.exception("the app failed to close its response")


def _iterate(result: Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(result, bytes):
        return iter((result,))
    try:
        return iter(result)
    except TypeError as error:
        kind = type(result).__name__
        raise ProtocolError(f"the app returned {kind}, not an iterable") from error
