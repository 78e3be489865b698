"""One ASGI response: passed on, held or replaced, as the core decides.

A replaced response is finished at once: the client does not wait for the rest of the
app's response.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from .answers import answer_error
from .asgi_message import (
    BODY,
    REST,
    START,
    Answered,
    is_last,
    start_of,
    text_pairs,
)
from .asgi_request import read_request
from .errors import ProtocolError, StandardError
from .gate import Gate
from .message import Answer, Request
from .rewriting import ErrorResponse

logger = logging.getLogger("stderrmw")

# How many bytes an app may still send after its response was replaced; each message
# counts as at least 4 KiB.
PATIENCE = 1_048_576


class Response:
    """The state of a response; what every request needs is in slots.

    No ``__init__``: calling it would cost more than all the assignments.
    """

    __slots__ = (
        *("scope", "server_receive", "server_send", "gate", "method"),
        *("passing", "body_left", "__dict__"),
    )
    scope: Any
    server_receive: Callable[[], Awaitable[Any]]
    server_send: Callable[[Any], Awaitable[None]]
    gate: Gate
    method: str
    #: True: the app's own response has started; False: it is held or replaced; None:
    #: nothing was sent yet.
    passing: bool | None
    body_left: float  #: bytes the request body may still have; below 0: too large

    _answered = False  # our answer was sent, or the app's own error is complete
    _exceeded = False  # the request body is over the limit; the answer is 413
    _ended = False  # nothing follows the part of the body that was over the limit
    _undrained = 0  # bytes to read before our response is finished
    _receiving = False  # an exception that comes now is the server's
    _patience = PATIENCE
    _request: Request | None = None
    _error: ErrorResponse | None = None
    _held: list[dict[str, Any]]  # messages of an undecided error

    def send(self, message: dict[str, Any]) -> Awaitable[None]:
        """The app's send; a success is sent without a coroutine of ours."""
        server_send = self.server_send  # costs less to call than self.server_send()
        if self.passing:
            return server_send(message)
        if self.passing is not None or message["type"] != START:
            return self._decide(message)
        try:
            if message["status"] >= 400:
                return self._hold(message)
        except TypeError:
            status = message["status"]
            raise ProtocolError(f"the app started with status {status!r}") from None
        self.passing = True  # first: a failed send has started the response too
        return server_send(message)

    async def _decide(self, message: dict[str, Any]) -> None:
        kind, error = message["type"], self._error
        if self._answered:
            self._patience -= max(len(message.get("body", b"")), 4096)
            if self._patience < 0:
                raise Answered("the response was replaced and is finished")
        elif self._exceeded and kind in (START, *REST):
            await self._refuse_body()
        elif error is not None and kind in REST:
            self._held.append(message)
            if kind == BODY:
                error.feed(message.get("body", b""))
            else:
                error.end_unseen()
            if error.verdict is None and not message.get("more_body", False):
                error.end()
            if error.verdict is not None:
                await self._settle(error)
        elif kind == START:
            raise ProtocolError("the app sent a second http.response.start")
        elif kind in REST:
            raise ProtocolError(f"the app sent {kind} before http.response.start")
        else:
            await self.server_send(message)

    async def _hold(self, message: dict[str, Any]) -> None:
        """Hold the start of an error until the core decides."""
        headers = message.get("headers", ())
        if not isinstance(headers, (list, tuple)):
            headers = list(headers)
            message = {**message, "headers": headers}
        self.passing = False
        self._held = [message]
        self._error = ErrorResponse(
            self.gate.policy,
            self.method,
            int(message["status"]),
            headers,
            text_pairs,
            self.scope,
        )
        if self._error.verdict is not None:
            await self._settle(self._error)

    def _settle(self, error: ErrorResponse) -> Awaitable[None]:
        if isinstance(error.verdict, Answer):
            return self._answer(error.verdict)
        return self._pass_on()

    async def _pass_on(self) -> None:
        self.passing = True
        for message in self._held:
            await self.server_send(message)
        # A framework may send a complete error response, then raise.
        self._answered = is_last(self._held[-1], self._held[0])
        self._held = []

    async def _refuse_body(self) -> None:
        """Answer a body that turned out to be too large."""
        limit, request = self.gate.policy.drain_limit, self._read_request()
        if request.drains(limit) and not self._ended:
            self._undrained = limit
        await self._refuse(self.gate.too_large(request))

    def _refuse(self, answer: Answer) -> Awaitable[None]:
        """Answer, and leave the response open if there is a body to drain.

        hypercorn hangs and closes the connection if a response ends before the
        request. uvicorn would read the next request as the body that a client held
        back for ``100-continue``.
        """
        request = self._request
        waits = request is not None and request.waits and not request.framed
        return self._answer(answer, close=waits)

    async def _answer_error(self, error: StandardError, close: bool = False) -> None:
        answer = answer_error(error, self.gate.policy, self.method, self.scope)
        await self._answer(answer, close)

    async def _answer(self, answer: Answer, close: bool = False) -> None:
        self._answered = True
        if self.passing is None:
            self.passing = False
        try:
            await self.server_send(start_of(answer, close))
            more = self._undrained > 0
            body = {"type": BODY, "body": answer.body, "more_body": more}
            await self.server_send(body)
        except OSError:
            self._undrained = 0
            logger.debug("the client left before it was answered", exc_info=True)

    async def _drain(self) -> None:
        """Read the rest of the request body, then finish the response."""
        left, self._undrained = self._undrained, 0
        while left > 0:
            self._receiving = True
            message = await self.server_receive()
            self._receiving = False
            left -= len(message.get("body", b"")) or 1
            if not message.get("more_body"):
                break
        try:
            await self.server_send({"type": BODY, "body": b"", "more_body": False})
        except OSError:
            logger.debug("the client left as its body was drained", exc_info=True)

    def _read_request(self) -> Request:
        if self._request is None:
            self._request = read_request(self.scope, self.method)
        return self._request
