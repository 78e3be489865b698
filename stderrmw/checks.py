"""The request checks, in the order in which they answer.

A check takes the request's head and the policy, and returns the error to answer with,
or None. It knows nothing of WSGI, ASGI or the bytes of a body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import StandardError
from .media_types import (
    accepts_coding,
    accepts_type,
    consumes_type,
    is_token,
    parse_media_type,
)
from .message import Request
from .policy import Policy
from .wording import bare, listed, refuse, shown

# Their content has no meaning here (RFC 9110, 9.3).
_UNMEASURED = frozenset({"OPTIONS", "TRACE", "CONNECT"})
_UNTYPED = _UNMEASURED | {"GET", "HEAD"}
#: The methods that need a Content-Length.
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def check_framing(request: Request, policy: Policy) -> StandardError | None:
    """400 if it is not certain where the body ends (RFC 9112, 6.3)."""
    length = request.fields.get("content-length")
    coding = request.fields.get("transfer-encoding")
    field = "Content-Length"
    if request.length == -1:
        cause = f"Content-Length is {shown(length)}, not a number of bytes"
    elif coding is not None and not _ends_chunked(coding):
        field = "Transfer-Encoding"
        cause = f"Transfer-Encoding is {shown(coding)}, chunked is not last"
    # Some gateways decode the chunks and add a length, but keep Transfer-Encoding. So
    # both are refused only if Content-Length is required.
    elif coding and length and policy.require_content_length:
        cause = "the request has both Content-Length and Transfer-Encoding"
    elif not is_token(request.method):
        field, cause = "method", f"the method is {shown(request.method)}, not a token"
    else:
        return None
    return refuse(400, cause, field, "invalid")


def check_method(request: Request, policy: Policy) -> StandardError | None:
    """405 for a method that is not in ``allowed_methods`` (RFC 9110, 15.5.6)."""
    allowed = policy.allowed_methods
    if allowed is None or request.method in allowed:
        return None
    allow = ", ".join(sorted(allowed))
    cause = f"{shown(request.method)} is not one of {allow}"
    return refuse(405, cause, "method", "unsupported", ("Allow", allow))


def check_length(request: Request, policy: Policy) -> StandardError | None:
    """411 for a body whose length is not declared (RFC 9112, 6.3).

    In HTTP/2 and later, frames show where a body ends, so a length is not needed.
    But in WSGI without ``wsgi.input_terminated``, reading a body of unknown length
    may block forever.
    """
    required, unending = policy.require_content_length, not request.terminated
    if "transfer-encoding" in request.fields:
        is_refused = (required or unending) and request.method not in _UNMEASURED
        cause = "the length of a chunked body is unknown"
    else:
        is_needed = unending if request.framed else required
        is_missing = request.length is None and request.method in WITH_BODY
        is_refused = is_needed and is_missing
        cause = f"{request.method} needs a Content-Length, 0 for no body"
    if not is_refused:
        return None
    return refuse(411, cause, "Content-Length", "missing_field")


def check_size(request: Request, policy: Policy) -> StandardError | None:
    """413 for a declared length over ``max_body_size`` (RFC 9110, 15.5.14)."""
    limit = policy.max_body_size
    if limit is None or (request.length or 0) <= limit:
        return None
    declared = bare(request.fields.get("content-length"))
    return too_large(policy, f"request declares {declared}")


def check_type(request: Request, policy: Policy) -> StandardError | None:
    """415 for a body that matches no entry of ``consumes`` (RFC 9110, 15.5.16)."""
    value, entries = request.fields.get("content-type"), policy.consumes
    if entries is None or request.method in _UNTYPED or not _has_body(request):
        return None
    found = parse_media_type(value) if value is not None else None
    if found and consumes_type(entries, found):
        return None
    fact = "the body has no Content-Type"
    code = "missing_field"
    if value is not None:
        fact = f"Content-Type is {shown(value)}"
        code = "unsupported" if found else "invalid"
    texts = list(map(str, entries))
    headers = [("Accept", ", ".join(texts))]
    # RFC 5789, 3.1: Accept-Patch lists media types, not ranges.
    patch = ", ".join(text for text in texts if "*" not in text)
    if request.method == "PATCH" and patch:
        headers.append(("Accept-Patch", patch))
    cause = f"{fact}; {listed(texts)} is accepted"
    return refuse(415, cause, "Content-Type", code, *headers)


def check_accept(request: Request, policy: Policy) -> StandardError | None:
    """406 if Accept certainly excludes all of ``produces`` (RFC 9110, 12.5.1)."""
    return _check_offers(request, "Accept", policy.produces, accepts_type)


def check_accept_encoding(request: Request, policy: Policy) -> StandardError | None:
    """406 if Accept-Encoding excludes all of ``produces_encodings``."""
    offers = policy.produces_encodings
    return _check_offers(request, "Accept-Encoding", offers, accepts_coding)


CHECKS = (
    check_framing,
    check_method,
    check_length,
    check_size,
    check_type,
    check_accept,
    check_accept_encoding,
)


def refusal(request: Request, policy: Policy) -> StandardError | None:
    """The refusal of the first check that fails, or None if the request may pass."""
    checks = CHECKS[:1] if request.preflight else CHECKS
    return next(filter(None, (check(request, policy) for check in checks)), None)


def too_large(
    policy: Policy, fact: str = "the request body is longer"
) -> StandardError:
    """The 413 for a body that was declared, or turned out, to be too large."""
    cause = f"limit is {policy.max_body_size} bytes, {fact}"
    return refuse(413, cause, "Content-Length", "too_large")


def _ends_chunked(coding: str) -> bool:
    return coding.rpartition(",")[2].strip(" \t").lower() == "chunked"


def _has_body(request: Request) -> bool:
    if request.unbounded:
        return "transfer-encoding" in request.fields or request.method in WITH_BODY
    return bool(request.length)


def _check_offers(
    request: Request, field: str, offers: Any, accepts: Callable[[str, Any], bool]
) -> StandardError | None:
    value = request.fields.get(field.lower())
    if value is None or offers is None or request.method in _UNMEASURED:
        return None
    if accepts(value, offers):
        return None
    cause = f"{field} is {shown(value)}; {listed(offers)} is available"
    return refuse(406, cause, field, "unsupported", ("Vary", field))
