"""What a WSGI environ says of a request, in the core's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .message import CHECKED, EXPECT, PREFLIGHT, Request, length_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


# Servers set them empty where the request has none (PEP 3333, "environ Variables").
_OWN_KEYS = ("CONTENT_LENGTH", "CONTENT_TYPE")


def key_of(name: str) -> str:
    """The key of a header field in the environ."""
    key = name.upper().replace("-", "_")
    return key if key in _OWN_KEYS else f"HTTP_{key}"


_FIELDS = [(name, key_of(name)) for name in (*CHECKED, EXPECT, *PREFLIGHT)]
_NOTED = "content-length transfer-encoding content-type accept accept-encoding"
#: Whether the head that WSGIMiddleware notes has all that checks look at: without that,
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
            name: str(value)  # tests set numbers
            for name, key, value in found
            if value is not None and (value != "" or key not in _OWN_KEYS)
        },
        get("SERVER_PROTOCOL", "")[:6] in ("HTTP/2", "HTTP/3"),
        bool(get("wsgi.input_terminated")),
        environ,
    )


def declared_length(environ: WSGIEnvironment) -> int:
    """How much of a body there is to read, 0 where nobody knows."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return 0
    return length_of(str(environ.get("CONTENT_LENGTH") or 0))


def path_of(environ: WSGIEnvironment) -> str:
    """The path as text; bytes of it that are no UTF-8 are replaced."""
    path: str = environ.get("PATH_INFO", "")
    # Bytes in the shape of text (PEP 3333, "Unicode Issues").
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def is_websocket(environ: WSGIEnvironment) -> bool:
    """Whether the app may take the socket and never answer in WSGI."""
    upgrade = environ.get("HTTP_UPGRADE", "").lower()
    return environ.get("REQUEST_METHOD") == "GET" and "websocket" in upgrade
