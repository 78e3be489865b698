"""Good, bad, oversized and aborted requests at full speed, and nothing may give way.

    python3 -m benchmarks.soak [--seconds 30]

Against gunicorn (gthread) and uvicorn, with the app of soak_apps.py wrapped. Held:
every answer that comes is the standard's or the known good one, to the byte; file
descriptors, threads, tasks, objects and memory of the serving process show no trend;
its log has no traceback but of the app's own crash; slow clients that dribble a
refused body are read no further than drain_limit. Needs gunicorn and uvicorn; Linux.
Exit status 1 where any of it does not hold.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Dict, Iterator, List, NamedTuple

from . import soak_client, soak_slow
from .report import heading
from .servers import SIDES, Server, serving

CLIENTS = 4
THREADS = 8
# Objects and blocks are counted after a garbage collection, to the last one: what is
# allowed is what caches and the allocator's free lists hold, some requests' worth. The
# rss (kB) of an idle process is what the allocator did not give back.
ALLOWED = {
    "descriptors": 2,
    "threads": 0,
    "tasks": 1,
    "objects": 500,
    "blocks": 2_000,
    "rss": 6_000,
}
CRASH = "benchmarks.soak_apps.OwnCrash: "
# What the traceback ends with: the first line that is not indented after its head.
TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(.*)")


class Sample(NamedTuple):
    """What /proc and the process itself say at one time."""

    descriptors: int
    threads: int
    rss: int
    objects: int = 0
    blocks: int = 0
    tasks: int = 0


def main() -> int:
    """Soak every server; 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    heading("Soak", "gunicorn", "uvicorn")
    wrong = [fault for name in SIDES for fault in soak(name, seconds)]
    print("\n".join(["Violations:", *wrong] if wrong else ["No violations."]))
    return int(bool(wrong))


def soak(name: str, seconds: float) -> List[str]:
    """What was wrong on one server."""
    app = f"benchmarks.soak_apps:{SIDES[name]}"
    with serving(name, app, threads=THREADS) as server:
        warm, _ = load(server, seconds / 3)
        before = settled(server)
        counts, samples = load(server, seconds)
        after = settled(server)
        slow = soak_slow.run(server)
        log = server.log.read_text()
    counts += Counter({fault: 1 for fault in slow})
    report(name, seconds, counts, before, after, samples)
    faults = [f"{fault} ({n} times)" for fault, n in (warm + counts).items()]
    faults = [fault for fault in faults if fault.startswith("!")]
    faults += trends(before, after, samples) + log_faults(log)
    return [f"- {name}: {fault}" for fault in faults]


def load(server: Server, seconds: float) -> "tuple[Counter[str], List[Sample]]":
    """Ask at full speed; what was answered, and samples taken meanwhile."""
    samples: List[Sample] = []
    with ProcessPoolExecutor(CLIENTS) as pool:
        work = [
            pool.submit(soak_client.run, server.port, seconds, seed)
            for seed in range(CLIENTS)
        ]
        samples += sampled(server, work)
        counts = sum((future.result() for future in work), Counter())
    return counts, samples


def sampled(server: Server, work: "List[Future[Counter[str]]]") -> Iterator[Sample]:
    """A sample every half second, until the work is done."""
    while not all(future.done() for future in work):
        time.sleep(0.5)
        yield sample(server)


def sample(server: Server) -> Sample:
    """What /proc says."""
    threads, rss = server.status("Threads"), server.status("VmRSS")
    return Sample(server.descriptors(), threads, rss)


def settled(server: Server) -> Sample:
    """What there is when no client is left."""
    time.sleep(3)
    server.get("/state")
    state: Dict[str, int] = json.loads(server.get("/state"))
    found = {name: state[name] for name in ("objects", "blocks", "tasks")}
    return sample(server)._replace(**found)


def trends(before: Sample, after: Sample, samples: List[Sample]) -> List[str]:
    """What has grown by more than noise."""
    # gthread starts its threads one by one as they are needed, beside the main one.
    before = before._replace(threads=max(before.threads, THREADS + 1))
    grown = [
        f"! {name} grew from {getattr(before, name)} to {getattr(after, name)}"
        for name, allowed in ALLOWED.items()
        if getattr(after, name) - getattr(before, name) > allowed
    ]
    third = len(samples) // 3
    for name in ("descriptors", "threads", "rss"):
        values = sorted(getattr(one, name) for one in samples[third : 2 * third])
        later = sorted(getattr(one, name) for one in samples[2 * third :])
        middle, last = values[len(values) // 2], later[len(later) // 2]
        # Under load the number of connections varies; a leak has thousands.
        if last - middle > max(ALLOWED[name], 8):
            grown.append(f"! under load {name} grew from {middle} to {last}")
    return grown


def log_faults(log: str) -> List[str]:
    """The tracebacks that are not of the app's own crash."""
    ends = [end for end in TRACEBACK.findall(log) if not end.startswith(CRASH)]
    return [f"! in the log {n} times: {end}" for end, n in Counter(ends).items()]


def report(
    name: str,
    seconds: float,
    counts: "Counter[str]",
    before: Sample,
    after: Sample,
    samples: List[Sample],
) -> None:
    """Print what was asked and what there was at the start and at the end."""
    total = sum(counts.values())
    print(name, "-" * len(name), "", sep="\n")
    print(f"{total} requests, {total / seconds:.0f} a second::\n")
    for what, number in sorted(counts.items()):
        print(f"    {number:8} {what}")
    print("\nBefore, after, and the most under load::\n")
    for field in Sample._fields:
        most = max(getattr(one, field) for one in samples) or "-"
        numbers = getattr(before, field), getattr(after, field), most
        print(f"    {field:12}", *(f"{number:>8}" for number in numbers))
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
