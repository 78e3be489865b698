"""The count of one request body."""

from __future__ import annotations

import math
from collections.abc import Callable

from .errors import BodyTooLarge


class BodyLimit:
    """Counts one request body; once it is too large it stays so.

    An app that swallows the error and reads on must not get the rest, nor the
    part it has for the whole.

    :param limit: in bytes, None for any number.
    :param report: called once in place of the error, where nothing is refused.
    """

    def __init__(
        self, limit: int | None, report: Callable[[], object] | None = None
    ) -> None:
        self._left: float = math.inf if limit is None else limit
        self._report = report

    @property
    def exceeded(self) -> bool:
        """Whether more than the limit was counted."""
        return self._left < 0

    def count(self, size: int) -> None:
        """Take *size* more bytes, or raise BodyTooLarge, now and ever after."""
        self._left -= size
        if self._left >= 0:
            return
        if self._report is None:
            raise BodyTooLarge("the request body is over max_body_size")
        self._left = math.inf
        self._report()

    def readable(self, size: int) -> int:
        """How much of *size* bytes to read: enough to see that it is too much."""
        return size if self._report else int(min(size, self._left + 1))
