"""What holds for all tests: their outcome does not depend on how fast the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("corsense", deadline=None)
settings.load_profile("corsense")
