"""``wrap``: imports the app that a string names, and wraps it in the right middleware.

Does not know what an option means.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from textwrap import shorten
from typing import Any

from .asgi import ASGIMiddleware
from .interface import ASGI, WSGI, interface_of, signature_of
from .suggestions import check_names, did_you_mean
from .target import TargetError, TargetSyntaxError, parse
from .wsgi import WSGIMiddleware


def wrap(
    target: str, *, interface: str | None = None, **options: Any
) -> WSGIMiddleware | ASGIMiddleware:
    """The app that *target* names, behind the middleware.

    :param target: ``pkg.mod:app``, ``pkg.mod:obj.app`` or, for a factory,
        ``pkg.mod:make_app('literals', only=True)``.
    :param interface: ``"wsgi"`` or ``"asgi"``; None: detected from the app's
        signature.
    :param options: those of the two classes.
    :raises ValueError: if there is no such app, naming what there is.
    :raises TypeError: if there is no such option, or as the classes do.
    """
    check_names(options)
    if interface not in (None, WSGI, ASGI):
        raise ValueError(f"interface must be 'wsgi', 'asgi' or None, not {interface!r}")
    app = load(target)
    told = interface or interface_of(app)
    if told is None:
        raise TargetError(_undecided(target, app))
    if told == WSGI:
        return WSGIMiddleware(app, **options)
    return ASGIMiddleware(app, **options)


def load(target: str) -> Any:
    """The callable that *target* names.

    :raises TargetError: if there is none.
    """
    module_name, names, call = parse(target)
    try:
        found = importlib.import_module(module_name)
    except SyntaxError as error:
        words = f"{target}: {_not_imported(module_name, error)}"
        raise TargetSyntaxError(words) from error
    # A module that is a script may call sys.exit().
    except (Exception, SystemExit) as error:
        raise TargetError(f"{target}: {_not_imported(module_name, error)}") from error
    for name in names:
        found = _attribute(target, found, name)
    if call is not None:
        found = _called(target, found, *call)
    if not callable(found):
        raise TargetError(f"{target} is of type {type(found).__name__}, not callable")
    return found


def _attribute(target: str, holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name)
    except AttributeError as error:
        there = _callables(holder)
        words = ", ".join(there[:12]) or "nothing"
        raise TargetError(
            f"{target}: no {name} in {_place(holder)}; callable there: {words}"
            f"{did_you_mean(name, there)}"
        ) from error


def _called(target: str, factory: Any, arguments: Any, named: Any) -> Any:
    try:
        return factory(*arguments, **named)
    except Exception as error:
        raise TargetError(f"{target}: calling it: {_said(error)}") from error


def _not_imported(module_name: str, error: BaseException) -> str:
    """Why: the module does not exist, or it fails."""
    if isinstance(error, ModuleNotFoundError):
        missing = str(error.name)
        if f"{module_name}.".startswith(f"{missing}."):
            return f"{error}{did_you_mean(missing, _modules_beside(missing))}"
    return f"importing {module_name}: {_said(error)}"


def _modules_beside(name: str) -> list[str]:
    parent, dot, _ = name.rpartition(".")
    path = getattr(sys.modules.get(parent), "__path__", []) if parent else None
    return [parent + dot + module.name for module in pkgutil.iter_modules(path)]


def _said(error: BaseException) -> str:
    """The type and message of an exception, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _callables(holder: Any) -> list[str]:
    """The public names of callables; properties are not evaluated."""
    names = (name for name in dir(holder) if not name.startswith("_"))
    return [
        name for name in names if callable(inspect.getattr_static(holder, name, None))
    ]


def _place(holder: Any) -> str:
    if not inspect.ismodule(holder):
        return f"an object of type {type(holder).__name__}"
    return getattr(holder, "__file__", None) or holder.__name__


def _undecided(target: str, app: Any) -> str:
    signature = signature_of(app)
    takes = ", ".join(signature.parameters) if signature else "unknown"
    factory = "" if target.endswith(")") else f", or call a factory, {target}()"
    return (
        f"{target}, of type {type(app).__name__}, is called with "
        f"({shorten(takes, 60)}), not surely with (environ, start_response) or "
        f"(scope, receive, send): name its interface, wsgi or asgi{factory}"
    )
