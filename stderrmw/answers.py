"""Builds our answers: the standard body and its head. Knows nothing of WSGI or ASGI."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import StandardError, standard_fields
from .hooks import error_headers, extra_fields
from .message import Answer
from .policy import Policy
from .response_head import survivors
from .status import fold

logger = logging.getLogger("stderrmw")

JSON = "application/json"
STANDARD = frozenset({"code", "message", "cause"})


def answer_error(
    error: StandardError, policy: Policy, method: str, source: Any
) -> Answer:
    """The answer to a refusal, a crash or a StandardError that the app raised.

    :param source: the environ or scope, for callables in the options.
    """
    try:
        return _answer_error(error, policy, method, source)
    except Exception:  # raised by an app's own subclass
        logger.exception("%s cannot be answered", type(error).__name__)
        return _answer_error(StandardError(500), policy, method, source)


def _answer_error(
    error: StandardError, policy: Policy, method: str, source: Any
) -> Answer:
    original = error.original_status
    status = fold(original, policy.preserve_statuses)
    fields = standard_fields(status, error.message, original, error.cause)
    more = {k: v for k, v in error.as_dict().items() if k not in STANDARD}
    kept = survivors(error.headers, status)
    kept.extend(error_headers(policy, source))
    extra = extra_fields(policy, source)
    return answer_fields({**fields, **more}, kept, method, extra)


def answer_fields(
    fields: Mapping[str, Any],
    kept: Iterable[tuple[str, str]],
    method: str,
    extra: Mapping[str, Any],
) -> Answer:
    """The answer with these fields, then *extra*, in its body; status from ``code``."""
    members = {**fields, **extra, **fields}
    body = json.dumps(members, allow_nan=False).encode("ascii")
    return answer_body(fields["code"], body, kept, method)


def answer_body(
    status: int,
    body: bytes,
    kept: Iterable[tuple[str, str]],
    method: str,
    content_type: str = JSON,
) -> Answer:
    """The answer with this body; HEAD gets the same head alone (RFC 9110, 9.3.2)."""
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    headers.extend(kept)
    return Answer(status, headers, b"" if method == "HEAD" else body)
