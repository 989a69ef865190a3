"""A proposed policy as text for people, and as a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from corsense import __version__
from corsense.fix.edits.diff import shared_diff
from corsense.fix.tightened import SourceProposal
from corsense.observe.evidence import Evidence
from corsense.observe.origin_choice import LeftOut, LeftOutReason
from corsense.observe.tighten import PolicyProposal
from corsense.origin import Origin
from corsense.policy.written import written_policy
from corsense.report.document import FixDocument
from corsense.report.json_document import Document
from corsense.sites import is_public_suffix, registrable_domain

MOST_SHOWN: Final = 12
_NAMED: Final = 3
_MANY_PREVIEWS: Final = 3
_MANY_SITES: Final = 20
FORGED: Final = (
    "Origin can be forged by clients that are not browsers, so nothing here is proof: review every entry before you use it."
)


WHY: Final = {
    "opaque": "every page can have this origin.",
    "refused-today": "the current policy refuses it, and a tighter one allows nothing new.",
    "no-success": "no request succeeded.",
    "not-authenticated": "no success with credentials where they are needed, so anyone may be behind it; --anonymous accepts it.",
    "few-days": "seen on too few days.",
    "per-installation": "generated for each installation, so no list can name them.",
    "development": "a developer's own machine; it belongs in the policy of development.",
}


class EvidenceDocument(Document):
    """What was seen. `days` is a lower bound; `authenticated` are successes with credentials on routes where no one succeeds
    without; `routes` are at most five of `route_count`."""

    days: int
    requests: int
    preflights: int
    successes: int
    authenticated: int
    routes: list[str]
    route_count: int
    first: str
    last: str


class EntryDocument(Document):
    """A value of the proposed policy. `field` is a keyword of `Policy`; `stands_for` the origins behind a pattern."""

    field: str
    value: str
    confidence: Literal["high", "medium", "low"]
    stands_for: list[str]
    evidence: EvidenceDocument


class UnusedDocument(Document):
    """A value of the current policy that no request needed."""

    field: str
    value: str


class LossDocument(Document):
    """Requests that are allowed today and would be refused, and why."""

    origin: str
    verdict: str
    requests: int
    last: str
    examples: list[str]


class LeftOutDocument(Document):
    """An origin that the proposal does not allow."""

    origin: str
    reason: Literal[
        "opaque",
        "refused-today",
        "no-success",
        "not-authenticated",
        "few-days",
        "lookalike",
        "development",
        "per-installation",
        "invalid",
    ]
    message: str
    evidence: EvidenceDocument


class TightenDocument(Document):
    """What `corsense policy tighten --format json` prints.

    `policy` is the proposal, as in a policy file, `code` the same as Python; `unkept` requests were counted and not kept, and
    `broken` lines could not be read. `current` names today's policy, which is `today`. `fix` is the edit of its code, null where
    there is none, for the reason in `no_fix`. Once verified, it gives the app the policy `fixed`, and `corsense fix --proposal`
    applies it to an app that still has the policy `today`. `advice` is for where a list is not the answer.
    """

    corsense: str
    schema: Literal[1] = 1
    first: str
    last: str
    requests: int
    unkept: int
    broken: int
    current: str | None
    today: dict[str, Any] | None
    policy: dict[str, Any]
    code: str
    entries: list[EntryDocument]
    unused: list[UnusedDocument]
    losses: list[LossDocument]
    left_out: list[LeftOutDocument]
    fix: FixDocument | None
    fixed: dict[str, Any] | None
    no_fix: str | None
    advice: list[str]


def tighten_document(
    proposal: PolicyProposal, current: str | None, source: SourceProposal | None, broken: int
) -> TightenDocument:
    """The document of a proposal; `current` is what `--current` was."""
    fix = None if source is None else source.fix
    return TightenDocument(
        corsense=__version__,
        first=proposal.first.isoformat(),
        last=proposal.last.isoformat(),
        requests=proposal.requests,
        unkept=proposal.unkept,
        broken=broken,
        current=current,
        today=None if proposal.current is None else proposal.current.document(),
        policy=proposal.policy.document(),
        code=written_policy(proposal.policy),
        entries=[
            EntryDocument(
                field=entry.field,
                value=entry.value,
                confidence=entry.confidence.value,
                stands_for=list(entry.stands_for),
                evidence=_evidence(entry.evidence),
            )
            for entry in proposal.entries
        ],
        unused=[UnusedDocument(field=unused.field, value=unused.value) for unused in proposal.unused],
        losses=[
            LossDocument(
                origin=loss.origin,
                verdict=loss.verdict,
                requests=loss.requests,
                last=loss.last.isoformat(),
                examples=list(loss.examples),
            )
            for loss in proposal.losses
        ],
        left_out=[
            LeftOutDocument(origin=left.origin, reason=left.reason.value, message=left.message, evidence=_evidence(left.evidence))
            for left in proposal.left_out
        ],
        fix=None
        if fix is None
        else FixDocument(title=fix.title, diff="".join(map(shared_diff, fix.edits)), verified=fix.verified),
        fixed=None if source is None or source.patched is None or not fix or not fix.verified else source.patched.document(),
        no_fix=None if source is None or fix is not None else source.reason,
        advice=list(advice(proposal)),
    )


def _evidence(evidence: Evidence) -> EvidenceDocument:
    return EvidenceDocument(
        days=evidence.days,
        requests=evidence.requests,
        preflights=evidence.preflights,
        successes=evidence.successes,
        authenticated=evidence.authenticated,
        routes=list(evidence.routes),
        route_count=evidence.route_count,
        first=evidence.first.isoformat(),
        last=evidence.last.isoformat(),
    )


def tighten_text(proposal: PolicyProposal, source: SourceProposal | None, broken: int, *, diff: bool = True) -> str:
    """The proposal for people: the policy, what each entry rests on, who loses, who is left out, the diff."""
    parts = [
        summary(proposal, broken),
        written_policy(proposal.policy),
        _table("Evidence", (_row(entry) for entry in proposal.entries)),
        _table("Nobody used", ((unused.field, unused.value) for unused in proposal.unused)),
        _table("Would lose access", map(_loss, proposal.losses)),
        _table("Left out", _grouped(proposal.left_out)),
        "\n".join(advice(proposal)),
        FORGED,
    ]
    if source is not None and source.fix is not None and diff:
        parts.append("".join(map(shared_diff, source.fix.edits)).rstrip("\n"))
        parts.append(verification(source))
    elif source is not None and source.fix is None:
        parts.append(f"No diff: {source.reason}")
    return "\n\n".join(part for part in parts if part)


def summary(proposal: PolicyProposal, broken: int) -> str:
    """What the proposal was learned from, in one line."""
    days = (proposal.last - proposal.first).days + 1
    origins = sum(entry.field == "origins" for entry in proposal.entries)
    line = f"{proposal.requests:,} requests of {days} days ({proposal.first} to {proposal.last}): {origins} allowed, "
    line += f"{len(proposal.left_out)} left out."
    if proposal.unkept:
        line += f" {proposal.unkept:,} requests were counted and not kept: nothing is known about them."
    if broken:
        line += f" {broken:,} broken {'line was' if broken == 1 else 'lines were'} skipped."
    return line


def advice(proposal: PolicyProposal) -> Iterator[str]:
    """What to do where a list is not the answer: previews on a host that anyone can use, customers who come and go."""
    suffixes = Counter(_shared_suffix(left.origin) for left in proposal.left_out)
    for suffix, count in suffixes.items():
        if suffix and count >= _MANY_PREVIEWS:
            yield (
                f"{count} of the origins that are left out are below {suffix}, where anyone can register a name. If they are "
                "previews of yours, give them a domain of your own: docs/how-to/previews.md."
            )
    sites = {_site(entry.value) for entry in proposal.entries if entry.field == "origins"} - {""}
    if len(sites) >= _MANY_SITES:
        yield (
            f"The origins are of {len(sites)} sites. If these are your customers, a list ends with the next one: "
            "Policy(origin_resolver=...) asks your database instead."
        )


def _shared_suffix(origin: str) -> str:
    """The suffix of an origin below which anyone can have a page, and which belongs to a company; `""` for others."""
    parsed = Origin.parse(origin)
    suffix = "" if parsed is None else registrable_domain(parsed.host).partition(".")[2]
    return suffix if "." in suffix and is_public_suffix(suffix) else ""


def _site(pattern: str) -> str:
    parsed = Origin.parse(pattern.replace("*.", ""))
    return "" if parsed is None else registrable_domain(parsed.host)


def verification(source: SourceProposal) -> str:
    """Whether the edited app says the same as the proposal."""
    assert source.fix is not None
    match source.fix.verified:
        case True:
            said = "Verified: the app with this diff allows what the proposal allows, and nothing that is refused today."
            return f"{said} Apply it with --write."
        case False:
            return "Not verified: the app with this diff judges observed requests differently. Paste the policy instead."
        case _:
            return "Not verified: the app could not be loaded with this diff."


def evidence_line(evidence: Evidence) -> str:
    """Evidence in a few words."""
    days = "1 day" if evidence.days == 1 else f"{evidence.days} days"
    if not evidence.successes:
        return (
            f"{days}, {_requests(evidence.requests)}, no success"
            if evidence.requests
            else f"{days}, {evidence.preflights:,} preflights"
        )
    routes = ", ".join(evidence.routes[:2])
    more = evidence.route_count - len(evidence.routes[:2])
    routes += f" and {more} more" if more > 0 else ""
    return f"{days}, {_requests(evidence.requests)}, {evidence.authenticated:,} authenticated; {routes}"


def _requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def _row(entry: Any) -> tuple[str, ...]:
    stands_for = f" (stands for {len(entry.stands_for)} origins)" if entry.stands_for else ""
    return entry.field, entry.value, entry.confidence.value, evidence_line(entry.evidence) + stands_for


def _grouped(left_out: Iterable[LeftOut]) -> Iterator[tuple[str, ...]]:
    """One row for each reason, with the busiest origins it is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for left in left_out:
        # The text about a look-alike names another origin each time.
        message = left.message if left.reason in (LeftOutReason.LOOKALIKE, LeftOutReason.INVALID) else ""
        groups.setdefault((left.reason.value, message), []).append(left.origin)
    for (reason, message), origins in groups.items():
        named = ", ".join(origins[:_NAMED]) + (f" and {len(origins) - _NAMED} more" if len(origins) > _NAMED else "")
        yield reason, f"{named}: {f'{message}.' if message else WHY[reason]}"


def _loss(loss: Any) -> tuple[str, ...]:
    return loss.origin, f"{_requests(loss.requests)}, last {loss.last}: {loss.verdict}; {', '.join(loss.examples[:2])}"


def _table(title: str, rows: Iterable[tuple[str, ...]]) -> str:
    listed = list(rows)
    if not listed:
        return ""
    shown = listed[:MOST_SHOWN]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)][:-1]
    lines = [title, *("  " + line for line in _aligned(shown, widths))]
    if len(listed) > len(shown):
        lines.append(f"  and {len(listed) - len(shown)} more (--format json lists them)")
    return "\n".join(lines)


def _aligned(rows: list[tuple[str, ...]], widths: list[int]) -> Iterator[str]:
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
