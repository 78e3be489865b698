"""Finds the options that apply to a path. Does not know what the options mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .gate import Gate
from .policy import OPTIONS, Policy

# A server or an app may remove these, and then sees another path.
_AMBIGUOUS = frozenset({"", ".", ".."})


class Overrides:
    """The gates of all paths, found by the longest prefix of whole segments.

    :param options: of the constructor; an override contains only what differs.
    :raises TypeError, ValueError: naming the prefix and the option.
    :ivar only: the gate of every path if there are no overrides, else None.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        overrides = {} if options["overrides"] is None else options["overrides"]
        if not isinstance(overrides, Mapping):
            raise TypeError(
                f"overrides must be None or a dict of path prefixes, not {overrides!r}"
            )
        default = {name: _kept(options[name]) for name in OPTIONS}
        self._default = Gate(Policy(default))
        self.only = None if overrides else self._default
        self._gates: dict[tuple[str, ...], Gate | None] = {}
        for prefix, own in overrides.items():
            if _prefix(prefix) in self._gates:
                raise ValueError(
                    f"overrides must have a prefix once, not {prefix!r} too"
                )
            self._gates[_prefix(prefix)] = _gate(prefix, default, own)
        self._depth = max(map(len, self._gates), default=0)

    def find(self, path: str) -> Gate | None:
        """The gate of a path, or None if the path is left alone.

        An ambiguous path, with an empty, "." or ".." segment, gets the default gate.
        """
        segments = _segments(path)
        if segments is None:
            return self._default
        for length in range(min(len(segments), self._depth), -1, -1):
            if segments[:length] in self._gates:
                return self._gates[segments[:length]]
        return self._default


def _kept(value: Any) -> Any:
    """A value that can be read again for each override, unlike an iterator."""
    return list(value) if isinstance(value, Iterator) else value


def _segments(path: str) -> tuple[str, ...] | None:
    """The segments of a path, or None if one is empty, "." or ".."."""
    if path and path[0] != "/":
        return None
    segments = path[1:].split("/")
    if not segments[-1]:
        del segments[-1]  # the path is empty or has a trailing slash
    return None if _AMBIGUOUS.intersection(segments) else tuple(segments)


def _prefix(prefix: object) -> tuple[str, ...]:
    if not isinstance(prefix, str):
        raise TypeError(f"overrides must have path prefixes for keys, not {prefix!r}")
    segments = _segments(prefix)
    if segments is None or not prefix:
        raise ValueError(f"overrides must have keys such as '/a/b', not {prefix!r}")
    return segments


def _gate(prefix: str, default: Mapping[str, Any], options: Any) -> Gate | None:
    if options is None:
        return None
    if not isinstance(options, Mapping):
        raise TypeError(
            f"overrides[{prefix!r}] must be None or a dict, not {options!r}"
        )
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        raise TypeError(
            f"overrides[{prefix!r}] has an unknown option {unknown[0]!r}; there are"
            f" {', '.join(OPTIONS)}"
        )
    try:
        return Gate(Policy({**default, **options}))
    except (TypeError, ValueError) as error:
        raise type(error)(f"overrides[{prefix!r}]: {error}") from None
