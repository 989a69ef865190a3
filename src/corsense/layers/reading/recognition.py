"""Which format a configuration file has, by its name and, where that does not tell, by its text."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final, Literal, get_args

FormatName = Literal["nginx", "caddy", "haproxy", "apache", "traefik", "envoy", "gateway-api", "aws-http-api", "compose"]
FORMATS: Final[tuple[FormatName, ...]] = get_args(FormatName)

_OTHERS = (".hcl", ".tf", ".md", ".rst", ".sh", ".js", ".ts", ".go", ".rs", ".php", ".html", ".css", ".txt")
"""Files in which a block such as `server {` is nothing of nginx."""
_COMPOSE = r"(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml"
_YAML = (".yaml", ".yml", ".json")
_BY_NAME: Final[dict[str, FormatName]] = {
    "nginx.conf": "nginx", "caddyfile": "caddy", "haproxy.cfg": "haproxy", "httpd.conf": "apache", "apache2.conf": "apache",
    ".htaccess": "apache",
}  # fmt: skip
_NGINX = (
    r"(?m)^[ \t]*(?:server|location[ \t][^<\n]*|http|upstream[ \t]+\S+|map[ \t]+\S+[ \t]+\S+|if[ \t]*\([^)\n]*\))[ \t\n]{0,9}\{"
    r"|^[ \t]*add_header[ \t][^;\n]*;"
)
_APACHE = (
    r"(?im)^[ \t]*(?:<(?:VirtualHost|IfModule|Location|Directory|Files\w*|LocationMatch)\b"
    r"|Header[ \t]+(?:always[ \t]+|onsuccess[ \t]+)?(?:set|add|append|merge)[ \t])"
)
_HAPROXY = r"(?m)^(?:frontend|backend|listen|defaults)\b"
_WORDS = (b"ccess-Control-", b"ccess-control-", b"ccesscontrol", b"ccessControl", b"ORIGINS", b"cors", b"CORS", b"Cors")
"""One of these is in every configuration that concerns CORS."""


def format_of(name: str, text: str) -> FormatName | None:
    """The format of a file with this name and text; None where corsense reads no such format."""
    path = PurePath(name)
    lower = path.name.lower()
    if lower in _BY_NAME:
        return _BY_NAME[lower]
    if is_vcl(name, text) or lower.endswith(_OTHERS):
        return None
    if lower.startswith("caddyfile") or lower.endswith((".caddyfile", ".caddy")):
        return "caddy"
    if re.fullmatch(_COMPOSE, lower):
        return "compose"
    if lower.endswith(_YAML):
        return _of_tree(text)
    if re.search(_HAPROXY, text) and not re.search(_NGINX, text):
        return "haproxy"
    if re.search(_NGINX, text):
        return "nginx"
    return "apache" if re.search(_APACHE, text) else None


def is_vcl(name: str, text: str) -> bool:
    """Whether a file is a program in VCL, the language of Varnish."""
    return name.lower().endswith(".vcl") or re.search(r"(?m)^vcl[ \t]+\d", text) is not None


def _of_tree(text: str) -> FormatName | None:
    """The format of a YAML or JSON text, by words that only one of them has."""
    if re.search(r"\bkind[\"']?:\s*[\"']?(?:HTTPRoute|GRPCRoute)\b", text):
        return "gateway-api"
    if "http_connection_manager" in text or "envoy.filters" in text or '"static_resources"' in text:
        return "envoy"
    if re.search(r'"apps"\s*:', text) and '"handler"' in text:
        return "caddy"
    if (
        re.search(r"accesscontrol\w+", text, re.IGNORECASE)
        and "traefik.http." in text.lower()
        and re.search(r"(?m)^services:", text)
    ):
        return "compose"
    if re.search(r"(?m)^[\"']?http[\"']?:", text) and re.search(r"\b(?:routers|middlewares)[\"']?:", text):
        return "traefik"
    if re.search(r"(?m)^[\"']?entryPoints[\"']?:", text) and re.search(r"(?m)^[\"']?providers[\"']?:", text):
        return "traefik"
    if re.search(r"(?m)^apiVersion:[ \t]*traefik\.(?:io|containo\.us)/", text):
        return "traefik"
    if re.search(r"x-amazon-apigateway-cors|CorsConfiguration|\"?AllowOrigins\"?\s*:", text):
        return "aws-http-api"
    return "compose" if re.search(r"(?m)^services:", text) else None


_SUFFIXES = (".conf", ".cfg", ".yaml", ".yml", "Caddyfile", ".caddyfile", ".caddy", ".vhost", ".htaccess")
_FRAGMENTS: Final[dict[FormatName, str]] = {
    "nginx": r"(?m)^[ \t]*server[ \t\n]{0,9}\{",
    "haproxy": r"(?m)^(?:frontend|listen)\b",
}


def may_be_configuration(name: str) -> bool:
    """Whether a file's name is one that configurations of proxies have."""
    return name.endswith(_SUFFIXES)


def is_fragment(format: FormatName, text: str) -> bool:
    """Whether a file is only a part, which another file includes."""
    whole = _FRAGMENTS.get(format)
    return whole is not None and re.search(whole, text) is None


def may_concern(content: bytes) -> bool:
    """Whether a file may say something about CORS."""
    return any(word in content for word in _WORDS)
