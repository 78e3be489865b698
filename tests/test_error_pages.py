"""The sentence of an error page: of real pages, of debug pages, and of any bytes."""

from __future__ import annotations

import gzip
import unicodedata
import zlib
from typing import Any, Callable, Dict, Optional, Set

import bottle
import django
import django.core.exceptions
import django.http
import fastapi
import flask
import pytest
import starlette.exceptions
import webob.exc  # type: ignore[import-untyped]
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from django.urls import path
from django.views.csrf import csrf_failure
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.debug import DebuggedApplication

from .error_pages import (
    ROWS,
    App,
    Framework,
    Page,
    Row,
    View,
    ask_asgi,
    ask_wsgi,
    author_message,
    read_by_asgi,
    read_by_wsgi,
    view_of,
)

settings.configure(ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None, SECRET_KEY="of no use")
django.setup()

WORDS = "Only Zoë may read this."
HTML = "text/html; charset=utf-8"


def flask_app(view: View) -> App:
    app = flask.Flask(__name__)
    app.add_url_rule("/", "view", view)
    return app


def bottle_app(view: View) -> App:
    app = bottle.Bottle()
    app.route("/", "GET", view)
    return app


def django_app(view: View, debug: bool = False) -> App:
    urls = (path("", view),)

    def app(environ: Any, start_response: Any) -> Any:
        with override_settings(ROOT_URLCONF=urls, DEBUG=debug):
            return get_wsgi_application()(environ, start_response)

    return app


def webob_app(view: View) -> App:
    return lambda environ, start_response: view()(environ, start_response)


def starlette_app(view: View, debug: bool = False) -> App:
    async def endpoint(request: Any) -> Any:
        return view()

    return Starlette(debug, [Route("/", endpoint)])


def fastapi_app(view: View) -> App:
    async def endpoint() -> Any:
        return view()

    app = fastapi.FastAPI()
    app.add_api_route("/", endpoint)
    return app


WSGI: Dict[str, Framework] = {
    "Flask": (flask_app, vars(flask)),
    "Bottle": (bottle_app, vars(bottle)),
    "Django": (
        django_app,
        {
            **vars(django.http),
            **vars(django.core.exceptions),
            "csrf_failure": csrf_failure,
        },
    ),
    "WebOb": (webob_app, vars(webob.exc)),
}
ASGI: Dict[str, Framework] = {
    "Starlette": (starlette_app, vars(starlette.exceptions)),
    "FastAPI": (fastapi_app, vars(fastapi)),
}
#: In tests/matrix/test_error_pages.py.
ELSEWHERE = {"Pyramid", "CherryPy", "Falcon", "Quart", "Litestar"}


def test_every_row_of_the_docs_is_run() -> None:
    assert {row.framework for row in ROWS} == {*WSGI, *ASGI, *ELSEWHERE}


@pytest.mark.parametrize("row", [row for row in ROWS if row.framework in WSGI])
def test_the_client_of_a_wsgi_app_reads_what_the_docs_say(row: Row) -> None:
    assert read_by_wsgi(WSGI[row.framework], row) == row.message


@pytest.mark.parametrize("row", [row for row in ROWS if row.framework in ASGI])
def test_the_client_of_an_asgi_app_reads_what_the_docs_say(row: Row) -> None:
    assert read_by_asgi(ASGI[row.framework], row) == row.message


def message(
    page: "str | bytes", content_type: Optional[str] = HTML, status: int = 403
) -> Optional[str]:
    chunk = page if isinstance(page, bytes) else page.encode()
    return author_message(chunk, content_type, "identity", status)


# Pages that no framework of the suite sends, or only at other times


@pytest.mark.parametrize(
    "page, expected",
    [
        pytest.param(
            "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
            "<center><h1>403 Forbidden</h1></center>\r\n"
            "<hr><center>nginx/1.26.2</center>\r\n</body>\r\n</html>\r\n",
            None,
            id="nginx",
        ),
        pytest.param(
            '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
            "<title>403 Forbidden</title>\n</head><body>\n<h1>Forbidden</h1>\n"
            "<p>You don't have permission to access this resource.</p>\n<hr>\n"
            "<address>Apache/2.4.62 (Debian) Server at localhost Port 80</address>\n"
            "</body></html>\n",
            "You don't have permission to access this resource.",
            id="Apache",
        ),
        pytest.param(
            "<html><title>403: Forbidden</title><body>403: Forbidden</body></html>",
            None,
            id="Tornado",
        ),
        pytest.param(
            "<html>\n  <head><title>Forbidden</title></head>\n  <body>\n"
            "    <h1>Forbidden</h1>\n    <p>Access was denied to this resource.\n"
            "<br/>Only Zoë may read this.\n<!--  --></p>\n    <hr noshade>\n"
            '    <div align="right">WSGI Server</div>\n  </body>\n</html>\n',
            "Access was denied to this resource. Only Zoë may read this.",
            id="Paste",
        ),
        pytest.param(
            "<h1>Error response</h1>\n<p>Error code: 403</p>\n<p>Message: Go away.</p>"
            "\n<p>Error code explanation: 403 - Authorization will not help.</p>\n",
            "Go away.",
            id="http.server",
        ),
        pytest.param(
            "<h1>Error response</h1>\n<p>Error code: 403</p>\n"
            "<p>Message: Forbidden.</p>\n"
            "<p>Error code explanation: 403 - Authorization will not help.</p>\n",
            "Authorization will not help.",
            id="http.server, no message",
        ),
        pytest.param(
            '<?xml version="1.0"?><problem xmlns="urn:ietf:rfc:7807"><type>'
            "https://example.com/closed</type><title>Closed</title><detail>Issue 7 is "
            "closed.</detail></problem>",
            "Issue 7 is closed.",
            id="application/problem+xml",
        ),
        pytest.param(
            "<nav>Home of us</nav><ul><li><a href='/'>Home</a></ul><h1>Sorry!</h1>"
            "<form><p>Search us.</p></form><div>The <a href='/7'>issue</a> is "
            "<b>closed</b>.</div><footer><p>All rights reserved.</p></footer>",
            "The issue is closed.",
            id="a page of a site",
        ),
        ("<h1>Only Zoë may read this.</h1><p><a href='/'>Back</a></p>", WORDS),
        ("<h1>Only Zoë may read this.</h1><h2>Sorry about that</h2>", WORDS),
        ("<P>ONLY&nbsp;ZO&Euml;&#33;</P>", "ONLY ZOË!"),
        ("<p title='a > b'>Only Zoë<wbr> may<br />read this.", WORDS),
        ('<p title="a > b>Only Zoë may read this.', None),
        ("Not for you, if 1 < 2 & 3 > 2", "Not for you, if 1 < 2 & 3 > 2"),
        (
            "<style>p { x: '<b' }</style><script>if (a<b) 'c</script>Go away.",
            "Go away.",
        ),
        ("<SCRIPT>var words = '<p>x</p>'</SCRIPT ><p>Go away.</p>", "Go away."),
        ("<script>var words = '<p>Go away.</p>'", None),
        ("<!-- <p>Go - -- away.</p> --><p>Come back.</p>", "Come back."),
        ("<!-- <p>Go away.</p>", None),
        ("<![CDATA[<p>Go away.]]>", "Go away.]]>"),
        ("<title>Go away.", None),
        ("Go away.<p>Come back.</p>", "Go away."),
        ("<p>Go away:</p><ul><li>now</ul>", "now"),
        ("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", None),
        (f"<p>&#{'9' * 5000};Go away.</p>", "Go away."),
        ("<p>Go \x1b[1maway.</p>", None),
        ("<p><a href=/>Home</a> | <a href=/a>Issues</a></p>Go away.", "Go away."),
        ("<p><a href=/>I</a> <a href=/a>am</a> closed.</p>", "I am closed."),
        ("<p>See <a href='/7'>issue 7</a>.</p>", "See issue 7."),
        ("<p>Go <!-- right --> away.</p>", "Go away."),
        ("<p>/private/issue/7</p>", None),
        ("<p>403 &ndash; Forbidden!</p>", None),
        ("<p>Error 403: Page unknown</p>", None),
        ("<p>HTTP Error 403: Not for you.</p>", "Not for you."),
        ("<p>404 issues are too many.</p>", "404 issues are too many."),
        ("Only <B>Zoë</B> may read <I>this</I>.", WORDS),
        ("<TITLE>Go away.</TITLE>", None),
        (
            "<style>#traceback {}</style><p>Go away.</p><pre id='traceback'/>",
            "Go away.",
        ),
        ("", None),
    ],
)
def test_the_sentence_of_a_page(page: str, expected: Optional[str]) -> None:
    assert message(page) == expected


@pytest.mark.parametrize(
    "text, content_type, expected",
    [
        ("Only <b>Zoë</b> &amp; I", "text/plain", "Only <b>Zoë</b> &amp; I"),
        (" Only\r\n\r\n Zoë\n", None, "Only Zoë"),
        ("403: Only Zoë", "text/plain; charset=utf-8", "Only Zoë"),  # aiohttp's reason
        ("403: Forbidden", "text/plain", None),
        ("403 Forbidden: Go away.", "text/plain", "Go away."),
        ("403 Forbidden. - Go away.", "text/plain", "Go away."),
        ("403. Go away.", "text/plain", "Go away."),
        ("403 Xavier may not.", "text/plain", "Xavier may not."),
        ("http://localhost/7", "text/plain", None),
        ("https://localhost/7", "text/plain", None),
        ("403 Forbidden\n\nGo away.\n\nNow.\n\n", "text/plain", "Now."),
        ("\ufeffGo away.", "text/plain; charset=utf-8", "Go away."),
        ("<!doctype html><p>Go away.", "text/plain", "Go away."),
        ("x" * 2001, "text/plain", None),
        ('{"words": "go aw', "text/plain", None),
        ("Xavier may not.", "text/plain", "Xavier may not."),
        ("Go  away.", "text/plain", "Go away."),
        ("x" * 2000, "text/plain", "x" * 497 + "..."),
        ("Use <p>these</p> tags.", "text/plain", "Use <p>these</p> tags."),
        ("<p>Go away, line up.</p>", "text/html", "Go away, line up."),
        ("<p>Go away (now), line up.</p>", "text/html", "Go away (now), line up."),
        ("Go away.", "text/csv", None),
        ("Go away.", "application/octet-stream", None),
        ("Go away.", "image/svg+xml", None),
        ("Go away.", "nonsense", None),
        ("Go away.", "text/html, text/plain", None),
    ],
)
def test_the_sentence_of_a_text(
    text: str, content_type: Optional[str], expected: Optional[str]
) -> None:
    assert message(text, content_type) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "application/problem+xml",
        "application/xhtml+xml",
        "application/xml",
        "text/xml",
        "TEXT/HTML",
        "application/html",
    ],
)
def test_a_page_of_any_markup_is_read(content_type: str) -> None:
    page = "<e><title>Closed</title> <detail>Issue 7 &amp; 8 are closed.</detail></e>"

    assert message(page, content_type) == "Issue 7 & 8 are closed."


@pytest.mark.parametrize("content_type", ["image/xml", "model/x+xml", "image/html"])
def test_what_is_neither_text_nor_of_an_application_is_not_read(
    content_type: str,
) -> None:
    assert message("<p>Go away.</p>", content_type) is None


def test_a_byte_out_of_place_takes_its_sentence_alone() -> None:
    assert message(b"<p>Go \xff.</p><p>Go away.</p><p>\xff") == "Go away."


@pytest.mark.parametrize(
    "page, content_type",
    [
        (WORDS.encode("latin-1"), "text/plain; charset=ISO-8859-1"),
        (WORDS.encode("cp1252"), 'text/html; charset="windows-1252"'),
        (WORDS.encode(), "text/html"),
        (WORDS.encode("utf-8-sig"), "text/plain"),
        (WORDS.encode("utf-16"), "text/html"),
        (b"\xfe\xff" + WORDS.encode("utf-16-be"), "text/html"),
        (b'<meta charset="latin1"><p>' + WORDS.encode("latin-1"), "text/html"),
        (
            b'<META content="text/html;charset=latin1">' + WORDS.encode("latin-1"),
            "text/html",
        ),
        (b"<meta charset=utf-16><p>" + WORDS.encode(), "text/html"),
    ],
)
def test_a_page_is_read_in_its_charset(page: bytes, content_type: str) -> None:
    assert message(page, content_type) == WORDS


@pytest.mark.parametrize("end, expected", [(1024, WORDS), (1025, None)])
def test_a_page_declares_its_charset_in_its_first_1024_bytes(
    end: int, expected: Optional[str]
) -> None:
    """HTML, "Determining the character encoding"."""
    declares = b"<meta charset=cp1252"
    page = b" " * (end - len(declares)) + declares + b"><p>" + WORDS.encode("cp1252")

    assert message(page, "text/html") == expected


@pytest.mark.parametrize(
    "charset", ["utf-8", "ascii", "no-such", "base64", "x\0y", "idna"]
)
def test_a_sentence_that_is_not_in_its_charset_is_none(charset: str) -> None:
    page = WORDS.encode("latin-1") + b"\xff."

    assert message(page, f'text/plain; charset="{charset}"') is None


def raw_deflate(page: bytes) -> bytes:
    return zlib.compress(page)[2:-4]


@pytest.mark.parametrize(
    "encode, coding",
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (raw_deflate, "deflate")],
)
def test_a_page_is_read_in_its_content_coding_as_far_as_it_goes(
    encode: Callable[[bytes], bytes], coding: str
) -> None:
    page = encode(f"<p>{WORDS}</p>".encode() + b" " * 2**24)

    assert author_message(page, HTML, coding, 403) == WORDS
    assert author_message(page[: len(page) // 2], HTML, coding, 403) == WORDS


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_content_coding_that_cannot_be_read_has_no_sentence(coding: str) -> None:
    assert author_message(WORDS.encode(), HTML, coding, 403) is None


def test_a_long_sentence_is_cut_at_a_word() -> None:
    cut = message("<p>" + "word " * 200)

    assert cut == "word " * 98 + "word..."
    exact = "x" * 400 + " " + "y" * 96
    assert message(f"{exact} zz zz") == f"{exact}..."
    assert message("x" * 600) == "x" * 497 + "..."
    assert message("x" * 500) == "x" * 500


def test_what_is_far_down_a_page_is_not_read() -> None:
    page = (" " * 16_380 + WORDS).encode()

    assert message(page) == "Only"
    for encode, coding in (
        (gzip.compress, "gzip"),
        (zlib.compress, "deflate"),
        (raw_deflate, "deflate"),
    ):
        assert author_message(encode(page), HTML, coding, 403) == "Only"


# Debug pages


def crash(*args: Any) -> Any:
    raise RuntimeError("secret")


def debugging_bottle() -> Page:
    bottle.debug(True)
    try:
        return ask_wsgi(bottle_app(crash))
    finally:
        bottle.debug(False)


def debugging_django(code: str) -> Page:
    return ask_wsgi(django_app(view_of(code, WSGI["Django"][1]), debug=True))


def debugging_starlette() -> Page:
    app = starlette_app(crash, debug=True)

    async def quiet(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RuntimeError):
            await app(scope, receive, send)

    return ask_asgi(quiet)


def text_traceback() -> Page:
    body = b'Traceback (most recent call last):\n  File "x.py", line 7, in y\nE: secret'
    return Page(500, {"content-type": "text/plain"}, body)


DEBUG_PAGES: Dict[str, Callable[[], Page]] = {
    "Werkzeug": lambda: ask_wsgi(DebuggedApplication(crash)),
    "Bottle": debugging_bottle,
    "Django 404": lambda: debugging_django("raise Http404('secret')"),
    "Django 400": lambda: debugging_django("raise SuspiciousOperation('secret')"),
    "Django 500": lambda: debugging_django("raise ValueError('secret')"),
    "Starlette": debugging_starlette,
    "Tornado": text_traceback,
}


@pytest.mark.parametrize("name", DEBUG_PAGES)
def test_a_debug_page_cut_anywhere_tells_nothing(name: str) -> None:
    page = DEBUG_PAGES[name]()
    content_type = page.headers["content-type"]
    ends = range(0, len(page.body), 7)

    assert b"secret" in page.body
    assert message(page.body, content_type) is None
    found = {message(page.body[:end], content_type) for end in ends}
    assert not any("secret" in text or "File" in text for text in found if text)


@pytest.mark.parametrize(
    "page",
    [
        '<p>Go away.</p><pre>  File "x.py", line 7, in y</pre>',
        "<p>Go away.</p><pre>  File &quot;x.py&quot;, line 7</pre>",
        "<p>Go away.</p><p>Traceback (most recent call last):</p>",
        "<h1>Traceback</h1><p>Go away.</p>",
        "<div class='a traceback'></div>Go away.",
        "<p>Using the URLconf defined in <code>x</code>, Django tried these:",
        "<p>Go away.</p><p>Django tried the URLconf (of this site).</p>",
        "debug_notfound of url http://localhost/; path_info: '/', context: None",
    ],
)
def test_a_page_with_a_traceback_tells_nothing(page: str) -> None:
    assert message(page) is None


# Any bytes

PIECES = [
    *(
        "<p>",
        "</p>",
        "<p >",
        "<h1>",
        "</h1>",
        "<br>",
        "<a href=x>",
        "</a>",
        "<hr>",
        "<b",
    ),
    *(
        "<script>",
        "</script>",
        "<title>",
        "</title>",
        "<!--",
        "-->",
        '"',
        "'",
        ">",
        "<",
    ),
    *("&lt;", "&amp;", "&#1;", "&", "<script", "\x00", "\ufeff", "\n\n", "403", "File"),
    *(
        "Forbidden",
        "Only Zoë may read this.",
        "words " * 99,
        ":",
        "/",
        "<!doctype html>",
    ),
]
pages = st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join)
types = st.sampled_from([None, HTML, "text/html", "text/plain", "application/xml", "x"])
charsets = st.sampled_from(["utf-8", "latin-1", "utf-16"])
codings = st.sampled_from(["identity", "gzip", "deflate", "br"])


@given(
    st.binary()
    | st.builds(lambda page, charset: page.encode(charset, "replace"), pages, charsets),
    types,
    codings,
    st.booleans(),
)
def test_a_message_is_one_line_of_text(
    body: bytes, content_type: Optional[str], coding: str, is_coded: bool
) -> None:
    encoders: Dict[str, Any] = {"gzip": gzip.compress, "deflate": zlib.compress}
    body = encoders.get(coding, bytes)(body) if is_coded else body

    found = author_message(body, content_type, coding, 403)

    assert found is None or (found and found.strip() == found and len(found) <= 500)
    assert categories(found or "").isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert "<script" not in (found or "").lower()


def categories(text: str) -> Set[str]:
    return {unicodedata.category(char) for char in text}


@given(pages)
def test_a_simple_paragraph_is_read_as_any_other(page: str) -> None:
    """The short way through the commonest page ends where the long way does."""
    assert message(page) == message(page.replace("<p>", "<p >"))
