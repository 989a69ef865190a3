"""The server's side at run time: `CORSMiddleware` enforces a `Policy`, `install` puts it around an app, `cors` gives a route a
policy of its own."""

from __future__ import annotations

from corsense.middleware.asgi import CORSMiddleware
from corsense.middleware.install import Installation, install
from corsense.middleware.route_policy import RoutePolicy, cors

__all__ = ["CORSMiddleware", "Installation", "RoutePolicy", "cors", "install"]
