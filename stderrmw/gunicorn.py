"""For gunicorn's config file: a hook that wraps the app, and standard server errors.

Knows what gunicorn does not document: which attribute of a worker holds the app, and
what sends gunicorn's own errors. Read in gunicorn 20.1, 23.0, 25.3, 26.2 and 27.0.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

from .asgi import ASGIMiddleware
from .interface import ASGI, interface_of
from .server_error import response
from .suggestions import check_names
from .wsgi import WSGIMiddleware


# The options are no positional parameters: gunicorn takes only hooks of its arity.
def post_worker_init(worker: Any, **options: Any) -> None:
    """Wrap the app that the worker has loaded, whatever it was named by.

    A config file imports it, or calls it from a hook of the same name with the
    options of the middleware. An app that is wrapped already is left alone.
    """
    check_names(options)
    # gunicorn's own ASGI worker has ``asgi`` in the place of ``wsgi``; uvicorn's has
    # its ASGI app in ``wsgi``.
    name = "asgi" if hasattr(worker, "asgi") else "wsgi"
    app = getattr(worker, name)
    if isinstance(app, (ASGIMiddleware, WSGIMiddleware)):
        if options:
            worker.log.warning(UNUSED_OPTIONS, ", ".join(options))
        return
    warn_if_overridden(worker)
    if name == "asgi" or interface_of(app) == ASGI:
        setattr(worker, name, ASGIMiddleware(app, **options))
    else:
        setattr(worker, name, WSGIMiddleware(app, **options))


UNUSED_OPTIONS = "stderrmw: the app is wrapped already, post_worker_init leaves out %s"
OVERRIDDEN = (
    "stderrmw: gunicorn serves %r, named on the command line, instead of wsgi_app = %r;"
    " post_worker_init wraps it, with its own options"
)


def warn_if_overridden(worker: Any) -> None:
    """Say so where the command line took the place of a wrapped ``wsgi_app``."""
    served = getattr(worker.app, "app_uri", None)
    configured = worker.cfg.wsgi_app or ""
    if configured.startswith("stderrmw:") and served != configured:
        worker.log.warning(OVERRIDDEN, served, configured)


def json_server_errors() -> None:
    """Make standard errors of those that gunicorn answers without any app.

    For a config file to call; each further call changes nothing.

    :raises RuntimeError: where this gunicorn sends its errors in another way.
    """
    replace("gunicorn.util", write_error)
    for package in filter(find_spec, ["gunicorn.asgi"]):  # since gunicorn 24
        replace(f"{package}.protocol:ASGIProtocol", _send_error_response)


def write_error(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """What the WSGI workers answer; *reason* is not always that of the status."""
    util = importlib.import_module("gunicorn.util")
    util.write_nonblock(sock, response(status_int, mesg))


def _send_error_response(
    self: Any,
    status: int,
    message: str,
    extra_headers: Iterable[tuple[str, str]] = (),
) -> None:
    """What gunicorn's ASGI worker answers."""
    self._safe_write(response(status, message, extra_headers))


def replace(place: str, ours: Callable[..., None]) -> None:
    """Put *ours* where gunicorn has a function of that name and those parameters."""
    module, _, owner_name = place.partition(":")
    owner: Any = importlib.import_module(module)
    owner = getattr(owner, owner_name) if owner_name else owner
    name, parameters = ours.__name__, list(inspect.signature(ours).parameters)
    if not takes(getattr(owner, name, None), parameters):
        version = importlib.import_module("gunicorn").__version__
        raise RuntimeError(
            f"stderrmw.gunicorn.json_server_errors() does not know how gunicorn"
            f" {version} sends its errors: {place} has no function"
            f" {name}({', '.join(parameters)}); leave the call out"
        )
    setattr(owner, name, ours)


def takes(function: Any, parameters: list[str]) -> bool:
    """Whether it is a plain function of these parameters, or the first of them."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return False
    names = list(inspect.signature(function).parameters)
    return bool(names) and names == parameters[: len(names)]
