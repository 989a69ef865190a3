"""Preflights: what is asked, the verdict, the answer. Source: Fetch, *CORS-preflight fetch*."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from corsense.middleware.compiled import LONGEST_QUOTE, TEXT, TOO_LONG, CompiledPolicy
from corsense.middleware.response_headers import ALLOW_HEADERS, ALLOW_METHODS, ALLOW_PRIVATE_NETWORK, Message, Pair, Send
from corsense.policy import Reason

REASON_HEADER: Final = b"x-cors-refused"
"""Header that says in debug mode why a request was refused."""

_OK: Final = ((b"content-length", b"2"), TEXT)
_LISTS: Final = frozenset({ALLOW_METHODS, ALLOW_HEADERS})
# What Starlette says, which tests and users know.
_PART: Final = {
    Reason.METHOD_NOT_ALLOWED: "method",
    Reason.HEADER_NOT_ALLOWED: "headers",
    Reason.PRIVATE_NETWORK_NOT_ALLOWED: "private-network",
}


@dataclass(slots=True)
class PreflightVerdict:
    """What a policy says to a preflight: the refusals, each with its value, empty when it is allowed; whether the origin may use
    `credentials`."""

    refusals: list[tuple[Reason, bytes]] = field(default_factory=list)
    credentials: bool = False

    @property
    def refuses_origin(self) -> bool:
        return bool(self.refusals) and self.refusals[0][0].value.startswith("origin-")


class Preflight:
    """What a preflight asks: for a `method`, for the header names in `lines`, for access to a `private_network`."""

    __slots__ = ("lines", "method", "origin", "private_network")

    def __init__(self, origin: bytes, method: bytes, lines: list[bytes], private_network: bytes | None) -> None:
        self.origin = origin
        self.method = method
        self.lines = lines
        self.private_network = private_network

    async def judge(self, rules: CompiledPolicy) -> PreflightVerdict:
        """The verdict of a policy; every refusal when the origin is allowed, that of the origin alone when it is not."""
        if rules.always is None and not rules.admits(self.origin) and not await rules.resolves(self.origin):
            return self._refused()
        return self._judge_rest(rules)

    def judge_at_once(self, rules: CompiledPolicy) -> PreflightVerdict:
        """The same verdict of a policy without a resolver."""
        return self._judge_rest(rules) if rules.always is not None or rules.admits(self.origin) else self._refused()

    def _refused(self) -> PreflightVerdict:
        return PreflightVerdict([(Reason.ORIGIN_NOT_ALLOWED, self.origin)])

    def _judge_rest(self, rules: CompiledPolicy) -> PreflightVerdict:
        """The verdict for an origin that is allowed."""
        origin, method = self.origin, self.method
        credentials = rules.with_credentials(origin)
        verdict = PreflightVerdict(credentials=credentials)
        if not rules.allows_method(method):
            verdict.refusals.append((Reason.METHOD_NOT_ALLOWED, method[:LONGEST_QUOTE]))
        if self.lines:
            unnamed = rules.unnamed(self.lines, credentials)
            if unnamed is None:
                verdict.refusals.append((Reason.HEADER_NOT_ALLOWED, TOO_LONG))
            elif unnamed:
                verdict.refusals.append((Reason.HEADER_NOT_ALLOWED, b",".join(unnamed)[:LONGEST_QUOTE]))
        if self.private_network is not None and not rules.private_network:
            verdict.refusals.append((Reason.PRIVATE_NETWORK_NOT_ALLOWED, self.private_network[:LONGEST_QUOTE]))
        return verdict


def _failure_text(verdict: PreflightVerdict) -> bytes:
    parts = dict.fromkeys(_PART.get(reason, "origin") for reason, _ in verdict.refusals)
    return f"Disallowed CORS {', '.join(parts)}".encode()


async def answer_preflight(
    rules: CompiledPolicy, preflight: Preflight, verdict: PreflightVerdict, send: Send, explanation: bytes | None
) -> None:
    """Send the answer that `preflight_answer` makes."""
    status, headers, body = preflight_answer(rules, preflight, verdict, explanation)
    headers += _OK if body == b"OK" else [(b"content-length", str(len(body)).encode()), TEXT]
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def preflight_answer(
    rules: CompiledPolicy, preflight: Preflight, verdict: PreflightVerdict, explanation: bytes | None
) -> tuple[int, list[Pair], bytes]:
    """Status, headers (without those about the body) and body of the answer, which is plain text; with an `explanation`, in debug
    mode, a refusal is answered so that the browser names what failed."""
    origin, method = preflight.origin, preflight.method
    status, body = 200, b"OK"
    if not verdict.refusals:
        headers = rules.preflight_answer(origin, method, preflight.lines, verdict.credentials)
        if preflight.private_network is not None:
            headers.append(ALLOW_PRIVATE_NETWORK)
    else:
        status, body = 400, _failure_text(verdict)
        headers = list(rules.varied)
        if explanation is not None:
            status, headers = 200, _telling(rules, preflight, verdict)
            headers.append((REASON_HEADER, explanation))
            body = explanation
    return status, headers, body


def _telling(rules: CompiledPolicy, preflight: Preflight, verdict: PreflightVerdict) -> list[Pair]:
    """The headers of an answer to a refused preflight, in debug mode: an ok status and all that is allowed, so that the first
    check of the browser that fails is the one about what is missing. Source: jub0bs/cors, `SetDebug`."""
    if verdict.refuses_origin:
        return list(rules.varied)
    unread = any(reason is Reason.HEADER_NOT_ALLOWED for reason, _ in verdict.refusals)
    refused_method = any(reason is Reason.METHOD_NOT_ALLOWED for reason, _ in verdict.refusals)
    method = b"GET" if refused_method else preflight.method
    lines = [] if unread else preflight.lines
    # A `*` would allow what is refused here in some engine: debug mode must not be more permissive.
    refused_names = refused_method or unread
    answer = rules.preflight_answer(preflight.origin, method, lines, verdict.credentials)
    return [pair for pair in answer if not (refused_names and pair[0] in _LISTS and pair[1].startswith(b"*"))]
