"""Sends a variant its requests, so often as is asked; runs under callgrind.

Not run by itself: instructions.py starts ``-m benchmarks.driver SIDE VARIANT``. Every
run is a child that is forked from one parent, so that each starts in the same state;
callgrind counts each alone. Prints what each answered and each run's process number.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import Any, Callable, Iterator, Tuple

from . import cases
from .variants import VARIANTS, stderrmw_asgi, stderrmw_wsgi

Send = Callable[[int], Any]


class Suspended(Exception):
    """The coroutine waits for an event loop, and there is none."""


def main(side: str, name: str) -> None:
    """Send every request of the variant."""
    logging.getLogger().addHandler(logging.NullHandler())
    for title, runs, send in requests(side, name):
        answer = seen(send)
        gc.collect()
        gc.freeze()
        for run in runs:
            print(title, run, fork(send, run), answer, sep="\t", flush=True)


def requests(side: str, name: str) -> "Iterator[Tuple[str, Tuple[int, int], Send]]":
    """What to send, and how often."""
    if name == "pathological":
        yield from pathological(side)
        return
    variant = VARIANTS[side][name]
    app = variant.build()
    for case in variant.cases:
        yield case.title, case.runs, SENDERS[side](app, case, "")


def pathological(side: str) -> "Iterator[Tuple[str, Tuple[int, int], Send]]":
    """Each header at half and at full size, around and without the middleware."""
    build = {"WSGI": stderrmw_wsgi, "ASGI": stderrmw_asgi}[side]
    wrapped = build(produces_encodings=["identity"], require_content_length=False)
    bare = getattr(cases, side.lower())
    for size in (0.5, 1.0):
        for title, headers in cases.pathological(size).items():
            method = "POST" if cases.POST[1] in headers or len(headers) == 2 else "GET"
            case = cases.Case(title, method, headers=headers)
            for kind, app in (("bare", bare), ("wrapped", wrapped)):
                send = SENDERS[side](app, case, headers[0][0])
                yield f"{title}|{size}|{kind}", (1, 2), send


def seen(send: Send) -> str:
    """What comes back: a status and a type, or the name of an exception."""
    try:
        send(0)  # it may build what later ones only use
        status, content_type = send(1)
    except Exception as error:
        return f"raises {type(error).__name__}"
    return f"{status} {content_type.partition(';')[0].rpartition('/')[2]}"


def fork(send: Send, runs: int) -> int:
    """Send so often in a child, and say which it was."""
    child = os.fork()
    if child == 0:
        repeat(send, runs)
        os._exit(0)
    os.waitpid(child, 0)
    return child


def repeat(send: Send, runs: int) -> None:
    """The loop that is measured."""
    for number in range(runs):
        try:
            send(number)
        except Exception:
            pass


def wsgi_sender(app: Any, case: cases.Case, varied: str) -> Send:
    """Sends a copy of the environ, and takes the answer as a server does."""
    base = cases.environ_of(case)
    rewind = base["wsgi.input"].seek
    key = next((key for key in base if key.endswith(key_of(varied))), "") * bool(varied)
    answer: Any = None

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        nonlocal answer
        answer = status, headers
        return written.append

    def send(number: int) -> Any:
        environ = dict(base)
        if key:
            environ[key] += str(number)
        rewind(0)
        result = app(environ, start_response)
        for _ in result:
            pass
        if hasattr(result, "close"):
            result.close()
        return answer[0][:3], dict(answer[1]).get("Content-Type", "")

    written: Any = []
    return send


def key_of(name: str) -> str:
    """The end of a header's key in an environ."""
    return name.upper().replace("-", "_")


def asgi_sender(app: Any, case: cases.Case, varied: str) -> Send:
    """Sends a copy of the scope, and drives the coroutine by hand."""
    base = cases.scope_of(case)
    place = [name for name, _ in base["headers"]].index(varied.encode() or b"host")
    answer: Any = None

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def sending(message: Any) -> None:
        nonlocal answer
        if message["type"] == "http.response.start":
            answer = message

    def send(number: int) -> Any:
        scope = dict(base)
        scope["headers"] = headers = list(base["headers"])
        if varied:
            name, value = headers[place]
            headers[place] = (name, value + b"%d" % number)
        coroutine = app(scope, receive, sending)
        try:
            coroutine.send(None)
        except StopIteration:
            content_type = dict(answer["headers"])[b"content-type"]
            return answer["status"], content_type.decode()
        coroutine.close()
        raise Suspended

    return send


SENDERS = {"WSGI": wsgi_sender, "ASGI": asgi_sender}

if __name__ == "__main__":
    main(*sys.argv[1:])
