"""Reporting refusals: the log, the debug header, the counter. Allowed requests skip all of it."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from corsense.middleware.compiled import refusal_key
from corsense.middleware.preflight import REASON_HEADER, PreflightVerdict
from corsense.middleware.refusal_text import logged, sentence
from corsense.middleware.response_headers import Pairs, Scope
from corsense.policy import Reason
from corsense.policy.environment import environment_of
from corsense.warnings import DebugModeWarning

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy
    from corsense.middleware.preflight import Preflight

LOGGER: Final = logging.getLogger("corsense")
MOST_REMEMBERED: Final = 1000
"""How many different refusals are remembered, and so logged, before the log pauses."""
SILENCE: Final = 600.0
"""Seconds after which a paused log resumes."""

LONGEST_PATH: Final = 200
"""How many characters of a path are compared."""
_LOOPBACK = ("127.", "::1", "localhost", "testclient", "unix")


class Refusals:
    """Which refusals have been logged: each once by origin, reason and route, up to a limit.

    Clients choose the origins and paths, so what is remembered is bounded, and so is what is logged: after `MOST_REMEMBERED`
    refusals the rest is only counted, until `SILENCE` seconds have passed.
    """

    __slots__ = ("_full_at", "_unlogged", "seen")

    def __init__(self) -> None:
        self.seen: set[tuple[object, ...]] = set()
        self._full_at = 0.0
        self._unlogged = 0

    def is_new(self, key: tuple[object, ...]) -> bool:
        """Whether to log this one."""
        seen = self.seen
        if key in seen:
            return False
        if len(seen) >= MOST_REMEMBERED and not self._begins_anew():
            if not self._unlogged:
                LOGGER.warning("CORS: %d different refusals logged; no more for %d minutes.", MOST_REMEMBERED, SILENCE // 60)
            self._unlogged += 1
            return False
        seen.add(key)
        if len(seen) == MOST_REMEMBERED:
            self._full_at = time.monotonic()
        return True

    def remember(self, key: tuple[object, ...]) -> None:
        """Take `key` for logged, if there is room."""
        if len(self.seen) < MOST_REMEMBERED - 1:
            self.seen.add(key)

    def _begins_anew(self) -> bool:
        if time.monotonic() - self._full_at < SILENCE:
            return False
        if self._unlogged:
            LOGGER.warning("CORS: %d more refusals were not logged.", self._unlogged)
        self.seen.clear()
        self._unlogged = 0
        return True


class RefusalLog:
    """What one middleware reports about its decisions."""

    def __init__(self, *, debug: bool, telemetry: bool | None) -> None:
        self.debug = debug
        # Whether anything counts is unknown until the first request: SDKs are set up when an app starts.
        self.active = True
        self._telemetry = telemetry
        self._count: Callable[[str, str, str], None] | None = None
        self._ready = False
        self._refusals = Refusals()
        self.seen: set[tuple[object, ...]] = self._refusals.seen
        environment = environment_of(os.environ)
        self._is_development = environment is not None and environment.kind == "development"
        if debug and environment is not None and not self._is_development:
            _warn_of_debug(f"the environment is {environment.name!r}")

    def begin(self, scope: Scope) -> None:
        """At the first request: find out whether anything counts, and who can see the output of debug mode."""
        self._ready = True
        wanted = self._telemetry
        if wanted or (wanted is None and "opentelemetry.sdk.metrics" in sys.modules):
            from corsense.middleware.telemetry import counter

            self._count = counter()
        self.active = self.debug or self._count is not None
        client = scope.get("client")
        if self.debug and not self._is_development and client and not str(client[0]).startswith(_LOOPBACK):
            _warn_of_debug("requests come from other machines")

    def actual(self, rules: CompiledPolicy, origin: bytes | None, refused: bool, scope: Scope) -> Pairs:
        """Note the decision about a request that is no preflight. Returns what debug mode adds to its answer."""
        if not self._ready:
            self.begin(scope)
        if self._count is not None:
            outcome = "no-origin" if origin is None else "refused" if refused else "allowed"
            self._count("actual", outcome, Reason.ORIGIN_NOT_ALLOWED.value if refused else "")
        if not (self.debug and refused and origin is not None):
            return ()
        return ((REASON_HEADER, _header_value(sentence(rules, Reason.ORIGIN_NOT_ALLOWED, origin))),)

    def refused(self, rules: CompiledPolicy, origin: bytes, route: str, scope: Scope) -> None:
        """An origin was refused: log it, once for each route. The answer was, or will be, without CORS headers."""
        if self._refusals.is_new((origin, route)):
            message = sentence(rules, Reason.ORIGIN_NOT_ALLOWED, origin)
            # A route of a mounted app is written without what its mount is at.
            mount = str(scope.get("root_path", "")).removeprefix(str(scope.get("app_root_path", ""))) if route else ""
            LOGGER.warning("CORS: %s %s: %s", logged(scope["method"]), shown_path(mount + route or scope["path"]), message)

    def preflight(self, rules: CompiledPolicy, preflight: Preflight, verdict: PreflightVerdict, scope: Scope) -> None:
        """Note the decision about a preflight."""
        if not self._ready:
            self.begin(scope)
        if self._count is not None:
            if verdict.refusals:
                self._count("preflight", "refused", verdict.refusals[0][0].value)
            else:
                self._count("preflight", "allowed", "")
        origin, path = preflight.origin, scope["path"][:LONGEST_PATH]
        for reason, value in verdict.refusals:
            if self._refusals.is_new((origin, path, b"" if verdict.refuses_origin else value)):
                message = sentence(rules, reason, value, origin)
                LOGGER.warning("CORS: preflight for %s %s: %s", logged(preflight.method), shown_path(path), message)
        if len(verdict.refusals) > 1:
            self._refusals.remember((origin, path, refusal_key(tuple(value for _, value in verdict.refusals))))

    def explanation(self, rules: CompiledPolicy, preflight: Preflight, verdict: PreflightVerdict) -> bytes | None:
        """What debug mode says about a refused preflight; None when it is allowed, or outside of debug mode."""
        if not self.debug or not verdict.refusals:
            return None
        return _header_value(" ".join(sentence(rules, reason, value, preflight.origin) for reason, value in verdict.refusals))

    def websocket(self, rules: CompiledPolicy, origin: bytes, allowed: bool, scope: Scope) -> None:
        """Note the decision about a websocket's handshake."""
        if not self._ready:
            self.begin(scope)
        if self._count is not None:
            reason = "" if allowed else Reason.ORIGIN_NOT_ALLOWED.value
            self._count("websocket", "allowed" if allowed else "refused", reason)
        path = scope["path"][:LONGEST_PATH]
        if not allowed and self._refusals.is_new((origin, path, "websocket")):
            message = sentence(rules, Reason.ORIGIN_NOT_ALLOWED, origin)
            LOGGER.warning("CORS: websocket %s closed: %s", shown_path(path), message)


def shown_path(path: str) -> str:
    """A path for a log, without what looks like a secret: logs are kept longer, and read by more people, than requests."""
    from corsense._redaction import redact_path

    return logged(redact_path(path))


def _header_value(text: str) -> bytes:
    return text.encode("ascii", "backslashreplace")[:1000]


def _warn_of_debug(why: str) -> None:
    warnings.warn(
        f"CORS debug mode is on, and {why}: answers to refused requests tell everyone what is allowed. Leave out debug=True.",
        DebugModeWarning,
        stacklevel=4,
    )
