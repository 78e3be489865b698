"""The way in: what one policy says of a request, and what is remembered of it.

Knows a head that an adapter notes only as something to compare.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from .answers import answer_error
from .checks import WITH_BODY, refusal, too_large
from .errors import StandardError
from .message import CHECKED, EXPECT, Answer, Refusal, Request
from .policy import DEFAULT_MAX_BODY_SIZE, Policy
from .request_body import BodyLimit

logger = logging.getLogger("stderrmw")

#: Stands in a head for a Content-Length that fits. No str: a client could send that.
FITS: Any = object()
#: In place of the Refusal or None that is remembered of a head.
UNKNOWN: Any = "unknown"


class Gate:
    """Checks requests by one policy; safe under threads.

    What it remembers, adapters look up and note in it, so that most requests cost one
    look. A head has all that the checks look at; with FITS in the place of the length
    it is that of many requests.

    :ivar known: of heads, the Refusal, or None of one that passed.
    :ivar unchecked: names of header fields, as they were sent, that change nothing.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.known: dict[Any, Any] = {}
        self.unchecked: set[bytes] = set()
        self._noted = {EXPECT}.union(
            name
            for name, option in CHECKED.items()
            if option is None or getattr(policy, option) is not None
        )
        self.looks_at_codings = self.notes("accept-encoding")
        limits = filter(None, (policy.max_body_size, policy.drain_limit))
        self._digits = len(str(min(limits, default=DEFAULT_MAX_BODY_SIZE)))
        hooks = (policy.extra_fields, policy.error_headers)
        self._answers_alike = not any(map(callable, hooks))

    def notes(self, name: str) -> bool:
        """Whether the outcome depends on the field of this name, in lower case."""
        return name in self._noted

    def fits(self, length: str | bytes) -> bool:
        """Whether a body of this Content-Length gets what any that fits does.

        It plainly is over 0, and has fewer digits than ``max_body_size`` and
        ``drain_limit`` have.
        """
        return (
            len(length) < self._digits
            and length.isascii()
            and length.isdigit()
            and length[:1] not in ("0", b"0")
            and self.policy.max_body_size != 0
        )

    def check(self, request: Request) -> Refusal | None:
        """What the request is refused with, or None where it may pass."""
        error = refusal(request, self.policy)
        if error is None:
            return None
        if self.policy.report_only:
            report(error, request)
            return None
        drains = request.drains(self.policy.drain_limit)
        return Refusal(self._answer(error, request), drains)

    def may_remember(self, request: Request, refused: Refusal | None) -> bool:
        """Whether every request with this head gets the same.

        A head does not tell whether it is a preflight, nor the version of HTTP, which
        decides what a request without a length means.
        """
        if self.policy.report_only or request.method == "OPTIONS":
            return False
        if refused is None:
            return request.length is not None or request.method not in WITH_BODY
        return self._answers_alike and not (request.waits or request.framed)

    def too_large(self, request: Request) -> Answer:
        """The answer to a body that is found to be too large."""
        return self._answer(too_large(self.policy), request)

    def _answer(self, error: StandardError, request: Request) -> Answer:
        return answer_error(error, self.policy, request.method, request.source)

    def limit(self, read_request: Callable[[], Request]) -> BodyLimit:
        """The count of a body that is read as it comes."""
        limit = self.policy.max_body_size
        if limit is None or not self.policy.report_only:
            return BodyLimit(limit)
        # The source leads back here, through wsgi.input or receive.
        request = read_request()._replace(source=None)
        if refusal(request, self.policy) is not None:
            return BodyLimit(None)  # what is reported already
        error = too_large(self.policy)
        return BodyLimit(limit, lambda: report(error, request))


def report(refused: StandardError, request: Request) -> None:
    """Log what a request would have been answered with."""
    fields = {
        "status": refused.status,
        "cause": refused.cause,
        "errors": [entry._asdict() for entry in refused.errors],
        "method": request.method,
        "path": request.path,
    }
    # The client's words: escaped, for a log is read in terminals too.
    cause = json.dumps(refused.cause)[1:-1]
    logger.warning("would have been %d: %s", refused.status, cause, extra=fields)
