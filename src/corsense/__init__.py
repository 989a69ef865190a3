"""corsense: the CORS toolkit for FastAPI and Starlette teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

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

__all__ = [
    "CORSMiddleware",
    "CORSOrigins",
    "CORSSettings",
    "CrossOriginProtection",
    "OriginPattern",
    "Policy",
    "PolicyError",
    "__version__",
    "cors",
    "install",
]

__version__ = "0.1.0"

_HOMES = {
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
