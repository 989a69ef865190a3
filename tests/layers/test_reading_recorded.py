"""What is read from recorded configurations, held against what the real proxies answered."""

from __future__ import annotations

from collections import Counter

import pytest

from corsense.layers.programs import find
from corsense.layers.reading import Reading, read_configuration
from tests.layers.recorded import Probe, Stack, stacks

pytestmark = pytest.mark.skipif(find("caddy") is None, reason="Caddy, which reads its own format, is not installed")


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Stack, Reading]]:
    found = {}
    for stack in stacks():
        path = stack.lay(tmp_path_factory.mktemp(stack.id))
        found[stack.id] = (stack, read_configuration(path, name=path.name))
    return found


def test_a_policy_that_is_read_without_remarks_is_what_browsers_met(readings: dict[str, tuple[Stack, Reading]]) -> None:
    checked = 0
    for stack, reading in readings.values():
        if not reading.is_exact or stack.app != "A":
            continue
        (policy,) = reading.policies
        for probe in stack.probes:
            for mode, credentials in (("omit", False), ("include", True)):
                recorded = getattr(probe, mode)
                assert probe.is_permitted(policy, credentials=credentials) == (recorded == "ok"), (stack.id, probe.name, mode)
                checked += 1
    assert checked == 1332


def test_where_a_policy_and_a_browser_differ_a_remark_has_said_so(readings: dict[str, tuple[Stack, Reading]]) -> None:
    differences = 0
    for stack, reading in readings.values():
        if stack.app != "A" or len(reading.policies) != 1:
            continue
        slugs = {remark.slug for remark in reading.remarks}
        for probe in stack.probes:
            permitted = probe.is_permitted(reading.policies[0], credentials=False)
            if permitted != (probe.omit == "ok"):
                assert permitted, f"{stack.id}: {probe.name} is refused by the policy, and a browser lets it pass"
                assert slugs & _explaining(probe), (stack.id, probe, slugs)
                differences += 1
    assert differences == 213


def _explaining(probe: Probe) -> set[str]:
    """The causes that say why a browser refuses the answer to a probe although its origin is allowed."""
    if probe.method == "OPTIONS":
        return {"preflight-bad-status", "preflight-answered-by-other-layer"}
    return {"error-response-without-cors"} if probe.status >= 400 else set()


def test_what_a_proxy_sets_is_never_passed_over_in_silence(readings: dict[str, tuple[Stack, Reading]]) -> None:
    silent = {stack.id for stack, reading in readings.values() if not reading.places and not reading.remarks}
    for stack, _ in readings.values():
        if stack.id in silent and stack.app == "A":
            assert all(probe.omit != "ok" for probe in stack.probes), stack.id


def test_how_many_recorded_configurations_are_read(readings: dict[str, tuple[Stack, Reading]]) -> None:
    kinds = Counter(_kind(reading) for _, reading in readings.values())
    assert kinds == {"exact": 24, "with remarks": 71, "refused": 12, "no CORS": 72}


def _kind(reading: Reading) -> str:
    if reading.is_exact:
        return "exact"
    if reading.policies:
        return "with remarks"
    return "refused" if reading.remarks else "no CORS"
