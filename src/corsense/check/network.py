"""Check a server by its URL: send what a browser would, judge what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urljoin, urlsplit

from corsense.app.probe import ExchangeFacts
from corsense.check.collect import bounded, collect
from corsense.check.request import ANY_METHOD, DEVELOPMENT_ORIGINS, STRANGER, Asked, Operation
from corsense.check.results import Report, Target
from corsense.check.suppressed import suppressed
from corsense.diagnose import Diagnosis, Observation, cache_faults, lets_strangers_in
from corsense.fetch import Browser, Failed, FailureReason, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.readers.errors import InputError, quoted
from corsense.readers.openapi import ApiOperation, discover
from corsense.transports import drive
from corsense.transports.http import HttpClient
from corsense.transports.limits import DEFAULT_LIMITS, NetworkLimits
from corsense.transports.redirects import RedirectPermission
from corsense.url import parse_url

Progress = Callable[[int, int], None]

_WITHHELD = "Only GET and HEAD were sent; of other methods the preflight alone. --run-endpoints sends them for real."
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Live:
    """Answers from the live server, for one fetch. A request that may change something is not sent, unless endpoints are to run:
    the leave that its preflight gave is taken for the answer."""

    client: HttpClient
    run_endpoints: bool
    redirects: RedirectPermission | None = None
    facts: list[ExchangeFacts] = field(default_factory=list)
    leave: WireResponse | None = None
    withheld: bool = False

    def __call__(self, request: WireRequest, body: bytes = b"") -> WireResponse | NetworkError:
        if not self.run_endpoints and request.method not in _SAFE_METHODS:
            self.withheld = True
            self.facts.append(ExchangeFacts(answered_by=None, stood_in=True))
            return self._stand_in(request)
        refused = self.redirects.refuse(request) if self.redirects is not None else None
        if refused is not None:
            self.facts.append(ExchangeFacts(answered_by=None))
            return refused
        answer = self.client.send(request, body)
        excerpt = next((error.text for error in self.client.bodies if error.exchange == len(self.client.exchanges) - 1), "")
        self.facts.append(ExchangeFacts(answered_by=None, body_excerpt=excerpt))
        if request.preflight and isinstance(answer, WireResponse):
            self.leave = answer
        return answer

    def _stand_in(self, request: WireRequest) -> WireResponse:
        if self.leave is None:
            return WireResponse(200, (("access-control-allow-origin", request.header("origin") or "*"),))
        kept = [
            line
            for line in self.leave.headers
            if line[0].lower().startswith(("access-control-allow-origin", "access-control-allow-cred"))
        ]
        return WireResponse(200, (*kept, ("vary", "Origin")))


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """One check of a URL within `limits`; `progress` gets how many requests of how many are done."""

    url: str
    asked: Asked
    limits: NetworkLimits = DEFAULT_LIMITS
    progress: Progress | None = None
    notes: list[str] = field(default_factory=list, init=False)
    untried: list[str] = field(default_factory=list, init=False)

    def run(self) -> Report:
        """The report. Raises InputError when the URL cannot be used, or nothing answers there."""
        self._validate()
        origins = self.asked.origins or DEVELOPMENT_ORIGINS
        with HttpClient(timeout=self.limits.response_seconds, total=self.limits.seconds) as client:
            operations = self._bounded(self._operations(client))
            requests = [self._request(operation, origin) for operation in operations for origin in origins]
            redirects = self.redirects(requests)
            observations = self._observe(client, redirects, requests)
            self._insist_on_an_answer(observations)
            stranger = self._stranger(client, redirects, requests)
        self.untried.extend(
            f"The redirect to {server} was not followed, so what answers there was not judged; --follow allows it."
            for server in redirects.refused
        )
        notes = (*self.asked.notes, *self.notes, *self.untried)
        report = collect(Target("url", self.url), observations, notes, [*stranger, *cache_faults(observations)])
        return replace(bounded(suppressed(report, self.asked.selection)), complete=not self.untried)

    def redirects(self, requests: list[FetchRequest]) -> RedirectPermission:
        """The permission to call servers: that of the URL and those of the requests that were asked for."""
        named = dict.fromkeys((self.url, *(request.url for request in requests)))
        return RedirectPermission(tuple(named), self.limits.follow, self.limits.ask)

    def _bounded(self, operations: Iterator[ApiOperation]) -> list[ApiOperation]:
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
            raise InputError(f"{quoted(self.url)} is not a URL of http or https; write for example http://localhost:8000.")
        if url.has_credentials:
            raise InputError(
                "the URL contains a user name or password, which browsers refuse in a page's calls; leave them away."
            )

    def _observe(self, client: HttpClient, redirects: RedirectPermission, requests: list[FetchRequest]) -> list[Observation]:
        observations: list[Observation] = []
        for number, request in enumerate(requests):
            live = Live(client, self.asked.run_endpoints, redirects)
            trace = drive(Browser(self.asked.engine).fetch(request), live)
            if isinstance(trace.outcome, Failed) and trace.outcome.reason == FailureReason.OUT_OF_TIME:
                self._out_of_time(number, len(requests))
                break
            observations.append(Observation(trace, facts=tuple(live.facts), assumed_origin=not self.asked.origins))
            if live.withheld and _WITHHELD not in self.notes:
                self.notes.append(_WITHHELD)
            if self.progress is not None:
                self.progress(number + 1, len(requests))
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
        details = {found.detail for found in outcomes if isinstance(found, Failed) and found.reason == FailureReason.NOT_FOLLOWED}
        if details and all(isinstance(found, Failed) and found.reason == FailureReason.NOT_FOLLOWED for found in outcomes):
            raise InputError(f"{self.url} only redirects to another server: {details.pop()}. Or check that server's URL.")
        failures = [observation.trace.exchanges[0].response for observation in observations if observation.trace.exchanges]
        unanswered = [failure for failure in failures if isinstance(failure, NetworkError)]
        if unanswered and len(unanswered) == len(observations):
            url = parse_url(observations[0].trace.request.url)
            where = url.origin if url else self.url
            told = unanswered[0].detail or ""
            detail = f" ({told})" if told and told.lower() != unanswered[0].reason.lower() else ""
            raise InputError(
                f"no answer from {where}: {unanswered[0].reason}{detail}. Start the server, or correct scheme, host and port."
            )

    def _stranger(self, client: HttpClient, redirects: RedirectPermission, requests: list[FetchRequest]) -> list[Diagnosis]:
        """Ask once in the name of a page that nobody trusts, with credentials: whether the server lets just anyone in."""
        asked = next((request for request in requests if request.method == "GET"), None)
        if asked is None:
            return []
        live = Live(client, run_endpoints=False, redirects=redirects)
        trace = drive(Browser("standard").fetch(replace(asked, origin=STRANGER, credentials="include", headers=())), live)
        told = lets_strangers_in(Observation(trace, "stranger", facts=tuple(live.facts)))
        return [told] if told is not None else []

    def _operations(self, client: HttpClient) -> Iterator[ApiOperation]:
        """The requests asked for; else those of the OpenAPI document where the URL is that of the whole API; else a GET of
        the URL."""
        if self.asked.operations:
            for operation in self.asked.operations:
                methods = ("GET", "POST") if operation.method == ANY_METHOD else (operation.method,)
                yield from (_plain(replace(operation, method=method)) for method in methods)
            return
        known = [operation for operation in discover(client, self.url) or () if self._is_here(operation)]
        path = urlsplit(self.url).path
        if path in ("", "/") and known:
            yield from known
        else:
            matching = [operation for operation in known if path in (operation.path, operation.example_path)]
            yield from matching or [_plain(Operation("GET", self.url))]

    def _is_here(self, operation: ApiOperation) -> bool:
        """Whether an operation of the OpenAPI document is on the server that was named: its paths are the server's own words."""
        there, here = parse_url(urljoin(self.url, operation.example_path)), parse_url(self.url)
        return there is not None and here is not None and there.origin == here.origin

    def _request(self, operation: ApiOperation, origin: str) -> FetchRequest:
        headers = list(self.asked.headers)
        given = {name.lower() for name, _ in headers}
        body = self.asked.body
        if operation.has_json_body and operation.method not in ("GET", "HEAD") and "content-type" not in given:
            headers.append(("Content-Type", "application/json"))
            body = body or "{}"
        if operation.needs_authorization and "authorization" not in given:
            headers.append(("Authorization", "Bearer example"))
        headers += [(name, "example") for name in operation.header_names if name.lower() not in given]
        return FetchRequest(
            urljoin(self.url, operation.example_path),
            origin,
            operation.method,
            tuple(headers),
            self.asked.credentials or "same-origin",
            self.asked.mode,
            body=None if operation.method in ("GET", "HEAD") else body,
        )


def _plain(operation: Operation) -> ApiOperation:
    """An operation of which only method and path are known; a body is taken to be JSON, as frontends send it."""
    writes = operation.method in ("POST", "PUT", "PATCH")
    return ApiOperation(operation.method, operation.path, operation.path, (), False, writes)
