"""Whether a callable is a WSGI or an ASGI app, told by how it can be called.

Never calls it. Knows nothing of where it comes from or what is done with it.
"""

from __future__ import annotations

import inspect
from typing import Any

WSGI = "wsgi"
ASGI = "asgi"

#: How many positional arguments a server calls it with.
TAKES = {WSGI: 2, ASGI: 3}
CALLABLES = {WSGI: "a WSGI callable", ASGI: "an ASGI callable"}

#: By the fewest positional arguments that an app can be called with: ``environ,
#: start_response`` (PEP 3333) or ``scope, receive, send`` (ASGI 3).
BY_ARGUMENTS = {2: WSGI, 3: ASGI}

#: What calling a class has to give: PEP 3333 iterates over it, ASGI awaits it.
RESULTS = {WSGI: "__iter__", ASGI: "__await__"}


def check_app(app: Any, interface: str) -> None:
    """Refuse what no request could call.

    :raises TypeError: naming the app and, where it surely is one of the other
        interface, the class that wraps it.
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
    """Whether it surely is: no proxy, and none that can be called in both ways."""
    try:
        told = interface_of(app, follow_wrapped=False)
        return told not in (None, interface) and not may_take(app, TAKES[interface])
    except Exception:  # of a proxy that has nothing behind it yet
        return False


def interface_of(app: Any, *, follow_wrapped: bool = True) -> str | None:
    """``"wsgi"``, ``"asgi"``, or None where neither is sure."""
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
    """How it is called, or None where that is written in C and says nothing."""
    # The method of a class, unlike that of an object, would ask for `self`.
    ways = (app,) if inspect.isclass(app) else (app, app.__call__)
    for way in ways:
        try:
            return inspect.signature(way, follow_wrapped=follow_wrapped)
        except (TypeError, ValueError):
            continue
    return None


def may_take(called: Any, count: int) -> bool:
    """Whether so many positional arguments suffice, as far as that can be told."""
    # A proxy, and what a decorator makes, need not take what they say they take.
    if hasattr(called, "__signature__") or hasattr(called, "__wrapped__"):
        return True
    signature = signature_of(called, follow_wrapped=False)
    return signature is None or _can_take(signature, count)


def _fewest(signature: inspect.Signature) -> int:
    """How few positional arguments suffice; -1 where three do not either."""
    counts = (count for count in range(4) if _can_take(signature, count))
    return next(counts, -1)


def _can_take(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
