"""What passes between the core and an adapter: plain values and no I/O."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

Headers = List[Tuple[str, str]]


class Request(NamedTuple):
    """The head of a request; a field that is absent is None.

    Text is decoded from latin-1, and the lines of a repeated field are joined
    with ", " (RFC 9110, 5.3).
    """

    content_length: str | None
    method: str
    transfer_encoding: str | None
    content_type: str | None
    accept: str | None
    accept_encoding: str | None
    expect: str | None
    preflight: bool  # a CORS preflight, which carries nothing of its own
    framed: bool  # HTTP/2 and later: frames tell where a body ends
    terminated: bool  # reading a body of unknown length comes to its end


class Answer(NamedTuple):
    """A whole response of ours; the body is empty where the request was HEAD."""

    status: int
    headers: Headers
    body: bytes
