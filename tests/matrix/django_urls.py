"""The four views in Django, which finds them by the name of this module."""

from __future__ import annotations

from typing import NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from .views import WORDS, crash, read_all


@require_GET
def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def abort(request: HttpRequest) -> NoReturn:
    raise Http404(WORDS)


def fail(request: HttpRequest) -> NoReturn:
    crash()


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Read what the server has: for WSGI Django takes no length for no body."""
    environ = getattr(request, "environ", None)
    read = environ["wsgi.input"].read if environ else request.read
    return HttpResponse(read_all(read))


urlpatterns = [
    path("fine", fine),
    path("abort", abort),
    path("crash", fail),
    path("upload", upload),
]
