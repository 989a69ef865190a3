"""A policy for an Application Load Balancer of Google Cloud: part of a URL map, for `gcloud compute url-maps edit`.

The CORS headers of the app are removed before those of the load balancer are added. Source: Compute Engine, *urlMaps*,
`corsPolicy`.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from corsense.layers.export.limits import (
    STANDARD_METHODS,
    known_methods,
    listed_origins,
    no_repeated_names,
    no_star_for_authorization,
    only_grant,
)
from corsense.layers.export.rules import CORS_HEADERS, CannotExpress, Rules
from corsense.layers.export.site import Site

_TITLE: Final = "The load balancer of Google Cloud"


def export(rules: Rules, site: Site) -> str:
    """The keys of a URL map. Raises CannotExpress."""
    grant = only_grant(rules, _TITLE)
    no_repeated_names(grant, _TITLE)
    no_star_for_authorization(grant, _TITLE)
    if rules.max_age == "0":
        raise CannotExpress(f"{_TITLE} does not tell a maxAge of 0 from none; leave max_age out.")
    why = "allowOriginRegexes work with INTERNAL_SELF_MANAGED only"
    star = rules.asked_method is not None
    cors: dict[str, Any] = {
        "allowOrigins": listed_origins(rules, _TITLE, why, only_web=False),
        "allowMethods": ["*"] if star else known_methods(grant, _TITLE, STANDARD_METHODS),
    }
    if grant.headers is not None:
        cors["allowHeaders"] = grant.headers.split(", ")
    if grant.expose is not None:
        cors["exposeHeaders"] = grant.expose.split(", ")
    if rules.max_age is not None:
        cors["maxAge"] = int(rules.max_age)
    cors["allowCredentials"] = grant.credentials
    vary = {"headerName": "Vary", "headerValue": "Origin", "replace": False}
    headers: dict[str, Any] = {"responseHeadersToRemove": list(CORS_HEADERS), "responseHeadersToAdd": [vary]}
    return yaml.safe_dump({"defaultRouteAction": {"corsPolicy": cors}, "headerAction": headers}, sort_keys=False, width=1000)
