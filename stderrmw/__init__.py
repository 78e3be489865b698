"""Middleware that enforces a JSON error standard, for WSGI and ASGI."""

from .asgi import ASGIMiddleware
from .errors import FieldError, StandardError
from .loading import wrap
from .status import PROTOCOL_STATUSES
from .wsgi import WSGIMiddleware

__version__ = "0.1.0"

__all__ = [
    "ASGIMiddleware",
    "FieldError",
    "PROTOCOL_STATUSES",
    "StandardError",
    "WSGIMiddleware",
    "wrap",
]
