"""Measures the peak memory of real servers, the bare app against the wrapped one.

    python3 -m benchmarks.memory

1 GiB streamed down, 1 GiB up (with its length, and in chunks), a 1 GiB error page and
an error page without end, each on a server that has done nothing else. The peak is
VmHWM of the serving process (/proc, Linux). Needs gunicorn and uvicorn. Exit status 1
where a difference is over 4 MB.
"""

from __future__ import annotations

import socket
import sys
from typing import Dict, Iterator, NamedTuple, Tuple

from .bulk_apps import BLOCK, GIB
from .report import heading, table
from .servers import SIDES, connect, serving

ALLOWED_KB = 4_000


class Case(NamedTuple):
    """One exchange; how much of the answer to read from the bare app."""

    title: str
    head: str
    upload: str = ""  # "length" or "chunks"
    wrapped: str = ""  # the prefix of the wrapped app's name
    statuses: Tuple[int, int] = (200, 200)  # bare, wrapped
    most: int = 0  # bytes of the bare app's answer; 0: what there is


CASES = [
    Case("1 GiB down", "GET /download"),
    Case("1 GiB up, length declared", "POST /upload", "length"),
    Case("1 GiB up, in chunks", "POST /upload", "chunks", "chunked_"),
    Case("1 GiB error page", "GET /error", statuses=(404, 404)),
    Case("endless error page", "GET /endless", statuses=(500, 500), most=GIB),
]


def main() -> int:
    """Print the table; 1 where a difference is too large."""
    rows = [row for name in SIDES for row in measure(name)]
    heading("Peak memory of the serving process, kB", "gunicorn", "uvicorn")
    head = ["exchange", "at start", "bare", "wrapped", "difference"]
    table(f"At most {ALLOWED_KB} kB more", head, rows)
    return int(any(row[-1] > ALLOWED_KB for row in rows))


def measure(name: str) -> Iterator[Tuple[str, int, int, int, int]]:
    """The rows of one server."""
    for case in CASES:
        side = SIDES[name]
        start, bare = peak(name, f"benchmarks.bulk_apps:{side}", case, 0)
        wrapped_app = f"benchmarks.bulk_wrapped:{case.wrapped}{side}"
        _, wrapped = peak(name, wrapped_app, case, 1)
        yield f"{name}: {case.title}", start, bare, wrapped, wrapped - bare


def peak(name: str, app: str, case: Case, which: int) -> Tuple[int, int]:
    """The peaks of a fresh server before and after the exchange."""
    with serving(name, app) as server:
        before = server.status("VmHWM")
        with connect(server.port) as client:
            status, size = exchange(client, case)
        check(case, which, status, size)
        return before, server.status("VmHWM")


def exchange(client: socket.socket, case: Case) -> Tuple[int, int]:
    """Send the request; the status and the size of what came back."""
    headers: Dict[str, str] = {"Host": "localhost", "Connection": "close"}
    if case.upload == "length":
        headers["Content-Length"] = str(GIB)
    elif case.upload == "chunks":
        headers["Transfer-Encoding"] = "chunked"
    lines = [f"{case.head} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    for piece in upload(case.upload):
        client.sendall(piece)
    return download(client, case.most)


def upload(how: str) -> Iterator[bytes]:
    """The pieces of the request body."""
    for _ in range(GIB // len(BLOCK) if how else 0):
        yield BLOCK if how == "length" else b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)
    if how == "chunks":
        yield b"0\r\n\r\n"


def download(client: socket.socket, most: int) -> Tuple[int, int]:
    """The status and the size of the answer, read to its end or to *most*."""
    start = bytearray()
    while b"\r\n" not in start:
        start += client.recv(4096)
    room, total = memoryview(bytearray(1 << 20)), len(start)
    received = 1
    while received and (not most or total < most):
        received = client.recv_into(room)
        total += received
    return int(start.split()[1]), total


def check(case: Case, which: int, status: int, size: int) -> None:
    """Fail where something else than the case was measured."""
    large = case.head.startswith("GET") and (which == 0 or case.statuses[1] < 400)
    if status != case.statuses[which] or (size >= GIB) != large:
        raise RuntimeError(f"{case.title}: status {status}, {size} bytes")


if __name__ == "__main__":
    sys.exit(main())
