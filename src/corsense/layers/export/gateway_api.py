"""A policy for the Kubernetes Gateway API: the CORS filter of an HTTPRoute (v1.5).

Source: gateway.networking.k8s.io/v1, *HTTPCORSFilter*.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from corsense.errors import quoted
from corsense.layers.export.limits import known_methods, no_star_for_authorization, only_grant
from corsense.layers.export.rules import CannotExpress, Grant, OriginTest, Rules
from corsense.layers.export.site import Site

_TITLE: Final = "The Gateway API"
_METHODS: Final = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_ORIGIN: Final = re.compile(r"https?://(?:\*\.)?(?:[a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+(?::[0-9]{1,5})?")
_MOST: Final = 64
_LONGEST_ORIGIN: Final = 253


def export(rules: Rules, site: Site) -> str:
    """The route. Raises CannotExpress."""
    grant = only_grant(rules, _TITLE)
    vary = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "Vary", "value": "Origin"}]}}
    filters: list[dict[str, Any]] = [{"type": "CORS", "cors": _cors(rules, grant)}]
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": site.name},
        "spec": {
            "parentRefs": [{"name": "gateway"}],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "filters": filters if rules.uniform else [*filters, vary],
                    "backendRefs": [{"name": "app", "port": site.app_port}],
                }
            ],
        },
    }
    return yaml.safe_dump(route, sort_keys=False, width=1000)


def _cors(rules: Rules, grant: Grant) -> dict[str, Any]:
    if rules.max_age == "0":
        raise CannotExpress(f"{_TITLE} has a maxAge of 1 at least, and max_age=0 keeps no preflight.")
    cors: dict[str, Any] = {"allowOrigins": ["*"] if rules.uniform else [*map(_origin, rules.allowed)]}
    if grant.credentials:
        cors["allowCredentials"] = True
    star = rules.asked_method is not None
    cors["allowMethods"] = ["*"] if star else known_methods(grant, _TITLE, _METHODS)
    if grant.reflects_headers:
        cors["allowHeaders"] = ["*"]
    elif grant.headers is not None and grant.headers.startswith("*"):
        no_star_for_authorization(grant, _TITLE)
        raise CannotExpress(
            f"{_TITLE} lets an implementation answer '*', which does not stand for Authorization; name the request headers."
        )
    elif grant.headers is not None:
        cors["allowHeaders"] = grant.headers.split(", ")
    if grant.expose is not None:
        cors["exposeHeaders"] = grant.expose.split(", ")
    if rules.max_age is not None:
        cors["maxAge"] = int(rules.max_age)
    for name, value in cors.items():
        if isinstance(value, list) and len(value) > _MOST:
            raise CannotExpress(f"{_TITLE} reads at most {_MOST} values of {name}, and the policy has {len(value)}.")
    return cors


def _origin(test: OriginTest) -> str:
    text = test.text or test.wildcard
    if text is None:
        raise CannotExpress(f"{_TITLE} has no regular expressions of origins; list the origins.")
    if _ORIGIN.fullmatch(text) is None or len(text) > _LONGEST_ORIGIN:
        raise CannotExpress(f"{_TITLE} cannot express the origin {quoted(text)}: it has http, https, names and a port or none.")
    return text
