"""Client profiles: what JavaScript clients send across origins, and which headers of the response their script must read.

`check --client`, `Policy(clients=...)` and `explain` share this table. It was measured with the real packages in Chromium; each
profile names the versions.
"""

from __future__ import annotations

from corsense.clients.profile import ClientProfile, ClientRequest, Read
from corsense.clients.table import MEASURED, PROFILES

__all__ = ["MEASURED", "PROFILES", "ClientProfile", "ClientRequest", "Read", "profile"]

_BY_NAME = {found.name: found for found in PROFILES}


def profile(name: str) -> ClientProfile:
    """The profile called `name`. Raises KeyError when there is none."""
    return _BY_NAME[name]
