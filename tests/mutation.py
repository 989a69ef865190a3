"""Mutation testing: what `scripts/mutants` asks of mutmut, and which survivors are known.

python -m tests.mutation configure FOLDER PACKAGE TESTS...
python -m tests.mutation run FOLDER MUTMUT [--sample N] [--seed N] [--only PATTERN]
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import json
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KNOWN = ROOT / "docs" / "explanation" / "mutants.md"

UNFIT = (
    "--ignore=tests/policy/test_command.py",
    "--ignore=tests/middleware/test_command.py",
    "--ignore=tests/middleware/test_start_up.py",
    "--ignore=tests/middleware/test_servers.py",
    "--ignore=tests/middleware/test_observation_servers.py",
    "--deselect=tests/middleware/test_refusals.py::TestTelemetry::test_without_an_sdk_nothing_is_imported_and_nothing_counted",
    "--deselect=tests/middleware/test_observing_layer.py::"
    "test_no_request_sees_half_of_a_reconfiguration_and_none_is_lost_with_many_threads",
    "--deselect=tests/middleware/test_observing_layer.py::test_the_real_sdk_counts_differences_with_labels_from_closed_sets",
    "--deselect=tests/middleware/test_resolvers.py::test_the_process_ends_while_a_resolver_hangs",
    *(
        f"--deselect=tests/middleware/test_drop_in.py::TestOnPurposeDifferent::{test}"
        for test in (
            "test_names_without_effect_are_dropped_with_a_warning",
            "test_an_age_beyond_what_browsers_keep_is_cut_with_a_warning",
            "test_a_star_wins_over_other_origins_with_a_warning",
        )
    ),
    "--deselect=tests/policy/test_matching_by_automaton.py::test_re_is_given_only_expressions_that_corsense_wrote_itself",
)
"""Tests that run a process of their own, read the source, race threads, or look at the frames of a call, among which mutmut has
its own."""

_OUTCOMES = {
    0: "survived",
    1: "killed",
    3: "killed",
    5: "no test",
    33: "no test",
    -24: "timeout",
    24: "timeout",
    152: "timeout",
    255: "timeout",
}
"""What an exit status of mutmut's child means."""


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one function: what stood there and what stands there now."""

    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.function}: `{self.before}` → `{self.after}`"


def configure(folder: Path, package: str, tests: list[str]) -> None:
    """Write the configuration of mutmut into the copy of the repository in `folder`."""
    settings = {
        "source_paths": ["src/"],
        "only_mutate": [f"src/corsense/{package}/*"],
        "also_copy": ["examples", "docs", "scripts"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "corsense.testing.plugin", "-p", "tests.mutation"],
        "pytest_add_cli_args_test_selection": [*tests, *UNFIT],
    }
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))


def pytest_sessionstart() -> None:
    """Forget what functions of corsense remember: mutmut runs each mutant in a fork of a process that has run the tests. The
    names of parameters as well: pytest keeps those it has escaped, and would escape each backslash once more."""
    for known in gc.get_objects():
        if isinstance(known, _lru_cache_wrapper) and str(getattr(known, "__module__", "")).startswith("corsense"):
            known.cache_clear()
        elif isinstance(known, pytest.Mark) and isinstance(known.kwargs.get("ids"), list):
            object.__setattr__(known, "_param_ids_generated", None)


def run(folder: Path, mutmut: str, sample: int, seed: int, only: str) -> int:
    """Try a sample of the mutants. Returns how many survive that the document does not list."""
    call(folder, mutmut, "run", "--max-children", "1", "no such mutant")  # makes the mutants, and finds the tests of each
    names = sorted(name for name in outcomes(folder) if fnmatch.fnmatch(name, only))
    if not names:
        print("mutants: mutmut made none; run it in the folder to see why: " + str(folder), file=sys.stderr)
        return 1
    drawn = names if sample == 0 else random.Random(seed).sample(names, min(sample, len(names)))
    printed = call(folder, mutmut, "run", "--max-children", "1", *drawn)
    found = {name: outcome for name, outcome in outcomes(folder).items() if name in set(drawn)}
    counts = Counter(found.values())
    if counts["not tried"] == len(drawn):
        print(f"mutants: the tests did not pass before any change:\n{printed[-3000:]}", file=sys.stderr)
        return 1
    print(
        f"{len(drawn)} of {len(names)} mutants: " + ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    )
    text = KNOWN.read_text(encoding="utf-8")
    unknown = 0
    for name in sorted(name for name, outcome in found.items() if outcome in ("survived", "no test")):
        mutant = described(name, call(folder, mutmut, "show", name))
        listed = str(mutant) in text
        unknown += not listed
        print(f"{found[name]}{' (listed)' if listed else ''}  {name}\n    {mutant}")
    return unknown


def call(folder: Path, mutmut: str, *arguments: str) -> str:
    """What mutmut prints."""
    command = [mutmut, *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout


def outcomes(folder: Path) -> dict[str, str]:
    """Each mutant and what became of it, as mutmut keeps it."""
    kept = (json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("mutants/src/**/*.meta"))
    return {
        name: "not tried" if code is None else _OUTCOMES.get(code, f"status {code}")
        for record in kept
        for name, code in record["exit_code_by_key"].items()
    }


def described(name: str, shown: str) -> Mutant:
    """The mutant that a diff of mutmut shows."""
    module, _, function = re.sub(r"__mutmut_\d+$", "", name).removeprefix("corsense.").rpartition(".")
    function = re.sub(r"^x(?:ǁ(\w+)ǁ|_)", lambda found: f"{found[1]}." if found[1] else "", function)
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Mutant(f"{module}.{function}", before, after)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    writes = commands.add_parser("configure")
    writes.add_argument("folder", type=Path)
    writes.add_argument("package")
    writes.add_argument("tests", nargs="+")
    tries = commands.add_parser("run")
    tries.add_argument("folder", type=Path)
    tries.add_argument("mutmut")
    tries.add_argument("--sample", type=int, default=100)
    tries.add_argument("--seed", type=int, default=1)
    tries.add_argument("--only", default="*")
    given = parser.parse_args()
    if given.command == "configure":
        configure(given.folder, given.package, given.tests)
        return 0
    return 1 if run(given.folder, given.mutmut, given.sample, given.seed, given.only) else 0


if __name__ == "__main__":
    sys.exit(main())
