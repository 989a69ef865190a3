"""Loading an app: its routes, its middleware stack, where each was written, and what a browser meets there.

    with AppSession.start("app.main:app") as session:
        session.description.routes
        session.run([Probe(FetchRequest("http://localhost:8000/items", "http://localhost:3000"), "success")])

The app runs in a child process, which never runs an endpoint unless asked. Names are imported when they are used, so that the
child, and a command that has not needed the app yet, start fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corsense.app.description import (
        AppDescription,
        AppInfo,
        ExceptionHandlerInfo,
        IncludeInfo,
        LateMiddleware,
        LayerInfo,
        Opaque,
        RouteInfo,
    )
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.probe import ExchangeFacts, Probe, ProbeResult, Situation
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.app.traceback import Frame, ParsedException, ParsedTraceback, parse_traceback, parse_tracebacks

__all__ = [
    "AppDescription",
    "AppHungError",
    "AppInfo",
    "AppLoadError",
    "AppSession",
    "AppStoppedError",
    "AppTarget",
    "ExceptionHandlerInfo",
    "ExchangeFacts",
    "Frame",
    "IncludeInfo",
    "LateMiddleware",
    "LayerInfo",
    "Opaque",
    "ParsedException",
    "ParsedTraceback",
    "Probe",
    "ProbeResult",
    "RouteInfo",
    "Situation",
    "parse_traceback",
    "parse_tracebacks",
]

_HOMES = {
    "AppDescription": "description",
    "AppInfo": "description",
    "ExceptionHandlerInfo": "description",
    "IncludeInfo": "description",
    "LateMiddleware": "description",
    "LayerInfo": "description",
    "Opaque": "description",
    "RouteInfo": "description",
    "AppHungError": "errors",
    "AppLoadError": "errors",
    "AppStoppedError": "errors",
    "ExchangeFacts": "probe",
    "Probe": "probe",
    "ProbeResult": "probe",
    "Situation": "probe",
    "AppSession": "session",
    "AppTarget": "target",
    "Frame": "traceback",
    "ParsedException": "traceback",
    "ParsedTraceback": "traceback",
    "parse_traceback": "traceback",
    "parse_tracebacks": "traceback",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"corsense.app.{home}"), name)
