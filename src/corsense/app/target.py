"""`AppTarget`: which object of which module is the app; what a user types, or what `fastapi dev` would find."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corsense.app.errors import AppLoadError
from corsense.config import Configuration
from corsense.errors import InputError, quoted

Source = Literal["given", "file", "pyproject"]

DEFAULT_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""Where `fastapi dev` looks for an app, in this order."""

_SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "tests", "test", "build", "dist", "docs"}
_SCANNED_FILES = 400
_CONSTRUCTOR = rb"(?m)^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:FastAPI|Starlette)\("


@dataclass(frozen=True, slots=True)
class AppTarget:
    """An app by name.

    - `module`: the importable name; `attribute`: the dotted name in it, None when it is to be found in the module (`app`,
      `api`, else the first FastAPI or Starlette instance).
    - `factory`: the attribute is a function without arguments that makes the app.
    - `paths`: folders to put first on `sys.path`, absolute.
    - `directory`: the working directory of the app, absolute.
    - `text`: what the user wrote, or the file that was found.
    - `source`: where the name comes from.
    """

    module: str
    attribute: str | None
    factory: bool
    paths: tuple[str, ...]
    directory: str
    text: str
    source: Source

    @property
    def name(self) -> str:
        """`package.module:app`."""
        return f"{self.module}:{self.attribute}" if self.attribute else self.module

    @classmethod
    def parse(
        cls, text: str | None = None, *, factory: bool = False, directory: str | os.PathLike[str] | None = None
    ) -> AppTarget:
        """The target that `text` names: `package.module:app`, `package.module`, `app/main.py`, `app/main.py:app`, or a folder
        that contains an app; None: what `fastapi dev` would run in `directory` (default: the working directory), which is
        `app` of corsense's configuration or `[tool.fastapi] entrypoint` of its `pyproject.toml`, the nearer one of these, else
        the first of `DEFAULT_FILES`.

        Raises `AppLoadError` when nothing is found, or the text names nothing that can be imported. The module itself is not
        imported.
        """
        root = Path(directory) if directory is not None else Path.cwd()
        if text is None:
            return _discovered(root.resolve(), factory)
        return _named(text.strip(), root.resolve(), factory, "given")


def _named(text: str, root: Path, factory: bool, source: Source) -> AppTarget:
    if not text:
        raise AppLoadError("The name of the app is empty.", "Write package.module:app, for example main:app.")
    name, attribute = _split(text)
    if _is_folder_of_an_app(root, name, attribute):
        if attribute is not None:
            raise AppLoadError(
                f"{text!r} names a folder, which has no {attribute!r}.", "Name the file in it: folder/main.py:app."
            )
        return _discovered((root / name).resolve(), factory)
    if attribute is not None and not all(part.isidentifier() for part in attribute.split(".")):
        raise AppLoadError(f"{attribute!r} in {text!r} is not a name.", "Write package.module:app, for example main:app.")
    if name.endswith(".py") or "/" in name or os.sep in name or "\\" in name:
        return _file(name, attribute, root, factory, text, source)
    if not all(part for part in name.split(".")):
        raise AppLoadError(
            f"{name!r} in {text!r} is not the name of a module.", "Write package.module:app, for example main:app."
        )
    return AppTarget(name, attribute, factory, (str(root),), str(root), text, source)


def _is_folder_of_an_app(root: Path, name: str, attribute: str | None) -> bool:
    """Whether a folder is named rather than a package or a module beside it."""
    if not (root / name).is_dir() or (root / name / "__init__.py").is_file():
        return False
    return name in (".", "..") or "/" in name or os.sep in name or (attribute is None and not (root / f"{name}.py").is_file())


def _split(text: str) -> tuple[str, str | None]:
    """Module or path, and attribute. The colon of a Windows drive does not separate."""
    name, colon, attribute = text.rpartition(":")
    if not colon or (len(name) == 1 and attribute[:1] in "\\/"):
        return text, None
    if not name or not attribute:
        raise AppLoadError(f"{text!r} has no {'module' if not name else 'name'} beside the colon.", "Write package.module:app.")
    return name, attribute


def _file(name: str, attribute: str | None, root: Path, factory: bool, text: str, source: Source) -> AppTarget:
    path = (root / name).resolve()
    if path.is_dir():
        path = path / "__init__.py"
    if not path.is_file():
        raise AppLoadError(f"There is no file {quoted(name)}.", _nearest_file(name, root))
    if path.suffix != ".py":
        raise AppLoadError(f"{name!r} is not a Python file.", "Name the .py file that makes the app, for example app/main.py.")
    module, folder = _module_of(path)
    return AppTarget(module, attribute, factory, tuple(dict.fromkeys((str(folder), str(root)))), str(root), text, source)


def _module_of(path: Path) -> tuple[str, Path]:
    """The name under which `fastapi dev` imports a file, and the folder that must be on `sys.path`: packages reach up as far as
    `__init__.py` files do."""
    top = path.parent if path.stem == "__init__" else path
    names = [top.stem]
    folder = top.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names), folder


def _discovered(root: Path, factory: bool) -> AppTarget:
    configuration = _configuration(root)
    entrypoint = None if configuration.app is not None and configuration.folder == root else _entrypoint(root)
    if entrypoint is not None:
        return _named(entrypoint, root, factory, "pyproject")
    if configuration.app is not None:
        return _named(configuration.app, configuration.folder, factory, "pyproject")
    for folder in dict.fromkeys((root, configuration.folder)):
        for file in DEFAULT_FILES:
            if (folder / file).is_file():
                return _file(file, None, folder, factory, file, "file")
    raise AppLoadError(
        f"There is no app here: none of {', '.join(DEFAULT_FILES)} exists in {root}, and pyproject.toml names none.",
        _suggested(root),
    )


def _configuration(root: Path) -> Configuration:
    try:
        return Configuration.near(root)
    except InputError as error:
        message, _, remedy = str(error).partition("; ")
        raise AppLoadError(f"{message.rstrip('.')}.", remedy[:1].upper() + remedy[1:] or None) from None


def _entrypoint(root: Path) -> str | None:
    """`[tool.fastapi] entrypoint` of `pyproject.toml`."""
    file = root / "pyproject.toml"
    if not file.is_file():
        return None
    tool = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("tool")
    section = tool.get("fastapi") if isinstance(tool, dict) else None
    value = section.get("entrypoint") if isinstance(section, dict) else None
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise AppLoadError(
            f"[tool.fastapi] entrypoint in pyproject.toml is {value!r}.", 'Write entrypoint = "package.module:app".'
        )
    return value


def _nearest_file(name: str, root: Path) -> str:
    from difflib import get_close_matches

    turned = name.replace("\\", "/")
    if turned != name and (root / turned).is_file():
        return f"Did you mean {turned!r}?"
    wanted = Path(name)
    parent = (root / wanted).parent
    if parent.is_dir():
        near = get_close_matches(wanted.name, [file.name for file in parent.glob("*.py")], 1)
        if near:
            return f"Did you mean {(wanted.parent / near[0]).as_posix()!r}?"
    return _suggested(root)


def _suggested(root: Path) -> str:
    found = next(_apps_below(root), None)
    if found is None:
        return "Name it: package.module:app, or the path of its file."
    return f"Name it: package.module:app, or the path of its file. {found} looks like one."


def _apps_below(root: Path) -> Any:
    """Files near `root` that construct an app at their top level, as targets."""
    seen = 0
    for folder, folders, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = [name for name in sorted(folders) if depth < 4 and not name.startswith(".") and name not in _SKIPPED_FOLDERS]
        folders[:] = [name for name in folders if not (Path(folder) / name / "pyvenv.cfg").exists()]
        for file in sorted(files):
            if not file.endswith(".py"):
                continue
            seen += 1
            if seen > _SCANNED_FILES:
                return
            path = Path(folder) / file
            try:
                match = re.search(_CONSTRUCTOR, path.read_bytes())
            except OSError:
                continue
            if match:
                yield f"{path.relative_to(root).as_posix()}:{match[1].decode()}"
