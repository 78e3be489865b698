"""The apps of bulk_apps.py behind the middleware: by length, and chunked."""

from __future__ import annotations

from stderrmw import ASGIMiddleware, WSGIMiddleware

from . import bulk_apps

wsgi = WSGIMiddleware(bulk_apps.wsgi, max_body_size=bulk_apps.GIB)
asgi = ASGIMiddleware(bulk_apps.asgi, max_body_size=bulk_apps.GIB)

chunked_wsgi = WSGIMiddleware(
    bulk_apps.wsgi, max_body_size=bulk_apps.GIB, require_content_length=False
)
chunked_asgi = ASGIMiddleware(
    bulk_apps.asgi, max_body_size=bulk_apps.GIB, require_content_length=False
)
