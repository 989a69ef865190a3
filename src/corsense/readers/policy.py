"""A policy by name: `module:policy`, or a file that holds one."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corsense.errors import InputError, quoted
from corsense.faults import Fault
from corsense.policy import Policy, PolicyError
from corsense.policy.keywords import KEYWORDS, STARLETTE

TABLE = ("tool", "corsense", "policy")


class RunningPolicyError(PolicyError):
    """The policy that an app runs with, in a layer that is not corsense's, has faults that corsense would refuse. `keywords`
    holds it in the keywords of `Policy`."""

    def __init__(self, faults: Sequence[Fault], keywords: Mapping[str, object]) -> None:
        super().__init__(faults)
        self.keywords = keywords

    @property
    def written(self) -> str:
        """The policy as it would be written for corsense."""
        return f"Policy({', '.join(f'{name}={value!r}' for name, value in self.keywords.items())})"


_OF_PROXIES = frozenset({".conf", ".cfg", ".vcl", ".yaml", ".yml"})
"""How the names of configurations end that hold a policy where the extra `layers` reads them."""


def load_policy(source: str, folder: Path) -> Policy:
    """The policy that `source` names: `package.module:name` (a `Policy`, settings that have one, an app that is served by one, or
    a function that returns one of these), a `.json` file, or a `.toml` file with the table `[tool.corsense.policy]`.

    Raises `PolicyError` when it is not a valid policy (`RunningPolicyError` when an app runs with it), `InputError`
    when there is no policy.
    """
    if source.endswith((".toml", ".json")):
        return _from_file(folder / source)
    module, colon, name = source.rpartition(":")
    if not colon or not module or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        if not colon and Path(source).suffix in _OF_PROXIES and not (folder / source).exists():
            raise InputError(f"{quoted(source)} does not exist; write the path of a policy's file, or package.module:policy.")
        raise InputError(f"{quoted(source)} does not name a policy; write package.module:policy, or a .toml or .json file.")
    return _policy_in(_imported(module, name, folder), source)


def _imported(module: str, name: str, folder: Path) -> object:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: object = importlib.import_module(module)
    except PolicyError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise InputError(f"there is no module {quoted(module)} in {folder} or on the path.") from None
        raise InputError(f"{module} cannot be imported: it needs {error.name}, which is not installed.") from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        message = f": {error}".split("\n")[0].rstrip(": ")
        raise InputError(f"{module} cannot be imported, it raises {type(error).__name__}{message}.") from error
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise InputError(f"{module} has no {name!r}.") from None
    return found


def _policy_in(found: object, source: str) -> Policy:
    if callable(found) and not isinstance(found, Policy) and not hasattr(found, "user_middleware"):
        try:
            found = found()
        except PolicyError:
            raise
        except Exception as error:
            raise InputError(f"{source} cannot be called without arguments: {type(error).__name__}: {error}.") from None
    served = _served_by(found)
    for candidate in (found, getattr(found, "policy", None), *served):
        if isinstance(candidate, Policy):
            return candidate
    if hasattr(found, "user_middleware") and not served:
        raise InputError(
            f"{source} has no CORS layer, so it has no policy; `corsense check {source}` shows how browsers treat it."
        )
    raise InputError(f"{source} is {quoted(type(found).__name__)}, not a policy; name a Policy.")


def _served_by(app: Any) -> list[Any]:
    """The policies of the layer that is installed around an app, and of those in the middleware that it lists. Starlette's layer
    is read as its arguments would be understood here.

    Raises:
        RunningPolicyError: a layer of Starlette's has a policy that corsense would refuse.
    """
    from corsense.middleware import CORSMiddleware
    from corsense.middleware.install import INSTALLED

    installed = getattr(app, "__dict__", {}).get(INSTALLED)
    if installed is not None:
        return [getattr(installed, "policy", None)]
    listed = [entry for entry in getattr(app, "user_middleware", ()) if isinstance(entry.cls, type)]
    own = [entry.cls(app, *entry.args, **entry.kwargs) for entry in listed if issubclass(entry.cls, CORSMiddleware)]
    theirs = [read_as_ours(_arguments(entry, app)) for entry in listed if _is_starlettes(entry.cls)]
    return [*(getattr(layer, "policy", None) for layer in own), *theirs]


def _arguments(entry: Any, app: Any) -> dict[str, Any]:
    """The arguments of a listed layer, by keyword, without the app itself."""
    bound = inspect.signature(entry.cls).bind_partial(app, *entry.args, **entry.kwargs)
    return dict(list(bound.arguments.items())[1:])


def read_as_ours(given: Mapping[str, Any]) -> Policy | None:
    """The policy of a layer of Starlette's that was given these arguments, as corsense's own would understand them.

    Raises:
        RunningPolicyError: corsense would refuse it.
    """
    from corsense.middleware.keywords import policy_of

    try:
        return policy_of(None, None, dict(given), None)
    except PolicyError as error:
        raise RunningPolicyError(error.faults, {STARLETTE.get(name, name): value for name, value in given.items()}) from None


def _is_starlettes(layer: type) -> bool:
    return (layer.__module__, layer.__name__) == ("starlette.middleware.cors", "CORSMiddleware")


def _from_file(path: Path) -> Policy:
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{quoted(str(path))} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{quoted(path.name)} is not valid {path.suffix[1:].upper()}: {error}.") from None
    found: object = document
    if path.suffix == ".toml":
        for part in TABLE:
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            raise InputError(f"{quoted(path.name)} has no table [{'.'.join(TABLE)}].")
    elif isinstance(found, dict) and isinstance(found.get("policy"), dict):
        found = found["policy"]  # what `corsense policy show --format json` prints
    if not isinstance(found, dict):
        raise InputError(f"{quoted(path.name)} holds no policy: write a table of {', '.join(KEYWORDS[:2])} and other keywords.")
    return Policy(**found)
