"""A policy for Kong: a declarative configuration with the plugin `cors`.

Where no header is configured, the plugin repeats whatever a preflight asks for, so a name that browsers let no script send stands
for none. An origin with other signs than letters, digits and `.:/-` is an expression to it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from corsense.errors import quoted
from corsense.layers.export.limits import known_methods, no_star_for_authorization, only_grant
from corsense.layers.export.rules import CannotExpress, Grant, OriginTest, Rules
from corsense.layers.export.site import Site

_TITLE: Final = "Kong"
_METHODS: Final = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_PLAIN: Final = re.compile(r"[A-Za-z0-9.:/-]+")
_NO_HEADER: Final = "Origin"


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    plugin = {"name": "cors", "config": _config(rules, only_grant(rules, _TITLE))}
    service = {
        "name": f"{site.name}-app",
        "url": f"http://{site.upstream}",
        "routes": [{"name": site.name, "paths": ["/"]}],
        "plugins": [plugin],
    }
    return yaml.safe_dump({"_format_version": "3.0", "services": [service]}, sort_keys=False, width=1000)


def _config(rules: Rules, grant: Grant) -> dict[str, Any]:
    if rules.asked_method is not None:
        raise CannotExpress(f"{_TITLE} has no star for methods; name them.")
    no_star_for_authorization(grant, _TITLE)
    config: dict[str, Any] = {"origins": ["*"] if rules.uniform else [*map(_origin, rules.allowed)]}
    config["methods"] = known_methods(grant, _TITLE, _METHODS)
    if not grant.reflects_headers:
        config["headers"] = grant.headers.split(", ") if grant.headers else [_NO_HEADER]
    if grant.expose is not None:
        config["exposed_headers"] = grant.expose.split(", ")
    config["credentials"] = grant.credentials
    if rules.max_age is not None:
        config["max_age"] = int(rules.max_age)
    config["preflight_continue"] = False
    return config


def _origin(test: OriginTest) -> str:
    if test.text is None:
        return test.pcre(_TITLE)
    if "[" in test.text:
        raise CannotExpress(f"{_TITLE} drops the brackets of an IPv6 address, so {quoted(test.text)} matches no page there.")
    return test.text if _PLAIN.fullmatch(test.text) else test.pcre(_TITLE)
