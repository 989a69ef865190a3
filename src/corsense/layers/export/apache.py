"""A policy for Apache httpd: a virtual host with SetEnvIf, `Header always set` and a rewrite to 204.

`Header always` reaches the answers that Apache makes itself. The app's headers are in the other table, so they are unset there
first: both tables are sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corsense.layers.export.rules import (
    CORS_HEADERS,
    HEADER_NAMES,
    NAMES_AUTHORIZATION,
    PREFLIGHT_VARY,
    CannotExpress,
    Grant,
    Rules,
)
from corsense.layers.export.site import Site

_LONGEST_LINE: Final = 8000
_PREFLIGHT: Final = "reqenv('CORS_PREFLIGHT') == '1'"
_TABLE: Final = CORS_HEADERS[:3]


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    lines = [
        "# Needs mod_headers, mod_setenvif, mod_rewrite, mod_proxy and mod_proxy_http (a2enmod headers rewrite proxy_http).",
        "# Answers to preflights come before authentication.",
        f"Listen {site.listens}",
        f"<VirtualHost {site.listens if site.address is not None else f'*:{site.port}'}>",
        *(f"    {line}" for line in (*_request(rules), *_response(rules))),
        "    RewriteEngine On",
        *(f"    {line}" for line in _handshake(rules)),
        "    RewriteCond %{ENV:CORS_PREFLIGHT} =1",
        "    RewriteRule ^ - [R=204,L]",
        "    ProxyPreserveHost On",
        f"    ProxyPass / http://{site.upstream}/{' upgrade=websocket' if rules.websockets else ''}",
        f"    ProxyPassReverse / http://{site.upstream}/",
        "</VirtualHost>",
    ]
    if max(map(len, lines)) > _LONGEST_LINE:
        raise CannotExpress(f"Apache httpd reads at most {_LONGEST_LINE:,} characters of a line, and one here is longer.")
    return "\n".join(lines) + "\n"


def _request(rules: Rules) -> Iterator[str]:
    yield r'SetEnvIf Origin "." CORS_ASKED=1'
    yield r'SetEnvIf Access-Control-Request-Method "." CORS_ASKS=1'
    yield "SetEnvIfExpr \"reqenv('CORS_ASKED') == '1' && reqenv('CORS_ASKS') == '1' && %{REQUEST_METHOD} == 'OPTIONS'\" " + (
        "CORS_PREFLIGHT=1"
    )
    if rules.websockets:
        yield 'SetEnvIfNoCase Upgrade "websocket" CORS_UPGRADE=1'
    first = "anonymous" if rules.anonymous is not None else "credentials"
    if rules.uniform:
        yield f'SetEnvIf Request_URI "^" CORS_CLASS={first}'
    for test in () if rules.uniform else rules.allowed:
        yield f'SetEnvIf Origin "{test.pcre("Apache httpd")}" CORS_ORIGIN=$0 CORS_CLASS={first}'
    for test in rules.trusted or ():
        yield f'SetEnvIf Origin "{test.pcre("Apache httpd")}" CORS_TRUSTED=1'
    if rules.trusted is not None:
        both = "-n reqenv('CORS_CLASS') && reqenv('CORS_TRUSTED') == '1'"
        yield f'SetEnvIfExpr "{both}" CORS_CLASS=credentials'
    if rules.asked_method is not None:
        yield f'SetEnvIf Access-Control-Request-Method "^(?:{rules.asked_method})$" CORS_METHOD=$0'
        yield f"SetEnvIfExpr \"{_PREFLIGHT} && -z reqenv('CORS_METHOD')\" !CORS_CLASS"
    if any(grant.refuses_authorization for grant in rules.grants):
        yield f'SetEnvIf Access-Control-Request-Headers "^{NAMES_AUTHORIZATION}$" CORS_AUTHORIZATION=1'
        anonymous = "reqenv('CORS_CLASS') == 'anonymous' && reqenv('CORS_AUTHORIZATION') == '1'"
        yield f'SetEnvIfExpr "{_PREFLIGHT} && {anonymous}" !CORS_CLASS'
    yield 'SetEnvIf Access-Control-Request-Private-Network "." CORS_PRIVATE_NETWORK=1'
    if not rules.private_network:
        yield f"SetEnvIfExpr \"{_PREFLIGHT} && reqenv('CORS_PRIVATE_NETWORK') == '1'\" !CORS_CLASS"
    if any(grant.reflects_headers for grant in rules.grants):
        yield f'SetEnvIf Access-Control-Request-Headers "^{HEADER_NAMES}$" CORS_HEADERS=$0'


def _handshake(rules: Rules) -> Iterator[str]:
    """Refuse WebSocket handshakes of origins that are not allowed."""
    if rules.websockets and not rules.any_origin:
        yield "RewriteCond %{ENV:CORS_UPGRADE} =1"
        yield "RewriteCond %{ENV:CORS_ASKED} =1"
        yield "RewriteCond %{ENV:CORS_CLASS} ^$"
        yield "RewriteRule ^ - [F,L]"


def _response(rules: Rules) -> Iterator[str]:
    if not rules.keeps_app:
        for header in CORS_HEADERS:
            yield f"Header unset {header}"
            yield f"Header always unset {header}"
    for grant in rules.grants:
        yield from _granted(rules, grant)
    if rules.private_network:
        asked = f"{_PREFLIGHT} && reqenv('CORS_PRIVATE_NETWORK') == '1' && -n reqenv('CORS_CLASS')"
        yield f'Header always set Access-Control-Allow-Private-Network "true" "expr={asked}"'
    if not rules.uniform:
        yield f'Header always set Vary "Origin" "expr=! ({_PREFLIGHT})"'
    yield f'Header always set Vary "{PREFLIGHT_VARY}" "expr={_PREFLIGHT}"'


def _granted(rules: Rules, grant: Grant) -> Iterator[str]:
    of_class = f"reqenv('CORS_CLASS') == '{'credentials' if grant.credentials else 'anonymous'}'"

    def set_header(header: str, value: str, when: str) -> str:
        kept = f" && -z resp('{header}')" if rules.keeps_app and header in _TABLE else ""
        return f'Header always set {header} "{value}" "expr={of_class}{when}{kept}"'

    yield set_header("Access-Control-Allow-Origin", "*" if grant.any_origin else "%{CORS_ORIGIN}e", "")
    if grant.credentials:
        yield set_header("Access-Control-Allow-Credentials", "true", "")
    if grant.expose:
        yield set_header("Access-Control-Expose-Headers", _value(grant.expose), f" && ! ({_PREFLIGHT})")
    preflight = f" && {_PREFLIGHT}"
    asked = ", %{CORS_METHOD}e" if grant.reflects_methods else ""
    yield set_header("Access-Control-Allow-Methods", _value(grant.methods) + asked, preflight)
    if grant.reflects_headers:
        yield set_header("Access-Control-Allow-Headers", "%{CORS_HEADERS}e", f"{preflight} && -n reqenv('CORS_HEADERS')")
    elif grant.headers:
        yield set_header("Access-Control-Allow-Headers", _value(grant.headers), preflight)
    if rules.max_age is not None:
        yield set_header("Access-Control-Max-Age", rules.max_age, preflight)


def _value(text: str) -> str:
    """A value, in which `%` begins a variable. Names have no quote and no backslash."""
    return text.replace("%", "%%")
