"""What a policy says about one origin, in sentences."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.origin import Origin, OriginPattern
from corsense.origin.spelling import read_pattern
from corsense.policy.decision import Reason

if TYPE_CHECKING:
    from corsense.policy.policy import Policy

_COMPARED = 2_000
"""How many entries are searched for a similar one."""


def explain(policy: Policy, origin: str) -> str:
    """See `Policy.explain`."""
    decision = policy.decide(origin)
    if decision.allowed:
        cookies = "with cookies" if decision.credentials else "without cookies"
        return f"{quoted(origin)} is allowed, {cookies}: {_admitted_by(policy, origin)}."
    if decision.reason is Reason.ORIGIN_UNRESOLVED:
        return f"{quoted(origin)} is not listed; the resolver decides, and a missing or late answer refuses it."
    return f"{quoted(origin)} is refused: {_refused_because(policy, origin)}"


def _admitted_by(policy: Policy, origin: str) -> str:
    if policy.any_origin:
        return "every origin is"
    if origin.encode() in policy.origin_set.exact:
        return "it is listed"
    wide = next((pattern for pattern in policy.origin_set.wildcards() if pattern.matches(origin)), None)
    if wide is not None:
        return f"{quoted(str(wide))} matches it"
    assert policy.regex is not None
    return f"origin_regex {quoted(policy.regex.pattern)} matches it"


def _refused_because(policy: Policy, origin: str) -> str:
    if origin == "null":
        return "'null' is the origin of sandboxed frames and of files, which any page can create."
    sent = Origin.parse(origin)
    if sent is None:
        read = read_pattern(origin, "origin")
        if isinstance(read, Fault):
            # Without its remedy: anyone may have sent this, so nothing suggests adding it to a list.
            return f"no browser sends it. {read.message[0].upper()}{read.message[1:]}"
        return "it stands for several origins, and a browser sends exactly one."
    near = nearest(policy, sent)
    if near is None:
        return "nothing in the policy resembles it."
    return f"it is not listed; the nearest is {quoted(str(near))}, {difference(near, sent)}."


def nearest(policy: Policy, sent: Origin) -> OriginPattern | None:
    """The entry of the policy that is most like `sent`: with its host, else its domain, else its spelling."""
    entries = [OriginPattern.parse(text) for text in _some(policy)]
    ranked = sorted(((_distance(entry, sent), index) for index, entry in enumerate(entries)), key=lambda pair: pair)
    if ranked and ranked[0][0] < _FAR:
        return entries[ranked[0][1]]
    texts = {str(entry): entry for entry in entries}
    close = get_close_matches(str(sent), list(texts), 1, 0.8)
    return texts[close[0]] if close else None


_FAR = 9


def _distance(entry: OriginPattern, sent: Origin) -> int:
    same_host = sent.host.endswith(f".{entry.host}") if entry.subdomains else sent.host == entry.host
    off = (entry.scheme != sent.scheme) + (entry.port not in ("*", sent.port))
    if same_host:
        return off
    if entry.host == sent.host or sent.host.endswith(f".{entry.host}") or entry.host.endswith(f".{sent.host}"):
        return 3 + off
    return _FAR


def _some(policy: Policy) -> list[str]:
    if len(policy.origins) <= _COMPARED:
        return [] if policy.any_origin else list(policy.origins)
    return [str(pattern) for pattern in policy.origin_set.wildcards()]


def difference(entry: OriginPattern, sent: Origin) -> str:
    """How `sent` differs from what `entry` means."""
    differs = []
    if entry.scheme != sent.scheme:
        differs.append(f"whose scheme is {entry.scheme}, not {sent.scheme}")
    if entry.subdomains and entry.host == sent.host:
        differs.append("which matches its subdomains, not the domain itself")
    elif not (sent.host.endswith(f".{entry.host}") if entry.subdomains else entry.host == sent.host):
        differs.append(f"whose host is {entry.host}, not {sent.host}")
    if entry.port not in ("*", sent.port):
        differs.append(f"which has {_port(entry.port)}, not {_port(sent.port)}")
    return " and ".join(differs) or "which matches it"


def _port(port: int | str | None) -> str:
    return "no port" if port is None else f"port {port}"
