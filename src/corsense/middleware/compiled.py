"""`CompiledPolicy`: a `Policy` in the form that requests are judged by: bytes, sets, header lines made beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from corsense.middleware.response_headers import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    MAX_AGE,
    Pair,
    Pairs,
)
from corsense.observe.rollout import rollout_reaches
from corsense.origin import MAX_ORIGIN
from corsense.policy.policy import MAX_METHOD

if TYPE_CHECKING:
    from corsense.middleware.resolver import OriginResolver
    from corsense.origin.regex import OriginRegex
    from corsense.policy import Policy

SAFELISTED_METHODS: Final = ("GET", "HEAD", "POST")
COMMON_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
MOST_ASKED_BYTES: Final = 8192
"""Longest `Access-Control-Request-Headers`, lines joined, that is read where any header is allowed."""
MOST_ASKED_LINES: Final = 16
SPARE_BYTES: Final = 256
"""What `Access-Control-Request-Headers` may have beyond the names that are allowed, in empty elements and white space."""

ORIGIN_REFUSED: Final = b"Disallowed CORS origin"
"""The body of the answer to a preflight from an origin that is not allowed, as Starlette writes it."""
HEADERS_REFUSED: Final = b"Disallowed CORS headers"
METHOD_REFUSED: Final = b"Disallowed CORS method"
BOTH_REFUSED: Final = b"Disallowed CORS method, headers"
TOO_LONG: Final = b","
"""Stands for requested header names that were not read because there are too many."""
LONGEST_QUOTE: Final = 200
"""How many bytes of a refused value are kept for the log."""
TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")

_MOST_KNOWN = 1024
_VARY_ORIGIN: Final = (b"vary", b"Origin")
_PREFLIGHT_VARY: Final = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_TOKENS = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PRINTABLE = re.compile(rb"[!-~]+")


QuickAnswer = tuple[int, Pairs, bytes, bytes | None]
"""Status, headers and body of an answer, and what is refused, as `refusal_key` says it; None for nothing."""


def refusal_key(values: tuple[bytes, ...]) -> bytes:
    """One value for all that one answer refuses: `b""` for the origin, which is refused alone, else the method, the names of
    headers, or both."""
    return values[0] if len(values) == 1 else b" ".join(values)


class CompiledPolicy:
    """What the middleware knows about one policy. Built once, never changed; all header lines are made beforehand.

    - `always`: the headers of every answer where they are the same for everybody (`*`, no credentials), else None.
    - `exact`, `further`: the origins that are listed, and the question to ask about all others (None: no others).
    - `without`: the headers of an answer to a request without `Origin`, or with one that is not allowed; `varied`: those of any
      answer to `OPTIONS`, whose nature as a preflight depends on more headers.
    - `granted`: the headers of an answer to an allowed origin, after `Access-Control-Allow-Origin`; None where credentials
      differ by origin, so that `tail` has to be asked.
    - `candidate`, `rollout`: the policy that is tried beside this one, and the share of origins that it applies to. `live`: of a
      candidate, the policy beside which it is tried. They belong to the policy, so that a request sees all of what `reconfigure`
      changes, or nothing.
    - `asks`: about some origins a function has to be asked each time.
    """

    __slots__ = (
        "_asked",
        "_known",
        "_preflight_tails",
        "_quick_tail",
        "always",
        "any_header",
        "any_method",
        "any_origin",
        "asked_limit",
        "asks",
        "both_refused",
        "candidate",
        "closed",
        "credentials_for",
        "decided_by",
        "exact",
        "further",
        "granted",
        "headers_refused",
        "live",
        "method_refused",
        "methods",
        "names",
        "origin_refused",
        "policy",
        "private_network",
        "regex",
        "resolver",
        "rollout",
        "tails",
        "varied",
        "websockets",
        "without",
    )

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.any_origin: bool = policy.any_origin
        self.exact = policy.origin_set.exact
        self.regex: OriginRegex | None = policy.regex
        # Not shared: a resolver's answers belong to the policy that asked.
        self.resolver: OriginResolver | None = None
        if policy.resolver is not None:
            from corsense.middleware.resolver import OriginResolver

            self.resolver = OriginResolver(policy.resolver)
        self.asks = self.resolver is not None
        self.closed = False
        # What decides about origins in place of the policy, for the log.
        self.decided_by: str | None = None
        self.credentials_for: Callable[[str], bool] | None = None
        self.candidate: CompiledPolicy | None = None
        self.live: CompiledPolicy | None = None
        self.rollout = 0.0
        self.private_network: bool = policy.private_network
        self.websockets: bool = policy.websockets
        uniform = policy.credentials
        if policy.credentials and policy.credential_set is not None:
            uniform, self.credentials_for = False, policy.credentials_for
        self._compile_origins(uniform)
        self._compile_preflight(uniform)

    def _compile_origins(self, credentials: bool) -> None:
        policy = self.policy
        exposed = "*" if policy.exposes_any_header else ", ".join(policy.expose_headers)
        expose: Pairs = ((EXPOSE_HEADERS, exposed.encode()),) if exposed else ()
        constant = self.any_origin and not credentials and self.credentials_for is None
        self.always: Pairs | None = ((ALLOW_ORIGIN, b"*"), *expose) if constant else None
        self.without: Pairs = (_VARY_ORIGIN,)
        anonymous: Pairs = (*expose, _VARY_ORIGIN)
        self.tails: tuple[Pairs, Pairs] = (anonymous, (ALLOW_CREDENTIALS, *anonymous))
        self.granted: Pairs | None = None if self.credentials_for is not None or self.any_origin else self.tails[credentials]
        open_ended = policy.origin_set.has_patterns or self.regex is not None or self.any_origin
        self.further: Callable[[bytes], bool] | None = self._further if open_ended else None
        self._known: dict[bytes, bool] = {}

    def _compile_preflight(self, credentials: bool) -> None:
        policy = self.policy
        vary = _PREFLIGHT_VARY + (b", Access-Control-Request-Private-Network" if self.private_network else b"")
        self.varied: Pairs = ((b"vary", vary),)
        self.origin_refused: Pairs = (*self.varied, (b"content-length", str(len(ORIGIN_REFUSED)).encode()), TEXT)
        self.any_method: bool = policy.allows_any_method
        self.methods = frozenset(method.encode() for method in (*SAFELISTED_METHODS, *policy.methods) if method != "*")
        self.any_header: bool = policy.allows_any_header
        self.names = frozenset(name.encode() for name in policy.request_headers if name != "*")
        # Browsers send each name once; one engine repeats what script repeats.
        named = sum(len(name) + 1 for name in self.names)
        self.asked_limit = MOST_ASKED_BYTES if self.any_header else min(MOST_ASKED_BYTES, 2 * named + SPARE_BYTES)
        age: Pairs = () if policy.max_age is None else ((MAX_AGE, str(max(0, policy.max_age)).encode()),)
        common: Pairs = (*self.varied, *age)
        listed = COMMON_METHODS if self.any_method else ()
        methods: Pair = (ALLOW_METHODS, b", ".join(sorted({*self.methods, *(method.encode() for method in listed)})))
        names: Pairs = () if self.any_header or not self.names else ((ALLOW_HEADERS, b", ".join(sorted(self.names))),)
        star_methods: Pair = (ALLOW_METHODS, b"*") if self.any_method else methods
        star_names: Pairs = names
        if self.any_header:
            star_names = ((ALLOW_HEADERS, b"*, authorization" if b"authorization" in self.names else b"*"),)
        self._preflight_tails: tuple[Pairs, Pairs] = (
            (*common, star_methods, *star_names),
            (ALLOW_CREDENTIALS, *common, methods, *names),
        )
        self.headers_refused: Pairs = (*self.varied, (b"content-length", str(len(HEADERS_REFUSED)).encode()), TEXT)
        self.method_refused: Pairs = (*self.varied, (b"content-length", str(len(METHOD_REFUSED)).encode()), TEXT)
        self.both_refused: Pairs = (*self.varied, (b"content-length", str(len(BOTH_REFUSED)).encode()), TEXT)
        # What was requested, byte for byte, and what of it is refused: pages request the same again and again.
        self._asked: dict[bytes, bytes] = {}
        ok: Pairs = ((b"content-length", b"2"), TEXT)
        # If everything is known beforehand: no `*` to spell out, the same credentials for all.
        plain = self.granted is not None and not self.any_method and not self.any_header
        self._quick_tail: Pairs | None = (*self._preflight_tails[credentials], *ok) if plain else None

    # Origins.

    def _further(self, origin: bytes) -> bool:
        """Whether an origin that is not in `exact`, of `MAX_ORIGIN` bytes at most, is allowed, resolvers aside. Remembered, for
        as many origins as fit."""
        known = self._known.get(origin)
        if known is None:
            known = self._look_up(origin)
            if len(self._known) >= _MOST_KNOWN:
                self._known = {}
            self._known[origin] = known
        return known

    def _look_up(self, origin: bytes) -> bool:
        if self.any_origin:
            return _PRINTABLE.fullmatch(origin) is not None
        if self.policy.origin_set.match(origin):
            return True
        return self.regex is not None and bool(self.regex.match(origin))

    def admits(self, origin: bytes) -> bool:
        """Whether the list, the patterns or the regular expression allow this origin. Any bytes may be given."""
        if len(origin) > MAX_ORIGIN:
            return False
        return origin in self.exact or (self.further is not None and self.further(origin))

    async def resolves(self, origin: bytes) -> bool:
        """Whether the policy's own function allows this origin; False without one."""
        return False if self.resolver is None or len(origin) > MAX_ORIGIN else await self.resolver.admits(origin)

    def with_credentials(self, origin: bytes) -> bool:
        """Whether an origin that is allowed may use cookies."""
        if self.credentials_for is not None:
            return self.credentials_for(origin.decode("latin-1"))
        return bool(self.policy.credentials)

    def answer(self, origin: bytes) -> Pairs:
        """The headers of an answer to an origin that is allowed."""
        if self.granted is not None:
            return ((ALLOW_ORIGIN, origin), *self.granted)
        credentials = self.with_credentials(origin)
        return ((ALLOW_ORIGIN, origin if credentials or not self.any_origin else b"*"), *self.tails[credentials])

    # Preflights.

    def allows_method(self, method: bytes) -> bool:
        """Whether this method may be used; in exactly this spelling."""
        if method in self.methods:
            return True
        return self.any_method and len(method) <= MAX_METHOD and _TOKENS.fullmatch(method) is not None

    def quick_answer(self, origin: bytes, method: bytes, lines: list[bytes]) -> QuickAnswer | None:
        """The answer to a preflight as far as lists decide it; None when lists are not enough."""
        tail = self._quick_tail
        if tail is None or len(lines) > 1:
            return None
        if not self.admits(origin):
            return None if self.resolver is not None else (400, self.origin_refused, ORIGIN_REFUSED, b"")
        refused = b""
        if lines:
            line = lines[0]
            # Length before hash: a long value is not read.
            known = TOO_LONG if len(line) > self.asked_limit else self._asked.get(line)
            refused = self._read(line) if known is None else known
        if method not in self.methods:
            if len(method) > MAX_METHOD:
                return None
            if refused:
                return 400, self.both_refused, BOTH_REFUSED, refusal_key((method, refused))
            return 400, self.method_refused, METHOD_REFUSED, method
        if refused:
            return 400, self.headers_refused, HEADERS_REFUSED, refused
        return 200, ((ALLOW_ORIGIN, origin), *tail), b"OK", None

    def _read(self, line: bytes) -> bytes:
        """The names in `line` that are not listed, as a refusal tells them; remembered, for as many lines as fit."""
        asked = line.split(b",")
        refused = b"" if self.names.issuperset(asked) else b",".join(self._unnamed(asked))[:LONGEST_QUOTE]
        if len(self._asked) >= _MOST_KNOWN:
            self._asked = {}
        self._asked[line] = refused
        return refused

    def _unnamed(self, asked: list[bytes]) -> list[bytes]:
        """The names that are not listed, in lower case, without white space; empty elements do not count."""
        stripped = [part.strip(b" \t").lower() for part in asked if part not in self.names]
        return [name for name in stripped if name and name not in self.names]

    def unnamed(self, lines: list[bytes], credentials: bool) -> list[bytes] | None:
        """The header names asked for that are not allowed, lower case; None when the list is too long or malformed."""
        if len(lines) > MOST_ASKED_LINES or sum(map(len, lines)) > self.asked_limit:
            return None
        asked = lines[0].split(b",") if len(lines) == 1 else b",".join(lines).split(b",")
        names = self._unnamed(asked)
        if not self.any_header:
            return names
        if not all(_TOKENS.fullmatch(name) for name in names):
            return None
        needs_naming = not credentials and b"authorization" not in self.names
        return [name for name in names if needs_naming and name == b"authorization"]

    def preflight_tail(self, credentials: bool) -> Pairs:
        """The headers of every preflight that is allowed, without that of the origin."""
        return self._preflight_tails[credentials]

    def preflight_answer(self, origin: bytes, method: bytes, lines: list[bytes], credentials: bool) -> list[Pair]:
        """The headers of the answer to a preflight that is allowed; a new list."""
        star = self.any_origin and not credentials
        headers = [(ALLOW_ORIGIN, b"*" if star else origin), *self._preflight_tails[credentials]]
        if not credentials:
            return headers
        if self.any_method and method not in self.methods and method.decode() not in COMMON_METHODS:
            headers = [(name, value + b", " + method if name == ALLOW_METHODS else value) for name, value in headers]
        if self.any_header and lines:
            # `*` means nothing to a request with cookies: the requested names must be spelled out.
            asked = b",".join(lines).lower().split(b",")
            headers.append((ALLOW_HEADERS, b", ".join(dict.fromkeys(name for part in asked if (name := part.strip(b" \t"))))))
        return headers

    def try_beside(self, candidate: CompiledPolicy, rollout: float) -> None:
        """Try a candidate beside this policy, before either judges a request."""
        self.candidate, self.rollout, candidate.live = candidate, rollout, self
        if 0 < rollout < 1:
            self._vary_by_origin()
            candidate._vary_by_origin()

    def for_origin(self, origin: bytes) -> CompiledPolicy:
        """The policy that answers requests of `origin`: the candidate where the rollout reaches it."""
        candidate = self.candidate
        return self if candidate is None or not rollout_reaches(origin, self.rollout) else candidate

    def _vary_by_origin(self) -> None:
        """Let caches tell origins apart even if this policy answers everyone alike, because another policy answers some."""
        if self.always is not None and _VARY_ORIGIN not in self.always:
            self.always = (*self.always, _VARY_ORIGIN)

    def shut(self) -> CompiledPolicy:
        """The same policy with no origin allowed: for requests that may belong to another policy."""
        shut = CompiledPolicy(self.policy)
        shut.closed, shut.always, shut.any_origin = True, None, False
        shut.exact, shut.further, shut.resolver, shut._quick_tail = frozenset(), None, None, None
        return shut
