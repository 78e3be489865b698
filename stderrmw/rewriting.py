"""What becomes of an error response of the app, decided chunk by chunk.

A sans-I/O machine for both adapters: fed the body as far as it wants to see it, it
says whether the response passes, or what to answer in its place.
"""

from __future__ import annotations

from collections.abc import Iterable

from .answers import JSON, answer_body, answer_fields
from .content import CODINGS, TooLong, decoded, text_of
from .errors import ProtocolError, standard_fields
from .json_errors import complete, is_object
from .media_types import canonical_coding, parse_media_type
from .message import Answer
from .policy import Policy
from .response_head import FRAMING_FIELDS, field, survivors
from .status import fold

#: A JSON error body is gathered up to here; a longer one passes whole.
JSON_LIMIT = 65_536


class ErrorResponse:
    """One response of the app with a status of 400 or over.

    ``verdict`` is None until it is decided, then True where the response leaves as
    the app sends it, or what is sent in its place. ``chunks`` is what was fed so far.
    """

    def __init__(
        self, policy: Policy, method: str, status: int, headers: Iterable[object]
    ) -> None:
        self._method = method
        self._original = status
        self._status = fold(status, policy.preserve_statuses)
        self._headers = list(headers)
        self._keeps = policy.json_errors == "keep"
        content_type = field(self._headers, "content-type") or "text/plain"
        found = parse_media_type(content_type)
        essence = f"{found.type}/{found.subtype}" if found else ""
        self._charset = dict(found.parameters).get("charset") if found else None
        self._is_text = essence.startswith("text/")
        self._is_json = essence == "application/json" or (
            essence.startswith("application/") and essence.endswith("+json")
        )
        self._label = content_type if self._is_json else JSON
        coding = field(self._headers, "content-encoding") or "identity"
        self._coding = canonical_coding(coding)
        self._size = 0
        self.chunks: list[bytes] = []
        self.verdict: Answer | bool | None = None
        if self._is_json and (self._keeps or self._coding not in CODINGS):
            self.verdict = True

    @property
    def passes(self) -> bool:
        """Whether the response is certain to leave as the app sends it."""
        return self.verdict is True

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk; on a body that is not JSON the first one decides."""
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            kind = type(chunk).__name__
            raise ProtocolError(f"the app sent {kind} in a response body, not bytes")
        if isinstance(self.verdict, Answer):
            return
        if self.verdict is None:
            if not self.chunks and not self._may_be_json(chunk):
                self.verdict = self._replaced()
            self._size += len(chunk)
            # Of empty chunks there may be no end.
            if max(self._size, len(self.chunks)) > JSON_LIMIT:
                self.end_unseen()
        self.chunks.append(chunk)

    def end(self) -> None:
        """Decide on a body that has come to its end."""
        body = b"".join(self.chunks)
        try:
            text = text_of(decoded(body, self._coding, JSON_LIMIT), self._charset)
            self.verdict = self._completed(text, body)
        except TooLong:
            self.end_unseen()
        except (ValueError, RecursionError):
            self.verdict = self._replaced()
            if self._is_json and self._method == "HEAD" and not body:
                # What GET would send, and how long it is, cannot be seen.
                kept = survivors(self._headers, self._status, FRAMING_FIELDS)
                self.verdict = Answer(self._status, kept, b"")

    def end_unseen(self) -> None:
        """Decide on a body that is too long to see, or sent from a file."""
        self.verdict = True if self._is_json else self._replaced()

    def _completed(self, text: str, body: bytes) -> Answer | bool:
        status = self._original if self._keeps else self._status
        if not self._is_json and not is_object(text):
            return self._replaced()
        standard = text if self._keeps else complete(text, status, self._original)
        if standard != text:
            kept = survivors(self._headers, status)
            # ASCII, but for the text of a body in which only the code was set.
            body, label = standard.encode(), JSON if self._charset else self._label
            return answer_body(status, body, kept, self._method, label)
        if self._is_json and status == self._original:
            return True
        kept = survivors(self._headers, status, FRAMING_FIELDS | {"content-type"})
        # JSON is UTF-8 (RFC 8259, 8.1), which text need not have been.
        body = body if self._is_json else text.encode()
        return answer_body(status, body, kept, self._method, self._label)

    def _replaced(self) -> Answer:
        fields = standard_fields(self._status, None, self._original)
        kept = survivors(self._headers, self._status)
        return answer_fields(fields, kept, self._method)

    def _may_be_json(self, chunk: bytes) -> bool:
        """Whether it is labelled so, or looks like an object mislabelled as text."""
        mislabelled = self._is_text and bytes(chunk).lstrip().startswith(b"{")
        return self._is_json or mislabelled
