"""What a policy, or an answer, does not permit: a method, a request header, credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from corsense.app.description import LayerInfo
from corsense.diagnose.list_faults import string_of_values
from corsense.diagnose.observation import Diagnosis
from corsense.diagnose.policies import LayerPolicy, missing_in_policy

if TYPE_CHECKING:
    from corsense.policy import Policy


UNKNOWN_POLICY = LayerPolicy(known=False)
"""The policy of a layer that is not known."""


def refused_together(slug: str, values: Sequence[str], allowed: object, field: object = None) -> str:
    """The sentence for several methods, or several headers, that one list lacks; `field` is what the list is called where it is
    no argument of Starlette's."""
    is_methods = slug == "method-not-allowed"
    listed = str(field or ("allow_methods" if is_methods else "allow_headers"))
    names = ", ".join(values if is_methods else map(repr, values))
    if allowed is not None:
        return f"{names} are not in {listed}. The list is {allowed!r}."
    what = "methods" if is_methods else "request headers"
    return f"The server does not allow the {what} {names}. The responses to their preflights do not list them."


def method_refused(
    method: str, allowed: list[str] | None, layer: LayerInfo | None, policy: LayerPolicy = UNKNOWN_POLICY
) -> Diagnosis:
    """A method that `Access-Control-Allow-Methods` lacks."""
    text = string_of_values(layer, "allow_methods") if layer else None
    if text is not None:
        return text
    field = policy.keyword("allow_methods")
    message = f"The server does not allow {method}. The response to the preflight does not list it."
    if allowed is not None:
        json = "A POST with JSON needs a preflight. " if allowed == ["GET"] and method == "POST" else ""
        message = f"{method} is not in {field}. {json}The list is {allowed!r}."
    evidence: dict[str, object] = {"method": method} | ({"allow_methods": allowed} if allowed is not None else {})
    remedy = None if layer else f"Add {method} to the methods that the server allows."
    if policy.spelt_as_policy:
        evidence["field"] = field
        remedy = missing_in_policy(field, allowed, [method])
    return Diagnosis("method-not-allowed", message, layer.place if layer else None, evidence, remedy=remedy)


def is_of_responses(name: str) -> bool:
    """Whether a header is one by which servers answer pages, so that no request needs it: `Access-Control-Allow-Origin` and its
    kind. Pages send it by mistake, to allow themselves."""
    return name.lower().startswith("access-control-")


def header_refused(
    name: str, allowed: list[str] | None, layer: LayerInfo | None, policy: LayerPolicy = UNKNOWN_POLICY
) -> Diagnosis:
    """A request header that `Access-Control-Allow-Headers` lacks."""
    text = string_of_values(layer, "allow_headers") if layer else None
    if text is not None:
        return text
    field = policy.keyword("allow_headers")
    message = f"The server does not allow the request header {name!r}. The response to the preflight does not list it."
    if allowed is not None:
        message = f"{name!r} is not in {field}. The list is {allowed!r}."
    evidence: dict[str, object] = {"header": name} | ({"allow_headers": allowed} if allowed is not None else {})
    remedy = None if layer else f"Add {name} to the request headers that the server allows."
    if policy.spelt_as_policy:
        evidence["field"] = field
        remedy = missing_in_policy(field, allowed, [name])
    if is_of_responses(name):
        remedy = f"{name} belongs in responses of the server. Drop it from the request that the page makes."
    return Diagnosis(
        "header-not-allowed",
        message,
        layer.place if layer else None,
        evidence,
        remedy=remedy,
    )


def wildcard_with_credentials(layer: LayerInfo | None, *, is_sent: bool = True) -> Diagnosis:
    """Browsers refuse `*` when the page sends credentials. With `is_sent`, the response has the `*`; without it, the layer named
    the origin of a request with cookies, as Starlette's does before 1.0, and did not allow the cookies."""
    message = (
        "The page sends cookies, and the response allows '*'. Browsers refuse that pair: with credentials, the response must "
        "name the page's origin."
        if is_sent
        else "The page sends cookies, and allow_origins=['*'] allows pages only without them. To accept cookies, name the "
        "origins and set allow_credentials."
    )
    remedy = "Name the origins that may send cookies, or let the page use credentials: 'omit' if the API needs none."
    return Diagnosis(
        "wildcard-with-credentials",
        message,
        layer.place if layer else None,
        {"header": "Access-Control-Allow-Origin: *"} if is_sent else {"allow_origins": ["*"]},
        remedy=remedy,
    )


def credentials_refused(layer: LayerInfo | None, policy: LayerPolicy = UNKNOWN_POLICY, origin: str = "") -> Diagnosis:
    """`Access-Control-Allow-Credentials: true` is missing."""
    if policy.policy is not None and policy.spelt_as_policy:
        return _credentials_not_in_policy(layer, policy.policy, origin)
    message = "The page sends cookies, and allow_credentials is not set. Browsers then withhold the response."
    remedy = "Set allow_credentials=True and name the origins, or drop credentials: 'include' if the API needs no cookies."
    return Diagnosis("credentials-not-allowed", message, layer.place if layer else None, {}, remedy=remedy)


def _credentials_not_in_policy(layer: LayerInfo | None, policy: Policy, origin: str) -> Diagnosis:
    """The policy allows the page but not its cookies: it allows cookies of no page, or only of others."""
    trusted = None if policy.credential_set is None else list(policy.credential_set.patterns())
    message = "The page sends cookies, and the policy does not set credentials. Browsers then withhold the response."
    remedy = "Write Policy(credentials=True, ...), or drop credentials: 'include' if the API needs no cookies."
    if trusted is not None:
        message = f"The page sends cookies, and {origin!r} is not in credentials. The list is {trusted!r}."
        remedy = (
            f"{missing_in_policy('credentials', trusted, [origin])} Do so only if you trust that page with your users' cookies."
        )
    place = layer.place if layer is not None else None
    return Diagnosis("credentials-not-allowed", message, place, {"sent": origin, "field": "credentials"}, remedy=remedy)
