"""What an ASGI scope says of a request, in the core's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .gate import FITS, Gate
from .message import Request
from .remembered import keep

_CHECKED = frozenset(
    (b"content-length", b"transfer-encoding", b"content-type", b"accept", b"expect")
)
_READ = _CHECKED | {*(b"accept-encoding", b"origin", b"access-control-request-method")}


def read_request(scope: Any) -> Request:
    """The head of the request; the lines of a repeated field are joined."""
    fields = _fields(scope.get("headers") or ())
    get = fields.get
    method = scope["method"]
    asks_cors = b"origin" in fields and b"access-control-request-method" in fields
    return Request(
        method,
        path_of(scope),
        get(b"content-length"),
        get(b"transfer-encoding"),
        get(b"content-type"),
        get(b"accept"),
        get(b"accept-encoding"),
        get(b"expect"),
        method == "OPTIONS" and asks_cors,
        is_framed(scope),
        True,
        scope,
    )


def path_of(scope: Any) -> str:
    """The path below ``root_path``, which servers leave in ``path`` or do not."""
    path: str = scope.get("path", "")
    root: str = scope.get("root_path", "").rstrip("/")
    is_below = path[len(root) : len(root) + 1] in ("", "/")
    return path[len(root) :] if path.startswith(root) and is_below else path


def note(gate: Gate, scope: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The steps of a request's head, and the head of all requests alike."""
    head: list[Any] = [scope["method"]]
    alike = head[:]
    for pair in scope["headers"]:
        name, value = pair
        if is_checked(gate, name):
            fits = name == b"content-length" and gate.fits(value)
            head.append(pair)
            alike += name, FITS if fits else value
    return head, tuple(alike)


def is_checked(gate: Gate, name: bytes) -> bool:
    """Whether a check looks at the field; one look-up tells where none does."""
    if name in gate.unchecked:
        return False
    is_coding = name.lower() == b"accept-encoding"
    if name.lower() in _CHECKED or is_coding and gate.looks_at_codings:
        return True
    keep(gate.unchecked, name)
    return False


def is_framed(scope: Any) -> bool:
    """Whether frames tell where a body ends: HTTP/2 and later."""
    version: str = scope.get("http_version", "1.1")
    return version[:1] in ("2", "3")


def _fields(headers: Iterable[Any]) -> dict[bytes, str]:
    """By lower-case name: "should be lowercased, but it is not required"."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name.lower() in _READ:
            lines.setdefault(name.lower(), []).append(value)
    return {name: b", ".join(lines[name]).decode("latin-1") for name in lines}
