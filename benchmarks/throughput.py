"""Requests a second of real servers, the wrapped app's as a part of the bare one's.

    python3 -m benchmarks.throughput [--rounds 9] [--seconds 3]

Both servers are up at once and loaded in turns, in changing order; with ``wrk`` where
it is on the PATH, else with a few threads of this process. Where there are two
processors or more, the servers have one and the client another.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Iterator, List, Tuple

from .cases import ANSWERED, Case, merged
from .report import heading, table
from .servers import HOST, SIDES, serving

CONNECTIONS = 4
LOADED = [case for case in ANSWERED if case.title in ("GET 200", "POST 200, body read")]
RATE = re.compile(r"Requests/sec:\s*([0-9.]+)")
FAILED = re.compile(r"Non-2xx|Socket errors")


def main() -> None:
    """Print the table alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    arguments = parser.parse_args()
    heading("Throughput", "gunicorn", "uvicorn")
    print_table(arguments.rounds, arguments.seconds)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long."""
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=3.0)


def print_table(rounds: int, seconds: float) -> None:
    """Load each server; the ratios of the rounds."""
    rows = []
    for name in SIDES:
        for case in LOADED:
            pairs = list(measure(name, case, rounds, seconds))
            ratios = [wrapped / bare for bare, wrapped in pairs]
            shown = [f"{f(ratios):.3f}" for f in (min, median, max)]
            rate = f"{median(bare for bare, _ in pairs):.0f}"
            rows.append([f"{name}, {case.title}", rate, *shown])
    client = "wrk" if shutil.which("wrk") else "threads"
    title = f"Throughput, wrapped / bare, {rounds} rounds of {seconds:g} s ({client})"
    head = ["server", "bare, requests/s", "minimum", "median", "maximum"]
    table(title, head, rows)


def measure(
    name: str, case: Case, rounds: int, seconds: float
) -> Iterator[Tuple[float, float]]:
    """Requests a second, bare and wrapped, round by round."""
    side = SIDES[name]
    processors = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, processors)
        os.sched_setaffinity(0, processors[:1])  # servers inherit it
        ports = [
            stack.enter_context(
                serving(name, f"benchmarks.load_apps:{kind}_{side}")
            ).port
            for kind in ("bare", "wrapped")
        ]
        os.sched_setaffinity(0, processors[-1:])
        for port in ports:
            rate(port, case, 1)
        for number in range(rounds):
            order = (0, 1) if number % 2 else (1, 0)
            found = {which: rate(ports[which], case, seconds) for which in order}
            yield found[0], found[1]


def rate(port: int, case: Case, seconds: float) -> float:
    """Requests a second."""
    if shutil.which("wrk"):
        return wrk(port, case, seconds)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        work = [pool.submit(ask, port, case, seconds) for _ in range(CONNECTIONS)]
        return sum(future.result() for future in work) / seconds


def ask(port: int, case: Case, seconds: float) -> int:
    """How many answers one connection gets."""
    connection = HTTPConnection(HOST, port, timeout=10)
    headers, body = dict(merged(case.headers)), b"{}" if case.method == "POST" else None
    deadline, number = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        connection.request(case.method, case.path, body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        number += 1
    return number


def wrk(port: int, case: Case, seconds: float) -> float:
    """The same with wrk; whole seconds."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "request.lua")
        script.write_text("\n".join(lua(case)))
        command = f"wrk -t1 -c{CONNECTIONS} -d{max(int(seconds), 1)}s -s {script}"
        url = f"http://{HOST}:{port}{case.path}"
        output = subprocess.check_output([*command.split(), url], text=True)
    found = RATE.search(output)
    if FAILED.search(output) or found is None:
        raise RuntimeError(output)
    return float(found[1])


def lua(case: Case) -> List[str]:
    """The request, for wrk."""
    lines = [f'wrk.method = "{case.method}"']
    if case.method == "POST":
        lines.append('wrk.body = "{}"')
    for name, value in merged(case.headers):
        if name not in ("host", "content-length"):
            lines.append(f'wrk.headers["{name}"] = "{value}"')
    return lines


if __name__ == "__main__":
    main()
