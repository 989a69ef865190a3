"""A policy for Traefik: routers, middlewares and a service for the file provider.

Its CORS options answer every preflight, without `Vary`, and have one switch for credentials. So preflights have routers of their
own, with a middleware outside that adds `Vary`, and origins with and without credentials have their own routers, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from corsense.layers.export.rules import (
    CORS_HEADERS,
    NAMES_AUTHORIZATION,
    PREFLIGHT_VARY,
    CannotExpress,
    Grant,
    OriginTest,
    Rules,
)
from corsense.layers.export.site import Site

_PREFLIGHT: Final = "Method(`OPTIONS`) && HeaderRegexp(`Origin`, `.`) && HeaderRegexp(`Access-Control-Request-Method`, `.`)"
_HIGHEST: Final = 1000


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    _check(rules)
    routers: dict[str, Any] = {}
    for number, (name, rule, middlewares) in enumerate(_routers(rules)):
        routers[f"{site.name}-{name}"] = {
            "rule": rule,
            "priority": _HIGHEST - number,
            "middlewares": [f"{site.name}-{middleware}" for middleware in middlewares],
            "service": f"{site.name}-app",
        }
    http = {
        "routers": routers,
        "middlewares": {f"{site.name}-{name}": options for name, options in _every_middleware(rules)},
        "services": {f"{site.name}-app": {"loadBalancer": {"servers": [{"url": f"http://{site.upstream}"}]}}},
    }
    text = "# A file for Traefik's file provider (providers.file.filename). Add your Host(...) to each rule, and put further\n"
    text += (
        "# middlewares, such as authentication, behind those of each router. The app must send Vary in one line: of several,\n"
    )
    text += "# Traefik keeps the first.\n"
    return text + yaml.safe_dump({"http": http}, sort_keys=False, width=1000, allow_unicode=True)


def _check(rules: Rules) -> None:
    if rules.keeps_app:
        raise CannotExpress("Traefik replaces the CORS headers of the app, so it cannot leave them alone; drop --app-keeps-cors.")
    if any(grant.reflects_headers for grant in rules.grants):
        raise CannotExpress(
            'The policy allows every request header with credentials (request_headers=["*"]); browsers read the star literally '
            "there, and Traefik cannot repeat the names that a preflight asks for. Name the headers."
        )
    if any(grant.reflects_methods for grant in rules.grants):
        raise CannotExpress(
            'The policy allows every method with credentials (methods=["*"]); browsers read the star literally there, and '
            "Traefik cannot repeat the method that a preflight asks for. Name the methods."
        )
    if not rules.trusted_are_allowed:
        raise CannotExpress("A wildcard of credentials is allowed only by origin_regex; name the origins that may send cookies.")


def _routers(rules: Rules) -> Iterator[tuple[str, str, list[str]]]:
    """Name, rule and middlewares of each router, the first that applies first."""
    if rules.websockets and not rules.any_origin:
        handshake = "(HeaderRegexp(`Upgrade`, `(?i)websocket`) || Method(`CONNECT`)) && HeaderRegexp(`Origin`, `.`)"
        yield "handshake-refused", f"{handshake} && !{_any_of(rules.allowed)}", ["nobody"]
    for conditions in _refused(rules):
        yield "cors-preflight-refused", f"{_PREFLIGHT} && {conditions}", ["cors-preflight", "cors-refused"]
    responses: list[tuple[str, str, list[str]]] = []
    for grant in rules.grants:
        name = "credentials" if grant.credentials else "anonymous"
        tests = rules.trusted if grant.credentials and rules.trusted is not None else rules.allowed
        rule = "PathPrefix(`/`)" if rules.uniform else _any_of(tests)
        asked = f"{_PREFLIGHT} && {rule}"
        if grant.refuses_authorization:
            asked += f" && !HeaderRegexp(`Access-Control-Request-Headers`, {_quoted(f'^{NAMES_AUTHORIZATION}$')})"
        yield f"cors-preflight-{name}", asked, ["cors-preflight", f"cors-{name}"]
        responses.append((f"response-{name}", rule, [f"cors-{name}", "cors-app"]))
    yield "cors-preflight-other", _PREFLIGHT, ["cors-preflight", "cors-refused"]
    yield from responses
    if not rules.uniform:
        yield "response-other", "PathPrefix(`/`)", ["cors-refused", "cors-app"]


def _refused(rules: Rules) -> Iterator[str]:
    """What a preflight may not ask for."""
    asked = []
    if not rules.private_network:
        asked.append("HeaderRegexp(`Access-Control-Request-Private-Network`, `.`)")
    if rules.asked_method is not None:
        asked.append(f"!HeaderRegexp(`Access-Control-Request-Method`, {_quoted(f'^(?:{rules.asked_method})$')})")
    if asked:
        yield f"({' || '.join(asked)})"


def _any_of(tests: Sequence[OriginTest]) -> str:
    return f"({' || '.join(map(_rule, tests))})"


def _rule(test: OriginTest) -> str:
    if test.text is not None:
        return f"Header(`Origin`, {_quoted(test.text)})"
    rule = f"HeaderRegexp(`Origin`, {_quoted(test.re2)})"
    return rule if test.unless is None else f"({rule} && !HeaderRegexp(`Origin`, {_quoted(f'^{test.unless}')}))"


def _every_middleware(rules: Rules) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, {"headers": headers}) for name, headers in _middlewares(rules))
    if rules.websockets and not rules.any_origin:
        yield "nobody", {"ipAllowList": {"sourceRange": ["0.0.0.0/32"]}}  # answers 403 to everyone


def _middlewares(rules: Rules) -> Iterator[tuple[str, dict[str, Any]]]:
    outside: dict[str, str] = {"Vary": PREFLIGHT_VARY}
    if rules.max_age == "0":
        outside["Access-Control-Max-Age"] = "0"  # Traefik's own option takes 0 for none
    if rules.private_network:
        outside["Access-Control-Allow-Private-Network"] = "true"
    yield "cors-preflight", {"customResponseHeaders": outside}
    for grant in rules.grants:
        yield f"cors-{'credentials' if grant.credentials else 'anonymous'}", {**_options(rules, grant)}
    yield "cors-refused", {"addVaryHeader": True}
    yield "cors-app", {"customResponseHeaders": dict.fromkeys(CORS_HEADERS, "")}


def _options(rules: Rules, grant: Grant) -> dict[str, Any]:
    tests = rules.trusted if grant.credentials and rules.trusted is not None else rules.allowed
    options: dict[str, Any] = {}
    if grant.any_origin:
        options["accessControlAllowOriginList"] = ["*"]
    else:
        options["accessControlAllowOriginList"] = [test.text for test in tests if test.text is not None]
        options["accessControlAllowOriginListRegex"] = [test.re2 for test in tests if test.text is None]
    options["accessControlAllowCredentials"] = grant.credentials
    options["accessControlAllowMethods"] = grant.methods.split(", ")
    options["accessControlAllowHeaders"] = grant.headers.split(", ") if grant.headers else []
    options["accessControlExposeHeaders"] = grant.expose.split(", ") if grant.expose else []
    options["accessControlMaxAge"] = int(rules.max_age) if rules.max_age is not None else 0
    options["addVaryHeader"] = not rules.uniform
    return {name: value for name, value in options.items() if value not in ([], False, 0)}


def _quoted(text: str) -> str:
    """`text` in a rule."""
    if "`" not in text:
        return f"`{text}`"
    raise CannotExpress("A backquote cannot be written in a rule of Traefik.")
