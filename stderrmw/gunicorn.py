"""For gunicorn's config file: a hook that wraps the app, and standard server errors.

Depends on what gunicorn does not document: which attribute of a worker holds the app,
and what sends gunicorn's own errors. Checked in 20.1, 23.0, 25.3, 26.2 and 27.0.
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


# The options are keywords only: gunicorn checks the number of a hook's parameters.
def post_worker_init(worker: Any, **options: Any) -> None:
    """Wrap the app that the worker has loaded.

    A config file imports this hook, or calls it with options of the middleware from
    its own hook of the same name. An app that is already wrapped is left alone.
    """
    check_names(options)
    # gunicorn's own ASGI worker has ``asgi`` instead of ``wsgi``; uvicorn's worker
    # keeps its ASGI app in ``wsgi``.
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
    """Warn if the command line replaced a wrapped ``wsgi_app``."""
    served = getattr(worker.app, "app_uri", None)
    configured = worker.cfg.wsgi_app or ""
    if configured.startswith("stderrmw:") and served != configured:
        worker.log.warning(OVERRIDDEN, served, configured)


def json_server_errors() -> None:
    """Make the errors that gunicorn sends without an app standard errors.

    To be called from a config file; further calls change nothing.

    :raises RuntimeError: if this gunicorn sends its errors in another way.
    """
    replace("gunicorn.util", write_error)
    for package in filter(find_spec, ["gunicorn.asgi"]):  # since gunicorn 24
        replace(f"{package}.protocol:ASGIProtocol", _send_error_response)


def write_error(sock: Any, status_int: int, reason: str, mesg: str) -> None:
    """Replaces that of the WSGI workers; *reason* may not match the status."""
    util = importlib.import_module("gunicorn.util")
    util.write_nonblock(sock, response(status_int, mesg))


def _send_error_response(
    self: Any,
    status: int,
    message: str,
    extra_headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Replaces that of gunicorn's ASGI worker."""
    self._safe_write(response(status, message, extra_headers))


def replace(place: str, ours: Callable[..., None]) -> None:
    """Replace gunicorn's function of the same name and parameters by *ours*."""
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
    """Whether it is a plain function with these parameters, or the first of them."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return False
    names = list(inspect.signature(function).parameters)
    return bool(names) and names == parameters[: len(names)]
