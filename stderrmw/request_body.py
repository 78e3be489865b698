"""Counts one request body against a limit. Does not know how the body is read."""

from __future__ import annotations

import math
from collections.abc import Callable

from .errors import BodyTooLarge


class BodyLimit:
    """Counts one request body; once it is too large, every further count raises.

    An app that swallows the error and reads on must neither get the rest nor take
    the part it has for the whole body.

    :param limit: in bytes. None: not checked.
    :param report: called once instead of raising, if refusals are only reported.
    """

    def __init__(
        self, limit: int | None, report: Callable[[], object] | None = None
    ) -> None:
        self._left: float = math.inf if limit is None else limit
        self._report = report

    @property
    def exceeded(self) -> bool:
        """Whether the body is over the limit."""
        return self._left < 0

    def count(self, size: int) -> None:
        """Count *size* more bytes; raise BodyTooLarge if the body is over the limit."""
        self._left -= size
        if self._left >= 0:
            return
        if self._report is None:
            raise BodyTooLarge("the request body is over max_body_size")
        self._left = math.inf
        self._report()

    def readable(self, size: int) -> int:
        """How many of *size* bytes to read: at most one more than the limit."""
        return size if self._report else int(min(size, self._left + 1))
