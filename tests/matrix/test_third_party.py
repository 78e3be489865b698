"""Software that people deploy: its clients see no change, its errors are standard."""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from ..servers import Answer, Server, error_of
from .observe import request as request_of
from .presence import skip_where_absent
from .raw_http import Connection
from .third_party import SOFTWARE, serving
from .third_party_clients import browse_session, index_session, webdav_session
from .third_party_faults import FAULTS, Fault

SESSIONS: Dict[str, Callable[[Server], Dict[str, str]]] = {
    "pypiserver": index_session,
    "wsgidav": webdav_session,
    "datasette": browse_session,
    "asgi-webdav": webdav_session,
}
#: How some steps begin to be told: sessions that fail alike would prove nothing.
STEPS = {
    "pypiserver": ["upload: 0:", "upload again: 1:", "installed: '#", "search: [{"],
    "wsgidav": ["mkdir: None", "download: b'some", "remove what is locked: ResourceL"],
    "datasette": ["query: 0:", "not a query: 1:", "/data/planets.json: 200"],
    "asgi-webdav": ["mkdir: None", "download: b'some", "move onto another: ResourceA"],
}

Pair = Tuple[Server, Server]
StartPair = Callable[[str], Pair]
a_pair = pytest.mark.parametrize("pair", SOFTWARE, indirect=True)


@pytest.fixture(scope="module")
def start_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartPair]:
    """Starts each software once, bare and wrapped."""
    with ExitStack() as stack:

        @lru_cache(maxsize=None)
        def pair_of(name: str) -> Pair:
            place = tmp_path_factory.mktemp(name)
            software = SOFTWARE[name]
            return (
                stack.enter_context(serving(name, software.bare, place / "bare")),
                stack.enter_context(serving(name, software.wrapped, place / "wrapped")),
            )

        yield pair_of


@pytest.fixture
def pair(request: pytest.FixtureRequest, start_pair: StartPair) -> Pair:
    """The software that the parameter names, where it is installed."""
    skip_where_absent(request.param)
    return start_pair(request.param)


def ask(server: Server, fault: Fault) -> Answer:
    """The answer; the client of the standard library fails where a server hangs up."""
    method, path = fault.request.split(" ")
    fields = {"Connection": "close", **fault.fields}
    if fault.body is not None:
        fields.setdefault("Content_Length", str(len(fault.body)))
    if "Transfer_Encoding" in fields:
        del fields["Content_Length"]
    with Connection(server.port) as connection:
        return connection.ask(
            request_of(method, path, fault.body or b"", **fields)
        ).answer


def told(server: Server, session: Dict[str, str]) -> List[str]:
    """A session, wherever it took place."""
    return [
        f"{step}: {seen}".replace(str(server.port), "PORT")
        for step, seen in session.items()
    ]


# Before the faults: some leave a file behind where nothing keeps them out.
@a_pair
def test_a_client_sees_no_difference(pair: Pair) -> None:
    bare, wrapped = pair
    session = SESSIONS[bare.name]

    seen = told(wrapped, session(wrapped))

    assert seen == told(bare, session(bare))
    for beginning in STEPS[bare.name]:
        assert any(step.startswith(beginning) for step in seen), beginning


@pytest.mark.parametrize(
    "pair, fault",
    [
        pytest.param(name, fault, id=f"{name}-{fault.name}")
        for name, faults in FAULTS.items()
        for fault in faults
    ],
    indirect=["pair"],
)
def test_a_fault_is_answered_with_a_standard_error(pair: Pair, fault: Fault) -> None:
    bare, wrapped = pair
    was = ask(bare, fault)
    assert was.status == fault.was, was

    # What is kept of the first time must not make another answer of the second.
    errors = [error_of(ask(wrapped, fault), fault.becomes) for _ in range(2)]

    messages = {error["message"] for error in errors}
    assert messages == {fault.says or errors[0]["message"]}
