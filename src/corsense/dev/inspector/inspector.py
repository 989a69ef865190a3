"""`Inspector`: an app with its inspector in front: the page at `/__corsense__`, and every other request noted on its way."""

from __future__ import annotations

from typing import Final

from corsense.dev.inspector.recorder import Recorder
from corsense.dev.inspector.session import Session
from corsense.middleware.policy_selection import route_path
from corsense.middleware.response_headers import AsgiApp, Receive, Scope, Send

PATH: Final = "/__corsense__"
"""Where the page is, below the root path of the app."""

_INSPECTED = "corsense.inspector"
"""Marks the scope of a request that an inspector has seen: a mounted app may have one too."""


class Inspector:
    """Serves as `app` does, notes what pages of other origins ask of it, and serves its own page at `PATH`."""

    def __init__(self, app: AsgiApp, session: Session, page: AsgiApp) -> None:
        self.app = app
        self.session = session
        self._page = page
        self._recorder = Recorder(app, session.note)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or _INSPECTED in scope:
            await self.app(scope, receive, send)
            return
        scope[_INSPECTED] = self
        path = route_path(scope)
        if scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/")):
            await self._page(scope, receive, send)
        else:
            await self._recorder(scope, receive, send)
