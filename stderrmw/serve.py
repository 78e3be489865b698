"""The standard library's WSGI server, with a thread for each request.

For trying an app on one machine only. Knows nothing of the app.
"""

from __future__ import annotations

import os
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Dict, Iterable
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Server(ThreadingMixIn, WSGIServer):
    """Listens as soon as it is created, on a free port if the port is 0.

    :raises OSError: if it cannot listen there.
    """

    daemon_threads = True
    # On Windows this would let two servers share a port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.set_app(_threaded(app))

    @property
    def url(self) -> str:
        """The URL of the server, without a path."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class Handler(WSGIRequestHandler):
    """Passes every Content-Length and Content-Type to the app.

    The standard library's handler passes only the first of several, and text/plain if
    there is none.
    """

    def get_environ(self) -> Dict[str, Any]:
        """The environ of the request."""
        environ = super().get_environ()
        for name in ("Content-Length", "Content-Type"):
            values = self.headers.get_all(name, [])
            environ[name.upper().replace("-", "_")] = ", ".join(values)
        return environ


def _threaded(app: WSGIApplication) -> WSGIApplication:
    """The app with ``wsgi.multithread`` set; wsgiref always sets it to False."""

    def threaded(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ["wsgi.multithread"] = True
        return app(environ, start_response)

    return threaded
