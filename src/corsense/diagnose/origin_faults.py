"""An origin was refused: which entry of the list was meant for it, and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from corsense.app.description import LayerInfo
from corsense.causes import Severity
from corsense.diagnose.list_faults import joined_entry, nested_list
from corsense.diagnose.lists import joined_parts
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.origins import Likeness, compare, meant_origin, nearest_entry, pattern_remedy, pattern_slug
from corsense.diagnose.policies import LayerPolicy, missing_in_policy
from corsense.diagnose.previews import preview_pattern

if TYPE_CHECKING:
    from corsense.origin import Origin, OriginPattern
    from corsense.policy import Policy

_LISTED = 4
_LISTED_WHOLE = 10
_SENTENCES = {
    "joined-values": "{allowed} is one string with several origins in it. Browsers send {sent}.",
    "env-split-without-strip": "{allowed} has blanks or quotes around it, so no page matches. Browsers send {sent}.",
    "origin-trailing-slash": "{allowed} ends with a slash, so no page matches. Browsers send {sent}.",
    "origin-default-port": "{allowed} names the default port, which browsers omit. Browsers send {sent}.",
    "origin-not-normalised": "{allowed} is not written as browsers write it. Browsers send {sent}.",
    "origin-has-path": "{allowed} is a URL with a path, not an origin. Browsers send {sent}.",
    "origin-without-scheme": "{allowed} has no scheme, so no page matches. Browsers send {sent}.",
    "glob-in-origins": "{allowed} is a pattern, which a list of origins does not support. Browsers send {sent}.",
    "regex-in-origins": "{allowed} is a regular expression, which a list of origins does not support. Browsers send {sent}.",
    "origin-scheme-mismatch": "{allowed} has another scheme than the page. Browsers send {sent}.",
    "origin-port-mismatch": "{allowed} has another port than the page. Browsers send {sent}.",
    "origin-host-mismatch": "{allowed} is another name of this machine, so another origin. Browsers send {sent}.",
}


_PATTERNS = ("glob-in-origins", "regex-in-origins")
_OTHER_HOSTS = ("origin-mismatch", "origin-host-mismatch")


def refused_origin(observation: Observation, layer: LayerInfo) -> Diagnosis:
    """Why `layer` does not allow the page's origin."""
    policy = observation.policy_of(layer)
    origin = observation.origin
    named = {"sent": origin}
    if origin == "null":
        message = (
            "The page's origin is opaque, so browsers send 'null'. The page is a file: page or a sandboxed frame, or the "
            "request was redirected."
        )
        remedy = (
            "Serve the page from a real origin, for example http://localhost:3000. Allowing null would let in any "
            "sandboxed frame."
        )
        return Diagnosis("null-origin", message, layer.place, named, remedy=remedy)
    if not policy.known:
        message = f"{layer.name} does not allow the origin {origin!r}."
        return Diagnosis("origin-mismatch", message, layer.place, named, severity=_severity(observation))
    if isinstance(policy.origins, str):
        return string_of_origins(layer, policy.origins)
    nested = nested_list(layer)
    if nested is not None:
        return replace(nested, severity=_severity(observation) or nested.severity)
    if policy.regex is not None and re.search(policy.regex, origin):
        return _partial_match(origin, layer, policy.regex, policy.keyword("allow_origin_regex"))
    if policy.policy is not None:
        return _refused_by_own(observation, layer, policy, policy.policy)
    likeness = nearest_entry(origin, policy.entries)
    severity = _severity(observation)
    if severity == "info":
        message = f"Pages of {origin!r} are not allowed. If your frontend runs there, add it to the allowed origins."
        return Diagnosis("origin-mismatch", message, layer.place, named | {"allow_origins": list(policy.entries)}, severity)
    alike = {"allowed": likeness.entry} if likeness.entry is not None and likeness.is_near else {}
    evidence = named | alike | {"allow_origins": list(policy.entries)}
    advice = pattern_remedy(likeness.entry) if likeness.slug in _PATTERNS and likeness.entry is not None else None
    if likeness.slug == "joined-values" and likeness.entry is not None:
        found = next(joined_entry(layer, "allow_origins", likeness.entry), None)
        if found is not None:
            return replace(found, severity=severity or found.severity)
    preview = preview_pattern(origin, policy.entries) if likeness.slug in _OTHER_HOSTS else None
    message = _sentence(origin, likeness, policy)
    if preview is not None:
        message += " Each preview deployment has an origin of its own, so a list never has the next one."
        advice = f"allow_origin_regex=r'{preview}'"
    return Diagnosis(likeness.slug, message, layer.place, evidence, severity, advice)


def _refused_by_own(observation: Observation, layer: LayerInfo, policy: LayerPolicy, ours: Policy) -> Diagnosis:
    """A layer of corsense's own refuses: its entries are patterns, all of which can match some page."""
    from corsense.origin import Origin
    from corsense.policy.explanation import difference, nearest

    origin = observation.origin
    sent = Origin.parse(origin)
    near = None if sent is None else nearest(ours, sent)
    if near is not None and sent is not None and not near.is_exact:
        likeness = Likeness(_pattern_slug(near, sent), str(near), origin)
        message = f"{origin!r} is not allowed; the nearest pattern is {str(near)!r}, {difference(near, sent)}."
    else:
        likeness = nearest_entry(origin, [entry for entry in policy.entries if "*" not in entry])
        message = _sentence(origin, likeness, policy)
    severity = _severity(observation)
    evidence: dict[str, object] = {"sent": origin, "allow_origins": list(policy.entries)}
    if policy.resolver:
        message = f"{message} The origin_resolver does not allow it either."
    field = policy.keyword("allow_origins")
    evidence |= {"field": field} if policy.spelt_as_policy else {}
    remedy = missing_in_policy(field, list(policy.entries[:_LISTED_WHOLE]), [origin]) if policy.spelt_as_policy else None
    if len(policy.entries) > _LISTED_WHOLE and remedy is not None:
        remedy = f"Add {origin!r} to {field} of the Policy."
    if severity == "info":
        message = f"Pages of {origin!r} are not allowed. If your frontend runs there, add it to the allowed origins."
        return Diagnosis("origin-mismatch", message, layer.place, evidence, severity, remedy=remedy)
    if likeness.entry is not None and likeness.is_near:
        evidence["allowed"] = likeness.entry
    return Diagnosis(likeness.slug, message, layer.place, evidence, severity, remedy=remedy)


def _pattern_slug(near: OriginPattern, sent: Origin) -> str:
    """What keeps a pattern from meaning an origin: its scheme alone, its port alone, or more."""
    same_host = sent.host.endswith(f".{near.host}") if near.subdomains else sent.host == near.host
    same_port = near.port in ("*", sent.port)
    if same_host and near.scheme != sent.scheme and same_port:
        return "origin-scheme-mismatch"
    if same_host and near.scheme == sent.scheme and not same_port:
        return "origin-port-mismatch"
    return "origin-mismatch"


def _sentence(origin: str, likeness: Likeness, policy: LayerPolicy) -> str:
    pattern = _SENTENCES.get(likeness.slug)
    if pattern is not None:
        return pattern.format(sent=repr(origin), allowed=repr(likeness.entry))
    written = [entry for entry in policy.entries if entry.strip()]
    if not written:
        if policy.regex:
            return f"{origin!r} does not match {policy.keyword('allow_origin_regex')}. The expression is {policy.regex!r}."
        from_nothing = " It seems to come from an empty variable." if policy.entries else ""
        return f"{origin!r} is not allowed, because the list of origins is empty.{from_nothing}"
    field = policy.keyword("allow_origins")
    if likeness.is_near:
        return f"{origin!r} is not in {field}. The nearest entry is {likeness.entry!r}."
    listed = ", ".join(map(repr, written[:_LISTED]))
    more = f" and {len(written) - _LISTED} more" if len(written) > _LISTED else ""
    return f"{origin!r} is not in {field}. The list has {listed}{more}."


def entry_faults(layer: LayerInfo, policy: LayerPolicy) -> Iterator[Diagnosis]:
    """Entries of the list that can never match, whatever page asks: each with the origin that was meant."""
    # Every entry of a `Policy` is one that some page has.
    if isinstance(policy.origins, str) or policy.allows_all_origins or policy.policy is not None:
        return
    for entry in policy.origins:
        meant = meant_origin(entry) if not joined_parts(entry) else None
        if meant is not None and meant != entry and not policy.allows_origin(meant):
            likeness = compare(meant, entry)
            evidence = {"sent": meant, "allowed": entry, "allow_origins": list(policy.entries)}
            remedy = pattern_remedy(entry) if likeness.slug in _PATTERNS else None
            yield Diagnosis(likeness.slug, _sentence(meant, likeness, policy), layer.place, evidence, remedy=remedy)
        elif meant is None and (slug := pattern_slug(entry)) is not None:
            what = "a pattern" if slug == "glob-in-origins" else "a regular expression"
            message = f"{entry!r} is {what}, which a list of origins does not support. It matches no page."
            evidence = {"allowed": entry, "allow_origins": list(policy.entries)}
            yield Diagnosis(slug, message, layer.place, evidence, remedy=pattern_remedy(entry))


def string_of_origins(layer: LayerInfo, origins: str) -> Diagnosis:
    """The most dangerous slip: the string is searched for the origin, or for a `*`."""
    evidence: dict[str, object] = {"value": origins}
    if "*" in origins:
        message = (
            f"allow_origins is the string {origins!r}, not a list. The string contains a *, so Starlette allows every origin."
        )
    else:
        witness = origins[:-1] if len(origins) > 1 else origins
        evidence["admits"] = witness
        message = f"allow_origins is the string {origins!r}, not a list. Any part of it passes: {witness!r} matches too."
    parts = list(joined_parts(origins)) or [origins]
    remedy = f"allow_origins={parts!r}"
    if len(parts) > 1:
        remedy += '; where a setting holds them: [origin.strip() for origin in setting.split(",") if origin.strip()]'
    return Diagnosis("origins-not-a-list", message, layer.place, evidence, severity="error", remedy=remedy)


def _partial_match(origin: str, layer: LayerInfo, regex: str, field: str) -> Diagnosis:
    message = f"{field} {regex!r} matches only a part of {origin!r}. It must match the whole origin."
    return Diagnosis("regex-partial-match", message, layer.place, {"sent": origin, "allow_origin_regex": regex})


def _severity(observation: Observation) -> Severity | None:
    """An origin that the user did not name may rightly be refused: that is only information."""
    return "info" if observation.assumed_origin else None
