"""What a WSGI environ says of a request, in the core's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .message import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def read_request(environ: WSGIEnvironment) -> Request:
    """The head of the request.

    An empty CONTENT_LENGTH or CONTENT_TYPE is none (PEP 3333, "environ Variables").
    """
    get = environ.get
    method, length = get("REQUEST_METHOD", ""), get("CONTENT_LENGTH")
    preflight = (
        method == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    )
    return Request(
        method,
        path_of(environ),
        None if length in ("", None) else str(length),
        get("HTTP_TRANSFER_ENCODING"),
        get("CONTENT_TYPE") or None,
        get("HTTP_ACCEPT"),
        get("HTTP_ACCEPT_ENCODING"),
        get("HTTP_EXPECT"),
        preflight,
        get("SERVER_PROTOCOL", "")[:6] in ("HTTP/2", "HTTP/3"),
        bool(get("wsgi.input_terminated")),
        environ,
    )


def path_of(environ: WSGIEnvironment) -> str:
    """The path as text; bytes of it that are no UTF-8 are replaced."""
    path: str = environ.get("PATH_INFO", "")
    # Bytes in the shape of text (PEP 3333, "Unicode Issues").
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def is_websocket(environ: WSGIEnvironment) -> bool:
    """Whether the app may take the socket and never answer in WSGI."""
    upgrade = environ.get("HTTP_UPGRADE", "").lower()
    return environ.get("REQUEST_METHOD") == "GET" and "websocket" in upgrade
