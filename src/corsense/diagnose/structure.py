"""Faults of the stack: no CORS layer, a layer outside of it, a crash outside of all."""

from __future__ import annotations

from urllib.parse import urlsplit

from corsense.app.description import LateMiddleware, LayerInfo
from corsense.diagnose.observation import Diagnosis, Observation, at
from corsense.diagnose.regex_type import crash_of_regex
from corsense.finding import Place


def missing_layer(observation: Observation, status: int | None = None) -> Diagnosis:
    """Nothing in front of this route knows CORS."""
    app = observation.app
    if app is None:
        reported = f" It answers the preflight with {status}." if status is not None else ""
        message = (
            f"The server sends no CORS headers to pages of {observation.origin!r}: it has no CORS layer, or none on this "
            f"path.{reported}"
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
        message = f"The app mounted at {owner.prefix!r} has no CORSMiddleware of its own, and none is in front of it."
        return Diagnosis("mounted-app-without-cors", message, owner.mounted_at or place, {"prefix": owner.prefix})
    alone = next((layer for layer in observation.cors_layers if observation.policy_of(layer).leaves_alone), None)
    if alone is not None:
        path = observation.route.path if observation.route is not None else urlsplit(observation.trace.request.url).path
        message = f"{alone.name}{at(alone.place)} leaves {path} alone: its policy there is None, so no page may read its answers."
        return Diagnosis("missing-cors-middleware", message, alone.place, {"path": path}, remedy="Give the path a Policy.")
    on_routes = [layer for layer in app.cors_layers if layer.position == "router"]
    if on_routes:
        message = (
            f"CORSMiddleware{at(on_routes[0].place)} is on a route or a router, behind the matching of methods: it never sees a "
            "preflight."
        )
        return Diagnosis("missing-cors-middleware", message, on_routes[0].place, {}, remedy="Put CORSMiddleware on the app.")
    mounted = [layer for layer in app.cors_layers if layer.prefix]
    if mounted:
        message = (
            f"Only the app mounted at {mounted[0].prefix!r} has CORSMiddleware{at(mounted[0].place)}; the routes beside it "
            "have none."
        )
        return Diagnosis("missing-cors-middleware", message, place, {"prefix": mounted[0].prefix})
    message = "The app has no CORSMiddleware: none of its answers allows a page of another origin to read it."
    return Diagnosis("missing-cors-middleware", message, place)


def added_too_late(late: LateMiddleware) -> Diagnosis:
    """`add_middleware` on an app that has started."""
    message = "Middleware is added after the app has started, which raises RuntimeError: the stack is built at the first request."
    return Diagnosis("middleware-added-after-startup", message, late.place, {"moment": late.moment})


def not_outermost(observation: Observation, layer: LayerInfo, status: int) -> Diagnosis:
    """A layer outside of the CORS layer answers by itself."""
    inner = next((found for found in observation.cors_layers if found.index > layer.index), None)
    cors = f"CORSMiddleware{at(inner.place)}" if inner else "CORSMiddleware"
    message = (
        f"{layer.name}{at(layer.place)} was added after {cors}, so it is outside of it: its own answers ({status}) "
        "leave without CORS headers. The layer added last is the outermost."
    )
    if layer.place is None or (inner is not None and inner.place is None):
        message = f"{layer.name} is outside of CORSMiddleware: its own answers ({status}) leave without CORS headers."
    evidence = {"layer": layer.name, "status": status, "cors_line": inner.place.line if inner and inner.place else None}
    remedy = "Add CORSMiddleware after all other middleware, so that it is outermost."
    return Diagnosis("cors-not-outermost", message, layer.place or (inner.place if inner else None), evidence, remedy=remedy)


def crashed(observation: Observation, index: int) -> Diagnosis:
    """An exception reached the outside: the real fault, hidden behind a CORS message."""
    facts = observation.facts_of(index)
    traceback = facts.exception
    assert traceback is not None
    of_regex = crash_of_regex(observation, traceback)
    if of_regex is not None:
        return of_regex
    frame = traceback.user_frame
    where = f" in {frame.function}" if frame and frame.function else ""
    line = f": {frame.source.strip()}" if frame and frame.source else ""
    message = (
        f"The app crashes{where}, {traceback.summary}{line}. The 500 leaves without CORS headers, so browsers call it a CORS "
        "error."
    )
    evidence = {
        "exception": traceback.type,
        "frames": [f"{found.file}:{found.line} in {found.function}" for found in traceback.user_first[:5]],
    }
    if _may_lack_a_start(observation, index):
        message = (
            f"{_raiser(observation, index)} raises {traceback.summary}{line}. The app's lifespan was not run for this check, "
            "which may be all there is to it; --run-endpoints runs it."
        )
        place = Place(frame.file, frame.line) if frame else None
        return Diagnosis("unhandled-exception", message, place, evidence, severity="warning")
    remedy = "Mend the crash. So that the page can read 500s too, let CORSMiddleware wrap the whole app."
    return Diagnosis(
        "unhandled-exception",
        message,
        Place(frame.file, frame.line) if frame else None,
        evidence,
        severity="error",
        remedy=remedy,
    )


def _may_lack_a_start(observation: Observation, index: int) -> bool:
    """Whether a layer of an app raised that has start-up code, and that code did not run."""
    app = observation.app
    in_a_layer = observation.facts_of(index).raised_by is not None
    return app is not None and in_a_layer and app.has_lifespan and not app.lifespan_ran


def _raiser(observation: Observation, index: int) -> str:
    raised_by = observation.facts_of(index).raised_by
    return observation.app.layers[raised_by].name if observation.app is not None and raised_by is not None else "A layer"


def error_without_headers(observation: Observation, status: int) -> Diagnosis:
    """What would happen if an endpoint crashed: no fault today."""
    app = observation.app
    handler = (
        next((found for found in app.exception_handlers if found.catches_all and not found.is_builtin), None) if app else None
    )
    if handler is not None:
        message = (
            f"The handler {handler.name}{at(handler.place)} for all exceptions runs outside of CORSMiddleware: a page cannot "
            f"read its answer, nor the status {status}."
        )
        remedy = "Let CORSMiddleware wrap the whole app, so that pages can read what your handler says."
        return Diagnosis(
            "error-response-without-cors", message, handler.place, {"status": status}, severity="warning", remedy=remedy
        )
    message = (
        f"If an endpoint crashes, its {status} leaves outside of CORSMiddleware: the browser will call it a CORS error and "
        "hide the status."
    )
    remedy = (
        "Look at the server's log when a CORS error comes out of the blue; `corsense check --run-endpoints` shows the traceback."
    )
    return Diagnosis("error-response-without-cors", message, None, {"status": status}, severity="info", remedy=remedy)
