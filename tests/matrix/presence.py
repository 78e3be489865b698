"""Which servers, frameworks and software of others this interpreter has, or why not."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec

import pytest

from .frameworks import FRAMEWORKS
from .servers import LAUNCHES
from .third_party import SOFTWARE

NEEDS = {name: launch.needs for name, launch in LAUNCHES.items()}
NEEDS.update({name: [module] for name, module in FRAMEWORKS.items()})
NEEDS.update({name: software.needs for name, software in SOFTWARE.items()})
SINCE = {name: launch.since for name, launch in LAUNCHES.items()}
SINCE.update({name: software.since for name, software in SOFTWARE.items()})
NEEDS.update({"sentry-sdk": ["sentry_sdk"], "wsgidav": ["wsgidav"]})


def why_absent(name: str) -> str:
    """What a server or framework lacks; nothing where it is there."""
    lacks = [lack_of(module) for module in NEEDS[name] if not is_there(module)]
    if lacks and not is_released(name):
        oldest = ".".join(map(str, SINCE[name]))
        lacks.append(f"which is released for Python {oldest} and newer")
    return ", ".join(lacks)


def lack_of(module: str) -> str:
    package = module.partition(".")[0]
    if package != module and is_there(package):
        return f"{package} {version(package)} has no {module}"
    return f"no {module} is installed"


def is_there(module: str) -> bool:
    package = module.rpartition(".")[0]
    return not (package and not is_there(package)) and bool(find_spec(module))


def is_released(name: str) -> bool:
    """Whether there is a release of it for this interpreter."""
    return name not in SINCE or SINCE[name] <= sys.version_info


def skip_where_absent(name: str) -> None:
    why = why_absent(name)
    if why:
        pytest.skip(f"{name}: {why}")


def report() -> str:
    """A line for each that is not there."""
    on = f"in the matrix on Python {platform.python_version()}"
    reasons = {name: why_absent(name) for name in NEEDS}
    absent = [f"not {on}: {name}: {why}" for name, why in reasons.items() if why]
    return "\n".join(absent) or f"{on}: every server and framework"
