"""WebKit through its remote inspector: WebKitGTK's MiniBrowser, on a display of its own."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from corsense.browsers.driver import Ran
from corsense.browsers.errors import BrowserError
from corsense.browsers.process import BrowserProcess
from corsense.browsers.protocol import Console, Event, Messages

_LATE_LINES = 2.0
_GRACE = 0.03
_STEP = 0.02
_DOMAINS = ("Inspector", "Page", "Runtime", "Console", "Network")
_SOURCES = frozenset({"javascript", "network", "security", "other"})


class WebKitDriver:
    """A MiniBrowser that has the stage for a proxy. Raises BrowserError when it cannot be started."""

    def __init__(self, program: Path, port: int, limit: float) -> None:
        self._console = Console()
        self._targets = _Targets()
        self._messages: Messages | None = None
        self._display = BrowserProcess("xvfb")
        self._program = BrowserProcess("webkit")
        try:
            self._start(program, port, limit)
        except BaseException:
            self.close()
            raise

    def _start(self, program: Path, port: int, limit: float) -> None:
        inspector = _free_port()
        environment = self._environment(self._open_display(limit), inspector)
        command = [str(program), "--enable-developer-extras=true", "--ignore-tls-errors", "--private"]
        self._program.start([*command, f"--proxy=http://127.0.0.1:{port}", "about:blank"], environment)
        address = self._inspector_address(inspector, limit)
        self._messages = Messages(f"ws://127.0.0.1:{inspector}/{address}", self._on_event)
        self._targets.wait(limit)
        agent = str(self._evaluate("navigator.userAgent", limit))
        found = re.search(r"Version/([\d.]+)", agent)
        self.version = f"WebKitGTK (Safari {found.group(1)})" if found else "WebKitGTK"

    def _open_display(self, limit: float) -> str:
        self._display.start(["Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"])
        return ":" + self._display.wait_for(r"(?m)^(\d+)\n", limit).group(1)

    def _environment(self, display: str, inspector: int) -> dict[str, str]:
        folder = str(self._program.folder)
        return {
            "DISPLAY": display,
            "WAYLAND_DISPLAY": "",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "HOME": folder,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
            "WEBKIT_INSPECTOR_HTTP_SERVER": f"127.0.0.1:{inspector}",
            "XDG_CACHE_HOME": f"{folder}/cache",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_DATA_HOME": f"{folder}/data",
        }

    def _inspector_address(self, port: int, limit: float) -> str:
        """Where the page's inspector listens, from the list that the browser itself serves."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and not self._program.has_ended:
            try:
                with opener.open(f"http://127.0.0.1:{port}/", timeout=3.0) as answer:
                    found = re.search(r"socket/\d+/\d+/\w+", answer.read().decode("utf-8", "replace"))
            except OSError:
                found = None
            if found is not None:
                return found.group(0)
            time.sleep(0.05)
        raise BrowserError(f"WebKit did not open its inspector within {limit:g} s; start MiniBrowser by hand to see why.")

    def open(self, url: str) -> None:
        self._evaluate(f"window.corsenseLeft = true; location.href = {json.dumps(url)}; 1", 10.0)
        ready = "document.readyState + (window.corsenseLeft ? ' left ' : ' here ') + typeof window.corsense"
        deadline = time.monotonic() + 15.0
        while time.monotonic() < deadline:
            target = self._targets.current
            try:
                state = self._evaluate(ready, 3.0)
            except BrowserError:  # the page that was asked is gone already
                state = None
            if state == "complete here function" and target == self._targets.current and self._targets.is_ready(target):
                return
            time.sleep(_STEP)
        raise BrowserError(f"the page {url} could not be opened.")

    def run(self, expression: str, lines: int, limit: float) -> Ran:
        self._console.clear()
        text = self._evaluate(expression, limit + 5.0)
        return Ran(str(text), self._console.lines(lines, _LATE_LINES, _GRACE))

    def close(self) -> None:
        if self._messages is not None:
            self._messages.close()
            self._messages = None
        self._program.close()
        self._display.close()

    def _evaluate(self, expression: str, limit: float) -> object:
        target = self._targets.current
        ran = self._command(target, "Runtime.evaluate", {"expression": expression, "returnByValue": False}, limit)
        found: dict[str, Any] = ran["result"]
        if ran.get("wasThrown"):
            raise BrowserError(f"the page did not run the request: {found.get('description')}")
        if found.get("className") != "Promise":
            return found.get("value")
        kept = {"promiseObjectId": found["objectId"], "returnByValue": True}
        value: object = self._command(target, "Runtime.awaitPromise", kept, limit)["result"].get("value")
        return value

    def _command(self, target: str, method: str, params: dict[str, Any], limit: float) -> dict[str, Any]:
        messages = self._messages
        if messages is None:
            raise BrowserError("the browser has been closed.")

        def send(message: Event) -> None:
            wrapped = {"targetId": target, "message": json.dumps(message)}
            messages.send({"id": messages.number(), "method": "Target.sendMessageToTarget", "params": wrapped})

        return messages.reply(messages.number(), method, params, send, limit)

    def _on_event(self, event: Event) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Target.targetCreated":
                # Commands wait for replies, which this thread reads.
                threading.Thread(target=self._prepare, args=(params["targetInfo"],), daemon=True).start()
            case "Target.didCommitProvisionalTarget":
                self._targets.current = params["newTargetId"]
            case "Target.dispatchMessageFromTarget":
                self._on_message(json.loads(params["message"]))
            case _:
                pass

    def _on_message(self, message: Event) -> None:
        messages = self._messages
        if messages is not None and "id" in message:
            messages.take(message)
        elif message.get("method") == "Console.messageAdded":
            line = message["params"]["message"]
            if line["source"] in _SOURCES and (line["level"] == "error" or line["source"] == "security"):
                self._console.add(line["text"])

    def _prepare(self, target: dict[str, Any]) -> None:
        name: str = target["targetId"]
        while self._messages is None:  # the first target may be reported while the connection is being made
            time.sleep(0.01)
        try:
            for domain in _DOMAINS:
                self._command(name, f"{domain}.enable", {}, 5.0)
            self._command(name, "Inspector.initialized", {}, 5.0)
        except BrowserError:
            pass
        messages = self._messages
        if target.get("isPaused") and messages is not None:
            messages.send({"id": messages.number(), "method": "Target.resume", "params": {"targetId": name}})
        self._targets.ready(name, current=not target.get("isProvisional"))


class _Targets:
    """The page's targets: WebKit makes a new one when a page of another site is loaded."""

    def __init__(self) -> None:
        self.current = ""
        self._ready: set[str] = set()
        self._first = threading.Event()

    def ready(self, name: str, *, current: bool) -> None:
        self._ready.add(name)
        if current:
            self.current = name
            self._first.set()

    def is_ready(self, name: str) -> bool:
        return name in self._ready

    def wait(self, limit: float) -> None:
        if not self._first.wait(limit):
            raise BrowserError("WebKit has no page to inspect; start MiniBrowser by hand to see why.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
