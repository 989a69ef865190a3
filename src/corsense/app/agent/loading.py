"""Importing the module of a target and finding the app in it; what goes wrong is put into one sentence."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from .missing_settings import settings_remedy
from .recorder import RECORDING
from .tracebacks import first_line, ran_own_code, traceback_text
from .unwrapping import is_known

_REPORT = "Please report it with the versions of starlette and fastapi."
_PREFERRED = ("app", "api", "application", "asgi_app", "asgi", "server")
_FACTORIES = (
    "create_app",
    "make_app",
    "get_app",
    "build_app",
    "get_application",
    "create_application",
    "app_factory",
    "init_app",
)

_STARTING = ("run", "Config", "serve", "Granian")
_APP_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_LARGEST = 1 << 20


class LoadError(Exception):
    """The app cannot be loaded: one sentence, what to do about it, and the traceback of the user's code where there is one."""

    def __init__(self, message: str, remedy: str | None = None, error: BaseException | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.traceback = None if error is None else traceback_text(error)


class AppReference(NamedTuple):
    """An app by name: the fields of `corsense.app.target.AppTarget` that matter here."""

    module: str
    attribute: str | None
    factory: bool
    paths: tuple[str, ...]
    text: str


class LoadedApp(NamedTuple):
    """An imported app, the module and the name it was found under, and whether a factory made it."""

    app: Any
    module: ModuleType
    attribute: str
    factory: bool

    @property
    def name(self) -> str:
        """`package.module:app`."""
        return f"{self.module.__name__}:{self.attribute}"


def load(target: AppReference) -> LoadedApp:
    """Import the app of a target. Raises `LoadError`."""
    for path in reversed(target.paths):
        if path not in sys.path:
            sys.path.insert(0, path)
    module = _import(target)
    RECORDING.importing = False
    if RECORDING.unsupported is not None:
        raise LoadError(f"corsense does not know how this framework works ({RECORDING.unsupported}).", _REPORT)
    attribute, found = _attribute(module, target) if target.attribute else _search(module, target)
    name = f"{module.__name__}:{attribute}"
    if target.factory:
        return LoadedApp(_as_asgi(_made(found, name), name + "()", module), module, attribute, True)
    if _is_factory(found):
        return LoadedApp(_as_asgi(_made(found, name), name + "()", module), module, attribute, True)
    return LoadedApp(_as_asgi(found, name, module), module, attribute, False)


def policy_of(target: AppReference) -> str | None:
    """The JSON document of the policy that a target names, where that is a policy of corsense's, something that has one, or a
    function that gives one of these; None for an app. Raises `LoadError`."""
    for path in reversed(target.paths):
        if path not in sys.path:
            sys.path.insert(0, path)
    module = _import(target)
    if target.attribute is None:
        return None
    _, found = _attribute(module, target)
    if _policy(found) is None and not is_known(found) and _is_factory(found):
        found = _made(found, f"{target.module}:{target.attribute}")
    policy = _policy(found)
    return None if policy is None else json.dumps(policy.document())


def _policy(found: Any) -> Any:
    for candidate in (found, getattr(found, "policy", None)):
        classes = [base for base in type(candidate).__mro__ if base.__module__.partition(".")[0] == "corsense"]
        if any(base.__name__ == "Policy" for base in classes):
            return candidate
    return None


def _import(target: AppReference) -> ModuleType:
    try:
        return importlib.import_module(target.module)
    except ModuleNotFoundError as error:
        name = error.name
        if name is not None and _is_part(name, target.module) and not ran_own_code(error):
            raise LoadError(f"There is no module {target.module!r}.", _nearest_module(target)) from None
        raise LoadError(f"Importing {target.module!r} failed: {error}.", _missing_package(name), error) from None
    except SystemExit as error:
        raise LoadError(
            f"{target.module!r} ended the process while it was imported: sys.exit({error.code!r}).", None, error
        ) from None
    except BaseException as error:
        raise LoadError(f"Importing {target.module!r} failed: {first_line(error)}.", _remedy(error), error) from None


def _is_part(name: str, module: str) -> bool:
    return module == name or module.startswith(name + ".")


def _missing_package(name: str | None) -> str | None:
    if name is None:
        return None
    package = name.partition(".")[0]
    if package in sys.modules:
        return None
    return (
        f"{package} is not installed in {sys.executable}: install it there, "
        "or name the interpreter that runs the app with --python."
    )


def _remedy(error: BaseException) -> str | None:
    if isinstance(error, SyntaxError):
        return "Fix the syntax error first."
    settings = settings_remedy(error)
    if settings is not None:
        return settings
    if isinstance(error, KeyError) and "environ" in traceback_text(error)[-600:]:
        return f"Set the environment variable {error.args[0]} that the app reads while it is imported."
    return None


def _nearest_module(target: AppReference) -> str:
    from difflib import get_close_matches

    parent, _, last = target.module.rpartition(".")
    while parent and not _importable(parent):
        parent, _, last = parent.rpartition(".")
    names = _submodules(parent, target)
    near = get_close_matches(last, names, 1)
    if near:
        rest = target.module[len(parent) + 1 if parent else 0 :].partition(".")[2]
        suggestion = ".".join(part for part in (parent, near[0], rest) if part)
        return f"Did you mean {suggestion!r}?"
    where = f"in the package {parent!r}" if parent else f"in {target.paths[0]}"
    listed = ", ".join(sorted(names)[:8])
    return (
        f"The modules {where} are: {listed}."
        if listed
        else f"There are no modules {where}: run corsense in the folder of the app."
    )


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _submodules(parent: str, target: AppReference) -> list[str]:
    import pkgutil

    if parent:
        spec = importlib.util.find_spec(parent)
        paths = list(spec.submodule_search_locations or ()) if spec is not None else []
    else:
        paths = list(target.paths)
    found = {module.name for module in pkgutil.iter_modules(paths)}
    for path in paths:
        # Folders without __init__.py are packages too.
        with os.scandir(path) as entries:
            found |= {
                entry.name for entry in entries if entry.is_dir() and entry.name.isidentifier() and not entry.name.startswith("_")
            }
    return [name for name in found if name != "__pycache__"]


def _attribute(module: ModuleType, target: AppReference) -> tuple[str, Any]:
    assert target.attribute is not None
    found: Any = module
    for part in target.attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise LoadError(
                f"The module {module.__name__!r} has no {target.attribute!r}.", _nearest_name(module, target.attribute)
            ) from None
    return target.attribute, found


def _nearest_name(module: ModuleType, wanted: str) -> str:
    from difflib import get_close_matches

    apps = _apps(module)
    near = get_close_matches(wanted, [name for name in vars(module) if not name.startswith("_")], 1, 0.5)
    if near and (near[0] in apps or not apps):
        return f"Did you mean '{module.__name__}:{near[0]}'?"
    if apps:
        return f"Did you mean '{module.__name__}:{apps[0]}'?"
    factory = _factory_name(module)
    if factory is not None:
        return f"It has a factory: '{module.__name__}:{factory}' with --factory."
    return "Name the variable that holds the app."


def _apps(module: ModuleType) -> list[str]:
    """The names of what looks like an app: those of the usual names first, then other apps in the order of `fastapi dev`, bare
    routers last."""
    values = {name: value for name, value in vars(module).items() if not isinstance(value, type)}
    usual = [name for name in _PREFERRED if name in values]
    apps = [name for name in usual if not _is_router(values[name]) and (_is_app(values[name]) or _is_asgi3(values[name]))]
    others = [name for name, value in values.items() if name not in apps and _is_app(value)]
    apps += sorted(others, key=lambda name: (not _is_fastapi(values[name]), name))
    return apps + [name for name, value in values.items() if _is_router(value)]


def _is_app(value: Any) -> bool:
    """Whether this is an app of the framework."""
    return is_known(value) and hasattr(value, "build_middleware_stack")


def _is_fastapi(value: Any) -> bool:
    return any(base.__name__ == "FastAPI" for base in type(value).__mro__)


def _is_router(value: Any) -> bool:
    return is_known(value) and hasattr(value, "routes") and not _is_app(value)


def _factory_name(module: ModuleType) -> str | None:
    return next((name for name in _FACTORIES if callable(getattr(module, name, None))), None)


def _search(module: ModuleType, target: AppReference) -> tuple[str, Any]:
    """The app of a module, as `fastapi dev` finds it: `app`, `api`, else the first by name."""
    if target.factory:
        name = _factory_name(module)
        if name is None:
            raise LoadError(
                f"{module.__name__!r} has no factory such as create_app().", f"Name it: '{module.__name__}:name' with --factory."
            )
        return name, getattr(module, name)
    names = _apps(module)
    if names:
        return names[0], getattr(module, names[0])
    factory = _factory_name(module)
    if factory is not None:
        raise LoadError(f"{module.__name__!r} has a factory, but no app.", f"Write '{module.__name__}:{factory}' with --factory.")
    started = _started(module)
    raise LoadError(
        f"There is no FastAPI or Starlette app in {module.__name__!r} ({target.text}).",
        f"It starts {started!r}; name that." if started else "Name the module that makes it: package.module:app.",
    )


def _started(module: ModuleType) -> str | None:
    """The app that the source of a module starts when it is run as a program: `uvicorn.run("package.module:app")`."""
    import ast

    try:
        with open(module.__file__ or "", "rb") as stream:
            nodes = list(ast.walk(ast.parse(stream.read(_LARGEST))))
    except (OSError, SyntaxError, ValueError, AttributeError):
        return None
    calls = [node for node in nodes if isinstance(node, ast.Call) and _last_name(node.func) in _STARTING]
    values = [value for call in calls for value in (*call.args[:1], *(word.value for word in call.keywords))]
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return next((text for text in texts if _APP_NAME.fullmatch(text)), None)


def _last_name(function: Any) -> str:
    """`run` of `uvicorn.run`, and of `run`; empty for what has no name."""
    return str(getattr(function, "attr", None) or getattr(function, "id", ""))


def _is_factory(value: Any) -> bool:
    """A plain function that can be called without arguments, as servers also guess."""
    if not (inspect.isfunction(value) or inspect.ismethod(value)) or inspect.iscoroutinefunction(value):
        return False
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _made(factory: Any, name: str) -> Any:
    if not callable(factory):
        raise LoadError(f"{name!r} is {_a(factory)}, not a factory.", "Drop --factory, or name the function that makes the app.")
    try:
        return factory()
    except BaseException as error:
        is_app = is_known(factory) or _is_asgi3(factory)
        remedy = "Drop --factory: this is an app, not a factory." if is_app else _remedy(error)
        raise LoadError(f"The factory {name!r} failed: {first_line(error)}.", remedy, error) from None


def _as_asgi(value: Any, name: str, module: ModuleType) -> Any:
    """The app as an ASGI 3 callable. Raises `LoadError` when it is something else."""
    if is_known(value) or _is_asgi3(value):
        return value
    if _is_wsgi(value):
        raise LoadError(
            f"{name!r} is {_a(value)}, a WSGI app, not an ASGI app.",
            "corsense checks WSGI apps by URL: start it and give http://localhost:8000.",
        )
    if isinstance(value, type) and is_known_class(value):
        raise LoadError(f"{name!r} is the class {value.__name__}, not an app.", f"Name an instance: app = {value.__name__}().")
    apps = _apps(module)
    remedy = (
        f"Did you mean '{module.__name__}:{apps[0]}'?"
        if apps
        else "Name the variable that holds the FastAPI() or Starlette() object."
    )
    if inspect.iscoroutine(value):
        value.close()
        raise LoadError(f"{name!r} returns a coroutine: the factory is asynchronous.", "Make the factory a plain function.")
    if callable(value) and _takes_scope_only(value):
        return _from_asgi2(value)
    raise LoadError(f"{name!r} is {_a(value)}, not an ASGI app.", remedy)


def is_known_class(value: type) -> bool:
    """Whether a class is one of the framework's apps."""
    return any(base.__name__ in ("Starlette", "Router") and base.__module__.startswith("starlette.") for base in value.__mro__)


def _a(value: Any) -> str:
    kind = type(value).__qualname__ if not isinstance(value, ModuleType) else "module"
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def _is_asgi3(value: Any) -> bool:
    if isinstance(value, type) or value is None:
        return False
    function = value if inspect.isroutine(value) or isinstance(value, partial) else getattr(value, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) and _positional(function) in (3, None)


def _positional(function: Any) -> int | None:
    """How many arguments a callable needs; None when that is open."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def _is_wsgi(value: Any) -> bool:
    names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in type(value).__mro__}
    if names & {"flask.Flask", "bottle.Bottle", "falcon.App", "django.WSGIHandler"} and not _is_asgi3(value):
        return True
    function = value if inspect.isfunction(value) else getattr(type(value), "__call__", None)  # noqa: B004
    code = getattr(function, "__code__", None)
    return code is not None and "start_response" in code.co_varnames[: code.co_argcount]


def _takes_scope_only(value: Any) -> bool:
    """The callable of ASGI 2 takes the scope and gives an instance to call."""
    code = getattr(
        value if inspect.isfunction(value) else getattr(value, "__init__" if isinstance(value, type) else "__call__", None),
        "__code__",
        None,
    )
    return (
        code is not None
        and "scope" in code.co_varnames[: code.co_argcount]
        and "receive" not in code.co_varnames[: code.co_argcount]
    )


def _from_asgi2(app: Any) -> Any:
    async def asgi3(scope: Any, receive: Any, send: Any) -> None:
        await app(scope)(receive, send)

    return asgi3
