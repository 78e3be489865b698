"""Decides whether an error response of the app passes or is replaced.

A sans-I/O state machine: an adapter feeds it the body until it has decided. Knows
nothing of WSGI or ASGI.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from .answers import JSON, answer_body, answer_fields
from .content import CODINGS, Content, TooLong, content_of, decoded, text_of
from .error_pages import PAGE_LIMIT, author_message
from .errors import ProtocolError, standard_fields
from .hooks import extra_fields
from .json_errors import complete, is_object
from .message import Answer
from .policy import Policy
from .remembered import LONGEST, keep
from .response_head import BODY_FIELDS, FRAMING_FIELDS, is_common, survivors
from .status import fold

#: Most bytes of a JSON error body to buffer; a longer one passes unchanged.
JSON_LIMIT = 65_536
BYTES = (bytes, bytearray, memoryview)
#: How many empty chunks to wait through for the first that is not empty.
MOST_EMPTY = 16


class ErrorResponse:
    """One response of the app with a status of 400 or higher.

    ``verdict`` is None while undecided, then True if the response passes unchanged, or
    the Answer that replaces it. ``chunks`` holds what was fed so far.

    :param head: the headers, in the adapter's form.
    :param read: converts the head to pairs of str; called only if needed.
    :param source: the environ or scope, for callables in the options.
    """

    verdict: Answer | bool | None = None
    _size = 0
    _content = Content()
    _headers: list[Any]

    def __init__(
        self,
        policy: Policy,
        method: str,
        status: int,
        head: Sequence[Any],
        read: Callable[[Sequence[Any]], list[Any]],
        source: Any,
    ) -> None:
        self._policy = policy
        self._method = method
        self._original = status
        self._head = head
        self._read = read
        self._source = source
        self.chunks: list[bytes] = []
        if policy.json_errors == "keep":
            self._read_head()  # the head may be enough to decide

    @property
    def passes(self) -> bool:
        """Whether the response is sent as the app sends it."""
        return self.verdict is True

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk; the first one decides unless the body is JSON.

        An empty chunk decides nothing: some apps send one to flush the head.
        """
        if not isinstance(chunk, BYTES):
            kind = type(chunk).__name__
            raise ProtocolError(f"the app sent {kind} in a response body, not bytes")
        if isinstance(self.verdict, Answer):
            return
        if self.verdict is None and chunk and not self._size:
            self._begin(chunk if type(chunk) is bytes else bytes(chunk))
        self._size += len(chunk)
        self.chunks.append(chunk)
        if self.verdict is None and self._is_too_much():
            self.end_unseen()

    def _is_too_much(self) -> bool:
        # Some apps send endless empty chunks to keep a client waiting.
        most = JSON_LIMIT if self._size else MOST_EMPTY
        return self._size > JSON_LIMIT or len(self.chunks) > most

    def end(self) -> None:
        """Decide, now that the body is complete."""
        content, body = self._read_head(), b"".join(self.chunks)
        if self.passes:
            return
        try:
            text = text_of(decoded(body, content.coding, JSON_LIMIT), content.charset)
            self.verdict = self._completed(text, body)
        except TooLong:
            self.end_unseen()
        except (ValueError, RecursionError):
            self.verdict = self._replaced(body)

    def end_unseen(self) -> None:
        """Decide without the rest: the body is too long, or is sent from a file."""
        seen = next(filter(None, self.chunks), b"")
        self.verdict = True if self._read_head().is_json else self._replaced(seen)

    def _begin(self, chunk: bytes) -> None:
        """Decide by the first chunk, unless it is JSON; look up known pages first."""
        page = None
        if len(chunk) <= LONGEST and self._policy.extra_fields is None:
            page = self._policy, self._method, self._original, chunk, *self._head
        try:
            self.verdict = _KNOWN.get(page)
        except TypeError:  # a header that is a list cannot be looked up
            page = None
        if self.verdict is not None or self._read_head().is_json:
            return
        if not self._content.is_text or not chunk.lstrip().startswith(b"{"):
            self.verdict = answer = self._replaced(chunk)
            if page and is_common(self._headers):
                keep(_KNOWN, page, answer)

    def _read_head(self) -> Content:
        """Read what the head says about the body; that alone may let it pass."""
        self._headers = self._read(self._head)
        self._content = content = content_of(self._headers)
        passes = self._policy.json_errors == "keep" or content.coding not in CODINGS
        # The answer to GET would be too long to buffer.
        passes = passes or self._method == "HEAD" and content.length > JSON_LIMIT
        if content.is_json and passes:
            self.verdict = True
        return content

    def _completed(self, text: str, body: bytes) -> Answer | bool:
        """The verdict on JSON, or on an object mislabelled as text."""
        content, status, standard = self._content, self._original, text
        if not content.is_json and not is_object(text):
            return self._replaced(body)
        if self._policy.json_errors != "keep":
            status = self._status
            standard = complete(text, status, self._original, self._extra)
        is_same = standard == text
        if not (is_same and content.is_json):
            # JSON must be UTF-8 (RFC 8259, 8.1); the app's text may not have been.
            body = standard.encode()
        elif status == self._original:
            return True
        dropped = FRAMING_FIELDS | {"content-type"} if is_same else BODY_FIELDS
        kept = survivors(self._headers, status, dropped)
        keeps_type = content.is_json and (is_same or not content.charset)
        content_type = content.content_type if keeps_type else JSON
        return answer_body(status, body, kept, self._method, content_type)

    def _replaced(self, seen: bytes) -> Answer:
        """The standard answer in place of a body that begins with *seen*."""
        exposes = self._policy.expose_messages and self._original < 500
        if self._method == "HEAD" and not seen and self._has_unseen(exposes):
            # The length of the answer to GET is unknown (RFC 9110, 8.6).
            is_json = self._content.is_json
            dropped = FRAMING_FIELDS if is_json else BODY_FIELDS
            kept = survivors(self._headers, self._status, dropped)
            typed = [] if is_json else [("Content-Type", JSON)]
            return Answer(self._status, typed + kept, b"", has_length=False)
        message = None
        if exposes:
            message = author_message(seen[:PAGE_LIMIT], self._content, self._original)
        fields = standard_fields(self._status, message, self._original)
        kept = survivors(self._headers, self._status)
        return answer_fields(fields, kept, self._method, self._extra())

    def _has_unseen(self, exposes: bool) -> bool:
        """Whether GET would have a body that may say more than its status."""
        says_more = self._content.is_json or self._content.is_text or exposes
        return says_more and self._content.length != 0

    def _extra(self) -> dict[str, Any]:
        return extra_fields(self._policy, self._source)

    @property
    def _status(self) -> int:
        return fold(self._original, self._policy.preserve_statuses)


#: Pages replaced before, and their answers: an app has few different error pages, and
#: serves them on many paths.
_KNOWN: dict[Hashable, Answer] = {}
