"""Observed requests, as bounded tuples with counts; and what can be learned from them.

The middleware records these tuples while it serves, `corsense policy replay` reads the same ones from logs, and
`corsense policy tighten` proposes a policy from either. Nothing here does input or output.
"""

from __future__ import annotations

from corsense.observe.folder import ObservationFolder
from corsense.observe.request_tuple import (
    ALLOWED,
    CredentialsSent,
    ObservedRequests,
    RequestKind,
    RequestTuple,
)

__all__ = ["ALLOWED", "CredentialsSent", "ObservationFolder", "ObservedRequests", "RequestKind", "RequestTuple"]
