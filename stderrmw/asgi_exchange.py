"""One ASGI request: checks it, runs the app and answers its exceptions."""

from __future__ import annotations

import logging
from typing import Any

from .asgi_request import heads_of, is_framed
from .asgi_response import Response
from .errors import BodyTooLarge, ProtocolError, StandardError
from .gate import UNKNOWN
from .message import Refusal
from .remembered import keep_in, kept_in

logger = logging.getLogger("stderrmw")


class Exchange(Response):
    """A request and its response. The object itself is the app's receive.

    Creating a bound method for each request would cost as much as all the checks, and
    few apps call receive.
    """

    __slots__ = ()

    _gone = False  # the client has disconnected

    async def enter(self, refused: Any, app: Any) -> None:
        """Handle a request that is not known to pass.

        :param refused: the remembered Refusal, or UNKNOWN.
        """
        if refused is UNKNOWN or is_framed(self.scope):
            refused = self._check()
        if refused is None:
            await self._run(app)
            return
        if refused.drains:
            self._undrained = self.gate.policy.drain_limit
        await self._refuse(refused.answer)
        if self._undrained > 0:
            await self._drain()

    def _check(self) -> Refusal | None:
        if not isinstance(self.scope.get("headers"), (list, tuple)):
            # An iterator can only be read once, so the app gets a list instead.
            headers = list(self.scope.get("headers") or ())
            self.scope = {**self.scope, "headers": headers}
        gate, (head, general) = self.gate, heads_of(self.gate, self.scope)
        if kept_in(gate.known, general, UNKNOWN) is None:
            keep_in(gate.known, head, None)
            return None
        request = self._read_request()
        refused = gate.check(request)
        if gate.may_remember(request, refused):
            keep_in(gate.known, head, refused)
            if refused is None:
                keep_in(gate.known, general, None)
        return refused

    async def _run(self, app: Any) -> None:
        try:
            await app(self.scope, self, self.send)
            await self.finish()
        except Exception as error:
            if not await self.recover(error):
                raise

    async def __call__(self) -> dict[str, Any]:
        """The app's receive: counts the body, even if a length was declared.

        Raises if the body is too large: some apps take http.disconnect for the end of
        the body. Adds no checkpoint: Starlette polls for a disconnect without waiting.
        """
        if self.body_left < 0:
            self._overrun()
        receive = self.server_receive  # costs less to call
        message: dict[str, Any] = await receive()
        if message["type"] != "http.request":
            self._gone = True
        self.body_left -= len(message.get("body", b""))
        if self.body_left < 0:
            self._ended = not message.get("more_body", False)
            self._overrun()
        return message

    def _overrun(self) -> None:
        try:
            self.body_left = self.gate.overrun(self._read_request())
        except BodyTooLarge:
            if not (self.passing or self._answered):
                self._exceeded, self.passing = True, False
            raise

    async def recover(self, error: Exception) -> bool:
        """Answer an exception that the app raised; False if it must propagate."""
        if self._receiving:
            return False
        is_late = self._answered and isinstance(error, BodyTooLarge)
        if self._patience < 0 or self._exceeded or is_late and not self.passing:
            await self.finish()  # the answer already reports it
            return True
        if self.passing and not self._answered:
            return False
        if isinstance(error, StandardError) and not self._answered:
            await self._answer_error(error)
            return True
        logger.error("the app failed: %r", error, exc_info=error)
        propagates = self.gate.policy.propagate_exceptions
        if not self._answered:
            # Servers close the connection after an exception; tell the client.
            close = propagates and not is_framed(self.scope)
            try:
                await self._answer_error(StandardError(500), close=close)
            except Exception:
                if not propagates:  # a failed answer must not hide the app's error
                    raise
        return not propagates

    async def finish(self) -> None:
        """Complete the response."""
        if self._exceeded and not self._answered:
            await self._refuse_body()
        if self._undrained > 0:
            await self._drain()
        elif self._answered or self.passing:
            return
        elif self._error is not None:
            self._error.end()
            await self._settle(self._error)
        elif self._gone:
            # After a disconnect an app may return silently. But granian also sends one
            # for a malformed body, while the client still reads.
            await self._answer_error(StandardError(400))
        else:
            raise ProtocolError("the app returned without a response")
