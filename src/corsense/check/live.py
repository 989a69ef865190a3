"""Check a server by its URL: send what a browser would, judge what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urljoin, urlsplit

from corsense.app.agent.exchange import COOKIE
from corsense.app.probe import ExchangeFacts
from corsense.check.aggregate import aggregate, bounded
from corsense.check.clients import calls_on_url, not_judged, notes_on
from corsense.check.comparison import MISSING_PATH, Comparison
from corsense.check.handshakes import untrusted_origin
from corsense.check.hops import HopClient
from corsense.check.own_answers import OwnAnswers
from corsense.check.plan import WEBSOCKET, client_request, template
from corsense.check.request import ANY_METHOD, DEVELOPMENT_ORIGINS, UNTRUSTED_ORIGIN, CheckOperation, CheckRequest
from corsense.check.results import CheckTarget, Report
from corsense.check.suppressed import suppressed
from corsense.diagnose import Diagnosis, Observation, admits_untrusted, cache_faults
from corsense.diagnose.observation import MissingRoute
from corsense.diagnose.redirects import is_explained
from corsense.diagnose.routes import KnownRoute, nearest_routes
from corsense.diagnose.websockets import accepts_anyone
from corsense.errors import InputError, quoted
from corsense.fetch import Allowed, Browser, Failed, FailureReason, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.readers.openapi import ApiOperation, discover
from corsense.transports import drive
from corsense.transports.browser_headers import BrowserHeaders
from corsense.transports.http import HttpClient
from corsense.transports.limits import DEFAULT_LIMITS, NetworkLimits
from corsense.transports.redirects import RedirectPermission
from corsense.transports.unsafe_methods import is_safe, substitute
from corsense.url import parse_url

Progress = Callable[[int, int], None]

_WITHHELD = "Only GET and HEAD were sent; for other methods only the preflight. --run-endpoints sends them for real."
_NO_FOREIGN_WRITES = "What forms of untrusted pages can send was not tried on a live server; a check of the app itself tries it."


@dataclass(slots=True)
class Live:
    """Answers from the live server, for one fetch. Unless endpoints are to run, a request that may change something is not sent:
    the permission that its preflight gives stands in for the response.

    `asked` is the fetch, whose body goes with the request; with it, each request has the header lines that its browser adds,
    and a stand-in for cookies where the page has some.
    """

    client: HttpClient
    run_endpoints: bool
    redirects: RedirectPermission | None = None
    asked: FetchRequest | None = None
    engine: EngineName = "chromium"
    facts: list[ExchangeFacts] = field(default_factory=list)
    permission: WireResponse | NetworkError | None = None
    withheld: bool = False
    _headers: BrowserHeaders | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._headers = BrowserHeaders(self.asked, self.engine) if self.asked is not None else None

    def __call__(self, request: WireRequest, body: bytes = b"") -> WireResponse | NetworkError:
        refused = self.redirects.refuse(request) if self.redirects is not None else None
        if refused is not None:
            self.facts.append(ExchangeFacts(answered_by=None))
            return refused
        if not self.run_endpoints and not is_safe(request.method):
            self.withheld = True
            self.facts.append(ExchangeFacts(answered_by=None, stood_in=True))
            return drive(substitute(request, self.permission), self._send)
        answer = self._send(request, body or self._body_for(request))
        excerpt = next((error.text for error in self.client.bodies if error.exchange == len(self.client.exchanges) - 1), "")
        self.facts.append(ExchangeFacts(answered_by=None, body_excerpt=excerpt))
        self.permission = answer if request.preflight else None
        return answer

    def _send(self, request: WireRequest, body: bytes = b"") -> WireResponse | NetworkError:
        lines = request.headers if self._headers is None else self._headers.lines(request)
        if self.asked is not None and self.asked.cookies and request.credentials:
            lines = (*lines, ("Cookie", COOKIE))
        return self.client.send(replace(request, headers=lines), body)

    def _body_for(self, request: WireRequest) -> bytes:
        """The body of the fetch, for the request itself and for redirects that keep it."""
        content = self.asked.body if self.asked is not None else None
        if request.preflight or request.method in ("GET", "HEAD") or content is None:
            return b""
        return content.encode() if isinstance(content, str) else content if isinstance(content, bytes) else b""


@dataclass(frozen=True, slots=True)
class _Operation:
    """An operation to try; `missing` where the user named one that the document of the API does not have."""

    operation: ApiOperation
    missing: MissingRoute | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    request: FetchRequest
    missing: MissingRoute | None = None
    client: str | None = None
    without: str | None = None


def _handshake(url: str, origin: str) -> FetchRequest:
    return FetchRequest(url, origin, initiator="websocket", credentials="include")


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """One check of a URL within `limits`; `progress` gets how many requests of how many are done. `own` is the app behind the
    URL, where it is known; `via` are addresses on the way to it, those next to the URL first."""

    url: str
    asked: CheckRequest
    limits: NetworkLimits = DEFAULT_LIMITS
    progress: Progress | None = None
    own: OwnAnswers | None = None
    via: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list, init=False)
    untried: list[str] = field(default_factory=list, init=False)
    _decided: dict[str, bool] = field(default_factory=dict, init=False)

    def run(self) -> Report:
        """The report. Raises InputError when the URL cannot be used, or nothing answers there."""
        self._validate()
        origins = self._origins
        with HttpClient(timeout=self.limits.response_seconds, total=self.limits.seconds) as client:
            plan = [
                _Planned(self._request(planned.operation, origin), planned.missing)
                for planned in self._bounded(self._operations(client))
                for origin in origins
            ]
            plan += self._client_requests(client, origins)
            plan += [_Planned(_handshake(url, origin)) for url in self._sockets() for origin in origins]
            requests = [planned.request for planned in plan]
            redirects = self.redirects(requests)
            observations = self._observe(client, redirects, plan)
            self._insist_on_an_answer(observations)
            untrusted = self._untrusted_page(client, redirects, requests)
            sockets = list(self._open_sockets(client, redirects))
            compared = self._beside_the_app(client, redirects, observations, untrusted)
        self.untried.extend(not_judged(observations))
        self.untried.extend(map(self._not_followed, redirects.refused))
        return self._report(observations, compared, untrusted, sockets)

    def _report(
        self, observations: list[Observation], compared: Comparison | None, untrusted: list[Observation], sockets: list[Diagnosis]
    ) -> Report:
        if compared is None:
            found = [diagnosis for page in untrusted if (diagnosis := admits_untrusted(page)) is not None]
            beside, diagnosed = [*found, *sockets, *cache_faults(observations)], None
        else:
            self.notes.extend(compared.notes())
            beside, diagnosed = [*compared.about_permissions(), *sockets], compared.diagnoses()
        notes = (*self.asked.notes, *notes_on(self.asked), *self.notes, *self.untried)
        report = aggregate(CheckTarget("url", self.url), observations, notes, beside, diagnosed)
        if compared is not None:
            results = (
                replace(result, attributions=found) for result, found in zip(report.results, compared.attributions(), strict=True)
            )
            report = replace(report, results=tuple(results))
        report = replace(report, assumed=() if self._are_origins_known else DEVELOPMENT_ORIGINS)
        return replace(bounded(suppressed(report, self.asked.selection)), complete=not self.untried)

    def _not_followed(self, server: str) -> str:
        remedy = "--follow follows it"
        if self.limits.allows is not None and not self.limits.allows(server):
            remedy = "it is not among the servers that may be contacted"
        return f"The redirect to {server} was not followed, so the answer there was not judged; {remedy}."

    @property
    def _origins(self) -> tuple[str, ...]:
        return self.asked.origins or (self.own.origins if self.own is not None else ()) or DEVELOPMENT_ORIGINS

    @property
    def _are_origins_known(self) -> bool:
        return bool(self.asked.origins) or (self.own is not None and bool(self.own.origins))

    def _beside_the_app(
        self, client: HttpClient, redirects: RedirectPermission, observations: list[Observation], untrusted: list[Observation]
    ) -> Comparison | None:
        """What the app behind the URL answers to the same requests; to one of an untrusted page, and to one for a path that does
        not exist, too."""
        if self.own is None:
            return None
        erring = [found for request in self._missing_path(observations) for found in self._ask(client, redirects, request)]
        ask = HopClient(client, self.url, self.via) if self.via else None
        besides = self.own.beside([*observations, *untrusted, *erring], ask)
        return Comparison.of(besides, len(observations), len(untrusted), self.via)

    def _missing_path(self, observations: list[Observation]) -> list[FetchRequest]:
        """A request beside an allowed one, for a path that does not exist: what errors look like."""
        for observation in observations:
            request = observation.trace.request
            if request.method == "GET" and request.initiator != "websocket" and isinstance(observation.trace.outcome, Allowed):
                return [replace(request, url=urljoin(request.url, MISSING_PATH), headers=())]
        return []

    def _ask(self, client: HttpClient, redirects: RedirectPermission, request: FetchRequest) -> Iterator[Observation]:
        """What a page meets that asks once more; nothing where no answer came."""
        live = Live(client, False, redirects, request, self.asked.rules)
        trace = drive(Browser(self.asked.rules).fetch(request), live)
        if trace.response is not None:
            yield Observation(trace, "unknown_path", facts=tuple(live.facts))

    def redirects(self, requests: list[FetchRequest]) -> RedirectPermission:
        """The permission to call servers: that of the URL and those of the named requests. The user is asked about each server
        once, however often this is called."""
        named = dict.fromkeys((self.url, *(request.url for request in requests)))
        limits = self.limits
        return RedirectPermission(tuple(named), limits.follow, limits.ask, decided=self._decided, allows=limits.allows)

    def _bounded(self, operations: Iterator[_Operation]) -> list[_Operation]:
        most = self.limits.operations
        kept = list(islice(operations, most))
        if next(operations, None) is not None:
            self.untried.append(
                f"The server's OpenAPI document lists more than {most:,} operations; the first {most:,} were tried. "
                "--max-operations tries more."
            )
        return kept

    def _validate(self) -> None:
        url = parse_url(self.url)
        if url is None or not url.is_http:
            raise InputError(f"{quoted(self.url)} is not an http or https URL; write for example http://localhost:8000.")
        if url.has_credentials:
            raise InputError("the URL contains a user name or password, which browsers refuse in a page's calls; drop them.")
        if self.limits.allows is not None and not self.limits.allows(self.url):
            raise InputError(f"{quoted(url.origin)} is not among the servers that may be contacted.")

    def _observe(self, client: HttpClient, redirects: RedirectPermission, plan: list[_Planned]) -> list[Observation]:
        observations: list[Observation] = []
        for number, planned in enumerate(plan):
            request = planned.request
            live = Live(client, self.asked.run_endpoints, redirects, request, self.asked.rules)
            trace = drive(Browser(self.asked.rules).fetch(request), live)
            if isinstance(trace.outcome, Failed) and trace.outcome.reason == FailureReason.OUT_OF_TIME:
                self._out_of_time(number, len(plan))
                break
            observations.append(
                Observation(
                    trace,
                    facts=tuple(live.facts),
                    assumed_origin=not self._are_origins_known,
                    missing_route=planned.missing,
                    client=planned.client,
                    without=planned.without,
                )
            )
            if live.withheld and _WITHHELD not in self.notes:
                self.notes.append(_WITHHELD)
            if not is_safe(request.method) and _NO_FOREIGN_WRITES not in self.notes:
                self.notes.append(_NO_FOREIGN_WRITES)
            if self.progress is not None:
                self.progress(number + 1, len(plan))
        return observations

    def _out_of_time(self, done: int, total: int) -> None:
        limit = f"{self.limits.seconds:g} s"
        if not done:
            raise InputError(f"{self.url} did not answer a single request within {limit}; --max-time allows more.")
        self.untried.append(
            f"{total - done:,} of {total:,} requests were not tried, because the check reached its limit of {limit}. "
            "--max-time allows more."
        )

    def _insist_on_an_answer(self, observations: list[Observation]) -> None:
        """Where no answer came back, or each only led elsewhere, nothing was checked."""
        outcomes = [observation.trace.outcome for observation in observations]
        elsewhere = [found for found in outcomes if isinstance(found, Failed) and found.reason == FailureReason.NOT_FOLLOWED]
        if elsewhere and len(elsewhere) == len(outcomes) and not any(map(is_explained, observations)):
            raise InputError(f"{self.url} only redirects to another server: {elsewhere[0].detail}. Or check that server's URL.")
        failures = [observation.trace.exchanges[0].response for observation in observations if observation.trace.exchanges]
        unanswered = [failure for failure in failures if isinstance(failure, NetworkError)]
        if unanswered and len(unanswered) == len(observations):
            url = parse_url(observations[0].trace.request.url)
            where = url.origin if url else self.url
            reported = unanswered[0].detail or ""
            detail = f" ({reported})" if reported and reported.lower() != unanswered[0].reason.lower() else ""
            raise InputError(
                f"no answer from {where}: {unanswered[0].reason}{detail}. Start the server, or correct scheme, host and port."
            )

    def _untrusted_page(
        self, client: HttpClient, redirects: RedirectPermission, requests: list[FetchRequest]
    ) -> list[Observation]:
        """Ask once as an untrusted page, with credentials: whether the server allows any origin."""
        asked = next((request for request in requests if request.method == "GET" and request.initiator != "websocket"), None)
        if asked is None:
            return []
        # With a cookie, since Starlette's layer before 1.0 names the origin in answers to such requests alone.
        request = replace(asked, origin=UNTRUSTED_ORIGIN, credentials="include", headers=(), cookies=True)
        live = Live(client, False, redirects, request, self.asked.rules)
        trace = drive(Browser("standard").fetch(request), live)
        return [Observation(trace, "stranger", facts=tuple(live.facts))]

    def _sockets(self) -> list[str]:
        """The URLs of the WebSockets that were asked for: no document lists them."""
        named = [operation.path for operation in self.asked.operations if operation.method == WEBSOCKET]
        return list(dict.fromkeys(path if "://" in path else urljoin(self.url, path) for path in named))

    def _open_sockets(self, client: HttpClient, redirects: RedirectPermission) -> Iterator[Diagnosis]:
        """Those of them that accept an untrusted page."""
        for url in self._sockets():
            request = _handshake(url, untrusted_origin(self.url))
            live = Live(client, False, redirects, request, self.asked.rules)
            trace = drive(Browser(self.asked.rules).fetch(request), live)
            if isinstance(trace.outcome, Allowed):
                yield accepts_anyone(trace, restricted=bool(self.asked.origins))

    def _operations(self, client: HttpClient) -> Iterator[_Operation]:
        """The requests asked for; else those of the OpenAPI document where the URL is that of the whole API; else a GET of
        the URL."""
        known = [operation for operation in self._known(client) if self._is_here(operation)]
        if self.asked.operations:
            for operation in self.asked.operations:
                if operation.method != WEBSOCKET:
                    yield from self._named(operation, known)
            return
        path = urlsplit(self.url).path
        if path in ("", "/") and known:
            yield from map(_Operation, known)
            return
        matching = [operation for operation in known if path in (operation.path, operation.example_path)]
        if matching:
            yield from map(_Operation, matching)
        else:
            yield from self._named(CheckOperation("GET", self.url), known)

    def _known(self, client: HttpClient) -> Sequence[ApiOperation]:
        """The operations that the server's document lists; those of the app where it publishes none."""
        listed = discover(client, self.url)
        if listed is None:
            return () if self.own is None else tuple(self.own.operations())
        return listed

    def _named(self, operation: CheckOperation, known: Sequence[ApiOperation]) -> Iterator[_Operation]:
        """A request that the user named, as the document of the API describes it, or as good as can be guessed."""
        path = urlsplit(urljoin(self.url, operation.path)).path or "/"
        here = [found for found in known if path == found.path or template(found.path).fullmatch(path)]
        methods: tuple[str, ...] = (operation.method,)
        if operation.method == ANY_METHOD:
            methods = tuple(dict.fromkeys(found.method for found in here)) or ("GET", "POST")
        for method in methods:
            described = next((found for found in here if found.method == method), None)
            if described is not None:
                yield _Operation(replace(described, example_path=operation.path))
                continue
            routes = [KnownRoute(found.path, (found.method,)) for found in known]
            missing = MissingRoute(f"{method} {path}", nearest_routes(method, path, routes), bool(here))
            yield _Operation(_plain(replace(operation, method=method)), missing)

    def _client_requests(self, client: HttpClient, origins: Sequence[str]) -> Iterator[_Planned]:
        """What the clients that were named ask of the server."""
        if not self.asked.clients:
            return
        known = [(found.method, found.example_path) for found in discover(client, self.url) or () if self._is_here(found)]
        for call in calls_on_url(self.asked, urlsplit(self.url).path, known):
            credentials = self.asked.credentials or call.client.credentials
            for origin in origins:
                request = client_request(call, origin, urljoin(self.url, call.path), self.asked.headers, credentials)
                yield _Planned(request, None, call.client.name, call.request.without)

    def _is_here(self, operation: ApiOperation) -> bool:
        """Whether an operation of the OpenAPI document is on the server that was named: its paths are the server's own words."""
        there, here = parse_url(urljoin(self.url, operation.example_path)), parse_url(self.url)
        return there is not None and here is not None and there.origin == here.origin

    def _request(self, operation: ApiOperation, origin: str) -> FetchRequest:
        headers = list(self.asked.headers)
        given = {name.lower() for name, _ in headers}
        body = self.asked.body
        if body is None and operation.has_json_body and operation.method not in ("GET", "HEAD"):
            body = "{}"
            if "content-type" not in given:
                headers.append(("Content-Type", "application/json"))
        if operation.needs_authorization and "authorization" not in given:
            headers.append(("Authorization", "Bearer example"))
        headers += [(name, "example") for name in operation.header_names if name.lower() not in given]
        return FetchRequest(
            urljoin(self.url, operation.example_path),
            origin,
            operation.method,
            tuple(headers),
            self.asked.credentials or self._usual_credentials(operation),
            self.asked.mode,
            body=None if operation.method in ("GET", "HEAD") else body,
        )

    def _usual_credentials(self, operation: ApiOperation) -> Credentials:
        return "same-origin" if self.own is None else self.own.credentials(operation.method, operation.path)


def _plain(operation: CheckOperation) -> ApiOperation:
    """An operation of which only method and path are known; a body is taken to be JSON, as frontends send it."""
    writes = operation.method in ("POST", "PUT", "PATCH")
    return ApiOperation(operation.method, operation.path, operation.path, (), False, writes)
