"""Whether untrusted pages get access: every look-alike of `corsense.origin.lookalikes`, on every route."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from corsense.diagnose import Diagnosis
from corsense.errors import InputError
from corsense.fetch import Allowed, Browser, Failed, FailureReason, FetchRequest, Trace, WireRequest, WireResponse
from corsense.fetch.request import Credentials
from corsense.origin import OriginPattern
from corsense.origin.lookalikes import ForeignOrigin, foreign_origins, listed_untrusted
from corsense.origin.untrusted import UNTRUSTED
from corsense.testing.arguments import ignored_kinds
from corsense.testing.exchange_plan import Call, ExchangePlan, Memory, watch
from corsense.testing.operations import PageOperation, page_operations
from corsense.testing.target import AssertionTarget
from corsense.transports.unsafe_methods import is_safe, preflight_of
from corsense.url import is_loopback_host, parse_url

KINDS = (
    "reflection", "null", "hosted third party", "localhost", "prefix match", "suffix match", "substring", "unescaped dot",
    "special characters", "any subdomain", "http twin", "port wildcard", "spelling", "two origins", "listed",
    "preflight differs", "cache split", "wildcard on this machine",
)  # fmt: skip
"""What can be found, in the order of the search."""

_UNKNOWN = "/corsense-a-path-that-does-not-exist"
_SHOWN = 4
_LISTED_TRIED = 20
_SLUGS = {
    "reflection": "reflected-origin",
    "null": "null-origin",
    "unescaped dot": "regex-unescaped-dot",
    "hosted third party": "public-suffix-origin",
    "http twin": "insecure-origin-with-credentials",
    "cache split": "vary-origin-missing",
    "wildcard on this machine": "wildcard-origins",
    "preflight differs": "manual-options-handler",
}


@dataclass(frozen=True, slots=True)
class ForeignAccess:
    """An untrusted origin that gets access. `kind` is one of `KINDS`, `why` says how, `request` is `GET /users`, `answered` the
    value of `Access-Control-Allow-Origin` (for a cache split: what `Vary` says)."""

    kind: str
    origin: str
    request: str
    credentials: Credentials
    answered: str | None
    why: str


@dataclass(slots=True)
class _Search:
    resolved: AssertionTarget
    credentials: Sequence[Credentials]
    memory: Memory | None
    run_unsafe: bool

    def through(self, operation: PageOperation, probes: Sequence[ForeignOrigin]) -> ExchangePlan[list[ForeignAccess]]:
        """All that is found on one operation. Where every page gets access, no more origins are tried."""
        found: list[ForeignAccess] = []
        for mode in self.credentials:
            for number, probe in enumerate(probes):
                foreign_access = yield from self._try(operation, probe, mode)
                if foreign_access is not None:
                    found.append(foreign_access)
                everyone = number + 1 == len(UNTRUSTED) and len([seen for seen in found if seen.credentials == mode]) > number
                if everyone:
                    break
        return found

    def listed(self, operations: Sequence[PageOperation], trusted: Sequence[str]) -> ExchangePlan[list[ForeignAccess]]:
        """Those that the app's own list names and the test does not trust. Asked for when the app has answered: its stack is
        built then, and can be read."""
        from corsense.testing.inspection import listed_origins

        found: list[ForeignAccess] = []
        for probe in islice(listed_untrusted(listed_origins(self.resolved.app), trusted), _LISTED_TRIED):
            for operation in operations:
                for mode in self.credentials:
                    foreign_access = yield from self._try(operation, probe, mode)
                    found += [foreign_access] if foreign_access is not None else []
        return found

    def _try(self, operation: PageOperation, probe: ForeignOrigin, mode: Credentials) -> ExchangePlan[ForeignAccess | None]:
        request = operation.request(self.resolved, probe.origin, mode)
        if _is_own_page(request):
            return None
        trace = (yield from watch(request, Browser("standard"), run_unsafe=self.run_unsafe, memory=self.memory)).trace
        _insist_on_an_answer(trace)
        named = _named(trace)
        if isinstance(trace.outcome, Allowed) and (probe.browser or named == probe.origin):
            kind, why = self._kind(probe, named)
            return ForeignAccess(kind, probe.origin, str(operation), mode, named, why)
        simple = not any(exchange.request.preflight for exchange in trace.exchanges)
        if simple and is_safe(operation.method) and probe.origin in UNTRUSTED:
            return (yield from self._preflight(operation, probe, request))
        return None

    def _kind(self, probe: ForeignOrigin, named: str | None) -> tuple[str, str]:
        url = parse_url(self.resolved.base)
        if named == "*" and self.resolved.app is None and url is not None and is_loopback_host(url.host):
            return "wildcard on this machine", "the answer says *: any site that a user of this machine visits can read it"
        return (probe.kind, "the answer says *: any site can read it" if named == "*" else probe.why)

    def _preflight(
        self, operation: PageOperation, probe: ForeignOrigin, request: FetchRequest
    ) -> ExchangePlan[ForeignAccess | None]:
        """A preflight that allows an untrusted origin where the response does not: the server carries out what it sends."""
        wire = WireRequest(operation.method, request.url, (("Origin", probe.origin),))
        call = Call(preflight_of(wire))
        answer = ((yield from self.memory.ask(call)) if self.memory is not None else (yield call)).response
        if not isinstance(answer, WireResponse) or not 200 <= answer.status < 300:
            return None
        named = answer.header("access-control-allow-origin")
        with_cookies = request.credentials == "include"
        if with_cookies and answer.header("access-control-allow-credentials") != "true":
            return None
        if named != probe.origin and (named != "*" or with_cookies):
            return None
        why = "the preflight allows it and the answer does not: the server still carries out what it sends"
        return ForeignAccess("preflight differs", probe.origin, str(operation), request.credentials, named, why)

    def cache_split(self, operation: PageOperation, trusted: str) -> ExchangePlan[list[ForeignAccess]]:
        """Answers that differ by origin must say so, those without `Origin` too, or a cache gives one page's permission to
        another."""
        answers: dict[str | None, WireResponse] = {}
        for origin in (trusted, UNTRUSTED[0], None):
            request = operation.request(self.resolved, trusted, "omit")
            headers = (("Accept", "*/*"), *((("Origin", origin),) if origin is not None else ()))
            call = Call(WireRequest(operation.method, request.url, (*headers, *request.headers)))
            answer = ((yield from self.memory.ask(call)) if self.memory is not None else (yield call)).response
            if isinstance(answer, WireResponse):
                answers[origin] = answer
        if len({answer.header("access-control-allow-origin") for answer in answers.values()}) < 2:
            return []
        why = "answers differ by origin and not all have Vary: Origin: a cache gives one page's permission to another"
        return [
            ForeignAccess("cache split", origin or "(no Origin)", str(operation), "omit", answer.header("vary"), why)
            for origin, answer in answers.items()
            if not _says_so(answer)
        ]


def search(
    resolved: AssertionTarget,
    trusted: Iterable[str],
    credentials: Sequence[Credentials],
    requests: Iterable[str] | None,
    ignore: Iterable[str],
    run_unsafe: bool,
) -> ExchangePlan[tuple[ForeignAccess, ...]]:
    """Everything that is found, each once, in the order of `KINDS`: see `corsense.testing.assert_no_foreign_access`."""
    with unlogged():
        return (yield from _search(resolved, trusted, credentials, requests, ignore, run_unsafe))


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep refusals out of the log: hundreds are expected, and in the log of a failing test they would hide what is not
    refused."""
    log = logging.getLogger("corsense")

    def quiet(record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING

    log.addFilter(quiet)
    try:
        yield
    finally:
        log.removeFilter(quiet)


def _search(
    resolved: AssertionTarget,
    trusted: Iterable[str],
    credentials: Sequence[Credentials],
    requests: Iterable[str] | None,
    ignore: Iterable[str],
    run_unsafe: bool,
) -> ExchangePlan[tuple[ForeignAccess, ...]]:
    own = tuple(trusted)
    ignored = ignored_kinds(ignore, KINDS)
    probes = [probe for probe in foreign_origins(own) if probe.kind not in ignored or probe.origin in UNTRUSTED]
    operations = yield from page_operations(resolved, requests)
    look = _Search(resolved, credentials, None if run_unsafe else Memory(resolved.has_cookies), run_unsafe)
    found: list[ForeignAccess] = []
    # An untrusted page sends the least it can, so that no list of methods or headers hides how origins are compared.
    bare = [replace(operation, headers=(), body=None) for operation in operations]
    for operation in bare:
        found += yield from look.through(operation, probes)
        if operation.method == "GET" and own:
            found += yield from look.cache_split(operation, OriginPattern.parse(own[0]).example())
    if not any(foreign_access.origin == UNTRUSTED[0] for foreign_access in found):
        found += yield from look.listed(bare, own)
    untrusted_pages = [probe for probe in probes if probe.origin in (*UNTRUSTED, "null")]
    for operation in (*(operation for operation in operations if operation not in bare), *_errors(bare)):
        found += yield from look.through(operation, untrusted_pages)
    kept = dict.fromkeys(foreign_access for foreign_access in found if foreign_access.kind not in ignored)
    return tuple(sorted(kept, key=lambda foreign_access: KINDS.index(foreign_access.kind)))


def _errors(operations: Sequence[PageOperation]) -> Iterator[PageOperation]:
    """Answers that no endpoint gives: a path that does not exist, a method that a route does not have, a slash too many."""
    yield PageOperation("GET", _UNKNOWN, _UNKNOWN)
    readable = {operation.route for operation in operations if operation.method == "GET"}
    seen: set[str] = set()
    for operation in operations:
        if operation.route not in readable | seen:
            seen.add(operation.route)
            yield PageOperation("GET", operation.route, operation.path)
        if operation.method == "GET":
            path = urlsplit(operation.path).path
            if path != "/":
                other = path.rstrip("/") if path.endswith("/") else f"{path}/"
                yield replace(operation, route=f"{operation.route} (other slash)", path=other)


def _is_own_page(request: FetchRequest) -> bool:
    url = parse_url(request.url)
    return url is not None and url.origin == request.origin


def _insist_on_an_answer(trace: Trace) -> None:
    """A probe that did not arrive proves nothing."""
    outcome = trace.outcome
    if isinstance(outcome, Failed) and outcome.reason == FailureReason.MIXED_CONTENT and not trace.exchanges:
        raise InputError(
            f"a page on https may not call {trace.request.url}, so nothing can be probed: test the app itself, or over https"
        )
    if isinstance(outcome, Failed) and outcome.exchange == 0 and outcome.reason in _NO_ANSWER:
        detail = f" ({outcome.detail})" if outcome.detail else ""
        raise InputError(f"no answer for {trace.request.method} {trace.request.url}: {outcome.reason}{detail}")


_NO_ANSWER = frozenset(
    {
        FailureReason.CONNECTION_REFUSED, FailureReason.CONNECTION_RESET, FailureReason.CONNECTION_CLOSED,
        FailureReason.NAME_NOT_RESOLVED, FailureReason.TLS, FailureReason.TIMEOUT, FailureReason.INVALID_HTTP,
    }
)  # fmt: skip


def _named(trace: Trace) -> str | None:
    response = trace.response
    return response.header("access-control-allow-origin") if response is not None else None


def _says_so(answer: WireResponse) -> bool:
    varies = {name.strip().lower() for name in (answer.header("vary") or "").split(",")}
    return bool(varies & {"origin", "*"}) or "no-store" in (answer.header("cache-control") or "").lower()


def foreign_access_text(found: Sequence[ForeignAccess], trusted: Iterable[str], app: Any) -> str:
    """The message of an assertion that only trusted pages get access."""
    from corsense.readers.controls import harmless
    from corsense.testing.failure import remedies
    from corsense.testing.inspection import most_open

    own = ", ".join(trusted) or "nobody"
    kinds = {foreign_access.kind for foreign_access in found}
    lines = [f"Untrusted pages can use this API (trusted: {own})."]
    for kind in dict.fromkeys(foreign_access.kind for foreign_access in found):
        group = [foreign_access for foreign_access in found if foreign_access.kind == kind]
        lines += ["", f"{kind}: {group[0].why}"]
        by_origin: dict[str, list[ForeignAccess]] = {}
        for foreign_access in group:
            by_origin.setdefault(foreign_access.origin, []).append(foreign_access)
        for origin, of_origin in list(by_origin.items())[:_SHOWN]:
            lines.append(f"  {harmless(origin)}")
            lines += [f"    {_line(foreign_access)}" for foreign_access in of_origin[:_SHOWN]]
            lines += [f"    and {len(of_origin) - _SHOWN} more requests"] if len(of_origin) > _SHOWN else []
        lines += [f"  and {len(by_origin) - _SHOWN} more origins"] if len(by_origin) > _SHOWN else []
    lines += ["", *(remedies(_causes(found, tuple(trusted), most_open(app))) if kinds != {"listed"} else _LISTED)]
    return "\n".join(lines)


def _line(foreign_access: ForeignAccess) -> str:
    from corsense._redaction import redact_text
    from corsense.readers.controls import harmless

    name = "Vary" if foreign_access.kind == "cache split" else "Access-Control-Allow-Origin"
    answered = harmless(foreign_access.answered) if foreign_access.answered is not None else "(missing)"
    return f"{redact_text(foreign_access.request)}  credentials: {foreign_access.credentials}  {name}: {answered}"


def _causes(found: Sequence[ForeignAccess], trusted: tuple[str, ...], faults: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The fault of the policy where it can be read, else what each kind stands for; caches are a matter of their own."""
    kinds = dict.fromkeys(foreign_access.kind for foreign_access in found)
    remedy = _remedy(trusted)
    if faults and set(kinds) != {"cache split"}:
        causes = [replace(faults[0], remedy=remedy)]
    else:
        causes = [
            Diagnosis(_SLUGS.get(kind, "regex-too-broad"), f"{first.origin} is allowed: {first.why}.", remedy=remedy)
            for kind in kinds
            if kind not in ("cache split", "listed")
            for first in [next(foreign_access for foreign_access in found if foreign_access.kind == kind)]
        ]
    if "cache split" in kinds:
        why = next(foreign_access.why for foreign_access in found if foreign_access.kind == "cache split")
        causes.append(Diagnosis("vary-origin-missing", f"{why[0].upper()}{why[1:]}.", remedy=_VARY))
    return causes[:3]


_VARY = "Let CORSMiddleware set the headers (it adds Vary), or add Vary: Origin to every answer, also to those without Origin."


_LISTED = (
    "error: The app's own list allows pages that this test does not trust",
    "   = fix: Remove them from the allowed origins, or name them in trusted=[...].",
)


def _remedy(trusted: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{origin}"' for origin in trusted)
    if any("*" in origin for origin in trusted):
        return f"corsense.install(app, Policy(origins=[{listed}]))"
    return f"allow_origins=[{listed}]  # a list, each origin in full; no allow_origin_regex"
