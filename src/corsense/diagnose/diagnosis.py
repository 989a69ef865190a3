"""`diagnose`: one observation to its causes."""

from __future__ import annotations

from collections.abc import Sequence

from corsense.diagnose.allowed import wanting
from corsense.diagnose.answers import describe_slash_redirect, refused_answer
from corsense.diagnose.configuration import broken_stack, failed_startup
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.origin_checks import refused_by_own_check
from corsense.diagnose.preflights import refused_preflight
from corsense.diagnose.redirects import downgraded, redirected_elsewhere
from corsense.diagnose.routes import missing_route
from corsense.diagnose.socketio import refused_by_socketio
from corsense.diagnose.websockets import refused_handshake
from corsense.fetch import Allowed, Blocked, CorsError, Failed, FailureReason, WireResponse
from corsense.url import parse_url

_LOCAL_NETWORK = (
    CorsError.InsecureLocalNetwork,
    CorsError.LocalNetworkAccessPermissionDenied,
    CorsError.InvalidLocalNetworkAccess,
)

_SAID_BY_STATUS = frozenset({"cors-not-outermost", "preflight-answered-by-other-layer"})
_CUT_SHORT = frozenset({FailureReason.NOT_FOLLOWED, FailureReason.OUT_OF_TIME})


def diagnose(observation: Observation) -> list[Diagnosis]:
    """Why this fetch did what it did: at least one cause when it did not get through, what is missing when it did. A fetch that
    corsense itself cut short has no cause, unless it is clear where it led."""
    if observation.app is not None and observation.app.stack_error is not None:
        return [broken_stack(observation.app)]
    if observation.app is not None and observation.app.lifespan_error is not None:
        return [failed_startup(observation.app.lifespan_error)]
    by_socketio = refused_by_socketio(observation)
    if by_socketio is not None:
        return [by_socketio]
    missing, checked = missing_route(observation), refused_by_own_check(observation)
    first = [found for found in (missing, checked) if found is not None]
    return [*first, *(_causes_beside(checked, observation) if checked is not None else _causes(observation))]


def _causes_beside(checked: Diagnosis, observation: Observation) -> list[Diagnosis]:
    """What is wrong besides a check of the server's own. The status of its response says nothing of a layer outside CORS."""
    return [found for found in _causes(observation) if found.slug not in _SAID_BY_STATUS]


def _causes(observation: Observation) -> list[Diagnosis]:
    outcome = observation.trace.outcome
    if isinstance(outcome, Blocked):
        return _refused(observation, outcome) or [_unexplained(outcome)]
    if isinstance(outcome, Failed):
        if outcome.reason == FailureReason.WEBSOCKET_REFUSED and outcome.exchange is not None:
            return refused_handshake(observation, outcome.exchange)
        elsewhere = redirected_elsewhere(observation, outcome)
        if elsewhere is not None:
            return [elsewhere]
        return [] if outcome.reason in _CUT_SHORT else [_failed(observation, outcome)]
    if observation.trace.request.initiator == "websocket":
        return []
    found = list(wanting(observation))
    slash = describe_slash_redirect(observation) if observation.situation == "success" else None
    return [*found, slash] if slash is not None else found


def _refused(observation: Observation, outcome: Blocked) -> list[Diagnosis]:
    if outcome.error in _LOCAL_NETWORK:
        message = (
            "Chromium asks the user before a public page may call this machine or the local network. No header of the "
            "server can change that."
        )
        return [Diagnosis("local-network-access", message)]
    if outcome.error is CorsError.RedirectContainsCredentials:
        message = "The server redirects to a URL with a user name or password. Browsers refuse that across origins."
        return [Diagnosis("credentials-in-url", message)]
    if outcome.exchange is None:
        message = f"The page sets mode: {observation.trace.request.mode!r}, which does not allow a call to another origin."
        return [Diagnosis("opaque-response", message, severity="error")]
    if outcome.error is CorsError.CorsDisabledScheme:
        location = _location(observation, outcome.exchange)
        message = f"The server redirects to {location!r}, which is neither http nor https."
        return [Diagnosis("redirect-loses-cors", message, None, {"location": location})]
    if observation.trace.exchanges[outcome.exchange].request.preflight:
        return refused_preflight(observation, outcome.exchange)
    return refused_answer(observation, outcome.exchange)


def _unexplained(outcome: Blocked) -> Diagnosis:
    """The browser's reason, where no better cause is known."""
    slug = "preflight-bad-status" if outcome.error.is_preflight else "invalid-cors-header"
    value = f" ({outcome.parameter!r})" if outcome.parameter else ""
    return Diagnosis(slug, f"The browser blocks the call: {outcome.error}{value}.", None, {"error": str(outcome.error)})


def _failed(observation: Observation, outcome: Failed) -> Diagnosis:
    request = observation.trace.request
    url = parse_url(request.url)
    if outcome.reason == FailureReason.MIXED_CONTENT:
        return _mixed_content(observation, outcome)
    if outcome.reason == FailureReason.BAD_PORT:
        message = f"Browsers block {outcome.detail}, which belongs to another protocol. They send nothing."
        return Diagnosis(
            "server-unreachable",
            message,
            None,
            {"url": request.url},
            remedy="Let the server listen on another port, for example 8000.",
        )
    if outcome.reason in (FailureReason.INVALID_REQUEST, FailureReason.URL_SCHEME):
        slug = "credentials-in-url" if url is not None and url.has_credentials else "url-without-scheme"
        return Diagnosis(
            slug, f"The browser does not send this request: {outcome.detail or outcome.reason}.", None, {"url": request.url}
        )
    if outcome.reason == FailureReason.CORP:
        message = f"Cross-Origin-Resource-Policy: {outcome.detail} keeps the response from pages of other origins."
        return Diagnosis("cross-origin-resource-policy", message)
    if outcome.reason in (FailureReason.TOO_MANY_REDIRECTS, FailureReason.INVALID_REDIRECT, FailureReason.UNSAFE_REDIRECT):
        return Diagnosis("redirect-loses-cors", f"The redirect cannot be followed: {outcome.reason} ({outcome.detail}).")
    server = url.origin if url is not None else request.url
    detail = f" ({outcome.detail})" if outcome.detail else ""
    message = f"{server} does not answer: {outcome.reason}{detail}. This is not about CORS, although Firefox reports it as CORS."
    remedy = "Start the server, and check host, port and scheme of the URL that the page calls."
    return Diagnosis("server-unreachable", message, None, {"url": server, "reason": str(outcome.reason)}, remedy=remedy)


def _mixed_content(observation: Observation, outcome: Failed) -> Diagnosis:
    request = observation.trace.request
    if observation.trace.exchanges:
        if _scheme(request.url) == "https":
            return downgraded(request.url, outcome.detail or "http")
        message = f"The server redirects to {outcome.detail}, plain http. A page on https may not load it."
        evidence = {"from": request.url, "to": outcome.detail}
        remedy = "Let the page call the API over https, and let the server redirect to https."
        return Diagnosis("mixed-content", message, None, evidence, remedy=remedy)
    message = (
        f"The page is on https and calls {request.url}, plain http. Browsers block that as mixed content before they check CORS."
    )
    return Diagnosis("mixed-content", message, None, {"url": request.url}, remedy="Call the API over https.")


def _scheme(url: str) -> str:
    """The scheme of a URL, empty for anything else."""
    parsed = parse_url(url)
    return parsed.scheme if parsed is not None else ""


def _location(observation: Observation, index: int) -> str | None:
    response = observation.trace.exchanges[index].response
    return response.header("location") if isinstance(response, WireResponse) else None


def cache_faults(observations: Sequence[Observation]) -> list[Diagnosis]:
    """Answers that name the page's origin, differ by page, and do not say `Vary: Origin`: a cache serves one page's permission to
    another."""
    by_url: dict[tuple[str, str], list[Observation]] = {}
    for observation in observations:
        if observation.situation in ("success", "stranger") and observation.trace.request.method == "GET":
            by_url.setdefault((observation.trace.request.method, observation.trace.request.url), []).append(observation)
    found = {}
    for group in by_url.values():
        named = {
            response.header("access-control-allow-origin") for seen in group if (response := seen.trace.response) is not None
        }
        for seen in group:
            response = seen.trace.response
            if response is not None and len(named) > 1 and allows_page_silently(seen):
                diagnosis = _varies_silently(seen, response)
                found[diagnosis.message] = diagnosis
    return list(found.values())


def allows_page_silently(observation: Observation) -> bool:
    """Whether a response allows its page by name, may be stored by a cache, and does not say `Vary: Origin`."""
    response = observation.trace.response
    return response is not None and isinstance(observation.trace.outcome, Allowed) and not _is_safe_from_caches(response)


def _is_safe_from_caches(response: WireResponse) -> bool:
    varies = {name.strip().lower() for name in (response.header("vary") or "").split(",")}
    stored = (response.header("cache-control") or "").lower()
    return bool(varies & {"origin", "*"}) or "no-store" in stored or response.header("access-control-allow-origin") in (None, "*")


def _varies_silently(observation: Observation, response: WireResponse) -> Diagnosis:
    message = (
        "The response depends on the page, but does not say Vary: Origin. A cache or CDN can serve the response for one page to "
        "another, which is then blocked."
    )
    layer = observation.header_layer
    place = layer.place if layer is not None else observation.route.endpoint_place if observation.route else None
    remedy = "Let CORSMiddleware set the header (it adds Vary), or add Vary: Origin to every response, with or without Origin."
    return Diagnosis("vary-origin-missing", message, place, {"vary": response.header("vary")}, remedy=remedy)
