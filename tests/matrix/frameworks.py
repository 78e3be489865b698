"""The frameworks of the matrix, and what each needs to be there."""

from __future__ import annotations

from .asgi_frameworks import ASGI
from .wsgi_frameworks import WSGI

#: framework: the module without which it is not there
FRAMEWORKS = {name: name.partition("-")[0] for name in [*WSGI, *ASGI]}
