"""A policy as keywords and as a JSON document, and the JSON Schema of the latter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from corsense.fetch.engines import LONGEST_AGE
from corsense.policy.keywords import HATCHES

if TYPE_CHECKING:
    from corsense.origin.regex import OriginRegex
    from corsense.policy.policy import Policy


_FLAGS: Final = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_OWN_FLAGS = re.compile(r"^\(\?[aimsux]+\)")


def keywords(policy: Policy) -> dict[str, Any]:
    """The keywords that make an equal policy, without those that have their default values."""
    message: dict[str, Any] = {}
    if policy.any_origin:
        message["origins"] = "*"
    elif policy.origins:
        message["origins"] = list(policy.origins)
    if policy.regex is not None:
        flagged = policy.regex.flags & ~32  # re.UNICODE, which every expression has
        message["origin_regex"] = policy.regex if flagged else policy.regex.pattern
    if policy.resolver is not None:
        message["origin_resolver"] = policy.resolver.resolve
        message["origin_resolver_timeout"] = policy.resolver.timeout
        message["origin_resolver_ttl"] = policy.resolver.ttl
        message["origin_resolver_cache"] = policy.resolver.cache_size
    if policy.credential_set is not None:
        message["credentials"] = list(policy.credential_set.patterns())
    elif policy.credentials:
        message["credentials"] = True
    message["methods"] = _with_star(sorted(policy.methods), policy.allows_any_method)
    message["request_headers"] = _with_star(sorted(policy.request_headers), policy.allows_any_header)
    message["expose_headers"] = _with_star(list(policy.expose_headers), policy.exposes_any_header)
    message["max_age"] = policy.max_age
    for name in ("private_network", "websockets", *HATCHES):
        message[name] = getattr(policy, name)
    return {
        name: value for name, value in message.items() if value not in (None, False, []) or (value == 0 and name == "max_age")
    }


def _with_star(names: list[str], star: bool) -> list[str]:
    return ["*", *names] if star else names


def document(policy: Policy) -> dict[str, Any]:
    """The policy as a JSON document."""
    message = {name: value for name, value in keywords(policy).items() if not name.startswith("origin_resolver")}
    if policy.regex is not None:
        message["origin_regex"] = _as_text(policy.regex)
    return message


def _as_text(expression: OriginRegex) -> str:
    """An expression with its flags inside."""
    from corsense.origin.regex import OriginRegex

    text = expression.pattern
    if OriginRegex.compile(text).flags == expression.flags:
        return text
    normalized = "".join(letter for letter, flag in _FLAGS.items() if expression.flags & flag)
    return f"(?{normalized}){_OWN_FLAGS.sub('', text)}"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `document`."""
    origins = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    names = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
    flag = {"type": "boolean", "default": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Policy",
        "description": "Which pages may do what with an API.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "origins": {
                "description": 'Patterns: "https://app.example.com", "https://*.example.com", "http://localhost:*"; or "*"',
                "anyOf": [{"const": "*"}, origins],
            },
            "origin_regex": {"description": "A regular expression that must match the whole origin.", "type": "string"},
            "credentials": {
                "description": "Whether pages may send cookies; or the origins that may.",
                "anyOf": [{"type": "boolean"}, origins],
                "default": False,
            },
            "methods": {**names, "description": 'Methods beyond GET, HEAD and POST; ["*"] for all.'},
            "request_headers": {**names, "description": 'Names of headers that pages may send; ["*"] for all but Authorization.'},
            "expose_headers": {**names, "description": "Names of headers of the answer that pages may read."},
            "max_age": {
                "description": "Seconds a browser may keep a preflight.",
                "type": "integer",
                "minimum": -1,
                "maximum": LONGEST_AGE,
            },
            "private_network": {**flag, "description": "Answer Access-Control-Request-Private-Network."},
            "websockets": {**flag, "description": "Hold the Origin of WebSocket handshakes against the same list."},
            **{name: {**flag, "description": "An escape hatch; see the documentation of Policy."} for name in HATCHES},
        },
        "anyOf": [{"required": ["origins"]}, {"required": ["origin_regex"]}],
    }
