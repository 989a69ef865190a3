"""`Policy`: the immutable, validated statement of which pages may do what."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never, Self, TypeGuard

from corsense.errors import quoted
from corsense.faults import Fault, PolicyError
from corsense.fetch.engines import LONGEST_AGE
from corsense.fetch.safelist import SAFELISTED_METHODS, is_token
from corsense.origin import MAX_ORIGIN, OriginSet
from corsense.policy.client_needs import ClientNeeds, client_needs
from corsense.policy.decision import Decision, Reason
from corsense.policy.headers import read_expose_headers, read_request_headers
from corsense.policy.keywords import HATCHES, unknown_keyword
from corsense.policy.methods import read_methods
from corsense.policy.origins import (
    OriginList,
    Origins,
    Resolver,
    insecure_development_origins,
    insecure_faults,
    public_suffix_faults,
    read_origins,
    read_regex,
    regex_credential_faults,
)
from corsense.policy.resolver import is_asked_about

if TYPE_CHECKING:
    from corsense.fetch.request import FetchRequest
    from corsense.fetch.trace import EngineName
    from corsense.origin.regex import OriginRegex
    from corsense.policy.comparison import PolicyDiff

MAX_METHOD = 64
"""The longest method that `methods=["*"]` allows."""


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """How a policy's `origin_resolver` is asked: within `timeout` seconds, the answer kept for `ttl` seconds (0: not at all)
    among at most `cache_size` others. A missing answer, an exception and a late answer refuse the origin, and are not kept."""

    resolve: Resolver
    timeout: float = 1.0
    ttl: float = 60.0
    cache_size: int = 1024


class Policy:
    """Which pages may do what with an API. Immutable, validated, equal by value.

    All faults are reported at once: construction raises `PolicyError`, each of whose `faults` names the field, the value, why it
    is invalid and what to write instead. For each field, what is permitted and prohibited, and why:

    **origins**: patterns of the pages' origins (see `OriginPattern.parse`), or `"*"` for every origin. Permitted:
    `["https://app.example.com", "https://*.example.com", "http://localhost:*", "capacitor://localhost"]`; `"*"`. Prohibited: a
    string in place of a list; a wildcard other than whole leading labels or the port; a regular expression; a trailing slash, a
    path, a user, upper case, Unicode, the default port (browsers send none of these, so it would match no page); `null` (any page
    can have that origin) and `file:`; `"*"` beside others; `"*"` with `credentials=True`; none at all, when there is no
    `origin_regex` and no `origin_resolver` either.

    **origin_regex**: a regular expression that must match the whole origin, in the syntax of `re`. It is compiled to a finite
    automaton and matched in linear time; it sees visible ASCII only, as browsers send it (lower case, Punycode). Prohibited: what
    no automaton can match (look-around, `\\b`, references to groups, possessive quantifiers), and an automaton that grows too
    large; an expression that also admits foreign origins (the fault shows the shortest), unless `dangerously_allow_broad_regex`;
    with credentials, one that admits `http://`, unless `dangerously_allow_insecure_origins`, and one that leaves the name below a
    public suffix open (`https://myproj-[a-z0-9-]+-team\\.vercel\\.app`), unless `dangerously_allow_public_suffixes`.

    **origin_resolver**: a function or coroutine function that decides about origins that neither list nor expression covers. It
    has `origin_resolver_timeout` seconds, its answers are kept for `origin_resolver_ttl` seconds among at most
    `origin_resolver_cache` others, and any failure refuses the origin.

    **credentials**: whether pages may send cookies (and HTTP authentication, client certificates) and read the answer. A bearer
    token that script sets needs no credentials but `request_headers=["Authorization"]`. A list of patterns instead of True gives
    cookies to these pages only; the others of `origins` stay anonymous. Prohibited: with `"*"`; with an `http:` origin that is
    not this machine (anyone on the network can forge its pages), unless `dangerously_allow_insecure_origins` or on a host of a
    developer's network (see `insecure_development_origins`); with a wildcard below a public suffix such as `https://*.github.io`
    (anyone can publish such a page), unless `dangerously_allow_public_suffixes`; patterns that `origins` does not allow.

    **methods**: what pages may use beyond GET, HEAD and POST, which always pass (Fetch, *CORS-safelisted method*).
    Case-sensitive. `["*"]`: every method. Prohibited: CONNECT, TRACE, TRACK (browsers forbid them to script), `patch` for
    `PATCH`, invalid tokens. OPTIONS is needed only for script that calls it itself.

    **request_headers**: what pages may send beyond the safelisted ones, any case. `Content-Type` is needed for JSON. `["*"]`:
    all, but `Authorization` only when it is named too or credentials are allowed. Prohibited: what browsers do not let script set
    (`Cookie`, `Host`, `Sec-...`), response headers (`Access-Control-Allow-...`), invalid tokens.

    **expose_headers**: which response headers script can read beyond the safelisted seven. `["*"]`: all, but not with
    credentials, where browsers take the star literally. Prohibited: `Set-Cookie`, request headers, invalid tokens.

    **max_age**: seconds a browser may keep a preflight's answer, -1 to 86,400; None leaves it to the browser (5), -1 and 0
    forbid it.

    **clients**: names of client profiles (`corsense.clients`, listed by `corsense clients`), such as `["mcp", "tus"]`: adds the
    methods, request headers and exposed headers that these clients need, and nothing else.

    **private_network**: answer `Access-Control-Request-Private-Network`, which older Chromium sends before a public page calls a
    private address. **websockets**: hold the `Origin` of WebSocket handshakes against the same list; browsers do not. They send
    cookies along with every handshake, whatever `credentials` says, so list only pages that you trust with cookies.

    Source: the values and their reasons follow jub0bs/cors, `Config`; Fetch, *CORS protocol and credentials*.
    """

    __slots__ = (
        "_hash",
        "allows_any_header",
        "allows_any_method",
        "any_origin",
        "credential_set",
        "credentials",
        "dangerously_allow_any_origin_with_credentials",
        "dangerously_allow_broad_regex",
        "dangerously_allow_insecure_origins",
        "dangerously_allow_public_suffixes",
        "expose_headers",
        "exposes_any_header",
        "max_age",
        "methods",
        "origin_resolver",
        "origin_set",
        "origins",
        "private_network",
        "regex",
        "request_headers",
        "resolver",
        "websockets",
    )

    origins: tuple[str, ...]
    """The patterns as text, each once, in the order given; `("*",)` when any origin is allowed."""
    any_origin: bool
    origin_set: OriginSet
    regex: OriginRegex | None
    """The expression, compiled to an automaton that matches in linear time."""
    origin_resolver: Resolver | None
    resolver: ResolverSettings | None
    credentials: bool
    """Whether some page may send cookies; `credentials_for` says which."""
    credential_set: OriginSet | None
    """The origins that may send cookies; None: all that are allowed, if `credentials`."""
    methods: frozenset[str]
    """Without the star, which is `allows_any_method`; the safelisted three are not listed unless they were given."""
    allows_any_method: bool
    request_headers: frozenset[str]
    """In lower case, without the star, which is `allows_any_header`."""
    allows_any_header: bool
    expose_headers: tuple[str, ...]
    """As written, without the star, which is `exposes_any_header`."""
    exposes_any_header: bool
    max_age: int | None
    private_network: bool
    websockets: bool
    dangerously_allow_insecure_origins: bool
    dangerously_allow_public_suffixes: bool
    dangerously_allow_any_origin_with_credentials: bool
    dangerously_allow_broad_regex: bool
    _hash: int | None

    def __init__(
        self,
        *,
        origins: Origins = (),
        origin_regex: str | re.Pattern[str] | OriginRegex | None = None,
        origin_resolver: Resolver | None = None,
        origin_resolver_timeout: float = 1.0,
        origin_resolver_ttl: float = 60.0,
        origin_resolver_cache: int = 1024,
        credentials: bool | Origins = False,
        methods: Iterable[str] = (),
        request_headers: Iterable[str] = (),
        expose_headers: Iterable[str] = (),
        max_age: int | None = None,
        private_network: bool = False,
        websockets: bool = False,
        clients: Iterable[str] = (),
        dangerously_allow_insecure_origins: bool = False,
        dangerously_allow_public_suffixes: bool = False,
        dangerously_allow_any_origin_with_credentials: bool = False,
        dangerously_allow_broad_regex: bool = False,
        **unknown: Never,
    ) -> None:
        others: Mapping[str, object] = unknown
        faults = [unknown_keyword(name, value) for name, value in others.items()]
        put = object.__setattr__
        put(self, "dangerously_allow_insecure_origins", dangerously_allow_insecure_origins)
        put(self, "dangerously_allow_public_suffixes", dangerously_allow_public_suffixes)
        put(self, "dangerously_allow_any_origin_with_credentials", dangerously_allow_any_origin_with_credentials)
        put(self, "dangerously_allow_broad_regex", dangerously_allow_broad_regex)

        listed, found = read_origins("origins", origins)
        nothing_wrong_with_origins = not found
        faults += found
        put(self, "origins", ("*",) if listed.any_origin else listed.texts)
        put(self, "any_origin", listed.any_origin)
        put(self, "origin_set", listed.index)

        regex, found = read_regex(origin_regex, tolerate_broad=dangerously_allow_broad_regex)
        faults += found
        put(self, "regex", regex)
        put(self, "origin_resolver", origin_resolver)
        settings, found = _read_resolver(origin_resolver, origin_resolver_timeout, origin_resolver_ttl, origin_resolver_cache)
        faults += found
        put(self, "resolver", settings)
        if nothing_wrong_with_origins and not (listed.any_origin or listed.texts or origin_regex or origin_resolver):
            message = "there is no origin, regular expression or resolver, so the policy allows no page."
            remedy = "List the origins of your pages; if no other origin calls the API, remove the CORS layer."
            faults.append(Fault("origins", origins, "no-origins", message, remedy))

        faults += self._take_credentials(credentials, listed)
        needs, found = client_needs(clients)
        faults += found
        faults += self._take_names(methods, request_headers, expose_headers, needs)
        faults += _max_age_faults(max_age)
        put(self, "max_age", max_age)
        for name, value in (("private_network", private_network), ("websockets", websockets)):
            faults += _bool_faults(name, value)
            put(self, name, value)
        for name in HATCHES:
            faults += _bool_faults(name, getattr(self, name))
        put(self, "_hash", None)
        if faults:
            raise PolicyError(faults)

    def _take_credentials(self, given: object, listed: OriginList) -> list[Fault]:
        put = object.__setattr__
        put(self, "credential_set", None)
        put(self, "credentials", given is True)
        if given is False:
            return []
        if given is True:
            return self._credential_faults("origins", listed)
        if isinstance(given, str):
            return [_credentials_as_text(given)]
        if not isinstance(given, Iterable):
            return _bool_faults("credentials", given)
        trusted, faults = read_origins("credentials", given)
        if trusted.any_origin:
            message = "'*' would give cookies to every page, and browsers reject '*' in a response with credentials."
            return [Fault("credentials", given, "wildcard-with-credentials", message, "List the origins that you trust.")]
        put(self, "credentials", bool(trusted.texts))
        put(self, "credential_set", trusted.index)
        return faults + self._credential_faults("credentials", trusted) + self._untrusted_pages(trusted)

    def _credential_faults(self, field: str, trusted: OriginList) -> list[Fault]:
        faults: list[Fault] = []
        if trusted.any_origin and not self.dangerously_allow_any_origin_with_credentials:
            message = "'*' with credentials would let every page on the web act with the user's cookies and read the responses."
            remedy = "List the origins that you trust; or leave credentials out, which bearer tokens do not need."
            faults.append(Fault(field, "*", "wildcard-with-credentials", message, remedy))
        if not self.dangerously_allow_insecure_origins:
            faults += insecure_faults(field, trusted)
        if not self.dangerously_allow_public_suffixes:
            faults += public_suffix_faults(field, trusted.patterns)
        if self.regex is not None and field == "origins":
            faults += regex_credential_faults(
                self.regex,
                insecure=self.dangerously_allow_insecure_origins,
                public_suffixes=self.dangerously_allow_public_suffixes,
            )
        return faults

    def _untrusted_pages(self, trusted: OriginList) -> list[Fault]:
        """Patterns that may send cookies but are not allowed."""
        if self.any_origin or self.regex is not None or self.origin_resolver is not None or not self.origins:
            return []
        wildcards = tuple(self.origin_set.wildcards())
        return [
            Fault(
                "credentials",
                str(pattern),
                "credentials-not-allowed",
                f"{quoted(str(pattern))} may send cookies, but origins does not allow it.",
                "Add it to origins.",
            )
            for pattern in trusted.parsed()
            if not (pattern.is_exact and self.origin_set.match(str(pattern).encode()))
            and not any(wide.covers(pattern) for wide in wildcards)
        ]

    def _take_names(self, methods: object, request_headers: object, expose_headers: object, needs: ClientNeeds) -> list[Fault]:
        put = object.__setattr__
        listed, faults = _entries("methods", methods, "PUT")
        names, found = read_methods([*listed, *needs.methods])
        put(self, "methods", frozenset(names) - {"*"})
        put(self, "allows_any_method", "*" in names)
        faults += found
        listed, found = _entries("request_headers", request_headers, "Content-Type")
        names, more = read_request_headers([*listed, *needs.request_headers])
        put(self, "request_headers", frozenset(names) - {"*"})
        put(self, "allows_any_header", "*" in names)
        faults += found + more
        listed, found = _entries("expose_headers", expose_headers, "X-Request-ID")
        known = {name.lower() for name in listed if isinstance(name, str)}
        names, more = read_expose_headers([*listed, *(name for name in needs.expose_headers if name not in known)])
        put(self, "expose_headers", tuple(name for name in names if name != "*"))
        put(self, "exposes_any_header", "*" in names)
        faults += found + more
        if "*" in names and self.credentials:
            message = "with credentials browsers read '*' as a header name, so it exposes nothing."
            faults.append(Fault("expose_headers", "*", "expose-wildcard-with-credentials", message, "Name the headers."))
        return faults

    # Presets.

    @classmethod
    def development(cls, **changes: Any) -> Self:
        """Allows every port of this machine, with cookies, every method and every header. `changes` are keywords of `Policy` that
        replace these values. Not for servers that others can reach."""
        from corsense.policy.presets import DEVELOPMENT

        return cls(**{**DEVELOPMENT, **changes})

    @classmethod
    def production(cls, origins: Origins = (), **changes: Any) -> Self:
        """`origins` only, over https, with the methods and headers of a JSON API, preflights kept for ten minutes; `changes` are
        keywords of `Policy`. Also refuses leftovers of development: this machine's origins, `http:`, `"*"`."""
        from corsense.policy.presets import PRODUCTION, make_for_production

        listed = tuple(origins) if isinstance(origins, Iterator) else origins
        return make_for_production(cls, {**PRODUCTION, "origins": listed, **changes})

    @classmethod
    def public_api(cls, **changes: Any) -> Self:
        """Everyone may call, no one with cookies: every origin, method and header (`Authorization` included), every header of the
        answer, preflights kept as long as browsers do. `changes` are keywords of `Policy`."""
        from corsense.policy.presets import PUBLIC_API

        return cls(**{**PUBLIC_API, **changes})

    @classmethod
    def mobile(cls, origins: Iterable[str] = (), **changes: Any) -> Self:
        """The origins of Capacitor, Ionic and Tauri apps (which differ by the system), and `origins`, with the methods and
        headers of a JSON API, without cookies. `changes` are keywords of `Policy`. Every app made with these has the same
        origin, so let a token tell your own."""
        from corsense.policy.presets import MOBILE

        listed = origins if isinstance(origins, str) else tuple(dict.fromkeys((*MOBILE["origins"], *origins)))
        return cls(**{**MOBILE, "origins": listed, **changes})

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, prefix: str = "CORS_", aliases: Iterable[str] = (), **changes: Any
    ) -> Self:
        """The policy that environment variables spell: `CORS_ORIGINS`, `CORS_CREDENTIALS`, ..., one for each keyword.

        Lists are separated by commas, spaces or new lines, or are JSON. `aliases` are further names for the origins
        (`ALLOWED_ORIGINS`). `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` chooses the preset whose values stand where no variable is
        set: `development()` or `production()`; without any, `Policy`'s own. Files (`.env`) are what `CORSSettings` reads.
        Raises `PolicyError` whose faults name the variables.
        """
        import os

        from corsense.policy.environment import keywords_from_environment, named_after_variables, rules_of

        environment = os.environ if environ is None else environ
        read = keywords_from_environment(environment, prefix=prefix, aliases=tuple(aliases))
        with named_after_variables(read.names, read.faults, f"{prefix}ORIGINS"):
            return rules_of(environment, cls)(**{**read.values, **changes})

    # Answers.

    def credentials_for(self, origin: str) -> bool:
        """Whether a page of `origin`, which is assumed to be allowed, may send cookies and read the answer."""
        if self.credential_set is None:
            return self.credentials
        return self.credentials and origin in self.credential_set

    def allows_origin(self, origin: str, *, resolved: bool | None = None) -> bool:
        """Whether a page of `origin` is allowed; `resolved` is the resolver's answer, None when it was not called."""
        return self._origin_reason(origin, resolved) is None

    def allows_method(self, method: str) -> bool:
        """Whether pages may use `method`, spelt as on the wire."""
        if method in SAFELISTED_METHODS or method in self.methods:
            return True
        return self.allows_any_method and len(method) <= MAX_METHOD and is_token(method)

    def allows_header(self, name: str, *, credentials: bool = False) -> bool:
        """Whether pages may send the header `name` (lower case); `credentials`: they may send cookies, too, which makes
        `request_headers=["*"]` stand for `authorization` as well."""
        if name in self.request_headers:
            return True
        return self.allows_any_header and (name != "authorization" or credentials)

    def decide(
        self,
        origin: str | None,
        method: str = "GET",
        headers: Iterable[str] = (),
        *,
        credentials: bool = False,
        private_network: bool = False,
        resolved: bool | None = None,
        admitted: bool = False,
    ) -> Decision:
        """The answer to one request of a page of `origin` (None: no `Origin` header, so CORS does not apply).

        `method` is as on the wire, `headers` are the names that need a permission (those of `Access-Control-Request-Headers`, any
        case), `credentials` means that the page sends cookies, `private_network` that the browser asks for it. `resolved` is what
        the resolver said; without it an origin that only the resolver can know is refused. `admitted`: take the origin for
        allowed, whatever the lists say, because a subclass of the middleware decided so.
        """
        if origin is None:
            return Decision(True, None, None)
        reason = None if admitted else self._origin_reason(origin, resolved)
        if reason is not None:
            return Decision(False, reason, origin, origin)
        may = self.credentials_for(origin)
        if credentials and not may:
            return Decision(False, Reason.CREDENTIALS_NOT_ALLOWED, origin, origin, may)
        if private_network and not self.private_network:
            return Decision(False, Reason.PRIVATE_NETWORK_NOT_ALLOWED, origin, origin, may)
        if not self.allows_method(method):
            return Decision(False, Reason.METHOD_NOT_ALLOWED, origin, method, may)
        for name in headers:
            if not self.allows_header(name.lower(), credentials=may):
                return Decision(False, Reason.HEADER_NOT_ALLOWED, origin, name, may)
        return Decision(True, None, origin, None, may)

    def permits(self, request: FetchRequest, *, engine: EngineName = "chromium", resolved: bool | None = None) -> bool:
        """Whether a browser allows the page what it asks for, if the API answers by this policy.

        The browser's own rules count too: a request to the page's own origin is permitted, one that the browser refuses to send
        is not. A synchronous resolver is asked about an origin that nothing else lets in, and its answer counts as it does in the
        middleware: only `True`, and only within the time limit. Of an asynchronous one `resolved` says the answer.
        """
        from corsense.policy.verdict import permits

        return permits(self, request, engine, resolved)

    @property
    def insecure_development_origins(self) -> tuple[str, ...]:
        """The `http:` patterns that may send cookies, of hosts that exist only on a developer's network (`http://frontend:3000`,
        `http://192.168.1.5:3000`). They are not a fault, but do not belong in production: there the middleware and `production()`
        refuse them, elsewhere the middleware warns. None where `dangerously_allow_insecure_origins` is set."""
        if not self.credentials or self.dangerously_allow_insecure_origins:
            return ()
        trusted = self.origins if self.credential_set is None else map(str, self.credential_set.patterns())
        return insecure_development_origins(() if self.any_origin and self.credential_set is None else trusted)

    def explain(self, origin: str) -> str:
        """What the policy says about a page of `origin`, and why: the entry that lets it in, or the nearest one and how it
        differs."""
        from corsense.policy.explanation import explain

        return explain(self, origin)

    def diff(self, other: Policy) -> PolicyDiff:
        """What changes when `other` replaces this policy: who gains, and who loses."""
        from corsense.policy.comparison import compare

        return compare(self, other)

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema of a policy as a document, such as `[tool.corsense.policy]` of `pyproject.toml`."""
        from corsense.policy.document import json_schema

        return json_schema()

    def document(self) -> dict[str, Any]:
        """The policy as a JSON document: the keywords that differ from their defaults. It cannot hold a resolver."""
        from corsense.policy.document import document

        return document(self)

    def _origin_reason(self, origin: str, resolved: bool | None) -> Reason | None:
        if self.any_origin:
            return None
        if not origin or len(origin) > MAX_ORIGIN or not origin.isascii():
            return Reason.ORIGIN_MALFORMED
        sent = origin.encode()
        if self.origin_set.match(sent) or (self.regex is not None and self.regex.match(sent)):
            return None
        if self.resolver is None or resolved is False or not is_asked_about(origin):
            return Reason.ORIGIN_NOT_ALLOWED
        return None if resolved else Reason.ORIGIN_UNRESOLVED

    # A value.

    def _keywords(self) -> dict[str, Any]:
        """The keywords that make an equal policy, without those that have their default values."""
        from corsense.policy.document import keywords

        return keywords(self)

    def _key(self) -> tuple[object, ...]:
        return (
            self.any_origin, self.origin_set, self.regex, self.resolver, self.credentials, self.credential_set, self.methods,
            self.allows_any_method, self.request_headers, self.allows_any_header,
            frozenset(name.lower() for name in self.expose_headers), self.exposes_any_header, self.max_age,
            self.private_network, self.websockets, self.dangerously_allow_insecure_origins,
            self.dangerously_allow_public_suffixes, self.dangerously_allow_any_origin_with_credentials,
            self.dangerously_allow_broad_regex,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Policy) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(self._key()) or 1)
        return self._hash or 0

    def __repr__(self) -> str:
        return f"Policy({', '.join(f'{name}={value!r}' for name, value in self._keywords().items())})"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a policy cannot be changed; make another one with {name}={value!r}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a policy cannot be changed; make another one")

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self._keywords(),)

    def replace(self, **changes: Any) -> Policy:
        """A policy with some keywords changed."""
        return Policy(**{**self._keywords(), **changes})


def _restore(keywords: dict[str, Any]) -> Policy:
    return Policy(**keywords)


def _entries(field: str, given: object, example: str) -> tuple[Iterable[object], list[Fault]]:
    if given == "*":
        return ("*",), []
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        message = f"{quoted(given)} must be a list{', not a string' if isinstance(given, str) else ''}."
        entries = re.split(r"[,;\s]+", given.strip(" ,;\t\r\n")) if isinstance(given, str) and given.strip() else [example]
        return (), [Fault(field, given, "invalid-cors-header", message, f"Write {field}={quoted(entries)}.")]
    return given, []


def _credentials_as_text(given: str) -> Fault:
    message = f"{quoted(given)} must be True, False or a list of origins, not a string."
    remedy = f"Write credentials={given.strip().lower() in ('true', '1', 'yes', 'on')}." if "://" not in given else (
        f"Write credentials=[{quoted(given)}].")  # fmt: skip
    return Fault("credentials", given, "origins-not-a-list" if "://" in given else "flag-not-a-bool", message, remedy)


def _bool_faults(field: str, value: object) -> list[Fault]:
    if isinstance(value, bool):
        return []
    message = f"{quoted(value)} must be True or False."
    if isinstance(value, str):
        message += " Any text counts as true."
    return [Fault(field, value, "flag-not-a-bool", message, f"Write {field}=True, or leave it out.")]


def _max_age_faults(given: object) -> list[Fault]:
    if given is None:
        return []
    if not isinstance(given, int) or isinstance(given, bool):
        message = f"{quoted(given)} is not a number of seconds."
        return [Fault("max_age", given, "max-age-out-of-range", message, "Write max_age=600, or leave it out.")]
    if given < -1:
        message = f"{quoted(given)} is negative; only -1 is allowed, which tells browsers to keep nothing."
        return [Fault("max_age", given, "max-age-out-of-range", message, "Write max_age=-1, or leave it out.")]
    if given > LONGEST_AGE:
        message = f"{quoted(given)} seconds is longer than any browser keeps a preflight: Firefox one day, Chromium two hours."
        return [Fault("max_age", given, "max-age-out-of-range", message, f"Write max_age={LONGEST_AGE}, or less.")]
    return []


def _read_resolver(resolve: object, timeout: object, ttl: object, cache: object) -> tuple[ResolverSettings | None, list[Fault]]:
    if resolve is None:
        return None, []
    if not callable(resolve):
        message = f"{quoted(resolve)} is not callable."
        return None, [Fault("origin_resolver", resolve, "resolver-limits", message, "Pass a function that takes the origin.")]
    faults = [
        Fault(f"origin_resolver_{name}", value, "resolver-limits", f"{quoted(value)} is not a number {of}.", f"Write {instead}.")
        for name, value, good, of, instead in (
            ("timeout", timeout, _is_number(timeout) and timeout > 0, "of seconds above 0", "origin_resolver_timeout=1.0"),
            ("ttl", ttl, _is_number(ttl) and ttl >= 0, "of seconds", "origin_resolver_ttl=60"),
            ("cache", cache, isinstance(cache, int) and cache > 0, "of origins above 0", "origin_resolver_cache=1024"),
        )
        if not good
    ]
    if faults or not (_is_number(timeout) and _is_number(ttl) and isinstance(cache, int)):
        return None, faults
    return ResolverSettings(resolve, timeout, ttl, cache), []


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
