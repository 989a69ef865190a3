"""What is wrong with the app itself, independent of any request: its CORS layers' arguments, and how they are stacked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from corsense.app.description import AppDescription, LayerInfo
from corsense.app.traceback import ParsedTraceback
from corsense.diagnose.list_faults import list_faults, nested_list, no_list
from corsense.diagnose.lists import LISTS
from corsense.diagnose.observation import Diagnosis, at
from corsense.diagnose.origin_faults import entry_faults, string_of_origins
from corsense.diagnose.policies import LayerPolicy
from corsense.diagnose.regex_type import regex_type_fault
from corsense.diagnose.regexes import regex_fault
from corsense.diagnose.structure import added_too_late
from corsense.finding import Place
from corsense.url import is_loopback_host, parse_url

if TYPE_CHECKING:
    from corsense.policy import Policy

# A fault as `PolicyError` writes it: "origins: what is wrong, and what to write. [CORS201 origin-trailing-slash]".
_FAULT = re.compile(r"(?P<field>[\w.\[\]'\"/*-]+): (?P<said>(?:(?!\[CORS\d{3} ).)+)\[CORS\d{3} (?P<slug>[a-z0-9-]+)\]", re.DOTALL)


def configuration_faults(app: AppDescription) -> Iterator[Diagnosis]:
    """Faults of the app itself."""
    if app.stack_error is not None:
        yield broken_stack(app)
    if app.lifespan_error is not None:
        yield failed_startup(app.lifespan_error)
    for late in app.late_middleware:
        yield added_too_late(late)
    for layer in app.cors_layers:
        policy = LayerPolicy.of(layer)
        if policy.known:
            yield from _policy_faults(layer, policy)
    yield from _twice(app)


def failed_startup(error: ParsedTraceback) -> Diagnosis:
    """An app whose lifespan raised `error`: no server would serve it."""
    frame = error.user_frame
    message = f"The app does not start. Its lifespan fails: {error.summary}."
    return Diagnosis("unhandled-exception", message, Place(frame.file, frame.line) if frame else None)


def _refused_policy(app: AppDescription, message: str) -> Diagnosis | None:
    """The first fault of a policy that a layer of corsense's own was refused with."""
    reported = _FAULT.search(message)
    if reported is None:
        return None
    place = next((layer.place for layer in app.cors_layers if layer.place), None)
    more = len(_FAULT.findall(message)) - 1
    others = f" There {'is another fault' if more == 1 else f'are {more} more faults'} of its policy." if more else ""
    message_text = f"{reported['field']}: {reported['said'].strip()} The layer refuses it, so the app does not start.{others}"
    evidence: dict[str, object] = {"setting": reported["field"]}
    if reported["slug"] == "unknown-keyword":
        evidence["keyword"] = reported["field"]
    return Diagnosis(reported["slug"], message_text, place, evidence, severity="error")


def broken_stack(app: AppDescription) -> Diagnosis:
    """The stack of layers cannot be built, so the app answers every request with 500."""
    error = app.stack_error
    assert error is not None
    refused = _refused_policy(app, error.message) if error.type.rpartition(".")[2] == "PolicyError" else None
    if refused is not None:
        return refused
    nested = next((found for layer in app.cors_layers for name in LISTS if (found := nested_list(layer, name)) is not None), None)
    if nested is not None:
        return replace(nested, message=f"{nested.message} Every request gets 500.")
    for layer in app.cors_layers:
        wrong_type = no_list(layer) or regex_type_fault(layer)
        if wrong_type is not None:
            return wrong_type
    wrong = re.search(r"unexpected keyword argument '(\w+)'", error.message)
    if wrong and "CORSMiddleware" in error.message:
        place = next((layer.place for layer in app.cors_layers if layer.place), None)
        message = f"CORSMiddleware has no keyword {wrong[1]!r}. The app answers every request with 500."
        return Diagnosis("unknown-keyword", message, place, {"keyword": wrong[1]})
    frame = error.user_frame
    place = Place(frame.file, frame.line) if frame else None
    return Diagnosis(
        "unhandled-exception", f"The middleware stack cannot be built, so every request gets 500: {error.summary}.", place
    )


def _policy_faults(layer: LayerInfo, policy: LayerPolicy) -> Iterator[Diagnosis]:
    place = layer.place
    if policy.policy is not None:
        yield from _own_policy_faults(layer, policy, policy.policy)
        return
    yield from list_faults(layer)
    wrong_type = regex_type_fault(layer)
    if wrong_type is not None:
        yield wrong_type
    yield from entry_faults(layer, policy)
    if isinstance(policy.origins, str):
        yield string_of_origins(layer, policy.origins)
    elif policy.allows_all_origins and policy.credentials:
        yield _reflects_everyone(layer)
    elif policy.allows_all_origins:
        message = "allow_origins=['*'] lets any page read this API. Without credentials, that is right for a public API."
        yield Diagnosis("wildcard-origins", message, place, {}, severity="info")
    if "null" in policy.entries and not policy.allows_all_origins:
        message = "The list of origins has 'null', which lets every site in. Any page can send it, from a sandboxed frame."
        yield Diagnosis("null-origin", message, place, {"value": "null"}, severity="error" if policy.credentials else "warning")
    if policy.credentials:
        yield from _insecure(layer, policy)
        if "*" in policy.expose:
            message = "expose_headers=['*'] exposes nothing to pages that send credentials. It then means a header called *."
            yield Diagnosis("expose-wildcard-with-credentials", message, place)
    if policy.regex is not None:
        yield from _regex_faults(layer, policy.regex, policy.credentials)


def _own_policy_faults(layer: LayerInfo, policy: LayerPolicy, ours: Policy) -> Iterator[Diagnosis]:
    """What to know about a valid policy. It has unsafe settings only where a `dangerously_...` field allows them."""
    if not ours.any_origin:
        return
    field = policy.keyword("allow_origins")
    if ours.credentials and ours.credential_set is None:
        message = (
            f"{field}='*' with credentials lets any site read this API with your users' cookies. "
            "dangerously_allow_any_origin_with_credentials allows it."
        )
        yield Diagnosis("wildcard-with-credentials", message, layer.place, {"allow_origins": ["*"]}, severity="warning")
        return
    message = f"{field}='*' lets any page read this API. Without credentials, that is right for a public API."
    yield Diagnosis("wildcard-origins", message, layer.place, {}, severity="info")


def _reflects_everyone(layer: LayerInfo) -> Diagnosis:
    message = (
        "allow_origins=['*'] with allow_credentials=True lets any site in. Starlette then reflects every origin, so any site "
        "can read this API with your users' cookies."
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
                f"{entry!r} is http, and may send cookies. Anybody on the user's network can pose as that page and read this API."
            )
            yield Diagnosis("insecure-origin-with-credentials", message, layer.place, {"value": entry})


def _regex_faults(layer: LayerInfo, regex: str, credentials: bool) -> Iterator[Diagnosis]:
    fault = regex_fault(regex, credentials)
    if fault is not None:
        evidence = {"value": regex, "admits": fault.admits}
        yield Diagnosis(fault.slug, fault.message, layer.place, evidence, fault.severity, fault.remedy)


def _twice(app: AppDescription) -> Iterator[Diagnosis]:
    known = [layer for layer in app.cors_layers if LayerPolicy.of(layer).known]
    by_app = groupby(sorted(known, key=lambda layer: layer.app), key=lambda layer: layer.app)
    for _, group in by_app:
        layers = list(group)
        if len(layers) > 1:
            places = " and ".join(f"{layer.name}{at(layer.place)}" for layer in layers)
            message = f"The app has {len(layers)} CORS layers. The outermost decides where both allow a page: {places}."
            yield Diagnosis("duplicate-cors-middleware", message, layers[-1].place, {"layers": len(layers)})
