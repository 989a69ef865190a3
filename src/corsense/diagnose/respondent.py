"""Who gave an answer: the app, a proxy or gateway in front of it, a tunnel, or nobody.

Decided from the answer alone, as it came over the wire, and more surely beside the app's own answer to the same request. What
is undecided is `unknown`: without the app's own answer, `app` is the verdict only on what no front would send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from corsense.diagnose.fingerprints import (
    APP_SERVERS,
    GRANTING,
    OWN_BODIES,
    OWN_HEADERS,
    PASSED,
    PLAIN_PAGE,
    TUNNELS,
    HeaderMark,
    is_words_of_starlette,
)
from corsense.diagnose.statuses import FRONT_ONLY, TOO_LARGE
from corsense.fetch.wire import NetworkError, WireResponse

__all__ = ["Respondent", "who_answered"]

Kind = Literal["app", "front", "tunnel", "nobody", "unknown"]

_BODY_LIMIT = 8192
"""Bytes of a body that are looked at: error pages name their maker at the start or the end, and are short."""
_VALUE_LIMIT = 1024
_FEW = 3
"""Names that may be in the order of the alphabet by chance."""
"""Characters of a header's value that are looked at."""
_TELLING = 64
"""Characters of a body of which only the beginning is known that suffice to recognise it."""
_AUTHORITY = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*", re.IGNORECASE)
_WITHOUT_BODY = frozenset({204, 304})
_REVALIDATED = frozenset({206, 304})
_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "content-type", "date", "keep-alive", "server", "transfer-encoding", "vary"}
)
_WRITTEN_BY_SERVERS = _HOP_BY_HOP - {"vary"}
_OF_THE_BODY = frozenset({"accept-ranges", "content-encoding", "content-md5", "digest", "etag", "last-modified"})
"""Headers that describe a body: a proxy that compresses or edits it drops them."""
_AT_THE_END = frozenset({"connection", "transfer-encoding"})
_PERMISSIONS = ("access-control-allow-methods", "access-control-allow-headers", "access-control-max-age")


@dataclass(frozen=True, slots=True)
class Respondent:
    """Who answered. `layer` is the proxy, gateway, CDN or tunnel that the answer names, whether it made the answer or passed it
    on; None when it names none. `evidence` are the lines and facts that say so."""

    kind: Kind
    layer: str | None = None
    evidence: tuple[str, ...] = ()

    @property
    def in_front(self) -> bool:
        """Whether something in front of the app made the answer."""
        return self.kind in ("front", "tunnel")


def who_answered(
    response: WireResponse | NetworkError,
    body: bytes = b"",
    *,
    app_answer: WireResponse | None = None,
    app_body: bytes = b"",
) -> Respondent:
    """Who gave an answer, by the answer itself.

    `response` is the answer as it came over the wire and `body` its beginning, decoded from any content coding; `app_answer` is
    what the app itself answers to the same request, where that is known, and `app_body` the beginning of its body. An empty body
    is not known, or empty.
    """
    if isinstance(response, NetworkError):
        return Respondent("nobody", None, (response.reason,))
    answer = _Answer(response, body[:_BODY_LIMIT].decode("utf-8", "replace"))
    own = next(answer.own_marks(), None)
    passed = next(answer.passed_marks(), None)
    if app_answer is not None:
        return _beside(answer, _Answer(app_answer, app_body[:_BODY_LIMIT].decode("utf-8", "replace")), own, passed)
    return _alone(answer, own, passed)


_Mark = tuple[str, str]
"""A layer, and the evidence for it."""


def _beside(answer: _Answer, app: _Answer, own: _Mark | None, passed: _Mark | None) -> Respondent:
    difference = answer.difference_from(app)
    if difference is None and answer.is_empty and app.is_empty and not answer.keeps_lines_of(app):
        silent = answer.silent_shape(passed)
        if silent is not None:
            return _front(silent)
    if difference is None:
        return Respondent("app", passed[0] if passed else None, ("as the app answers", *([passed[1]] if passed else [])))
    if difference == _UNDECIDED:
        alone = _alone(answer, own, passed)
        nameless = alone.kind == "unknown" and NO_NAME in (answer.shape() or ()) and not answer.keeps_lines_of(app)
        return _front(answer.shape(), difference) if nameless else alone
    return _front(own or passed or answer.shape() or answer.bare(), difference)


def _alone(answer: _Answer, own: _Mark | None, passed: _Mark | None) -> Respondent:
    layer, seen = passed if passed is not None else (None, None)
    message = answer.app_evidence()
    if message is not None:
        return Respondent("app", layer, (message, *([seen] if seen else [])))
    if own is not None:
        return _front(own)
    if answer.status in FRONT_ONLY and not answer.from_app_server and not answer.is_json:
        return _front(passed or answer.shape(), f"status {answer.status}")
    if (answer.status in TOO_LARGE or answer.status == 503) and not answer.from_app_server and not answer.is_json:
        return _front(passed or answer.shape(), f"status {answer.status}")
    mark = answer.silent_shape(passed)
    if mark is not None:
        return _front(mark)
    return Respondent("unknown", layer, (seen,) if seen else ())


def _front(mark: _Mark | None, *more: str) -> Respondent:
    layer, seen = mark if mark is not None else (None, None)
    kind: Kind = "tunnel" if layer in TUNNELS else "front"
    return Respondent(kind, layer, (*more, *([seen] if seen else [])))


NO_NAME = "no Date and no Server line"
"""What stands for HAProxy where it answers by itself. An answer that came over no wire, as in a test, has neither line too."""
_UNDECIDED = "only the length differs"


@dataclass(frozen=True, slots=True)
class _Answer:
    response: WireResponse
    body: str

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def media_type(self) -> str:
        return (self.response.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        return self.media_type == "application/json" or self.media_type.endswith("+json")

    @property
    def is_empty(self) -> bool:
        return not self.body and (self.status in _WITHOUT_BODY or self.response.header("content-length") in (None, "0"))

    @property
    def from_app_server(self) -> bool:
        return APP_SERVERS.search(self.response.header("server") or "") is not None

    def own_marks(self) -> Iterator[_Mark]:
        """Layers that made this answer, by a header or a text of their own."""
        for mark in OWN_HEADERS:
            seen = self._seen(mark)
            if seen is not None and not (mark.header == "server" and self._was_passed_on(mark.layer)):
                yield mark.layer, seen
        if self.status == 101:
            return
        layers = [mark.layer for mark in OWN_BODIES if _pattern(mark.text).search(self.body)] if self.body else []
        named = {layer for layer, _ in self.passed_marks()}
        # Several write the same page: the one whose header stands beside it comes first.
        for layer in sorted(layers, key=lambda layer: layer not in named):
            yield layer, f"body: {_excerpt(self.body)}"
        if _pattern(PLAIN_PAGE).match(self.body):
            yield next((layer for layer, _ in self.passed_marks()), "nginx"), f"body: {_excerpt(self.body)}"
        server = (self.response.header("server") or "").lower()
        if server.startswith("envoy") and self.response.header("x-envoy-upstream-service-time") is None:
            yield "envoy", "server: envoy without x-envoy-upstream-service-time"
        plain = self._plain_status_text(self.body.strip())
        if plain is not None:
            yield plain

    def _plain_status_text(self, words: str) -> _Mark | None:
        """Traefik's errors are the status text alone, without Server and (but for its router's) without Content-Type."""
        has_server = self.response.header("server") is not None
        if has_server or self.status < 400 or self.media_type not in ("", "text/plain") or words not in _STATUS_TEXTS:
            return None
        return None if self.response.header("date") is None else ("traefik", f"body: {words}, and no Server line")

    def _was_passed_on(self, layer: str) -> bool:
        """Whether a Server line of the layer stands beside the app's, its Via says that it passed the answer on, or it kept
        a copy: caches store no Server line."""
        via = self.response.header("via") or ""
        stored = self.is_json or self.response.header("age") is not None
        return self.from_app_server or (layer == "caddy" and "caddy" in via.lower()) or (layer == "apache" and stored)

    def passed_marks(self) -> Iterator[_Mark]:
        """Layers that the answer came through, or from."""
        for mark in PASSED:
            if (seen := self._seen(mark)) is not None:
                yield mark.layer, seen
        respelt = self._respelt_server()
        if respelt is not None:
            yield respelt

    def _respelt_server(self) -> _Mark | None:
        """uvicorn spells its line in lower case, as it does every name: Apache writes Server and Date anew and in front, and
        Traefik sorts the names and spells them all in capitals."""
        names = [name for name, _ in self.response.headers if name.lower() not in _AT_THE_END]
        if "Server" not in names or not (self.response.header("server") or "").lower().startswith("uvicorn"):
            return None
        spelt = f"Server: {self.response.header('server')}"
        if all(name[:1].isupper() for name in names):
            return ("traefik", f"{spelt}, names sorted") if names == sorted(names) and len(names) > _FEW else None
        return ("apache", f"{spelt}, before names in lower case") if set(names[:2]) == {"Date", "Server"} else None

    def _seen(self, mark: HeaderMark) -> str | None:
        value = self.response.header(mark.header)
        if value is None or (mark.value and not _pattern(mark.value).search(value, 0, _VALUE_LIMIT)):
            return None
        return f"{mark.header}: {value[:80]}"

    def app_evidence(self) -> str | None:
        """What no front would send in an app's place; None when nothing says that the app answered."""
        nosniff = self.response.header("x-content-type-options") is not None
        if is_words_of_starlette(self.status, self.response.header("content-type") or "", self.body, nosniff=nosniff):
            return f"body: {_excerpt(self.body)}"
        if self.status == 101:
            return "status 101"
        server = self.response.header("server") or ""
        # A login service that a proxy asks may run under the same server: its refusals and redirects say nothing of the app.
        if self.from_app_server and (200 <= self.status < 300 or self.status in (307, 308)):
            return f"server: {server}"
        if self.response.header("x-envoy-upstream-service-time") is not None and 200 <= self.status < 300:
            return "x-envoy-upstream-service-time"
        return None

    def shape(self) -> _Mark | None:
        """A proxy that does not name itself, recognised by the lines it omits. Every server of apps sends Date and, unless it is
        configured not to, Server."""
        if self.response.header("server") is not None or not self.response.headers:
            return None
        if self.response.header("date") is None:
            return "haproxy", NO_NAME
        names = [name for name, _ in self.response.headers]
        return ("traefik", "no Server line") if all(name[:1].isupper() for name in names) else None

    def bare(self) -> _Mark | None:
        """HAProxy's `return` without a header to set: no line at all."""
        return ("haproxy", NO_NAME) if not self.response.headers else None

    def silent_shape(self, passed: _Mark | None) -> _Mark | None:
        """A front that answers without a word: a preflight granted, or a redirect, with no body and none of an app's marks."""
        if not self.is_empty or self.media_type or self.from_app_server or not self.response.headers:
            return None
        names = [name.lower() for name, _ in self.response.headers]
        grants = any(self.response.header(name) is not None for name in _PERMISSIONS) and self.status in (200, 204)
        if grants and passed is not None and passed[0] in GRANTING and self.response.header("vary") is None:
            return passed
        if self.response.header("server") is None and self.response.header("date") is None:
            redirects = 300 <= self.status < 400 and self.response.header("cache-control") == "no-cache"
            grants_only = self.status == 204 and all(name == "vary" or name.startswith("access-control-") for name in names)
            return self.shape() if redirects or grants_only else None
        if not grants:
            return None
        if self.response.header("server") is None:
            return None if self.response.header("vary") is not None else self.shape()
        # An app's own lines reach the browser in lower case through nginx, and a proxy's as they are written in its settings.
        written = any(name[0].isupper() for name, _ in self.response.headers if name.lower() in _PERMISSIONS)
        return passed if written and passed is not None and passed[0] == "nginx" else None

    def difference_from(self, app: _Answer) -> str | None:
        """Why this answer cannot be the app's; None when it is."""
        if self.status != app.status:
            return (
                None
                if self.status in _REVALIDATED and app.status == 200
                else f"status {self.status}, the app answers {app.status}"
            )
        if self.media_type != app.media_type and self.status not in _WITHOUT_BODY:
            mine, its = self.media_type or "none", app.media_type or "none"
            return f"content-type {mine}, the app's is {its}"
        if self._leads_elsewhere(app):
            return "it redirects to another path than the app"
        if self._has_body_of(app):
            return None
        names = {name.lower() for name, _ in app.response.headers} - _HOP_BY_HOP - _OF_THE_BODY
        kept = {name.lower() for name, _ in self.response.headers}
        own = {name for name in names if not name.startswith("access-control-")}
        if own and not own & kept and not {*self.cors_lines} & {*app.cors_lines}:
            return f"without the app's {', '.join(sorted(own))}"
        if self.status < 400 or not self._length_differs(app):
            return None
        permission = {name for name, _ in app.cors_lines}
        if permission and app.body and not permission & {name for name, _ in self.cors_lines}:
            return "another body, without the app's CORS headers"
        return _UNDECIDED

    @property
    def cors_lines(self) -> Iterator[tuple[str, str]]:
        """The lines that CORS and caches read, names in lower case."""
        for name, value in self.response.headers:
            if name.lower() == "vary" or name.lower().startswith("access-control-"):
                yield name.lower(), value

    def keeps_lines_of(self, app: _Answer) -> bool:
        """Whether a line of the app arrived as the app wrote it, name and value."""
        own = {line for line in app.response.headers if line[0].lower() not in _WRITTEN_BY_SERVERS}
        return bool(own & {*self.response.headers})

    def _has_body_of(self, app: _Answer) -> bool:
        """Whether both bodies are known and the same as far as they are known."""
        shorter, longer = sorted((self.body, app.body), key=len)
        return bool(shorter) and (shorter == longer or (len(shorter) >= _TELLING and longer.startswith(shorter)))

    def _leads_elsewhere(self, app: _Answer) -> bool:
        """Whether two redirects lead to different paths. Proxies rewrite scheme and host, and add or take away a prefix."""
        mine, its = self.response.header("location"), app.response.header("location")
        if mine is None or its is None:
            return False
        places = (_AUTHORITY.sub("", place, count=1).partition("?")[0].partition("#")[0] or "/" for place in (mine, its))
        shorter, longer = sorted(places, key=len)
        return shorter != longer and (shorter == "/" or not longer.endswith(shorter))

    def _length_differs(self, app: _Answer) -> bool:
        mine, its = self.response.header("content-length"), app.response.header("content-length")
        coded = self.response.header("content-encoding") is not None
        return mine is not None and its is not None and mine != its and not coded


_STATUS_TEXTS = frozenset(
    {
        "Bad Gateway", "Gateway Timeout", "Service Unavailable", "Too Many Requests", "Request Entity Too Large", "Forbidden",
        "Unauthorized", "Not Found", "Internal Server Error", "Client Closed Request", "Method Not Allowed", "Bad Request",
    }
)  # fmt: skip


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _excerpt(body: str) -> str:
    return " ".join(body.split())[:80]
