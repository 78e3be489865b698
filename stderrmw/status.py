"""The statuses of the error standard, and how all others map to them.

Knows numbers and names; nothing of requests or bodies.
"""

from __future__ import annotations

from collections.abc import Set

# Not from http.HTTPStatus: its phrases for 413, 414, 416 and 422 changed in Python
# 3.13, and a standard body must not depend on the interpreter.
TABLE = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}

# Registered statuses outside the table, with their names in the IANA registry.
OFF_TABLE = {
    402: "Payment Required",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    412: "Precondition Failed",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    502: "Bad Gateway",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}

# Each maps to the most specific status of the table. All others map to the x00 of
# their class (RFC 9110, 15).
FOLDS = {402: 403, 451: 403, 407: 401, 412: 409, 423: 409, 424: 409}
FOLDS.update({502: 503, 504: 503, 505: 501, 510: 501})

#: Statuses outside the table that protocols depend on: clients retry, resume or
#: resend on exactly these numbers (RFC 9110, 15.5; RFC 8470; RFC 6585).
PROTOCOL_STATUSES = frozenset({407, 408, 412, 416, 417, 421, 425, 426, 428})


def fold(status: int, preserved: Set[int] = frozenset()) -> int:
    """The status to send for *status* (400 or higher): from the table, or preserved."""
    if status in TABLE or status in preserved:
        return status
    return FOLDS.get(status) or (400 if status < 500 else 500)


def phrase(status: int) -> str:
    """The name of *status*, or of the status it folds to if it has none."""
    return OFF_TABLE.get(status) or TABLE[fold(status)]


def described(status: int) -> str:
    """``"423 Locked"``, or only the number if the status has no name."""
    name = TABLE.get(status) or OFF_TABLE.get(status)
    return f"{status} {name}" if name else str(status)
