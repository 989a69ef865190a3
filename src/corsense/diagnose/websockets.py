"""WebSockets: why a server refuses a handshake, and which of them it accepts from untrusted pages.

CORS covers neither: the browser sends `Origin` and cookies, and the server decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from corsense.app.description import AppDescription, RouteInfo
from corsense.causes import Severity
from corsense.diagnose.foreign_writes import Login, login_of
from corsense.diagnose.fronts import answered_in_front
from corsense.diagnose.knobs import title
from corsense.diagnose.observation import Diagnosis, Observation, at
from corsense.diagnose.origin_faults import refused_origin
from corsense.diagnose.policies import LayerPolicy, policy_for
from corsense.diagnose.statuses import GATEWAY
from corsense.fetch import Allowed, Trace, WireResponse
from corsense.finding import Place
from corsense.sites import site

_SENT_BY_BROWSERS = frozenset(
    {
        "accept-encoding", "accept-language", "cache-control", "connection", "cookie", "host", "origin", "pragma", "upgrade",
        "user-agent",
    }
)  # fmt: skip
_TOKEN = re.compile(r"token|auth|jwt|secret|ticket|(?<![a-z])(?:api_?)?key(?![a-z])|sign|password", re.IGNORECASE)
_SHOWN = 3
_TAKE_THE_TOKEN = "Take the token from what a browser can send: a cookie, a query parameter, a subprotocol or the first message."
_BY_STATUS = {
    400: ("a proxy that drops the header Connection: upgrade", "Let the proxy pass Upgrade and Connection on."),
    401: ("a login in front of it", "Let the WebSocket through there, or send what it asks for as a cookie."),
    403: (
        "the app closes it before accept(): a failed dependency, a check of Origin or of a token, or no WebSocket route there",
        "Look at the endpoint's checks and at the path; CORS settings play no part.",
    ),
    404: (
        "the request arrived as plain HTTP: uvicorn without a WebSocket library, or a proxy that does not pass Upgrade on",
        'pip install "uvicorn[standard]"; in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; '
        'proxy_set_header Connection "upgrade";',
    ),
    426: ("a proxy that drops the header Connection: upgrade", "Let the proxy pass Upgrade and Connection on."),
}
_ANOTHER = ("another server, or a route that does not speak WebSocket, answers there", "Correct host, port and path of the URL.")
_CRASHED = ("the app crashes before accept()", "Look at the server's log: it has the traceback.")


def refused_handshake(observation: Observation, index: int) -> list[Diagnosis]:
    """Why the handshake at `index` was not accepted; nothing where that depends on what no page here has, such as a login."""
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    if not isinstance(response, WireResponse):
        return []
    facts, app = observation.facts_of(index), observation.app
    if app is None:
        return [_by_status(observation, index, response.status)]
    if facts.exception is not None:
        return list(_crashed(observation, index))
    if isinstance(facts.answered_by, int):
        return [_by_layer(observation, facts.answered_by, response.status)]
    if facts.answered_by == "router":
        message = f"No WebSocket route answers {_path(observation)}: the handshake gets {response.status}."
        return [_refused(observation, message, response.status, remedy="Correct the path that the page calls.")]
    if facts.answered_by == "exception-handler" and observation.route is not None:
        return list(_by_dependency(observation, observation.route, response.status))
    message = f"The endpoint closes {_path(observation)} before it accepts: the handshake gets {response.status}."
    return [_refused(observation, message, response.status, remedy="Look at what it checks before accept(): Origin, a token.")]


@dataclass(frozen=True, slots=True)
class SocketCheck:
    """What handshakes of untrusted pages showed: the finding, None where there is none, and what could not be decided, a
    sentence each."""

    finding: Diagnosis | None = None
    notes: tuple[str, ...] = ()


def unchecked_sockets(app: AppDescription, tried: Sequence[Observation], own: str, *, ran: bool) -> SocketCheck:
    """Which WebSockets accept an untrusted page (`untrusted_page` is its situation). `own` is the server's own origin, whose
    handshake, like those of trusted pages, shows whether any page is accepted; `ran`: the endpoints themselves answered, so that
    their own checks are known."""
    by_route: dict[int, list[Observation]] = {}
    for observation in tried:
        if observation.route is not None:
            by_route.setdefault(observation.route.index, []).append(observation)
    accepted: list[Opened] = []
    by_themselves, closed = [], []
    for index, observations in by_route.items():
        route = app.routes[index]
        opened = [seen for seen in observations if _is_untrusted(seen, own) and isinstance(seen.trace.outcome, Allowed)]
        if opened and route.guarded and not ran:
            by_themselves.append(route.path)
        elif opened and not _asks_for_token(route):
            accepted.append(_opened(app, route, opened, ran))
        elif all(_wants_a_login(seen) for seen in observations):
            closed.append(route.path)
    return SocketCheck(_unchecked(app, accepted, ran) if accepted else None, tuple(_notes(by_themselves, closed)))


def accepts_anyone(trace: Trace, *, restricted: bool) -> Diagnosis:
    """A server whose app is not known accepted the handshake of an untrusted page, without any login. `restricted`: the user
    said which pages may use it."""
    request = trace.request
    message = (
        f"The server accepts the WebSocket {urlsplit(request.url).path} from a page of {request.origin}, with no login: any page "
        "that its users visit can open it."
    )
    evidence: dict[str, object] = {"page": request.origin, "request": f"GET {request.url}", "status": 101}
    remedy = "Compare websocket.headers.get('origin') with your list before accept()."
    return Diagnosis("websocket-origin-unchecked", message, None, evidence, "warning" if restricted else "info", remedy)


@dataclass(frozen=True, slots=True)
class Opened:
    """A WebSocket that an untrusted page opened, and the login of the user that goes along; None where none does."""

    route: RouteInfo
    seen: Observation
    login: Login | None
    severity: Severity


def _is_untrusted(observation: Observation, own: str) -> bool:
    return observation.situation == "untrusted_page" and observation.origin != own


def _opened(app: AppDescription, route: RouteInfo, opened: Sequence[Observation], ran: bool) -> Opened:
    """A warning where a login of the user goes along, or where the endpoint ran and pages are restricted by a list."""
    login = login_of(app, route)
    if login is not None and login.same_site_only:
        non_cors = [seen for seen in opened if _is_same_site(seen)]
        if non_cors:
            return Opened(route, non_cors[0], login, "warning")
        login = None
    listed = ran and any(_is_list(LayerPolicy.of(layer)) for layer in app.cors_layers)
    return Opened(route, opened[0], login, "warning" if login is not None or listed else "info")


def _is_same_site(observation: Observation) -> bool:
    return site(observation.origin) == site(observation.trace.exchanges[0].request.url)


def _notes(by_themselves: Sequence[str], closed: Sequence[str]) -> Iterator[str]:
    if by_themselves:
        yield f"Whether {_listed(by_themselves)} refuses untrusted pages itself was not tried; --run-endpoints runs it."
    if closed:
        yield f"Which pages can open {_listed(closed)} was not tried: a dependency refuses every handshake without a login."


def _unchecked(app: AppDescription, accepted: Sequence[Opened], ran: bool) -> Diagnosis:
    first = next((opened for opened in accepted if opened.severity == "warning"), accepted[0])
    paths = list(dict.fromkeys([first.route.path, *(opened.route.path for opened in accepted)]))
    response = first.seen.trace.exchanges[-1].response
    status = response.status if isinstance(response, WireResponse) else None
    who = f"A page of {first.seen.origin}"
    if first.login is not None and first.login.same_site_only:
        who = f"A page of the same site, such as {first.seen.origin} (SameSite keeps others out),"
    login = f" with the user's {first.login.name}" if first.login is not None else ""
    behind = "" if ran else ", unless the endpoint itself refuses"
    answered = f"its handshake gets {status}{behind}"
    message = f"{who} can open {_listed(paths)}{login}: {answered}. CORSMiddleware does not look at WebSockets."
    remedy = "Compare websocket.headers.get('origin') with your list before accept()."
    if any(layer.policy is not None for layer in app.cors_layers):
        message = message.replace("CORSMiddleware does", "The policy does", 1)
        remedy = "Write Policy(websockets=True, ...), which checks the handshake's Origin against the same list."
    evidence: dict[str, object] = {"page": first.seen.origin, "request": f"GET {first.seen.trace.request.url}", "status": status}
    return Diagnosis("websocket-origin-unchecked", message, first.route.endpoint_place, evidence, first.severity, remedy)


def _is_list(policy: LayerPolicy) -> bool:
    return policy.known and not policy.allows_all_origins


def _asks_for_token(route: RouteInfo) -> bool:
    """Whether a page needs to know a token, which no cookie carries."""
    return not route.ambient and (bool(route.security) or any(_TOKEN.search(name) for name, _ in route.query))


def _by_layer(observation: Observation, index: int, status: int) -> Diagnosis:
    app = observation.app
    assert app is not None
    layer = app.layers[index]
    if layer.policy is not None:
        policy = LayerPolicy.of(layer, policy_for(layer, observation.route, urlsplit(observation.trace.request.url).path))
        if not policy.allows_origin(observation.origin):
            return refused_origin(observation, layer)
    message = f"{layer.name}{at(layer.place)} refuses the WebSocket {_path(observation)}: the handshake gets {status}."
    return _refused(observation, message, status, place=layer.place, remedy=f"Let {layer.name} pass handshakes of your pages.")


def _by_dependency(observation: Observation, route: RouteInfo, status: int) -> Iterator[Diagnosis]:
    """A dependency refused. A header that it requires, and that script cannot set, keeps every browser out."""
    names = _impossible_headers(route)
    if not names:
        return
    message = (
        f"{route.path} requires the header {names[0]!r}, which script cannot set on a WebSocket: no browser can open it "
        f"(the handshake gets {status})."
    )
    evidence: dict[str, object] = {"status": status, "header": names[0]}
    yield Diagnosis("websocket-refused", message, route.endpoint_place, evidence, "error", _TAKE_THE_TOKEN)


def _impossible_headers(route: RouteInfo) -> list[str]:
    """Headers that a route requires, and that no browser sends with a handshake."""
    required = (*route.headers, *(() if route.ambient else route.security))
    return [name for name in required if name not in _SENT_BY_BROWSERS and not name.startswith("sec-")]


def _wants_a_login(observation: Observation) -> bool:
    """Whether a dependency refused for what no page of a check has."""
    facts = observation.facts_of(0)
    refused = facts.answered_by == "exception-handler" and facts.exception is None
    return refused and observation.route is not None and not _impossible_headers(observation.route)


def _crashed(observation: Observation, index: int) -> Iterator[Diagnosis]:
    facts, app = observation.facts_of(index), observation.app
    traceback = facts.exception
    assert traceback is not None
    assert app is not None
    frame = traceback.user_frame
    place = Place(frame.file, frame.line) if frame else observation.route.endpoint_place if observation.route else None
    evidence: dict[str, object] = {"exception": traceback.type}
    if traceback.type == "TypeError" and "'request'" in traceback.message:
        message = (
            f"{_path(observation)} has a dependency that takes a Request, and a WebSocket has none: {traceback.summary}. "
            "No page can open it."
        )
        remedy = "Let the dependency take an HTTPConnection, which covers both."
        yield Diagnosis("websocket-refused", message, place, evidence, "error", remedy)
        return
    tried_in_full = facts.stood_in or app.lifespan_ran
    message = f"The app crashes before it accepts {_path(observation)}, {traceback.summary}: the handshake gets 500."
    remedy = "Fix the crash."
    if not tried_in_full:
        remedy = "It may need what the start-up prepares; --run-endpoints runs that first."
    yield Diagnosis("unhandled-exception", message, place, evidence, "error" if tried_in_full else "info", remedy)


def _by_status(observation: Observation, index: int, status: int) -> Diagnosis:
    """Only the response is known."""
    if status in GATEWAY:
        in_front = answered_in_front(observation, index)
        if in_front is not None:
            return in_front
    respondent = observation.respondent_of(index)
    why, remedy = _BY_STATUS.get(status, _CRASHED if status >= 500 else _ANOTHER)
    who = f"{title(respondent.layer)} answers" if respondent.in_front and respondent.layer else "The server answers"
    message = f"{who[0].upper()}{who[1:]} the WebSocket handshake with {status}, not 101: {why}."
    return _refused(observation, message, status, remedy=remedy)


def _refused(observation: Observation, message: str, status: int, *, place: Place | None = None, remedy: str) -> Diagnosis:
    where = place or (observation.route.endpoint_place if observation.route is not None else None)
    evidence: dict[str, object] = {"status": status, "sent": observation.origin}
    severity: Severity | None = "info" if observation.assumed_origin else None
    return Diagnosis("websocket-refused", message, where, evidence, severity, remedy)


def _path(observation: Observation) -> str:
    return observation.route.path if observation.route is not None else urlsplit(observation.trace.request.url).path


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(paths[:_SHOWN])}{more}"
