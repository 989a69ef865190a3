"""corsense: the CORS toolkit for FastAPI and Starlette teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names
from corsense._version import __version__ as __version__

if TYPE_CHECKING:
    from corsense.faults import PolicyError as PolicyError
    from corsense.middleware import CORSMiddleware as CORSMiddleware
    from corsense.middleware import cors as cors
    from corsense.middleware.install import install as install
    from corsense.origin import OriginPattern as OriginPattern
    from corsense.policy import Policy as Policy
    from corsense.protection import CrossOriginProtection as CrossOriginProtection
    from corsense.settings import CORSOrigins as CORSOrigins
    from corsense.settings import CORSSettings as CORSSettings
    from corsense.warnings import CORSLayerWarning as CORSLayerWarning
    from corsense.warnings import DebugModeWarning as DebugModeWarning
    from corsense.warnings import DevelopmentOriginWarning as DevelopmentOriginWarning
    from corsense.warnings import IgnoredSettingWarning as IgnoredSettingWarning
    from corsense.warnings import OriginWarning as OriginWarning

__all__ = [
    "CORSLayerWarning",
    "CORSMiddleware",
    "CORSOrigins",
    "CORSSettings",
    "CrossOriginProtection",
    "DebugModeWarning",
    "DevelopmentOriginWarning",
    "IgnoredSettingWarning",
    "OriginPattern",
    "OriginWarning",
    "Policy",
    "PolicyError",
    "__version__",
    "cors",
    "install",
]

_HOMES = {
    "CORSLayerWarning": "corsense.warnings",
    "DebugModeWarning": "corsense.warnings",
    "DevelopmentOriginWarning": "corsense.warnings",
    "IgnoredSettingWarning": "corsense.warnings",
    "OriginWarning": "corsense.warnings",
    "CORSMiddleware": "corsense.middleware",
    "CORSOrigins": "corsense.settings",
    "CORSSettings": "corsense.settings",
    "CrossOriginProtection": "corsense.protection",
    "OriginPattern": "corsense.origin",
    "Policy": "corsense.policy",
    "PolicyError": "corsense.faults",
    "cors": "corsense.middleware",
    "install": "corsense.middleware",
}


__getattr__ = lazy_names(globals(), _HOMES)  # settings bring pydantic along


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
