"""Proxies and gateways in front of an app: the policy written for each, read from each, and proven with the real program.

`programs` finds and runs the proxies of this machine. Nothing here imports what another module of the package can do without.
"""

from __future__ import annotations
