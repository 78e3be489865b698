"""The rows of docs/messages.rst on the frameworks of the matrix, and a debug page."""

from __future__ import annotations

from typing import Any, Callable, Dict, NoReturn, Tuple

import pytest

from ..error_pages import (
    ROWS,
    App,
    Framework,
    Row,
    View,
    ask_wsgi,
    author_message,
    read_by_asgi,
    read_by_wsgi,
)


def pyramid() -> Framework:
    import pyramid.httpexceptions
    from pyramid.config import Configurator

    def make(view: View) -> App:
        config = Configurator()
        config.add_route("view", "/")
        config.add_view(lambda request: view(), route_name="view")
        return config.make_wsgi_app()

    return make, vars(pyramid.httpexceptions)


def cherrypy(show_tracebacks: bool = False) -> Framework:
    import cherrypy

    def make(view: View) -> App:
        class Root:
            @cherrypy.expose
            def index(self) -> Any:
                return view()

        settings = {"environment": "embedded", "log.screen": False}
        cherrypy.config.update(settings)
        options = {"request.show_tracebacks": show_tracebacks}
        return cherrypy.Application(Root(), "", {"/": options})

    return make, vars(cherrypy)


def falcon() -> Framework:
    import falcon

    def make(view: View) -> App:
        class Resource:
            def on_get(self, request: Any, response: Any) -> None:
                view()

        app = falcon.App()
        app.add_route("/", Resource())
        return app

    return make, vars(falcon)


def quart() -> Framework:
    import quart

    def make(view: View) -> App:
        async def endpoint() -> Any:
            return view()

        app = quart.Quart(__name__)
        app.add_url_rule("/", "view", endpoint)
        return app

    return make, vars(quart)


def litestar() -> Framework:
    import litestar
    import litestar.exceptions

    def make(view: View) -> App:
        async def endpoint() -> str:
            return str(view())

        endpoint.__annotations__["return"] = str
        return litestar.Litestar([litestar.get("/", media_type="text/html")(endpoint)])

    return make, vars(litestar.exceptions)


Read = Callable[[Framework, Row], str]
FRAMEWORKS: Dict[str, Tuple[Callable[[], Framework], Read]] = {
    "Pyramid": (pyramid, read_by_wsgi),
    "CherryPy": (cherrypy, read_by_wsgi),
    "Falcon": (falcon, read_by_wsgi),
    "Quart": (quart, read_by_asgi),
    "Litestar": (litestar, read_by_asgi),
}


@pytest.mark.parametrize("row", [row for row in ROWS if row.framework in FRAMEWORKS])
def test_the_client_reads_what_the_docs_say(row: Row) -> None:
    pytest.importorskip(row.framework.lower())
    framework, read = FRAMEWORKS[row.framework]

    assert read(framework(), row) == row.message


def test_falcons_xml_gives_the_description() -> None:
    falcon = pytest.importorskip("falcon")
    error = falcon.HTTPForbidden(description="Only <staff> & friends may read this.")

    found = author_message(error.to_xml(), "application/xml", "identity", 403)

    assert found == "Only <staff> & friends may read this."


def test_the_tracebacks_of_cherrypy_are_no_message() -> None:
    cherrypy_itself = pytest.importorskip("cherrypy")

    def view() -> NoReturn:
        raise cherrypy_itself.HTTPError(403, "Only Zoë may read this.")

    shown = {}
    for show_tracebacks in (False, True):
        make, _ = cherrypy(show_tracebacks)
        page = ask_wsgi(make(view))
        content_type = page.headers["content-type"]
        shown[show_tracebacks] = author_message(
            page.body, content_type, "identity", 403
        )

    assert shown == {False: "Only Zoë may read this.", True: None}
