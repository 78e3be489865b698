"""The exceptions of the package, and the fields of a standard error.

Knows nothing of requests, WSGI or ASGI.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .response_head import is_sendable
from .status import described, fold, phrase


class FieldError(NamedTuple):
    """One entry of a standard error's ``errors``: a field, and what is wrong."""

    resource: str
    field: str
    code: str


class StandardError(Exception):
    """Raised by an app to answer the request with a standard error.

    :param status: 400 to 599; one outside the table is replaced by the closest in it,
        and ``cause`` then begins with the original ("423 Locked").
    :param message: the text for the client, sent with every status; by default the
        name of the status.
    :param cause: the reason, in words.
    :param errors: one :class:`FieldError` (or triple of str) for each wrong field.
    :param headers: pairs of str to send with the answer.
    :raises ValueError: for a status outside 400..599, or a header that cannot be
        sent.
    :raises TypeError: for an argument of the wrong type.

    A framework that catches exceptions before the middleware can build the answer
    from ``status``, ``headers`` and ``as_dict()`` in an error handler.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        cause: str | None = None,
        errors: Iterable[tuple[str, str, str]] = (),
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        if not isinstance(status, int) or isinstance(status, bool):
            raise TypeError(f"status must be an int from 400 to 599, not {status!r}")
        if not 400 <= status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {int(status)}")
        _check_text("message", message)
        _check_text("cause", cause)
        super().__init__(status, message)
        self.original_status = int(status)
        self.status = fold(self.original_status)
        self.message = message
        self.cause = cause
        self.errors = [_field_error(entry) for entry in errors]
        self.headers: list[tuple[str, str]] = [_header(pair) for pair in headers]

    def __str__(self) -> str:
        words = filter(None, (self.message, self.cause))
        return ": ".join((described(self.original_status), *words))

    def as_dict(self) -> dict[str, Any]:
        """The body as a dict; a subclass may add fields."""
        original = self.original_status
        body = standard_fields(self.status, self.message, original, self.cause)
        if self.errors:
            body["errors"] = [entry._asdict() for entry in self.errors]
        return body


class BodyTooLarge(Exception):
    """Raised when an app reads a request body that is over the limit.

    Neither a ValueError nor an OSError: frameworks handle those themselves, and
    Flask's form parser turns a ValueError into an empty form.
    """


class ProtocolError(Exception):
    """The app violated PEP 3333 or the ASGI specification."""


def standard_fields(
    status: int, message: str | None, original: int, cause: str | None = None
) -> dict[str, Any]:
    """``code`` and ``message``, and a ``cause`` if there is one."""
    fields: dict[str, Any] = {"code": status, "message": message or phrase(status)}
    if status != original:
        cause = f"{described(original)}: {cause}" if cause else described(original)
    if cause:
        fields["cause"] = cause
    return fields


def _check_text(name: str, text: object) -> None:
    if text is not None and not isinstance(text, str):
        raise TypeError(f"{name} must be a str or None, not {text!r}")


def _field_error(entry: object) -> FieldError:
    if isinstance(entry, (tuple, list)) and len(entry) == 3:
        if all(isinstance(text, str) for text in entry):
            return FieldError(*entry)
    raise TypeError(f"errors must hold FieldErrors or 3-tuples of str, not {entry!r}")


def _header(pair: object) -> tuple[str, str]:
    if isinstance(pair, (tuple, list)) and is_sendable(pair):
        return pair[0], pair[1]
    raise ValueError(f"headers must hold pairs of str that can be sent, not {pair!r}")
