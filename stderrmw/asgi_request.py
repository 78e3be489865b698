"""Converts an ASGI scope to the core's Request. Does not judge it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .gate import FITS, Gate
from .message import CHECKED, EXPECT, PREFLIGHT, Request
from .remembered import has_room

_READ = frozenset(name.encode() for name in (*CHECKED, EXPECT, *PREFLIGHT))


def read_request(scope: Any, method: str) -> Request:
    """The head of the request; the lines of a repeated field are joined.

    :param method: noted before the app ran, which may have emptied its scope.
    """
    fields = _fields(scope.get("headers") or ())
    return Request(method, path_of(scope), fields, is_framed(scope), True, scope)


def path_of(scope: Any) -> str:
    """The path below ``root_path``, which not all servers include in ``path``."""
    path: str = scope.get("path", "")
    root: str = scope.get("root_path", "").rstrip("/")
    is_below = path[len(root) : len(root) + 1] in ("", "/")
    return path[len(root) :] if path.startswith(root) and is_below else path


def heads_of(gate: Gate, scope: Any) -> tuple[list[Any], list[Any]]:
    """What the checks read, step by step: for this request, and with FITS if it fits.

    Tells the gate the names of fields that change nothing.
    """
    head: list[Any] = [scope["method"]]
    general = head[:]
    for name, value in scope["headers"]:
        if gate.notes(name.decode("latin-1").lower()):
            fits = name == b"content-length" and gate.fits(value)
            head.append((bytes(name), bytes(value)))
            general.append(FITS if fits else head[-1])
        elif has_room(gate.unchecked, name):
            gate.unchecked.add(bytes(name))
    return head, general


def is_framed(scope: Any) -> bool:
    """Whether frames show where a body ends: HTTP/2 and later."""
    version: str = scope.get("http_version", "1.1")
    return version[:1] in ("2", "3")


def _fields(headers: Iterable[Any]) -> dict[str, str]:
    """By lower-case name: ASGI does not require servers to send them in lower case."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name.lower() in _READ:
            lines.setdefault(name.lower(), []).append(value)
    return {
        name.decode("ascii"): b", ".join(values).decode("latin-1")
        for name, values in lines.items()
    }
