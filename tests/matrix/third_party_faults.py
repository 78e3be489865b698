"""Every kind of error that the third-party software answers, and how to get it."""

from __future__ import annotations

import base64
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .third_party import LIMIT, PASSWORD, USER


class Fault(NamedTuple):
    """A request, its status without the middleware and with it, and the message."""

    name: str
    request: str
    was: int
    becomes: int
    says: str = ""  # nothing where that differs from version to version
    body: Optional[bytes] = None
    fields: Dict[str, str] = {}


def authorization(password: str) -> Dict[str, str]:
    words = base64.b64encode(f"{USER}:{password}".encode()).decode()
    return {"Authorization": f"Basic {words}"}


def by_keeper(
    name: str,
    request: str,
    was: int,
    becomes: int,
    says: str = "",
    body: Optional[bytes] = None,
    **fields: str,
) -> Fault:
    """That of a user who may do everything."""
    every = {**authorization(PASSWORD), **fields}
    return Fault(name, request, was, becomes, says, body, every)


def form(*fields: Tuple[str, str]) -> bytes:
    """What a browser sends; ``name; filename=...`` is the name of a file's field."""
    parts = [
        f"--B\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"
        for name, value in fields
    ]
    return "".join([*parts, "--B--\r\n"]).encode()


def upload(name: str, was: int, becomes: int, says: str, *fields: Any) -> Fault:
    kind = "multipart/form-data; boundary=B"
    body = form(*fields)
    return by_keeper(name, "POST /", was, becomes, says, body, Content_Type=kind)


def chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size)


CHUNKED = {"Transfer_Encoding": "chunked"}

UPLOAD = (":action", "file_upload")
REMOVE = (":action", "remove_pkg")
KEPT = ("content; filename=kept-1.0.tar.gz", "x")
EXISTS = (
    "Package 'kept-1.0.tar.gz' already exists!"
    " You may start server with `--overwrite` option."
)
PYPISERVER = [
    Fault("no route", "GET /favicon.ico", 404, 404),
    Fault("no project", "GET /simple/no/", 404, 404, "Not Found (no does not exist)"),
    Fault("no json", "GET /no/json", 404, 404, "package no not found"),
    Fault("no file", "GET /packages/no", 404, 404, "Not Found (no does not exist)"),
    Fault("no method", "DELETE /", 405, 405, "Method Not Allowed"),
    Fault("no user", "POST /", 401, 401, body=b""),
    Fault("stranger", "POST /", 403, 403, "", b"", authorization("wrong")),
    upload("no action", 400, 400, "Missing ':action' field!", ("a", "b")),
    upload(
        "other action",
        400,
        400,
        "Unsupported ':action' field: other",
        (":action", "other"),
    ),
    upload("no content", 400, 400, "Missing 'content' file-field!", UPLOAD),
    upload(
        "bad name",
        400,
        400,
        "Bad filename: no",
        UPLOAD,
        ("content; filename=no", "x"),
    ),
    upload("exists", 409, 409, EXISTS, UPLOAD, KEPT),
    upload(
        "remove what is not there",
        404,
        404,
        "no (1) not found",
        REMOVE,
        ("name", "no"),
        ("version", "1"),
    ),
    upload(
        "too large",
        404,
        413,
        "Request Entity Too Large",
        REMOVE,
        ("name", "no"),
        ("version", "1" * 100_000),
    ),
    by_keeper("chunks", "POST /", 400, 411, "Length Required", chunk(1), **CHUNKED),
    Fault("crash", "POST /RPC2", 500, 500, "Internal Server Error", b"<a/>"),
    Fault(
        "range",
        "GET /packages/kept-1.0.tar.gz",
        416,
        400,
        "Bad Request",
        fields={"Range": "bytes=500-"},
    ),
]

TOO_LARGE = chunk(LIMIT + 1)
WORDS = "/words.txt"
NO_LOCK = "(<opaquelocktoken:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>)"
WEBDAV = [
    Fault("no user", f"GET {WORDS}", 401, 401),
    Fault("stranger", f"GET {WORDS}", 401, 401, fields=authorization("wrong")),
    by_keeper("no file", "GET /no", 404, 404),
    by_keeper("no parent", "PUT /no/file", 409, 409, body=b"x"),
    by_keeper("put to directory", "PUT /directory", 405, 405, body=b"x"),
    by_keeper(
        "too large",
        "PUT /a",
        201,
        413,
        "Request Entity Too Large",
        TOO_LARGE,
        **CHUNKED,
    ),
    by_keeper("no post", f"POST {WORDS}", 405, 405, body=b"x"),
    by_keeper("range", f"GET {WORDS}", 416, 416, Range="bytes=500-"),
    by_keeper("mkcol again", "MKCOL /directory", 405, 405),
    by_keeper("mkcol in nothing", "MKCOL /no/directory", 409, 409),
    by_keeper("mkcol with body", "MKCOL /other", 415, 415, body=b"x"),
    by_keeper("propfind nothing", "PROPFIND /no", 404, 404, Depth="1"),
    by_keeper("propfind bad xml", "PROPFIND /", 400, 400, body=b"<bad", Depth="1"),
    by_keeper("propfind other xml", "PROPFIND /", 400, 400, body=b"<a/>", Depth="0"),
    by_keeper("proppatch bad xml", f"PROPPATCH {WORDS}", 400, 400, body=b"<bad"),
    by_keeper("copy to nowhere", f"COPY {WORDS}", 400, 400),
    by_keeper("copy to nothing", f"COPY {WORDS}", 409, 409, Destination="/no/file"),
    by_keeper(
        "copy onto another",
        f"COPY {WORDS}",
        412,
        412,
        Destination="/other.txt",
        Overwrite="F",
    ),
    by_keeper(
        "move onto another",
        f"MOVE {WORDS}",
        412,
        412,
        Destination="/other.txt",
        Overwrite="F",
    ),
    by_keeper("delete nothing", "DELETE /no", 404, 404),
    by_keeper("unlock without token", f"UNLOCK {WORDS}", 400, 400),
]
WSGIDAV = [
    *WEBDAV,
    by_keeper("no such lock", f"PUT {WORDS}", 412, 412, body=b"x", If=NO_LOCK),
    Fault(
        "crash",
        f"GET {WORDS}",
        500,
        500,
        "Internal Server Error",
        fields={"Authorization": "Basic !!"},
    ),
    by_keeper("if-match", f"PUT {WORDS}", 412, 412, body=b"x", If_Match='"other"'),
    by_keeper("if-none-match", f"PUT {WORDS}", 412, 412, body=b"x", If_None_Match="*"),
    by_keeper(
        "content-range",
        f"PUT {WORDS}",
        400,
        400,
        body=b"x",
        Content_Range="bytes 0-0/9",
    ),
    by_keeper("depth", "PROPFIND /", 400, 400, Depth="7"),
    by_keeper(
        "copy elsewhere",
        f"COPY {WORDS}",
        502,
        502,
        "Bad Gateway",
        Destination="http://elsewhere.test/a",
    ),
    by_keeper("copy onto itself", f"COPY {WORDS}", 403, 403, Destination=WORDS),
    by_keeper(
        "other token",
        f"UNLOCK {WORDS}",
        409,
        409,
        "Conflict",
        Lock_Token="<opaquelocktoken:no>",
    ),
    by_keeper("no such method", f"BREW {WORDS}", 405, 405),
]
ASGI_WEBDAV = [
    *WEBDAV,
    by_keeper("no such lock", f"PUT {WORDS}", 423, 423, "Locked", b"x", If=NO_LOCK),
    by_keeper("no patch", f"PATCH {WORDS}", 405, 405, body=b"x"),
    by_keeper(
        "crash", f"COPY {WORDS}", 500, 500, "Internal Server Error", Destination=WORDS
    ),
    by_keeper(
        "other crash", "PROPFIND /", 500, 500, "Internal Server Error", Depth="7"
    ),
    by_keeper(
        "lock without body", f"LOCK {WORDS}", 412, 412, "miss lock info in request body"
    ),
]

DATASETTE = [
    Fault("no database", "GET /no", 404, 404, "Database not found"),
    Fault("no database, json", "GET /no.json", 404, 404, "Database not found"),
    Fault("no table", "GET /data/no", 404, 404, "Table not found"),
    Fault("no row", "GET /data/planets/99.json", 404, 404, "Record not found"),
    Fault("no file", "GET /-/static/no", 404, 404, "File not found"),
    Fault(
        "no select",
        "GET /data?sql=drop+table+planets",
        400,
        400,
        "Statement must be a SELECT",
    ),
    Fault("no select, json", "GET /data.json?sql=drop+table+planets", 400, 400),
    Fault(
        "no such table",
        "GET /data.json?sql=select+*+from+moons",
        400,
        400,
        "no such table: moons",
    ),
    Fault(
        "no size",
        "GET /data/planets.json?_size=a",
        400,
        400,
        "_size must be a positive integer",
    ),
    Fault("forbidden", "GET /-/permissions", 403, 403, "Permission denied"),
    Fault(
        "forged",
        "POST /-/messages",
        403,
        403,
        "form-urlencoded POST field did not match cookie",
        b"message=a",
        {"Cookie": "a=b", "Content-Type": "application/x-www-form-urlencoded"},
    ),
    Fault("no method", "DELETE /data/planets/1", 405, 405, "Method Not Allowed"),
    Fault("crash", "GET /data/planets/1/2", 500, 500, "Internal Server Error"),
    Fault(
        "crash with a page",
        "POST /data/planets",
        500,
        500,
        "Internal Server Error",
        b"",
    ),
    Fault("chunks", "POST /data", 405, 411, "Length Required", chunk(1), CHUNKED),
    Fault(
        "too large",
        "POST /data",
        405,
        413,
        "Request Entity Too Large",
        b"x" * 1_100_000,
    ),
]

FAULTS: Dict[str, List[Fault]] = {
    "pypiserver": PYPISERVER,
    "wsgidav": WSGIDAV,
    "asgi-webdav": ASGI_WEBDAV,
    "datasette": DATASETTE,
}
