"""A policy for Envoy: routes that match the Origin, each with the headers of its class.

Envoy's own CORS filter adds no `Vary`, forwards refused preflights and has one switch for credentials, so routes are used in its
place: a preflight is answered by `direct_response`, and `response_headers_to_add` also reach Envoy's own errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from corsense.layers.export.expressions import escaped
from corsense.layers.export.rules import (
    CORS_HEADERS,
    HEADER_NAMES,
    NAMES_AUTHORIZATION,
    PREFLIGHT_VARY,
    CannotExpress,
    Grant,
    OriginTest,
    Rules,
)
from corsense.layers.export.site import Site

_TYPE: Final = "type.googleapis.com/envoy.extensions.filters"
_ASKED_METHOD: Final = "access-control-request-method"
_ASKED_HEADERS: Final = "access-control-request-headers"
_ASKED_NETWORK: Final = "access-control-request-private-network"

_LARGEST_PROGRAM: Final = 100_000
_MOST_ROUTES: Final = 20
"""How many origins have routes of their own; more share routes, in groups of `_MOST_GROUPED`."""
_MOST_GROUPED: Final = 100

Json = dict[str, Any]


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    if not rules.trusted_are_allowed:
        raise CannotExpress("A wildcard of credentials is allowed only by origin_regex; name the origins that may send cookies.")
    routes = [*_preflights(rules), *_responses(rules)]
    host: Json = {"name": "api", "domains": ["*"], "routes": routes}
    manager: Json = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "api",
        "http_protocol_options": {"allow_custom_methods": True},
        "route_config": {"name": "api", "virtual_hosts": [host]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": f"{_TYPE}.http.router.v3.Router"}}],
    }
    if rules.websockets:
        manager["upgrade_configs"] = [{"upgrade_type": "websocket"}]
    listener = {
        "name": "api",
        "address": _address(site.address or "0.0.0.0", site.port),
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
    }
    endpoint = {"endpoint": {"address": _address(site.app_host, site.app_port)}}
    cluster = {
        "name": "app",
        "type": "STRICT_DNS",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": "app", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    text = "# Filters that answer by themselves (authentication, limits) see the route, and so the headers of its class.\n"
    document: Json = {"static_resources": {"listeners": [listener], "clusters": [cluster]}}
    # Without it, Envoy refuses expressions that take more than 100 instructions.
    limit = {"name": "expressions", "static_layer": {"re2.max_program_size.error_level": _LARGEST_PROGRAM}}
    document["layered_runtime"] = {"layers": [limit]}
    return text + yaml.dump(document, Dumper=_WithoutAliases, sort_keys=False, width=1000)


class _WithoutAliases(yaml.SafeDumper):
    """Writes what occurs twice twice: Envoy reads no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host.strip("[]"), "port_value": port}}


def _preflights(rules: Rules) -> Iterator[Json]:
    preflight = [_exact(":method", "OPTIONS"), _present("origin"), _present(_ASKED_METHOD)]
    refused = _answer(preflight, [], rules)
    if not rules.private_network:
        yield _answer([*preflight, _present(_ASKED_NETWORK)], [], rules)
    if rules.asked_method is not None:
        yield _answer([*preflight, _matches(_ASKED_METHOD, f"(?:{rules.asked_method})", invert=True)], [], rules)
    for grant in rules.grants:
        for origin in _origins(rules, grant):
            for asked, headers in _asked(rules, grant):
                yield _answer([*preflight, *origin, *asked], headers, rules)
            if grant.reflects_headers:
                yield _answer([*preflight, *origin], [], rules)
    yield refused


def _asked(rules: Rules, grant: Grant) -> Iterator[tuple[list[Json], list[tuple[str, str]]]]:
    """What a preflight of an allowed origin may ask for, and the headers of the answer to it."""
    headers = [*_every(grant), ("access-control-allow-methods", _value(grant.methods) + _also_asked(grant))]
    if rules.max_age is not None:
        headers.append(("access-control-max-age", rules.max_age))
    kinds: list[tuple[list[Json], list[tuple[str, str]]]] = []
    if grant.reflects_headers:
        named = ("access-control-allow-headers", f"%REQ({_ASKED_HEADERS})%")
        kinds.append(([_matches(_ASKED_HEADERS, HEADER_NAMES)], [*headers, named]))
        kinds.append(([_present(_ASKED_HEADERS, invert=True)], headers))
    elif grant.headers is not None:
        refused = [_matches(_ASKED_HEADERS, NAMES_AUTHORIZATION, invert=True)] if grant.refuses_authorization else []
        kinds.append((refused, [*headers, ("access-control-allow-headers", _value(grant.headers))]))
    else:
        kinds.append(([], headers))
    for conditions, given in kinds:
        if rules.private_network:
            private = ("access-control-allow-private-network", "true")
            yield [*conditions, _present(_ASKED_NETWORK)], [*given, private]
        yield conditions, given


def _also_asked(grant: Grant) -> str:
    return f", %REQ({_ASKED_METHOD})%" if grant.reflects_methods else ""


def _responses(rules: Rules) -> Iterator[Json]:
    vary = [] if rules.uniform else [_append("vary", "Origin", "APPEND_IF_EXISTS_OR_ADD")]
    for grant in rules.grants:
        headers = [*_every(grant), *([("access-control-expose-headers", _value(grant.expose))] if grant.expose else [])]
        how = "ADD_IF_ABSENT" if rules.keeps_app else "OVERWRITE_IF_EXISTS_OR_ADD"
        for origin in _origins(rules, grant):
            yield _forward(origin, [*(_append(name, value, how) for name, value in headers), *vary], rules)
    if rules.websockets and not rules.any_origin:
        refused = [_matches("upgrade", "(?i:.*websocket.*)"), _present("origin")]
        yield {"match": {"prefix": "/", "headers": refused}, "direct_response": {"status": 403}}
    if not rules.uniform:
        yield _forward([], vary, rules)


def _origins(rules: Rules, grant: Grant) -> Iterator[list[Json]]:
    """The conditions of each test of the origins of a class; without any, where everyone gets the same."""
    if rules.uniform:
        yield []
        return
    tests = rules.trusted if grant.credentials and rules.trusted is not None else rules.allowed
    texts = [test.text for test in tests if test.text is not None]
    if len(texts) <= _MOST_ROUTES:
        yield from ([_exact("origin", text)] for text in texts)
    else:
        groups = (texts[start : start + _MOST_GROUPED] for start in range(0, len(texts), _MOST_GROUPED))
        yield from ([_matches("origin", f"(?:{'|'.join(map(escaped, group))})")] for group in groups)
    yield from (_of_expression(test) for test in tests if test.text is None)


def _of_expression(test: OriginTest) -> list[Json]:
    longer = [] if test.unless is None else [_matches("origin", f"{test.unless}.*", invert=True)]
    return [_matches("origin", f"(?:{test.expression})"), *longer]


def _every(grant: Grant) -> list[tuple[str, str]]:
    headers = [("access-control-allow-origin", "*" if grant.any_origin else "%REQ(origin)%")]
    return headers + ([("access-control-allow-credentials", "true")] if grant.credentials else [])


def _answer(conditions: Sequence[Json], headers: Sequence[tuple[str, str]], rules: Rules) -> Json:
    added = [_append(name, value, "OVERWRITE_IF_EXISTS_OR_ADD") for name, value in (*headers, ("vary", PREFLIGHT_VARY))]
    return {
        "match": {"prefix": "/", "headers": list(conditions)},
        "direct_response": {"status": 204},
        "response_headers_to_add": added,
    }


def _forward(conditions: Sequence[Json], added: Sequence[Json], rules: Rules) -> Json:
    match: Json = {"prefix": "/"}
    if conditions:
        match["headers"] = list(conditions)
    route: Json = {"match": match, "route": {"cluster": "app"}}
    if added:
        route["response_headers_to_add"] = list(added)
    if not rules.keeps_app:
        route["response_headers_to_remove"] = [header.lower() for header in CORS_HEADERS]
    return route


def _append(name: str, value: str, how: str) -> Json:
    return {"header": {"key": name, "value": value}, "append_action": how}


def _exact(name: str, text: str) -> Json:
    return {"name": name, "string_match": {"exact": text}}


def _present(name: str, *, invert: bool = False) -> Json:
    matcher: Json = {"name": name, "present_match": True}
    return {**matcher, "invert_match": True} if invert else matcher


def _matches(name: str, expression: str, *, invert: bool = False) -> Json:
    matcher: Json = {"name": name, "string_match": {"safe_regex": {"regex": expression}}}
    return {**matcher, "invert_match": True, "treat_missing_header_as_empty": True} if invert else matcher


def _value(text: str) -> str:
    """A value, in which `%` begins a variable."""
    return text.replace("%", "%%")
