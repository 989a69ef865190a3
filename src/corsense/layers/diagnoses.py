"""The causes where something in front of the app answers for it, or changes its answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from corsense.diagnose.diagnosis import diagnose
from corsense.diagnose.knobs import Purpose, remedy
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.fetch import Allowed, Blocked, CorsError, Failed
from corsense.fetch.wire import REDIRECT_STATUSES
from corsense.layers.attribution import Attribution, SetBy
from corsense.layers.changes import Answers, changes, named, shown
from corsense.url import parse_url

_OF_THE_ROUTER = '{"detail":"Not Found"}'
ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
EXPOSED = "access-control-expose-headers"

_HEADER_OF: Mapping[CorsError, str] = MappingProxyType(
    {
        CorsError.InvalidAllowCredentials: CREDENTIALS,
        CorsError.PreflightInvalidAllowCredentials: CREDENTIALS,
        CorsError.MethodDisallowedByPreflightResponse: "access-control-allow-methods",
        CorsError.InvalidAllowMethodsPreflightResponse: "access-control-allow-methods",
        CorsError.HeaderDisallowedByPreflightResponse: "access-control-allow-headers",
        CorsError.InvalidAllowHeadersPreflightResponse: "access-control-allow-headers",
    }
)
"""The header that decides an error; for the others it is the one of the origin."""

_HARM: Mapping[str, str] = MappingProxyType(
    {
        CREDENTIALS: "Calls with credentials: 'include' are blocked.",
        EXPOSED: "Script cannot read the response headers that the app exposes.",
    }
)
"""Headers that some pages need and this one may not, and what happens without them."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What the layers in front of a server do, by all its answers: which headers they alone set on successful ones, the first
    answers in which each header is not the app's, their name where one answer says it, and whether they keep `Origin` from the
    app."""

    sets: frozenset[str] = frozenset()
    changed: Mapping[str, Answers] = field(default_factory=lambda: MappingProxyType({}))
    layer: str | None = None
    hides_origin: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """What a page meets at the server, beside what it meets at the app in process.

    `own` is None where the app could not be asked the same. `answers` go with the exchanges of `observation`; None where they
    cannot be compared: nothing was sent, or nothing came back. `without_origin`: indices of answers that are those of the app to
    a request without `Origin`.
    """

    observation: Observation
    own: Observation | None = None
    answers: tuple[Answers | None, ...] = ()
    without_origin: frozenset[int] = field(default_factory=frozenset)

    def at(self, index: int | None) -> Answers | None:
        """The answers at `index`."""
        return self.answers[index] if index is not None and index < len(self.answers) else None


def set_in_front(answers: Answers) -> Iterator[str]:
    """The headers of a successful answer of the app that the front alone set, whatever the app sent."""
    found = answers.attribution
    if found.answered_by == "app" and 200 <= answers.seen.status < 300:
        for name, set_by in found.headers.items():
            if name != "vary" and (set_by == "front" or (set_by == "replaced" and name not in found.undecided)):
                yield name


def set_without_endpoint(answers: Answers) -> Iterator[str]:
    """The headers that the front added to an answer that no endpoint can have given."""
    if not answers.stood_in:
        yield from (name for name, set_by in answers.attribution.headers.items() if set_by == "front")


def decided(beside: Beside, own: Collection[str], of_front: frozenset[str]) -> Beside:
    """The same where the front is known to set the headers `own`, also where the app sends their values, and `of_front`, also
    where an endpoint may: one of `own` that has the app's value and is there once is the front's."""
    answers = tuple(
        replace(found, attribution=_decided(found, own), of_front=of_front) if found is not None else None
        for found in beside.answers
    )
    return replace(beside, answers=answers)


def _decided(answers: Answers, own: Collection[str]) -> Attribution:
    found = answers.attribution
    if found.answered_by == "front" or not 200 <= answers.seen.status < 300:
        return found
    headers = {name: "replaced" if set_by == "app" and name in own else set_by for name, set_by in found.headers.items()}
    undecided = tuple(name for name in found.undecided if name not in own)
    return replace(found, headers=MappingProxyType(headers), undecided=undecided)


def habits(besides: Sequence[Beside]) -> Habits:
    """What the layers in front do, by all answers of one server."""
    answers = [found for beside in besides for found in beside.answers if found is not None]
    sets = {name for found in answers for name in set_in_front(found)}
    changed: dict[str, Answers] = {}
    for found in answers:
        for name, set_by in found.attribution.headers.items():
            if set_by != "app" and found.attribution.answered_by == "app":
                changed.setdefault(name, found)
    layers = [found.attribution.layer for found in answers if found.attribution.layer is not None]
    layer = max(layers, key=layers.count, default=None)
    return Habits(frozenset(sets), MappingProxyType(changed), layer, any(beside.without_origin for beside in besides))


def diagnose_beside(beside: Beside, known: Habits) -> list[Diagnosis]:
    """Why the page met what it met at the server: the front's doing where it is, else the app's, with its place in the source."""
    outcome = beside.observation.trace.outcome
    if isinstance(outcome, Allowed):
        return [*diagnose(beside.observation), *_worse_than_the_app(beside, known), *_asked_for_another_path(beside, known)]
    answers = beside.at(outcome.exchange)
    if isinstance(outcome, Failed):
        elsewhere = _by_another_host(beside, known)
        return [elsewhere] if elsewhere is not None else [_with_scheme(found, known) for found in diagnose(beside.observation)]
    header = _decisive(beside.observation, outcome)
    if answers is None and outcome.exchange is not None and beside.observation.facts_of(outcome.exchange).stood_in:
        answers = known.changed.get(header)  # not sent: what befalls the header elsewhere befalls it here
    if answers is None:
        return diagnose(beside.observation)
    if answers.attribution.answered_by == "front":
        return [_with_changes(found, answers) for found in diagnose(beside.observation)]
    set_by = answers.attribution.headers.get(header)
    if set_by in ("both", "dropped", "replaced"):
        return [_changed(beside, answers, header, set_by, known)]
    if set_by == "front":
        return [_set_in_front(found, answers, header, known) for found in diagnose(beside.observation)]
    if set_by is None and header in known.sets:
        return [_not_everywhere(answers, header, known)]
    if set_by is None and (preflight := _allowed_in_front(beside)) is not None:
        return [_preflights_alone(preflight, answers, header, known)]
    return _of_the_app(beside)


def _of_the_app(beside: Beside) -> list[Diagnosis]:
    """The app is refused in the same way without anything in front: its own layers and lines say why."""
    if beside.own is not None and isinstance(beside.own.trace.outcome, Blocked):
        return diagnose(beside.own)
    return diagnose(beside.observation)


def _decisive(observation: Observation, outcome: Blocked) -> str:
    """The header that the browser finds fault with."""
    return _HEADER_OF.get(outcome.error, ORIGIN)


def _layer(answers: Answers, header: str, known: Habits) -> str | None:
    return answers.layer_at(header) or known.layer


def _evidence(answers: Answers, header: str, known: Habits) -> dict[str, object]:
    return {
        "response_header": header,
        "app": answers.app.header(header),
        "value": answers.seen.header(header),
        "layer": _layer(answers, header, known),
        "front": changes(answers),
    }


def _with_changes(found: Diagnosis, answers: Answers) -> Diagnosis:
    return replace(found, evidence={**found.evidence, "front": changes(answers)})


def _changed(beside: Beside, answers: Answers, header: str, set_by: SetBy, known: Habits) -> Diagnosis:
    """The app sends the header, and the page does not get it as the app sent it."""
    layer = _layer(answers, header, known)
    who = _subject(layer, answers)
    sent, got = shown(answers.app.header(header)), shown(answers.seen.header(header))
    evidence = _evidence(answers, header, known)
    name = header.title()
    if set_by == "both" or _is_joined(answers, header):
        message = f"{who} adds a second {name}. The app sends {sent}; the page gets {got}, which no browser accepts."
        return Diagnosis("duplicate-cors-headers", message, None, evidence, remedy=remedy(layer, "double"))
    if set_by == "replaced":
        message = f"{who} replaces {name}. The app sends {sent}; the page gets {got}."
        if answers.attribution.stored:
            message += " The answer comes out of a cache, which kept it for another page."
            return Diagnosis("vary-origin-missing", message, None, evidence, "error", remedy(layer, "vary"))
        return Diagnosis("cors-headers-changed-in-front", message, None, evidence, remedy=remedy(layer, "replace"))
    if known.hides_origin or beside.without_origin:
        message = f"{who} does not pass the request header Origin on. The app answers as if no page had asked, without {name}."
        return Diagnosis("cors-headers-changed-in-front", message, None, evidence, remedy=remedy(layer, "origin"))
    message = f"{who} drops {name}. The app sends {sent}; the page gets none."
    if answers.attribution.stored:
        message += " The answer comes out of a cache, which may have kept it for another page."
        return Diagnosis("vary-origin-missing", message, None, evidence, "error", remedy(layer, "vary"))
    return Diagnosis("cors-headers-changed-in-front", message, None, evidence, remedy=remedy(layer, "drop"))


def _set_in_front(found: Diagnosis, answers: Answers, header: str, known: Habits) -> Diagnosis:
    """The front alone sets the header, and it does not allow the page."""
    layer = _layer(answers, header, known)
    who = _subject(layer, answers)
    evidence = {**found.evidence, **_evidence(answers, header, known)}
    if found.slug in ("manual-cors-headers", "preflight-bad-status"):
        message = (
            f"{who} adds {header.title()} and passes the preflight on to the app, which answers {answers.seen.status}. "
            "Browsers require 200 to 299."
        )
        return Diagnosis("preflight-bad-status", message, None, evidence, remedy=remedy(layer, "answer"))
    message = f"{found.message} {who} sets {header.title()}; {answers.own_part(header)}."
    return replace(found, message=message, place=None, evidence=evidence, remedy=remedy(layer, "policy"))


def _not_everywhere(answers: Answers, header: str, known: Habits) -> Diagnosis:
    """The front sets the header on other answers, and not on this one; the app sets none."""
    layer = _layer(answers, header, known)
    who, status = _subject(layer, answers), answers.seen.status
    evidence: dict[str, object] = {"status": status, "response_header": header, "layer": layer}
    if status >= 400:
        message = f"{who} adds {header.title()} to successful answers and not to this one ({status}). The app sets none."
        return Diagnosis("error-response-without-cors", message, None, evidence, "error", remedy(layer, "errors"))
    message = f"{who} adds {header.title()} to other answers and not to this one. The app sets none."
    return Diagnosis("proxy-loses-cors", message, None, evidence, "error", remedy(layer, "everywhere"))


def _worse_than_the_app(beside: Beside, known: Habits) -> Iterator[Diagnosis]:
    """What other pages miss, or get too much of, where this one gets its answer."""
    for answers in beside.answers:
        if answers is not None and answers.attribution.answered_by == "app":
            yield from _lost(answers, known)
            yield from _opened(answers, known)
            yield from _mixed_up(answers, known)


def _asked_for_another_path(beside: Beside, known: Habits) -> Iterator[Diagnosis]:
    """The app has a route for the path, and behind the server its router finds none. A route with parameters may answer 404."""
    last = len(beside.observation.trace.exchanges) - 1
    answers, own = beside.at(last), beside.own
    if answers is None or own is None or own.route is None or "{" in own.route.path or answers.seen.status != 404:
        return
    stood_in = any(own.facts_of(index).stood_in for index in range(len(own.trace.exchanges)))
    if not stood_in or beside.observation.facts_of(last).body_excerpt != _OF_THE_ROUTER:
        return
    layer = answers.attribution.layer or known.layer
    message = (
        f"The app has a route {own.trace.request.method} {own.route.path}, and behind the server it answers 404. It is asked for "
        "another path, or another version of it runs there."
    )
    evidence: dict[str, object] = {"status": 404, "route": own.route.path, "layer": layer}
    yield Diagnosis("route-not-found", message, None, evidence, "warning", remedy(layer, "path"))


def _lost(answers: Answers, known: Habits) -> Iterator[Diagnosis]:
    for header, harm in _HARM.items():
        set_by = answers.attribution.headers.get(header)
        layer = _layer(answers, header, known)
        who, name = _subject(layer, answers), header.title()
        if set_by == "dropped":
            message = f"{who} drops {name}. {harm}"
            yield _warning("cors-headers-changed-in-front", message, answers, header, known, "drop")
        if header == CREDENTIALS and (set_by == "both" or _is_joined(answers, header)):
            message = f"{who} adds a second {name}. The page gets {shown(answers.seen.header(header))}. {harm}"
            yield _warning("duplicate-cors-headers", message, answers, header, known, "double")


def _is_joined(answers: Answers, header: str) -> bool:
    """Whether the app's value stands on one line with another one."""
    own, seen = answers.app.header(header), answers.seen.header(header)
    if own is None or seen is None or own == seen or header not in (ORIGIN, CREDENTIALS):
        return False
    return own.strip().lower() in [part.strip().lower() for part in seen.split(",")]


def _opened(answers: Answers, known: Habits) -> Iterator[Diagnosis]:
    """The app allows some origins, the front all."""
    own = answers.app.header(ORIGIN)
    if own in (None, "*") or answers.seen.header(ORIGIN) != "*":
        return
    who = _subject(_layer(answers, ORIGIN, known), answers)
    message = f"{who} replaces {ORIGIN.title()} by '*'. Pages of every origin can read the response; the app allows {own!r}."
    yield _warning("cors-headers-changed-in-front", message, answers, ORIGIN, known, "replace")


def _mixed_up(answers: Answers, known: Habits) -> Iterator[Diagnosis]:
    """The app says that the response depends on the origin, and the page's cache does not get to know it."""
    if _names_origin(answers.app.header("vary")) and not _names_origin(answers.seen.header("vary")):
        named_origin = answers.seen.header(ORIGIN)
        if named_origin in (None, "*") or "no-store" in (answers.seen.header("cache-control") or "").lower():
            return
        who = _subject(_layer(answers, "vary", known), answers)
        message = (
            f"{who} drops Vary: Origin. A cache or CDN can serve the response for one page to another, which is then blocked."
        )
        yield _warning("vary-origin-missing", message, answers, "vary", known, "vary")


def _warning(slug: str, message: str, answers: Answers, header: str, known: Habits, purpose: Purpose) -> Diagnosis:
    advice = remedy(_layer(answers, header, known), purpose)
    return Diagnosis(slug, message, None, _evidence(answers, header, known), "warning", advice)


def _names_origin(vary: str | None) -> bool:
    names = {name.strip().lower() for name in (vary or "").split(",")}
    return bool(names & {"origin", "*"})


def blamed(found: Diagnosis, beside: Beside | None, known: Habits) -> Diagnosis:
    """A finding about the permission of an answer, with the front's part in it where the front sets it."""
    answers = beside.at(len(beside.observation.trace.exchanges) - 1) if beside is not None else None
    if answers is None or answers.attribution.headers.get(ORIGIN) not in ("front", "replaced", "both"):
        return found
    layer = _layer(answers, ORIGIN, known)
    own = answers.app.header(ORIGIN)
    does = answers.own_part(ORIGIN) if own is None else f"the app sets {own!r}"
    message = f"{found.message} {_subject(layer, answers)} sets {ORIGIN.title()}; {does}."
    purpose: Purpose = "vary" if found.slug == "vary-origin-missing" else "policy"
    evidence = {**found.evidence, **_evidence(answers, ORIGIN, known)}
    return replace(found, message=message, place=None, evidence=evidence, remedy=remedy(layer, purpose))


def errors_without_permission(beside: Beside, known: Habits) -> Diagnosis | None:
    """Whether errors lack the headers that successful answers have, by the answer to a request that the app has no route for."""
    answers = beside.at(len(beside.observation.trace.exchanges) - 1)
    if answers is None or answers.seen.status < 400 or answers.seen.header(ORIGIN) is not None:
        return None
    found, own = answers.attribution, answers.app.header(ORIGIN)
    if own is None and ORIGIN not in known.sets:
        return None
    layer = _layer(answers, ORIGIN, known)
    does = "adds" if own is None else "passes on"
    purpose: Purpose = "errors"
    if own is not None and found.answered_by == "front":
        does, purpose = "replaces the app's errors by its own and adds", "intercept"
    message = (
        f"{_subject(layer, answers)} {does} no {ORIGIN.title()} with errors. The response with status {answers.seen.status} to a "
        "path that does not exist has none, so pages cannot read why a call failed."
    )
    evidence = _evidence(answers, ORIGIN, known) | {"status": answers.seen.status}
    return Diagnosis("error-response-without-cors", message, None, evidence, "warning", remedy(layer, purpose))


def _allowed_in_front(beside: Beside) -> Answers | None:
    """The preflight of this request, where the front answered it and the app did not see it."""
    for exchange, found in zip(beside.observation.trace.exchanges, beside.answers, strict=False):
        if exchange.request.preflight and found is not None and found.attribution.answered_by == "front":
            return found
    return None


def _preflights_alone(preflight: Answers, answers: Answers, header: str, known: Habits) -> Diagnosis:
    """The front allows the preflight; neither it nor the app allows the page to read the response."""
    layer = preflight.attribution.layer or known.layer
    message = (
        f"{_subject(layer, preflight)} answers the preflight itself, and adds no {header.title()} to the response. "
        "The app sets none."
    )
    evidence = _evidence(answers, header, known) | {"status": answers.seen.status, "layer": layer, "front": changes(preflight)}
    return Diagnosis("answered-by-proxy", message, None, evidence, remedy=remedy(layer, "responses"))


def _by_another_host(beside: Beside, known: Habits) -> Diagnosis | None:
    """A redirect of the app leads to a host that pages do not call, because the app was called by another name."""
    redirects = (
        (exchange.request.url, found)
        for exchange, found in zip(beside.observation.trace.exchanges, beside.answers, strict=False)
        if found is not None and found.seen.status in REDIRECT_STATUSES and found.attribution.answered_by == "app"
    )
    url, answers = next(redirects, ("", None))
    here = parse_url(url)
    if answers is None:
        return None
    own, seen = (parse_url(answer.header("location") or "", url) for answer in (answers.app, answers.seen))
    if here is None or own is None or seen is None or own.host != here.host or seen.host == here.host:
        return None
    layer = answers.attribution.layer or known.layer
    message = (
        f"The app redirects to {seen.origin}, and pages call {here.origin}. {_subject(layer, answers)} calls the app by another "
        "name, and the app builds its redirects from it."
    )
    evidence: dict[str, object] = {"from": url, "to": seen.origin, "layer": layer}
    return Diagnosis("redirect-loses-cors", message, None, evidence, "error", remedy(layer, "host"))


def _with_scheme(found: Diagnosis, known: Habits) -> Diagnosis:
    """A redirect of the app leads to http, because nothing in front says that the page came over https."""
    if found.slug != "redirect-downgrades-to-http" or known.layer is None:
        return found
    return replace(found, remedy=f"{remedy(known.layer, 'scheme')} {found.remedy or ''}".strip())


def _subject(layer: str | None, answers: Answers) -> str:
    name = named(layer, answers.seen)
    return f"{name[:1].upper()}{name[1:]}" if name.startswith(("a ", "the ", "something ")) else name
