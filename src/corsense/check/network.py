"""Check a server by its URL: send what a browser would, judge what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from corsense.app.probe import ExchangeFacts
from corsense.check.collect import collect
from corsense.check.request import ANY_METHOD, DEVELOPMENT_ORIGINS, STRANGER, Asked, Operation
from corsense.check.results import Report, Target
from corsense.diagnose import Diagnosis, Observation, cache_faults, lets_strangers_in
from corsense.fetch import Browser, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.readers.errors import InputError, quoted
from corsense.readers.openapi import ApiOperation, discover
from corsense.transports import drive
from corsense.transports.http import HttpClient
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
    facts: list[ExchangeFacts] = field(default_factory=list)
    leave: WireResponse | None = None
    withheld: bool = False

    def __call__(self, request: WireRequest, body: bytes = b"") -> WireResponse | NetworkError:
        if not self.run_endpoints and request.method not in _SAFE_METHODS:
            self.withheld = True
            self.facts.append(ExchangeFacts(answered_by=None, stood_in=True))
            return self._stand_in(request)
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
    """One check of a URL. `time_limit` bounds each answer, in seconds; `progress` is told how many requests of how many are
    done."""

    url: str
    asked: Asked
    time_limit: float = 30.0
    progress: Progress | None = None

    def run(self) -> Report:
        """The report. Raises InputError when the URL cannot be used, or nothing answers there."""
        self._validate()
        origins = self.asked.origins or DEVELOPMENT_ORIGINS
        with HttpClient(timeout=min(self.time_limit, 10.0)) as client:
            operations = list(self._operations(client))
            requests = [self._request(operation, origin) for origin in origins for operation in operations]
            observations, notes = self._observe(client, requests)
            self._insist_on_an_answer(observations)
            stranger = self._stranger(client, requests)
        return collect(Target("url", self.url), observations, notes, [*stranger, *cache_faults(observations)])

    def _validate(self) -> None:
        url = parse_url(self.url)
        if url is None or not url.is_http:
            raise InputError(f"{quoted(self.url)} is not a URL of http or https; write for example http://localhost:8000.")
        if url.has_credentials:
            raise InputError(
                "the URL contains a user name or password, which browsers refuse in a page's calls; leave them away."
            )

    def _observe(self, client: HttpClient, requests: list[FetchRequest]) -> tuple[list[Observation], list[str]]:
        observations: list[Observation] = []
        notes = list(self.asked.notes)
        for number, request in enumerate(requests):
            live = Live(client, self.asked.run_endpoints)
            trace = drive(Browser(self.asked.engine).fetch(request), live)
            observations.append(Observation(trace, facts=tuple(live.facts), assumed_origin=not self.asked.origins))
            if live.withheld and _WITHHELD not in notes:
                notes.append(_WITHHELD)
            if self.progress is not None:
                self.progress(number + 1, len(requests))
        return observations, notes

    def _insist_on_an_answer(self, observations: list[Observation]) -> None:
        """A server of which nothing came back is no finding: nothing was checked."""
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

    def _stranger(self, client: HttpClient, requests: list[FetchRequest]) -> list[Diagnosis]:
        """Ask once in the name of a page that nobody trusts, with credentials: whether the server lets just anyone in."""
        asked = next((request for request in requests if request.method == "GET"), None)
        if asked is None:
            return []
        live = Live(client, run_endpoints=False)
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
