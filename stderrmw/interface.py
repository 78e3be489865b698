"""Tells WSGI from ASGI apps by their signature, without calling them.

Does not know where an app comes from, or what it is used for.
"""

from __future__ import annotations

import inspect
from typing import Any

WSGI = "wsgi"
ASGI = "asgi"

#: How many positional arguments a server passes.
TAKES = {WSGI: 2, ASGI: 3}
CALLABLES = {WSGI: "a WSGI callable", ASGI: "an ASGI callable"}

#: By the fewest positional arguments that an app accepts: ``environ,
#: start_response`` (PEP 3333) or ``scope, receive, send`` (ASGI 3).
BY_ARGUMENTS = {2: WSGI, 3: ASGI}

#: What the instance of a class must have: PEP 3333 iterates over it, ASGI awaits it.
RESULTS = {WSGI: "__iter__", ASGI: "__await__"}


def check_app(app: Any, interface: str) -> None:
    """Refuse an app that would fail on every request.

    :raises TypeError: naming the app and, if it certainly has the other interface,
        the class that wraps it.
    """
    words = CALLABLES[interface]
    if not callable(app):
        raise TypeError(f"app must be {words}, not {app!r}")
    if _is_of_another(app, interface):
        other = ASGI if interface == WSGI else WSGI
        raise TypeError(
            f"app must be {words}, not {app!r}, which {other.upper()}Middleware wraps"
        )


def _is_of_another(app: Any, interface: str) -> bool:
    """Whether it certainly is: not a proxy, and not callable in both ways."""
    try:
        told = interface_of(app, follow_wrapped=False)
        return told not in (None, interface) and not may_take(app, TAKES[interface])
    except Exception:  # raised by a proxy that is not bound yet
        return False


def interface_of(app: Any, *, follow_wrapped: bool = True) -> str | None:
    """``"wsgi"``, ``"asgi"``, or None if neither is certain."""
    signature = signature_of(app, follow_wrapped)
    if signature is None:
        return None
    if inspect.isclass(app):
        told = BY_ARGUMENTS.get(_fewest(signature))
        return told if told and hasattr(app, RESULTS[told]) else None
    if any(map(inspect.iscoroutinefunction, (app, app.__call__))):
        return ASGI if _can_take(signature, 3) else None
    return BY_ARGUMENTS.get(_fewest(signature))


def signature_of(app: Any, follow_wrapped: bool = True) -> inspect.Signature | None:
    """The signature of an app, or None if it is written in C and has none."""
    # On a class, `__call__` would include `self`.
    ways = (app,) if inspect.isclass(app) else (app, app.__call__)
    for way in ways:
        try:
            return inspect.signature(way, follow_wrapped=follow_wrapped)
        except (TypeError, ValueError):
            continue
    return None


def may_take(called: Any, count: int) -> bool:
    """Whether *count* positional arguments suffice; True if that is unknown."""
    # The declared signature of a proxy or a decorated function may be wrong.
    if hasattr(called, "__signature__") or hasattr(called, "__wrapped__"):
        return True
    signature = signature_of(called, follow_wrapped=False)
    return signature is None or _can_take(signature, count)


def _fewest(signature: inspect.Signature) -> int:
    """The fewest positional arguments that suffice; -1 if more than three."""
    counts = (count for count in range(4) if _can_take(signature, count))
    return next(counts, -1)


def _can_take(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
