"""The way in: what one policy says of a request, remembered where it may pass.

Knows the heads that adapters note only as something to compare.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Any

from .answers import answer_error
from .checks import refusal, too_large
from .errors import StandardError
from .message import Answer, Refusal, Request
from .policy import Policy
from .request_body import BodyLimit

logger = logging.getLogger("stderrmw")

#: Requests differ little in what the checks look at. More heads than these, and
#: longer ones, are of somebody who means to fill the memory.
MOST_REMEMBERED = 1024
LONGEST_REMEMBERED = 512


class Gate:
    """Checks requests by one policy; safe under threads.

    :ivar passed: heads of requests that passed, as an adapter notes them: all that the
        checks look at. To look there first is all that most requests cost.
    :ivar looks_at_codings: whether Accept-Encoding is part of them.
    :ivar refused: heads that were refused, and with what, where there was no Expect
        and no framing by HTTP/2.
    :ivar unchecked: names of header fields, as they were sent, that are not.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.passed: set[Hashable] = set()
        self.unchecked: set[Hashable] = set()
        self.looks_at_codings = policy.produces_encodings is not None
        self.refused: dict[Hashable, Refusal] = {}
        hooks = (policy.extra_fields, policy.error_headers)
        self._answers_alike = not any(map(callable, hooks))

    def check(self, request: Request, head: Hashable) -> Refusal | None:
        """What the request is refused with, or None where it may pass.

        :param head: what to remember it by, None for not at all.
        """
        error = refusal(request, self.policy)
        is_whole = not request.unbounded and request.method != "OPTIONS"
        # Of a preflight the head does not tell; a body of unknown length is counted.
        notes = is_whole and head is not None
        if error is not None and self.policy.report_only:
            report(error, request)
        elif error is not None:
            allowance = request.drainable(self.policy.drain_limit)
            refused = Refusal(self._answer(error, request), allowance)
            is_plain = request.expect is None and not request.framed
            if notes and self._answers_alike and is_plain:
                if has_room(self.refused, head):
                    self.refused[head] = refused
            return refused
        elif notes and has_room(self.passed, head):
            self.passed.add(head)
        return None

    def too_large(self, request: Request) -> Answer:
        """The answer to a body that is found to be too large."""
        return self._answer(too_large(self.policy), request)

    def _answer(self, error: StandardError, request: Request) -> Answer:
        return answer_error(error, self.policy, request.method, request.source)

    def limit(self, read_request: Callable[[], Request]) -> BodyLimit:
        """The count of a body that is read as it comes."""
        if not self.policy.report_only:
            return BodyLimit(self.policy.max_body_size)
        excess = too_large(self.policy)
        return BodyLimit(
            self.policy.max_body_size, lambda: report(excess, read_request())
        )


def has_room(known: set[Hashable] | dict[Hashable, Any], what: Hashable) -> bool:
    """Whether to add this; what is known already goes where that is too much."""
    if len(str(what)) > LONGEST_REMEMBERED:
        return False
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    return True


def report(refused: StandardError, request: Request) -> None:
    """Log what a request would have been answered with."""
    fields = {
        "status": refused.status,
        "cause": refused.cause,
        "errors": [entry._asdict() for entry in refused.errors],
        "method": request.method,
        "path": request.path,
    }
    words = "would have been %d: %s"
    logger.warning(words, refused.status, refused.cause, extra=fields)
