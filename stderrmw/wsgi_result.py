"""What a WSGI app returns: a status line and an iterable of any kind.

Knows what PEP 3333 and servers allow; does not decide whether it is sent.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from .errors import ProtocolError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("stderrmw")

_STATUS = re.compile("[1-9][0-9]{2}(?![0-9])")


#: The status lines of almost every success, as apps write them.
SUCCESSES = frozenset(
    f"{status.value} {status.phrase}" for status in HTTPStatus if status < 400
)


@lru_cache(maxsize=256)
def status_code(status: Hashable) -> int:
    """The number at the start of a status line.

    :raises ProtocolError: if there is none.
    """
    if status is None:
        raise ProtocolError("the app returned and never called start_response")
    found = isinstance(status, str) and _STATUS.match(status)
    if not found:
        raise ProtocolError(f"the app started with status {status!r}")
    return int(found[0])


def is_whole(result: object, environ: WSGIEnvironment) -> bool:
    """Whether to give the server this very object; reading it cannot fail.

    Servers check the type of a file wrapper and the length of a list. If the wrapper
    is not a class (uWSGI), it returns the file itself.
    """
    if isinstance(result, (list, tuple, bytes)):
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type):
        return isinstance(result, wrapper)
    is_file = hasattr(result, "read") or hasattr(result, "fileno")
    return wrapper is not None and is_file


def iterate(result: Iterable[bytes]) -> Iterator[bytes]:
    """An iterator over what the app returned; bytes are one chunk, not ints."""
    try:
        return iter((result,) if isinstance(result, bytes) else result)
    except TypeError as error:
        kind = type(result).__name__
        raise ProtocolError(f"the app returned {kind}, not an iterable") from error


class Resumed:
    """A response body whose first chunks were already read.

    ``__iter__`` returns the chain itself, so that a stream costs nothing per chunk.
    Not a generator: the ``close`` of one that was never started would not call the
    app's.
    """

    def __init__(
        self, chunks: Iterator[bytes], close: Callable[[], object] | None
    ) -> None:
        self._chunks = chunks
        # granian calls close on any object.
        self.close = close or (lambda: None)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks


def close(method: Callable[[], object] | None) -> None:
    """Close what the app returned (PEP 3333, "Specification Details")."""
    try:
        if method is not None:
            method()
    except Exception:
        logger.exception("the app failed to close its response")
