"""Builds the standard error that a server sends itself, without an app."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .errors import StandardError
from .status import phrase

MAX_CAUSE = 500


def response(status: int, words: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """The bytes of an HTTP/1.1 response, after which the server must close.

    The server's *words* may quote the request: they are used only in ``cause``, and
    not at all if the server itself is at fault.
    """
    if status >= 500 or words == phrase(status):
        words = ""
    error = StandardError(status, cause=words[:MAX_CAUSE])
    body = json.dumps(error.as_dict()).encode("ascii")
    lines = [f"HTTP/1.1 {error.status} {phrase(error.status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
