"""One request and its response in ASGI, between the app and the server.

Carries what the core decides. A replaced response is finished at once, so that the
client need not wait for the rest of the one it does not get.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from .answers import answer_error
from .asgi_message import BODY, REST, START, Answered, body_of, start_of, text_pairs
from .checks import too_large
from .errors import ProtocolError, StandardError
from .message import Answer, Request
from .policy import Policy
from .request_body import BodyLimit
from .rewriting import ErrorResponse

logger = logging.getLogger("stderrmw")

# What an app may send on after its response was replaced, in bytes; each message
# counts for 4 KiB at least.
PATIENCE = 1_048_576


class Exchange:
    """What is known so far. To call an ``__init__`` would cost more than it does."""

    request: Request
    server_receive: Callable[[], Awaitable[Any]]
    server_send: Callable[[Any], Awaitable[None]]
    policy: Policy
    limit: BodyLimit
    _passing = False  # the app's own response has started
    _answered = False  # ours has, in its place, or the app's own error is whole
    _ended = False  # the request body has
    _gone = False  # the client is
    _undrained = 0  # bytes to read before our response is finished
    _patience = PATIENCE
    _error: ErrorResponse | None = None
    _held: list[dict[str, Any]]  # of an error that is not decided yet

    async def receive(self) -> dict[str, Any]:
        """The app's receive: counts, whatever length was declared.

        Never tells of a body that is too large by http.disconnect, which some take
        for its end. Adds no checkpoint, for Starlette looks whether a disconnect is
        there without waiting.
        """
        self.limit.count(0)
        message: dict[str, Any] = await self.server_receive()
        self._gone = message["type"] != "http.request"
        self._ended = not message.get("more_body", False)
        self.limit.count(len(message.get("body", b"")))
        return message

    def send(self, message: dict[str, Any]) -> Awaitable[None]:
        """The app's send; no coroutine of ours stands in the way of a stream."""
        return (self.server_send if self._passing else self._decide)(message)

    async def refuse(self, error: StandardError) -> None:
        """Answer with a refusal, and drain the body that was refused."""
        await self._answer_refusal(error)
        await self._drain()

    async def recover(self, error: Exception) -> bool:
        """Answer an exception that left the app; False where it is to go on."""
        if self.limit.exceeded and not self._passing or self._patience < 0:
            await self.finish()
            return True
        if self._passing and not self._answered:
            return False
        if isinstance(error, StandardError) and not self._answered:
            await self._answer_error(error)
            return True
        logger.error("the app failed: %r", error, exc_info=error)
        propagates = self.policy.propagate_exceptions
        if not self._answered:
            # The server closes after an exception, and the client is to know.
            await self._answer_error(StandardError(500), close=propagates)
        return not propagates

    async def finish(self) -> None:
        """See to it that there is a whole response, now that the app is done."""
        if self.limit.exceeded and not self._passing and not self._answered:
            await self._answer_refusal(too_large(self.policy))
        if self._passing or self._answered:
            await self._drain()
        elif self._error is not None:
            self._error.end()
            await self._settle(self._error)
        elif self._gone:
            # It may return silently then; granian says so of a malformed body too,
            # with the client still there to read.
            await self._answer_error(StandardError(400))
        else:
            raise ProtocolError("the app returned without a response")

    async def _decide(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if self._answered:
            self._patience -= max(len(message.get("body", b"")), 4096)
            if self._patience < 0:
                raise Answered("the response was replaced and is finished")
        elif self.limit.exceeded and kind in (START, *REST):
            await self._answer_refusal(too_large(self.policy))
        elif kind == START:
            await self._on_start(message)
        elif self._error is not None and kind in REST:
            self._held.append(message)
            if kind == BODY:
                self._error.feed(message.get("body", b""))
            else:
                self._error.end_unseen()
            if self._error.verdict is None and not message.get("more_body", False):
                self._error.end()
            await self._settle(self._error)
        else:
            await self.server_send(message)

    async def _on_start(self, message: dict[str, Any]) -> None:
        status = message["status"]
        if self._error is not None:
            raise ProtocolError("the app sent a second http.response.start")
        if not isinstance(status, int):
            raise ProtocolError(f"the app started with status {status!r}")
        if status < 400:
            self._passing = True  # first: a send that fails has started too
            await self.server_send(message)
            return
        headers, method = list(message.get("headers", ())), self.request.method
        self._held = [{**message, "headers": headers}]
        texts = text_pairs(headers)
        self._error = ErrorResponse(self.policy, method, int(status), texts)
        await self._settle(self._error)

    async def _settle(self, error: ErrorResponse) -> None:
        if isinstance(error.verdict, Answer):
            await self._answer(error.verdict)
        elif error.passes:
            self._passing = True
            for message in self._held:
                await self.server_send(message)
            last = self._held[-1]
            whole = last["type"] != START and not last.get("more_body", False)
            # A framework that answers its crash and then raises has no more to send.
            self._answered = whole
            self._held = []

    async def _answer_refusal(self, error: StandardError) -> None:
        """Answer, and leave the response open where there is a body to drain.

        hypercorn hangs, and closes the connection, on a response that is finished
        before the request. uvicorn would take the next request for the body that
        was held back.
        """
        limit = self.policy.drain_limit
        self._undrained = self.request.drainable(limit)
        if self.limit.exceeded and (self.request.length or 0) <= limit:
            # There was more of it than was declared.
            self._undrained = 0 if self.request.waits or self._ended else limit
        await self._answer_error(error, close=self.request.waits)

    async def _answer_error(self, error: StandardError, close: bool = False) -> None:
        answer = answer_error(error, self.policy, self.request.method)
        if close and not self.request.framed:
            answer.headers.append(("Connection", "close"))
        await self._answer(answer)

    async def _answer(self, answer: Answer) -> None:
        self._answered = True
        try:
            await self.server_send(start_of(answer))
            await self.server_send(body_of(answer.body, self._undrained > 0))
        except OSError:
            self._undrained = 0
            logger.debug("the client left before it was answered", exc_info=True)

    async def _drain(self) -> None:
        """Read what is left of the request body, and finish the response."""
        if self._undrained <= 0:
            return
        more = True
        while more and self._undrained > 0:
            message = await self.server_receive()
            self._undrained -= max(len(message.get("body", b"")), 1)
            more = message.get("more_body", False)
        await self.server_send(body_of(b""))
