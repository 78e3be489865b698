"""What becomes of an error response of the app, decided chunk by chunk.

A sans-I/O machine for both adapters: fed the body as far as it wants to see it, it
says whether the response passes, or what to answer in its place.
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

#: A JSON error body is gathered up to here; a longer one passes whole.
JSON_LIMIT = 65_536
BYTES = (bytes, bytearray, memoryview)
#: So many empty chunks are waited through for one that says something.
MOST_EMPTY = 16


class ErrorResponse:
    """One response of the app with a status of 400 or over.

    ``verdict`` is None while it is undecided, then True where the response leaves as
    the app sends it, or the Answer in its place. ``chunks`` holds what was fed so far.

    :param head: what the adapter knows its headers by.
    :param read: makes pairs of str of them, if they are to be read.
    :param source: the environ or scope, for the callables of the options.
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
            self._read_head()  # then the head may be enough

    @property
    def passes(self) -> bool:
        """Whether the response is certain to leave as the app sends it."""
        return self.verdict is True

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk; on a body that is not JSON the first one decides.

        An empty one says nothing: some send it so that the head leaves.
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
        # Some send empty chunks to keep a client waiting, without end.
        most = JSON_LIMIT if self._size else MOST_EMPTY
        return self._size > JSON_LIMIT or len(self.chunks) > most

    def end(self) -> None:
        """Decide on a body that has come to its end."""
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
        """Decide on a body that is too long to see, or sent from a file."""
        seen = next(filter(None, self.chunks), b"")
        self.verdict = True if self._read_head().is_json else self._replaced(seen)

    def _begin(self, chunk: bytes) -> None:
        """Decide on all but JSON by the first chunk; on a page seen before, at once."""
        page = None
        if len(chunk) <= LONGEST and self._policy.extra_fields is None:
            page = self._policy, self._method, self._original, chunk, *self._head
        try:
            self.verdict = _KNOWN.get(page)
        except TypeError:  # a header that is a list is in no memory
            page = None
        if self.verdict is not None or self._read_head().is_json or self.passes:
            return
        if not self._content.is_text or not chunk.lstrip().startswith(b"{"):
            self.verdict = answer = self._replaced(chunk)
            if page and is_common(self._headers):
                keep(_KNOWN, page, answer)

    def _read_head(self) -> Content:
        """What the head says of the body; some of it passes for that alone."""
        self._headers = self._read(self._head)
        self._content = content = content_of(self._headers)
        passes = self._policy.json_errors == "keep" or content.coding not in CODINGS
        # GET would show it to be too long to look at.
        passes = passes or self._method == "HEAD" and content.length > JSON_LIMIT
        if content.is_json and passes:
            self.verdict = True
        return content

    def _completed(self, text: str, body: bytes) -> Answer | bool:
        """What becomes of JSON, or of an object mislabelled as text."""
        content, status, standard = self._content, self._original, text
        if not content.is_json and not is_object(text):
            return self._replaced(body)
        if self._policy.json_errors != "keep":
            status = self._status
            standard = complete(text, status, self._original, self._extra)
        is_same = standard == text
        if not (is_same and content.is_json):
            # JSON is UTF-8 (RFC 8259, 8.1), which the text need not have been.
            body = standard.encode()
        elif status == self._original:
            return True
        dropped = FRAMING_FIELDS | {"content-type"} if is_same else BODY_FIELDS
        kept = survivors(self._headers, status, dropped)
        keeps_type = content.is_json and (is_same or not content.charset)
        content_type = content.content_type if keeps_type else JSON
        return answer_body(status, body, kept, self._method, content_type)

    def _replaced(self, seen: bytes) -> Answer:
        """The standard body in place of one whose beginning is *seen*."""
        exposes = self._policy.expose_messages and self._original < 500
        if self._method == "HEAD" and not seen and self._has_unseen(exposes):
            # How long the answer to GET is cannot be told (RFC 9110, 8.6).
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
        """Whether GET would show a body that may say more than its status."""
        says_more = self._content.is_json or self._content.is_text or exposes
        return says_more and self._content.length != 0

    def _extra(self) -> dict[str, Any]:
        return extra_fields(self._policy, self._source)

    @property
    def _status(self) -> int:
        return fold(self._original, self._policy.preserve_statuses)


#: Pages that were replaced before, and with what: an app has few of them, and the
#: same for many a path.
_KNOWN: dict[Hashable, Answer] = {}
