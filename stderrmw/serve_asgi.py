"""uvicorn, if it is installed, as a server for trying an ASGI app.

Knows nothing of the app.
"""

from __future__ import annotations

import socket
from typing import Any


class AsgiServer:
    """Listens as soon as it is created, on a free port if the port is 0.

    :raises ImportError: if uvicorn is not installed.
    :raises OSError: if it cannot listen there.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:
        import uvicorn

        self._socket = socket.create_server((host, port), backlog=2048)
        self._server = uvicorn.Server(uvicorn.Config(app))

    def __enter__(self) -> AsgiServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    @property
    def url(self) -> str:
        """The URL of the server, without a path."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def serve_forever(self) -> None:
        """Serve until shutdown, or until Ctrl-C, which raises KeyboardInterrupt."""
        self._server.run(sockets=[self._socket])

    def shutdown(self) -> None:
        """Stop the server, from another thread."""
        self._server.should_exit = True
