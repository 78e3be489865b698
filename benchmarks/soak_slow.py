"""The slow clients of soak.py: they dribble a body that was refused at once.

Not run by itself. Held: the answer comes before the body, the middleware reads no
more than drain_limit (and the block that it is in), and then has done with the request
though the client goes on.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from socket import socket
from typing import Dict, List

from .servers import Server, connect
from .soak_apps import SLOW_DRAIN

PIECE = b"x" * 64
PAUSE = 0.01
BLOCK = 65_536  # an ASGI server hands on what it has
DRIBBLERS = 4
HEAD = "POST /slow/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

# what: the framing, and each piece as it is sent
KINDS = {
    "declared, drained": (f"Content-Length: {SLOW_DRAIN}", PIECE),
    "declared, over drain_limit": ("Content-Length: 1000000000", PIECE),
    "in chunks": ("Transfer-Encoding: chunked", b"40\r\n%b\r\n" % PIECE),
}


def run(server: Server) -> List[str]:
    """What was seen of each kind; a violation starts with "!"."""
    return [f"{mark} slow, {kind}: {seen}" for kind, mark, seen in every(server)]


def every(server: Server) -> "List[tuple[str, str, str]]":
    """Each kind, whether it was wrong, and what was seen."""
    found = []
    for kind, (framing, piece) in KINDS.items():
        try:
            found.append((kind, "-", dribble(server, framing, piece)))
        except (AssertionError, OSError) as error:
            found.append((kind, "!", repr(error)))
    return found


def dribble(server: Server, framing: str, piece: bytes) -> str:
    """A few clients at once, until the middleware has done with all of them."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(server.port)) for _ in range(DRIBBLERS)]
        began = time.monotonic()
        for client in clients:
            client.sendall(f"{HEAD}{framing}\r\n\r\n".encode())
        for client in clients:
            read_answer(client)
        answered = time.monotonic() - began
        assert answered < 2, f"answered after {answered:.1f} s"
        sent = send_until_done(server, clients, piece)
        state = state_of(server)
    most = state["most"]
    assert most <= SLOW_DRAIN + BLOCK, f"{most} bytes were read"
    return f"answered after {answered:.2f} s, done after {sent} bytes, read {most}"


def read_answer(client: socket) -> None:
    """The answer comes whole while the body does not."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        piece = client.recv(4096)
        assert piece, f"the server closed after {received!r}"
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert status in (411, 413), status
    assert json.loads(body)["code"] == status, body


def send_until_done(server: Server, clients: List[socket], piece: bytes) -> int:
    """Go on sending; how much each had sent when none was inside any more."""
    sent = 0
    while state_of(server)["inside"]:
        assert sent <= 4 * SLOW_DRAIN, f"still inside after {sent} bytes"
        time.sleep(PAUSE)
        sent += len(PIECE)
        for client in clients:
            with suppress(OSError):
                client.sendall(piece)
    return sent


def state_of(server: Server) -> Dict[str, int]:
    """What the server says of itself."""
    state: Dict[str, int] = json.loads(server.get("/state"))
    return state
