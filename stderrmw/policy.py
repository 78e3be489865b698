"""The options of a middleware: checked, normalised once and never changed.

The only place that reads what a caller wrote; everything after it looks up.
"""

from __future__ import annotations

from typing import (
    AbstractSet,
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Optional,
    Tuple,
    Type,
)

from .media_types import MediaType, canonical_coding, is_token, parse_media_type

DEFAULT_MAX_BODY_SIZE = 1_048_576
# Measured with clients that write all before they read: over every server, bodies
# of up to 8 MiB are then answered; a larger one costs more than the answer is worth.
DEFAULT_DRAIN_LIMIT = 8_388_608


class Policy:
    """What the options say, in the form in which requests are held against them.

    :raises TypeError, ValueError: naming the option, its value and what is allowed.
    """

    allowed_methods: Optional[FrozenSet[str]]
    max_body_size: Optional[int]
    require_content_length: bool
    consumes: Optional[Tuple[MediaType, ...]]
    produces: Optional[Tuple[MediaType, ...]]
    produces_encodings: Optional[Tuple[str, ...]]
    preserve_statuses: AbstractSet[int]
    json_errors: str
    drain_limit: int
    propagate_exceptions: bool

    def __init__(self, options: Mapping[str, object]) -> None:
        for name, normalised in OPTIONS.items():
            setattr(self, name, normalised(name, options[name]))


def text_of(media_type: MediaType) -> str:
    """The media type as it is written in a header field."""
    parameters = (f";{name}={value}" for name, value in sorted(media_type.parameters))
    return f"{media_type.type}/{media_type.subtype}{''.join(parameters)}"


def _wrong(
    name: str, value: object, allowed: str, kind: Type[Exception] = ValueError
) -> Exception:
    return kind(f"{name} must be {allowed}, not {value!r}")


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, "True or False", TypeError)
    return value


def _size(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, value, "a number of bytes (int)", TypeError)
    if value < 0:
        raise _wrong(name, value, "0 bytes or more")
    return value


def _json_errors(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, value, "'complete' or 'keep'", TypeError)
    if value not in ("complete", "keep"):
        raise _wrong(name, value, "'complete' or 'keep'")
    return value


def _texts(name: str, value: object) -> List[str]:
    """A list of str; a lone str is refused, since its letters are no list."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise _wrong(name, value, "a list of str, or None", TypeError)
    entries = list(value)
    for entry in entries:
        if not isinstance(entry, str):
            raise _wrong(name, entry, "a list of str, or None", TypeError)
    if not entries:
        raise _wrong(name, value, "a list of at least one, or None")
    return entries


def _methods(name: str, value: object) -> FrozenSet[str]:
    methods = frozenset(_texts(name, value))
    for method in methods:
        # Methods are case-sensitive (RFC 9110, 9.1): "get" would refuse every GET.
        if not is_token(method) or method != method.upper():
            raise _wrong(name, method, "a list of methods such as 'GET'")
    return methods | {"HEAD"} if "GET" in methods else methods


def _media_ranges(name: str, value: object) -> Tuple[MediaType, ...]:
    ranges = [(text, parse_media_type(text)) for text in _texts(name, value)]
    for text, found in ranges:
        if found is None or (found.type == "*" and found.subtype != "*"):
            raise _wrong(name, text, "a list of media ranges such as 'application/*'")
        if any(parameter == "q" for parameter, _ in found.parameters):
            raise _wrong(name, text, "a list of media ranges without weights")
    return tuple(found for _, found in ranges if found)


def _codings(name: str, value: object) -> Tuple[str, ...]:
    codings = tuple(map(canonical_coding, _texts(name, value)))
    for coding in codings:
        if not is_token(coding) or coding == "*":
            raise _wrong(name, coding, "a list of content codings such as 'gzip'")
    return codings


def _statuses(name: str, value: object) -> FrozenSet[int]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise _wrong(name, value, "a set of statuses (int)", TypeError)
    statuses = list(value)
    for status in statuses:
        if not isinstance(status, int) or isinstance(status, bool):
            raise _wrong(name, status, "a set of statuses (int)", TypeError)
        if not 400 <= status <= 599:
            raise _wrong(name, status, "a set of statuses from 400 to 599")
    return frozenset(statuses)


def _or_none(check: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    return lambda name, value: None if value is None else check(name, value)


#: Each option and what makes its value out of the caller's.
OPTIONS: Dict[str, Callable[[str, object], Any]] = {
    "allowed_methods": _or_none(_methods),
    "max_body_size": _or_none(_size),
    "require_content_length": _boolean,
    "consumes": _or_none(_media_ranges),
    "produces": _or_none(_media_ranges),
    "produces_encodings": _or_none(_codings),
    "preserve_statuses": _statuses,
    "json_errors": _json_errors,
    "drain_limit": _size,
    "propagate_exceptions": _boolean,
}
