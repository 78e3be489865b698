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
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any, Iterable, Iterator, List, Tuple
from urllib.parse import urlsplit

import pytest

import stderrmw
from stderrmw.__main__ import greeting, listen, main
from stderrmw.demo import REQUESTS, not_found
from stderrmw.flags import given, parser
from stderrmw.serve import Server
from stderrmw.serve_asgi import AsgiServer
from stderrmw.text_options import OPTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.rst").read_text()
ADDRESS = "http://127.0.0.1:8000"

SHOP = """
rates = {}

async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope["path"].encode()})

def anything(*arguments):
    return app(*arguments)

def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr((environ["CONTENT_TYPE"], environ["wsgi.multithread"])).encode()]
"""


def served(*arguments: str) -> Iterator[Any]:
    """A server of the command line's, at work on a free port."""
    with listen(parser().parse_args([*arguments, "--port", "0"])) as server:
        # What the threads of requests log is of this test, and no other.
        setattr(server, "daemon_threads", False)
        often = {"poll_interval": 0.01} if isinstance(server, Server) else {}
        thread = Thread(target=server.serve_forever, kwargs=often)
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


@pytest.fixture
def asgi_shop(modules: Path) -> Iterator[AsgiServer]:
    """An ASGI app of the user's."""
    yield from served("shop:asgi")


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


def test_an_asgi_app_is_served_on_uvicorn(asgi_shop: AsgiServer) -> None:
    assert curl(f"curl {asgi_shop.url}/any") == (200, "/any")


@pytest.mark.parametrize("target", ["shop:app", "shop:asgi"])
def test_any_app_is_behind_the_middleware(target: str, modules: Path) -> None:
    for server in served(target):
        assert curl(f"curl -X POST {server.url}/")[0] == 411


def test_an_interface_that_cannot_be_told_is_told(modules: Path) -> None:
    for server in served("shop:anything", "--interface", "wsgi"):
        assert curl(f"curl {server.url}/any")[0] == 200


FLAGS = [
    ("--allowed-methods POST", "GET", "", 405),
    ("--allowed-methods GET,PUT", "PUT", "1", 200),
    ("--allowed-methods GET --allowed-methods PUT", "PUT", "1", 200),
    ("--max-body-size 1KiB", "POST", "1" * 1025, 413),
    ("--max-body-size none", "POST", "1" * 1_048_577, 200),
    ("--no-require-content-length", "POST", "", 200),
    ("--no-require-content-length --require-content-length", "POST", "", 411),
    ("--consumes text/*", "POST", "1", 415),
]


@pytest.mark.parametrize("flags, method, body, status", FLAGS)
def test_flags_are_options_of_the_middleware(
    flags: str, method: str, body: str, status: int, modules: Path
) -> None:
    fields = [("Content-Length", str(len(body)))] if body else []
    for server in served("shop:app", *flags.split()):
        assert send(f"{server.url}/", method, fields, body.encode())[0] == status


def test_the_built_in_app_takes_flags_too() -> None:
    for server in served("--max-body-size", "100"):
        assert [curl(line)[0] for line in lines_of(server)].count(413) == 0
        assert curl(f"curl -X DELETE {server.url}/hello")[0] == 405


def test_each_option_has_a_flag_that_help_explains(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out

    assert ended.value.code == 0
    for name, option in OPTIONS.items():
        flag = name.rstrip("s") if name == "error_headers" else name
        line = rf"  --{flag.replace('_', '-')}\b.*\s+{re.escape(option.meaning)} "
        assert re.search(rf"{line}\(default: \S+\)\n", shown)
    for default in ("1048576", "8388608", "complete", "yes", "no", "none"):
        assert f"(default: {default})" in shown


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("--max-body-size 1Q", "max_body_size must be a number of bytes such as "),
        ("--consumes text", "consumes must be a list of media ranges such as "),
        ("--json-errors all", "json_errors must be 'complete' or 'keep', not 'all'"),
        ("--error-header Vary", "error_headers must be lines of the form Name: value"),
        (
            "--max-body=1",
            "unrecognized arguments: --max-body=1; did you mean --max-body-size?",
        ),
        (
            "--error-headers Vary:Origin",
            "unrecognized arguments: --error-headers; did you mean --error-header?",
        ),
        ("shop:app one two", "unrecognized arguments: one two (--help tells what "),
        ("--interface rack", "argument --interface: invalid choice: 'rack'"),
        ("--report-only=yes", "argument --report-only/--no-report-only: ignored "),
    ],
)
def test_a_bad_argument_is_told_in_one_line(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    out, err = capsys.readouterr()

    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"python3 -m stderrmw: {words}")


def test_headers_on_the_command_line_are_one_list() -> None:
    flags = ["--error-header", "Vary: Origin", "--error-header", "A: b"]
    options = given(parser().parse_args(flags))

    assert options == {"error_headers": [("Vary", "Origin"), ("A", "b")]}


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


@pytest.mark.parametrize("target", ["shop:app", "shop:asgi"])
def test_a_taken_port_is_told_in_one_line(
    target: str, demo: Server, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([target, "--port", str(demo.server_port)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"cannot listen on 127.0.0.1:{demo.server_port}: Address already in" in err


@pytest.mark.parametrize("target", ["shop:app", "shop:asgi"])
@pytest.mark.parametrize("host", ["192.0.2.1", "a" * 64, "ä" * 64])
def test_an_impossible_host_is_told_in_one_line(
    target: str, host: str, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([target, "--host", host, "--port", "0"]) == 1
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
        ("no.such:app", "no.such:app: No module named 'no'"),
        ("broken:app", "broken:app: importing broken: KeyError: 'two lines'"),
        ("exits:app", "exits:app: importing exits: SystemExit: 2"),
        ("typo:app", "typo:app: importing typo: SyntaxError: "),
        ("shop:ap", "shop:ap: no ap in {cwd}shop.py; callable there: anything, app, "),
        ("shop:rates", "shop:rates is of type dict, not callable"),
        ("shop:anything", "shop:anything, of type function, is called with (argum"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    target: str, words: str, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (modules / "broken.py").write_text("raise KeyError('two lines')")
    (modules / "exits.py").write_text("raise SystemExit(2)")
    (modules / "typo.py").write_text("app =")

    assert main([target, "--port", "0"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words.replace("{cwd}", f"{modules}/") in err


@pytest.fixture
def beside(modules: Path) -> Path:
    """The current directory, with the package in it as in a checkout."""
    (modules / "stderrmw").symlink_to(Path(stderrmw.__file__).parent)
    return modules


def test_an_asgi_app_without_uvicorn_is_told_in_one_line(beside: Path) -> None:
    """In a process with nothing installed (-S)."""
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "stderrmw", "shop:asgi"],
        cwd=beside,
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert "shop:asgi: No module named 'uvicorn'; an ASGI app is served" in ended.stderr


def test_a_server_that_is_missing_is_not_an_error_of_the_address(
    modules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    assert main(["shop:asgi", "--port", "0"]) == 1
    assert "python3 -m pip install uvicorn" in capsys.readouterr().err


def test_the_module_runs_as_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stderrmw", "--help"])
    monkeypatch.delitem(sys.modules, "stderrmw.__main__")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("stderrmw", run_name="__main__")

    assert ended.value.code == 0
    assert "pkg.mod:app" in capsys.readouterr().out


@contextmanager
def started(command: List[str], folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """A process that Ctrl-C reaches, whatever started the tests."""
    pipe = subprocess.PIPE
    # A shell has its background jobs ignore Ctrl-C, and what they start in turn.
    ours = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            command, cwd=folder, stdout=pipe, stderr=pipe, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    with process:
        yield process
        process.kill()


def url_of(process: "subprocess.Popen[str]") -> str:
    """Where it says that it serves."""
    assert process.stdout
    return process.stdout.readline().split(" on ")[1].split()[0]


def test_a_bare_checkout_serves_until_ctrl_c(beside: Path) -> None:
    """By the README's line, with nothing installed (-S) and every warning an error."""
    [line] = re.findall(r"^    python3 (-m stderrmw)$", README, re.MULTILINE)
    command = [sys.executable, "-S", "-W", "error", *line.split(), "--port", "0"]
    with started(command, beside) as process:
        url = url_of(process)
        assert curl(f"curl {url}/nowhere")[0] == 404
        assert curl(f"curl {url}/crash")[0] == 500
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=10)

    assert process.returncode == 0
    assert '"GET /nowhere HTTP/1.1" 404' in log
    assert log.count("Traceback (most recent call last)") == 1
    assert "KeyboardInterrupt" not in log


def test_ctrl_c_ends_uvicorn_too(modules: Path) -> None:
    command = [sys.executable, "-m", "stderrmw", "shop:asgi", "--port", "0"]
    with started(command, modules) as process:
        url = url_of(process)
        assert curl(f"curl {url}/")[0] == 200
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=10)

    assert process.returncode == 0
    assert "Traceback" not in log


def test_a_wsgi_app_needs_no_event_loop() -> None:
    """asyncio would cost each of its processes 5 MB."""
    code = "import sys, stderrmw; sys.exit('asyncio' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
