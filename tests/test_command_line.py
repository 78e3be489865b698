"""``python3 -m stderrmw``: what it serves, what it prints and how it ends."""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Iterable, Iterator, List, Tuple
from urllib.parse import urlsplit

import pytest

from stderrmw.__main__ import Unservable, greeting, listen, load, main, parser
from stderrmw.demo import REQUESTS, not_found
from stderrmw.serve import Server

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.rst").read_text()
ADDRESS = "http://127.0.0.1:8000"

SHOP = """
rates = {}

class Asgi:
    async def __call__(self, scope, receive, send): ...

async def asgi(scope, receive, send): ...

instance = Asgi()

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr((environ["CONTENT_TYPE"], environ["wsgi.multithread"])).encode()]
"""


def served(*arguments: str) -> Iterator[Server]:
    """A server of the command line's, at work on a free port."""
    with listen(parser().parse_args([*arguments, "--port", "0"])) as server:
        server.daemon_threads = False  # what they log is of this test, and no other
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def demo() -> Iterator[Server]:
    """The built-in app."""
    yield from served()


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current directory with modules in it, which are forgotten again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    (tmp_path / "shop.py").write_text(SHOP)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.fixture
def shop(modules: Path) -> Iterator[Server]:
    """An app of the user's."""
    yield from served("shop:app")


def send(
    url: str, method: str, fields: Iterable[Tuple[str, str]], body: bytes = b""
) -> Tuple[int, str]:
    """The status and the body that exactly these fields are answered with."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.putrequest(method, parts.path, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def curl(line: str) -> Tuple[int, str]:
    """What curl would send for the line, and what it is answered."""
    known = argparse.ArgumentParser()
    known.add_argument("-X", dest="method")
    known.add_argument("-H", dest="fields", action="append", default=["Accept: */*"])
    known.add_argument("-d", dest="body")
    known.add_argument("-w", choices=[r"\n"])
    known.add_argument("url")
    words = known.parse_args(shlex.split(line)[1:])
    fields = {name: value for name, value in (f.split(": ") for f in words.fields)}
    if words.body is None:
        return send(words.url, words.method or "GET", fields.items())
    fields.setdefault("Content-Type", "application/x-www-form-urlencoded")
    fields["Content-Length"] = str(len(words.body))
    return send(words.url, "POST", fields.items(), words.body.encode())


def lines_of(server: Server) -> List[str]:
    """The curl lines that are printed for the built-in app."""
    lines = map(str.strip, greeting(None, server.url))
    return [line for line in lines if line.startswith("curl ")]


def test_each_printed_request_meets_what_it_says(demo: Server) -> None:
    statuses = [curl(line)[0] for line in lines_of(demo)]

    assert statuses == [200, 404, 500, 500, 200, 415, 413, 411, 405, 406]
    assert len(statuses) == len(REQUESTS)


def test_readme_shows_requests_that_are_printed(demo: Server) -> None:
    """And what they are answered, to the letter."""
    shown = re.findall(r"^ +\$ (curl .*)\n +(.*)$", README, re.MULTILINE)
    found = [(line.replace(ADDRESS, demo.url), body) for line, body in shown]

    assert len(found) > 1
    assert {line for line, _ in found} <= set(lines_of(demo))
    assert [(line, curl(line)[1]) for line, _ in found] == found


def test_readme_shows_what_the_app_says() -> None:
    status, content_type, page = not_found({})
    head = f"    HTTP/1.0 {status}\n    Content-Type: {content_type}\n"

    assert f"{head}\n    {page}\n" in README


def test_a_crash_is_logged(demo: Server, caplog: pytest.LogCaptureFixture) -> None:
    assert curl(f"curl {demo.url}/crash")[0] == 500

    [record] = caplog.records
    assert record.name == "stderrmw"
    assert record.exc_info


def test_any_wsgi_app_is_served(shop: Server) -> None:
    """With its threads told of, and no Content-Type where there is none."""
    assert curl(f"curl {shop.url}/any") == (200, "('', True)")
    assert greeting("shop:app", shop.url)[-2:] == [f"  curl -i {shop.url}/", ""]


def test_any_wsgi_app_is_behind_the_middleware(shop: Server) -> None:
    assert curl(f"curl -X POST {shop.url}/")[0] == 411


@pytest.mark.parametrize(
    "names, status",
    [
        (["Content-Length", "Content-Length"], 400),
        (["Content-Length", "Content-Type", "Content-Type"], 415),
    ],
)
def test_repeated_fields_are_seen(demo: Server, names: List[str], status: int) -> None:
    values = {"Content-Length": "1", "Content-Type": "application/json"}
    fields = [(name, values[name]) for name in names]

    assert send(f"{demo.url}/upload", "POST", fields, b"1")[0] == status


def test_two_requests_are_answered_at_a_time(demo: Server) -> None:
    with socket.create_connection(("127.0.0.1", demo.server_port)):
        assert curl(f"curl {demo.url}/hello")[0] == 200


def test_ctrl_c_is_a_clean_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(server: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)

    assert main(["--port", "0"]) == 0
    out, err = capsys.readouterr()
    assert re.match(r"Serving .* http://127\.0\.0\.1:[1-9][0-9]* ", out)
    assert err == "\n"


def test_a_taken_port_is_told_in_one_line(
    demo: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(demo.server_port)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"cannot listen on 127.0.0.1:{demo.server_port}: Address already in" in err


@pytest.mark.parametrize("host", ["192.0.2.1", "a" * 64])
def test_an_impossible_host_is_told_in_one_line(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--host", host, "--port", "0"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"cannot listen on {host}:0: " in err


@pytest.mark.parametrize("port", ["-1", "65536", "http", "8_0", "", "²"])
def test_a_bad_port_is_an_error_of_the_arguments(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--port={port}"])

    assert ended.value.code == 2
    assert f"{port!r} is no number from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target, words",
    [
        ("shop", "shop is not of the form pkg.mod:app"),
        (":app", ":app is not of the form pkg.mod:app"),
        ("shop:", "shop: is not of the form pkg.mod:app"),
        ("no.such:app", "no.such:app: importing no.such: ModuleNotFoundError: No "),
        ("broken:app", "broken:app: importing broken: KeyError: 'two lines'"),
        ("exits:app", "exits:app: importing exits: SystemExit: 2"),
        ("typo:app", "typo:app: importing typo: SyntaxError: "),
        ("shop:ap", "shop:ap: no ap in {cwd}shop.py; callable there: Asgi, app, asgi,"),
        ("empty:app", "empty:app: no app in {cwd}empty.py; callable there: nothing"),
        ("folder:app", "folder:app: no app in folder; callable there: nothing"),
        ("shop:rates", "shop:rates is of type dict, not callable"),
        ("shop:asgi", "shop:asgi is an ASGI app, not a WSGI app"),
        ("shop:instance", "shop:instance is an ASGI app, not a WSGI app"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    target: str, words: str, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (modules / "broken.py").write_text("raise KeyError('two lines')")
    (modules / "exits.py").write_text("raise SystemExit(2)")
    (modules / "typo.py").write_text("app =")
    (modules / "empty.py").write_text("_app = print")
    (modules / "folder").mkdir()

    assert main([target, "--port", "0"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words.replace("{cwd}", f"{modules}/") in err


def test_an_error_of_many_lines_is_told_in_one(modules: Path) -> None:
    (modules / "verbose.py").write_text("raise RuntimeError('one\\n\\ntwo')")

    with pytest.raises(Unservable, match="RuntimeError: one two$"):
        load("verbose:app")


def test_the_module_runs_as_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stderrmw", "--help"])
    monkeypatch.delitem(sys.modules, "stderrmw.__main__")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("stderrmw", run_name="__main__")

    assert ended.value.code == 0
    assert "pkg.mod:app" in capsys.readouterr().out


@pytest.fixture
def program() -> Iterator["subprocess.Popen[str]"]:
    """A process with nothing installed (-S) and every warning an error."""
    command = [sys.executable, "-S", "-W", "error", "-m", "stderrmw", "--port", "0"]
    pipe = subprocess.PIPE
    # A shell has its background jobs ignore Ctrl-C, and what they start in turn.
    ours = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    with process:
        yield process
        process.kill()


def test_a_bare_checkout_serves_until_ctrl_c(
    program: "subprocess.Popen[str]",
) -> None:
    assert program.stdout
    url = program.stdout.readline().split(" on ")[1].split()[0]
    assert curl(f"curl {url}/nowhere")[0] == 404
    assert curl(f"curl {url}/crash")[0] == 500
    program.send_signal(signal.SIGINT)
    _, log = program.communicate(timeout=10)

    assert program.returncode == 0
    assert '"GET /nowhere HTTP/1.1" 404' in log
    assert log.count("Traceback (most recent call last)") == 1
    assert "KeyboardInterrupt" not in log
