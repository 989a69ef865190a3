"""A policy for a bucket of Amazon S3: its CORS configuration, for
`aws s3api put-bucket-cors --cors-configuration file://cors.json`.

S3 answers a listed origin with credentials allowed, and `*` without. Source: Amazon S3, *Elements of a CORS configuration*.
"""

from __future__ import annotations

import json
from typing import Any, Final

from corsense.layers.export.limits import known_methods, listed_origins, no_star_for_authorization, only_grant
from corsense.layers.export.rules import CannotExpress, Rules
from corsense.layers.export.site import Site

_TITLE: Final = "S3"
_METHODS: Final = ("DELETE", "GET", "HEAD", "POST", "PUT")


def export(rules: Rules, site: Site) -> str:
    """The configuration as JSON. Raises CannotExpress."""
    grant = only_grant(rules, _TITLE)
    if not rules.uniform and not grant.credentials:
        raise CannotExpress(f"{_TITLE} allows credentials to every origin that is listed, and the policy allows none.")
    if rules.asked_method is not None:
        raise CannotExpress(f"{_TITLE} has no star for methods; name them.")
    no_star_for_authorization(grant, _TITLE)
    if grant.expose == "*" or (grant.expose or "").startswith("*,"):
        raise CannotExpress(f"{_TITLE} has no star for exposed headers; name them.")
    rule: dict[str, Any] = {
        "AllowedOrigins": listed_origins(rules, _TITLE, "its '*' stands for any characters, not for labels", only_web=False),
        "AllowedMethods": known_methods(grant, _TITLE, _METHODS),
    }
    if grant.reflects_headers or grant.headers is not None:
        rule["AllowedHeaders"] = ["*"] if grant.headers is None or grant.headers.startswith("*") else grant.headers.split(", ")
    if grant.expose is not None:
        rule["ExposeHeaders"] = grant.expose.split(", ")
    if rules.max_age is not None:
        rule["MaxAgeSeconds"] = int(rules.max_age)
    return json.dumps({"CORSRules": [rule]}, indent=2) + "\n"
