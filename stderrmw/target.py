"""Parses a string such as ``pkg.mod:app``; imports and evaluates nothing."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

FORMS = "pkg.mod:app, pkg.mod:obj.app or pkg.mod:make_app('literals', only=True)"


class TargetError(ValueError):
    """What is wrong with a target, in one line; ``__cause__`` has the traceback."""


class TargetSyntaxError(TargetError, SyntaxError):
    """Also a SyntaxError, the only exception that gunicorn --reload survives."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.msg = words  # shown in the traceback of a SyntaxError

    __str__ = ValueError.__str__


class Target(NamedTuple):
    """Where an app is and, for a factory, the arguments of the call."""

    module: str
    names: list[str]
    call: tuple[list[Any], dict[Any, Any]] | None


def parse(target: str) -> Target:
    """The parts of *target*.

    :raises TargetError: if it has none of the FORMS.
    """
    if not isinstance(target, str):
        raise TypeError(f"target must be a str, {FORMS}, not {target!r}")
    module, _, words = target.partition(":")
    try:
        if not module:
            raise ValueError(target)
        return Target(module, *_names_and_call(words))
    except (SyntaxError, TypeError, ValueError):
        raise TargetError(f"{target} is not of the form {FORMS}") from None


def _names_and_call(words: str) -> tuple[list[str], Any]:
    """The dotted names and, if there is a call, its arguments."""
    expression = ast.parse(words.strip(), mode="eval").body
    if not isinstance(expression, ast.Call):
        return _dotted(expression), None
    arguments = [ast.literal_eval(value) for value in expression.args]
    named = {it.arg: ast.literal_eval(it.value) for it in expression.keywords}
    return _dotted(expression.func), (arguments, named)


def _dotted(expression: ast.expr) -> list[str]:
    if isinstance(expression, ast.Attribute):
        return [*_dotted(expression.value), expression.attr]
    if isinstance(expression, ast.Name):
        return [expression.id]
    raise ValueError(expression)
