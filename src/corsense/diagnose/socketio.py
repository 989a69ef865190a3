"""Socket.IO below a mount or around the app: it has a list of origins and CORS headers of its own, and a path that a mount is a
part of."""

from __future__ import annotations

from collections.abc import Sequence

from corsense.app.description import LayerInfo, RouteInfo
from corsense.diagnose.observation import Diagnosis, Observation, status_of

_PACKAGES = ("socketio.", "engineio.")
_REFUSAL = "not an accepted origin"
"""What Engine.IO answers to a page that is not in its list."""
LEAVE_TO_MIDDLEWARE = (
    "Let CORSMiddleware alone set CORS headers: socketio.AsyncServer(cors_allowed_origins=[]), with which Socket.IO sets none."
)


def is_socketio(route: RouteInfo | None) -> bool:
    """Whether a route is one that a Socket.IO, or Engine.IO, server answers."""
    return route is not None and (route.endpoint or "").startswith(_PACKAGES)


def refused_by_socketio(observation: Observation) -> Diagnosis | None:
    """Why a Socket.IO server does not serve a page: the path, or its own list of origins; None where it does."""
    if _refuses_around_the_app(observation):
        return _other_origin(observation, ())
    route = observation.route
    if route is None or not is_socketio(route) or observation.situation != "success" or not observation.trace.exchanges:
        return None
    last = len(observation.trace.exchanges) - 1
    if observation.facts_of(last).answered_by != "endpoint":
        return None
    match status_of(observation.trace.exchanges[last]):
        case 404:
            return _not_at_that_path(route)
        case 400:
            return _other_origin(observation, observation.cors_layers)
        case _:
            return None


def _refuses_around_the_app(observation: Observation) -> bool:
    """Whether a Socket.IO server that the app is wrapped in refused the page: `ASGIApp(sio, other_asgi_app=app)`."""
    if observation.app is None or not observation.trace.exchanges:
        return False
    last = len(observation.trace.exchanges) - 1
    facts = observation.facts_of(last)
    if not isinstance(facts.answered_by, int) or status_of(observation.trace.exchanges[last]) != 400:
        return False
    layer = observation.app.layers[facts.answered_by]
    return layer.class_module.startswith(_PACKAGES) and _REFUSAL in facts.body_excerpt


def _not_at_that_path(route: RouteInfo) -> Diagnosis:
    mount = route.mounts[-1] if route.mounts else "/"
    message = (
        f"Socket.IO, mounted at {mount!r}, answers {route.path} with 404. It compares the whole path, the mount included, with "
        "its socketio_path."
    )
    page = f"io(url, {{ path: {route.path!r} }})"
    remedy = f"Write socketio.ASGIApp(sio, socketio_path={route.path.strip('/')!r}), and {page} in the page."
    return Diagnosis("route-not-found", message, None, {"request": f"GET {route.path}"}, "error", remedy)


def _other_origin(observation: Observation, outside: Sequence[LayerInfo]) -> Diagnosis:
    """The diagnosis of a list that lacks the page; `outside` are the CORS layers that the answer passes."""
    origin = observation.origin
    message = (
        f"Socket.IO checks Origin itself and refuses {origin!r} with 400. Its list is cors_allowed_origins, not that of "
        "CORSMiddleware."
    )
    remedy = f"Name the page in it: socketio.AsyncServer(cors_allowed_origins=[{origin!r}])."
    if outside:
        remedy = (
            "Write socketio.AsyncServer(cors_allowed_origins=[]): Socket.IO then checks no origin and sets no CORS headers, and "
            "CORSMiddleware sets them alone."
        )
    return Diagnosis("origin-check-refused", message, None, {"sent": origin, "status": 400}, "error", remedy)
