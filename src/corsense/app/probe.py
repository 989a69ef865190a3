"""`Probe`: a request to try on an app, and the situation to put it in; `ProbeResult`: its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from corsense.app.traceback import ParsedTraceback
    from corsense.fetch.request import FetchRequest
    from corsense.fetch.trace import EngineName, Trace

Situation = Literal[
    "success", "error", "http_exception", "validation_error", "unauthenticated", "unknown_path", "wrong_slash", "untrusted_page"
]
"""What happens behind the routing, where the endpoint would run: it answers 200; it raises an unexpected exception; it
raises an `HTTPException` (403); the request is not valid (422); it has no credentials (401 where the route declares a security
scheme, else 200). `unknown_path` and `wrong_slash` are about the URL, and answer 200 where a route matches after all.
`untrusted_page`: an untrusted page sends the request, with the header lines that its browser adds; the dependencies that
look at the page run, and then it answers 200."""

Answerer = Literal["endpoint", "router", "exception-handler", "server-error", "server"]
AnsweredBy = int | Answerer
"""Who sent an answer: the index of a layer in `AppDescription.layers`, the endpoint (or its stand-in, a file, a mounted app),
the router (404, 405, a redirect of slashes), an exception handler of the app, `ServerErrorMiddleware` (or the handler for
`Exception`, which it calls), or the server itself, because the app sent nothing."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One fetch to try. `route` is the index of the route that is meant: what it declares about security decides what the
    situation `unauthenticated` is. `behind_proxy`: TLS ends in front of the app, which sees http whatever the page calls.

    `client` names the client profile that makes the request. `without` says what a user sees when it is blocked, where the page
    works otherwise; None: the request is needed.
    """

    request: FetchRequest
    situation: Situation = "success"
    route: int | None = None
    engine: EngineName = "chromium"
    behind_proxy: bool = False
    client: str | None = None
    without: str | None = None


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """What is known of one exchange of a trace, beside what went over the wire.

    - `answered_by`: who sent the answer; None when none came.
    - `route`: index of the route that matched, in `AppDescription.routes`; None when none did, or it was not reached.
    - `exception`: the user's exception that no handler took, or that a layer raised; None when there was none (that of a
      stand-in is not reported).
    - `raised_by`: index of the layer that raised it; None when it came from behind all layers.
    - `body_excerpt`: the first 200 characters of the text of an error answer, else empty.
    - `stood_in`: a stand-in answered in place of the endpoint.
    - `passed`: indices of the layers that the answer went through.
    """

    answered_by: AnsweredBy | None
    route: int | None = None
    exception: ParsedTraceback | None = None
    raised_by: int | None = None
    body_excerpt: str = ""
    stood_in: bool = False
    passed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the browser did, and for each exchange of `trace.exchanges` what is known of it."""

    probe: Probe
    trace: Trace
    exchanges: tuple[ExchangeFacts, ...]
