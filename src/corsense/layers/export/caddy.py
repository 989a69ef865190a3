"""A policy for Caddy: a site whose variables hold the class of the origin, and `header` directives for each class.

Plain `header` also reaches Caddy's own errors; the deferred form (`>`) does not. The app's headers are removed by `header_down`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from corsense.layers.export.rules import CORS_HEADERS, HEADER_NAMES, NAMES_AUTHORIZATION, PREFLIGHT_VARY, Grant, OriginTest, Rules
from corsense.layers.export.site import Site

_PREFLIGHT: Final = ("method OPTIONS", "header Origin *", "header Access-Control-Request-Method *")


def export(rules: Rules, site: Site) -> str:
    """The configuration."""
    address = f"http://{site.listens}" if site.address is not None else f":{site.port}"
    return "\n".join(
        [
            "# For a domain, write its name in place of the port: Caddy then serves https. In a `route`, the order below holds:",
            "# authentication goes between `respond` and `reverse_proxy`, so that preflights are answered before it.",
            f"{address} {{",
            *(f"\t{line}" for line in _matchers(rules)),
            "\troute {",
            *(f"\t\t{line}" for line in (*_variables(rules), *_headers(rules), *_handlers(rules, site))),
            "\t}",
            *(f"\t{line}" for line in _errors(rules)),
            "}",
            "",
        ]
    )


def _matcher(name: str, conditions: Sequence[str]) -> Iterator[str]:
    yield f"@{name} {{"
    yield from (f"\t{condition}" for condition in conditions)
    yield "}"


def _not(conditions: Sequence[str]) -> list[str]:
    return ["not {", *(f"\t{condition}" for condition in conditions), "}"]


def _matchers(rules: Rules) -> Iterator[str]:
    yield from _matcher("cors_preflight", _PREFLIGHT)
    yield from _matcher("cors_response", _not(_PREFLIGHT))
    for number, conditions in enumerate(() if rules.uniform else _tests(rules.allowed), 1):
        yield from _matcher(f"cors_allowed_{number}", conditions)
    for number, conditions in enumerate(_tests(rules.trusted or ()), 1):
        yield from _matcher(f"cors_trusted_{number}", ["vars {vars.cors_class} anonymous credentials", *conditions])
    for number, conditions in enumerate(_refused(rules), 1):
        yield from _matcher(f"cors_refused_{number}", [*_PREFLIGHT, *conditions])
    if rules.websockets and not rules.any_origin:
        refused = ["header Origin *", 'vars {vars.cors_class} ""']
        yield from _matcher("cors_refused_handshake", [*refused, 'header_regexp Upgrade "(?i)websocket"'])
        yield from _matcher("cors_refused_connect", [*refused, "method CONNECT"])  # a handshake over HTTP/2
    for grant in rules.grants:
        of_class = f"vars {{vars.cors_class}} {_name(grant)}"
        yield from _matcher(f"cors_{_name(grant)}_preflight", [of_class, *_PREFLIGHT])
        yield from _matcher(f"cors_{_name(grant)}_response", [of_class, *_not(_PREFLIGHT)])
        if grant.reflects_headers:
            names = f"header_regexp Access-Control-Request-Headers {_quoted(f'^{HEADER_NAMES}$')}"
            yield from _matcher(f"cors_{_name(grant)}_headers", [of_class, *_PREFLIGHT, names])
    if rules.private_network:
        asked = "header Access-Control-Request-Private-Network *"
        yield from _matcher("cors_private_network", ["vars {vars.cors_class} anonymous credentials", *_PREFLIGHT, asked])


def _variables(rules: Rules) -> Iterator[str]:
    """The class of the origin: empty for those that are refused."""
    first = "anonymous" if rules.anonymous is not None else "credentials"
    yield f"vars cors_class {first}" if rules.uniform else 'vars cors_class ""'
    if not rules.uniform:
        yield from (f"vars @cors_allowed_{number} cors_class {first}" for number, _ in enumerate(_tests(rules.allowed), 1))
    yield from (f"vars @cors_trusted_{number} cors_class credentials" for number, _ in enumerate(_tests(rules.trusted or ()), 1))
    yield from (f'vars @cors_refused_{number} cors_class ""' for number, _ in enumerate(_refused(rules), 1))


def _refused(rules: Rules) -> Iterator[list[str]]:
    """What a preflight may not ask for."""
    if not rules.private_network:
        yield ["header Access-Control-Request-Private-Network *"]
    if any(grant.refuses_authorization for grant in rules.grants):
        named = f"header_regexp Access-Control-Request-Headers {_quoted(f'^{NAMES_AUTHORIZATION}$')}"
        yield ["vars {vars.cors_class} anonymous", named]
    if rules.asked_method is not None:
        yield [f"not header_regexp Access-Control-Request-Method {_quoted(f'^(?:{rules.asked_method})$')}"]


def _tests(tests: Sequence[OriginTest]) -> Iterator[list[str]]:
    """The conditions of a matcher for each test; one for all that name an origin."""
    listed = [f"header Origin {test.text}" for test in tests if test.text is not None]
    if listed:
        yield listed
    for test in tests:
        if test.text is None:
            longer = [f"not header_regexp Origin {_quoted(f'^{test.unless}')}"] if test.unless is not None else []
            yield [f"header_regexp Origin {_quoted(test.re2)}", *longer]


def _headers(rules: Rules) -> Iterator[str]:
    for grant in rules.grants:
        yield from _directive(f"header @cors_{_name(grant)}_preflight", _of_preflight(rules, grant))
        yield from _directive(f"header @cors_{_name(grant)}_response", _of_response(grant), missing=rules.keeps_app)
        if grant.reflects_headers:
            matcher = f"@cors_{_name(grant)}_headers"
            yield f"header {matcher} Access-Control-Allow-Headers {{header.Access-Control-Request-Headers}}"
    if rules.private_network:
        yield "header @cors_private_network Access-Control-Allow-Private-Network true"
    yield from () if rules.uniform else ("header @cors_response +Vary Origin",)
    yield f'header @cors_preflight Vary "{PREFLIGHT_VARY}"'


def _every(grant: Grant) -> list[tuple[str, str]]:
    fields = [("Access-Control-Allow-Origin", "*" if grant.any_origin else "{header.Origin}")]
    return fields + ([("Access-Control-Allow-Credentials", "true")] if grant.credentials else [])


def _of_response(grant: Grant) -> list[tuple[str, str]]:
    return _every(grant) + ([("Access-Control-Expose-Headers", _quoted(grant.expose))] if grant.expose else [])


def _of_preflight(rules: Rules, grant: Grant) -> list[tuple[str, str]]:
    asked = ", {header.Access-Control-Request-Method}" if grant.reflects_methods else ""
    fields = [*_every(grant), ("Access-Control-Allow-Methods", _quoted(grant.methods + asked))]
    if grant.headers is not None:
        fields.append(("Access-Control-Allow-Headers", _quoted(grant.headers)))
    if rules.max_age is not None:
        fields.append(("Access-Control-Max-Age", rules.max_age))
    return fields


def _directive(name: str, fields: Sequence[tuple[str, str]], *, missing: bool = False) -> Iterator[str]:
    yield f"{name} {{"
    yield from (f"\t{'?' if missing else ''}{field} {value}" for field, value in fields)
    yield "}"


def _handlers(rules: Rules, site: Site) -> Iterator[str]:
    if rules.websockets and not rules.any_origin:
        yield "respond @cors_refused_handshake 403"
        yield "respond @cors_refused_connect 403"
    yield "respond @cors_preflight 204"
    yield f"reverse_proxy {site.upstream} {{"
    if not rules.keeps_app:
        yield from (f"\theader_down -{header}" for header in CORS_HEADERS)
    yield "}"


def _errors(rules: Rules) -> Iterator[str]:
    """Headers that are set only where the app sets none do not reach Caddy's own errors."""
    if rules.keeps_app:
        yield "handle_errors {"
        for grant in rules.grants:
            yield from (f"\t{line}" for line in _directive(f"header @cors_{_name(grant)}_response", _of_response(grant)))
        yield '\trespond "{err.status_code} {err.status_text}"'
        yield "}"


def _name(grant: Grant) -> str:
    return "credentials" if grant.credentials else "anonymous"


def _quoted(text: str) -> str:
    """`text` in quotes. Names have no quote and no brace."""
    return f'"{text}"'
