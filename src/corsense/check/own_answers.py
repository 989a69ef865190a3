"""What the app itself answers, beside what its server answers: `check URL --app module:app`.

Each request of a page goes to the app in process as well, where a stand-in answers for its endpoints. What the stand-in's answer
says about layers, headers and routes is compared; its status and its body are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from corsense.app.description import AppDescription
from corsense.app.probe import ExchangeFacts, Probe, ProbeResult, Situation
from corsense.check.plan import methods_of, plan_origins, route_of, routes_at, usual_credentials
from corsense.check.request import CheckRequest
from corsense.diagnose import Observation, who_answered
from corsense.fetch import Exchange, FetchRequest, WireRequest, WireResponse
from corsense.fetch.request import Credentials
from corsense.layers.attribution import Attribution, attribute, is_read
from corsense.layers.changes import Answers, Hop
from corsense.layers.diagnoses import Beside
from corsense.readers.openapi import ApiOperation
from corsense.url import parse_url

Answering = Callable[[Sequence[Probe]], list[ProbeResult]]
"""Tries probes on the app, a result for each."""
Asking = Callable[[Observation, int], tuple[Hop, ...]]
"""Sends the request of one exchange of an observation to each address on the way to the app."""

_MOST_ORIGINS = 3
_MEDIA_TYPE = "content-type"
_OF_THE_BODY = frozenset({_MEDIA_TYPE, "content-length"})


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """The app's answer to one request, with the beginning of the body of an error. `stood_in`: a stand-in answered for the
    endpoint."""

    response: WireResponse
    body: str = ""
    stood_in: bool = False


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """The app behind the URL `server`: which requests its pages make, and what it answers them in process. `answer` tries probes
    on it."""

    app: AppDescription
    answer: Answering
    asked: CheckRequest
    server: str

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that the app's own list names."""
        named = [planned.origin for planned in plan_origins(self.asked, self.app) if not planned.assumed]
        return tuple(named[:_MOST_ORIGINS])

    def operations(self) -> Iterator[ApiOperation]:
        """The operations of the app, for a server that publishes no document about them."""
        for route in self.app.routes:
            if route.kind == "http" and not route.builtin and not route.opaque:
                for method in methods_of(route):
                    names = tuple(name for name in route.headers if name != "authorization")
                    secured = "authorization" in route.security
                    yield ApiOperation(method, route.path, route.example_path, names, secured, route.body == "json")

    def credentials(self, method: str, path: str) -> Credentials:
        """Whether the app expects pages to send cookies on that path."""
        return usual_credentials(self.app, route_of(method, path, self.app))

    def beside(self, observations: Sequence[Observation], ask: Asking | None = None) -> list[Beside]:
        """The observations, each with what the app answers to the same requests."""
        prefix = self._prefix(observations)
        tried = _Tried(self.answer, prefix)
        usual = [self._probe(observation, prefix) for observation in observations]
        tried.run(usual)
        tried.run([_without_preflight(probe) for probe in usual])
        others = [
            [self._other(observation, index, probe, tried) for index in range(len(observation.trace.exchanges))]
            for observation, probe in zip(observations, usual, strict=True)
        ]
        tried.run([probe for found in others for probes in found for probe in probes])
        return [
            self._beside(observation, probe, other, tried, ask)
            for observation, probe, other in zip(observations, usual, others, strict=True)
        ]

    @property
    def _address(self) -> str:
        parsed = parse_url(self.server)
        return parsed.origin if parsed is not None else self.server

    def _beside(
        self, observation: Observation, usual: Probe, others: Sequence[Sequence[Probe]], tried: _Tried, ask: Asking | None
    ) -> Beside:
        answers: list[Answers | None] = []
        without_origin = set()
        for index, exchange in enumerate(observation.trace.exchanges):
            seen, facts = exchange.response, observation.facts_of(index)
            probes = [usual, _without_preflight(usual), *(probe for probe in others[index] if _has_origin(probe))]
            own = [found for probe in probes if (found := tried.answer_to(exchange.request, probe)) is not None]
            if not isinstance(seen, WireResponse) or facts.stood_in or not own:
                answers.append(None)
                continue
            if who_answered(seen, facts.body_excerpt.encode()).in_front:
                own = own[:1]  # an error of the app would be like it by chance
            compared = [(*_compared(found, exchange.request.url, seen, facts), found.stood_in) for found in own]
            answer, attribution, stood_in = min(compared, key=lambda found: _differences(found[1]))
            hops = ask(observation, index) if ask is not None else ()
            answers.append(Answers(answer, seen, attribution, self._address, hops, stood_in))
            unnamed = next((probe for probe in others[index] if not _has_origin(probe)), None)
            if unnamed is not None and _is_that_to(tried.answer_to(exchange.request, unnamed), answer, exchange, facts):
                without_origin.add(index)
        own_answers = tuple(found.app if found is not None else None for found in answers)
        result = tried.results.get(usual)
        own_view = self._own_view(observation, result) if result is not None else None
        return Beside(replace(observation, app_answers=own_answers), own_view, tuple(answers), frozenset(without_origin))

    def _own_view(self, observation: Observation, result: ProbeResult) -> Observation:
        route = self.app.routes[result.probe.route] if result.probe.route is not None else None
        return replace(observation, trace=result.trace, route=route, facts=result.exchanges, app=self.app)

    def _probe(self, observation: Observation, prefix: str) -> Probe:
        request = observation.trace.request
        return self._probe_of(replace(request, url=_below(prefix, request.url)), "success")

    def _probe_of(self, request: FetchRequest, situation: Situation, *, behind_proxy: bool | None = None) -> Probe:
        route = route_of(request.method, _path(request.url), self.app)
        behind = bool(self.asked.behind_proxy) if behind_proxy is None else behind_proxy
        return Probe(request, situation, route.index if route is not None else None, self.asked.rules, behind)

    def _other(self, observation: Observation, index: int, usual: Probe, tried: _Tried) -> list[Probe]:
        """What else the app may have answered: its errors, where the endpoint runs only on the server; a redirect behind TLS that
        ends in front; the answer to a request that lost its `Origin` on the way."""
        exchange = observation.trace.exchanges[index]
        own, seen = tried.answer_to(exchange.request, usual), exchange.response
        if own is None:
            usual = _without_preflight(usual)
            own = tried.answer_to(exchange.request, usual)
        if not isinstance(seen, WireResponse) or own is None:
            return []
        found = []
        if own.stood_in and seen.status >= 400:
            found += [self._probe_of(usual.request, situation) for situation in _situations(seen.status)]
        if 300 <= seen.status < 400 and usual.request.url.startswith("https:"):
            found.append(self._probe_of(usual.request, "success", behind_proxy=True))
        if _lost_permission(own.response, seen) and exchange.request.method == "GET":
            here = parse_url(usual.request.url)
            assert here is not None
            found.append(self._probe_of(replace(usual.request, origin=here.origin, headers=()), "success"))
        return found

    def _prefix(self, observations: Sequence[Observation]) -> str:
        """The prefix that something in front takes away from paths: that of the URLs whose rest is a path of the app."""
        for observation in observations:
            path = _path(observation.trace.request.url)
            if routes_at(path, self.app):
                return ""
            pieces = path.split("/")
            for cut in range(2, len(pieces)):
                if routes_at("/" + "/".join(pieces[cut:]), self.app):
                    return "/".join(pieces[:cut])
        return ""


class _Tried:
    """Probes that were tried on the app, with their results."""

    def __init__(self, answer: Answering, prefix: str) -> None:
        self.prefix = prefix
        self.results: dict[Probe, ProbeResult] = {}
        self._answer = answer
        self._answers: dict[Probe, dict[tuple[str, str, str], OwnAnswer]] = {}

    def run(self, probes: Sequence[Probe]) -> None:
        new = [probe for probe in dict.fromkeys(probes) if probe not in self.results]
        for probe, result in zip(new, self._answer(new) if new else (), strict=True):
            self.results[probe] = result
            self._answers[probe] = dict(_answers(result))

    def answer_to(self, request: WireRequest, probe: Probe) -> OwnAnswer | None:
        """What the app answered to the same request while `probe` was tried; None where it was not asked the same."""
        return self._answers.get(probe, {}).get(_key(request.method, _below(self.prefix, request.url)))


def _answers(result: ProbeResult) -> Iterator[tuple[tuple[str, str, str], OwnAnswer]]:
    for exchange, facts in zip(result.trace.exchanges, result.exchanges, strict=True):
        # A layer that fails here needs what only the server has, such as its database: its answer says nothing.
        if isinstance(exchange.response, WireResponse) and facts.exception is None:
            key = _key(exchange.request.method, exchange.request.url)
            yield key, OwnAnswer(exchange.response, facts.body_excerpt, facts.stood_in)


def _key(method: str, url: str) -> tuple[str, str, str]:
    parts = parse_url(url)
    return (method, parts.host, parts.request_url.removeprefix(parts.origin)) if parts is not None else (method, "", url)


def _path(url: str) -> str:
    parts = parse_url(url)
    return parts.request_url.removeprefix(parts.origin).partition("?")[0] if parts is not None else "/"


def _below(prefix: str, url: str) -> str:
    """The URL as the app sees it, without the prefix that something in front takes away."""
    path = _path(url)
    if not prefix or not path.startswith(prefix + "/"):
        return url
    head, separator, rest = url.partition(prefix + "/")
    return f"{head}/{rest}" if separator else url


def _without_preflight(probe: Probe) -> Probe:
    """The same request without the headers that need a preflight: the app may refuse the one that the server answers itself."""
    return replace(probe, request=replace(probe.request, headers=(), body=None))


def _has_origin(probe: Probe) -> bool:
    here = parse_url(probe.request.url)
    return here is None or here.origin != probe.request.origin


def _situations(status: int) -> tuple[Situation, ...]:
    if status >= 500:
        return ("error", "http_exception")
    return ("validation_error", "http_exception") if status == 422 else ("http_exception",)


def _compared(own: OwnAnswer, url: str, seen: WireResponse, facts: ExchangeFacts) -> tuple[WireResponse, Attribution]:
    """The app's answer, as far as it can be known, and what stands between it and the one that was seen."""
    body = facts.body_excerpt.encode()
    alone = who_answered(seen, body)
    if alone.kind == "app" or (own.stood_in and not alone.in_front and not _is_another_page(own.response, url, seen)):
        answer = _with_status_and_body_of(seen, own.response)
        return answer, attribute(answer, seen, body=body)
    return own.response, attribute(own.response, seen, body=body, app_body=own.body.encode())


def _is_another_page(own: WireResponse, url: str, seen: WireResponse) -> bool:
    """Whether a page of HTML without any of the app's headers, or a redirect to https, stands where the endpoint would answer."""
    if 300 <= seen.status < 400:
        there, here = parse_url(seen.header("location") or "", url), parse_url(url)
        if there is None or here is None or (here.scheme, there.scheme) != ("http", "https"):
            return False
        return _path(here.href) == _path(there.href)
    is_page = (seen.header(_MEDIA_TYPE) or "").lower().startswith("text/html")
    permission = [name for name, _ in own.headers if name.lower().startswith("access-control-allow-") or name.lower() == "vary"]
    return is_page and bool(permission) and all(seen.header(name) is None for name in permission)


def _with_status_and_body_of(seen: WireResponse, own: WireResponse) -> WireResponse:
    """The app's answer with the status and the body that were seen: the endpoint itself gave them. Of other headers only those
    that arrived are kept, since what a proxy hides of them concerns no page."""
    arrived = {name.lower() for name, _ in seen.headers}
    of_body = {name.lower(): value for name, value in seen.headers if name.lower() in _OF_THE_BODY}
    gone = _OF_THE_BODY - of_body.keys()
    lines = [(name, of_body.pop(name.lower(), value)) for name, value in own.headers if name.lower() not in gone]
    lines = [(name, value) for name, value in lines if name.lower() in arrived or is_read(name)]
    return WireResponse(seen.status, [*lines, *of_body.items()])


def _differences(found: Attribution) -> tuple[bool, int]:
    return found.answered_by == "front", sum(set_by != "app" for set_by in found.headers.values())


def _lost_permission(own: WireResponse, seen: WireResponse) -> bool:
    header = "access-control-allow-origin"
    return own.header(header) is not None and seen.header(header) is None


def _is_that_to(unnamed: OwnAnswer | None, own: WireResponse, exchange: Exchange, facts: ExchangeFacts) -> bool:
    """Whether the answer seen is the one that the app gives to a request without `Origin`, and that one differs."""
    if unnamed is None or not isinstance(exchange.response, WireResponse):
        return False
    answer, found = _compared(unnamed, exchange.request.url, exchange.response, facts)
    differs = _differences(attribute(answer, own)) != (False, 0)
    return differs and _differences(found) == (False, 0)
