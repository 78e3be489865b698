"""What is seen of one request over a socket, in words that a table can hold."""

from __future__ import annotations

import json
import socket
from typing import Any, Callable, Iterable, List, NamedTuple

from ..servers import Server, error_of
from .raw_http import Closed, Connection, Garbled, Response


class Case(NamedTuple):
    """A request, and what is to be seen of its answer on any server."""

    request: bytes
    seen: str
    held: bytes = b""  # what is sent once the server asks for it


class Difference(NamedTuple):
    """What is seen instead where a server leaves no choice, and why.

    The names of servers and cases are separated by spaces. More than one thing is
    seen where the versions of a server differ.
    """

    servers: str
    cases: str
    seen: List[str]
    why: str


def expected(
    server: str, case: str, default: str, differences: Iterable[Difference]
) -> List[str]:
    """All that may be seen of a case on a server."""
    for difference in differences:
        if server in difference.servers.split() and case in difference.cases.split():
            return difference.seen
    return [default]


def request(method: str, target: str, body: bytes = b"", **headers: Any) -> bytes:
    """A request as it is sent; underscores in a header's name stand for hyphens."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(target: str, size: int, count: int = 1, **headers: Any) -> bytes:
    """A POST of so many chunks of that size."""
    chunks = b"%x\r\n%s\r\n" % (size, b"x" * size) * count + b"0\r\n\r\n"
    return request("POST", target, chunks, Transfer_Encoding="chunked", **headers)


def observed(server: Server, case: Case) -> str:
    """The answer to a case, and what became of its connection.

    "404 standard, reused" is a standard error, after which the same connection gave
    the right answer to another request; after "closed" it ended cleanly instead.
    "400 of its own" is a page of the server's, to which no app had a part.
    """
    with Connection(server.port) as connection:
        try:
            response = connection.ask(case.request, case.held)
        except Closed:
            return "no answer"
        except socket.timeout:
            return "no answer in time"
        except Garbled as error:
            return f"garbage {error}"
        is_head = case.request.startswith(b"HEAD ")
        return f"{described(response, is_head)}, {fate_of(connection, response)}"


def described(response: Response, is_head: bool) -> str:
    """The interim statuses and the status, and what kind of body came with it."""
    answer = response.answer
    statuses = " ".join(map(str, [*response.interim, answer.status]))
    if not response.complete:
        return f"{statuses} cut off after {answer.body[:200].decode('latin-1')!r}"
    is_standard = is_standard_head if is_head else is_standard_error
    if answer.status >= 400 and is_standard(response):
        return f"{statuses} standard"
    if answer.status >= 400 and "json" not in answer.headers.get("Content-Type", ""):
        return f"{statuses} of its own"
    framing = "" if response.framed else " unframed"
    return f"{statuses}{framing} {answer.body[:200].decode('latin-1')!r}"


def is_standard_error(response: Response) -> bool:
    return holds(lambda: error_of(response.answer, response.answer.status))


def is_standard_head(response: Response) -> bool:
    """Whether the head is that of a standard error; the length is GET's."""
    headers = response.answer.headers
    return headers.get_all("Content-Type") == ["application/json"] and (
        len(headers.get_all("Content-Length", [])) == 1
        and int(headers["Content-Length"]) > len('{"code": 404, "message": ""}')
    )


def holds(check: Callable[[], object]) -> bool:
    try:
        check()
    except (AssertionError, json.JSONDecodeError, UnicodeDecodeError):
        return False
    return True


def fate_of(connection: Connection, response: Response) -> str:
    """Whether the next request on the connection is answered as it should be."""
    if not (response.complete and response.framed):
        rest = connection.rest()
        return f"then {rest!r}" if rest else "closed"
    try:
        answer = connection.ask(request("GET", "/app/fine")).answer
    except Closed:
        return "closed"
    except socket.timeout:
        return "stuck"
    except Garbled as error:
        return f"then garbage {error}"
    fine = (answer.status, answer.body) == (200, b"fine")
    return (
        "reused"
        if fine
        else f"then {answer.status} {answer.body[:200].decode('latin-1')!r}"
    )
