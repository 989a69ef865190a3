"""What a diagnosis starts from, and what it says: `Observation` in, `Diagnosis` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from corsense.app.description import AppDescription, LayerInfo, RouteInfo
from corsense.app.probe import AnsweredBy, ExchangeFacts
from corsense.causes import Severity
from corsense.diagnose.policies import LayerPolicy, policy_for
from corsense.diagnose.respondent import NO_NAME, Respondent, who_answered
from corsense.fetch import Exchange, Trace, WireResponse
from corsense.finding import Place

_KNOWN_MODULES = (
    "starlette.middleware.cors",
    "fastapi.middleware.cors",
    "starlette.middleware.sessions",
    "starlette.middleware.gzip",
)
_NO_FACTS = ExchangeFacts(answered_by=None)


@dataclass(frozen=True, slots=True)
class MissingRoute:
    """A request that the user named and that is not among the known routes.

    `asked` is `POST /items`, `nearest` are the known routes most like it. `has_path`: the path is known, with other methods.
    `certain`: all routes are known, and none of them can match.
    """

    asked: str
    nearest: tuple[str, ...] = ()
    has_path: bool = False
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """One fetch that was tried, and what is known around it.

    `facts` go with the exchanges of the trace; they know less (or are missing) where only responses are visible. `app` is None
    for a URL or a recording. `assumed_origin` marks an origin that the user did not name: a default that may not be their
    frontend. `missing_route` is set where the user named a request that no known route answers. `assumed_place`: the user did not
    say where the API will live, nor that pages send cookies to it. `client` names the client profile that makes the request;
    `without` is what a user sees when it is blocked, where the page works otherwise. `app_answers` go with the exchanges too:
    what the app itself answers to each, where a server was asked and its app is known.
    """

    trace: Trace
    situation: str = "success"
    route: RouteInfo | None = None
    facts: tuple[ExchangeFacts, ...] = ()
    app: AppDescription | None = None
    assumed_origin: bool = False
    missing_route: MissingRoute | None = None
    client: str | None = None
    without: str | None = None
    assumed_place: bool = False
    app_answers: tuple[WireResponse | None, ...] = ()

    @property
    def origin(self) -> str:
        """The page's origin."""
        return self.trace.request.origin

    def facts_of(self, index: int) -> ExchangeFacts:
        """What is known of the exchange at `index`."""
        return self.facts[index] if index < len(self.facts) else _NO_FACTS

    def respondent_of(self, index: int) -> Respondent:
        """Who gave the answer at `index`. An app that runs in process answers itself; of others the answer tells."""
        if self.facts_of(index).answered_by is not None:
            return Respondent("app")
        own = self.app_answers[index] if index < len(self.app_answers) else None
        exchange = self.trace.exchanges[index]
        found = who_answered(exchange.response, self.facts_of(index).body_excerpt.encode(), app_answer=own)
        unnamed = found.in_front and own is None and (found.layer is None or NO_NAME in found.evidence)
        return Respondent("unknown") if unnamed and not self._over_a_wire else found

    @property
    def _over_a_wire(self) -> bool:
        """Whether a server sent the answers: it adds Date, Server or Via; answers of a test client have none of them."""
        answers = [exchange.response for exchange in self.trace.exchanges if isinstance(exchange.response, WireResponse)]
        return any(answer.header(name) is not None for answer in answers for name in ("date", "server", "via"))

    @property
    def cors_layers(self) -> tuple[LayerInfo, ...]:
        """The layers about CORS that requests to this route pass, outermost first; those of the main app where no route is
        known."""
        if self.app is None:
            return ()
        stack = self.app.stack(self.route.app, self.route.index) if self.route is not None else self.app.stack()
        return tuple(layer for layer in stack if layer.is_cors)

    def layers_passed(self, index: int) -> tuple[LayerInfo, ...]:
        """The layers about CORS that the answer at `index` really went through."""
        passed = self.facts_of(index).passed
        return tuple(layer for layer in self.cors_layers if layer.index in passed)

    def policy_of(self, layer: LayerInfo) -> LayerPolicy:
        """What `layer` judges this request by: corsense's own may have policies of their own for routes and paths."""
        if layer.policy is None:
            return LayerPolicy.of(layer)
        path = unquote(urlsplit(self.trace.request.url).path)
        return LayerPolicy.of(layer, policy_for(layer, self.route, path))

    @property
    def header_layer(self) -> LayerInfo | None:
        """The layer that is likely to set headers by hand: the user's own outermost one; None when there is none."""
        if self.app is None:
            return None
        stack = self.app.stack(self.route.app if self.route is not None else 0)
        return next((layer for layer in stack if not layer.is_builtin and layer.class_module not in _KNOWN_MODULES), None)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why, for one observation: the cause's `slug`, the sentence for this case, where, with which values.

    `severity` None is the cause's own. `evidence` holds plain data; `sent` and `allowed` are shown side by side. `remedy` is
    what to write where no edit can be offered.
    """

    slug: str
    message: str
    place: Place | None = None
    evidence: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    severity: Severity | None = None
    remedy: str | None = None


def at(place: Place | None) -> str:
    """` (main.py:12)`, or nothing."""
    return f" ({place.file}:{place.line})" if place else ""


def answerer(answered_by: AnsweredBy | None, app: AppDescription | None, route: int | None = None) -> str | None:
    """Who sent an answer, for people: `AuthMiddleware (main.py:14)`, `the endpoint list_users (users.py:8)`, `the router`."""
    if answered_by is None or app is None:
        return None
    if isinstance(answered_by, int):
        layer = app.layers[answered_by]
        return f"{layer.name}{at(layer.place)}"
    if answered_by == "endpoint" and route is not None:
        found = app.routes[route]
        return f"the endpoint{f' {found.name}' if found.name else ''}{at(found.endpoint_place)}"
    return {
        "endpoint": "the endpoint",
        "router": "the router",
        "exception-handler": "an exception handler",
        "server-error": "ServerErrorMiddleware, outside of all middleware",
        "server": "the server, because the app sent nothing",
    }[answered_by]


def answerers(observation: Observation) -> tuple[str | None, ...]:
    """Who sent each answer of the trace."""
    facts = [observation.facts_of(index) for index in range(len(observation.trace.exchanges))]
    return tuple(answerer(fact.answered_by, observation.app, fact.route) for fact in facts)


def status_of(exchange: Exchange) -> int:
    """The status of an answer, 0 when none came."""
    return getattr(exchange.response, "status", 0)
