"""What comes in as text: pasted commands and calls, OpenAPI documents. Each reader raises `InputError` for input that it cannot
use."""

from __future__ import annotations

from corsense.errors import InputError

__all__ = ["InputError"]
