"""``docs/recipes.rst``, of what the extra ``test`` installs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import path

from stderrmw import ASGIMiddleware, WSGIMiddleware

from .documented import (
    ASK,
    HOST,
    Answer,
    Load,
    assert_recipe_of_a_framework_holds,
    by_asgi,
    by_wsgi,
    loading,
)
from .interfaces import JSON, Pairs, Req

load = pytest.fixture(loading)

FRAMEWORKS: Dict[str, Callable[..., Answer]] = {
    "Flask": by_wsgi,
    "Bottle": by_wsgi,
    "Starlette and FastAPI": by_asgi,
}
WRAPPED = {"wsgi": WSGIMiddleware, "asgi": ASGIMiddleware}

both = pytest.mark.parametrize("interface", ASK)


# Frameworks


@pytest.mark.parametrize("title", FRAMEWORKS)
def test_what_a_view_raises_reaches_the_client(load: Load, title: str) -> None:
    assert_recipe_of_a_framework_holds(load(title).app, FRAMEWORKS[title])


@both
def test_what_a_view_of_django_raises_reaches_the_client(
    load: Load, interface: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")
    settings.configured or settings.configure()
    views = load("Django", "mysite.views")

    with override_settings(
        ALLOWED_HOSTS=["localhost"],
        MIDDLEWARE=["mysite.errors.StandardErrors"],
        ROOT_URLCONF=(path("issues", views.create_issue),),
    ):
        module = load("Django", f"mysite.{interface}")
        assert_recipe_of_a_framework_holds(module.application, ASK[interface])


OTHER_HOST = Req(headers=(("Host", "example.org"),))
WITHOUT_LENGTH = OTHER_HOST._replace(method="POST")


def test_among_starlettes_middleware_what_is_further_out_is_lost(load: Load) -> None:
    app = load("What add_middleware loses").app

    refused = by_asgi(app, "/", WITHOUT_LENGTH)
    crashed = by_asgi(app, "/crash").error(500)

    assert (refused.status, refused.body) == (400, b"Invalid host header")
    assert refused.headers["content-type"].startswith("text/plain")
    assert crashed == {"code": 500, "message": "Internal Server Error"}


def test_around_starlette_nothing_is_lost(load: Load) -> None:
    app = load("What add_middleware loses").app
    del app.user_middleware[-1]  # what was added first: ours
    wrapped = ASGIMiddleware(app)

    crashed = by_asgi(wrapped, "/crash").error(500)

    by_asgi(wrapped, "/", OTHER_HOST).error(400)
    by_asgi(wrapped, "/", WITHOUT_LENGTH).error(411)
    assert crashed == {"code": 500, "message": "We have been told"}


# Under a prefix


@both
def test_a_mounted_app_alone_is_kept_to_the_standard(
    load: Load, interface: str
) -> None:
    app, ask = load("Under a prefix", interface).app, ASK[interface]

    outside = ask(app, "/nowhere")

    ask(app, "/api/nowhere").error(404)
    assert ask(app, "/api/fine").status == 200
    assert outside.status == 404
    assert outside.headers["content-type"] != "application/json"


@both
def test_an_override_of_a_mounted_app_has_the_path_that_it_sees(
    load: Load, interface: str
) -> None:
    app, ask = load("Under a prefix", interface).app, ASK[interface]
    large = b"x" * 1_048_577
    upload = Req("POST", (*HOST, ("Content-Length", str(len(large)))), (large,))

    assert ask(app, "/api/uploads", upload).status == 200
    ask(app, "/api/fine", upload).error(413)


# CORS

ORIGIN, OTHER = "https://example.org", "https://a.example"
ISSUE: Pairs = (*JSON, ("Content-Length", "13"))
PREFLIGHT: Pairs = (
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "Content-Type"),
)
# what a browser sends besides Host and Origin, and the status that it gets
ASKED: Dict[str, Tuple[str, Req, int]] = {
    "a preflight": ("/issues", Req("OPTIONS", PREFLIGHT), 200),
    "a success": ("/issues", Req("POST", ISSUE, (b'{"title": ""}',)), 200),
    "an error of the app": ("/nowhere", Req(), 404),
    "a refusal": ("/issues", Req("POST", JSON), 411),
    "a crash": ("/crash", Req(), 500),
}
LAYERS: Dict[str, Tuple[str, str]] = {
    "outside": ("CORS outside", "main"),
    "inside, wsgi": ("CORS inside", "wsgi"),
    "inside, asgi": ("CORS inside", "asgi"),
}
everywhere = pytest.mark.parametrize(
    "layer, asked",
    [(layer, asked) for layer in LAYERS for asked in list(ASKED)[:4]]
    + [("outside", "a crash")],
)


def from_origin(origin: str, request: Req = Req()) -> Req:
    """The request, as a browser sends it for a script of that origin."""
    headers = (*HOST, ("Origin", origin), *request.headers)
    return request._replace(headers=headers)


def ask_from(origin: str, load: Load, layer: str, asked: str) -> Answer:
    """The answer to that origin, after others to both."""
    title, module = LAYERS[layer]
    at, request, _ = ASKED[asked]
    app, ask = load(title, module).app, by_wsgi if module == "wsgi" else by_asgi
    for asking in (ORIGIN, OTHER, origin):
        answer = ask(app, at, from_origin(asking, request))
    return answer


@everywhere
def test_a_script_of_an_allowed_origin_may_read_every_answer(
    load: Load, layer: str, asked: str
) -> None:
    answer = ask_from(ORIGIN, load, layer, asked)

    assert answer.status == ASKED[asked][2]
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_preflight_may_send_the_type_of_json(load: Load, layer: str) -> None:
    answer = ask_from(ORIGIN, load, layer, "a preflight")

    assert "Content-Type" in answer.headers["access-control-allow-headers"]


@everywhere
def test_a_script_of_another_origin_may_read_none(
    load: Load, layer: str, asked: str
) -> None:
    answer = ask_from(OTHER, load, layer, asked)

    assert "access-control-allow-origin" not in answer.headers


@both
def test_without_error_headers_a_refusal_has_none_of_an_inner_layer(
    load: Load, interface: str
) -> None:
    api = load("CORS inside", interface).api
    request = from_origin(ORIGIN, Req("POST"))

    refused = ASK[interface](WRAPPED[interface](api), "/issues", request)

    refused.error(411)
    assert "access-control-allow-origin" not in refused.headers


async def crash() -> None:
    raise RuntimeError("secret")


def test_starlette_answers_a_crash_outside_its_cors_layer(load: Load) -> None:
    module = load("CORS inside", "asgi")
    module.api.get("/crash")(crash)

    crashed = by_asgi(module.app, "/crash", from_origin(ORIGIN))

    crashed.error(500)
    assert "access-control-allow-origin" not in crashed.headers


# Statuses of protocols


def ask_for_range(app: Any, *headers: Tuple[str, str]) -> Answer:
    return by_wsgi(app, "/manual", Req(headers=(*HOST, *headers)))


@pytest.fixture
def app_of_ranges(load: Load, tmp_path: Path) -> Any:
    """The recipe's app, with a manual of ten bytes."""
    (tmp_path / "manual.pdf").write_bytes(b"0123456789")
    return load("Statuses that a protocol needs").app


def test_a_range_is_answered_untouched(app_of_ranges: Any) -> None:
    answer = ask_for_range(app_of_ranges, ("Range", "bytes=2-3"))

    assert (answer.status, answer.body) == (206, b"23")
    assert answer.headers["content-range"] == "bytes 2-3/10"


def test_a_range_beyond_the_file_keeps_its_status(app_of_ranges: Any) -> None:
    answer = ask_for_range(app_of_ranges, ("Range", "bytes=10-"))

    answer.error(416)
    assert answer.headers["content-range"] == "bytes */10"


def test_a_failed_precondition_keeps_its_status(app_of_ranges: Any) -> None:
    ask_for_range(app_of_ranges, ("If-Match", '"other"')).error(412)
