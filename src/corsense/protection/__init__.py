"""Cross-origin protection: refuses what CORS does not stop, from the same list of trusted origins.

`judge` is the rule, without I/O; `rule` states it with its sources.
"""

from __future__ import annotations

from corsense.protection.hosts import HostList
from corsense.protection.rule import Crossing, ForeignReason, judge

__all__ = ["Crossing", "ForeignReason", "HostList", "judge"]
