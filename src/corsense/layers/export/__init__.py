"""A policy written for a proxy or gateway: `export_policy` makes the configuration that enforces exactly this policy there.

One module a target. What a target cannot express is refused (`CannotExpress`), never approximated; `corsense.layers.proof` runs
the real program and compares it with the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.layers.export.rules import CannotExpress as CannotExpress
    from corsense.layers.export.site import Site as Site
    from corsense.layers.export.targets import TARGETS as TARGETS
    from corsense.layers.export.targets import Target as Target
    from corsense.layers.export.targets import export_policy as export_policy

__all__ = ["TARGETS", "CannotExpress", "Site", "Target", "export_policy"]

_HOMES = {
    "CannotExpress": "corsense.layers.export.rules",
    "Site": "corsense.layers.export.site",
    "TARGETS": "corsense.layers.export.targets",
    "Target": "corsense.layers.export.targets",
    "export_policy": "corsense.layers.export.targets",
}

__getattr__ = lazy_names(globals(), _HOMES)
