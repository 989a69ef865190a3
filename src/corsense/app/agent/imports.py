"""Changes modules as they are imported: patches that run right after a module has been executed, and source text that replaces
files."""

from __future__ import annotations

import importlib.machinery
import os
import sys
import tokenize
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

Patch = Callable[[ModuleType], None]


def patch_on_import(patches: Mapping[str, Patch]) -> None:
    """Call `patches[name](module)` once, when the module of that name has been executed, before the importer goes on.

    A module that has been imported already is patched now.
    """
    waiting = dict(patches)
    for name in list(waiting):
        if name in sys.modules:
            waiting.pop(name)(sys.modules[name])
    if waiting:
        sys.meta_path.insert(0, _Watcher(waiting))


class _Watcher:
    """A finder that wraps the loaders that other finders return, to patch what they load."""

    def __init__(self, patches: dict[str, Patch]) -> None:
        self.patches = patches

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        patch = self.patches.pop(name, None)
        if patch is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _PatchingLoader(spec.loader, patch)  # type: ignore[assignment]
                return spec
        self.patches[name] = patch
        return None


class _PatchingLoader:
    def __init__(self, loader: Any, patch: Patch) -> None:
        self._loader = loader
        self._patch = patch

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        # The module must look as if nothing had intercepted it.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._patch(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def overlay_sources(overlay: Mapping[str, str]) -> None:
    """Import these files (by absolute path) with the given text instead of what is on disk.

    Their byte code is neither read nor written. Tracebacks show that text too.
    """
    if not overlay:
        return
    texts = {os.path.realpath(path): text for path, text in overlay.items()}
    loader = importlib.machinery.SourceFileLoader
    original_data, original_stats = loader.get_data, loader.path_stats

    def get_data(self: importlib.machinery.SourceFileLoader, path: str) -> bytes:
        text = texts.get(os.path.realpath(path))
        return original_data(self, path) if text is None else _encoded(text)

    def path_stats(self: importlib.machinery.SourceFileLoader, path: str) -> Mapping[str, Any]:
        if os.path.realpath(path) in texts:
            # importlib then neither reads nor writes byte code.
            raise OSError(f"{path} is replaced")
        return original_stats(self, path)

    loader.get_data = get_data  # type: ignore[method-assign, assignment]
    loader.path_stats = path_stats  # type: ignore[method-assign]
    _show_in_tracebacks(texts)


def _encoded(text: str) -> bytes:
    """The text in the encoding that its first two lines declare, because the compiler follows that declaration."""
    lines = iter(text.encode().splitlines(keepends=True)[:2])
    try:
        return text.encode(tokenize.detect_encoding(lambda: next(lines, b""))[0])
    except (SyntaxError, UnicodeEncodeError):
        return text.encode()


def _show_in_tracebacks(texts: Mapping[str, str]) -> None:
    import linecache

    for path, text in texts.items():
        # An entry without a time of modification is never checked against the disk.
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
