"""`inspected`: an app with its inspector around it, and the target under which `corsense check` loads the same app."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

from corsense.app.errors import AppLoadError
from corsense.app.target import AppTarget
from corsense.dev.inspector.announcing import announce, announce_pass
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
    kept = kept_session()

    def announce_first(explanation: Explanation) -> None:
        if kept is None or kept.is_first(explanation):
            announce(explanation)

    name = target.name if target is not None else "the app"
    session = Session(name, key_of, Explainer(target).explain, announce_first, announce_pass, prepare)
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
    holds the app, as when a factory made it.

    Of several modules that hold it, the one counts whose source assigns it.
    """
    found = [(module, name) for module, name in _holders(app) if module.__name__ not in _MAIN]
    assigned = [(module, name) for module, name in found if _assigns(module, name)]
    for module, name in (*assigned, *found):
        target = _target(module, name)
        if target is not None:
            return target
    main = next((name for module, name in _holders(app) if module.__name__ in _MAIN), None)
    file = getattr(sys.modules["__main__"], "__file__", None)
    if main is None or not file or not os.path.isfile(file):
        return None
    try:
        return AppTarget.parse(f"{os.path.abspath(file)}:{main}")
    except AppLoadError:
        return None


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
