"""Messages too short, or too loosely worded, to be recognised by their letters: libraries, servers, network lines.

No pattern repeats over what another repetition beside it can match, so that each takes time in proportion to the text.
"""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from corsense.console import translations
from corsense.console.catalogue import catalogue, entry, net_error
from corsense.console.model import CatalogueEntry, Product
from corsense.console.parse.matchers import Matcher, Sighting
from corsense.console.parse.normalized_text import NormalizedText, reduce
from corsense.console.reports import REPORTS
from corsense.fetch.errors import CorsError

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"

# Who prints it, its code, words one of which is in it (searched for first, because that is quick), and the pattern.
_PATTERNS: list[tuple[Product, str, tuple[str, ...], str]] = [
    (
        "graphql",
        "apollo",
        ("rror:", "etwork error", "ApolloError"),
        r"\[Network\s+error\]:\s+(?:TypeError:\s+)?Failed\s+to\s+fetch|\bNetwork\s+error:\s+(?:TypeError:\s+)?Failed"
        r"\s+to\s+fetch"
        r"|\bApolloError:\s+Failed\s+to\s+fetch",
    ),
    (
        "dart-http",
        "xhr",
        ("ClientException",),
        r"\bClientException:\s+(?:XMLHttpRequest\s+error\.?|Failed\s+to\s+fetch)(?:,\s+uri=(?P<url>[^\s]{1,2000}))?",
    ),
    (
        "dio",
        "connectionError",
        ("DioE", "onError"),
        r"\bDioE(?:rror|xception)\s*\[[^\]\n]{1,60}\]:?[^\n]{0,80}?XMLHttpRequest[^\n]{0,40}?(?:error\b\.?|"
        r"callback[^\n]{0,120})"
        r"|The\s+XMLHttpRequest\s+onError\s+callback\s+was\s+called[^\n]{0,100}",
    ),
    (
        # Without "is", or with a sign in the place of the origin: as people retell it, and as bridges of web views print it.
        "webkit",
        "not-allowed",
        ("not",),
        r"\bOrigin(?:[ \t]+(?P<origin>[a-z][a-z0-9+.-]{1,20}://[^\s\"']{1,200}|null)\W{1,12}|\W{1,12}(?:is\s+)?)not\s+allowed\s+by\s+"
        r"Access-Control-Allow-Origin\b",
    ),
    ("dart-http", "xhr", ("XMLHttpRequest",), r"\bXMLHttpRequest\s+error\b\.?"),
    (
        "axios",
        "ERR_NETWORK",
        ("Network", "ERR_NETWORK"),
        r"\b(?:(?:Axios)?Error:\s+)?Network\s+Error\b(?!\s*0x)|"
        r"\bERR_NETWORK\b",
    ),
    ("axios", "ECONNABORTED", ("timeout",), r"\b(?:(?:Axios)?Error:\s+)?timeout\s+of\s+(?P<ms>\d{1,9})\s*ms\s+exceeded"),
    ("axios", "ECONNABORTED:abort", ("aborted",), r"\b(?:Axios)?Error:\s+Request\s+aborted\b"),
    (
        "axios",
        "ERR_BAD_REQUEST:protocol",
        ("Unsupported",),
        r"\b(?:(?:Axios)?Error:\s+)?Unsupported\s+protocol\s+(?P<protocol>[\w+.-]{1,40}):?",
    ),
    (
        "axios",
        "status",
        ("Request",),
        r"\b(?:(?:Axios)?Error:\s+)?Request\s+failed\s+with\s+status\s+code"
        r"\s+(?P<status>\d{3})\b",
    ),
    (
        "angular",
        "HttpErrorResponse:0",
        ("Unknown",),
        r"\bHttp\s+failure\s+response\s+for\s+(?P<url>\(unknown\s+url\)|[^\s]{1,2000}?):?\s+0\s+Unknown\s+Error",
    ),
    (
        "angular",
        "HttpErrorResponse:0",
        ("HttpErrorResponse",),
        r"\bHttpErrorResponse\b[^\n]{0,400}?\bstatus[\"']?:\s*0\b(?:[^\n]{0,100}?\burl[\"']?:"
        r"\s*[\"'](?P<url>[^\"'\s]{1,2000})[\"'])?",
    ),
    (
        "angular",
        "HttpErrorResponse:status",
        ("failure",),
        r"\bHttp\s+failure\s+response\s+for\s+(?P<url>[^\s]{1,2000}?):?\s+(?P<status>[1-9]\d\d)\b(?:\s+"
        r"(?P<status_text>[A-Z][\w ]{1,40}))?",
    ),
    ("whatwg-fetch", "network", ("Network",), r"\b(?:TypeError:\s+)?Network\s+request\s+failed\b"),
    ("postman", "web", ("Could",), r"\bCould\s+not\s+send\s+request\b"),
    (
        "jquery",
        "ajax-error",
        ("readyState",),
        r"[\"']?readyState[\"']?\s*:\s*0\b[^\n]{0,120}?[\"']?status[\"']?\s*:\s*0\b(?:[^\n}]{0,60}\})?",
    ),
    (
        "server",
        "starlette:disallowed",
        ("Disallowed",),
        r"\bDisallowed\s+CORS\s+(?P<what>(?:origin|method|headers|private-network)(?:,\s*(?:origin|method|headers|"
        r"private-network))*)",
    ),
    (
        "server",
        "starlette:options-405",
        ("detail",),
        r"\{\s*\\?[\"']detail\\?[\"']\s*:\s*\\?[\"']Method\s+Not\s+Allowed\\?[\"']\s*\}",
    ),
    (
        "server",
        "uvicorn:options-log",
        ('"OPTIONS',),
        r"\"OPTIONS\s+(?P<path>\S{1,2000})\s+HTTP/\d(?:\.\d)?\"\s+(?P<status>\d{3})\b(?:["
        r" \t]+(?P<status_text>[A-Z][A-Za-z]+(?:[ \t][A-Z][a-z]+)*))?",
    ),
    (
        "server",
        "starlette:500",
        ("Internal", '" 500'),
        r"(?m)^["
        r" \t>]*(?:500\s+)?[`'\"]?Internal\s+Server\s+Error[`'\"]?[ \t]*$"
        r"|\"(?P<method>[A-Z]{3,7})\s(?P<url>\S{1,2000})\sHTTP/\d(?:\.\d)?\"\s+(?P<status>500)\b(?:\s+Internal"
        r"\s+Server\s+Error)?",
    ),
    ("server", "express:not-allowed", ("CORS",), r"\b(?:Error:\s+)?Not\s+allowed\s+by\s+CORS\b"),
    ("server", "spring", ("Invalid",), r"\bInvalid\s+CORS\s+request\b"),
    ("webkit", "name-not-resolved", ("resolving",), r"\bError\s+resolving\s+[“\"](?P<host>[^”\"\s]{1,255})[”\"]:[^\n]{0,80}"),
    (
        "chromium",
        "console:status",
        ("responded",),
        r"(?:\bFailed\s+to\s+load\s+resource:\s+)?\bthe\s+server\s+responded\s+with\s+a\s+status\s+of\s+(?P<status>\d{3})\b"
        r"(?:\s*\((?P<status_text>[^)\n]{0,60})\))?",
    ),
    ("ie-edge-legacy", "SCRIPT5", ("SCRIPT5",), r"\bSCRIPT5:\s*[^\n]{0,80}"),
    ("ie-edge-legacy", "SCRIPT7002", ("SCRIPT7002",), r"\bSCRIPT7002:\s*XMLHttpRequest:[^\n]{0,120}"),
    (
        "ie-edge-legacy",
        "CSP14312",
        ("CSP14312",),
        r"\bCSP14312:[\s\S]{0,300}?(?P<url>https?://[^\s]{1,2000}?)(?=\.?\s|\.?$)[^\n]{0,40}",
    ),
    (
        "chromium",
        "exception:fetch",
        ("Failed",),
        r"\b(?:(?:Unhandled|Uncaught)\s+\(in\s+promise\)\s+)?TypeError:\s+Failed\s+to\s+fetch\b(?!\s+dynamically)"
        r"|(?m:^)[ \t>*\"'`]*(?:Error:\s+)?Failed\s+to\s+fetch(?=[ \t]*[.)\"'`,;]*[ \t]*(?:\([^)\n]{1,80}\))?[ \t]*(?m:$))",
    ),
    (
        "webkit",
        "exception:fetch",
        ("Load",),
        r"\b(?:Unhandled\s+Promise\s+Rejection:\s+)?TypeError:\s+Load\s+failed\b"
        r"|(?m:^)[ \t>*\"'`]*Load\s+failed(?=[ \t]*[.)\"'`,;]*[ \t]*(?:\([^)\n]{1,80}\))?[ \t]*(?m:$))",
    ),
    ("firefox", "exception:xhr", ("occurred",), r"\b(?:NetworkError:\s+)?A\s+network\s+error\s+occurred\b\.?"),
]

ERROR_NAMES = frozenset(map(str, CorsError))
_EDGE = re.compile(r"\bSEC71\d\d\b:?(?:(?!SEC71\d\d|SCRIPT\d)[^\n]){0,2200}")
_STATUS = re.compile(
    rf"\b(?P<method>{_METHODS})\s+(?P<url>(?:https?|file)://[^\s]{{1,2000}})"
    r"\s+(?P<status>[1-5]\d\d)(?:\s*\((?P<status_text>[^)\n]{0,60})\)|[ \t]*(?=\n|$))"
)
_METHOD_NAMES = frozenset(_METHODS.split("|"))
_AFTER_NET_ERROR = re.compile(r"\s+(?P<status>[1-5]\d\d)\b(?:\s*\((?P<status_text>[^)\n]{0,60})\))?")
_BARE_NET_ERROR = re.compile(r"(?<![\w:])ERR_[A-Z0-9_]{3,60}(?:\.[A-Za-z]{2,80})?")
_ANY_NET_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]{2,60}(?:\.[A-Z][A-Za-z]{2,80})?)")
_URL = re.compile(r"(?:https?|file|ftp)://[^\s'\"’”»]{1,2000}")
_HEADER_NAME = re.compile(
    r"(?<![\w:/.-])(?!Access-Control|XMLHttpRequest|CORS|SEC7)[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?![\w:/.-])"
)


def short_messages(view: NormalizedText) -> Iterator[Sighting]:
    """Every short message in the text, in no particular order; some may overlap."""
    text = view.text
    for product, code, words, pattern in _patterns():
        if not any(word in text for word in words):
            continue
        matcher = _matcher(product, code)
        for found in re.compile(pattern).finditer(text):
            values = {name: value for name, value in found.groupdict().items() if value is not None}
            start = (
                found.start() + len(found[0]) - len(found[0].lstrip(" \t>*\"'`")) if found[0][:1] in " \t>*'`" else found.start()
            )
            yield Sighting(matcher, start, found.end(), values, True, found.end() - start)
    yield from _edge(text) if "SEC71" in text else ()
    yield from _named_errors(text) if "rror" in text else ()
    yield from _loose_reasons(text) if "CORS" in text else ()
    yield from _net_errors(view)
    for found in _STATUS.finditer(text) if "://" in text else ():
        if int(found["status"]) >= 400:
            yield Sighting(
                _matcher("chromium", "console:status"),
                found.start(),
                found.end(),
                {name: value for name, value in found.groupdict().items() if value is not None},
                True,
                found.end() - found.start(),
            )


@cache
def _patterns() -> tuple[tuple[Product, str, tuple[str, ...], str], ...]:
    reports = ((found.entry.product, found.entry.code, found.words, found.pattern) for found in REPORTS)
    return (*_PATTERNS, *reports)


_NAMED = re.compile(
    r"(?:\bCross-Origin\s+Resource\s+Sharing\s+error:\s*|\bcorsError[\"']?\s*[:=]\s*[\"']?)(?P<name>[A-Z][A-Za-z]{5,60})"
)


def _named_errors(text: str) -> Iterator[Sighting]:
    """The name that Chromium's network panel and its protocol give to the reason."""
    for found in _NAMED.finditer(text):
        if found["name"] in ERROR_NAMES:
            yield Sighting(
                _matcher("chromium", f"devtools:{found['name']}"),
                found.start(),
                found.end(),
                {},
                True,
                found.end() - found.start(),
            )


@cache
def _matcher(product: Product, code: str) -> Matcher:
    found = entry(product, code)
    return Matcher(found, found.template)


def _edge(text: str) -> Iterator[Sighting]:
    """Internet Explorer and the first Edge: the code is the message, the words may be in any language."""
    for found in _EDGE.finditer(text):
        code = found[0][:7]
        try:
            matcher = _matcher("ie-edge-legacy", code)
        except KeyError:
            continue
        yield Sighting(matcher, found.start(), found.end(), _edge_values(code, found[0][7:]), True, 0)


def _edge_values(code: str, rest: str) -> dict[str, str]:
    url = _URL.search(rest)
    if code in ("SEC7118", "SEC7119"):
        return {"url": url[0].rstrip(".")} if url else {}
    if code == "SEC7120":
        return {"origin": url[0].rstrip(".")} if url else {}
    if code == "SEC7123":
        english = re.search(r"[Rr]equest header (\S{1,100}) was", rest)
        words = [english[1]] if english else _HEADER_NAME.findall(rest)
        return {"header": words[0]} if words else {}
    return {}


_LOOSE_REASON = re.compile(r"[(（]\s{0,3}[^\W\d_]{2,12}\s{0,2}[:：]\s{0,3}([^()（）\n]{0,200}CORS[^()（）\n]{0,200})[)）]")


_LOOSE_STATUS = re.compile(r"[\s.。)）]{0,6}[^\W\d][^\d\n()（）:：]{2,40}[:：]\s?(?P<status>\(null\)|[1-5]\d\d)")
_LOOSE_URL = re.compile(r"https?://[^\s'\"“”«»（(]{1,2000}")


def _loose_reasons(text: str) -> Iterator[Sighting]:
    """A reason of Firefox's in brackets, in any language, retyped, without its frame: the header that it names identifies it. One
    that names none, of a line with a URL and a status, is that no answer came (`(null)`), or that an answer was kept back."""
    for found in _LOOSE_REASON.finditer(text):
        status = _LOOSE_STATUS.match(text, found.end(), found.end() + 80)
        if status is not None and "access-control-" not in found[1].lower():
            yield from _reason_of_another_language(text, found, status)
            continue
        guessed = translations.guess(found[1]) if "access-control-" in found[1].lower() else None
        if guessed is not None:
            known = replace(entry("firefox", guessed[0]), sure=False)
            yield Sighting(Matcher(known, known.template, "reason"), found.start(), found.end(), guessed[1], False, 0)


def _reason_of_another_language(text: str, found: re.Match[str], status: re.Match[str]) -> Iterator[Sighting]:
    line = text.rfind("\n", 0, found.start()) + 1
    urls = list(_LOOSE_URL.finditer(text, max(line, found.start() - 2400), found.start()))
    if not urls:
        return
    url = urls[-1]
    known = replace(entry("firefox", "CORSDidNotSucceed2" if status["status"] == "(null)" else "frame"), sure=False)
    values = {"url": url[0].rstrip(".,;"), "status": status["status"]}
    yield Sighting(Matcher(known, known.template, "reason"), url.start(), status.end(), values, False, 0)


def _net_errors(view: NormalizedText) -> Iterator[Sighting]:
    """Chromium's network errors: after `net::` any name, even one cut by a line break; without `net::` the known names."""
    known = _known_net_errors()
    normalized, position = view.normalized, view.normalized.find("neterr")
    while position >= 0:
        start = view.source(position)
        name = next((name for name in known if normalized.startswith(name, position)), None)
        written = _ANY_NET_ERROR.match(view.text, start)
        if name is not None and (written is None or not _goes_on(written[0], known[name].code)):
            yield _around(view.text, known[name], start, view.source_end(position + len(name)))
        elif written is not None:
            yield _around(view.text, net_error(written[1]), start, written.end())
        position = normalized.find("neterr", position + 1)
    for found in _BARE_NET_ERROR.finditer(view.text) if "ERR_" in view.text else ():
        named = known.get(reduce(f"net::{found[0]}"))
        if named is not None:
            yield _around(view.text, named, found.start(), found.end())


def _goes_on(written: str, known: str) -> bool:
    """Whether a name goes on after a known one, and does not just touch the next word."""
    return written.startswith(known) and written[len(known) : len(known) + 1] in ("_", ".", *"0123456789")


@cache
def _known_net_errors() -> dict[str, CatalogueEntry]:
    """By their letters, longest first, so that a name does not match its beginning."""
    named = {reduce(found.code): found for found in catalogue() if found.code.startswith("net::")}
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


def _around(text: str, found: CatalogueEntry, start: int, end: int) -> Sighting:
    """A network error with the method and the URL before it and the status after it, where the line has them."""
    values: dict[str, str] = {}
    asked = _request_before(text, start)
    if asked is not None:
        start, values = asked
    after = _AFTER_NET_ERROR.match(text, end)
    if after is not None:
        values.update({name: value for name, value in after.groupdict().items() if value is not None})
        end = after.end()
    return Sighting(Matcher(found, found.template), start, end, values, True, end - start)


def _request_before(text: str, end: int) -> tuple[int, dict[str, str]] | None:
    """The method and the URL that stand right before a place, and where they begin."""
    words = text[max(0, end - 2100) : end].rsplit(None, 2)
    if (
        len(words) < 2
        or not any(mark in words[-1] for mark in "/:.")
        or words[-2] not in _METHOD_NAMES
        or not text[end - 1 : end].isspace()
    ):
        return None
    start = text.rfind(words[-2], 0, end - len(words[-1]) - 1)
    return start, {"method": words[-2], "url": words[-1]}
