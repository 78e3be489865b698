"""The server's side of one ASGI call, and apps that only send what they are given."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

from stderrmw import ASGIMiddleware

from .interfaces import Req, scope_of, start

DISCONNECT = {"type": "http.disconnect"}


class Server:
    """The server's side of one call; ``fails_on`` is a message it cannot send."""

    def __init__(self, *messages: Any, fails_on: Optional[str] = None) -> None:
        self.messages = list(messages)
        self.sent: List[Any] = []
        self.fails_on = fails_on

    async def receive(self) -> Any:
        return self.messages.pop(0) if self.messages else DISCONNECT

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if message["type"] == self.fails_on:
            raise OSError("the client is gone")

    def call(self, app: Any, request: Req = Req(), **options: Any) -> List[Any]:
        """Run the wrapped app; the messages that reached the server."""
        middleware = ASGIMiddleware(app, **options)
        asyncio.run(middleware(scope_of(request), self.receive, self.send))
        return self.sent

    def answer(self, app: Any, request: Req = Req(), **options: Any) -> Any:
        """The status and the body of what left."""
        first, *rest = self.call(app, request, **options)
        return first["status"], b"".join(m.get("body", b"") for m in rest)


def sending(*messages: Any, error: Optional[BaseException] = None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


def standard_start(status: int, body: bytes, *headers: Any) -> Dict[str, Any]:
    length = ("content-length", str(len(body)))
    return start(status, ("content-type", "application/json"), length, *headers)
