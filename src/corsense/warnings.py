"""The warnings that corsense gives. Filter them by class: `warnings.filterwarnings("ignore", category=DebugModeWarning)`."""

from __future__ import annotations


class CORSLayerWarning(UserWarning):
    """There is another CORS layer inside of this one."""


class DebugModeWarning(UserWarning):
    """Debug mode is on where it should not be."""


class DevelopmentOriginWarning(UserWarning):
    """A policy that is not in production lets pages over http, of a developer's network, send cookies."""


class IgnoredSettingWarning(UserWarning):
    """A setting of Starlette's middleware that has no effect was left out."""


class OriginWarning(UserWarning):
    """A setting was read differently from how it was written, because what was meant is beyond doubt."""


class UntriedWarning(UserWarning):
    """A test could not try whether untrusted pages can write to a route."""
