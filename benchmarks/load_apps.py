"""What throughput.py loads: the bare apps, and the same behind the middleware."""

from __future__ import annotations

import os

from . import cases, variants


def with_pid_wsgi(app):
    """The app, and outside of it what servers.py asks for."""

    def answer(environ, start_response):
        if environ["PATH_INFO"] == "/pid":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"%d" % os.getpid()]
        return app(environ, start_response)

    return answer


def with_pid_asgi(app):
    """The same for ASGI."""

    async def answer(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        if scope["path"] != "/pid":
            await app(scope, receive, send)
            return
        body = b"%d" % os.getpid()
        await cases.start(send, 200, b"text/plain", b"%d" % len(body))
        await send({"type": "http.response.body", "body": body})

    return answer


bare_wsgi = with_pid_wsgi(cases.wsgi)
bare_asgi = with_pid_asgi(cases.asgi)
wrapped_wsgi = with_pid_wsgi(variants.stderrmw_wsgi())
wrapped_asgi = with_pid_asgi(variants.stderrmw_asgi())
