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
from .media_types import MediaType, canonical_coding, parse_media_type
from .message import Answer
from .policy import Policy
from .response_head import FRAMING_FIELDS, field, sendable, survivors
from .status import fold

#: A JSON error body is gathered up to here; a longer one passes whole.
JSON_LIMIT = 65_536


class Pass:
    """The verdict that a response leaves as the app sends it."""


PASS = Pass()


class ErrorResponse:
    """One response of the app with a status of 400 or over.

    ``verdict`` is None until it is decided; ``chunks`` is what was fed until then.
    """

    def __init__(
        self, policy: Policy, method: str, status: int, headers: Iterable[object]
    ) -> None:
        self._policy = policy
        self._method = method
        self._original = status
        self._status = fold(status, policy.preserve_statuses)
        self._headers = sendable(headers)
        content_type = field(self._headers, "content-type")
        self._media_type = parse_media_type(content_type or "text/plain")
        self._is_json = _is_json(self._media_type)
        self._label = content_type if self._is_json and content_type else JSON
        self._coding = canonical_coding(
            field(self._headers, "content-encoding") or "identity"
        )
        self._left = JSON_LIMIT
        self.chunks: list[bytes] = []
        self.verdict: Pass | Answer | None = None
        untouched = policy.json_errors == "keep" or self._coding not in CODINGS
        if self._is_json and untouched:
            self.verdict = PASS

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk; on a body that is not JSON the first one decides."""
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            kind = type(chunk).__name__
            raise ProtocolError(f"the app sent {kind} in a response body, not bytes")
        if not (self.chunks or self._is_json or self._may_be_object(bytes(chunk))):
            self.verdict = self._replaced()
        self.chunks.append(chunk)
        # An empty chunk is charged too: there may be no end of them.
        self._left -= max(len(chunk), 1)
        if self._left < 0 and self.verdict is None:
            self.verdict = self._unread()

    def end(self) -> None:
        """Decide on a body that has come to its end."""
        body = b"".join(self.chunks)
        if self._is_json and self._method == "HEAD" and not body:
            self.verdict = self._unseen_head()
            return
        try:
            content = decoded(body, self._coding, JSON_LIMIT)
            self.verdict = self._completed(text_of(content, self._charset()), body)
        except TooLong:
            self.verdict = self._unread()
        except (ValueError, RecursionError):
            self.verdict = self._replaced()

    def end_unseen(self) -> None:
        """Decide on a body that is sent from a file, and never comes by here."""
        self.verdict = self._unread()

    def _unread(self) -> Pass | Answer:
        return PASS if self._is_json else self._replaced()

    def _completed(self, text: str, body: bytes) -> Pass | Answer:
        if not self._is_json and not is_object(text):
            return self._replaced()
        if self._policy.json_errors == "keep":
            return self._relabelled(self._original, body)
        completed = complete(text, self._status, self._original)
        if completed is None:
            return self._relabelled(self._status, body)
        # Whatever the charset was, what is written here is ASCII.
        label = JSON if self._charset() else self._label
        kept = survivors(self._headers, self._status)
        return answer_body(
            self._status, completed.encode("ascii"), kept, self._method, label
        )

    def _relabelled(self, status: int, body: bytes) -> Pass | Answer:
        """The body byte for byte, under the right status and Content-Type."""
        if self._is_json and status == self._original:
            return PASS
        kept = survivors(self._headers, status, FRAMING_FIELDS | {"content-type"})
        return answer_body(status, body, kept, self._method, self._label)

    def _unseen_head(self) -> Pass | Answer:
        """The answer to a HEAD; what GET would send cannot be seen, but is JSON."""
        if self._status == self._original:
            return PASS
        return Answer(self._status, self._headers, b"")

    def _replaced(self) -> Answer:
        fields = standard_fields(self._status, None, self._original)
        kept = survivors(self._headers, self._status)
        return answer_fields(fields, kept, self._method)

    def _may_be_object(self, chunk: bytes) -> bool:
        """Whether this looks like a JSON object that is mislabelled as text."""
        textual = self._media_type is not None and self._media_type.type == "text"
        return textual and chunk.lstrip().startswith(b"{")

    def _charset(self) -> str | None:
        parameters = self._media_type.parameters if self._media_type else ()
        return dict(parameters).get("charset")


def _is_json(media_type: MediaType | None) -> bool:
    """``application/json``, or anything with its suffix (RFC 6839, 3.1)."""
    return media_type is not None and (
        media_type[:2] == ("application", "json")
        or media_type.type == "application"
        and media_type.subtype.endswith("+json")
    )
