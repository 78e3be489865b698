"""The options of a middleware: checked and normalised once, then never changed.

Only this module reads what the caller passed. Knows nothing of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from .interface import may_take
from .media_types import MediaType, canonical_coding, is_token, parse_media_type
from .response_head import BODY_FIELDS, is_sendable

if TYPE_CHECKING:
    Check = Callable[[str, Any], Any]
    Pairs = Iterable[tuple[str, str]]

DEFAULT_MAX_BODY_SIZE = 1_048_576
# Measured: with this, a client that writes everything before it reads gets its answer
# from every server, for bodies up to 8 MiB. Larger ones are not worth the cost.
DEFAULT_DRAIN_LIMIT = 8_388_608


class Policy:
    """The options, in the form in which requests are checked against them.

    :param options: the value of every option except ``overrides``.
    :raises TypeError, ValueError: naming the option, its value and what is allowed.
    """

    allowed_methods: frozenset[str] | None
    max_body_size: int | None
    require_content_length: bool
    consumes: tuple[MediaType, ...] | None
    produces: tuple[MediaType, ...] | None
    produces_encodings: tuple[str, ...] | None
    preserve_statuses: frozenset[int]
    json_errors: str
    expose_messages: bool
    error_headers: tuple[tuple[str, str], ...] | Callable[[Any], Pairs]
    extra_fields: Callable[[Any], Mapping[str, Any]] | None
    drain_limit: int
    propagate_exceptions: bool
    report_only: bool

    def __init__(self, options: Mapping[str, object]) -> None:
        for name, check in OPTIONS.items():
            setattr(self, name, check(name, options[name]))


def _one(
    kind: Any, allowed: str, read: Callable[[Any], Any] = lambda value: value
) -> Check:
    """A check of one value; *read* converts it, or returns None if it is wrong."""

    def check(name: str, value: Any) -> Any:
        # True is an int, but not a number of bytes.
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise TypeError(f"{name} must be {allowed}, not {value!r}")
        made = read(value)
        if made is None:
            raise ValueError(f"{name} must be {allowed}, not {value!r}")
        return made

    return check


def _each(
    kind: Any,
    allowed: str,
    read: Callable[[Any], Any],
    gather: Callable[[Iterable[Any]], Any] = tuple,
) -> Check:
    """A check of a list; *read* converts each entry."""
    entry = _one(kind, f"a list of {allowed}", read)

    def check(name: str, value: Any) -> Any:
        # A str would pass as a list of its letters.
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise TypeError(f"{name} must be a list of {allowed}, not {value!r}")
        return gather(entry(name, one) for one in value)

    return check


def _or_none(check: Check) -> Check:
    """Also accept None, which turns the check off; an empty list is an error."""

    def check_or_none(name: str, value: Any) -> Any:
        if value is None:
            return None
        try:
            checked = check(name, value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{error}; None turns it off") from None
        if checked in ((), frozenset()):
            raise ValueError(
                f"{name} must be None or a list of one at least, not {value!r}"
            )
        return checked

    return check_or_none


def _or_callable(check: Check) -> Check:
    """Also accept a callable, which returns a value for each request."""
    return lambda name, value: (_callable if callable(value) else check)(name, value)


def _method(text: str) -> str | None:
    # Methods are case-sensitive (RFC 9110, 9.1): "get" would refuse every GET. "*" is
    # a valid token, but whoever writes it means all methods, and it would refuse all.
    return text if is_token(text) and text == text.upper() != "*" else None


def _with_head(methods: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(methods)
    return allowed | {"HEAD"} if "GET" in allowed else allowed


def _media_range(text: str) -> MediaType | None:
    found = parse_media_type(text)
    if found is None or "q" in dict(found.parameters):
        return None
    if found.type == "*" != found.subtype:
        return None
    return found if is_sendable(("Accept", str(found))) else None


def _coding(text: str) -> str | None:
    coding = canonical_coding(text)
    return coding if is_token(coding) and coding != "*" else None


def _status(status: int) -> int | None:
    return status if 400 <= status <= 599 else None


def _size(size: int) -> int | None:
    return size if size >= 0 else None


def _json_errors(text: str) -> str | None:
    return text if text in ("complete", "keep") else None


def _header(pair: Any) -> tuple[str, str] | None:
    is_own = is_sendable(pair) and pair[0].lower() not in BODY_FIELDS
    is_own = is_own and pair[1] == pair[1].strip(" \t")  # h11 refuses such values
    return (pair[0], pair[1]) if is_own else None


def _callable(name: str, value: Any) -> Any:
    # The callable is called by synchronous code, which cannot await.
    ways = (value, getattr(value, "__call__", None))
    is_async = any(map(iscoroutinefunction, ways)) or any(map(isasyncgenfunction, ways))
    if not callable(value) or is_async or not may_take(value, 1):
        raise TypeError(f"{name} must be {_HOOK}, not {value!r}")
    return value


_BOOLEAN = _one(bool, "True or False")
_FOLDABLE = "statuses from 400 to 599"
_METHODS = _each(str, "methods such as 'GET'", _method, _with_head)
_SIZE = _one(int, "a number of bytes, 0 or more", _size)
_HEADERS = "pairs such as ('Vary', 'Origin') that can be sent and describe no body"
_HOOK = "a callable of one argument, the environ or scope, that is not async"
_MEDIA_RANGES = _each(
    str, "media ranges such as 'application/*', without weights", _media_range
)

#: Each option, and the check that validates and converts the caller's value.
OPTIONS: dict[str, Check] = {
    "allowed_methods": _or_none(_METHODS),
    "max_body_size": _or_none(_SIZE),
    "require_content_length": _BOOLEAN,
    "consumes": _or_none(_MEDIA_RANGES),
    "produces": _or_none(_MEDIA_RANGES),
    "produces_encodings": _or_none(_each(str, "codings such as 'gzip'", _coding)),
    "preserve_statuses": _each(int, _FOLDABLE, _status, frozenset),
    "json_errors": _one(str, "'complete' or 'keep'", _json_errors),
    "expose_messages": _BOOLEAN,
    "error_headers": _or_callable(_each((tuple, list), _HEADERS, _header)),
    "extra_fields": _or_none(_callable),
    "drain_limit": _SIZE,
    "propagate_exceptions": _BOOLEAN,
    "report_only": _BOOLEAN,
}
