"""Faults of the stack: no CORS layer, a layer outside of it, a crash outside all layers."""

from __future__ import annotations

from urllib.parse import urlsplit

from corsense.app.description import AppInfo, LateMiddleware, LayerInfo
from corsense.diagnose.known_servers import known_server
from corsense.diagnose.observation import Diagnosis, Observation, at
from corsense.diagnose.regex_type import crash_of_regex
from corsense.finding import Place

_RUN_LIFESPAN = (
    "Run the lifespan of the mounted app in that of the app around it, for example FastAPI(lifespan=mcp_app.lifespan): FastAPI "
    "and Starlette do not run it."
)


def refused_by_known_server(observation: Observation) -> Diagnosis | None:
    """A refusal of a well-known server, whose own list of origins lacks the page; None where the address is not one of theirs."""
    server = known_server(observation.trace.request.url) if observation.app is None else None
    if server is None:
        return None
    message = f"{server.title} does not allow {observation.origin!r}. It has a list of origins of its own."
    remedy = f"In {server.title}: {server.write(observation.origin)}"
    return Diagnosis("origin-mismatch", message, None, {"sent": observation.origin}, "error", remedy)


def missing_layer(observation: Observation, status: int | None = None) -> Diagnosis:
    """Nothing in front of this route handles CORS."""
    app = observation.app
    if app is None:
        answer = f" It answers the preflight with {status}." if status is not None else ""
        message = (
            f"The server sends no CORS headers to pages of {observation.origin!r}. It has no CORS layer, or none on this "
            f"path.{answer}"
        )
        remedy = (
            f"app.add_middleware(CORSMiddleware, allow_origins=[{observation.origin!r}], allow_methods=[...], "
            "allow_headers=[...])"
        )
        return Diagnosis("missing-cors-middleware", message, None, {"sent": observation.origin}, remedy=remedy)
    if app.late_middleware:
        return added_too_late(app.late_middleware[0])
    owner = app.apps[observation.route.app if observation.route is not None else 0] if app.apps else None
    place = owner.place if owner else None
    if owner is not None and owner.parent is not None and app.cors_layers:
        message = (
            f"The app mounted at {owner.prefix!r} has no CORSMiddleware. The CORSMiddleware of another app does not reach it."
        )
        return Diagnosis("mounted-app-without-cors", message, owner.mounted_at or place, {"prefix": owner.prefix})
    passing = (layer for layer in observation.cors_layers if observation.policy_of(layer).leaves_alone)
    alone = next((layer for layer in passing if not _only_protects(layer)), None)
    if alone is not None:
        path = observation.route.path if observation.route is not None else urlsplit(observation.trace.request.url).path
        message = (
            f"{alone.name}{at(alone.place)} does not cover {path}. Its policy there is None, so no page may read the responses."
        )
        return Diagnosis("missing-cors-middleware", message, alone.place, {"path": path}, remedy="Give the path a Policy.")
    on_routes = [layer for layer in app.cors_layers if layer.position == "router"]
    if on_routes:
        message = (
            f"CORSMiddleware{at(on_routes[0].place)} is on a route or a router. It never sees a preflight there, "
            "because methods are matched first."
        )
        return Diagnosis("missing-cors-middleware", message, on_routes[0].place, {}, remedy="Put CORSMiddleware on the app.")
    mounted = [layer for layer in app.cors_layers if layer.prefix]
    if mounted:
        message = (
            f"Only the app mounted at {mounted[0].prefix!r} has CORSMiddleware{at(mounted[0].place)}. The routes outside it have "
            "none."
        )
        return Diagnosis("missing-cors-middleware", message, place, {"prefix": mounted[0].prefix})
    if app.unserved_cors and not app.cors_layers:
        return _on_another_app(app.unserved_cors[0], place)
    message = "The app has no CORSMiddleware. No page of another origin may read its responses."
    wrapping = _wrapping(observation) if app.kind == "asgi" else None
    return Diagnosis("missing-cors-middleware", message, place, remedy=wrapping)


def _wrapping(observation: Observation) -> str:
    """What to write for an app that has no add_middleware."""
    origin, method = observation.origin, observation.trace.request.method
    return f"Wrap it: app = CORSMiddleware(app, allow_origins=[{origin!r}], allow_methods=[{method!r}], allow_headers=[...])"


def _on_another_app(layer: Place, served: Place | None) -> Diagnosis:
    """A CORS layer was added to an app object that is no part of the app."""
    message = f"CORSMiddleware is added to another app object. The app that is checked{at(served)} has none."
    remedy = "Add CORSMiddleware to the app that is checked, after the line that makes it."
    return Diagnosis("missing-cors-middleware", message, layer, {"unserved": f"{layer.file}:{layer.line}"}, remedy=remedy)


def _only_protects(layer: LayerInfo) -> bool:
    """Whether a layer of corsense's has no policy for any path: it was installed for its protection."""
    return layer.policy is not None and layer.policy.document is None and not layer.policies


def added_too_late(late: LateMiddleware) -> Diagnosis:
    """`add_middleware` on an app that has started."""
    message = "Middleware is added after the app has started. Starlette raises RuntimeError, because the stack is built by then."
    return Diagnosis("middleware-added-after-startup", message, late.place, {"moment": late.moment})


def not_outermost(observation: Observation, layer: LayerInfo, status: int) -> Diagnosis:
    """A layer outside the CORS layer answers by itself."""
    inner = next((found for found in observation.cors_layers if found.index > layer.index), None)
    cors = f"CORSMiddleware{at(inner.place)}" if inner else "CORSMiddleware"
    message = (
        f"{layer.name} is outside {cors}. Its own responses ({status}) have no CORS headers; the layer added last is the "
        "outermost."
    )
    if layer.place is None or (inner is not None and inner.place is None):
        message = f"{layer.name} is outside CORSMiddleware. Its own responses ({status}) have no CORS headers."
    evidence = {"layer": layer.name, "status": status, "cors_line": inner.place.line if inner and inner.place else None}
    remedy = "Add CORSMiddleware after all other middleware, so that it is outermost."
    return Diagnosis("cors-not-outermost", message, layer.place or (inner.place if inner else None), evidence, remedy=remedy)


def crashed(observation: Observation, index: int) -> Diagnosis:
    """An exception escaped: the real fault, hidden behind a CORS message."""
    facts = observation.facts_of(index)
    traceback = facts.exception
    assert traceback is not None
    of_regex = crash_of_regex(observation, traceback)
    if of_regex is not None:
        return of_regex
    frame = traceback.user_frame
    where = f" in {frame.function}" if frame and frame.function else ""
    summary = traceback.summary.rstrip(".")
    message = f"The app crashes{where}: {summary}. The 500 has no CORS headers, so browsers report a CORS error."
    evidence = {
        "exception": traceback.type,
        "frames": [f"{found.file}:{found.line} in {found.function}" for found in traceback.user_first[:5]],
    }
    if facts.raised_by is not None and lacks_start_up(observation):
        message = (
            f"{_raiser(observation, index)} raises {summary}. The lifespan of the app did not run, which may be "
            "the reason; --run-endpoints runs it."
        )
        place = Place(frame.file, frame.line) if frame else None
        return Diagnosis("unhandled-exception", message, place, evidence, severity="warning")
    remedy = "Fix the crash first. To let pages read 500s too, wrap the whole app in CORSMiddleware."
    return Diagnosis(
        "unhandled-exception",
        message,
        Place(frame.file, frame.line) if frame else None,
        evidence,
        severity="error",
        remedy=_RUN_LIFESPAN if _mounted_app_with_lifespan(observation) is not None else remedy,
    )


def never_started(observation: Observation, index: int) -> Diagnosis | None:
    """A mounted app crashes, perhaps because no server runs its lifespan. Pages can read the 500: the CORS layer is outside of
    it. None for other crashes that pages can read: they are no fault of CORS, nor of how the app is put together."""
    facts, owner = observation.facts_of(index), _mounted_app_with_lifespan(observation)
    if owner is None or facts.exception is None or facts.stood_in or observation.situation != "success":
        return None
    message = (
        f"The app mounted at {owner.prefix or '/'!r} crashes: {facts.exception.summary.rstrip('.')}. Pages can read the 500, "
        "but get nothing else."
    )
    evidence = {"exception": facts.exception.type}
    return Diagnosis("unhandled-exception", message, owner.mounted_at, evidence, severity="warning", remedy=_RUN_LIFESPAN)


def lacks_start_up(observation: Observation) -> bool:
    """Whether the app has start-up code that did not run: what raises may miss it."""
    app = observation.app
    if app is None or app.lifespan_ran:
        return False
    return app.has_lifespan or bool(app.apps and app.apps[0].has_lifespan)


def _mounted_app_with_lifespan(observation: Observation) -> AppInfo | None:
    """The app that has the route, where it is mounted and has a lifespan."""
    app, route = observation.app, observation.route
    owner = app.apps[route.app] if app is not None and route is not None else None
    return owner if owner is not None and owner.parent is not None and owner.has_lifespan else None


def _raiser(observation: Observation, index: int) -> str:
    raised_by = observation.facts_of(index).raised_by
    return observation.app.layers[raised_by].name if observation.app is not None and raised_by is not None else "A layer"


def error_without_headers(observation: Observation, status: int) -> Diagnosis:
    """What would happen if an endpoint crashed: not a fault today."""
    app = observation.app
    handler = (
        next((found for found in app.exception_handlers if found.catches_all and not found.is_builtin), None) if app else None
    )
    if handler is not None:
        message = (
            f"The handler {handler.name} for all exceptions runs outside CORSMiddleware. Pages can read neither its response nor "
            f"the status {status}."
        )
        remedy = "Wrap the whole app in CORSMiddleware, so that pages can read the handler's response."
        return Diagnosis(
            "error-response-without-cors", message, handler.place, {"status": status}, severity="warning", remedy=remedy
        )
    message = f"If an endpoint crashes, its {status} has no CORS headers. Browsers then report a CORS error and hide the status."
    remedy = (
        "When a CORS error appears unexpectedly, look at the server's log; `corsense check --run-endpoints` shows the traceback."
    )
    return Diagnosis("error-response-without-cors", message, None, {"status": status}, severity="info", remedy=remedy)
