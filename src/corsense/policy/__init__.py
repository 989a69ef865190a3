"""`Policy`: what an API allows; `Decision`: its answer to one request.

    policy = Policy(origins=["https://app.example.com", "https://*.staging.example.com"], credentials=True,
                    methods=["PUT", "DELETE"], request_headers=["Content-Type"], max_age=600)

Nothing here does input or output, and nothing depends on a framework: the middleware serves a policy,
`corsense.transports.policy` lets a browser try it on paper.
"""

from __future__ import annotations

from corsense.faults import Fault, PolicyError
from corsense.policy.decision import Decision, Reason
from corsense.policy.origins import Resolver
from corsense.policy.policy import Policy, ResolverSettings

__all__ = ["Decision", "Fault", "Policy", "PolicyError", "Reason", "Resolver", "ResolverSettings"]
