"""Client profiles: what JavaScript clients send across origins, and which headers of the response their script must read.

`check --client`, `Policy(clients=...)` and `explain` share this table. It was measured with the real packages in Chromium; each
profile names the versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names
from corsense.clients.profile import ClientProfile, ClientRequest, Read

if TYPE_CHECKING:
    from corsense.clients.table import MEASURED as MEASURED
    from corsense.clients.table import PROFILES as PROFILES

__all__ = ["MEASURED", "PROFILES", "ClientProfile", "ClientRequest", "Read", "profile"]

_HOMES = {"MEASURED": "corsense.clients.table", "PROFILES": "corsense.clients.table"}

__getattr__ = lazy_names(globals(), _HOMES)  # most checks involve no client


def profile(name: str) -> ClientProfile:
    """The profile called `name`. Raises KeyError when there is none."""
    from corsense.clients.table import BY_NAME

    return BY_NAME[name]
