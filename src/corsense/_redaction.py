"""What may be shown of a request or a response: names, structure and values known to be harmless. Everything else counts as
secret.

`Redactor` decides by an allow-list. Of a URL it shows host, path segments made of words, and the names of the query; of headers
the values of those that CORS, content negotiation and caching are about; of a body its field names. It remembers what it
hides, so that `text` finds the same values in a sentence, an error message or a traceback. A placeholder is plain ASCII: what
is left is still a valid URL, header or body.

Nothing here changes what is sent.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

PLACEHOLDER = "redacted"
"""Stands for every value that is not shown."""

_SHORTEST_REMEMBERED = 6
_LONGEST_TEXT = 200_000
_DEEPEST = 50

# Values

_HARMLESS_WORDS = frozenset(
    {"", "*", "true", "false", "null", "none", "undefined", "yes", "no", "on", "off", "asc", "desc", "all", "any", "json", "xml",
     "html", "csv", "text", "example", "xmlhttprequest", "fetch", "cors", "no-cors", "same-origin", "include", "omit",
     "change me", PLACEHOLDER,
     "get", "head", "post", "put", "patch", "delete", "options", "query", "connect", "trace",
     "websocket", "polling", "eventsource", "origin", "preflight"}
)  # fmt: skip
"""Words of programs and of the protocols. Hidden, they would be searched for in sentences, which then say less than they mean."""
_NUMBER = re.compile(r"[+-]?\d{1,4}(?:\.\d{1,3})?|\d{4}-\d{2}-\d{2}")
_HARMLESS_NAMES = frozenset(
    {"page", "pages", "per_page", "perpage", "page_size", "pagesize", "limit", "offset", "skip", "take", "size",
     "count", "sort", "sort_by", "order", "order_by", "orderby", "dir", "direction", "lang", "language", "locale",
     "format", "version", "v", "api_version", "fields", "include", "exclude", "expand", "view", "type", "kind",
     "status", "charset", "year", "month", "day", "timezone", "tz", "currency", "country", "region", "unit", "units",
     "depth", "level", "width", "height", "mode",
     "eio", "transport", "client_id", "response_type", "response_mode", "grant_type", "scope", "prompt"}
)  # fmt: skip
_WORDS_AND_NUMBERS = re.compile(r"(?:[A-Za-z]{1,24}|\d{1,6})(?:[ _.,:+/*-]{1,2}(?:[A-Za-z]{1,24}|\d{1,6})){0,7}")
_SECRET_WORD = re.compile(
    r"(?:\w*token|auth\w*|\w*secrets?|\w*session\w*|cookies?|password|passwd|passphrase|pwd|pass|signature|sig|sign|credential|"
    r"\w*key|jwt|jws|csrf|xsrf|otp|pin|cvv|assertion|code|state|nonce|verifier|ticket|saml\w*|sid|hash|hmac|digest|dsn|"
    r"connection_?string)\Z"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Paths

_NUMBERED_WORD = re.compile(r"[A-Za-z]{1,60}\d{0,3}")
_MIXED = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_TEMPLATE = re.compile(r"\{[A-Za-z_]\w{0,60}(?::\w{1,10})?\}")
_LONGEST_NUMBER, _LONGEST_WORD, _LONGEST_MIX, _MIXED_PIECES = 9, 24, 7, 2
_NEXT_IS_SECRET = frozenset(
    {"token", "tokens", "secret", "secrets", "password", "reset", "verify", "verification", "confirm", "confirmation",
     "activate", "activation", "invite", "invites", "invitation", "invitations", "magic", "ticket", "tickets", "key",
     "keys", "share", "unlock", "unsubscribe", "otp", "code", "session", "sessions", "jwt", "auth"}
)  # fmt: skip
_PLAIN_SEGMENT = re.compile(r"[a-z]{1,20}(?:[-_][a-z]{1,20}){0,3}")

# URLs

_AUTHORITY = re.compile(
    r"(?P<before>(?:(?:https?|wss?|ftp):[/\\]*|[A-Za-z][A-Za-z0-9+.\-]*:[/\\]{2}|[/\\]{2}))(?P<authority>[^/\\]*)", re.IGNORECASE
)
_BEGINNINGS_OF_ADDRESSES = ("/", "http://", "https://")
_OPAQUE = re.compile(r"(?P<scheme>data|blob|javascript|mailto|tel|urn|view-source|filesystem|intent):", re.IGNORECASE)

# Headers

_SHOWN_HEADERS = frozenset(
    {"accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "alt-svc",
     "cache-control", "connection", "content-encoding", "content-language", "content-length", "content-range",
     "content-type", "date", "expires", "host", "if-modified-since", "keep-alive", "last-modified", "origin",
     "permissions-policy", "pragma", "priority", "range", "referrer-policy", "retry-after", "server",
     "strict-transport-security", "te", "timing-allow-origin", "trailer", "transfer-encoding", "upgrade",
     "upgrade-insecure-requests", "user-agent", "vary", "via", "x-cache", "x-content-type-options", "x-frame-options",
     "x-powered-by", "x-requested-with"}
)  # fmt: skip
_SHOWN_PREFIXES = ("access-control-", "cross-origin-", "sec-fetch-", "sec-ch-")
_URL_HEADERS = frozenset({"location", "referer", "content-location"})
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_CHALLENGES = frozenset({"www-authenticate", "proxy-authenticate"})
_SCHEMES = frozenset(
    {"basic", "bearer", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1",
     "scram-sha-256", "vapid", "token", "apikey", "api-key", "jwt", "hawk", "aws4-hmac-sha256", "splunk", "key"}
)  # fmt: skip
_SHOWN_ATTRIBUTES = frozenset({"domain", "expires", "max-age", "samesite", "secure", "httponly", "partitioned", "priority"})
_SHOWN_CHALLENGE = frozenset({"realm", "error", "scope", "charset", "algorithm", "qop", "stale"})
_CHALLENGE_PARAMETER = re.compile(r"(?P<name>[\w-]+)\s*=\s*(?:\"(?P<quoted>[^\"]*)\"?|(?P<plain>[^\s,]*))")

# Text

_URL_IN_TEXT = re.compile(r"(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,30}:[/\\]{2}[^\s\"'<>`|\u2026]+")
_TRAILING = re.compile(r"[.,:;!?)\]}*]+\Z")
_PAIR_IN_TEXT = re.compile(r"(?P<before>[?&#]|;[ ]?)(?P<pair>[\w.\-\[\]%]{1,80}=[^\s&;#\"'<>`,)\]}]+)")
_SCHEME_IN_TEXT = re.compile(
    r"\b(?P<scheme>Bearer|Basic|Digest|DPoP|Negotiate|NTLM|Token|ApiKey|Api-Key)(?P<blank>[ \t]+)"
    r"(?P<value>(?!HTTP/\d)[A-Za-z0-9+/=._~:\-]{4,})",
    re.IGNORECASE,
)
_NAMED_IN_TEXT = re.compile(
    r"(?P<name>(?<![\w-])[A-Za-z][\w-]{0,60})(?P<between>[\"']?\s{0,2}(?P<sign>=>?|:)\s{0,2})(?:(?P<quote>[\"'])(?P<quoted>[^\"'\n]{1,2000})"
    r"(?P=quote)|(?P<plain>[^\s\"'<>,;&)\]}`]{3,2000}))"
)
_COOKIES_IN_TEXT = re.compile(
    r"(?P<name>(?P<set>\bset-)?\bcookie[\"']?\s{0,2}:\s{0,2}[\"']?)(?P<value>[^\s\"'=]+=[^\n\"']*)", re.IGNORECASE
)
_USER_OPTION = re.compile(r"(?P<option>(?<!\S)(?:-u|-U|--user|--proxy-user)[ =]?[\"']?)(?P<value>[^\s\"':]+:[^\s\"']+)")
_ONLY_IN_ASSIGNMENTS = frozenset(
    {"key", "code", "state", "hash", "sign", "pass", "auth", "sid", "ticket", "session", "digest", "pin", "nonce", "verifier",
     "cookie", "cookies"}
)  # fmt: skip
_TOKEN = re.compile(
    r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,4}|\b(?:sk|pk|rk|whsec)[_-][\w-]{12,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{12,}"
    r"|\bxox[abeprs]-[\w-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w.-]{10,}|\bSG\.[\w-]{10,}\.[\w-]{10,}"
    r"|\bnpm_\w{20,}|\bpypi-[\w-]{16,}|\bhv[sb]\.[\w-]{16,}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,10000}"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)
_RUN = re.compile(r"[A-Za-z0-9+]{16,}")
_CAMEL_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DOTTED_NAME = re.compile(r"[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){1,6}")
_PATTERN = re.compile(r"[a-z]+\??:(?:\\{0,2}/){2}[^/?#@]*(?:[()|^$+]|\\\.|\.\*)")
_PROSE = re.compile(r"[A-Z]?[a-z]{1,24}[.!?]?")


def is_harmless(value: str) -> bool:
    """Whether an arbitrary value may be shown: a word such as `true` or `json`, a short number, a date."""
    return value.lower() in _HARMLESS_WORDS or _NUMBER.fullmatch(value) is not None


def is_secret_name(name: str) -> bool:
    """Whether a parameter or variable called `name` is likely to hold a credential: `code`, `apiKey`, `X-Amz-Signature`."""
    spelled = _CAMEL.sub("_", name).lower()
    return any(_SECRET_WORD.match(part) for part in (spelled, *re.split(r"[^a-z0-9]+", spelled.replace("_", "-"))) if part)


def cookie_names(value: str) -> tuple[str, ...]:
    """The names in a `Cookie` header, in order, each once."""
    names = (pair.partition("=")[0].strip() for pair in value.split(";") if "=" in pair)
    return tuple(dict.fromkeys(name for name in names if name))


_NOTHING_TO_HIDE: set[tuple[str, str]] = set()
_MOST_REMEMBERED = 4_096
_LONGEST_REMEMBERED = 1_000


class Redactor:
    """Shows what may be shown, and remembers what it hid.

    `public` are texts that must stay readable, such as the page's origin: a value that occurs in one of them is not remembered.
    With `keeps_length` a value is hidden by as many characters as it has, so that columns stay columns. Otherwise, every method
    is idempotent. No method raises.
    """

    def __init__(self, public: Iterable[str] = (), *, keeps_length: bool = False) -> None:
        self._public = "\n".join(public)
        self._keeps_length = keeps_length
        self._hidden: dict[str, None] = {}

    @property
    def hidden(self) -> tuple[str, ...]:
        """The values hidden so far, the longest first."""
        return tuple(sorted(self._hidden, key=len, reverse=True))

    def learn(self, values: Iterable[str]) -> None:
        """Remember values that another redactor hid."""
        for value in values:
            self._remember(value)

    def _remember(self, value: str) -> None:
        if len(value) >= _SHORTEST_REMEMBERED and not is_harmless(value) and value not in self._public:
            self._hidden[value] = None

    def _once(self, kind: str, text: str, show: Callable[[str], str]) -> str:
        """What `show` makes of a text. Reports repeat themselves: a text in which a redactor that knows nothing has nothing to
        hide is only looked through for the values that were hidden since."""
        if (kind, text) in _NOTHING_TO_HIDE:
            if not any(value in text for value in self._hidden):
                return text
        elif not self._hidden:
            shown = show(text)
            if shown == text and not self._hidden and len(text) <= _LONGEST_REMEMBERED:
                if len(_NOTHING_TO_HIDE) >= _MOST_REMEMBERED:
                    _NOTHING_TO_HIDE.clear()
                _NOTHING_TO_HIDE.add((kind, text))
            return shown
        return show(text)

    def _hide(self, value: str) -> str:
        if value and value != PLACEHOLDER:
            for spelling in {value, value.strip(), unquote(value), unquote_plus(value)}:
                self._remember(spelling)
        return self._cover(value)

    def _cover(self, value: str) -> str:
        return "*" * len(value) if self._keeps_length else PLACEHOLDER

    # URLs

    def url(self, url: str) -> str:
        """A URL, absolute or relative: host, words of the path and names of the query stay. The user, the password, other path
        segments, and values that are not harmless do not."""
        return self._once("url", url, self._url)

    def _url(self, url: str) -> str:
        if opaque := _OPAQUE.match(url):
            rest = url[opaque.end() :]
            inner = self.url(rest) if opaque["scheme"].lower() in ("blob", "view-source", "filesystem") else None
            return f"{opaque['scheme']}:{inner if inner is not None else self._hide(rest) if rest else ''}"
        before, hash_, fragment = url.partition("#")
        address, question, query = before.partition("?")
        authority = ""
        if found := _AUTHORITY.match(address):
            authority = found["before"] + self._without_userinfo(found["authority"])
            address = address[found.end() :]
        shown_query, shown_fragment = self.pairs(query) if question else "", self._fragment(fragment)
        # The path last: a value that was hidden in the query is hidden there, too, even if it looks harmless.
        return f"{authority}{self.path(address)}{question}{shown_query}{hash_}{shown_fragment}"

    def _without_userinfo(self, authority: str) -> str:
        userinfo, at, host = authority.rpartition("@")
        if not at:
            return authority
        user, colon, password = userinfo.partition(":")
        return f"{self._hide(user) if user else ''}{colon}{self._hide(password) if password else ''}@{host}"

    def path(self, path: str) -> str:
        """A path: segments made of words, short numbers and template parameters stay."""
        segments = re.split(r"([/\\])", path)
        previous = ""
        for index in range(0, len(segments), 2):
            segment = segments[index]
            if not segment:
                continue
            segments[index] = self._segment(segment, previous)
            previous = unquote(segment).lower()
        return "".join(segments)

    def _segment(self, segment: str, previous: str) -> str:
        name, semicolon, parameters = segment.partition(";")
        words = set(re.split(r"[-_.]", previous))
        after_secret = bool(words & _NEXT_IS_SECRET)
        shown = _is_plain(unquote(name)) if after_secret else _is_made_of_words(unquote(name))
        if _TEMPLATE.search(name) and _TEMPLATE.sub("", name).strip("-._~") == "":
            shown = True
        shown = shown and not any(value in name for value in self._hidden)
        kept = name if shown else self._hide(name)
        return f"{kept};{';'.join(self._pair(pair) for pair in parameters.split(';'))}" if semicolon else kept

    def _fragment(self, fragment: str) -> str:
        before, question, query = fragment.partition("?")
        if question:
            return f"{self._fragment(before)}?{self.pairs(query)}"
        return self.pairs(fragment) if "=" in fragment else self.path(fragment)

    def pairs(self, text: str) -> str:
        """A query or a form: names stay, values do where they are harmless."""
        return "&".join(self._pair(pair) for pair in text.split("&"))

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return pair if _is_plain(unquote_plus(pair)) else self._hide(pair)
        shown_name = name if _is_name(unquote_plus(name)) else self._hide(name)
        spelled, meant = unquote_plus(name), unquote_plus(value)
        shown = _may_show(spelled, meant) or (not is_secret_name(spelled) and self._is_shown_address(meant))
        return f"{shown_name}={value if shown else self._hide(value)}"

    def _is_shown_address(self, value: str) -> bool:
        """Whether a value is an address that would be shown in full where it stands alone: it is not a secret as a parameter."""
        if not value.startswith(_BEGINNINGS_OF_ADDRESSES) or any(hidden in value for hidden in self._hidden):
            return False
        return Redactor().url(value) == value

    # Headers

    def header(self, name: str, value: str) -> str:
        """The value of a header: that of `Vary` stays, of `Authorization` the scheme, of cookies the names and attributes."""
        lower = name.lower()
        return value if not value.strip() else self._once(f"header {lower}", value, partial(self._header, lower))

    def _header(self, lower: str, value: str) -> str:
        if lower == "cookie":
            return "; ".join(self._cookie(pair.strip()) for pair in value.split(";"))
        if lower == "set-cookie":
            return self._set_cookie(value)
        if lower in _CREDENTIALS:
            return self._credentials(value)
        if lower in _CHALLENGES:
            return self._challenge(value)
        if lower in _URL_HEADERS:
            return self.url(value)
        if lower in _SHOWN_HEADERS or lower.startswith(_SHOWN_PREFIXES):
            return self.text(value)
        return value if is_harmless(value.strip()) else self._unknown(value)

    def headers(self, lines: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Header lines, each as `header` shows it."""
        return tuple((name, self.header(name, value)) for name, value in lines)

    def _unknown(self, value: str) -> str:
        scheme, blank, rest = value.strip().partition(" ")
        return self._credentials(value) if blank and rest and scheme.lower() in _SCHEMES else self._hide(value)

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self._hide(pair) if pair else ""
        return f"{name}={self._hide(value.strip().strip(chr(34)))}" if value else pair

    def _set_cookie(self, line: str) -> str:
        pair, *attributes = line.split(";")
        name, equals, value = pair.partition("=")
        self._hide((value if equals else name).strip())
        shown = [f"{name.strip() if equals else ''}={PLACEHOLDER}"]
        for attribute in attributes:
            key, sign, setting = attribute.partition("=")
            if key.strip().lower() == "path":
                attribute = f"{key}{sign}{self.path(setting)}"
            elif sign and key.strip().lower() not in _SHOWN_ATTRIBUTES:
                attribute = f"{key}={self._hide(setting)}"
            shown.append(attribute)
        return ";".join(shown)

    def _credentials(self, value: str) -> str:
        scheme, blank, rest = value.strip().partition(" ")
        if not (blank and scheme.lower() in _SCHEMES):
            return value if value.strip() == "example" else self._hide(value.strip())
        if scheme.lower() == "basic":
            self.learn(_basic(rest))
        if "=" in rest.rstrip("="):
            self.learn(parameter["quoted"] or parameter["plain"] for parameter in _CHALLENGE_PARAMETER.finditer(rest))
        return f"{scheme} {self._hide(rest.strip())}"

    def _challenge(self, value: str) -> str:
        def shown(found: re.Match[str]) -> str:
            setting = found["quoted"] if found["quoted"] is not None else found["plain"]
            if found["name"].lower() in _SHOWN_CHALLENGE and _WORDS_AND_NUMBERS.fullmatch(setting):
                return found[0]
            return f'{found["name"]}="{self._hide(setting)}"'

        scheme, blank, rest = value.strip().partition(" ")
        if "=" not in rest:
            return f"{scheme}{blank}{self._hide(rest)}" if rest.strip() else value
        return f"{scheme} {_CHALLENGE_PARAMETER.sub(shown, rest)}"

    # Bodies

    def body(self, body: str) -> str:
        """A body: of JSON and forms the names and harmless values, of other text nothing. An empty one stays."""
        stripped = body.strip()
        if not stripped or re.fullmatch(r"-{2,6}[\w-]{1,70}--", stripped):
            return body
        if stripped[0] in '{["' or is_harmless(stripped):
            try:
                document = json.loads(stripped)
            except (ValueError, RecursionError):
                return body if is_harmless(stripped) else self._hide(body)
            clean = self._json(document)
            return body if clean == document else json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
        if re.match(r"[\w.\-\[\]%+]{1,80}=", stripped) and not re.search(r"\s", stripped):
            return self.pairs(body)
        return self._hide(body)

    def _json(self, value: object, name: str = "", depth: int = 0) -> object:
        if depth > _DEEPEST:
            return PLACEHOLDER
        if isinstance(value, dict):
            return {
                key if _is_name(key) else self._hide(key): self._json(item, str(key), depth + 1) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._json(item, name, depth + 1) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        text = str(value)
        return value if _may_show(name, text) else self._hide(text)

    # Text

    def text(self, text: str) -> str:
        """A sentence, an error message, a line of a console or a traceback: without the values hidden so far, the secrets of
        URLs, credentials after a scheme or a telling name, and what has the shape of a token."""
        return self._once("text", text, self._text)

    def _text(self, text: str) -> str:
        if len(text) > _LONGEST_TEXT:
            text = text[:_LONGEST_TEXT] + "\u2026"
        text = _URL_IN_TEXT.sub(self._url_in_text, text)
        text = self.known(text)
        text = _PAIR_IN_TEXT.sub(self._pair_in_text, text)
        text = _COOKIES_IN_TEXT.sub(self._cookies_in_text, text)
        text = _SCHEME_IN_TEXT.sub(self._scheme_in_text, text)
        text = _USER_OPTION.sub(lambda found: found["option"] + self._cover(found["value"]), text)
        text = _NAMED_IN_TEXT.sub(self._named_in_text, text)
        text = _TOKEN.sub(lambda found: self._hide(found[0]), text)
        return _RUN.sub(lambda found: self._hide(found[0]) if _is_random(found[0]) else found[0], text)

    def known(self, text: str) -> str:
        """`text` without the values that were hidden so far."""
        for value in self.hidden:
            if value in text:
                text = text.replace(value, self._cover(value))
        return text

    def _url_in_text(self, found: re.Match[str]) -> str:
        if _PATTERN.match(found[0]):  # a regular expression for origins, in which ? begins no query
            return found[0]
        url, end = _without_punctuation(found[0])
        return self.url(url) + end

    def _pair_in_text(self, found: re.Match[str]) -> str:
        pair, end = _without_punctuation(found["pair"])
        return found["before"] + self._pair(pair) + end

    def _cookies_in_text(self, found: re.Match[str]) -> str:
        return found["name"] + self.header("set-cookie" if found["set"] else "cookie", found["value"])

    def _scheme_in_text(self, found: re.Match[str]) -> str:
        if _PROSE.fullmatch(found["value"]):
            return found[0]
        return f"{found['scheme']}{found['blank']}{self._cover(found['value'])}"

    def _named_in_text(self, found: re.Match[str]) -> str:
        quoted = found["quoted"] is not None
        value, end = (found["quoted"], "") if quoted else _without_punctuation(found["plain"])
        if not _names_a_secret(found["name"], found["sign"]) or is_harmless(value) or value.lower() in _SCHEMES:
            return found[0]
        if not quoted and (_is_code(value) or (found["sign"] == ":" and _PROSE.fullmatch(value))):
            return found[0]
        quote = found["quote"] or ""
        scheme, blank, _ = value.partition(" ")
        kept = f"{scheme} " if blank and scheme.lower() in _SCHEMES else ""
        return f"{found['name']}{found['between']}{quote}{kept}{self._cover(value.removeprefix(kept))}{quote}{end}"

    def values(self, value: object, depth: int = 0) -> object:
        """A value of a JSON document, every string in it as `text` shows it."""
        if isinstance(value, str):
            return self.text(value)
        if depth > _DEEPEST:
            return value
        if isinstance(value, Mapping):
            return {key: self.values(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([self.values(item, depth + 1) for item in value])
        return value


def _names_a_secret(name: str, sign: str) -> bool:
    """Whether `name: value` or `name=value` in a text reveals a secret. Words such as `code` and `key` mean many things: they
    count only in assignments."""
    if sign != ":":
        return is_secret_name(name)
    parts = re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name).lower().replace("_", "-"))
    return any(part not in _ONLY_IN_ASSIGNMENTS and _SECRET_WORD.match(part) for part in parts)


def _is_code(value: str) -> bool:
    """Whether a value is an expression of a program rather than a literal: a call, a subscript, a dotted name."""
    return value == "lambda" or re.search(r"[(\[{$]", value) is not None or _DOTTED_NAME.fullmatch(value) is not None


def _is_name(name: str) -> bool:
    """Whether a parameter's name may be shown: a name that people chose."""
    return len(name) <= 80 and not any(_is_random(run[0]) for run in _RUN.finditer(name)) and not _TOKEN.search(name)


def _may_show(name: str, value: str) -> bool:
    if is_harmless(value):
        return not (is_secret_name(name) and value.lower() not in _HARMLESS_WORDS)
    named = re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", name).lower()).strip("_")
    return named in _HARMLESS_NAMES and _WORDS_AND_NUMBERS.fullmatch(value) is not None


def _is_plain(segment: str) -> bool:
    return is_harmless(segment) or _PLAIN_SEGMENT.fullmatch(segment) is not None


def _is_made_of_words(segment: str) -> bool:
    """Whether a segment of a path is made of words and short numbers, as people name things, and not of random characters."""
    pieces = re.split(r"[-_.~ ,:@+*!'()]", segment)
    if len(segment) > 100 or len(pieces) > 12:
        return False
    mixed = sum(_MIXED.search(piece) is not None for piece in pieces)
    return mixed <= _MIXED_PIECES and all(map(_is_word_or_number, pieces)) and not _changes_case_often(segment)


def _is_word_or_number(piece: str) -> bool:
    if piece.isascii() and piece.isdigit():
        return len(piece) <= _LONGEST_NUMBER or len(set(piece)) <= 2  # the example of a UUID
    if _NUMBERED_WORD.fullmatch(piece):
        return all(len(word) <= _LONGEST_WORD for word in _CAMEL_WORD.findall(piece))
    return not piece or (piece.isalnum() and len(piece) <= _LONGEST_MIX) or not piece.isascii()


def _changes_case_often(text: str) -> bool:
    """Whether upper and lower case alternate as in base64 rather than in camelCase."""
    words = _CAMEL_WORD.findall(text)
    return len(words) > 5 and sum(map(len, words)) / len(words) <= 2.3


def _is_random(run: str) -> bool:
    """Whether a run of letters and digits looks generated: a digest, a key, a token."""
    if len(set(run)) < 8:
        return False
    normalized = re.findall(r"[A-Za-z]+", run)
    changes = sum(before.isdigit() != after.isdigit() for before, after in pairwise(run))
    return (len(run) >= 16 and bool(normalized) and changes >= 4) or (len(run) >= 20 and _changes_case_often(run))


def _without_punctuation(text: str) -> tuple[str, str]:
    """What a sentence quotes, and the punctuation of the sentence behind it."""
    end = _TRAILING.search(text)
    return (text[: end.start()], end[0]) if end else (text, "")


def _basic(value: str) -> list[str]:
    try:
        decoded = b64decode(value.strip() + "==").decode("utf-8", "replace")
    except ValueError:
        return []
    return [decoded, *decoded.split(":", 1)]


@lru_cache(maxsize=4096)
def redact_url(url: str) -> str:
    """A URL as `Redactor.url` shows it."""
    return Redactor().url(url)


def redact_text(text: str) -> str:
    """A text as `Redactor.text` shows it."""
    return Redactor().text(text)


def redact_path(path: str) -> str:
    """A path as `Redactor.path` shows it."""
    return Redactor().path(path)
