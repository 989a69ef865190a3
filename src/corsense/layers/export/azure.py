"""A policy for Azure API Management: the policy document of an API with the element `cors`.

Source: API Management, *cors policy*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

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

_TITLE: Final = "Azure API Management"


def export(rules: Rules, site: Site) -> str:
    """The policy document. Raises CannotExpress."""
    grant = only_grant(rules, _TITLE)
    no_repeated_names(grant, _TITLE)
    no_star_for_authorization(grant, _TITLE)
    origins = listed_origins(rules, _TITLE, "an origin is one scheme, host and port there")
    star = rules.asked_method is not None
    methods = ["*"] if star else known_methods(grant, _TITLE, STANDARD_METHODS)
    age = f' preflight-result-max-age="{rules.max_age}"' if rules.max_age is not None else ""
    cors = [*_elements("origin", "allowed-origins", origins), *_elements("method", "allowed-methods", methods, age)]
    if grant.headers is not None:
        cors += _elements("header", "allowed-headers", grant.headers.split(", "))
    if grant.expose is not None:
        cors += _elements("header", "expose-headers", grant.expose.split(", "))
    options = f'allow-credentials="{str(grant.credentials).lower()}" terminate-unmatched-request="false"'
    return _DOCUMENT.format(options=options, cors="\n".join(cors), outbound="" if rules.uniform else _VARY)


def _elements(each: str, name: str, values: Iterable[str], attributes: str = "") -> list[str]:
    inside = [f"                <{each}>{escape(value)}</{each}>" for value in values]
    return [f"            <{name}{attributes}>", *inside, f"            </{name}>"]


_DOCUMENT: Final = """\
<policies>
    <inbound>
        <base />
        <cors {options}>
{cors}
        </cors>
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
{outbound}    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"""
_VARY: Final = """\
        <set-header name="Vary" exists-action="append">
            <value>Origin</value>
        </set-header>
"""
