"""While developing: the last check again whenever source changes, and what the change did."""

from __future__ import annotations
