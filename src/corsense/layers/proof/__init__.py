"""Proof that a real proxy with an exported configuration treats browsers as the policy does.

`prove` runs the proxy on loopback in front of a small app, sends what browsers would send (trusted origins, look-alikes, `null`,
preflights, credentials, the proxy's own errors) and compares each verdict with `Policy.permits`.
"""

from __future__ import annotations

from corsense.layers.proof.compare import Difference as Difference
from corsense.layers.proof.compare import Proof as Proof
from corsense.layers.proof.compare import prove as prove

__all__ = ["Difference", "Proof", "prove"]
