"""Marks for tests that need what only newer releases of Starlette have."""

from __future__ import annotations

import inspect

import pytest
from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware

needs_private_network = pytest.mark.skipif(
    "allow_private_network" not in inspect.signature(StarletteCORSMiddleware).parameters,
    reason="the CORS layer of this Starlette has no allow_private_network",
)
"""For tests of all parameters and attributes that the layer of the newest Starlette has."""
