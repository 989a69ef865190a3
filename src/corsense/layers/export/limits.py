"""What gateways with one fixed CORS feature cannot express, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from corsense.errors import quoted
from corsense.layers.export.rules import CannotExpress, Grant, Rules

STANDARD_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_WEB: Final = re.compile(r"https?://")


def only_grant(rules: Rules, title: str) -> Grant:
    """The grant that every allowed origin gets. Raises CannotExpress where some may use credentials and others not, and for what
    no such gateway does."""
    if rules.keeps_app:
        raise CannotExpress(f"{title} replaces the app's CORS headers and cannot leave them alone; drop --app-keeps-cors.")
    if rules.websockets:
        raise CannotExpress(
            f"{title} does not hold the Origin of WebSocket handshakes against a list; leave websockets to the app."
        )
    if rules.private_network:
        raise CannotExpress(f"{title} does not answer Access-Control-Request-Private-Network; leave private_network out.")
    if len(rules.grants) != 1:
        raise CannotExpress(f"{title} has one switch for credentials, and the policy gives them to some of its origins only.")
    if rules.any_origin and rules.grants[0].credentials:
        raise CannotExpress(f"The policy gives credentials to every origin, which {title} is not asked to do; list the origins.")
    return rules.grants[0]


def listed_origins(rules: Rules, title: str, why: str, *, only_web: bool = True) -> list[str]:
    """The origins, or `["*"]`. Raises CannotExpress for patterns and expressions: `why` says what the gateway has instead."""
    if rules.uniform:
        return ["*"]
    texts = []
    for test in rules.allowed:
        if test.text is None:
            raise CannotExpress(f"{title} has no exact wildcard or expression of origins: {why}; list the origins.")
        if only_web and not _WEB.match(test.text):
            raise CannotExpress(f"{title} documents http and https origins only, and the policy has {quoted(test.text)}.")
        texts.append(test.text)
    return texts


def known_methods(grant: Grant, title: str, known: Collection[str]) -> list[str]:
    """The methods of a grant. Raises CannotExpress for one that the gateway does not know."""
    methods = grant.methods.split(", ")
    for method in methods:
        if method not in known:
            raise CannotExpress(f"{title} does not know the method {quoted(method)}; it has {', '.join(sorted(known))}.")
    return methods


def no_repeated_names(grant: Grant, title: str, *, headers: bool = True) -> None:
    """Refuse what `*` does not mean: names are to be repeated where credentials are sent, and Authorization is not among them."""
    if grant.reflects_methods:
        raise CannotExpress(
            f"{title} is not documented to repeat the method of a preflight, which methods=['*'] with credentials needs."
        )
    if headers and grant.reflects_headers:
        raise CannotExpress(
            f"{title} is not documented to repeat the names of a preflight, which request_headers=['*'] with credentials needs."
        )


def no_star_for_authorization(grant: Grant, title: str) -> None:
    """Refuse `*` that does not stand for Authorization: some browsers still accept it as that."""
    if grant.refuses_authorization:
        raise CannotExpress(
            f"The policy allows every request header but Authorization, and {title} cannot refuse a preflight for that; name the "
            "headers, or Authorization as well."
        )
