"""What the app itself answers, beside what its server answers: `check URL --app module:app`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from corsense.app.description import AppDescription
from corsense.app.probe import Probe, ProbeResult
from corsense.check.plan import route_of
from corsense.check.request import CheckRequest
from corsense.diagnose import Observation
from corsense.fetch import Exchange, WireResponse
from corsense.url import parse_url

Answering = Callable[[Sequence[Probe]], list[ProbeResult]]
"""Tries probes on the app, a result for each."""

_COMPARED = (
    "access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods",
    "access-control-allow-headers", "access-control-expose-headers", "access-control-max-age", "vary",
)  # fmt: skip
_SHOWN = 8


def with_own_answers(
    observations: Sequence[Observation], app: AppDescription, answer: Answering, asked: CheckRequest
) -> list[Observation]:
    """The observations, each with what the app answers to the same requests. Endpoints do not run: a stand-in answers 200."""
    probes = [_probe(observation, app, asked) for observation in observations]
    return [
        replace(observation, app_answers=tuple(_matching(observation, result.trace.exchanges)))
        for observation, result in zip(observations, answer(probes), strict=True)
    ]


def differences(observations: Sequence[Observation]) -> list[str]:
    """How the answers of the server differ from those of the app in what CORS reads, a sentence each."""
    found: dict[str, None] = {}
    for observation in observations:
        for exchange, own in zip(observation.trace.exchanges, observation.app_answers, strict=False):
            if own is not None and isinstance(exchange.response, WireResponse):
                found.update(dict.fromkeys(_differences(exchange, own)))
    return list(found)[:_SHOWN]


def _probe(observation: Observation, app: AppDescription, asked: CheckRequest) -> Probe:
    request = observation.trace.request
    url = parse_url(request.url)
    path = "/" if url is None else url.request_url.removeprefix(url.origin).partition("?")[0]
    route = route_of(request.method, path, app)
    return Probe(request, "success", route.index if route is not None else None, asked.engine, bool(asked.behind_proxy))


def _matching(observation: Observation, own: Sequence[Exchange]) -> Iterator[WireResponse | None]:
    """The app's answer to each request that the server answered; None where the app was not asked the same, and where the
    request was not sent to the server."""
    answers = {(exchange.request.method, exchange.request.url): exchange.response for exchange in own}
    for index, exchange in enumerate(observation.trace.exchanges):
        answer = answers.get((exchange.request.method, exchange.request.url))
        was_sent = not observation.facts_of(index).stood_in
        yield answer if was_sent and isinstance(answer, WireResponse) else None


def _differences(exchange: Exchange, own: WireResponse) -> Iterator[str]:
    response = exchange.response
    assert isinstance(response, WireResponse)
    what = f"{exchange.request.method} {exchange.request.url}"
    if exchange.request.preflight and response.status != own.status:
        yield f"The app answers {what} with {own.status}, the server with {response.status}: something in front of it answers."
    for name in _COMPARED:
        before, after = own.header(name), response.header(name)
        if before == after or (name == "vary" and _contains(after, before)):
            continue
        if before is None:
            yield f"{name} is added in front of the app: {after!r} ({what})."
        elif after is None:
            yield f"{name} is dropped in front of the app, which sends {before!r} ({what})."
        else:
            yield f"{name} is changed in front of the app, from {before!r} to {after!r} ({what})."


def _contains(after: str | None, before: str | None) -> bool:
    """Whether `Vary` names at least what it named before: proxies add Accept-Encoding."""
    names = {name.strip().lower() for name in (after or "").split(",")}
    return all(name.strip().lower() in names for name in (before or "").split(",") if name.strip())
