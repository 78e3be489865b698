"""One request and its response in ASGI, between the app and the server.

Carries what the core decides. A replaced response is finished at once, so that the
client need not wait for the rest of the one it does not get.
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
    awaited,
    body_of,
    is_last,
    start_of,
    text_pairs,
)
from .asgi_request import is_framed, note, read_request
from .errors import BodyTooLarge, ProtocolError, StandardError
from .gate import PASSED, REFUSED, Gate
from .message import Answer, Refusal, Request
from .remembered import keep, keep_in
from .request_body import BodyLimit
from .rewriting import ErrorResponse

logger = logging.getLogger("stderrmw")

# What an app may send on after its response was replaced, in bytes; each message
# counts for 4 KiB at least.
PATIENCE = 1_048_576


class Exchange:
    """One request; itself the app's receive, which few apps call.

    Slots, no ``__init__``, no bound method and no dict that is not used: each would
    cost a request as much as all the checks.
    """

    __slots__ = (
        *("scope", "server_receive", "server_send", "gate", "passing"),
        "__dict__",
    )
    scope: Any
    server_receive: Callable[[], Awaitable[Any]]
    server_send: Callable[[Any], Awaitable[None]]
    gate: Gate
    passing: bool | None  # the app's own response has started; None: nothing has

    _answered = False  # ours has been sent, or the app's own error is whole
    _exceeded = False  # the request body has, the limit
    _ended = False  # the request body has
    _gone = False  # the client is
    _undrained = 0  # bytes to read before our response is finished
    _patience = PATIENCE
    _request: Request | None = None
    _limit: BodyLimit | None = None
    _error: ErrorResponse | None = None
    _held: list[dict[str, Any]]  # of an error that is not decided yet

    async def enter(self, node: dict[Any, Any], app: Any) -> None:
        """Answer a request of which it is not known that it may pass.

        :param node: where its head leads to in the gate's tree.
        """
        refused = None if is_framed(self.scope) else node.get(REFUSED)
        if refused is None:
            refused = self._check()
        if refused is None:
            await self._run(app)
        else:
            self._undrained = refused.allowance
            await self._refuse(refused.answer)
            if self._undrained > 0:
                await self._drain()

    def _check(self) -> Refusal | None:
        if not isinstance(self.scope.get("headers"), (list, tuple)):
            # The app is to find it unread.
            headers = list(self.scope.get("headers") or ())
            self.scope = {**self.scope, "headers": headers}
        head, alike = note(self.gate, self.scope)
        if alike in self.gate.alike:
            return None
        request = self._read_request()
        refused = self.gate.check(request)
        if self.gate.is_alike(request, refused):
            try:
                leaf = PASSED if refused is None else REFUSED
                keep_in(self.gate.tree, head, leaf, refused)
            except TypeError:  # of pairs that are lists
                return refused
            if refused is None:
                keep(self.gate.alike, alike)
        return refused

    async def _run(self, app: Any) -> None:
        try:
            await app(self.scope, self, self.send)
            await self.finish()
        except Exception as error:
            if not await self.recover(error):
                raise

    async def __call__(self) -> dict[str, Any]:
        """The app's receive: counts, whatever length was declared.

        Never tells of a body that is too large by http.disconnect, which some take
        for its end. Adds no checkpoint, for Starlette looks whether a disconnect is
        there without waiting.
        """
        if self._limit is None:
            self._limit = self.gate.limit(self._read_request)
        self._limit.count(0)
        message: dict[str, Any] = await self.server_receive()
        self._gone = message["type"] != "http.request"
        self._ended = not message.get("more_body", False)
        try:
            self._limit.count(len(message.get("body", b"")))
        except BodyTooLarge:
            self.passing, self._exceeded = self.passing or False, True
            raise
        return message

    @awaited
    def send(self, message: dict[str, Any]) -> Awaitable[None]:
        """The app's send; no coroutine of ours stands in the way of a success."""
        if self.passing:
            return self.server_send(message)
        if self.passing is not None or message["type"] != START:
            return self._decide(message)
        try:
            if message["status"] >= 400:
                return self._hold(message)
        except TypeError:
            status = message["status"]
            raise ProtocolError(f"the app started with status {status!r}") from None
        self.passing = True  # first: a send that fails has started too
        return self.server_send(message)

    async def recover(self, error: Exception) -> bool:
        """Answer an exception that left the app; False where it is to go on."""
        if self._exceeded and not self.passing or self._patience < 0:
            await self.finish()
            return True
        if self.passing and not self._answered:
            return False
        if isinstance(error, StandardError) and not self._answered:
            await self._answer_error(error)
            return True
        logger.error("the app failed: %r", error, exc_info=error)
        propagates = self.gate.policy.propagate_exceptions
        if not self._answered:
            # The server closes after an exception, and the client is to know.
            close = propagates and not is_framed(self.scope)
            await self._answer_error(StandardError(500), close=close)
        return not propagates

    def is_finished(self) -> bool:
        """Whether there is a whole response, now that the app is done."""
        return self._answered and self._undrained <= 0

    async def finish(self) -> None:
        """See to it that there is a whole response."""
        if self._exceeded and not self.passing and not self._answered:
            await self._refuse_body()
        if self._undrained > 0:
            await self._drain()
        elif self._answered or self.passing:
            return
        elif self._error is not None:
            self._error.end()
            await self._settle(self._error)
        elif self._gone:
            # It may return silently then; granian says so of a malformed body too,
            # with the client still there to read.
            await self._answer_error(StandardError(400))
        else:
            raise ProtocolError("the app returned without a response")

    def _read_request(self) -> Request:
        if self._request is None:
            self._request = read_request(self.scope)
        return self._request

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
        elif kind != START:
            await self.server_send(message)
        else:
            raise ProtocolError("the app sent a second http.response.start")

    async def _hold(self, message: dict[str, Any]) -> None:
        """Keep the start of an error until it is decided what becomes of it."""
        headers = message.get("headers", ())
        if not isinstance(headers, (list, tuple)):
            headers = list(headers)
            message = {**message, "headers": headers}
        self.passing = False
        self._held = [message]
        self._error = ErrorResponse(
            self.gate.policy,
            self.scope["method"],
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
        # A framework that answers its crash and then raises has no more to send.
        self._answered = is_last(self._held[-1], self._held[0])
        self._held = []

    async def _refuse_body(self) -> None:
        """Answer to a body that is found to be too large."""
        limit, request = self.gate.policy.drain_limit, self._read_request()
        self._undrained = request.drainable(limit)
        if (request.length or 0) <= limit:
            # There was more of it than was declared.
            self._undrained = 0 if request.waits or self._ended else limit
        await self._refuse(self.gate.too_large(request))

    async def _refuse(self, answer: Answer) -> None:
        """Answer, and leave the response open where there is a body to drain.

        hypercorn hangs, and closes the connection, on a response that is finished
        before the request. uvicorn would take the next request for the body that
        was held back.
        """
        request = self._request
        waits = request is not None and request.waits and not request.framed
        await self._answer(answer, close=waits)

    async def _answer_error(self, error: StandardError, close: bool = False) -> None:
        method = self.scope["method"]
        answer = answer_error(error, self.gate.policy, method, self.scope)
        await self._answer(answer, close)

    async def _answer(self, answer: Answer, close: bool = False) -> None:
        self._answered = True
        if self.passing is None:
            self.passing = False
        try:
            await self.server_send(start_of(answer, close))
            await self.server_send(body_of(answer.body, self._undrained > 0))
        except OSError:
            self._undrained = 0
            logger.debug("the client left before it was answered", exc_info=True)

    async def _drain(self) -> None:
        """Read what is left of the request body, and finish the response."""
        more = True
        while more and self._undrained > 0:
            message = await self.server_receive()
            self._undrained -= max(len(message.get("body", b"")), 1)
            more = message.get("more_body", False)
        self._undrained = 0
        try:
            await self.server_send(body_of(b""))
        except OSError:
            logger.debug("the client left as its body was drained", exc_info=True)
