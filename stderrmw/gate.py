"""The way in: what one policy says of a request, remembered where it may pass.

Knows the heads that adapters note only as something to compare.
"""

from __future__ import annotations

import json
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

#: In a head, in the place of a Content-Length that fits.
FITS = "fits"
#: In a tree, where a head ends.
PASSED, REFUSED = "passed", "refused"
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Gate:
    """Checks requests by one policy; safe under threads.

    What it is to remember of heads, adapters note in it: all that the checks look at,
    so that most requests cost one look.

    :ivar passed: heads of requests that passed.
    :ivar refused: heads of requests that were refused, and the Refusal.
    :ivar tree: both, by one note after the other, where they are of any number.
    :ivar alike: heads of requests that passed, with FITS in the place of the length.
    :ivar unchecked: names of header fields, as they were sent, that no check looks at.
    :ivar looks_at_codings: whether the checks look at Accept-Encoding.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.passed: set[Hashable] = set()
        self.alike: set[Hashable] = set()
        self.refused: dict[Hashable, Refusal] = {}
        self.tree: dict[Any, Any] = {}
        self.unchecked: set[Hashable] = set()
        self.looks_at_codings = policy.produces_encodings is not None
        limit = policy.max_body_size
        self._digits = 16 if limit is None else len(str(limit))
        hooks = (policy.extra_fields, policy.error_headers)
        self._answers_alike = not any(map(callable, hooks))

    def fits(self, length: str | bytes) -> bool:
        """Whether a Content-Length plainly is over 0 and within ``max_body_size``."""
        return (
            len(length) < self._digits
            and length.isascii()
            and length.isdigit()
            and length[:1] not in ("0", b"0")
        )

    def check(self, request: Request) -> Refusal | None:
        """What the request is refused with, or None where it may pass."""
        error = refusal(request, self.policy)
        if error is None:
            return None
        if self.policy.report_only:
            report(error, request)
            return None
        allowance = request.drainable(self.policy.drain_limit)
        return Refusal(self._answer(error, request), allowance)

    def may_remember(self, request: Request, refused: Refusal | None) -> bool:
        """Whether every request with the same head is to get the same.

        A head does not tell of a preflight, of Expect, or of the version of HTTP, on
        which depends what a request without a length carries.
        """
        if self.policy.report_only or request.method == "OPTIONS":
            return False
        if refused is None:
            return bool(request.content_length) or request.method not in _WITH_BODY
        is_plain = request.expect is None and not request.framed
        return is_plain and self._answers_alike

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
        # Without the source, which leads here through wsgi.input, or receive.
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
