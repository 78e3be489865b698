"""The way in: what the checks say of a request, remembered where they let it pass.

Knows heads as plain tuples; nothing of interfaces.
"""

from __future__ import annotations

from typing import Any

from .checks import refusal
from .errors import StandardError
from .message import Request
from .policy import Policy
from .request_body import UNLIMITED, fits

# Requests differ little in what the checks look at. More, and longer, heads than
# these are of somebody who means to fill the memory.
MOST_REMEMBERED = 1024
LONGEST_REMEMBERED = 512


class Gate:
    """Checks requests by one policy; safe under threads."""

    def __init__(self, policy: Policy) -> None:
        limit = policy.max_body_size
        self._limit = UNLIMITED if limit is None else limit
        self._policy = policy
        self._passed: dict[Any, Request] = {}

    def judge(
        self, content_length: str | None, head: tuple[Any, ...]
    ) -> tuple[Request, StandardError | None]:
        """The request, and what it is refused with, or None where it may pass.

        :param head: the fields of a Request after its ``content_length``. A request
            like one that passed passes with any length that fits.
        """
        length = content_length
        if length is not None and fits(length, self._limit):
            length = "1"
        passed = self._passed.get((length, head))
        if passed is not None:
            return passed, None
        request = Request(content_length, *head)
        refused = refusal(request, self._policy)
        if refused is None:
            self._remember((length, head), request)
        return request, refused

    def _remember(self, key: tuple[Any, ...], request: Request) -> None:
        if len("".join(map(str, request))) > LONGEST_REMEMBERED:
            return
        if len(self._passed) >= MOST_REMEMBERED:
            self._passed.clear()
        self._passed[key] = request
