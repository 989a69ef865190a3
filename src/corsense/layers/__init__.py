"""Proxies and gateways in front of an app: the policy written for each, read from each, and proven with the real program.

`attribute` says what one of them did to an answer; `programs` finds and runs the proxies of this machine. Nothing here imports
what another module of the package can do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.layers.attribution import Attribution as Attribution
    from corsense.layers.attribution import attribute as attribute
    from corsense.layers.reading.configuration import read_configuration as read_configuration

__all__ = ["Attribution", "attribute", "read_configuration"]

_HOMES = {
    "Attribution": "corsense.layers.attribution",
    "attribute": "corsense.layers.attribution",
    "read_configuration": "corsense.layers.reading.configuration",
}

__getattr__ = lazy_names(globals(), _HOMES)
