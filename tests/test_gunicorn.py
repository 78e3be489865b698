"""``docs/gunicorn.rst`` on the released gunicorn, and the errors of gunicorn itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import ExitStack, closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import ContextManager, Dict, Iterator, List, Tuple

import gunicorn
import pytest

from .recipes import LEGACY, MALFORMED, in_directory, recipe, run_python, send, serving
from .servers import TIMEOUT, Server, Start, chosen, error_of, read, starter, wait_until

LISTEN = "-b {host}:{port} --pid pid "
# server: the title of its recipe, and the arguments that follow those of the command
SERVERS: Dict[str, Tuple[str, str]] = {
    "sync": ("With options", "-k sync"),
    "sync-preload": ("With options", "-k sync --preload"),
    "gthread": ("With options", "-k gthread --threads 4"),
    "command-line": ("An app on the command line", "--reload"),
    "config-file": ("An app in the config file", ""),
    "config-file-preload": ("An app in the config file", "--preload"),
    "overridden": ("An app in the config file", "legacy:app"),
    "no-config-file": ("No config file", ""),
    "uvicorn": ("uvicorn's worker", ""),
}
# Since gunicorn 24.
ASGI = ["asgi", "asgi-preload"] if find_spec("gunicorn.asgi") else []
SERVERS.update(
    (name, ("gunicorn's ASGI worker", "--preload" * name.endswith("preload")))
    for name in ASGI
)

# Before 27, its WSGI workers close the connection without an answer.
UNANSWERED = ["a broken chunk"] if gunicorn.version_info < (27,) else []
ANSWERED = sorted(set(MALFORMED) - set(UNANSWERED))
OWN_ERRORS = ["sync", "gthread", *ASGI[:1]]
RELOADED = ["sync", "sync-preload", "uvicorn", *ASGI[:1]]


def serve(name: str, directory: Path) -> ContextManager[Server]:
    directory.mkdir()
    title, arguments = SERVERS[name]
    return serving(recipe("gunicorn.rst", title), LISTEN + arguments, directory)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:
        yield starter(serve, stack, tmp_path_factory.mktemp("gunicorn"))


server = pytest.fixture(chosen, params=SERVERS)


def process_of(server: Server) -> str:
    """The worker that answers, which has to have the app wrapped once."""
    answer = server.ask("GET", "/fine")
    match = re.fullmatch(rb"process (\d+), wrapped 1 times", answer.body)
    assert match, answer
    return match[1].decode()


def was_restarted(server: Server, before: str) -> bool:
    """Whether another worker answers; one that ends may drop a connection."""
    process = before
    with suppress(OSError):
        process = process_of(server)
    return process != before


def warnings_of(server: Server) -> List[str]:
    return re.findall(r"\[WARNING\] (stderrmw: .*)", server.log.read_text())


def test_the_app_is_wrapped_once(server: Server) -> None:
    process_of(server)


def test_an_error_of_the_app_is_standard(server: Server) -> None:
    error_of(server.ask("GET", "/missing"), 404)


@pytest.mark.parametrize("worker", ASGI[:1])
def test_any_app_of_an_asgi_worker_is_taken_for_asgi(
    worker: str, tmp_path: Path
) -> None:
    shown = recipe("gunicorn.rst", "With options")
    shown = shown._replace(command=f"gunicorn -k {worker} legacy:plain_asgi_app")

    with serving(shown, LISTEN, tmp_path) as server:
        process_of(server)
        # Only with the options of the recipe does it need no Content-Length.
        assert server.ask("POST", "/fine", iter([b"chunk"])).status == 200


@pytest.mark.parametrize("malformed", ANSWERED)
@pytest.mark.parametrize("server", OWN_ERRORS, indirect=True)
def test_an_error_of_gunicorn_is_standard(server: Server, malformed: str) -> None:
    answer = send(server, MALFORMED[malformed])

    error_of(answer, 501 if malformed == "an unknown coding" else 400)
    assert answer.headers.get_all("Connection") == ["close"]


@pytest.mark.parametrize("server", ["sync", "gthread"], indirect=True)
def test_what_gunicorn_quotes_of_a_request_is_bounded(server: Server) -> None:
    cause = error_of(send(server, MALFORMED["a bad request line"]), 400)["cause"]

    assert len(cause) == 500
    assert "<&><&>" in cause


@pytest.mark.parametrize(
    "server", [*OWN_ERRORS, "command-line", "config-file"], indirect=True
)
def test_a_folded_status_is_kept_in_the_cause(server: Server) -> None:
    cause = error_of(send(server, MALFORMED["a large header"]), 400)["cause"]

    assert cause.startswith("431 Request Header Fields Too Large: ")


@pytest.mark.parametrize("server", OWN_ERRORS, indirect=True)
def test_a_5xx_of_gunicorn_has_no_words_of_its_own(server: Server) -> None:
    error = error_of(send(server, MALFORMED["an unknown coding"]), 501)

    assert error == {"code": 501, "message": "Not Implemented"}


@pytest.mark.parametrize("server", ASGI[:1], indirect=True)
def test_a_header_of_an_error_of_gunicorn_stays(server: Server) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    with closing(server.connect()) as connection:
        connection.request("GET", "/", headers=upgrade)
        answer = read(connection.getresponse())

    assert error_of(answer, 400)["cause"] == "426 Upgrade Required"
    assert answer.headers.get_all("Sec-WebSocket-Version") == ["13"]


@pytest.mark.parametrize("server", RELOADED, indirect=True)
def test_the_app_is_wrapped_once_after_a_hangup(server: Server) -> None:
    before = process_of(server)

    os.kill(int((server.log.parent / "pid").read_text()), signal.SIGHUP)

    wait_until(lambda: was_restarted(server, before), server.log)
    error_of(send(server, MALFORMED["a bad header name"]), 400)


@pytest.mark.parametrize("server", ["command-line"], indirect=True)
def test_the_app_is_wrapped_once_after_it_was_changed(server: Server) -> None:
    before = process_of(server)

    def is_noticed() -> bool:
        # Again and again: what changes before gunicorn's first look is no change.
        (server.log.parent / "legacy.py").write_text(LEGACY + "changed = True\n")
        return was_restarted(server, before)

    wait_until(is_noticed, server.log)


def test_an_app_that_a_change_broke_answers_a_standard_500(tmp_path: Path) -> None:
    shown = recipe("gunicorn.rst", "An app in the config file")

    with serving(shown, LISTEN + "--reload", tmp_path) as server:

        def is_noticed() -> bool:
            (tmp_path / "legacy.py").write_text("def")
            status = 200
            with suppress(OSError):  # of a worker that ends
                status = server.ask("GET", "/fine").status
            return status != 200

        wait_until(is_noticed, server.log)
        error_of(server.ask("GET", "/fine"), 500)

    assert warnings_of(server) == []


@pytest.mark.parametrize("server", ["overridden"], indirect=True)
def test_a_warning_names_the_app_that_took_the_place_of_another(server: Server) -> None:
    (warning,) = warnings_of(server)

    assert "'legacy:app'" in warning
    assert "wrap('legacy:app', max_body_size=5_000_000)" in warning


@pytest.mark.parametrize("server", ["config-file", "sync"], indirect=True)
def test_an_app_in_its_own_place_is_no_cause_to_warn(server: Server) -> None:
    assert warnings_of(server) == []


def test_options_for_an_app_that_is_wrapped_already_are_warned_of(
    tmp_path: Path,
) -> None:
    wrapped = recipe("gunicorn.rst", "No config file").command
    both = recipe("gunicorn.rst", "With options")._replace(command=wrapped)

    with serving(both, LISTEN, tmp_path) as server:
        process_of(server)
        (warning,) = warnings_of(server)

    assert warning.endswith("leaves out max_body_size, require_content_length")


@pytest.mark.parametrize(
    "change",
    [
        "del util.write_error",
        "util.write_error = print",
        "util.write_error = lambda client, status: None",
        "async def f(sock, status_int, reason, mesg): pass\nutil.write_error = f",
    ],
)
def test_an_unknown_gunicorn_is_told_of(change: str, tmp_path: Path) -> None:
    ours = recipe("gunicorn.rst", "An app on the command line")
    text = f"from gunicorn import util\n{change}\n{ours.files['gunicorn.conf.py']}"
    ours._replace(files={"gunicorn.conf.py": text}).write(tmp_path)

    command = in_directory(tmp_path, f"{ours.command} --check-config")
    ended = subprocess.run(command, stderr=subprocess.PIPE, timeout=TIMEOUT)

    assert ended.returncode == 1
    assert f"how gunicorn {gunicorn.__version__} sends" in ended.stderr.decode()


def test_gunicorn_is_imported_when_its_errors_are_replaced() -> None:
    run_python("import stderrmw.gunicorn, sys", "assert 'gunicorn' not in sys.modules")
