"""Checks requests against one policy, and remembers the outcomes.

Compares the heads that adapters remember, but does not know what is in them.
"""

from __future__ import annotations

import json
import logging
import math
from typing import Any

from .answers import answer_error
from .checks import WITH_BODY, refusal, too_large
from .errors import BodyTooLarge, StandardError
from .message import CHECKED, EXPECT, Answer, Refusal, Request
from .policy import Policy

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
    :ivar body_limit: most bytes in a request body; ``math.inf`` if not checked.
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
        limit = policy.max_body_size
        self.body_limit: float = math.inf if limit is None else limit
        self.looks_at_codings = self.notes("accept-encoding")
        hooks = (policy.extra_fields, policy.error_headers)
        self._answers_alike = not any(map(callable, hooks))

    def notes(self, name: str) -> bool:
        """Whether the outcome depends on this field; *name* is in lower case."""
        return name in self._noted

    def fits(self, length: str | bytes) -> bool:
        """Whether it is a plain number over 0 and within the limit.

        If a request passes, so does every other that differs in such a length alone.
        """
        return (
            len(length) < 20  # int() of many digits is slow
            and length.isascii()
            and length.isdigit()
            and 0 < int(length) <= self.body_limit
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

    def overrun(self, request: Request) -> float:
        """How much more may follow a body over the limit: all, if it is only reported.

        :raises BodyTooLarge: if not. An app that swallows it must neither get the rest
            nor take the part it has for the whole, so every later read raises it too.
        """
        if not self.policy.report_only:
            raise BodyTooLarge("the request body is over max_body_size")
        if refusal(request, self.policy) is None:  # else something is reported already
            report(too_large(self.policy), request)
        return math.inf


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
