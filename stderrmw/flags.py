"""Parses the arguments of ``python3 -m stderrmw``: one flag for each option.

Knows nothing of apps and servers.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from inspect import signature
from typing import Any, NoReturn

from .interface import ASGI, WSGI
from .suggestions import did_you_mean
from .text_options import OPTIONS, TextOption, read_options
from .wsgi import WSGIMiddleware

PROG = "python3 -m stderrmw"

NOTES = (
    "A SIZE is in bytes, or has a unit: kB, MB, GB, KiB, MiB or GiB. A LIST is "
    "divided by commas or blanks, and its flag may be repeated. "
    '"none" checks nothing.'
)


class Parser(argparse.ArgumentParser):
    """Reports an error in one line; the usage would be twenty."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help tells what there is)\n")


class Switch(argparse.Action):
    """``--name`` or ``--no-name``, as text."""

    def __call__(self, *arguments: Any) -> None:
        _, namespace, _, option_string = arguments
        text = "no" if option_string.startswith("--no-") else "yes"
        setattr(namespace, self.dest, text)


def parser() -> Parser:
    """The parser of the arguments."""
    built = Parser(PROG, description="Try an app behind stderrmw.", allow_abbrev=False)
    about = "the app to import; without it, a legacy app that is built in"
    built.add_argument("target", nargs="?", metavar="pkg.mod:app", help=about)
    built.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    about = "default: %(default)s; 0 takes a free one"
    built.add_argument("--port", type=port, default=8000, help=about)
    about = "default: told from how the app can be called"
    built.add_argument("--interface", choices=(WSGI, ASGI), help=about)
    group = built.add_argument_group("options of the middleware", NOTES)
    parameters = signature(WSGIMiddleware).parameters
    for name, option in OPTIONS.items():
        add_flag(group, name, option, parameters[name].default)
    return built


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments, None for those of the process; exit if one is wrong."""
    built = parser()
    found, unknown = built.parse_known_args(arguments)
    if unknown:
        flags = sorted(set(re.findall(r"--[a-z-]+", built.format_help())))
        near = did_you_mean(unknown[0].partition("=")[0], flags)
        built.error(f"unrecognized arguments: {' '.join(unknown)}{near}")
    return found


def add_flag(group: Any, name: str, option: TextOption, default: Any) -> None:
    """Add the flag of one option. Repeated flags form one list."""
    flag = name.replace("_", "-")
    shown = {True: "yes", False: "no"}.get(default, default) or "none"
    about = f"{option.meaning} (default: {shown})"
    if not option.kind.metavar:
        names = (f"--{flag}", f"--no-{flag}")
        group.add_argument(*names, action=Switch, nargs=0, help=about, dest=name)
        return
    if name == "error_headers":
        flag = "error-header"
    group.add_argument(
        f"--{flag}",
        action="append" if option.kind.repeats else "store",
        metavar=option.kind.metavar,
        help=about,
        dest=name,
    )


def port(text: str) -> int:
    """The port number, for argparse."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 65535")
    return number


def given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of the middleware that were given as arguments.

    :raises ValueError: naming the option, its text and what is allowed.
    """
    texts = {}
    for name in OPTIONS:
        text = getattr(arguments, name)
        if text is not None:
            texts[name] = text if isinstance(text, str) else "\n".join(text)
    return read_options(texts)
