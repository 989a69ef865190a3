"""`InputError` and `quoted`, under the name by which the readers import them."""

from __future__ import annotations

from corsense.errors import InputError, quoted

__all__ = ["InputError", "quoted"]
