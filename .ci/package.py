"""Builds the sdist and the wheel, and holds them to what is promised of them.

usage: python .ci/package.py DIRECTORY

They are in DIRECTORY/dist then. DIRECTORY/outside has what is in the sdist but for the
package, so that the tests there are of the one that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from gzip import GzipFile
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
# In seconds: the date of a release, or else the first day that a wheel can hold.
EPOCH = int(os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800"))
PATTERNS = ".ci benchmarks docs stderrmw tests typing_tests LICENSE *.in *.rst setup.*"
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info")
METADATA = "METADATA RECORD WHEEL entry_points.txt licenses/LICENSE top_level.txt"


def run(*arguments: object) -> None:
    """Run a module of this Python; what it prints is shown where it fails."""
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(done.stdout.decode())


def copy_of_checkout(copy: Path) -> Path:
    """Without what git alone reads, and what was built or installed there."""
    copy.mkdir(parents=True)
    for path in (path for pattern in PATTERNS.split() for path in ROOT.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, copy / path.name, ignore=IGNORED)
        else:
            shutil.copy(path, copy)
    return copy


def build(place: Path) -> list[Path]:
    """The sdist and the wheel in ``dist``; in ``sdist``, what the former holds."""
    run("build", "--outdir", place / "dist", copy_of_checkout(place / "copy"))
    sdist, wheel = sorted((place / "dist").iterdir(), key=lambda path: path.suffix)
    with tarfile.open(sdist) as archive:
        archive.extractall(place)
    source = place / sdist.name[: -len(".tar.gz")]
    pack(source, sdist)
    return [sdist, wheel, source.rename(place / "sdist")]


def pack(source: Path, sdist: Path) -> None:
    """Pack it anew, for what setuptools packed tells by whom and when."""

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = EPOCH
        return member

    with sdist.open("wb") as file:
        with GzipFile("", "wb", fileobj=file, mtime=EPOCH) as compressed:
            with tarfile.open(fileobj=compressed, mode="w") as archive:
                archive.add(source, source.name, filter=anonymous)


def files_in(directory: Path) -> set[str]:
    found = (path for path in directory.rglob("*") if path.is_file())
    names = {path.relative_to(directory).as_posix() for path in found}
    return {name for name in names if ".egg-info/" not in name}


def check(fact: str, found: object, expected: object) -> None:
    """Print the fact, or end with what is found instead."""
    if found == expected:
        print(fact)
    elif isinstance(found, set) and isinstance(expected, set):
        lacks, more = sorted(expected - found), sorted(found - expected)
        sys.exit(f"NOT SO: {fact}: it lacks {lacks} and has {more}")
    else:
        sys.exit(f"NOT SO: {fact}")


def main(place: Path) -> None:
    sdist, wheel, source = build(place / "first")
    again = build(place / "second")
    for path, other in zip([sdist, wheel], again):
        fact = f"{path.name} is the same when it is built again"
        check(fact, path.read_bytes(), other.read_bytes())
    run("twine", "check", "--strict", sdist, wheel)

    checkout = files_in(place / "first" / "copy")
    fact = "the sdist holds all that the checkout does, and its metadata"
    check(fact, files_in(source), checkout | {"PKG-INFO"})

    package = {name for name in checkout if name.startswith("stderrmw/")}
    info = wheel.name.replace("-py3-none-any.whl", ".dist-info/")
    fact = "the wheel holds the package, py.typed, the license and its metadata"
    expected = package | {"stderrmw/py.typed"} | {info + it for it in METADATA.split()}
    check(fact, set(ZipFile(wheel).namelist()), expected)

    sdist.parent.rename(place / "dist")
    shutil.rmtree(source / "stderrmw")
    source.rename(place / "outside")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
