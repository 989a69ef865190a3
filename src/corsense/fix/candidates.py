"""The edits to try for a finding on an app, the best first: each with what it opens, and whether it is a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from corsense.app.description import LayerInfo
from corsense.diagnose.policies import LayerPolicy
from corsense.finding import Place
from corsense.fix import edits
from corsense.fix.candidate import Candidate, Case, edited
from corsense.fix.list_candidates import ADDED, CORRECTED, origin_candidates, plain_candidates, values_of
from corsense.fix.regex_candidates import regex_candidates
from corsense.fix.stack_candidates import (
    BY_HAND,
    OF_ERRORS,
    installed_around,
    layer_of_the_served_app,
    layer_out_of_startup,
    merged_layers,
    new_layer,
    no_headers_by_hand,
    no_options_handler,
    origins_in_place_of_star,
    other_layers,
    outermost_layer,
)


def candidates(case: Case) -> Iterator[Candidate]:
    """The edits to try for a finding, the best first."""
    slug, place = case.finding.cause.slug, case.finding.place
    if "unserved" in case.finding.evidence and place is not None:
        yield from layer_of_the_served_app(case, place)
    elif slug in ("missing-cors-middleware", "mounted-app-without-cors", "redirect-slashes"):
        yield from new_layer(case)
    elif slug == "cors-not-outermost":
        yield from outermost_layer(case)
    elif slug in OF_ERRORS:
        yield from installed_around(case)
    elif slug == "middleware-added-after-startup":
        yield from layer_out_of_startup(case)
    elif place is None:
        return
    elif slug == "manual-options-handler":
        yield from no_options_handler(case, place)
    elif slug in BY_HAND:
        yield from no_headers_by_hand(case, place)
    elif "field" in case.finding.evidence:
        yield from policy_candidates(slug, case.finding.evidence, place)
    elif case.layer is None:
        yield from other_layers(slug, case.finding.evidence, place)
    else:
        yield from _argument_candidates(case, case.layer, place)


def policy_candidates(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to add to the list of a `Policy` of corsense's own that lacks something; `field` of the evidence is its name."""
    field = str(evidence["field"])
    wanted = {"methods": "method", "request_headers": "header", "origins": "sent"}.get(field)
    values = values_of(evidence, wanted) if wanted is not None else []
    if values and "null" not in values:
        title = f"add {', '.join(map(repr, values))} to {field} of the policy"
        opens = tuple(values) if field == "origins" else ()
        yield Candidate(place, title, lambda text: edits.extend_policy(text, place.line, field, values), opens)


def _argument_candidates(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    """What the finding\'s own argument of the layer needs."""
    slug, evidence, line = case.finding.cause.slug, case.finding.evidence, place.line
    if slug.startswith("regex-") or slug == "public-suffix-origin":
        yield from regex_candidates(case, layer, place)
    elif slug in CORRECTED or slug in ADDED:
        yield from origin_candidates(slug, evidence, place)
    elif slug in ("wildcard-with-credentials", "null-origin", "insecure-origin-with-credentials", "duplicate-cors-middleware"):
        yield from _dangers(case, layer, place)
    elif slug == "credentials-not-allowed":
        opens = LayerPolicy.of(layer).entries
        title = "accept credentials from the listed origins"
        yield Candidate(place, title, lambda text: edits.set_credentials(text, line, True), opens)
    else:
        yield from plain_candidates(slug, evidence, place)


def _dangers(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    slug, line = case.finding.cause.slug, place.line
    value = str(case.finding.evidence.get("value", ""))
    entries = LayerPolicy.of(layer).entries
    if slug == "wildcard-with-credentials":
        if case.named:
            origins = list(case.named)
            title = f"name the origins that may send cookies: {', '.join(origins)}"
            # Where no layer accepts credentials, the plain * may be meant for everybody.
            meant = LayerPolicy.of(layer).credentials or case.with_credentials
            guess = None if meant else "every other page loses its access; if the API is public, let the page omit credentials"
            apply = origins_in_place_of_star(line, layer, origins)
            yield Candidate(place, title, apply, tuple(origins), guess=guess, closes=True)
    elif slug == "null-origin" and value == "null":
        yield Candidate(
            place, "remove 'null' from the list", lambda text: edits.remove_origin(text, line, "null"), shuts=("null",)
        )
    elif slug == "insecure-origin-with-credentials":
        secure = value.replace("http://", "https://", 1)
        if secure in entries:
            title = f"remove {value!r} from the list: {secure!r} is on it"
            yield Candidate(place, title, lambda text: edits.remove_origin(text, line, value), shuts=(value,))
        else:
            guess = f"pages of {value} lose access"
            title = f"write {secure!r} in place of {value!r}"
            apply = edited(edits.replace_origin, line, value, secure)
            yield Candidate(place, title, apply, (secure,), shuts=(value,), guess=guess)
    elif slug == "duplicate-cors-middleware":
        yield from merged_layers(case, layer)
