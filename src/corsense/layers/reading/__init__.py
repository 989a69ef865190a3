"""Configurations of proxies and gateways, read: the policy that each place enforces, and what a browser meets besides.

    reading = read_configuration(Path("nginx.conf"))
    for place in reading.places:
        print(place.where, place.policy, place.remarks)

A module a format says how its layer answers one request; `judging` tries every kind of origin that a configuration tells apart.
What cannot be read exactly is never guessed: it is a `Remark` with file and line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.layers.reading.configuration import read_configuration as read_configuration
    from corsense.layers.reading.recognition import FORMATS as FORMATS
    from corsense.layers.reading.recognition import FormatName as FormatName
    from corsense.layers.reading.result import PlacedPolicy as PlacedPolicy
    from corsense.layers.reading.result import Reading as Reading
    from corsense.layers.reading.result import Remark as Remark
    from corsense.layers.reading.result import UnreadableConfiguration as UnreadableConfiguration

__all__ = ["FORMATS", "FormatName", "PlacedPolicy", "Reading", "Remark", "UnreadableConfiguration", "read_configuration"]

_HOMES = {
    "FORMATS": "corsense.layers.reading.recognition",
    "FormatName": "corsense.layers.reading.recognition",
    "PlacedPolicy": "corsense.layers.reading.result",
    "Reading": "corsense.layers.reading.result",
    "Remark": "corsense.layers.reading.result",
    "UnreadableConfiguration": "corsense.layers.reading.result",
    "read_configuration": "corsense.layers.reading.configuration",
}

__getattr__ = lazy_names(globals(), _HOMES)
