"""``python3 -m stderrmw [pkg.mod:app]``: an app behind the middleware, to try.

Knows the command line and where an app is found; nothing of how it is answered for.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .demo import OPTIONS, REQUESTS, legacy_app
from .serve import Server
from .wsgi import WSGIMiddleware

PROG = "python3 -m stderrmw"


class Unservable(Exception):
    """What is wrong, in the one line that the user reads of it."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Serve until Ctrl-C, and return the exit status."""
    options = parser().parse_args(arguments)
    try:
        with listen(options) as server:
            print("\n".join(greeting(options.target, server.url)), flush=True)
            server.serve_forever()
    except Unservable as error:
        print(f"{PROG}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments and what they may be."""
    built = argparse.ArgumentParser(PROG, description="Try an app behind stderrmw.")
    about = "a WSGI app to import; without it, a legacy app that is built in"
    built.add_argument("target", nargs="?", metavar="pkg.mod:app", help=about)
    built.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    about = "default: %(default)s; 0 takes a free one"
    built.add_argument("--port", type=port, default=8000, help=about)
    return built


def port(text: str) -> int:
    """The port number, for argparse."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 65535")
    return number


def listen(options: argparse.Namespace) -> Server:
    """The server with the app that was asked for, behind the middleware."""
    app, policy = choose(options.target)
    host, number = options.host, options.port
    try:
        return Server(WSGIMiddleware(app, **policy), host, number)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "choose another --host or --port"
        raise Unservable(f"cannot listen on {host}:{number}: {reason}; {hint}")


def choose(target: Optional[str]) -> Tuple[Any, Dict[str, Any]]:
    """The app, and the middleware's options for it."""
    if target is None:
        return legacy_app, OPTIONS
    return load(target), {}


def load(target: str) -> Any:
    """The app that ``pkg.mod:app`` names; modules in the current directory count."""
    module_name, _, name = target.partition(":")
    if not (module_name and name):
        raise Unservable(f"{target} is not of the form pkg.mod:app")
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        # Some exceptions have many lines to say.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise Unservable(f"{target}: importing {module_name}: {reason}")
    return checked(target, module, name)


def checked(target: str, module: Any, name: str) -> Any:
    """The app, or in words what was found in its place."""
    if not hasattr(module, name):
        place = getattr(module, "__file__", None) or module.__name__
        there = ", ".join(callables(module)) or "nothing"
        raise Unservable(f"{target}: no {name} in {place}; callable there: {there}")
    app = getattr(module, name)
    if not callable(app):
        raise Unservable(f"{target} is of type {type(app).__name__}, not callable")
    if any(map(inspect.iscoroutinefunction, (app, type(app).__call__))):
        raise Unservable(f"{target} is an ASGI app, not a WSGI app")
    return app


def callables(module: Any) -> List[str]:
    """The public callables of the module, as many as fit a line."""
    names = (name for name in sorted(vars(module)) if not name.startswith("_"))
    return [name for name in names if callable(getattr(module, name))][:12]


def greeting(target: Optional[str], url: str) -> List[str]:
    """The lines to print: what is served where, and requests to try."""
    served = target or "a legacy app"
    lines = [f"Serving {served} behind stderrmw on {url} until Ctrl-C. Try:", ""]
    if target is not None:
        return [*lines, f"  curl -i {url}/", ""]
    for meets, arguments, path in REQUESTS:
        words = filter(None, ("curl", arguments, url + path, r'-w "\n"'))
        lines += [f"  {meets}", f"    {' '.join(words)}"]
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
