"""One request in WSGI, between the app and the server."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from .answers import answer_error
from .errors import StandardError
from .gate import FITS
from .message import Refusal, Request
from .remembered import keep, keep_as
from .wsgi_input import LimitedInput, drained, raised_by
from .wsgi_request import is_websocket, read_request
from .wsgi_response import SENT, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .wsgi_response import Body

logger = logging.getLogger("stderrmw")


class Exchange(Response):
    """A request and its response."""

    __slots__ = ()
    request: Request  # where it was not known that it may pass

    def enter(self, head: Hashable, app: WSGIApplication) -> Body:
        """Answer a request of which it is not known that it may pass."""
        known = self.gate.refused.get(head)
        if known is not None and "HTTP_EXPECT" not in self.environ:
            return self._refuse(known)
        self.request = request = read_request(self.environ)
        self.method = request.method
        refusal = self._check(request, head)
        if refusal is not None:
            return self._refuse(refusal)
        if request.unbounded:
            self._counted = LimitedInput(self.source, self.gate.limit(lambda: request))
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
                self._counted.error = None  # it leads here through its traceback

    def _check(self, request: Request, head: Any) -> Refusal | None:
        length, gate = request.content_length, self.gate
        alike = None
        if head is not None and length and gate.fits(length):
            alike = (FITS, *head[:1], *head[2:])
            if alike in gate.alike:
                return None
        refused = gate.check(request)
        # A body of unknown length is counted, each time.
        if head is None or request.unbounded or not gate.may_remember(request, refused):
            return refused
        if refused is not None:
            keep_as(gate.refused, head, refused)
        else:
            keep(gate.passed, head)
            keep(gate.alike, alike)
        return refused

    def recover(self, error: Exception) -> Body | None:
        """Answer an exception that left the app; None where it is to go on."""
        counted = self._counted
        hijacked = isinstance(error, (StopIteration, ConnectionError))
        if self.status is SENT or (hijacked and is_websocket(self.environ)):
            return None
        if counted is not None:
            is_servers = error is counted.error
        else:
            is_servers = raised_by(error, self.source)
        if is_servers:
            return None  # only the server knows not to read on in a broken body
        if counted is not None and counted.limit.exceeded:
            return self._refuse_body(counted)
        if not isinstance(error, StandardError):
            if self.gate.policy.propagate_exceptions:
                return None
            logger.error("the app failed: %r", error, exc_info=error)
            error = StandardError(500)
        return self._answer_error(error)

    def _refuse_body(self, counted: LimitedInput) -> Body:
        allowance = self.request.drainable(self.gate.policy.drain_limit)
        answer = self.gate.too_large(self.request)
        return self._refuse(Refusal(answer, counted.remainder(allowance)))

    def _refuse(self, refusal: Refusal) -> Body:
        """Answer, and then drain the body that was refused."""
        body = self._answer(refusal.answer)
        if not refusal.allowance:
            return body
        return drained(body, self.source.read, refusal.allowance)

    def _answer_error(self, error: StandardError) -> Body:
        answer = answer_error(error, self.gate.policy, self.method, self.environ)
        return self._answer(answer)
