"""Firefox through WebDriver BiDi, which its Remote Agent speaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corsense.browsers.driver import Ran
from corsense.browsers.errors import BrowserError
from corsense.browsers.process import BrowserProcess
from corsense.browsers.protocol import Console, Event, Messages

_LATE_LINES = 2.0
_GRACE = 0.04


class FirefoxDriver:
    """A Firefox whose every connection goes to the stage. Raises BrowserError when it cannot be started."""

    def __init__(self, program: Path, port: int, limit: float) -> None:
        self._console = Console()
        self._messages: Messages | None = None
        self._program = BrowserProcess("firefox")
        try:
            self._start(program, port, limit)
        except BaseException:
            self.close()
            raise

    def _start(self, program: Path, port: int, limit: float) -> None:
        profile = self._program.folder / "profile"
        profile.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _preferences(port).items()]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        self._program.start(
            [str(program), "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile), "about:blank"],
            {"MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1", "HOME": str(self._program.folder)},
        )
        address = self._program.wait_for(r"WebDriver BiDi listening on (ws://\S+)", limit).group(1)
        messages = self._messages = Messages(f"{address}/session", self._on_event)
        session = messages.command("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}}, limit=limit)
        self.version = f"Firefox {session['capabilities']['browserVersion']}"
        messages.command("session.subscribe", {"events": ["log.entryAdded"]})
        self._context = messages.command("browsingContext.create", {"type": "tab"}, limit=limit)["context"]

    def open(self, url: str) -> None:
        self._command("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    def run(self, expression: str, lines: int, limit: float) -> Ran:
        self._console.clear()
        target = {"context": self._context}
        ran = self._command(
            "script.evaluate", {"expression": expression, "target": target, "awaitPromise": True}, limit=limit + 5.0
        )
        if ran["type"] == "exception":
            raise BrowserError(f"the page did not run the request: {ran['exceptionDetails'].get('text')}")
        return Ran(str(ran["result"].get("value")), self._console.lines(lines, _LATE_LINES, _GRACE))

    def close(self) -> None:
        if self._messages is not None:
            self._messages.close()
            self._messages = None
        self._program.close()

    def _command(self, method: str, params: dict[str, Any], *, limit: float = 20.0) -> dict[str, Any]:
        if self._messages is None:
            raise BrowserError("the browser has been closed.")
        return self._messages.command(method, params, limit=limit)

    def _on_event(self, event: Event) -> None:
        entry = event.get("params", {})
        if event.get("method") == "log.entryAdded" and entry.get("type") == "javascript" and entry.get("level") == "error":
            self._console.add(str(entry.get("text")))


def _preferences(port: int) -> dict[str, bool | int | str]:
    return {
        # Every name is this machine, every port that of the stage.
        "network.dns.forceResolve": "127.0.0.1",
        "network.socket.forcePort": f"1-65535={port}",
        "network.proxy.type": 0,
        "network.trr.mode": 5,
        "network.dns.upgrade_with_https_rr": False,
        "dom.security.https_first": False,
        "dom.security.https_only_mode": False,
        "dom.security.https_first_schemeless": False,
        "network.lna.enabled": False,
        "network.lna.block_trackers": False,
        "remote.active-protocols": 1,
        # Nothing of its own to ask the network for.
        "app.normandy.enabled": False,
        "app.update.disabledForTesting": True,
        "browser.aboutwelcome.enabled": False,
        "browser.newtabpage.enabled": False,
        "browser.region.network.url": "",
        "browser.safebrowsing.downloads.enabled": False,
        "browser.safebrowsing.malware.enabled": False,
        "browser.safebrowsing.phishing.enabled": False,
        "browser.search.update": False,
        "browser.shell.checkDefaultBrowser": False,
        "browser.startup.homepage": "about:blank",
        "browser.startup.page": 0,
        "browser.topsites.contile.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "datareporting.healthreport.uploadEnabled": False,
        "dom.push.connection.enabled": False,
        "extensions.getAddons.cache.enabled": False,
        "extensions.systemAddon.update.enabled": False,
        "extensions.update.enabled": False,
        "media.gmp-manager.updateEnabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "network.http.speculative-parallel-limit": 0,
        "nimbus.rollouts.enabled": False,
        "security.OCSP.enabled": 0,
        "services.settings.server": "data:,",
        "startup.homepage_welcome_url": "",
        "termsofuse.acceptedVersion": 999,
        "toolkit.telemetry.enabled": False,
        "toolkit.telemetry.server": "",
    }
