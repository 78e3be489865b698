"""The count of one request body."""

from __future__ import annotations

import math

from .errors import BodyTooLarge


class BodyLimit:
    """Counts one request body; once it is too large it stays so.

    An app that swallows the error and reads on must not get the rest, nor the
    part it has for the whole.
    """

    def __init__(self, limit: int | None) -> None:
        self.left: float = math.inf if limit is None else limit

    @property
    def exceeded(self) -> bool:
        """Whether more than the limit was counted."""
        return self.left < 0

    def count(self, size: int) -> None:
        """Take *size* more bytes, or raise BodyTooLarge, now and ever after."""
        self.left -= size
        if self.left < 0:
            raise BodyTooLarge("the request body is over max_body_size")
