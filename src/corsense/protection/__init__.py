"""Cross-origin protection: refuses what CORS does not stop, from the same list of trusted origins.

`CrossOriginProtection` says how (`install(app, policy, protection=...)`). `judge` is the rule, without I/O; the module `rule`
states it with its sources.
"""

from __future__ import annotations

from corsense.protection.hosts import HostList
from corsense.protection.rule import Crossing, ForeignReason, judge
from corsense.protection.settings import CrossOriginProtection

__all__ = ["CrossOriginProtection", "Crossing", "ForeignReason", "HostList", "judge"]
