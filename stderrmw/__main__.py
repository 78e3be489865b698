"""``python3 -m stderrmw [pkg.mod:app]``: serves an app behind the middleware, to try.

Chooses the server and prints what to try. Does not check the options.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .asgi import ASGIMiddleware
from .demo import OPTIONS, REQUESTS
from .flags import PROG, given, parser, read
from .loading import wrap
from .serve import Server
from .serve_asgi import AsgiServer
from .target import TargetError
from .wsgi import WSGIMiddleware

DEMO = "stderrmw.demo:legacy_app"


class Unservable(Exception):
    """What is wrong, in one line for the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C, and return the exit status."""
    options = read(arguments)
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


def listen(options: argparse.Namespace) -> Server | AsgiServer:
    """The right server for the app, with the app behind the middleware."""
    app = wrapped(options)
    host, number = options.host, options.port
    try:
        host.encode("idna")  # a socket that fails on this would be left open
        if isinstance(app, WSGIMiddleware):
            return Server(app, host, number)
        return AsgiServer(app, host, number)
    except ImportError as error:
        needs = "an ASGI app is served on uvicorn: python3 -m pip install uvicorn"
        raise Unservable(f"{options.target}: {error}; {needs}")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "choose another --host or --port"
        raise Unservable(f"cannot listen on {host}:{number}: {reason}; {hint}")


def wrapped(options: argparse.Namespace) -> WSGIMiddleware | ASGIMiddleware:
    """The requested app, wrapped; also finds modules in the current directory."""
    sys.path.insert(0, os.getcwd())
    target = options.target or DEMO
    policy = {} if options.target else OPTIONS
    try:
        chosen = {**policy, **given(options)}
        return wrap(target, interface=options.interface, **chosen)
    except TargetError as error:
        raise Unservable(str(error))
    except (TypeError, ValueError) as error:
        parser().error(str(error))


def greeting(target: str | None, url: str) -> list[str]:
    """The lines to print: the app, its URL and requests to try."""
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
