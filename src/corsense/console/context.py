"""What a console line needs to know of a `Trace`: the exchange that decided it, the URLs on the way, what was said about them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from corsense.fetch.trace import Allowed, Blocked, Failed, FailureReason, Trace
from corsense.fetch.wire import REDIRECT_STATUSES, Exchange, WireResponse
from corsense.url import ParsedUrl, parse_url

_SCRIPT_TYPES = frozenset(
    {"text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "application/ecmascript"}
)
_TYPES = {"eventsource": frozenset({"text/event-stream"}), "module": _SCRIPT_TYPES, "import": _SCRIPT_TYPES}
"""What an answer must be, by `FetchRequest.initiator`."""

_RENAMED = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
"""Phrases that Python 3.13 renamed: servers on older versions, and most others, still send these."""


@dataclass(frozen=True, slots=True)
class Context:
    """One fetch, as the console reports it."""

    trace: Trace

    @property
    def initiator(self) -> str:
        """Who asked: `fetch`, `xhr`, `image`..."""
        return self.trace.request.initiator

    @property
    def origin(self) -> str:
        """The page's origin."""
        return self.trace.request.origin

    @property
    def page(self) -> str:
        """The page's address, as far as it is known: its origin's root."""
        return f"{self.origin}/"

    @property
    def first_url(self) -> str:
        """The URL that script asked for, serialised."""
        asked = self.trace.request
        parsed = parse_url(asked.url) or parse_url(asked.url, asked.origin)
        return parsed.href if parsed else asked.url

    @property
    def decided(self) -> Exchange | None:
        """The exchange that ended the fetch, or after which it was refused; None when nothing had been sent."""
        index = self._index
        return None if index is None else self.trace.exchanges[index]

    @property
    def response(self) -> WireResponse | None:
        """The answer that ended the fetch; None when none came."""
        decided = self.decided
        return decided.response if decided and isinstance(decided.response, WireResponse) else None

    @property
    def status(self) -> int:
        """The status of that answer; 0 without one."""
        return self.response.status if self.response else 0

    @property
    def url(self) -> str:
        """The URL of the request that ended the fetch; the first one when nothing had been sent."""
        decided = self.decided
        return decided.request.url + self.fragment if decided is not None and self.redirected else self.first_url

    @property
    def fragment(self) -> str:
        """The fragment of the deciding URL."""
        return self.fragment_at(self._index or 0)

    def fragment_at(self, index: int) -> str:
        """The fragment of the URL of the exchange at `index`, which is never sent: a redirect keeps it unless it brings its own.
        Source: Fetch, *HTTP-redirect fetch*."""
        first = parse_url(self.first_url)
        fragment = first.fragment if first else ""
        for exchange in self.trace.exchanges[:index]:
            response = exchange.response
            raw = (
                response.header("location")
                if isinstance(response, WireResponse) and response.status in REDIRECT_STATUSES
                else None
            )
            target = parse_url(raw, exchange.request.url) if raw is not None else None
            fragment = target.fragment if target is not None and target.fragment else fragment
        return fragment

    @property
    def refused_url(self) -> str:
        """The URL that was refused: where a redirect leads when that was refused before it was sent, `url` otherwise."""
        return self.location.href if self.refused_unsent and self.location else self.url

    @property
    def refused_unsent(self) -> bool:
        """Whether a redirect had been accepted, and its target was refused before anything was sent there."""
        outcome = self.trace.outcome
        return isinstance(outcome, (Blocked, Failed)) and outcome.exchange is None and bool(self.trace.exchanges)

    @property
    def redirected(self) -> bool:
        """Whether a redirect had been followed before."""
        index = self._index or 0
        return any(not exchange.request.preflight for exchange in self.trace.exchanges[:index])

    @property
    def is_preflight(self) -> bool:
        """Whether a preflight ended the fetch."""
        return self.decided is not None and self.decided.request.preflight

    @property
    def location(self) -> ParsedUrl | None:
        """Where the deciding answer redirects to; None when it is not a redirect or leads to no URL."""
        raw = self.raw_location
        return parse_url(raw, self.decided.request.url) if raw is not None and self.decided else None

    @property
    def raw_location(self) -> str | None:
        """The `Location` of the deciding answer, as sent; None when it is not a redirect."""
        response = self.response
        return response.header("location") if response and response.status in REDIRECT_STATUSES else None

    @property
    def sent_origin(self) -> str:
        """The `Origin` that the deciding request carried."""
        decided = self.decided
        return (decided.request.header("origin") if decided else None) or self.origin

    @property
    def started_same_origin(self) -> bool:
        """Whether the first URL was of the page's own origin."""
        parsed = parse_url(self.first_url)
        return parsed is not None and parsed.origin == self.origin != "null"

    @property
    def is_cors(self) -> bool:
        """Whether the fetch was made in mode `cors`, to another origin at some point."""
        return self.trace.request.mode == "cors" and not (
            self.started_same_origin and self.location is None and not self.redirected
        )

    def header(self, name: str) -> str:
        """The value of a header of the deciding answer; empty when absent."""
        return (self.response.header(name) if self.response else None) or ""

    @property
    def refused_type(self) -> str | None:
        """The MIME type for which the element or object refuses an answer that CORS let through; None when it does not.
        Source: HTML, *EventSource* and *fetch a single module script*."""
        if not isinstance(self.trace.outcome, Allowed) or self.response is None or self.status != 200:
            return None
        essence = self.header("content-type").partition(";")[0].strip().lower()
        wanted = _TYPES.get(self.initiator)
        return essence if wanted is not None and essence not in wanted else None

    @property
    def _index(self) -> int | None:
        outcome = self.trace.outcome
        if isinstance(outcome, (Blocked, Failed)) and outcome.exchange is not None:
            return outcome.exchange
        return len(self.trace.exchanges) - 1 if self.trace.exchanges else None


def visible_error_status(context: Context) -> int | None:
    """The status that a console prints for an answer script got (or that stayed opaque): 400 and up; None otherwise."""
    outcome = context.trace.outcome
    if not isinstance(outcome, Allowed) or context.response is None:
        return None
    return context.status if context.status >= 400 else None


def reason_phrase(status: int) -> str:
    """The phrase that goes with a status, empty for a status without one. What a server really wrote is not kept in
    `WireResponse`."""
    if status in _RENAMED:
        return _RENAMED[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def is_network_failure(reason: str) -> bool:
    """Whether a `Failed.reason` came from the network, and not from the browser itself."""
    return reason not in _BY_THE_BROWSER


_BY_THE_BROWSER = frozenset(
    {
        FailureReason.INVALID_REQUEST,
        FailureReason.BAD_PORT,
        FailureReason.MIXED_CONTENT,
        FailureReason.URL_SCHEME,
        FailureReason.TOO_MANY_REDIRECTS,
        FailureReason.INVALID_REDIRECT,
        FailureReason.UNSAFE_REDIRECT,
        FailureReason.REDIRECT_REFUSED,
        FailureReason.STREAM_REDIRECT,
        FailureReason.STREAM_NEEDS_HTTP2,
        FailureReason.PROXY_AUTH,
        FailureReason.CORP,
    }
)
