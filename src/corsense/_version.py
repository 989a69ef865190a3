"""The version, apart from the package, so that what the package offers can import it."""

from __future__ import annotations

__version__ = "0.1.0"
