"""What must not be kept of a pasted or recorded request: the values of cookies, credentials, tokens and keys.

Their names and their form stay, because they decide what a browser does; none of their values does. A placeholder is plain ASCII,
so that what is left is still a valid header, URL or body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import unquote

PLACEHOLDER = "redacted"

_SECRET_WORD = re.compile(
    r"(?:\w*token|auth|authorization|authentication|\w*secret|\w*session|sessionid|cookie|cookie2|password|passwd|pwd|passphrase|signature"
    r"|credentials?|key|apikey|jwt|csrf|xsrf|otp|assertion)\Z"
)
_SECRET_PARAMETER = re.compile(
    r"(?:.*[-_.])?(?:(?:\w*token)|(?:\w*secret)|(?:\w*password)|passwd|pwd|passphrase|jwt|sig|signature|(?:api|access|private)[-_]?key"
    r"|session(?:[-_]?id)?|sid|credentials?|otp|pin|cvv|assertion)\Z"
)
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*://)(?P<userinfo>[^/\\]*)@")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCHEMES = frozenset(
    {
        "basic", "bearer", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", 
        "scram-sha-1",
        "scram-sha-256", "vapid", "token", "apikey", "api-key", "jwt", "hawk", "aws4-hmac-sha256", "splunk", "key",
    }
)  # fmt: skip


def is_secret_header(name: str) -> bool:
    """Whether the value of a request header called `name` is likely to be a credential: `Authorization`, `X-API-Key`..."""
    lower = name.lower()
    return not lower.startswith("access-control-") and any(_SECRET_WORD.match(word) for word in re.split(r"[-_.]", lower))


def redact_header(name: str, value: str) -> str:
    """The value of a header without its secret: unchanged for most, `Bearer redacted` for `Authorization: Bearer …`."""
    if not value.strip() or not is_secret_header(name):
        return value
    if name.lower() == "cookie":
        return "; ".join(f"{cookie}={PLACEHOLDER}" for cookie in cookie_names(value))
    scheme, space, _ = value.strip().partition(" ")
    return f"{scheme} {PLACEHOLDER}" if space and scheme.lower() in _SCHEMES else PLACEHOLDER


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Header lines of a request, each without its secret."""
    return tuple((name, redact_header(name, value)) for name, value in headers)


def redact_set_cookie(line: str) -> str:
    """A `Set-Cookie` line without the cookie's value: its name and its attributes stay."""
    pair, semicolon, attributes = line.partition(";")
    name = pair.partition("=")[0].strip() if "=" in pair else ""
    return f"{name}={PLACEHOLDER}{semicolon}{attributes}"


def cookie_names(value: str) -> tuple[str, ...]:
    """The names in a `Cookie` header, in order, each once."""
    names = (pair.partition("=")[0].strip() for pair in value.split(";") if "=" in pair)
    return tuple(dict.fromkeys(name for name in names if name))


def redact_url(url: str) -> tuple[str, tuple[str, ...]]:
    """A URL without user, password and the values of query parameters that carry secrets, and the names of what was hidden."""
    before, hash_, fragment = url.partition("#")
    address, question, query = before.partition("?")
    kept: list[str] = []
    hidden: list[str] = []
    if userinfo := _USERINFO.match(address):
        hidden.append("user and password")
        colon = f":{PLACEHOLDER}" if ":" in userinfo["userinfo"] else ""
        address = f"{userinfo['scheme']}{PLACEHOLDER}{colon}@{address[userinfo.end() :]}"
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if value and _is_secret_parameter(unquote(name)):
            hidden.append(unquote(name))
            pair = f"{name}{equals}{PLACEHOLDER}"
        kept.append(pair)
    return (f"{address}{question}{'&'.join(kept)}{hash_}{fragment}", tuple(hidden)) if hidden else (url, ())


def redact_body(body: str) -> str:
    """A JSON or form body without the values of its secret fields; any other text unchanged."""
    stripped = body.strip()
    if stripped[:1] in {"{", "["}:
        try:
            document = json.loads(stripped)
        except (ValueError, RecursionError):
            return body
        clean = _redact_json(document)
        return body if clean == document else json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
    if "=" in stripped and not re.search(r"\s", stripped):
        return redact_url("?" + body)[0][1:]
    return body


def _redact_json(value: object, depth: int = 0) -> object:
    if depth > 50:
        return PLACEHOLDER
    if isinstance(value, dict):
        return {
            name: PLACEHOLDER if isinstance(item, str) and item and _is_secret_parameter(name) else _redact_json(item, depth + 1)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_redact_json(item, depth + 1) for item in value]
    return value


def _is_secret_parameter(name: str) -> bool:
    return _SECRET_PARAMETER.match(_CAMEL.sub("_", name).lower()) is not None
