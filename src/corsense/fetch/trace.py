"""What one fetch did: `Step`, `Trace`, and the three outcomes `Allowed`, `Blocked` and `Failed`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from corsense.fetch.errors import CorsError
    from corsense.fetch.request import FetchRequest
    from corsense.fetch.wire import Exchange, WireResponse

EngineName = Literal["standard", "chromium", "firefox", "webkit"]
Tainting = Literal["basic", "cors", "opaque", "opaqueredirect"]


class FailureReason(StrEnum):
    """Why a fetch failed before CORS was checked."""

    # The network. Transports report these in `NetworkError.reason`.
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_RESET = "connection reset"
    CONNECTION_CLOSED = "connection closed without an answer"
    NAME_NOT_RESOLVED = "name not resolved"
    TLS = "TLS handshake failed"
    TIMEOUT = "timed out"
    INVALID_HTTP = "the answer is not HTTP"
    NOT_FOLLOWED = "the redirect to another server was not followed"
    OUT_OF_TIME = "the time for the whole check is up"
    # The browser, before or between exchanges.
    INVALID_REQUEST = "the browser refuses to make this request"
    BAD_PORT = "the browser blocks this port"
    MIXED_CONTENT = "mixed content"
    URL_SCHEME = "the URL scheme is not supported"
    TOO_MANY_REDIRECTS = "too many redirects"
    INVALID_REDIRECT = "the Location of the redirect is not a URL"
    UNSAFE_REDIRECT = "the redirect leads to a scheme that cannot be followed"
    REDIRECT_REFUSED = "the request asked for redirects to be errors"
    CORP = "Cross-Origin-Resource-Policy"
    STREAM_REDIRECT = "a streamed body cannot be sent again to follow a redirect"
    STREAM_NEEDS_HTTP2 = "a streamed body needs HTTP/2"
    PROXY_AUTH = "a 407 on a preflight"
    WEBSOCKET_REFUSED = "the server did not accept the WebSocket handshake"


@dataclass(frozen=True, slots=True)
class Step:
    """One check of the Fetch standard, with the values seen.

    `name` says what was checked, `section` is the title of the section of the standard that demands it, `seen` is the value that
    was there (None: nothing) and `wanted` what would have passed. `error` is the `CorsError` a failure stands for, `parameter`
    the value that goes with it (a header's name, a method). `exchange` is the index of the exchange that was judged, None when
    nothing had been sent. After the first step that fails the fetch ends; further failed steps of the same exchange are faults
    that the first one hides.
    """

    name: str
    section: str
    passed: bool
    seen: str | None = None
    wanted: str | None = None
    error: CorsError | None = None
    parameter: str | None = None
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The script gets the answer. `exposed` are the names of the headers it can read, lower case and sorted; `tainting` is what
    kind of answer it is: `basic` (same origin), `cors`, or `opaque` (nothing can be read)."""

    exposed: tuple[str, ...] = ()
    tainting: Tainting = "cors"


@dataclass(frozen=True, slots=True)
class Blocked:
    """The browser keeps the answer (or the request) back because of CORS. `parameter` is the value Chromium names with the error
    (`failedParameter`), `exchange` the index of the exchange that decided it, None when nothing was sent."""

    error: CorsError
    parameter: str | None = None
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The fetch failed for a reason that has nothing to do with CORS. `reason` is a `FailureReason` or a transport's own text."""

    reason: str
    detail: str | None = None
    exchange: int | None = None


Outcome = Allowed | Blocked | Failed


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything one fetch did.

    `exchanges` in the order they happened (a preflight is an exchange of its own), `steps` in the order they were checked.
    `notes` are warnings that do not change the outcome, such as `authorization-covered-by-wildcard`.
    """

    request: FetchRequest
    engine: EngineName
    exchanges: tuple[Exchange, ...]
    steps: tuple[Step, ...]
    outcome: Outcome
    notes: tuple[str, ...] = ()

    @property
    def response(self) -> WireResponse | None:
        """The answer the script gets, or would have got; None when no request but a preflight was answered."""
        from corsense.fetch.wire import WireResponse

        if not self.exchanges or self.exchanges[-1].request.preflight:
            return None
        last = self.exchanges[-1].response
        return last if isinstance(last, WireResponse) else None

    @property
    def failed_steps(self) -> tuple[Step, ...]:
        """The step that ended the fetch, and those of the same exchange that it hides."""
        return tuple(step for step in self.steps if not step.passed)

    def console(self, engine: EngineName | None = None) -> list[str]:
        """The lines that the console of `engine` (default: the engine that ran) shows for this fetch, verbatim."""
        lines: list[str] = import_module("corsense.console").console(self, engine or self.engine)  # no part of the browser
        return lines
