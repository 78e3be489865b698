"""The filter ``egg:stderrmw`` for Paste Deploy.

Does not import Paste Deploy, which finds it through an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .text_options import read_options
from .wsgi import WSGIMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def main(
    app: WSGIApplication, global_conf: dict[str, Any], /, **local_conf: str
) -> WSGIMiddleware:
    """A ``paste.filter_app_factory``; the options come from the filter's section.

    :raises ValueError: naming the option, its value and what is allowed.
    """
    return WSGIMiddleware(app, **read_options(local_conf))
