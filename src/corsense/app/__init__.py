"""Loading an app: its routes, its middleware stack, where each was written, and what a browser meets there.

    with AppSession.start("app.main:app") as session:
        session.description.routes
        session.run([Probe(FetchRequest("http://localhost:8000/items", "http://localhost:3000"), "success")])

The app runs in a child process, which never runs an endpoint unless asked. Names are imported when they are used, so that the
child, and a command that has not needed the app yet, start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

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
    "AppDescription": "corsense.app.description",
    "AppInfo": "corsense.app.description",
    "ExceptionHandlerInfo": "corsense.app.description",
    "IncludeInfo": "corsense.app.description",
    "LateMiddleware": "corsense.app.description",
    "LayerInfo": "corsense.app.description",
    "Opaque": "corsense.app.description",
    "RouteInfo": "corsense.app.description",
    "AppHungError": "corsense.app.errors",
    "AppLoadError": "corsense.app.errors",
    "AppStoppedError": "corsense.app.errors",
    "ExchangeFacts": "corsense.app.probe",
    "Probe": "corsense.app.probe",
    "ProbeResult": "corsense.app.probe",
    "Situation": "corsense.app.probe",
    "AppSession": "corsense.app.session",
    "AppTarget": "corsense.app.target",
    "Frame": "corsense.app.traceback",
    "ParsedException": "corsense.app.traceback",
    "ParsedTraceback": "corsense.app.traceback",
    "parse_traceback": "corsense.app.traceback",
    "parse_tracebacks": "corsense.app.traceback",
}

__getattr__ = lazy_names(globals(), _HOMES)
