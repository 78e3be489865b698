"""An HTTP/2 client without TLS that sends a request body frame by frame."""

from __future__ import annotations

import socket
from email.message import Message
from typing import Any, Sequence

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)

from ..servers import HOST, TIMEOUT, Answer


class Failed(Exception):
    """The stream or the connection ended before the response did."""


class Http2Connection:
    """A connection of which each request is a stream."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=TIMEOUT)
        self._http = H2Connection(H2Configuration(header_encoding="latin-1"))
        self._http.initiate_connection()
        self._flush()

    def __enter__(self) -> Http2Connection:
        return self

    def __exit__(self, *_: Any) -> None:
        self._socket.close()

    def ask(
        self, method: str, path: str, frames: Sequence[bytes] = (), **headers: str
    ) -> Answer:
        """The answer to one request; each frame leaves on its own."""
        stream = self._http.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":path", path)]
        head += [(":authority", "localhost"), *headers.items()]
        self._http.send_headers(stream, head, end_stream=not frames)
        self._flush()
        for frame in frames[:-1]:
            self._http.send_data(stream, frame)
            self._flush()
        if frames:
            self._http.send_data(stream, frames[-1], end_stream=True)
            self._flush()
        return self._answer(stream)

    def _answer(self, stream: int) -> Answer:
        status, body, headers = 0, b"", Message()
        while True:
            received = self._socket.recv(65_536)
            if not received:
                raise Failed("the connection was closed")
            for event in self._http.receive_data(received):
                if isinstance(event, ConnectionTerminated):
                    raise Failed("the connection was closed")
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, ResponseReceived):
                    for name, value in event.headers:
                        headers[str(name)] = str(value)
                    status = int(headers[":status"])
                elif isinstance(event, DataReceived):
                    body += event.data
                elif isinstance(event, StreamReset):
                    raise Failed("the stream was reset")
                elif isinstance(event, StreamEnded):
                    return Answer(status, headers, body)
            self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._http.data_to_send())
