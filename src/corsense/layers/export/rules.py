"""`Rules`: a policy as a layer in front of an app enforces it, which is what each export writes in its own language.

An origin belongs to one of three classes: it may use credentials, it is allowed without them, or it is refused. `Rules` says how
the class of an `Origin` header is found, and what the answer to each class has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from corsense.errors import InputError
from corsense.layers.export.expressions import (
    HOST_TOO_LONG,
    ORIGIN_TOO_LONG,
    PRINTABLE,
    ExpressionTooLarge,
    escaped,
    is_linear,
    of_pattern,
    of_regex,
    words_of,
)
from corsense.origin import OriginPattern, OriginSet
from corsense.policy import Policy
from corsense.policy.policy import MAX_METHOD

CORS_HEADERS: Final = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Allow-Private-Network",
)
"""The response headers of the CORS protocol, which one layer alone may set."""

PREFLIGHT_VARY: Final = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
HEADER_NAMES: Final = r"[A-Za-z0-9!\x23-\x27*+.\x5e-\x60|~, \x09-]*"
"""Names of request headers as a preflight lists them, as an expression."""
NAMES_AUTHORIZATION: Final = r"(?:.*,)?[ \x09]*(?i:authorization)[ \x09]*(?:,.*)?"
"""Names of request headers, Authorization among them, as an expression."""
ANY_METHOD: Final = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


class CannotExpress(InputError):
    """A layer cannot enforce exactly this policy. The message says what of it, and why."""


@dataclass(frozen=True, slots=True)
class OriginTest:
    """One test of the `Origin` header, which must match as a whole, in exactly this spelling.

    - `text`: the one origin that is meant; None where `expression` says which ones.
    - `expression`: a regular expression without anchors, in what PCRE and RE2 read alike.
    - `wildcard`: the pattern as it is written in the policy, where `expression` is that of one.
    - `unless`: an expression that the origin must not match: it is longer than the policy reads.
    - `linear`: whether an engine that backtracks (PCRE) reads the expression in linear time.
    """

    text: str | None = None
    expression: str = ""
    wildcard: str | None = None
    unless: str | None = None
    linear: bool = True

    def pcre(self, title: str) -> str:
        """The whole test as one expression with anchors, for PCRE, which `title` uses. Raises CannotExpress."""
        if self.text is not None:
            return f"^{escaped(self.text)}$"
        if not self.linear:
            raise CannotExpress(
                f"{title} would match origin_regex by backtracking, so that a long Origin could hold it up; list the origins, or "
                "write the expression without repetitions inside or beside each other."
            )
        ahead = f"(?!{self.unless})" if self.unless is not None else ""
        return f"^{ahead}(?:{self.expression})$" if ahead or "|" in self.expression else f"^{self.expression}$"

    @property
    def re2(self) -> str:
        """The expression with anchors; `unless` is a test of its own."""
        return f"^(?:{self.expression})$" if "|" in self.expression else f"^{self.expression}$"


@dataclass(frozen=True, slots=True)
class Grant:
    """What the answer to an allowed origin has.

    - `any_origin`: `*` stands for the origin.
    - `methods`, `headers`: the values of the preflight's answer; None for no header.
    - `reflects_methods`, `reflects_headers`: what the preflight asks for is allowed, if it is well formed, because `*` has no
      meaning where credentials are sent.
    - `refuses_authorization`: a preflight that names Authorization is refused. By the standard `*` does not stand for it, but
      in some browsers it does.
    - `expose`: the value of Access-Control-Expose-Headers, None for no header.
    """

    any_origin: bool
    credentials: bool
    methods: str
    headers: str | None
    reflects_methods: bool
    reflects_headers: bool
    refuses_authorization: bool
    expose: str | None


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy as a layer enforces it.

    - `allowed`: an origin is allowed when any of these tests passes.
    - `trusted`: of the allowed ones, those that may use credentials when any of these passes; None: the same for all.
    - `trusted_are_allowed`: whether each origin that passes a test of `trusted` is allowed, so that these tests are enough.
    - `anonymous`, `credentialed`: what the two classes get; None where no origin belongs to the class.
    - `any_origin`: every origin is allowed.
    - `uniform`: every answer is the same, whoever asks: `*` without credentials. Then `Vary` is not needed.
    - `asked_method`: what Access-Control-Request-Method must match as a whole, else the preflight is refused; None: whatever the
      list says.
    - `private_network`: whether preflights for a private network are allowed; else they are refused.
    - `max_age`: the value of Access-Control-Max-Age, None for no header.
    - `websockets`: WebSocket handshakes of origins that are not allowed are refused, and others are forwarded. Browsers do not
      apply CORS to them. Source: RFC 6455, section 10.2.
    - `keeps_app`: CORS headers that the app sets stay, and only missing ones are added; else those of the app are removed.
    """

    allowed: tuple[OriginTest, ...]
    trusted: tuple[OriginTest, ...] | None
    anonymous: Grant | None
    credentialed: Grant | None
    any_origin: bool
    uniform: bool
    trusted_are_allowed: bool
    asked_method: str | None
    max_age: str | None
    private_network: bool
    websockets: bool
    keeps_app: bool

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the classes of allowed origins get, that with credentials first."""
        return tuple(grant for grant in (self.credentialed, self.anonymous) if grant is not None)

    @property
    def tests(self) -> tuple[OriginTest, ...]:
        """Every test."""
        return (*self.allowed, *(self.trusted or ()))


def rules_of(policy: Policy, *, keeps_app: bool = False) -> Rules:
    """The rules that enforce `policy`. Raises CannotExpress for what no layer in front of an app can enforce."""
    if policy.resolver is not None:
        raise CannotExpress("The policy asks a function of the app about origins (origin_resolver), and no proxy can call it.")
    trusted = _trusted(policy)
    split = policy.credentials and policy.credential_set is not None
    return Rules(
        allowed=_allowed(policy),
        trusted=trusted,
        anonymous=_grant(policy, credentials=False) if split or not policy.credentials else None,
        credentialed=_grant(policy, credentials=True) if policy.credentials else None,
        any_origin=policy.any_origin,
        uniform=policy.any_origin and not policy.credentials,
        trusted_are_allowed=policy.any_origin or policy.regex is None or all(test.text is not None for test in trusted or ()),
        asked_method=_any_method(policy) if policy.allows_any_method else None,
        max_age=None if policy.max_age is None else str(max(0, policy.max_age)),
        private_network=policy.private_network,
        websockets=policy.websockets,
        keeps_app=keeps_app,
    )


def _grant(policy: Policy, *, credentials: bool) -> Grant:
    any_method, any_header = policy.allows_any_method, policy.allows_any_header
    listed = ", ".join(sorted({"GET", "HEAD", "POST", *policy.methods, *(ANY_METHOD.split(", ") if any_method else ())}))
    names = ", ".join(sorted(policy.request_headers))
    if any_header:
        headers = None if credentials else "*, authorization" if "authorization" in policy.request_headers else "*"
    else:
        headers = names or None
    return Grant(
        any_origin=policy.any_origin and not credentials,
        credentials=credentials,
        methods="*" if any_method and not credentials else listed,
        headers=headers,
        reflects_methods=any_method and credentials,
        reflects_headers=any_header and credentials,
        refuses_authorization=any_header and not credentials and "authorization" not in policy.request_headers,
        expose="*" if policy.exposes_any_header else ", ".join(policy.expose_headers) or None,
    )


def _allowed(policy: Policy) -> tuple[OriginTest, ...]:
    if policy.any_origin:
        return (OriginTest(expression=PRINTABLE),)
    tests = [*_of_set(policy.origin_set, policy.origins)]
    if policy.regex is not None:
        few = words_of(policy.regex)
        if few is not None:
            listed = {test.text for test in tests}
            return (*tests, *(OriginTest(word) for word in few if word not in listed))
        try:
            expression = of_regex(policy.regex)
        except ExpressionTooLarge as error:
            raise CannotExpress(f"origin_regex {error}; list the origins, or write a simpler expression.") from None
        tests.append(OriginTest(expression=expression, unless=ORIGIN_TOO_LONG, linear=is_linear(policy.regex)))
    return tuple(tests)


def _any_method(policy: Policy) -> str:
    """A method where each is allowed: a token of a length that the policy reads. Source: RFC 9110, *Tokens*."""
    long = [escaped(method) for method in sorted(policy.methods) if len(method) > MAX_METHOD]
    return "|".join([rf"[A-Za-z0-9!\x23-\x27*+.\x5e-\x60|~-]{{1,{MAX_METHOD}}}", *long])


def _trusted(policy: Policy) -> tuple[OriginTest, ...] | None:
    if policy.credential_set is None:
        return None
    tests = _of_set(policy.credential_set, policy.credential_set.patterns())
    return tuple(test for test in tests if test.text is None or policy.allows_origin(test.text))


def _of_set(index: OriginSet, texts: Iterable[str]) -> Iterator[OriginTest]:
    wild = {str(pattern): pattern for pattern in index.wildcards()}
    for text in texts:
        pattern = wild.get(text)
        if pattern is None:
            yield OriginTest(text)
        else:
            yield _of_wildcard(pattern)


def _of_wildcard(pattern: OriginPattern) -> OriginTest:
    too_long = HOST_TOO_LONG if pattern.subdomains else None
    return OriginTest(expression=of_pattern(pattern), wildcard=str(pattern), unless=too_long)
