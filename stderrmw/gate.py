"""Checks requests against one policy, and remembers the outcomes.

Compares the heads that adapters remember, but does not know what is in them.
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

#: Replaces a Content-Length that fits in a head. Not a str: a client could send one.
FITS: Any = object()
#: In place of the Refusal or None of a head that is not remembered.
UNKNOWN: Any = "unknown"


class Gate:
    """Checks requests against one policy; thread-safe.

    Adapters read and fill its memory, so that most requests cost one lookup. A head
    holds everything that the checks read; with FITS in place of the length, many
    requests share it.

    :ivar known: maps a head to its Refusal, or to None if it passed.
    :ivar unchecked: names of header fields, as sent, that do not affect the outcome.
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
        """Whether the outcome depends on this field; *name* is in lower case."""
        return name in self._noted

    def fits(self, length: str | bytes) -> bool:
        """Whether all bodies with such a Content-Length have the same outcome.

        True if it is certainly over 0, and has fewer digits than ``max_body_size``
        and ``drain_limit``.
        """
        return (
            len(length) < self._digits
            and length.isascii()
            and length.isdigit()
            and length[:1] not in ("0", b"0")
            and self.policy.max_body_size != 0
        )

    def check(self, request: Request) -> Refusal | None:
        """The refusal of the request, or None if it may pass."""
        error = refusal(request, self.policy)
        if error is None:
            return None
        if self.policy.report_only:
            report(error, request)
            return None
        drains = request.drains(self.policy.drain_limit)
        return Refusal(self._answer(error, request), drains)

    def may_remember(self, request: Request, refused: Refusal | None) -> bool:
        """Whether every request with this head has the same outcome.

        A head does not show whether the request is a preflight, nor the HTTP version,
        which decides what a missing length means.
        """
        if self.policy.report_only or request.method == "OPTIONS":
            return False
        if refused is None:
            return request.length is not None or request.method not in WITH_BODY
        return self._answers_alike and not (request.waits or request.framed)

    def too_large(self, request: Request) -> Answer:
        """The answer to a body that turns out to be too large."""
        return self._answer(too_large(self.policy), request)

    def _answer(self, error: StandardError, request: Request) -> Answer:
        return answer_error(error, self.policy, request.method, request.source)

    def limit(self, read_request: Callable[[], Request]) -> BodyLimit:
        """A BodyLimit for a body of unknown length."""
        limit = self.policy.max_body_size
        if limit is None or not self.policy.report_only:
            return BodyLimit(limit)
        # The source refers back to this limit, through wsgi.input or receive.
        request = read_request()._replace(source=None)
        if refusal(request, self.policy) is not None:
            return BodyLimit(None)  # already reported
        error = too_large(self.policy)
        return BodyLimit(limit, lambda: report(error, request))


def report(refused: StandardError, request: Request) -> None:
    """Log the refusal that a request would have got."""
    fields = {
        "status": refused.status,
        "cause": refused.cause,
        "errors": [entry._asdict() for entry in refused.errors],
        "method": request.method,
        "path": request.path,
    }
    # Escaped: it quotes the client, and logs are read in terminals.
    cause = json.dumps(refused.cause)[1:-1]
    logger.warning("would have been %d: %s", refused.status, cause, extra=fields)
