"""Exports of generated policies, proven with the real proxies: `scripts/prove-exports`.

Each is equal to its policy, or refused with a reason. The exit status is 1 when one differs or no longer starts.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from itertools import islice
from random import SystemRandom

from corsense import Policy
from corsense.errors import InputError
from corsense.layers.export import TARGETS, CannotExpress, Site, export_policy
from corsense.layers.programs import find
from corsense.layers.proof import Proof, prove
from tests.layers.generated_policies import policies


def outcome(policy: Policy, to: str, *, app_keeps_cors: bool = False) -> Proof | CannotExpress:
    """The proof of an export, or why the layer cannot express the policy."""

    def written(site: Site) -> str:
        return export_policy(policy, to, site, app_keeps_cors=app_keeps_cors)

    try:
        written(Site())
    except CannotExpress as refused:
        return refused
    return prove(policy, to, written, app_keeps_cors=app_keeps_cors)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/prove-exports", description=__doc__)
    parser.add_argument("--policies", type=int, default=60)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--to", nargs="*", default=[name for name, target in TARGETS.items() if target.program is not None])
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.policies} policies")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for number, policy in enumerate(islice(policies(options.seed), options.policies)):
        for to in options.to:
            _one(number, policy, to, counts[to], reasons[to])
    for to, count in counts.items():
        print(f"{to}: {', '.join(f'{value} {key}' for key, value in sorted(count.items()))}")
        for reason, times in reasons[to].most_common():
            print(f"    refused {times} times: {reason}")
    return 1 if any(count["different"] or count["failed"] or count["gained"] for count in counts.values()) else 0


def _one(number: int, policy: Policy, to: str, counts: Counter[str], reasons: Counter[str]) -> None:
    """One export; the app keeps its CORS in every fourth."""
    target = next(target for name, target in TARGETS.items() if name == to)
    if target.program is None or find(target.program) is None:
        counts["absent"] += 1
        return
    start = time.process_time()
    try:
        found = outcome(policy, to, app_keeps_cors=number % 4 == 3 and to != "traefik")
    except InputError as failed:
        counts["failed"] += 1
        print(f"FAILED {to} {policy!r}\n    {failed}")
        return
    if isinstance(found, CannotExpress):
        counts["refused"] += 1
        reasons[str(found)] += 1
        return
    counts["probes"] += found.probes
    counts["gained"] += found.gained
    counts["different" if found.differences else "equal"] += 1
    if found.differences:
        print(f"DIFFERENT {to} {policy!r}", *(f"    {each}" for each in found.differences[:3]), sep="\n")
    if os.environ.get("VERBOSE"):
        print(f"{number} {to}: {found.probes} probes, {time.process_time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
