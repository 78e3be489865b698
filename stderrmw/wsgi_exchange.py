"""One WSGI request: checks it, runs the app and answers its exceptions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .answers import answer_error
from .errors import StandardError
from .gate import FITS, UNKNOWN
from .message import Refusal, Request
from .remembered import keep
from .wsgi_input import LimitedInput, drained, raised_by
from .wsgi_request import NOTES_ALL, declared_length, is_websocket, read_request
from .wsgi_response import SENT, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .wsgi_response import Body

logger = logging.getLogger("stderrmw")


class Exchange(Response):
    """A request and its response."""

    __slots__ = ()
    request: Request  # set if the head was not known to pass

    def enter(self, refused: Any, head: Any, app: WSGIApplication) -> Body:
        """Handle a request that is not known to pass.

        :param refused: the remembered Refusal, or UNKNOWN.
        :param head: the length, then everything else that the checks read; None if the
            environ was made by hand and lacks keys that servers set.
        """
        if head is None:
            self.source = self.environ.get("wsgi.input")
            self.method = self.environ.get("REQUEST_METHOD", "")
        if refused is UNKNOWN or "HTTP_EXPECT" in self.environ:
            refused = self._check(head)
        if refused is not None:
            return self._refuse(refused, declared_length(self.environ))
        return self._run(app)

    def _check(self, head: Any) -> Refusal | None:
        gate, general = self.gate, head
        if head and head[0] and gate.fits(str(head[0])):
            general = (FITS, *head[1:])
            if gate.known.get(general, UNKNOWN) is None:
                keep(gate.known, head, None)
                return None
        self.request = request = read_request(self.environ)
        refused = gate.check(request)
        if request.unbounded:
            # Not remembered: a head does not show whether reading the body ends, and
            # the body must be counted.
            self._counted = LimitedInput(self.source, gate, request)
        elif head and NOTES_ALL and gate.may_remember(request, refused):
            keep(gate.known, head, refused)
            if refused is None:
                keep(gate.known, general, None)
        return refused

    def _run(self, app: WSGIApplication) -> Body:
        if self._counted is not None:
            self.environ["wsgi.input"] = self._counted
        try:
            return self.respond(app(self.environ, self.start_response))
        except Exception as error:
            answer = self.recover(error)
            if answer is None:
                raise
            return answer
        finally:
            if self._counted is not None:
                self._counted.error = None  # its traceback refers to this frame

    def recover(self, error: Exception) -> Body | None:
        """Answer an exception that the app raised; None if it must propagate."""
        counted = self._counted
        hijacked = isinstance(error, (StopIteration, ConnectionError))
        if self.status is SENT or (hijacked and is_websocket(self.environ)):
            return None
        if counted is not None:
            is_servers = error is counted.error
        else:
            is_servers = raised_by(error, self.source)
        if is_servers:
            return None  # only the server knows not to read a broken body further
        if counted is not None and counted.exceeded:
            answer = self.gate.too_large(self.request)
            drains = self.request.drains(self.gate.policy.drain_limit)
            return self._refuse(Refusal(answer, drains), 0)
        if not isinstance(error, StandardError):
            if self.gate.policy.propagate_exceptions:
                return None
            logger.error("the app failed: %r", error, exc_info=error)
            error = StandardError(500)
        return self._answer_error(error)

    def _refuse(self, refusal: Refusal, length: int) -> Body:
        """Answer, then drain the refused body; a *length* of 0 means unknown."""
        body = self._answer(refusal.answer)
        if not refusal.drains or self.source is None:
            return body
        return drained(body, self.source.read, length or self.gate.policy.drain_limit)

    def _answer_error(self, error: StandardError) -> Body:
        answer = answer_error(error, self.gate.policy, self.method, self.environ)
        return self._answer(answer)
