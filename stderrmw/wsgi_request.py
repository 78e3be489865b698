"""Converts a WSGI environ to the core's Request. Does not judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .message import CHECKED, EXPECT, PREFLIGHT, Request, length_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


# Servers may set them to "" if the request has none (PEP 3333, "environ Variables").
_OWN_KEYS = ("CONTENT_LENGTH", "CONTENT_TYPE")


def key_of(name: str) -> str:
    """The key of a header field in the environ."""
    key = name.upper().replace("-", "_")
    return key if key in _OWN_KEYS else f"HTTP_{key}"


_FIELDS = [(name, key_of(name)) for name in (*CHECKED, EXPECT, *PREFLIGHT)]
_NOTED = "content-length transfer-encoding content-type accept accept-encoding"
#: Whether the head that WSGIMiddleware builds has every field that checks read. If not,
#: nothing is remembered.
NOTES_ALL = CHECKED.keys() <= set(_NOTED.split())


def read_request(environ: WSGIEnvironment) -> Request:
    """The head of the request."""
    get = environ.get
    found = [(name, key, get(key)) for name, key in _FIELDS]
    return Request(
        get("REQUEST_METHOD", ""),
        path_of(environ),
        {
            name: str(value)  # test clients set numbers
            for name, key, value in found
            if value is not None and (value != "" or key not in _OWN_KEYS)
        },
        get("SERVER_PROTOCOL", "")[:6] in ("HTTP/2", "HTTP/3"),
        bool(get("wsgi.input_terminated")),
        environ,
    )


def declared_length(environ: WSGIEnvironment) -> int:
    """The declared length of the body, 0 if it is unknown."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return 0
    return length_of(str(environ.get("CONTENT_LENGTH") or 0))


def path_of(environ: WSGIEnvironment) -> str:
    """The path as text; bytes that are not UTF-8 are replaced."""
    path: str = environ.get("PATH_INFO", "")
    # PATH_INFO is bytes decoded as latin-1 (PEP 3333, "Unicode Issues").
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def is_websocket(environ: WSGIEnvironment) -> bool:
    """Whether the app may take over the socket and never answer through WSGI."""
    upgrade = environ.get("HTTP_UPGRADE", "").lower()
    return environ.get("REQUEST_METHOD") == "GET" and "websocket" in upgrade
