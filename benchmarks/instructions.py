"""Instructions per request, beside every rival; throughput; and headers that are huge.

    python3 -m benchmarks.instructions

Prints three tables:

- Instructions per request of one process, counted by ``valgrind --tool=callgrind``
  with the hash seed fixed: of two run lengths the difference, divided. *Added* is what
  is on top of the bare app, *ratio* how often what the empty pass-through adds. In
  short, what was added again, in parentheses where an error was left as it was.
- Throughput under load (throughput.py).
- What headers add that are meant to cost much, at half and at full size: where the
  second is about twice the first, the cost is linear in the length.

Makes an environment for the rivals under the user's cache folder the first time. Needs
valgrind, gunicorn and uvicorn; takes seven minutes and more. ``--only`` prints one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from . import throughput
from .cases import REFUSED
from .report import heading, table
from .servers import ROOT
from .variants import BARE, PASS, STDERRMW, VARIANTS

RIVALS = [
    "starlette==1.10.0",
    "content-size-limit-asgi==0.1.5",
    "starlette-problem==0.13.5",
    "oslo.middleware==8.2.0",
    "Paste==3.10.1",
    "pecan==1.8.0",
    "connexion==3.3.0",
]
# Of these one file is used, and none of what the package depends on.
ALONE = ["ironic==39.0.0"]
CALLGRIND = "valgrind --tool=callgrind --callgrind-out-file=/dev/null"
COLLECTED = re.compile(r"==(\d+)== Collected : (\d+)")


class Count(NamedTuple):
    """Instructions of one request, and what was answered."""

    instructions: int
    answer: str


Counts = Dict[str, Count]

#: The requests whose cost is told in short.
IN_SHORT = ["GET 200", "POST 200", "HTML 404", "crash", "1000-chunk stream"]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    tables = ["instructions", "throughput", "headers"]
    parser.add_argument("--only", choices=tables)
    throughput.add_arguments(parser)
    arguments = parser.parse_args()
    chosen = [arguments.only] if arguments.only else tables
    heading("The cost of the middleware", "gunicorn", "uvicorn")
    if "instructions" in chosen:
        print(f"Rivals: {', '.join(RIVALS + ALONE)}\n")
        print_instructions()
    if "throughput" in chosen:
        throughput.print_table(arguments.rounds, arguments.seconds)
    if "headers" in chosen:
        print_headers()


def print_instructions() -> None:
    """The first table, for each side; as many at a time as there are processors."""
    python = rivals()
    names = [(side, name) for side in VARIANTS for name in VARIANTS[side]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        work = {pair: pool.submit(count, python, *pair) for pair in names}
        counts = {pair: future.result() for pair, future in work.items()}
    for side in VARIANTS:
        found = {name: counts[side, name] for name in VARIANTS[side]}
        head = ["request", "variant", "answer", "total", "added", "ratio"]
        table(f"Instructions per request, {side}", head, rows(found))
    for side in VARIANTS:
        found = {name: counts[side, name] for name in VARIANTS[side]}
        title = f"In short, {side}: thousands of instructions added"
        table(title, [side, *IN_SHORT], in_short(found))
    title = "In short, refusals: thousands of instructions in all"
    head = ["refused", *(case.title for case in REFUSED)]
    table(title, head, [in_all(side, counts[side, STDERRMW]) for side in VARIANTS])


def rivals() -> Path:
    """The Python of the rivals' environment, which is made where it is missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "stderrmw-benchmarks" / "python{}.{}".format(*sys.version_info)
    python = folder / "bin" / "python"
    complete = folder / "complete"
    wanted = "\n".join(RIVALS + ALONE)
    if not complete.exists() or complete.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.check_call([*install, *RIVALS], stdout=sys.stderr)
        subprocess.check_call([*install, "--no-deps", *ALONE], stdout=sys.stderr)
        complete.write_text(wanted)
    return python


def count(python: Path, side: str, name: str) -> Counts:
    """Run the driver, and divide."""
    done = subprocess.run(
        [*CALLGRIND.split(), str(python), "-m", "benchmarks.driver", side, name],
        cwd=str(ROOT),
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{side} {name}:\n{done.stderr[-2000:]}")
    collected = {int(process): int(n) for process, n in COLLECTED.findall(done.stderr)}
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {
        title: Count(
            (collected[int(second)] - collected[int(first)]) // (int(more) - int(few)),
            answer,
        )
        for (title, few, first, answer), (_, more, second, _) in pairs(lines)
    }


def pairs(lines: List[List[str]]) -> "Iterator[Tuple[List[str], List[str]]]":
    """The two runs of each request."""
    return zip(lines[::2], lines[1::2])


def rows(found: Dict[str, Counts]) -> Iterator[List[object]]:
    """A row for each request and variant."""
    for title in found[STDERRMW]:
        for name in found:
            if title in found[name]:
                instructions, answer = found[name][title]
                compared = compare(found, title, name)
                yield [title, name, answer, instructions, *compared]


def in_short(found: Dict[str, Counts]) -> Iterator[List[object]]:
    """A row for each variant, in parentheses where it left an error as it was."""
    for name in [name for name in found if name != BARE]:
        cells: List[object] = []
        for title in IN_SHORT:
            instructions, answer = found[name][title]
            cell = thousands(instructions - found[BARE][title].instructions)
            is_kept = answer == found[BARE][title].answer and answer[:3] != "200"
            cells.append(f"({cell})" if is_kept else cell)
        yield [name, *cells]


def in_all(side: str, counts: Counts) -> List[object]:
    """A row of what refusals cost, with the request itself."""
    return [side, *(thousands(counts[case.title].instructions) for case in REFUSED)]


def thousands(instructions: int) -> str:
    """To one decimal."""
    return f"{instructions / 1000:.1f}"


def compare(found: Dict[str, Counts], title: str, name: str) -> List[object]:
    """What it adds to the bare app, and how often what the pass-through adds.

    Nothing where the bare app does not refuse, and so does other work.
    """
    if title not in found[BARE]:
        return ["-", "-"]
    bare = found[BARE][title].instructions
    added = found[name][title].instructions - bare
    if name in (BARE, PASS):
        return [added, "-"]
    return [added, f"{added / (found[PASS][title].instructions - bare):.2f}"]


def print_headers() -> None:
    """The third table."""
    python = Path(sys.executable)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = pool.map(lambda side: count(python, side, "pathological"), VARIANTS)
    for side, counts in zip(VARIANTS, counted):
        added: Dict[Tuple[str, str], int] = {}
        for key, found in counts.items():
            title, size, kind = key.split("|")
            sign = 1 if kind == "wrapped" else -1
            added[title, size] = added.get((title, size), 0) + sign * found[0]
        answers = {key.split("|")[0]: found.answer for key, found in counts.items()}
        lines = [
            [title, answers[title], half, added[title, "1.0"]]
            for (title, size), half in added.items()
            if size == "0.5"
        ]
        for line in lines:
            line.append(f"{int(line[3]) / int(line[2]):.2f}")
        head = ["header", "answer", "half, added", "full, added", "full / half"]
        table(f"Instructions for huge headers, {side}", head, lines)


if __name__ == "__main__":
    main()
