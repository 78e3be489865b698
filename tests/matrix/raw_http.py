"""HTTP/1.1 by hand: bytes as they are to a server, and what it sends back.

Unlike a client of the standard library it sends what no client would, and notices a
byte too many after a response and a response that was cut off.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from http.client import parse_headers
from typing import Any, List, NamedTuple, Tuple

from ..servers import HOST, TIMEOUT, Answer

#: Longer than any response should be: an endless one is read no further.
MOST = 100_000


class Response(NamedTuple):
    """One response, and how it ended."""

    answer: Answer
    interim: List[int]  # the statuses of the 1xx before it
    complete: bool  # it did not end before its end
    framed: bool  # its end is not that of the connection


class Closed(Exception):
    """The server closed the connection where a response should begin."""


class Garbled(Exception):
    """There is something where a response should begin, and it is none."""


class Connection:
    """A connection to write to and to read from by hand."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=TIMEOUT)
        self._reader = self._socket.makefile("rb")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: Any) -> None:
        self._reader.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send it all; a server that has answered may not have it any more."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def ask(self, data: bytes, held: bytes = b"") -> Response:
        """The response to one request; *held* is sent when the server asks for it."""
        self.send(data)
        return self.receive(data.startswith(b"HEAD "), held)

    def receive(self, is_head: bool = False, held: bytes = b"") -> Response:
        """The next response, with the interim ones before it."""
        interim: List[int] = []
        while True:
            status = self._status_line()
            headers = parse_headers(self._reader)
            if status >= 200:
                break
            interim.append(status)
            self.send(held)
        if is_head or status in (204, 304):
            return Response(Answer(status, headers, b""), interim, True, True)
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            body, complete = self._chunks()
            return Response(Answer(status, headers, body), interim, complete, True)
        if "Content-Length" in headers:
            length = int(headers["Content-Length"])
            body = self._reader.read(length)
            complete = len(body) == length
            return Response(Answer(status, headers, body), interim, complete, True)
        body = self._reader.read(MOST)
        return Response(Answer(status, headers, body), interim, True, False)

    def rest(self) -> bytes:
        """All that comes until the server closes the connection, or resets it."""
        received = b""
        with suppress(ConnectionResetError):
            while len(received) < MOST:
                piece = self._reader.read1(MOST)
                received += piece
                if not piece:
                    break
        return received

    def _status_line(self) -> int:
        try:
            line = self._reader.readline()
        except ConnectionResetError:
            line = b""
        if not line:
            raise Closed
        found = re.match(r"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]", line.decode("latin-1"))
        if found is None:
            raise Garbled(line)
        return int(found[1])

    def _chunks(self) -> Tuple[bytes, bool]:
        """The joined chunks, and whether the last one came."""
        body = b""
        while len(body) < MOST:
            line = self._reader.readline()
            if not line.endswith(b"\r\n"):
                return body, False
            size = int(line, 16)
            chunk = self._reader.read(size + 2)
            body += chunk[:size]
            if len(chunk) < size + 2:
                return body, False
            if size == 0:
                return body, True
        return body, False
