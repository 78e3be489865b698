"""For uvicorn's ``--http``: its protocols, with their own 400 as a standard error.

Each class is created on first access, so that the parser of the other need not be
installed. Checked in uvicorn 0.33 and 0.54.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .server_error import response

if TYPE_CHECKING:
    import asyncio

    from uvicorn.server import ServerState

PROTOCOLS = {"HttpToolsProtocol": "httptools_impl", "H11Protocol": "h11_impl"}


class StandardErrors:
    """How both protocols answer a malformed request."""

    transport: asyncio.Transport
    server_state: ServerState
    cycle: Any

    def send_400_response(self, msg: str) -> None:
        """Answer and close; only close if a response has already begun."""
        if not has_begun(self.cycle):
            pairs = self.server_state.default_headers
            headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in pairs]
            self.transport.write(response(400, msg, headers))
        self.transport.close()


def has_begun(cycle: Any) -> bool:
    """Whether a response has begun to a request that is still being read or answered.

    uvicorn itself would write its 400 into or after that response.
    """
    if cycle is None or not cycle.response_started:
        return False
    return cycle.more_body or not cycle.response_complete


def __getattr__(name: str) -> type[asyncio.Protocol]:
    if name not in PROTOCOLS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"uvicorn.protocols.http.{PROTOCOLS[name]}")
    protocol = type(name, (StandardErrors, getattr(module, name)), {})
    globals()[name] = protocol  # one class, so that worker processes can unpickle it
    return protocol
