"""The address of each cause's page leads to its module."""

from __future__ import annotations

from pathlib import Path

from corsense.causes import HOME, catalogue

ROOT = Path(__file__).parents[2]


def test_the_address_of_each_cause_is_a_file_of_the_repository() -> None:
    missing = [cause.url for cause in catalogue() if not (ROOT / cause.url.removeprefix(f"{HOME}/blob/main/")).is_file()]
    assert missing == []
