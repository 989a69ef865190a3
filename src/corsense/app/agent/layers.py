"""What is known about one layer: its name, its arguments, and the policy that corsense's own layer applies."""

from __future__ import annotations

import json
import sys
from typing import Any

from .places import code_of
from .plain import plain
from .recorder import ARGUMENTS
from .unwrapping import is_cors_class

_WITH_ARGUMENTS = {
    "TrustedHostMiddleware": frozenset({"allowed_hosts", "www_redirect"}),
    "SessionMiddleware": frozenset({"same_site", "https_only", "session_cookie"}),
}
"""Layers that are not about CORS, and the arguments of them that are read; others can be secrets."""
_MOST_COOKIES = 10
_OF_THE_FRAMEWORK = ("starlette.middleware.errors", "starlette.middleware.exceptions", "fastapi.middleware.asyncexitstack")


def made_by(layer: Any) -> Any:
    """The class or function of a layer: the dispatch function of `@app.middleware("http")`, else its class."""
    function = getattr(layer, "dispatch_func", None) if type(layer).__name__ == "BaseHTTPMiddleware" else None
    return function or (layer if isinstance(layer, type) or code_of(layer) is not None else type(layer))


def name_of(made: Any, layer: Any) -> str:
    """The name of a layer."""
    return str(getattr(made, "__name__", type(layer).__name__))


def is_of_the_framework(made: Any) -> bool:
    """Whether this is one of the layers that the framework puts into every stack."""
    return isinstance(made, type) and made.__module__ in _OF_THE_FRAMEWORK


def arguments_of(layer: Any, made: Any, entry: Any) -> dict[str, Any]:
    """The arguments of a layer, by name; empty where they can be secret."""
    wanted = _WITH_ARGUMENTS.get(name_of(made, layer))
    if not is_cors_class(made) and wanted is None:
        return {}
    if entry is None:
        args, kwargs = getattr(layer, "__dict__", {}).get(ARGUMENTS, ((), {}))
    else:
        args, kwargs = getattr(entry, "args", ()), getattr(entry, "kwargs", None) or getattr(entry, "options", {})
    named = dict(zip(_parameters(layer if isinstance(layer, type) else type(layer)), args)) if args else {}
    given = {**named, **kwargs}
    return {str(name): plain(value) for name, value in given.items() if wanted is None or name in wanted}


def cookies_of(layer: Any) -> list[str]:
    """The names of the cookies that a layer reads: of a session, or those that a guard against foreign writes calls sensitive."""
    found: list[Any] = []
    for attribute in ("session_cookie", "sensitive_cookies"):
        value = getattr(layer, "__dict__", {}).get(attribute)
        found += [value] if isinstance(value, str) else value if isinstance(value, (list, tuple, set, frozenset)) else []
    return sorted(name for name in found if isinstance(name, str))[:_MOST_COOKIES]


def _parameters(cls: Any) -> list[str]:
    """Names of the positional parameters of a layer, after the app."""
    code = code_of(cls.__init__)
    return list(code.co_varnames[2 : code.co_argcount]) if code is not None else []


def policies_of(layer: Any) -> tuple[Any, list[Any]]:
    """What corsense's own layer applies: its policy, and pairs of a path and the policy there."""
    module = sys.modules.get("corsense.middleware.asgi")
    if module is None or not isinstance(layer, module.CORSMiddleware):
        return None, []
    return _policy(layer.policy), [[str(path), _policy(policy)] for path, policy in layer.policies.items()]


def marked_policy(route: Any) -> Any:
    """The policy that corsense's `cors` gave a route; None without one."""
    module = sys.modules.get("corsense.middleware.policy_selection")
    mark = None if module is None else module.route_policy_of(route)
    return None if mark is None else _policy(mark.policy)


def _policy(policy: Any) -> dict[str, Any]:
    if policy is None:
        return {"document": None, "resolver": False}
    return {"document": json.dumps(policy.document()), "resolver": policy.resolver is not None}
