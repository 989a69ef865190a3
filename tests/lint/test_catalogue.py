"""The pages of the catalogue: the linter finds what an example shows, and nothing of it in what to use instead."""

from __future__ import annotations

import pytest

from corsense.causes import catalogue, cause
from corsense.lint import lint_text

ONLY_IN_ANSWERS = (
    "answered-by-proxy",
    "authorization-not-covered-by-wildcard",
    "content-security-policy",
    "cookie-not-sent",
    "cross-origin-resource-policy",
    "foreign-write",
    "gateway-error",
    "header-not-exposed",
    "host-unchecked",
    "invalid-cors-header",
    "mixed-content",
    "options-without-request-method",
    "origin-check-refused",
    "preflight-answered-by-other-layer",
    "preflight-bad-status",
    "preflight-cache-stale",
    "preflight-redirected",
    "redirect-downgrades-to-http",
    "redirect-loses-cors",
    "redirect-slashes",
    "request-too-large",
    "tunnel-interstitial",
    "unhandled-exception",
    "websocket-refused",
)
"""What an answer shows, and source only by chance: another cause names what source has of it."""

ONLY_WITH_THE_PAGE = (
    "credentials-in-url",
    "credentials-not-allowed",
    "local-network-access",
    "opaque-response",
    "origin-host-mismatch",
    "origin-mismatch",
    "origin-port-mismatch",
    "origin-scheme-mismatch",
    "redirect-to-login",
    "route-not-found",
    "same-origin-needs-no-cors",
    "server-unreachable",
    "simple-request-runs-anyway",
    "tainted-canvas",
    "url-without-scheme",
)
"""What depends on the page that asks: which origin it has, what it calls and how."""

NOT_A_FAULT_ALONE = ("missing-cors-middleware", "no-origins", "regex-partial-match")
"""An app without CORS and one that allows nobody may be meant so; an expression matches whole in source and is not run here."""

AT_START_UP = (
    "flag-not-a-bool",
    "max-age-out-of-range",
    "path-pattern-invalid",
    "resolver-limits",
)
"""What a policy refuses when the app starts; the example asks for more than the literal arguments of `Policy(...)`."""

NEEDS_MORE_THAN_THE_EXAMPLE = ("header-not-allowed", "setting-not-json")
"""Shown where the app reads the header, and where a default is not JSON: the example's page sends a header that the app does not
mention, and its environment has the setting."""

ONLY_IN_FRONT = ("cors-headers-changed-in-front", "proxy-loses-cors")
"""The fault is in the configuration of a proxy, which `tests/layers` has; the example is the app behind it."""

OTHERWISE = (
    *ONLY_IN_ANSWERS,
    *ONLY_WITH_THE_PAGE,
    *NOT_A_FAULT_ALONE,
    *AT_START_UP,
    *NEEDS_MORE_THAN_THE_EXAMPLE,
    *ONLY_IN_FRONT,
)

SHOWN = [entry.slug for entry in catalogue() if entry.slug not in OTHERWISE]


@pytest.mark.parametrize("slug", SHOWN)
def test_the_example_of_a_cause_shows_it(slug: str) -> None:
    found = {finding.cause.slug for block in cause(slug).code_blocks("Example") for finding in lint_text(block)}
    assert slug in found


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.slug)
def test_what_to_use_instead_has_no_fault(entry: object) -> None:
    from corsense.causes import Cause

    assert isinstance(entry, Cause)
    for block in entry.code_blocks("Use instead"):
        assert [finding.message for finding in lint_text(block) if finding.severity != "info"] == []


def test_the_reasons_why_source_does_not_show_a_cause_name_causes() -> None:
    assert len(set(OTHERWISE)) == len(OTHERWISE)
    assert set(OTHERWISE) <= {entry.slug for entry in catalogue()}
