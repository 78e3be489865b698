"""What an ASGI scope says of a request, in the core's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .gate import Gate, has_room
from .message import Request

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
        scope.get("path", ""),
        get(b"content-length"),
        get(b"transfer-encoding"),
        get(b"content-type"),
        get(b"accept"),
        get(b"accept-encoding"),
        get(b"expect"),
        method == "OPTIONS" and asks_cors,
        scope.get("http_version", "1.1")[:1] in ("2", "3"),
        True,
        scope,
    )


def path_of(scope: Any) -> str:
    """The path below ``root_path``, which servers leave in ``path`` or do not."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    is_below = path[len(root) : len(root) + 1] in ("", "/")
    return path[len(root) :] if path.startswith(root) and is_below else path


def learn_unchecked(gate: Gate, headers: Iterable[Any]) -> None:
    """Note which of these names no check looks at: one look-up then skips each."""
    for name, _ in headers:
        if name in gate.unchecked or name.lower() in _CHECKED:
            continue
        is_coding = name.lower() == b"accept-encoding"
        if has_room(gate.unchecked, name) and not (is_coding and gate.looks_at_codings):
            gate.unchecked.add(name)


def _fields(headers: Iterable[Any]) -> dict[bytes, str]:
    """By lower-case name: "should be lowercased, but it is not required"."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name.lower() in _READ:
            lines.setdefault(name.lower(), []).append(value)
    return {name: b", ".join(lines[name]).decode("latin-1") for name in lines}
