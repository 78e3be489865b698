"""Calls the callables among the options, which add headers and fields to an answer.

They are user code: if one fails, it is logged and the answer is sent without it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .policy import Policy
from .response_head import survivors

logger = logging.getLogger("stderrmw")


def error_headers(policy: Policy, source: Any) -> list[tuple[str, str]]:
    """The headers to add to an answer that does not replace a response of the app.

    :param source: the environ or scope of the request.
    """
    wanted = policy.error_headers
    if not callable(wanted):
        return list(wanted)
    with _logged("error_headers"):
        pairs = wanted(source) or ()
        # Otherwise each letter or key would be dropped with a warning of its own.
        if isinstance(pairs, (str, bytes, Mapping)):
            raise TypeError(f"it must return pairs of str, not {pairs!r}")
        return survivors(pairs, 0)
    return []


def extra_fields(policy: Policy, source: Any) -> dict[str, Any]:
    """The fields to add to an error body."""
    wanted = policy.extra_fields
    if wanted is None:
        return {}
    with _logged("extra_fields"):
        fields = dict(wanted(source) or {})
        if not all(isinstance(name, str) for name in fields):
            raise TypeError(f"the names of fields must be str, not {list(fields)!r}")
        json.dumps(fields, allow_nan=False)  # NaN is not JSON
        return fields
    return {}


@contextmanager
def _logged(option: str) -> Iterator[None]:
    """Log an exception raised inside, and continue after the block."""
    try:
        yield
    except Exception:
        logger.exception("%s failed, and the answer leaves without it", option)
