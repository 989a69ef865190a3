"""A policy for HAProxy: a frontend whose `http-after-response` rules also reach the answers that HAProxy makes itself.

Origins are compared with `req.fhdr`, the whole value: `req.hdr` would cut it at commas and take the last part.
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

_LONGEST_LINE: Final = 2000
_PREFLIGHT: Final = "{ var(txn.cors_preflight) -m bool }"
_VARIES: Final = "'(^|[, ])(origin|[*])($|[, ])'"


def export(rules: Rules, site: Site) -> str:
    """The configuration. Raises CannotExpress."""
    lines = [
        "# Needs HAProxy 2.4 or newer with PCRE. Put authentication and limits behind the rules below.",
        f"frontend {site.name}",
        "    mode http",
        f"    bind {site.listens if site.address is not None else f':{site.port}'}",
        *(f"    {line}" for line in (*_acls(rules), *_request(rules), *_response(rules))),
        f"    default_backend {site.name}_app",
        "",
        f"backend {site.name}_app",
        "    mode http",
        f"    server app {site.upstream}",
    ]
    if max(map(len, lines)) > _LONGEST_LINE:
        raise CannotExpress(f"HAProxy reads at most {_LONGEST_LINE:,} characters of a line, and one here is longer.")
    return "\n".join(lines) + "\n"


def _acls(rules: Rules) -> Iterator[str]:
    origin = "req.fhdr(origin)"
    for group, tests in (("allowed", () if rules.uniform else rules.allowed), ("trusted", rules.trusted or ())):
        for test in tests:
            if test.text is not None:
                yield f"acl cors_{group} {origin} -m str -- {test.text}"
            else:
                yield f"acl cors_{group} {origin} -m reg -- {_quoted(test.pcre('HAProxy'))}"
    yield f"acl cors_origin_sent {origin} -m found"
    if rules.asked_method is not None:
        expression = f"^(?:{rules.asked_method})$"
        yield f"acl cors_asks_method req.fhdr(access-control-request-method) -m reg -- {_quoted(expression)}"
    if any(grant.reflects_headers for grant in rules.grants):
        yield f"acl cors_asks_headers req.fhdr(access-control-request-headers) -m reg -- {_quoted(f'^{HEADER_NAMES}$')}"
    if any(grant.refuses_authorization for grant in rules.grants):
        expression = _quoted(f"^{NAMES_AUTHORIZATION}$")
        yield f"acl cors_asks_authorization req.fhdr(access-control-request-headers) -m reg -- {expression}"
    yield "acl cors_asks_private_network req.fhdr(access-control-request-private-network) -m found"


def _request(rules: Rules) -> Iterator[str]:
    """What is found out about the request, for the rules about the response."""
    preflight = "METH_OPTIONS cors_origin_sent { req.fhdr(access-control-request-method) -m found }"
    yield f"http-request set-var(txn.cors_preflight) bool(true) if {preflight}"
    yield "http-request set-var(txn.cors_origin) req.fhdr(origin)"
    listed = "" if rules.uniform else " if cors_allowed"
    first = "anonymous" if rules.anonymous is not None else "credentials"
    yield f"http-request set-var(txn.cors_class) str({first}){listed}"
    if rules.trusted is not None:
        yield "http-request set-var(txn.cors_class) str(credentials) if cors_allowed cors_trusted"
    if rules.asked_method is not None:
        yield f"http-request unset-var(txn.cors_class) if {_PREFLIGHT} !cors_asks_method"
    if any(grant.refuses_authorization for grant in rules.grants):
        anonymous = "{ var(txn.cors_class) -m str anonymous }"
        yield f"http-request unset-var(txn.cors_class) if {_PREFLIGHT} {anonymous} cors_asks_authorization"
    if not rules.private_network:
        yield f"http-request unset-var(txn.cors_class) if {_PREFLIGHT} cors_asks_private_network"
    else:
        yield "http-request set-var(txn.cors_private_network) bool(true) if cors_asks_private_network"
    if any(grant.reflects_methods for grant in rules.grants):
        yield "http-request set-var(txn.cors_method) req.fhdr(access-control-request-method)"
    if any(grant.reflects_headers for grant in rules.grants):
        yield "http-request set-var(txn.cors_headers) req.fhdr(access-control-request-headers) if cors_asks_headers"
    if rules.websockets and not rules.any_origin:
        handshake = "{ req.fhdr(upgrade) -m sub -i websocket } cors_origin_sent !{ var(txn.cors_class) -m found }"
        yield f"http-request deny deny_status 403 if {handshake}"
    yield f"http-request return status 204 if {_PREFLIGHT}"


def _response(rules: Rules) -> Iterator[str]:
    if not rules.keeps_app:
        yield from (f"http-after-response del-header {header}" for header in CORS_HEADERS)
    for grant in rules.grants:
        yield from _granted(rules, grant)
    if rules.private_network:
        asked = f"{_PREFLIGHT} {{ var(txn.cors_private_network) -m bool }} {{ var(txn.cors_class) -m found }}"
        yield f"http-after-response set-header Access-Control-Allow-Private-Network true if {asked}"
    if not rules.uniform:
        yield f"http-after-response add-header Vary Origin if !{_PREFLIGHT} !{{ res.fhdr(vary) -m reg -i {_VARIES} }}"
    yield f"http-after-response set-header Vary {_quoted(PREFLIGHT_VARY)} if {_PREFLIGHT}"


def _granted(rules: Rules, grant: Grant) -> Iterator[str]:
    of_class = f"{{ var(txn.cors_class) -m str {'credentials' if grant.credentials else 'anonymous'} }}"

    def set_header(header: str, value: str, when: str) -> str:
        kept = f" !{{ res.fhdr({header}) -m found }}" if rules.keeps_app else ""
        return f"http-after-response set-header {header} {value} if {of_class}{when}{kept}"

    yield set_header("Access-Control-Allow-Origin", "*" if grant.any_origin else "%[var(txn.cors_origin)]", "")
    if grant.credentials:
        yield set_header("Access-Control-Allow-Credentials", "true", "")
    if grant.expose:
        yield set_header("Access-Control-Expose-Headers", _value(grant.expose), f" !{_PREFLIGHT}")
    preflight = f" {_PREFLIGHT}"
    asked = ", %[var(txn.cors_method)]" if grant.reflects_methods else ""
    yield set_header("Access-Control-Allow-Methods", _value(grant.methods, asked), preflight)
    if grant.reflects_headers:
        named = f"{preflight} {{ var(txn.cors_headers) -m found }}"
        yield set_header("Access-Control-Allow-Headers", "%[var(txn.cors_headers)]", named)
    elif grant.headers:
        yield set_header("Access-Control-Allow-Headers", _value(grant.headers), preflight)
    if rules.max_age is not None:
        yield set_header("Access-Control-Max-Age", rules.max_age, preflight)


def _value(text: str, more: str = "") -> str:
    """A value as a log format, in which `%` begins a variable; `more` is written as it is."""
    return _quoted(text.replace("%", "%%") + more)


def _quoted(text: str) -> str:
    """`text` in strong quotes, in which nothing is replaced."""
    return "'" + text.replace("'", "'\\''") + "'"
