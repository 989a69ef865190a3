"""A policy for nginx: maps for the context `http`, and a server that uses them.

Headers are set with `always`, so that answers of 4xx and 5xx and nginx's own have them, and by maps: `if` with `add_header` loses
those of the levels above. Keys of a map are compared without regard to case, so the value is the origin as it is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

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

_LONGEST_KEY: Final = 40
"""The longest text that is a key of a map: longer ones need another `map_hash_bucket_size`."""
_LONGEST_PARAMETER: Final = 4000
_ACTUAL: Final = CORS_HEADERS[:3]

Entry = tuple[str, str]


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    lines = [
        "# For the context http, for example as /etc/nginx/conf.d/api.conf. A location with an add_header of its own loses",
        "# the ones below: repeat them there. Answers to preflights come before authentication and limits.",
        *_dollar(rules),
        *(line for name, source, entries in _maps(rules) for line in _map(name, source, entries)),
        *_server(rules, site),
    ]
    if max(map(len, lines)) > _LONGEST_PARAMETER:
        raise CannotExpress(f"nginx reads at most {_LONGEST_PARAMETER:,} characters of a parameter, and one here is longer.")
    text = "\n".join(lines) + "\n"
    # Every variable has the name of the site: of two maps for one variable, nginx would take the last for both servers.
    return text.replace("$cors_", f"${site.name}_cors_").replace("${cors_dollar}", f"${{{site.name}_cors_dollar}}")


def _maps(rules: Rules) -> Iterator[tuple[str, str, Sequence[Entry]]]:
    """Each map: its variable, what it reads, and its entries, the default first."""
    yield "$cors_asked_of_options", "$request_method", [("default", '""'), ('"OPTIONS"', "$http_access_control_request_method")]
    yield "$cors_asked", "$http_origin", [("default", "$cors_asked_of_options"), ('""', '""')]
    yield "$cors_preflight", "$cors_asked", [("default", "1"), ('""', "0")]
    if not rules.uniform:
        yield "$cors_listed", "$http_origin", [("default", '""'), *(entry for test in rules.allowed for entry in _entry(test))]
    # What a preflight may not ask for at all.
    origin = '"*"' if rules.uniform else "$cors_listed"
    if not rules.private_network:
        reading = '"$cors_preflight:$http_access_control_request_private_network"'
        yield "$cors_public", reading, [("default", origin), ('"~^1:."', '""')]
        origin = "$cors_public"
    if rules.asked_method is not None:
        entries = [("default", '""'), ('"~^0:"', origin), (_quoted(f"~^1:(?:{rules.asked_method})$"), origin)]
        yield "$cors_readable", '"$cors_preflight:$cors_asked"', entries
        origin = "$cors_readable"
    refuses = any(grant.refuses_authorization for grant in rules.grants)
    yield "$cors_class_of_origin" if refuses else "$cors_class", origin, [*_classes(rules)]
    if refuses:
        asked = "$http_access_control_request_headers"
        yield "$cors_asks_authorization", asked, [("default", "0"), (_quoted(f"~^{NAMES_AUTHORIZATION}$"), "1")]
        reading = '"$cors_preflight:$cors_asks_authorization:$cors_class_of_origin"'
        yield "$cors_class", reading, [("default", "$cors_class_of_origin"), ('"1:1:anonymous"', '""')]
    yield from _values(rules, origin)


def _classes(rules: Rules) -> Iterator[Entry]:
    if rules.trusted is None:
        yield "default", "credentials" if rules.credentialed is not None else "anonymous"
    else:
        yield "default", "anonymous"
        for test in rules.trusted:
            for key, _ in _entry(test):
                yield key, "credentials"
    yield '""', '""'


def _values(rules: Rules, origin: str) -> Iterator[tuple[str, str, Sequence[Entry]]]:
    """The map of each header's value, for headers that some answer has."""

    def by_class(when: str, value: dict[str, str]) -> list[Entry]:
        return [("default", '""'), *((f'"{when}{name}"', text) for name, text in value.items())]

    names = {_name(grant): grant for grant in rules.grants}
    yield "$cors_allow_origin", "$cors_class", by_class("", {n: '"*"' if g.any_origin else origin for n, g in names.items()})
    if rules.credentialed is not None:
        yield "$cors_allow_credentials", "$cors_class", by_class("", {"credentials": '"true"'})
    reading = '"$cors_preflight:$cors_class"'
    if any(grant.expose for grant in rules.grants):
        yield "$cors_expose_headers", reading, by_class("0:", {n: _value(g.expose or "") for n, g in names.items()})
    methods = {n: _value(g.methods, ", $cors_asked" if g.reflects_methods else "") for n, g in names.items()}
    yield "$cors_allow_methods", reading, by_class("1:", methods)
    if any(grant.reflects_headers for grant in rules.grants):
        asked = "$http_access_control_request_headers"
        yield "$cors_asked_headers", asked, [("default", '""'), (_quoted(f"~^{HEADER_NAMES}$"), asked)]
    headers = {n: "$cors_asked_headers" if g.reflects_headers else _value(g.headers or "") for n, g in names.items()}
    if any(text != '""' for text in headers.values()):
        yield "$cors_allow_headers", reading, by_class("1:", headers)
    if rules.max_age is not None:
        yield "$cors_max_age", reading, by_class("1:", dict.fromkeys(names, f'"{rules.max_age}"'))
    if rules.private_network:
        reading = '"$cors_preflight:$cors_class:$http_access_control_request_private_network"'
        yield "$cors_allow_private_network", reading, [("default", '""'), ('"~^1:[a-z]+:."', '"true"')]
    if rules.websockets:
        yield "$cors_connection", "$http_upgrade", [("default", '"upgrade"'), ('""', '""')]
        yield "$cors_upgrade", "$http_upgrade", [("default", "0"), ('"~*websocket"', "1")]
        reading = '"$cors_upgrade:$cors_class:$http_origin"'
        yield "$cors_refused_handshake", reading, [("default", "0"), ('"~^1::."', "0" if rules.any_origin else "1")]
    yield from _vary(rules)
    if rules.keeps_app:
        for header in _ACTUAL:
            variable = _variable(header)
            if variable == "$cors_expose_headers" and not any(grant.expose for grant in rules.grants):
                continue
            if variable == "$cors_allow_credentials" and rules.credentialed is None:
                continue
            sent = f"$upstream_http_{header.lower().replace('-', '_')}"
            yield f"{variable}_missing", sent, [("default", '""'), ('""', variable)]


def _vary(rules: Rules) -> Iterator[tuple[str, str, Sequence[Entry]]]:
    missing = '""'
    if not rules.uniform:
        missing = "$cors_vary_missing"
        has_it = r'"~*(?:^|[\s,])(?:origin|[*])(?:$|[\s,])"'
        yield missing, "$upstream_http_vary", [("default", '"Origin"'), (has_it, '""')]
    yield "$cors_vary", "$cors_preflight", [("default", missing), ('"1"', f'"{PREFLIGHT_VARY}"')]


def _server(rules: Rules, site: Site) -> Iterator[str]:
    written = {variable for variable, _, _ in _maps(rules)}
    yield "server {"
    yield f"    listen {site.listens};"
    yield ""
    for header in CORS_HEADERS:
        variable = _variable(header)
        if variable in written:
            kept = f"{variable}_missing" in written and rules.keeps_app
            yield f"    add_header {header} {f'{variable}_missing' if kept else variable} always;"
    yield "    add_header Vary $cors_vary always;"
    if not rules.keeps_app:
        yield from (f"    proxy_hide_header {header};" for header in CORS_HEADERS)
    if rules.websockets:
        yield "    if ($cors_refused_handshake) {"
        yield "        return 403;"
        yield "    }"
    yield "    if ($cors_preflight) {"
    yield "        return 204;"
    yield "    }"
    yield ""
    yield "    location / {"
    yield f"        proxy_pass http://{site.upstream};"
    yield "        proxy_http_version 1.1;"
    yield "        proxy_set_header Host $http_host;"
    if rules.websockets:
        yield "        proxy_set_header Upgrade $http_upgrade;"
        yield "        proxy_set_header Connection $cors_connection;"
    yield "        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    yield "        proxy_set_header X-Forwarded-Proto $scheme;"
    yield "    }"
    yield "}"


def _variable(header: str) -> str:
    return "$cors_" + header.removeprefix("Access-Control-").lower().replace("-", "_")


def _name(grant: Grant) -> str:
    return "credentials" if grant.credentials else "anonymous"


def _entry(test: OriginTest) -> Iterator[Entry]:
    if test.text is not None and len(test.text) <= _LONGEST_KEY:
        yield f'"{test.text}"', f'"{test.text}"'
        return
    yield _quoted(f"~{test.pcre('nginx')}"), "$http_origin"


def _quoted(text: str) -> str:
    """`text` in quotes. A backslash before one of these would be taken away with it."""
    for follower in "\\\"'trn":
        text = text.replace(f"\\{follower}", f"\\\\{follower}")
    return f'"{text}"'


def _value(text: str, more: str = "") -> str:
    """A value in quotes, in which nginx reads `$` as the begin of a variable; `more` is written as it is."""
    return f'"{text.replace("$", "${cors_dollar}")}{more}"'


def _dollar(rules: Rules) -> Iterator[str]:
    values = [text for grant in rules.grants for text in (grant.methods, grant.headers, grant.expose) if text]
    if any("$" in text for text in values):
        yield from ("geo $cors_dollar {", '    default "$";', "}")


def _map(name: str, source: str, entries: Sequence[Entry]) -> Iterator[str]:
    yield f"map {source} {name} {{"
    yield from (f"    {key} {value};" for key, value in entries)
    yield "}"
