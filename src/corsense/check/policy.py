"""The policy of an app in another environment: read there, by the agent, and judged here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from corsense.app.description import AppDescription, LayerInfo, Opaque, Plain, PolicyInfo
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.diagnose.policies import policy_for
from corsense.errors import InputError, quoted
from corsense.policy import Policy
from corsense.readers.policy import read_as_ours


def policy_elsewhere(source: str, folder: Path, python: str, overlay: Mapping[str, str] | None = None) -> Policy:
    """The policy that `source` names, `package.module:name`, imported with the interpreter `python`: a policy of corsense's, or
    that of the outermost CORS layer of an app. `overlay` gives files, by path, another text than they have on disk.

    Raises `PolicyError` when what it holds is no valid policy (`RunningPolicyError` when an app runs with it),
    `InputError` when there is none, `AppLoadError` and `AppStoppedError` when it cannot be imported.
    """
    with AppSession.start(AppTarget.parse(source, directory=folder), python=python, policy=True, overlay=overlay) as session:
        document = session.policy_document
        return _policy(document, source) if document is not None else _served_by(session.description, source)


def _policy(document: str, source: str) -> Policy:
    found = json.loads(document)
    if not isinstance(found, dict):
        raise InputError(f"{quoted(source)} holds no policy that this corsense can read.")
    try:
        return Policy(**found)
    except TypeError:
        raise InputError(f"the corsense of {quoted(source)} is another release, so its policy cannot be read.") from None


def policies_of_routes(app: AppDescription) -> dict[str, Policy | None]:
    """The policies that single routes of an app have of their own, by the path as it was written; None where requests are left
    alone. A function of the app that decides about origins is not called: its decision is `ORIGIN_UNRESOLVED`."""
    layer = next((layer for layer in app.cors_layers if layer.policy is not None), None)
    if layer is None:
        return {}
    found = {route.path: policy_for(layer, route, route.example_path) for route in app.routes}
    return {path: _of_route(info) for path, info in found.items() if info is not None}


def _of_route(info: PolicyInfo) -> Policy | None:
    if info.document is None:
        return None
    policy = Policy(**json.loads(info.document))
    return policy.replace(origin_resolver=_not_asked) if info.resolver else policy


async def _not_asked(origin: str) -> bool:
    raise AssertionError(f"the resolver is not asked about {origin}")


def _served_by(app: AppDescription, source: str) -> Policy:
    for layer in app.cors_layers:
        if layer.policy is not None and layer.policy.document is not None:
            return _policy(layer.policy.document, source)
        if layer.name == "CORSMiddleware":
            return _understood(layer, source)
    raise InputError(f"{source} has no CORS layer, so no policy; `corsense check {source}` says what browsers make of it.")


def _understood(layer: LayerInfo, source: str) -> Policy:
    """Starlette's layer, its arguments read as corsense's own would read them."""
    found = read_as_ours({name: _argument(value) for name, value in layer.arguments.items()})
    if found is None:
        raise InputError(f"{source} has a CORS layer without a policy.")
    return found


def _argument(value: Plain) -> object:
    """An argument as it was; a compiled expression as its text."""
    return value.text if isinstance(value, Opaque) and value.type.endswith("Pattern") else value
