"""`inspected`: an app with its inspector around it, and the target under which `corsense check` loads the same app."""

from __future__ import annotations

import ast
import inspect
import os
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType, FunctionType, ModuleType

from corsense.app.errors import AppLoadError
from corsense.app.target import AppTarget
from corsense.dev.inspector.announcing import Announcer
from corsense.dev.inspector.applying import apply_fix, prepare
from corsense.dev.inspector.explaining import Explainer, key_of
from corsense.dev.inspector.exports import session_har, session_tests
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.keeping import Kept, kept_session
from corsense.dev.inspector.production import refuse_in_production as refuse_in_production
from corsense.dev.inspector.routes import Page
from corsense.dev.inspector.session import Explanation, Session
from corsense.middleware.response_headers import AsgiApp

_MAIN = frozenset({"__main__", "__mp_main__"})
_LARGEST = 1 << 20


def inspected(app: AsgiApp, target: AppTarget | None = None) -> Inspector:
    """The inspector around `app`. `target` is how the app is loaded again to find the cause of what a browser refuses; without
    one, causes are those that the exchange itself shows.

    Raises `RuntimeError` where the environment says that this is production.
    """
    refuse_in_production()
    kept, announcer = kept_session(), Announcer()

    def announce_first(explanation: Explanation) -> None:
        if kept is None or kept.is_first(explanation):
            announcer.announce(explanation)

    name = target.name if target is not None else "the app"
    session = Session(name, key_of, Explainer(target).explain, announce_first, announcer.announce_pass, prepare)
    if kept is not None:
        _keep(session, kept)
    return Inspector(
        app, session, Page(session, apply=apply_fix, recording=session_har, tests=partial(session_tests, target=target))
    )


def _keep(session: Session, kept: Kept) -> None:
    """Give a session the calls from before a reload, and keep what follows."""
    for exchange in kept.exchanges():
        session.note(exchange)
    session.listen(lambda: kept.take(session))


def target_of(app: object) -> AppTarget | None:
    """The target under which the module attribute that is `app` can be loaded in a process of its own; None where no module
    holds the app, as when a factory made it (`factory_of`).

    Of several modules that hold it, the one counts whose source assigns it.
    """
    found = [(module, name) for module, name in _holders(app) if module.__name__ not in _MAIN]
    assigned = [(module, name) for module, name in found if _assigns(module, name)]
    for module, name in (*assigned, *found):
        target = _target(module, name)
        if target is not None:
            return target
    main = next((name for module, name in _holders(app) if module.__name__ in _MAIN), None)
    return _program(main) if main is not None else None


def _program(name: str) -> AppTarget | None:
    """A name of the program that was started, by its file."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    if not file or not os.path.isfile(file):
        return None
    try:
        return AppTarget.parse(f"{os.path.abspath(file)}:{name}")
    except AppLoadError:
        return None


def factory_of(app: object) -> AppTarget | None:
    """The target of the function that is at work now, needs no arguments and will return the app; None where there is none."""
    frame = inspect.currentframe()
    while frame is not None:
        name, module = frame.f_code.co_name, sys.modules.get(frame.f_globals.get("__name__", ""))
        function = vars(module).get(name) if module is not None else None
        if module is not None and callable(function) and _returns(app, frame, inspect.unwrap(function)):
            target = _program(name) if module.__name__ in _MAIN else _target(module, name)
            return replace(target, factory=True) if target is not None else None
        frame = frame.f_back
    return None


def _returns(app: object, frame: FrameType, function: object) -> bool:
    """Whether a frame is a call of `function`, which can be called without arguments, and returns a variable that is the app."""
    if not isinstance(function, FunctionType) or function.__code__ is not frame.f_code:
        return False
    parameters = inspect.signature(function).parameters.values()
    if any(each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in parameters):
        return False
    names = {name for name, value in frame.f_locals.items() if value is app}
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, ValueError):
        return False
    returned = [node.value for node in ast.walk(body) if isinstance(node, ast.Return)]
    return any(isinstance(value, ast.Name) and value.id in names for value in returned)


def _holders(app: object) -> Iterator[tuple[ModuleType, str]]:
    modules: list[object] = list(sys.modules.values())  # anything may stand there, and imports go on in other threads
    for module in modules:
        if isinstance(module, ModuleType):
            names = list(vars(module).items())
            yield from ((module, name) for name, value in names if value is app and name.isidentifier())


def _assigns(module: ModuleType, name: str) -> bool:
    """Whether the source of a module assigns a name at its top level, rather than importing it."""
    try:
        with open(getattr(module, "__file__", None) or "", "rb") as stream:
            body = ast.parse(stream.read(_LARGEST)).body
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for statement in body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
    )


def _target(module: ModuleType, name: str) -> AppTarget | None:
    """A module that was imported, by the folder that it was imported from; None where it has no file."""
    file = getattr(module, "__file__", None)
    if not file or not file.endswith(".py"):
        return None
    parts = module.__name__.split(".")
    path = Path(os.path.abspath(file))
    depth = len(parts) + (path.stem == "__init__")
    if len(path.parts) <= depth or not all(part.isidentifier() for part in parts):
        return None
    root, directory = str(path.parents[depth - 1]), os.getcwd()
    paths = tuple(dict.fromkeys((root, directory)))
    return AppTarget(module.__name__, name, False, paths, directory, f"{module.__name__}:{name}", "given")
