"""An ASGI app that misbehaves in one way per path, behind the middleware.

Imports no event loop: it runs on asyncio, on trio, and on the loop of granian.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Awaitable, Callable, Dict, List

from sniffio import current_async_library

from stderrmw import ASGIMiddleware

from ..interfaces import body_of, receive_body, start

HTML = ("Content-Type", "text/html")
PAGE = b"<h1>a page of the app</h1>"
LIMIT = 1000
PAUSE = 0.2
#: What goes on until another request releases it.
HELD: List[Any] = []


async def pause() -> None:
    """Wait as the running event loop waits."""
    library: Any = __import__(current_async_library())
    await library.sleep(PAUSE)


async def fine(scope: Any, receive: Any, send: Any) -> None:
    await send(start(200, HTML, ("Content-Length", "4")))
    await send(body_of(b"fine"))


async def stream(scope: Any, receive: Any, send: Any) -> None:
    await send(start(200, HTML))
    await send(body_of(b"first", True))
    await pause()
    await send(body_of(b"second"))


async def upload(scope: Any, receive: Any, send: Any) -> None:
    """Swallow what reading the body raises, and call it saved."""
    with suppress(Exception):
        await receive_body(receive)
    await send(start(200, HTML))
    await send(body_of(b"saved"))


async def read(scope: Any, receive: Any, send: Any) -> None:
    size = len(await receive_body(receive))
    await send(start(200, HTML))
    await send(body_of(b"%d" % size))


async def value_error(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("secret")


async def os_error(scope: Any, receive: Any, send: Any) -> None:
    raise ConnectionResetError("secret")


async def no_response(scope: Any, receive: Any, send: Any) -> None:
    """Return without an answer."""


async def not_found(scope: Any, receive: Any, send: Any) -> None:
    await send(start(404, HTML, ("Content-Length", str(len(PAGE)))))
    await send(body_of(PAGE))


async def json_error(scope: Any, receive: Any, send: Any) -> None:
    await send(start(409, ("Content-Type", "application/problem+json")))
    await send(body_of(b'{"title": "in use"}'))


async def path_send(scope: Any, receive: Any, send: Any) -> None:
    await send(start(404, HTML))
    await send({"type": "http.response.pathsend", "path": __file__})


async def start_then_raise(scope: Any, receive: Any, send: Any) -> None:
    await send(start(404, HTML))
    raise ValueError("secret")


async def stream_then_raise(scope: Any, receive: Any, send: Any) -> None:
    await send(start(200, HTML))
    await send(body_of(b"first", True))
    raise ValueError("secret")


async def trailers(scope: Any, receive: Any, send: Any) -> None:
    await send(start(404, HTML, trailers=True))
    await send(body_of(PAGE))
    await send({"type": "http.response.trailers", "headers": []})


async def slow_error(scope: Any, receive: Any, send: Any) -> None:
    await send(start(503, HTML))
    for _ in range(10):
        await send(body_of(PAGE, True))
        await pause()
    await send(body_of(b""))


async def held_error(scope: Any, receive: Any, send: Any) -> None:
    """Go on until it is released, or the client has given up."""
    HELD.append(scope)
    await send(start(503, HTML))
    await send(body_of(PAGE, True))
    for _ in range(100):
        if not HELD:
            break
        await pause()


async def release(scope: Any, receive: Any, send: Any) -> None:
    held = len(HELD)
    HELD.clear()
    await send(start(200, HTML))
    await send(body_of(b"%d" % held))


async def endless_error(scope: Any, receive: Any, send: Any) -> None:
    """Never let the event loop have its turn, but where send does."""
    await send(start(503, HTML))
    while True:
        await send(body_of(PAGE, True))


APPS: Dict[str, Callable[..., Awaitable[None]]] = {
    app.__name__.replace("_", "-"): app
    for app in (
        [fine, stream, upload, read, value_error, os_error, no_response, not_found]
        + [json_error, path_send, start_then_raise, stream_then_raise, trailers]
        + [slow_error, held_error, release, endless_error]
    )
}


async def misbehave(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise ValueError(f"there is no {scope['type']} here")
    await APPS[scope["path"].split("/")[2]](scope, receive, send)


RELAXED = ASGIMiddleware(misbehave, max_body_size=LIMIT, require_content_length=False)
STRICT = ASGIMiddleware(misbehave, max_body_size=LIMIT)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """``/app/CASE``, and ``/strict/CASE`` with Content-Length required."""
    strict = scope.get("path", "").startswith("/strict/")
    await (STRICT if strict else RELAXED)(scope, receive, send)
