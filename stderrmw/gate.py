"""The way in: what the checks say of a request, remembered where they let it pass.

Knows heads as plain tuples; nothing of interfaces.
"""

from __future__ import annotations

import math
from typing import Any

from .checks import refusal
from .errors import StandardError
from .message import Request
from .policy import Policy

# Requests differ little in what the checks look at. More, and longer, heads than
# these are of somebody who means to fill the memory.
MOST_REMEMBERED = 1024
LONGEST_REMEMBERED = 512


class Gate:
    """Checks requests by one policy; safe under threads."""

    def __init__(self, policy: Policy) -> None:
        limit = policy.max_body_size
        self._limit = math.inf if limit is None else limit
        self._policy = policy
        self._passed: dict[Any, Request] = {}

    def judge(
        self, content_length: str | None, head: tuple[Any, ...]
    ) -> tuple[Request, StandardError | None]:
        """The request, and what it is refused with, or None where it may pass.

        :param head: the fields of a Request after its ``content_length``. A request
            like one that passed passes with any length that fits.
        """
        key = ("fits" if self._fits(content_length) else content_length, head)
        passed = self._passed.get(key)
        if passed is not None:
            if passed.content_length != content_length:
                passed = passed._replace(content_length=content_length)
            return passed, None
        request = Request(content_length, *head)
        refused = refusal(request, self._policy)
        if refused is None:
            self._remember(key, request)
        return request, refused

    def _fits(self, content_length: str | None) -> bool:
        """Whether it plainly is a number of bytes from 1 to the limit."""
        return (
            content_length is not None
            and content_length.isdigit()
            and content_length.isascii()
            and len(content_length) < 16
            and 0 < int(content_length) <= self._limit
        )

    def _remember(self, key: tuple[Any, ...], request: Request) -> None:
        if len("".join(map(str, request))) > LONGEST_REMEMBERED:
            return
        if len(self._passed) >= MOST_REMEMBERED:
            self._passed.clear()
        self._passed[key] = request
