"""What an app is made of, read without touching it: the same objects go on serving the tests beside this one.

`corsense.app` describes an app in a process of its own, which it may change. Here nothing is built, wrapped or replaced:
a stack that is not built yet is read from its entries.
"""

from __future__ import annotations

import os
import re
import traceback as tracebacks
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from corsense.app.agent.describe import Describer, app_kind
from corsense.app.agent.stack import Around, CodeSpot
from corsense.app.agent.tracing import Boundary
from corsense.app.agent.unwrapping import find_known, inner_app, is_known
from corsense.app.decoding import Decoder
from corsense.app.description import AppDescription, RouteInfo
from corsense.app.probe import AnsweredBy, ExchangeFacts
from corsense.app.traceback import ParsedTraceback, parse_traceback
from corsense.diagnose import Diagnosis, Observation, configuration_faults, diagnose
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch import Exchange, WireResponse
from corsense.testing.exchange_plan import Watched
from corsense.transports.asgi import AsgiExchange

_DEEPEST = 40
_EXCERPT = 200
_REACHED = frozenset({200, 201, 202, 204, 206, 304, 404, 405, 422})
"""Statuses that the router and endpoints answer with, behind all middleware."""


def describe(app: Any) -> AppDescription:
    """The routes and layers of an app in this process, which stays as it is. An app that is neither FastAPI nor Starlette has
    the kind `asgi` and no routes."""
    described = _Reader(os.getcwd()).describe(app, "the app", False, None)
    return replace(Decoder().description(described.description), lifespan_ran=True)


def is_described(app: Any) -> bool:
    """Whether an app's routes can be known."""
    return app is not None and app_kind(find_known(app, mentions=True)) in ("fastapi", "starlette", "router")


class _Reader(Describer):
    """Describes an app by reading alone: nothing is wrapped or replaced."""

    def stack(self, app: Any, spot: CodeSpot) -> None:
        around = Around("app", spot.app, spot.prefix, entries=tuple(app.user_middleware))
        if app.middleware_stack is not None:
            self.wrapped(app.middleware_stack, around)
            return
        for entry in app.user_middleware:
            self.add_layer(Boundary(entry.cls, None, entry), around)

    def wrapped(self, outermost: Any, around: Around) -> Any:
        mentions = around.position == "wrapper"
        waiting = list(around.entries)
        current = outermost
        for _ in range(_DEEPEST):
            if current is None or is_known(current) or find_known(current, mentions) is None:
                break
            _, inner = inner_app(current, mentions)
            entry = next((given for given in waiting if given.cls is type(current)), None)
            if entry is not None:
                waiting.remove(entry)
            elif around.position == "app" and type(current).__module__.startswith(("starlette.", "fastapi.")):
                entry = SimpleNamespace(args=(), kwargs={})  # made by the framework
            self.add_layer(Boundary(current, inner, entry), around)
            current = inner
        return outermost

    def set_app(self, holder: Any, app: Any) -> None:
        pass

    def guard(self, holder: Any, is_open: bool = False) -> None:
        pass


def diagnosed(watched: Watched, app: Any) -> list[Diagnosis]:
    """Why a fetch did what it did, the likeliest cause first, with what can be known of an app in this process (None: of the
    answers alone)."""
    description = describe(app) if is_described(app) else None
    return diagnose(observe(watched, description))


def observe(watched: Watched, app: AppDescription | None) -> Observation:
    """A fetch and what is known around it. Who answered is concluded from the answers, since nothing is put into the app."""
    facts = tuple(
        _facts(exchange, answer, app) for exchange, answer in zip(watched.trace.exchanges, watched.exchanges, strict=False)
    )
    silent = _layers_are_silent(watched, facts, app)
    if app is None or silent:
        return Observation(watched.trace, facts=facts)
    return Observation(watched.trace, facts=facts, app=app, route=_route_at(watched.trace.request.url, app))


def _route_at(url: str, app: AppDescription) -> RouteInfo | None:
    """The route that a URL belongs to, as the router would find it; None where there is none."""
    path = urlsplit(url).path or "/"
    for route in app.routes:
        pieces = re.split(r"(\{[^}]*\})", route.path)
        pattern = "".join(
            (".*" if ":path" in piece else "[^/]+") if piece.startswith("{") else re.escape(piece) for piece in pieces
        )
        if route.kind == "http" and re.fullmatch(pattern, path):
            return route
    return None


def most_open(app: Any) -> list[Diagnosis]:
    """What is wrong with an app's policy itself, the worst first; empty when nothing can be known or nothing is wrong."""
    if not is_described(app):
        return []
    found = [fault for fault in configuration_faults(describe(app)) if fault.slug != "websocket-origin-unchecked"]
    return sorted(found, key=lambda fault: {"error": 0, None: 0, "warning": 1, "info": 2}[fault.severity])


def listed_origins(app: Any) -> tuple[str, ...]:
    """The origins and patterns that the CORS layers of an app list, those of paths and routes included; empty where that cannot
    be known. An open list (`*`) names no origin."""
    if not is_described(app):
        return ()
    description = describe(app)
    policies = [LayerPolicy.of(layer) for layer in description.cors_layers]
    for layer in description.cors_layers:
        own = [info for _, info in layer.policies] + [route.policy for route in description.routes if route.policy is not None]
        policies += [LayerPolicy.of(layer, info) for info in own if layer.policy is not None]
    return tuple(dict.fromkeys(entry for policy in policies if policy.known for entry in policy.entries if entry != "*"))


def letting_in(app: Any, origin: str) -> str | None:
    """The keyword of the CORS layer that lets an origin in, as it was written; None where that cannot be known."""
    if not is_described(app):
        return None
    for layer in describe(app).cors_layers:
        policy = LayerPolicy.of(layer)
        if policy.known and policy.allows_origin(origin):
            listed = policy.origins if isinstance(policy.origins, str) else list(policy.origins)
            by_list = origin in policy.origins or policy.allows_all_origins
            return f"allow_origins={listed!r}" if by_list else f"allow_origin_regex={policy.regex!r}"
    return None


def _layers_are_silent(watched: Watched, facts: tuple[ExchangeFacts, ...], app: AppDescription | None) -> bool:
    """Whether the last answer came from a place that is not known, in an app that has CORS layers: then the answer alone shows
    more than the layers."""
    if app is None or not app.cors_layers or not facts:
        return False
    last = facts[-1]
    return last.answered_by is None and not last.passed and last.exception is None


def _facts(exchange: Exchange, answer: AsgiExchange, app: AppDescription | None) -> ExchangeFacts:
    response = answer.response
    if not isinstance(response, WireResponse):
        return ExchangeFacts(None)
    excerpt = answer.body[: 4 * _EXCERPT].decode("utf-8", "replace")[:_EXCERPT]
    layers = tuple(layer.index for layer in app.cors_layers) if app is not None else ()
    answered_by: AnsweredBy | None = None
    if exchange.request.preflight and layers and (excerpt.startswith("Disallowed CORS ") or excerpt == "OK"):
        answered_by = layers[0]
    elif exchange.request.preflight and response.status == 405:
        answered_by = "router"
    elif answer.by_server:
        answered_by = "server"
    elif app is not None and answer.exception is None and not _went_through(response):
        answered_by = _outside(app)
    return ExchangeFacts(
        answered_by,
        exception=_parsed(answer.exception),
        body_excerpt=excerpt if response.status >= 400 else "",
        passed=layers if _went_through(response) else (),
    )


def _outside(app: AppDescription) -> int | None:
    """The layer outside of the CORS layer that answers where none of its marks is seen; None where there are several, or none."""
    if not app.cors_layers:
        return None
    cors = app.cors_layers[0]
    outside = [layer.index for layer in app.layers if layer.index < cors.index and layer.app == cors.app and not layer.is_builtin]
    return outside[0] if len(outside) == 1 else None


def _went_through(response: WireResponse) -> bool:
    """Whether an answer has the marks of a CORS layer, or comes from behind all layers."""
    marks = ("access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers")
    if any(response.header(name) is not None for name in marks) or response.status in _REACHED:
        return True
    return "origin" in (response.header("vary") or "").lower()


def _parsed(error: BaseException | None) -> ParsedTraceback | None:
    if error is None:
        return None
    try:
        return parse_traceback("".join(tracebacks.format_exception(error)))
    except ValueError:
        return None
