"""Apps of WSGI frameworks: the same four views in each.

``/fine`` answers GET alone, ``/abort`` with 404 and a message, ``/crash`` raises, and
``/upload`` reads the whole body, swallows what that raises and says "saved".
A framework is imported when its app is asked for.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NoReturn

from .django_settings import configure_django
from .views import WORDS, crash, read_all


def flask() -> Any:
    import flask

    app = flask.Flask(__name__)
    app.add_url_rule("/fine", "fine", lambda: "fine", methods=["GET"])
    app.add_url_rule("/abort", "abort", lambda: flask.abort(404, WORDS))
    app.add_url_rule("/crash", "crash", crash)

    def upload() -> str:
        return read_all(flask.request.get_data)

    app.add_url_rule("/upload", "upload", upload, methods=["POST"])
    return app


def bottle() -> Any:
    import bottle

    app = bottle.Bottle()
    app.route("/fine", "GET", lambda: "fine")
    app.route("/abort", "GET", lambda: bottle.abort(404, WORDS))
    app.route("/crash", "GET", crash)
    # Bottle's own body looks for the chunks, which servers have joined.
    app.route(
        "/upload", "POST", lambda: read_all(bottle.request.environ["wsgi.input"].read)
    )
    return app


def django_wsgi() -> Any:
    configure_django()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def falcon_wsgi() -> Any:
    import falcon

    class Fine:
        def on_get(self, request: Any, response: Any) -> None:
            response.text = "fine"

    class Abort:
        def on_get(self, request: Any, response: Any) -> None:
            raise falcon.HTTPNotFound(description=WORDS)

    class Crash:
        def on_get(self, request: Any, response: Any) -> None:
            crash()

    class Upload:
        def on_post(self, request: Any, response: Any) -> None:
            response.text = read_all(request.stream.read)

    app = falcon.App()
    for path, resource in [("/fine", Fine()), ("/abort", Abort()), ("/crash", Crash())]:
        app.add_route(path, resource)
    app.add_route("/upload", Upload())
    return app


def pyramid() -> Any:
    from pyramid.config import Configurator
    from pyramid.httpexceptions import HTTPNotFound
    from pyramid.response import Response

    def abort(request: Any) -> NoReturn:
        raise HTTPNotFound(WORDS)

    def upload(request: Any) -> Any:
        return Response(read_all(lambda: request.body))

    config = Configurator()
    for name in ("fine", "abort", "crash", "upload"):
        config.add_route(name, f"/{name}")
    get: Any = {"request_method": "GET"}
    config.add_view(lambda request: Response("fine"), route_name="fine", **get)
    config.add_view(abort, route_name="abort")
    config.add_view(lambda request: crash(), route_name="crash")
    config.add_view(upload, route_name="upload", request_method="POST")
    return config.make_wsgi_app()


def cherrypy() -> Any:
    import cherrypy

    class Root:
        @cherrypy.expose
        @cherrypy.tools.allow(methods=["GET", "HEAD"])
        def fine(self) -> str:
            return "fine"

        @cherrypy.expose
        def abort(self) -> NoReturn:
            raise cherrypy.HTTPError(404, WORDS)

        @cherrypy.expose
        def crash(self) -> NoReturn:
            crash()

        @cherrypy.expose
        @cherrypy.config(**{"request.process_request_body": False})
        def upload(self) -> str:
            return read_all(cherrypy.request.rfile.read)

    cherrypy.config.update({"environment": "embedded", "log.screen": False})
    return cherrypy.Application(Root(), "")


WSGI: Dict[str, Callable[[], Any]] = {
    "flask": flask,
    "bottle": bottle,
    "django-wsgi": django_wsgi,
    "falcon-wsgi": falcon_wsgi,
    "pyramid": pyramid,
    "cherrypy": cherrypy,
}
