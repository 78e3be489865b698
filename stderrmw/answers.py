"""How an answer of ours looks: the standard body and the head that goes with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import StandardError
from .message import Answer
from .policy import Policy
from .response_head import survivors

JSON = "application/json"


def answer_error(error: StandardError, policy: Policy, method: str) -> Answer:
    """The answer to a refusal, to a crash, or to what an app raised."""
    fields = error.as_dict(policy.preserve_statuses)
    return answer_fields(fields, survivors(error.headers, fields["code"]), method)


def answer_fields(
    fields: Mapping[str, Any], kept: Iterable[tuple[str, str]], method: str
) -> Answer:
    """The fields as the body, with their ``code`` as the status."""
    body = json.dumps(fields).encode("ascii")
    return answer_body(fields["code"], body, kept, method)


def answer_body(
    status: int,
    body: bytes,
    kept: Iterable[tuple[str, str]],
    method: str,
    content_type: str = JSON,
) -> Answer:
    """HEAD gets the head that GET would have, and no body (RFC 9110, 9.3.2)."""
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    headers.extend(kept)
    return Answer(status, headers, b"" if method == "HEAD" else body)
