"""The request checks, each once, in the order in which they answer.

A check is a function of the request's head and the policy that returns what to
answer, or None. It knows nothing of interfaces, and never of a body's bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import FieldError, StandardError
from .media_types import (
    accepts_coding,
    accepts_type,
    consumes_type,
    is_token,
    parse_media_type,
)
from .message import Request
from .policy import Policy, text_of
from .request_body import declared_length, has_unknown_length

# By RFC 9110 (9.3) these carry no content that the checks are about.
_UNMEASURED = frozenset({"OPTIONS", "TRACE", "CONNECT"})
_UNTYPED = _UNMEASURED | {"GET", "HEAD"}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def check_framing(request: Request, policy: Policy) -> StandardError | None:
    """400 where it is not certain where the body ends (RFC 9112, 6.3)."""
    length, coding = request.content_length, request.transfer_encoding
    if length is not None:
        try:
            declared_length(request)
        except ValueError:
            cause = f"Content-Length is {_shown(length)}, not a number of bytes"
            return _refusal(400, cause, "Content-Length", "invalid")
    if coding is not None:
        if coding.rpartition(",")[2].strip(" \t").lower() != "chunked":
            cause = f"Transfer-Encoding is {_shown(coding)}, chunked is not last"
            return _refusal(400, cause, "Transfer-Encoding", "invalid")
        # A gateway may undo the chunks, add the length and leave the header: only
        # who insists on Content-Length insists on its being alone.
        if length is not None and policy.require_content_length:
            cause = "the request has both Content-Length and Transfer-Encoding"
            return _refusal(400, cause, "Content-Length", "invalid")
    if not is_token(request.method):
        cause = f"the method is {_shown(request.method)}, not a token"
        return _refusal(400, cause, "method", "invalid")
    return None


def check_method(request: Request, policy: Policy) -> StandardError | None:
    """405 for a method that is not in ``allowed_methods`` (RFC 9110, 15.5.6)."""
    allowed = policy.allowed_methods
    if allowed is None or request.method in allowed:
        return None
    allow = ", ".join(sorted(allowed))
    cause = f"{_shown(request.method)} is not one of {allow}"
    return _refusal(405, cause, "method", "unsupported", ("Allow", allow))


def check_length(request: Request, policy: Policy) -> StandardError | None:
    """411 for a body whose length is not declared (RFC 9112, 6.3).

    Frames tell the length of an HTTP/2 body, so there it need not be declared;
    but in WSGI, where ``wsgi.input_terminated`` is not set, to read a body of
    unknown length may never end.
    """
    if request.method in _UNMEASURED:
        return None
    chunked = request.transfer_encoding is not None
    missing = request.content_length is None and request.method in _WITH_BODY
    if chunked:
        refuses = policy.require_content_length or not request.terminated
        cause = "the body is chunked and has no Content-Length"
    else:
        relaxed = (
            request.terminated
            if request.framed
            else not (policy.require_content_length)
        )
        refuses = missing and not relaxed
        cause = f"{request.method} needs a Content-Length, 0 for no body"
    if not refuses:
        return None
    return _refusal(411, cause, "Content-Length", "missing_field")


def check_size(request: Request, policy: Policy) -> StandardError | None:
    """413 for a declared length over ``max_body_size`` (RFC 9110, 15.5.14)."""
    limit = policy.max_body_size
    if limit is None or (declared_length(request) or 0) <= limit:
        return None
    return _too_large(policy, f"request declares {_bare(request.content_length)}")


def check_type(request: Request, policy: Policy) -> StandardError | None:
    """415 for a body that no entry of ``consumes`` takes (RFC 9110, 15.5.16)."""
    if policy.consumes is None or request.method in _UNTYPED or not _has_body(request):
        return None
    content_type = request.content_type
    if content_type is not None and consumes_type(content_type, policy.consumes):
        return None
    wanted = _listed(map(text_of, policy.consumes))
    if content_type is None:
        cause, code = f"the body has no Content-Type; {wanted} is", "missing_field"
    else:
        cause = f"Content-Type is {_shown(content_type)}; {wanted} is"
        known = parse_media_type(content_type)
        code = "unsupported" if known else "invalid"
    accept = ", ".join(map(text_of, policy.consumes))
    headers = [("Accept", accept)]
    # RFC 5789, 3.1: a list of media types, which has no ranges.
    patch = ", ".join(text for text in map(text_of, policy.consumes) if "*" not in text)
    if request.method == "PATCH" and patch:
        headers.append(("Accept-Patch", patch))
    return _refusal(415, f"{cause} accepted", "Content-Type", code, *headers)


def check_accept(request: Request, policy: Policy) -> StandardError | None:
    """406 where Accept surely excludes all of ``produces`` (RFC 9110, 12.5.1)."""
    accept, offers = request.accept, policy.produces
    if accept is None or offers is None or request.method in _UNMEASURED:
        return None
    if accepts_type(accept, offers):
        return None
    return _not_acceptable("Accept", accept, map(text_of, offers))


def check_accept_encoding(request: Request, policy: Policy) -> StandardError | None:
    """406 where Accept-Encoding excludes all of ``produces_encodings``."""
    accept, offers = request.accept_encoding, policy.produces_encodings
    if accept is None or offers is None or request.method in _UNMEASURED:
        return None
    if accepts_coding(accept, offers):
        return None
    return _not_acceptable("Accept-Encoding", accept, offers)


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
    """The first check's refusal, or None where the app may have the request."""
    for check in CHECKS[:1] if request.preflight else CHECKS:
        refused = check(request, policy)
        if refused is not None:
            return refused
    return None


def counted_too_large(policy: Policy) -> StandardError:
    """The 413 of a body that was found to be too large as it was read."""
    return _too_large(policy, "the request body is longer")


def _too_large(policy: Policy, fact: str) -> StandardError:
    cause = f"limit is {policy.max_body_size} bytes, {fact}"
    return _refusal(413, cause, "Content-Length", "too_large")


def _has_body(request: Request) -> bool:
    if has_unknown_length(request):
        return request.transfer_encoding is not None or request.method in _WITH_BODY
    return bool(declared_length(request))


def _not_acceptable(field: str, value: str, offers: Iterable[str]) -> StandardError:
    cause = f"{field} is {_shown(value)}; {_listed(offers)} is available"
    return _refusal(406, cause, field, "unsupported", ("Vary", field))


def _refusal(
    status: int, cause: str, field: str, code: str, *headers: "tuple[str, str]"
) -> StandardError:
    error = FieldError("Request", field, code)
    return StandardError(status, cause=cause, errors=[error], headers=headers)


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(texts)


def _bare(value: str | None) -> str:
    """A value of the request, at a length that is fit for an answer."""
    text = (value or "").strip(" \t")
    return text if len(text) <= 80 else f"{text[:80]}..."


def _shown(value: str) -> str:
    return f"'{_bare(value)}'"
