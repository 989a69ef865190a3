"""`Browser`: the Fetch standard's CORS protocol as a state machine that does no I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from corsense.fetch.cache import PreflightCache, max_age
from corsense.fetch.check import cors_check, readable_headers
from corsense.fetch.engines import ENGINES, Engine
from corsense.fetch.errors import CorsError
from corsense.fetch.preflight import PreflightNeed, judge_preflight, preflight_request
from corsense.fetch.request import FetchRequest
from corsense.fetch.safelist import unsafe_header_names
from corsense.fetch.script import ScriptRequest, read_request
from corsense.fetch.trace import Allowed, Blocked, EngineName, Failed, FailureReason, Outcome, Step, Tainting, Trace
from corsense.fetch.unsent import has_bad_port, is_mixed_content
from corsense.fetch.websocket import Run as Run
from corsense.fetch.websocket import handshake
from corsense.fetch.wire import REDIRECT_STATUSES, Exchange, Headers, NetworkError, WireRequest, WireResponse
from corsense.sites import violates_resource_policy
from corsense.url import ParsedUrl, is_more_private, is_trustworthy_origin, parse_url

_Answering = Generator[WireRequest, WireResponse | NetworkError, Outcome | None]

_MAX_REDIRECTS = 20
_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
_UNSAFE_SCHEMES = frozenset({"about", "blob", "data", "file"})


class Browser:
    """A browser as CORS sees it: an engine, and the preflights it remembers.

    `engine` is `chromium`, `firefox` or `webkit` for that engine's documented departures, `standard` for the letter of the Fetch
    standard. `clock` gives seconds for the age of remembered preflights. Raises ValueError for another engine.
    """

    def __init__(self, engine: EngineName = "chromium", *, clock: Callable[[], float] = time.monotonic) -> None:
        if engine not in ENGINES:
            raise ValueError(f"there is no engine {engine!r}; choose one of {', '.join(ENGINES)}")
        self.engine: Engine = ENGINES[engine]
        self.preflight_cache = PreflightCache(self.engine, clock)

    def fetch(self, request: FetchRequest) -> Run:
        """Start a fetch: a generator that yields what is sent, is sent what comes back, and returns the `Trace`. A request whose
        initiator is `websocket` is the handshake of a WebSocket, which CORS does not cover: see `corsense.fetch.websocket`.

        No request and no answer, however odd, makes it raise or run on: at most 20 redirects are followed, each with one
        preflight. Source: Fetch, *Main fetch*.
        """
        if request.initiator == "websocket":
            return handshake(self.engine, request)
        return _Fetch(self.engine, self.preflight_cache, request).run()


@dataclass(slots=True)
class _Fetch:
    """One fetch under way. The values that the standard keeps in *request* and that redirects change are its fields."""

    engine: Engine
    cache: PreflightCache
    asked: FetchRequest
    exchanges: list[Exchange] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    method: str = ""
    headers: Headers = ()
    body: bool = False
    streams: bool = False
    tainting: Tainting = "basic"
    origin_tainted: bool = False
    preflights_sticky: bool = False
    script_headers: Headers = ()
    origin_sent: bool = False
    redirects: int = 0

    def run(self) -> Run:
        script = read_request(self.asked, self.engine)
        if isinstance(script, Failed):
            outcome: Outcome = script
        else:
            self._take(script)
            outcome = yield from self._main_fetch(script)
        return Trace(
            request=self.asked,
            engine=self.engine.name,
            exchanges=tuple(self.exchanges),
            steps=tuple(self.steps),
            outcome=outcome,
            notes=tuple(self.notes),
        )

    def _take(self, script: ScriptRequest) -> None:
        self.method, self.headers, self.script_headers = script.method, script.headers, script.headers
        self.body, self.streams = script.has_body, script.streams

    # Main fetch, once for each URL on the way.

    def _main_fetch(self, script: ScriptRequest) -> Generator[WireRequest, WireResponse | NetworkError, Outcome]:
        url = script.url
        while True:
            refused = self._refuse_before_sending(url)
            if refused is not None:
                return refused
            if not url.is_http:  # data:, blob: and about: are answered by the browser itself
                return Allowed(("content-type",) if url.scheme == "data" else (), "basic")
            if self.tainting == "cors":
                refused = yield from self._ask_first(url, script)
                if refused is not None:
                    return refused
                if self._is_mixed_content(url):
                    return Failed(FailureReason.MIXED_CONTENT, url.href)
            if self.streams and url.scheme == "http":  # browsers speak HTTP/2 over TLS only
                return Failed(FailureReason.STREAM_NEEDS_HTTP2, url.href)
            answer = yield from self._send(self._actual_request(url))
            ended = self._judge(answer, url)
            if isinstance(ended, ParsedUrl):
                url = ended
                continue
            if isinstance(ended, (Blocked, Failed)) and self.preflights_sticky and self.engine.failure_clears_cache:
                self.cache.clear(self.asked.origin, url.href)
            return ended

    def _refuse_before_sending(self, url: ParsedUrl) -> Outcome | None:
        """Decide the response tainting of the next request, or refuse to send it."""
        asked = self.asked
        if url.is_http and has_bad_port(url):
            return Failed(FailureReason.BAD_PORT, f"port {url.port}")
        if self._is_mixed_content(url) and not self._looks_at_mode_first():
            return Failed(FailureReason.MIXED_CONTENT, url.href)
        if asked.address_space and self.engine.asks_for_local_network and is_more_private(url.host, asked.address_space):
            secure = asked.origin.startswith("https://") or is_trustworthy_origin(asked.origin)
            error = CorsError.LocalNetworkAccessPermissionDenied if secure else CorsError.InsecureLocalNetwork
            return self._refuse(error, "permission for the local network", "Local Network Access", seen=url.host)
        same_origin = self.tainting == "basic" and url.origin == asked.origin and url.origin != "null"
        if same_origin or url.scheme in ("data", "about", "blob"):
            self._note("same origin: CORS does not apply", "Main fetch", seen=asked.origin)
            return None
        if asked.mode == "same-origin":
            return self._refuse(
                CorsError.DisallowedByMode, "mode same-origin", "Main fetch", seen=url.origin, wanted=asked.origin
            )
        if asked.mode == "no-cors":
            if asked.redirect != "follow":
                error = CorsError.NoCorsRedirectModeNotFollow
                return self._refuse(error, "mode no-cors follows redirects", "Main fetch", seen=asked.redirect, wanted="follow")
            self.tainting = "opaque"
            return None
        if not url.is_http:
            return Failed(FailureReason.URL_SCHEME, url.scheme)
        self.tainting = "cors"
        return None

    def _looks_at_mode_first(self) -> bool:
        """Whether the mode, and what a preflight says, come before mixed content."""
        engine, mode = self.engine, self.asked.mode
        if not self.exchanges:
            return mode == "same-origin" and engine.refuses_mode_before_mixed_content
        if mode == "same-origin":
            return engine.refuses_redirected_mode_before_mixed_content
        return mode == "cors" and engine.preflights_redirect_before_mixed_content

    def _is_mixed_content(self, url: ParsedUrl) -> bool:
        return is_mixed_content(url, self.asked.origin, self.engine)

    # HTTP fetch: the preflight, the request itself.

    def _ask_first(self, url: ParsedUrl, script: ScriptRequest) -> _Answering:
        """*CORS-preflight fetch*, if the request needs one and the cache does not know the answer."""
        need = self._need(script)
        must = need.unsafe or (self.preflights_sticky and self.engine.redirect_repeats_preflight)
        self._note(
            "preflight needed" if must else "no preflight needed",
            "Main fetch",
            seen=(need.reasons if must else "") or need.method,
        )
        self.preflights_sticky = self.preflights_sticky or must
        if not must:
            return None
        credentials = self.asked.credentials
        if self._cached(url, need):
            self._note("preflight remembered from an earlier one", "CORS-preflight cache", seen=need.reasons)
            return None
        origin = self.asked.origin if self.engine.preflight_carries_page_origin else self._origin()
        answer = yield from self._send(preflight_request(url.request_url, origin, need))
        index = len(self.exchanges) - 1
        if isinstance(answer, NetworkError):
            return Failed(answer.reason, answer.detail, index)
        if answer.status == 407 and self.engine.proxy_auth_fails_preflight:
            return Failed(FailureReason.PROXY_AUTH, None, index)
        judged = judge_preflight(answer, need, origin, credentials, self.engine, index)
        self.steps += judged.steps
        blocked = _first_fault(judged.steps)
        if blocked is not None:
            if self.engine.failure_clears_cache:
                self.cache.clear(self.asked.origin, url.href)
            return blocked
        if judged.deprecated:
            self.notes.append("authorization-covered-by-wildcard")
        seconds = max_age(answer, self.engine)
        self.cache.store(self.asked.origin, url.href, judged.methods, judged.header_names, seconds, credentials == "include")
        return None

    def _need(self, script: ScriptRequest) -> PreflightNeed:
        all_of_them = self.engine.redirect_preflight_names_dropped_headers
        names = unsafe_header_names(self.script_headers if all_of_them else self.headers, self.engine)
        forced = self.streams or (self.asked.upload_listeners and (script.has_body or not self.engine.upload_listener_needs_body))
        return PreflightNeed(self.method, names, forced)

    def _cached(self, url: ParsedUrl, need: PreflightNeed) -> bool:
        if self.asked.cache in ("no-store", "reload") and self.engine.cache_mode_skips_preflight_cache:
            return False
        include = self.asked.credentials == "include"
        key = (self.asked.origin, url.href)
        knows_method = self.cache.covers_method(*key, need.method, include)
        if not knows_method and (need.forced or PreflightNeed(need.method, ()).unsafe):
            return False
        if not all(self.cache.covers_header(*key, name, include) for name in need.header_names):
            return False
        return knows_method or bool(need.header_names)

    def _actual_request(self, url: ParsedUrl) -> WireRequest:
        headers = list(self.headers)
        if not any(name.lower() == "accept" for name, _ in headers):
            headers.append(("Accept", "*/*"))
        kept = self.origin_sent and self.engine.redirect_keeps_origin
        if self.tainting == "cors" or self.method not in ("GET", "HEAD") or kept:
            headers.append(("Origin", "null" if self._hides_origin(url) else self._origin()))
            self.origin_sent = True
        mode = self.asked.credentials
        credentials = mode == "include" or (mode == "same-origin" and self.tainting == "basic")
        return WireRequest(self.method, url.request_url, tuple(headers), credentials)

    def _hides_origin(self, url: ParsedUrl) -> bool:
        """*Append a request `Origin` header*, with the default referrer policy: not from https to http, unless it is for CORS."""
        downgrade = self.asked.origin.startswith("https://") and url.scheme == "http"
        return downgrade and self.asked.mode != "cors" and self.engine.hides_origin_on_downgrade

    def _send(self, request: WireRequest) -> Generator[WireRequest, WireResponse | NetworkError, WireResponse | NetworkError]:
        answer = yield request
        self.exchanges.append(Exchange(request, answer))
        return answer

    # What the answer means.

    def _judge(self, answer: WireResponse | NetworkError, url: ParsedUrl) -> Outcome | ParsedUrl:
        """The outcome, or the URL of a redirect to follow."""
        index = len(self.exchanges) - 1
        if isinstance(answer, NetworkError):
            return Failed(answer.reason, answer.detail, index)
        if self.tainting == "cors":
            checked = cors_check(answer, self._origin(), self.asked.credentials, self.engine, index, preflight=False)
            self.steps += checked
            blocked = _first_fault(checked)
            if blocked is not None:
                return blocked
        policy = answer.header("cross-origin-resource-policy")
        if self.tainting == "opaque" and violates_resource_policy(policy, self.asked.origin, url):
            return Failed(FailureReason.CORP, policy, index)
        location = answer.header("location")
        if answer.status in REDIRECT_STATUSES and self.asked.redirect != "follow":
            return (
                Allowed((), "opaqueredirect") if self.asked.redirect == "manual" else self._redirect_error(location, url, index)
            )
        if answer.status in REDIRECT_STATUSES and location is not None:
            return self._redirect(answer.status, location, url, index)
        return Allowed(readable_headers(answer, self.asked.credentials, self.tainting), self.tainting)

    def _redirect_error(self, location: str | None, url: ParsedUrl, index: int) -> Outcome:
        """What a redirect is to a request that asked for redirects to be errors."""
        target = parse_url(location, url.href) if location is not None and self.engine.redirect_url_before_mode else None
        if target is not None and target.scheme in _UNSAFE_SCHEMES:
            return Failed(FailureReason.UNSAFE_REDIRECT, target.href, index)
        crosses = self.tainting == "cors" or (target is not None and target.origin != self.asked.origin)
        if target is not None and target.is_http and target.has_credentials and crosses and self.asked.mode == "cors":
            return self._refuse_userinfo(target, index)
        return Failed(FailureReason.REDIRECT_REFUSED, location, index)

    def _redirect(self, status: int, location: str, url: ParsedUrl, index: int) -> Outcome | ParsedUrl:
        """*HTTP-redirect fetch*."""
        target = parse_url(location, url.href)
        if target is None:
            return Failed(FailureReason.INVALID_REDIRECT, location, index)
        if url.fragment and not target.fragment:
            target = parse_url(target.href + url.fragment) or target
        if not target.is_http:
            return self._refuse_scheme(target, index)
        self.redirects += 1
        if self.redirects > _MAX_REDIRECTS:
            return Failed(FailureReason.TOO_MANY_REDIRECTS, target.href, index)
        if self._refuses_userinfo(target):
            within = self.tainting == "basic" and target.origin == self.asked.origin
            if self.asked.mode != "cors" or within:
                return Failed(FailureReason.UNSAFE_REDIRECT, target.href, index)
            return self._refuse_userinfo(target, index)
        if status != 303 and self.streams:
            return Failed(FailureReason.STREAM_REDIRECT, target.href, index)
        self._change_for(status, target, url)
        return target

    def _refuse_scheme(self, target: ParsedUrl, index: int) -> Outcome:
        if self.asked.mode != "cors" or self.tainting == "basic" or target.scheme in ("data", "about", "blob", "javascript"):
            return Failed(FailureReason.UNSAFE_REDIRECT, target.href, index)
        error = CorsError.CorsDisabledScheme
        return self._refuse(
            error, "redirect to http or https", "HTTP-redirect fetch", seen=target.href, wanted="http, https", exchange=index
        )

    def _refuse_userinfo(self, target: ParsedUrl, index: int) -> Outcome:
        error = CorsError.RedirectContainsCredentials
        return self._refuse(error, "redirect without userinfo", "HTTP-redirect fetch", seen=target.href, exchange=index)

    def _refuses_userinfo(self, target: ParsedUrl) -> bool:
        if not target.has_credentials:
            return False
        if self.tainting == "cors" or (self.engine.redirect_userinfo_always_refused and self.asked.initiator != "xhr"):
            return True
        return self.asked.mode == "cors" and target.origin != self.asked.origin

    def _change_for(self, status: int, target: ParsedUrl, url: ParsedUrl) -> None:
        """What a redirect changes in the request."""
        drops_body = (status in (301, 302) and self.method == "POST") or (status == 303 and self.method not in ("GET", "HEAD"))
        if drops_body:
            self.method, self.body, self.streams = "GET", False, False
            self.headers = tuple(line for line in self.headers if line[0].lower() not in _BODY_HEADERS)
        if target.origin != url.origin:
            self.origin_sent = False
            kept = tuple(line for line in self.headers if line[0].lower() != "authorization")
            self.headers = kept
            self.origin_tainted = self.origin_tainted or self.asked.origin != url.origin

    def _origin(self) -> str:
        """*Serializing a request origin*: `null` once a redirect has tainted it."""
        return "null" if self.origin_tainted else self.asked.origin

    def _refuse(
        self,
        error: CorsError,
        name: str,
        section: str,
        *,
        seen: str | None,
        wanted: str | None = None,
        exchange: int | None = None,
    ) -> Blocked:
        self.steps.append(Step(name, section, False, seen, wanted, error, None, exchange))
        return Blocked(error, None, exchange)

    def _note(self, name: str, section: str, *, seen: str) -> None:
        self.steps.append(Step(name, section, True, seen))


def _first_fault(steps: tuple[Step, ...] | list[Step]) -> Blocked | None:
    for step in steps:
        if step.error is not None and not step.passed:
            return Blocked(step.error, step.parameter, step.exchange)
    return None
