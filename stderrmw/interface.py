"""Whether a callable is a WSGI or an ASGI app, told by how it can be called.

Never calls it. Knows nothing of where it comes from or what is done with it.
"""

from __future__ import annotations

import inspect
from typing import Any

WSGI = "wsgi"
ASGI = "asgi"

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
    words = f"app must be {CALLABLES[interface]}, not {app!r}"
    if not callable(app):
        raise TypeError(words)
    # What a decorator hands on to need not be called as it is itself.
    other = interface_of(app, follow_wrapped=False)
    if other not in (None, interface):
        raise TypeError(f"{words}, which {other.upper()}Middleware wraps")


def interface_of(app: Any, *, follow_wrapped: bool = True) -> str | None:
    """``"wsgi"``, ``"asgi"``, or None where neither is sure."""
    signature = signature_of(app, follow_wrapped)
    if signature is None:
        return None
    if inspect.isclass(app):
        told = BY_ARGUMENTS.get(_fewest(signature), "")
        return told if hasattr(app, RESULTS.get(told, told)) else None
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
