"""What is wrong with the app by its make, whatever request was tried: its CORS layers' arguments, and how they are stacked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from corsense.app.description import AppDescription, LayerInfo
from corsense.causes import Severity
from corsense.diagnose.observation import Diagnosis, at
from corsense.diagnose.origin_faults import entry_faults, string_of_origins
from corsense.diagnose.policies import LayerPolicy
from corsense.diagnose.structure import added_too_late
from corsense.finding import Place
from corsense.origin.regex import foreign_origin, has_bare_dot, shared_suffix
from corsense.url import is_loopback_host, parse_url

# Pages that no list of ours is meant for. A regular expression that admits one of them admits the world.
_STRANGERS = ("https://evil.example", "http://evil.example", "https://evil.example:8443", "null")


def configuration_faults(app: AppDescription) -> Iterator[Diagnosis]:
    """Faults of the app as it is made."""
    if app.stack_error is not None:
        yield broken_stack(app)
    if app.lifespan_error is not None:
        frame = app.lifespan_error.user_frame
        message = f"The app does not start: its lifespan fails with {app.lifespan_error.summary}."
        yield Diagnosis("unhandled-exception", message, Place(frame.file, frame.line) if frame else None)
    for late in app.late_middleware:
        yield added_too_late(late)
    for layer in app.cors_layers:
        policy = LayerPolicy.of(layer)
        if policy.known:
            yield from _policy_faults(layer, policy)
    yield from _twice(app)
    sockets = [route for route in app.routes if route.kind == "websocket"]
    if sockets and app.cors_layers:
        message = (
            f"CORSMiddleware does not look at websockets: {', '.join(route.path for route in sockets[:5])} can be opened "
            "from any page, unless the endpoint looks at Origin itself."
        )
        remedy = "Compare websocket.headers.get('origin') with your list before accept()."
        yield Diagnosis("websocket-origin-unchecked", message, sockets[0].endpoint_place, {}, severity="info", remedy=remedy)


def broken_stack(app: AppDescription) -> Diagnosis:
    """The stack of layers cannot be built, so that the app answers nothing but 500."""
    error = app.stack_error
    assert error is not None
    wrong = re.search(r"unexpected keyword argument '(\w+)'", error.message)
    if wrong and "CORSMiddleware" in error.message:
        place = next((layer.place for layer in app.cors_layers if layer.place), None)
        message = f"CORSMiddleware has no keyword {wrong[1]!r}: the app answers every request with a 500."
        return Diagnosis("unknown-keyword", message, place, {"keyword": wrong[1]})
    frame = error.user_frame
    place = Place(frame.file, frame.line) if frame else None
    return Diagnosis(
        "unhandled-exception", f"The stack of middleware cannot be built, so every request is a 500: {error.summary}.", place
    )


def _policy_faults(layer: LayerInfo, policy: LayerPolicy) -> Iterator[Diagnosis]:
    place = layer.place
    yield from entry_faults(layer, policy)
    if isinstance(policy.origins, str):
        yield string_of_origins(layer, policy.origins)
    elif policy.allows_all_origins and policy.credentials:
        yield _reflects_everyone(layer)
    elif policy.allows_all_origins:
        message = "allow_origins=['*'] lets any page read this API. Without credentials that is right for a public one."
        yield Diagnosis("wildcard-origins", message, place, {}, severity="info")
    if "null" in policy.entries and not policy.allows_all_origins:
        message = "The list of origins has 'null', which any sandboxed frame and any redirect can be: it lets every site in."
        yield Diagnosis("null-origin", message, place, {"value": "null"}, severity="error" if policy.credentials else "warning")
    if policy.credentials:
        yield from _insecure(layer, policy)
        if "*" in policy.expose:
            message = "expose_headers=['*'] means a header called * when the page sends credentials: nothing is exposed."
            yield Diagnosis("expose-wildcard-with-credentials", message, place)
    if policy.regex is not None:
        yield from _regex_faults(layer, policy.regex, policy.credentials)


def _reflects_everyone(layer: LayerInfo) -> Diagnosis:
    message = (
        "allow_origins=['*'] with allow_credentials=True: a browser refuses a literal * with credentials, so "
        "Starlette answers every origin with its own name instead. Any site can read this API with your users' cookies."
    )
    remedy = "Name the origins that may send cookies: allow_origins=['https://app.example.com']."
    return Diagnosis(
        "wildcard-with-credentials",
        message,
        layer.place,
        {"allow_origins": ["*"], "allow_credentials": True},
        severity="error",
        remedy=remedy,
    )


def _insecure(layer: LayerInfo, policy: LayerPolicy) -> Iterator[Diagnosis]:
    for entry in policy.entries:
        url = parse_url(entry)
        if url is not None and url.scheme == "http" and not is_loopback_host(url.host):
            message = (
                f"{entry!r} is http: whoever sits on the user's network can be that page, and read this API with the user's "
                "cookies."
            )
            yield Diagnosis("insecure-origin-with-credentials", message, layer.place, {"value": entry})


def _regex_faults(layer: LayerInfo, regex: str, credentials: bool) -> Iterator[Diagnosis]:
    try:
        pattern = re.compile(regex)
    except re.error:
        return
    severity: Severity = "error" if credentials else "warning"
    suffix = shared_suffix(regex)
    admitted = next((origin for origin in _STRANGERS if pattern.fullmatch(origin)), None) or foreign_origin(regex)
    evidence = {"value": regex, "admits": admitted}
    if suffix is not None:
        message = (
            f"allow_origin_regex {regex!r} lets in every name below {suffix}, and anybody can have one: {admitted!r} for one."
        )
        yield Diagnosis("public-suffix-origin", message, layer.place, evidence, severity if credentials else "info")
    elif has_bare_dot(regex):
        dotted = f", {admitted!r} for one" if admitted else ""
        message = (
            f"allow_origin_regex {regex!r} has a dot that is not escaped: it stands for any character, so foreign hosts "
            f"match{dotted}."
        )
        yield Diagnosis("regex-unescaped-dot", message, layer.place, evidence, severity)
    elif admitted is not None:
        message = f"allow_origin_regex {regex!r} lets in sites it was not written for, {admitted!r} for one."
        yield Diagnosis("regex-too-broad", message, layer.place, evidence, severity)


def _twice(app: AppDescription) -> Iterator[Diagnosis]:
    known = [layer for layer in app.cors_layers if LayerPolicy.of(layer).known]
    by_app = groupby(sorted(known, key=lambda layer: layer.app), key=lambda layer: layer.app)
    for _, group in by_app:
        layers = list(group)
        if len(layers) > 1:
            places = " and ".join(f"{layer.name}{at(layer.place)}" for layer in layers)
            message = (
                f"There are {len(layers)} CORS layers on one app, {places}; the outermost has the last word where both allow "
                "a page."
            )
            yield Diagnosis("duplicate-cors-middleware", message, layers[-1].place, {"layers": len(layers)})
