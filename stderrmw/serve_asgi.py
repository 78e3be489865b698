"""uvicorn, where it is installed, as a server to try an ASGI app on.

Knows nothing of what it serves.
"""

from __future__ import annotations

import socket
from typing import Any


class AsgiServer:
    """Listens as soon as it is built, on a free port where the port is 0.

    :raises ImportError: where there is no uvicorn.
    :raises OSError: where it cannot listen there.
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
        """Where it listens, without a path."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def serve_forever(self) -> None:
        """Serve until Ctrl-C, which it raises again, or until shutdown."""
        self._server.run(sockets=[self._socket])

    def shutdown(self) -> None:
        """End it from another thread."""
        self._server.should_exit = True
