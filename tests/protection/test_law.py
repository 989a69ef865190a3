"""The laws of protection: what mode, order and speed must not change."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from corsense import CORSMiddleware, CrossOriginProtection, Policy
from corsense.middleware.protection import read
from corsense.policy.policy import Policy as AnyPolicy
from corsense.protection import ForeignReason, judge

Message = dict[str, Any]
Scope = dict[str, Any]

LISTED = "https://app.example"
POLICIES = [
    None,
    Policy(origins=[LISTED]),
    Policy(origins=[LISTED], credentials=True, websockets=True),
    Policy(origins=["https://*.corp.example", "capacitor://localhost"], credentials=True),
    Policy(origin_resolver=lambda origin: origin.endswith("resolved.test")),
    Policy.public_api(),
    Policy(origins=[LISTED, "https://api.example", "http://localhost:8000", "http://127.0.0.1:8000"], credentials=True),
]

hosts = st.sampled_from(
    [
        b"api.example", b"API.example:443", b"backend:8000", b"evil.test:8000", b"localhost:8000", b"127.0.0.1:8000",
        b"[::1]:8000", b"nas.local", b"", b"x" * 400, b"\xff", b"localhost",
    ]
)  # fmt: skip
origins = st.sampled_from(
    [
        LISTED, "https://api.example", "http://api.example", "https://one.corp.example", "https://evil.test", "http://evil.test:8000",
        "http://localhost:8000", "http://localhost", "http://127.0.0.1:8000", "capacitor://localhost", "null", "", "nonsense",
        "https://" + "a" * 400, "https://resolved.test", "https://\xff",
    ]
)  # fmt: skip
sites = st.sampled_from(["same-origin", "same-site", "cross-site", "none", "nonsense", ""])
modes = st.sampled_from(["navigate", "cors", "no-cors", "same-origin", "websocket"])
destinations = st.sampled_from(["document", "iframe", "empty", "report", "websocket"])


def lines(name: bytes, values: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[tuple[bytes, bytes]]]:
    encoded = values.map(lambda value: value if isinstance(value, bytes) else value.encode("latin-1"))
    return st.lists(encoded, max_size=most).map(lambda found: [(name, value) for value in found])


headers = st.tuples(
    lines(b"host", hosts, 2),
    lines(b"origin", origins, 2),
    lines(b"sec-fetch-site", sites, 2),
    lines(b"sec-fetch-mode", modes, 1),
    lines(b"sec-fetch-dest", destinations, 1),
    lines(b"cookie", st.just(b"session=1"), 1),
    lines(b"x-forwarded-host", hosts, 1),
    lines(b"x-forwarded-for", st.sampled_from([b"10.0.0.7", b"203.0.113.9, 10.0.0.7", b"203.0.113.9"]), 1),
).flatmap(lambda groups: st.permutations([line for group in groups for line in group]))

requests = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["http", "http", "websocket"]),
        "method": st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "QUERY", "post"]),
        "scheme": st.sampled_from(["http", "https"]),
        "path": st.sampled_from(["/", "/write", "/partners/paid", "/webhooks/paid", "/webhooks/../write", "/webhooks//x"]),
        "client": st.sampled_from([None, ("10.0.0.7", 4000), ("203.0.113.9", 4000)]),
        "headers": headers,
    }
)
protections = st.fixed_dictionaries(
    {
        "hosts": st.sampled_from([[], ["api.example"], ["*.example", "backend"], ["api.example:443", "localhost"]]),
        "exempt": st.sampled_from([[], ["/webhooks/*"], ["/"]]),
        "trusted_proxies": st.sampled_from([[], ["10.0.0.0/8"]]),
    }
)


class Lines(logging.Handler):
    """What was logged of writes."""

    def __init__(self) -> None:
        super().__init__()
        self.message_text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.module == "protection":
            self.message_text.append(record.getMessage())


def serve(
    request: Scope, policy: AnyPolicy | None, protection: CrossOriginProtection | None
) -> tuple[list[Message], bool, list[str]]:
    """What was sent, whether the app ran, and what the log says."""
    sent: list[Message] = []
    ran = False

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal ran
        ran = True
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"vary", b"a")]})
        await send({"type": "http.response.body", "body": b"done"})

    async def receive() -> Message:
        return {"type": "websocket.connect" if request["type"] == "websocket" else "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    partners = {"/partners/*": Policy(origins=["https://evil.test"])}
    layer: Any = CORSMiddleware(app, policy=policy, policies=partners, protection=protection)
    handler = Lines()
    log = logging.getLogger("corsense")
    log.addHandler(handler)
    log.propagate = False
    try:
        asyncio.run(
            layer({**request, "root_path": "", "query_string": b"", "extensions": {"websocket.http.response": {}}}, receive, send)
        )
    finally:
        log.propagate = True
        log.removeHandler(handler)
    return sent, ran, handler.message_text


def is_refusal(sent: list[Message]) -> bool:
    start = sent[0]
    return start["type"].endswith("response.start") and start["status"] in (403, 421)


@given(requests, st.sampled_from(POLICIES), protections)
def test_report_mode_names_exactly_what_enforce_mode_refuses_and_nothing_else_differs(
    request: Scope, policy: AnyPolicy | None, given_protection: dict[str, Any]
) -> None:
    enforced, enforced_ran, refused = serve(request, policy, CrossOriginProtection(mode="enforce", **given_protection))
    reported, reported_ran, named = serve(request, policy, CrossOriginProtection(mode="report", **given_protection))
    assert is_refusal(enforced) == bool(refused) == bool(named)
    if refused:
        assert not enforced_ran
        assert [line.replace("would be refused", "refused") for line in named] == refused
        own_guard = request["type"] == "websocket" and policy is not None and policy.websockets
        if not own_guard or request["path"].startswith("/partners"):
            assert (reported, reported_ran) == serve(request, policy, None)[:2]
    else:
        assert (enforced, enforced_ran) == (reported, reported_ran)


@given(requests, st.sampled_from(POLICIES), protections)
def test_what_is_decided_at_sight_is_what_the_rule_says(
    request: Scope, policy: AnyPolicy | None, given_protection: dict[str, Any]
) -> None:
    protection = CrossOriginProtection(mode="enforce", **given_protection)
    reason = judge(read(request, protection), protection.host_list)
    ran = serve(request, policy, protection)[1]
    preflight = request["method"] == "OPTIONS"
    if reason is None and not preflight:
        assert ran
    elif reason in (ForeignReason.OPAQUE_ORIGIN, ForeignReason.AMBIGUOUS_ORIGIN, ForeignReason.HOST_NOT_ALLOWED):
        exempt = request["path"] in given_protection["exempt"] or request["path"] == "/webhooks/paid"
        assert exempt or not ran


@given(requests, st.sampled_from(POLICIES), protections)
def test_no_untrusted_page_gets_a_cors_header_with_a_refusal(
    request: Scope, policy: AnyPolicy | None, given_protection: dict[str, Any]
) -> None:
    sent, ran, _ = serve(request, policy, CrossOriginProtection(mode="enforce", **given_protection))
    if ran or not is_refusal(sent):
        return
    names = {name for name, _ in sent[0]["headers"] if name.startswith(b"access-control-")}
    assert names == set() or sent[0]["status"] == 421 or len([1 for name, _ in request["headers"] if name == b"origin"]) > 1


@given(requests, protections)
def test_a_list_decides_as_the_rule_says(request: Scope, given_protection: dict[str, Any]) -> None:
    policy = POLICIES[-1]
    assert policy is not None
    protection = CrossOriginProtection(mode="enforce", **{**given_protection, "exempt": []})
    found = read(request, protection)
    if request["path"].startswith("/partners") or (request["method"] == "OPTIONS" and request["type"] == "http"):
        return
    passes = judge(found, protection.host_list, trusted=found.origin in policy.origins) is None
    assert serve(request, policy, protection)[1] == passes
