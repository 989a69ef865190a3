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

needs_star_without_cookies = pytest.mark.skipif(
    "cookie" in inspect.getsource(StarletteCORSMiddleware.send),
    reason="the CORS layer of this Starlette answers * unless the request has a cookie, also with allow_credentials",
)
"""For tests of how Starlette 1.0 and newer answer where every origin may send credentials."""
