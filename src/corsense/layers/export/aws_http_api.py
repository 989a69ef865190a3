"""A policy for an HTTP API of Amazon API Gateway: its CORS configuration, for
`aws apigatewayv2 update-api --cors-configuration file://cors.json`.

It ignores the CORS headers of the app. Source: API Gateway, *Configure CORS for HTTP APIs*.
"""

from __future__ import annotations

import json
from typing import Any, Final

from corsense.layers.export.limits import (
    STANDARD_METHODS,
    known_methods,
    listed_origins,
    no_repeated_names,
    no_star_for_authorization,
    only_grant,
)
from corsense.layers.export.rules import Rules
from corsense.layers.export.site import Site

_TITLE: Final = "An HTTP API of API Gateway"


def export(rules: Rules, site: Site) -> str:
    """The configuration as JSON. Raises CannotExpress."""
    grant = only_grant(rules, _TITLE)
    no_repeated_names(grant, _TITLE)
    no_star_for_authorization(grant, _TITLE)
    origins = listed_origins(rules, _TITLE, "its only wildcards are '*', 'https://*' and 'http://*'")
    star = rules.asked_method is not None
    methods = ["*"] if star else known_methods(grant, _TITLE, STANDARD_METHODS)
    cors: dict[str, Any] = {"AllowOrigins": origins, "AllowMethods": methods}
    if grant.headers is not None:
        cors["AllowHeaders"] = grant.headers.split(", ")
    if grant.expose is not None:
        cors["ExposeHeaders"] = grant.expose.split(", ")
    if rules.max_age is not None:
        cors["MaxAge"] = int(rules.max_age)
    cors["AllowCredentials"] = grant.credentials
    return json.dumps(cors, indent=2) + "\n"
