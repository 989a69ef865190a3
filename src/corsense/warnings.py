"""The warnings that corsense gives. Filter them by class: `warnings.filterwarnings("ignore", category=DebugModeWarning)`."""

from __future__ import annotations


class CORSLayerWarning(UserWarning):
    """Another CORS layer is inside this one."""


class DebugModeWarning(UserWarning):
    """Debug mode is on where it should not be."""


class DevelopmentOriginWarning(UserWarning):
    """A policy outside production lets http pages of a developer's network send cookies."""


class IgnoredSettingWarning(UserWarning):
    """A setting of Starlette's middleware that has no effect was ignored."""


class OriginWarning(UserWarning):
    """A setting was read differently from how it was written, because its meaning is clear."""


class UntriedWarning(UserWarning):
    """A test could not try whether untrusted pages can write to a route."""
