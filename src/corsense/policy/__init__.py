"""`Policy`: what an API allows; `Decision`: its answer to one request.

    policy = Policy(origins=["https://app.example.com", "https://*.staging.example.com"], credentials=True,
                    methods=["PUT", "DELETE"], request_headers=["Content-Type"], max_age=600)

Nothing here does input or output, and nothing depends on a framework: the middleware serves a policy,
`corsense.transports.policy` answers a simulated browser by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names
from corsense.faults import Fault, PolicyError

if TYPE_CHECKING:
    from corsense.policy.decision import Decision as Decision
    from corsense.policy.decision import Reason as Reason
    from corsense.policy.origins import Resolver as Resolver
    from corsense.policy.policy import Policy as Policy
    from corsense.policy.policy import ResolverSettings as ResolverSettings

__all__ = ["Decision", "Fault", "Policy", "PolicyError", "Reason", "Resolver", "ResolverSettings"]

_HOMES = {
    "Decision": "corsense.policy.decision",
    "Reason": "corsense.policy.decision",
    "Resolver": "corsense.policy.origins",
    "Policy": "corsense.policy.policy",
    "ResolverSettings": "corsense.policy.policy",
}

__getattr__ = lazy_names(globals(), _HOMES)  # most checks are of apps without a corsense policy
