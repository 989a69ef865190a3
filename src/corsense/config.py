"""`Configuration`: `[tool.corsense]` of `pyproject.toml`, or `corsense.toml`.

The fields of `Configuration` are the keys. Each carries its type, its description and an example, and from these come the
reading, the error messages and the JSON Schema that `corsense schema config` prints.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from corsense import causes
from corsense.causes import find
from corsense.errors import InputError, nearest, quoted

OWN_FILE = "corsense.toml"
PROJECT_FILE = "pyproject.toml"
FILES = (PROJECT_FILE, OWN_FILE)
"""The names of files that can configure corsense."""
TABLE = "[tool.corsense]"

POLICY = "policy"
"""The table below `[tool.corsense]` that `corsense.settings` reads: the policy of the running app."""

CREDENTIALS = ("omit", "same-origin", "include")


class _Mismatch(Exception):
    """A value has the wrong type; the message says what it must be."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of value: `read` turns a TOML value into a field's value, or raises `_Mismatch` or `InputError`; `schema` is its
    JSON Schema."""

    read: Callable[[object], Any]
    schema: Callable[[], dict[str, Any]]


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise _Mismatch("a non-empty string")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _Mismatch("true or false")


def _credentials(value: object) -> str:
    if value in CREDENTIALS:
        return str(value)
    listed = ", ".join(f'"{name}"' for name in CREDENTIALS)
    near = nearest(value, CREDENTIALS) if isinstance(value, str) else None
    raise _Mismatch(f"one of {listed}" + (f' (did you mean "{near}"?)' if near else ""))


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
        return tuple(dict.fromkeys(item.strip() for item in value))
    raise _Mismatch("a list of strings")


def _rules(value: object) -> frozenset[str]:
    try:
        return read_rules(_texts(value))
    except _Mismatch:
        raise _Mismatch("a list of rules") from None


def _rules_by_path(value: object) -> Mapping[str, frozenset[str]]:
    if not isinstance(value, dict):
        raise _Mismatch("a table of path patterns with a list of rules each")
    found = {}
    for pattern, listed in value.items():
        if not pattern.strip():
            raise _Mismatch("a table of non-empty path patterns")
        try:
            found[pattern.replace("\\", "/").removeprefix("./")] = _rules(listed)
        except _Mismatch as error:
            raise _Mismatch(f"a table of path patterns, and that of {quoted(pattern)} {error}") from None
    return MappingProxyType(found)


def _schema_of_rules() -> dict[str, Any]:
    return {"type": "array", "items": {"enum": causes.names()}}


_TEXT = _Kind(_text, lambda: {"type": "string", "minLength": 1})
_FLAG = _Kind(_flag, lambda: {"type": "boolean"})
_ONE_OF_CREDENTIALS = _Kind(_credentials, lambda: {"enum": list(CREDENTIALS)})
_TEXTS = _Kind(_texts, lambda: {"type": "array", "items": {"type": "string", "minLength": 1}})
_RULES = _Kind(_rules, _schema_of_rules)
_RULES_BY_PATH = _Kind(_rules_by_path, lambda: {"type": "object", "additionalProperties": _schema_of_rules()})


def _key(kind: _Kind, description: str, example: str, default: Any) -> Any:
    metadata = {"kind": kind, "description": description, "example": example}
    if isinstance(default, MappingProxyType):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of a folder: that of the nearest file, from the folder upwards.

    `folder` is where the file stands (where none was found: where the search began), absolute; paths and the app are relative
    to it. `file` is the file, None when there is none. The other fields are the keys; a hyphen is an underscore here. A key
    that is absent has the value that is written here.
    """

    folder: Path
    file: Path | None = None
    app: str | None = _key(_TEXT, "The app to check: package.module:app, or the path of its file.", '"app.main:app"', None)
    origins: tuple[str, ...] = _key(_TEXTS, "The origins of the pages to try.", '["https://app.example.com"]', ())
    base_url: str | None = _key(
        _TEXT, "Where the API will live; decides cookies, schemes and redirects.", '"https://api.example.com"', None
    )
    behind_proxy: bool | None = _key(_FLAG, "TLS ends at a proxy in front of the app, which sees http.", "true", None)
    credentials: Literal["omit", "same-origin", "include"] | None = _key(
        _ONE_OF_CREDENTIALS, "Whether the pages send cookies: the credentials mode of fetch().", '"include"', None
    )
    python: str | None = _key(_TEXT, "The interpreter that runs the app.", '".venv/bin/python"', None)
    client: tuple[str, ...] = _key(_TEXTS, "Clients whose requests to try, as `corsense clients` lists them.", '["mcp"]', ())
    select: frozenset[str] = _key(_RULES, "Report these rules only.", '["wildcard-with-credentials"]', frozenset())
    ignore: frozenset[str] = _key(_RULES, "Do not report these rules.", '["wildcard-origins"]', frozenset())
    per_file_ignores: Mapping[str, frozenset[str]] = _key(
        _RULES_BY_PATH,
        "Rules not to report for the files that match a pattern.",
        '{ "tests/*" = ["wildcard-origins"] }',
        MappingProxyType({}),
    )

    @classmethod
    def near(cls, start: str | os.PathLike[str]) -> Configuration:
        """The configuration that counts for a file or folder.

        The search goes upwards and ends at the first file with a configuration, at the root of the repository, or below a folder
        that anyone can write to.

        Raises:
            InputError: a file cannot be read, or has an unknown key or a value of the wrong type.
        """
        path = Path(os.path.abspath(start))
        return _near(path if path.is_dir() else path.parent)

    def key(self, name: str) -> str:
        """How messages name a key: `[tool.corsense] origins in pyproject.toml`."""
        return _key_of(name, self.file or self.folder / PROJECT_FILE)

    def path(self, text: str) -> str:
        """A path of the configuration, absolute; a bare name stays as it is, and `~` is the home folder."""
        if "/" not in text and "\\" not in text:
            return text
        return os.path.normpath(os.path.join(self.folder, os.path.expanduser(text)))


def read_rules(names: Iterable[str]) -> frozenset[str]:
    """The slugs of the causes that are named by slug or code.

    Raises:
        InputError: there is no such cause.
    """
    found = set()
    for name in names:
        try:
            found.add(find(name).slug)
        except KeyError:
            near = nearest(name, causes.names())
            hint = f"did you mean {near}?" if near else "`corsense rule` lists them all."
            raise InputError(f"{quoted(name)} is not a rule; {hint}") from None
    return frozenset(found)


def configuration_schema() -> dict[str, Any]:
    """The JSON Schema of the table."""
    properties = {
        name: {"description": key.metadata["description"], **key.metadata["kind"].schema()} for name, key in _keys().items()
    }
    policy = {"description": "The policy of the running app: see `corsense schema policy`.", "type": "object"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{TABLE} of {PROJECT_FILE}, or {OWN_FILE}",
        "type": "object",
        "properties": {**properties, POLICY: policy},
        "additionalProperties": False,
    }


def _keys() -> dict[str, Any]:
    return {key.name.replace("_", "-"): key for key in fields(Configuration) if key.metadata}


def _near(folder: Path) -> Configuration:
    for candidate in upwards(folder):
        found = _in(candidate)
        if found is not None:
            return found
    return Configuration(folder)


def upwards(folder: Path) -> Iterator[Path]:
    """A folder and those above it that may configure it: a file in a folder that anyone can write to could be anyone's."""
    yield folder
    for inner, outer in zip((folder, *folder.parents), folder.parents, strict=False):
        if (inner / ".git").exists() or _is_everybodys(outer):
            return
        yield outer


def _is_everybodys(folder: Path) -> bool:
    try:
        return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _in(folder: Path) -> Configuration | None:
    """The configuration of a folder's own files, None when they have none."""
    own = _document(folder / OWN_FILE)
    project = _table_of_project(folder / PROJECT_FILE)
    if own is None:
        return _read(project, folder / PROJECT_FILE) if project is not None else None
    if project is not None:
        raise InputError(f"both {OWN_FILE} and {TABLE} of {PROJECT_FILE} in {folder} configure corsense; keep one of them.")
    return _read(own, folder / OWN_FILE)


def _document(file: Path) -> dict[str, Any] | None:
    """The content of a TOML file, None when there is no such file."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise InputError(f"{_shown(file)} is not a file; the configuration is read from a file of that name.")
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"{_shown(file)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{_shown(file)} is not UTF-8; save it as UTF-8, as TOML requires.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{_shown(file)} is not valid TOML: {str(error).rstrip('.')}.") from None


def _table_of_project(file: Path) -> Mapping[str, object] | None:
    """`[tool.corsense]`, None when it is absent or holds the policy of the running app alone."""
    document = _document(file) or {}
    tools = document.get("tools")
    misplaced = "[tools.corsense]" if isinstance(tools, dict) and "corsense" in tools else "[corsense]"
    if misplaced == "[tools.corsense]" or "corsense" in document:
        raise InputError(f"{misplaced} of {_shown(file)} is not read; write {TABLE}.")
    tool = document.get("tool")
    table = tool.get("corsense") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InputError(f"corsense in [tool] of {_shown(file)} must be a table; write {TABLE} on a line, its keys below it.")
    return None if set(table) == {POLICY} else table


def _read(table: Mapping[str, object], file: Path) -> Configuration:
    keys, found = _keys(), {}
    for name, value in table.items():
        if name == POLICY and file.name == PROJECT_FILE:
            continue
        if name not in keys:
            raise InputError(f"{_named(file)} has no key {quoted(name)}; {_instead_of(name, file)}")
        kind = keys[name].metadata["kind"]
        try:
            found[keys[name].name] = kind.read(value)
        except _Mismatch as error:
            write = f"write {name} = {keys[name].metadata['example']}."
            raise InputError(f"{_key_of(name, file)} must be {error}, not {_as_written(value)}; {write}") from None
        except InputError as error:
            raise InputError(f"{_key_of(name, file)}: {error}") from None
    return replace(Configuration(file.parent, file), **found)


def _instead_of(name: str, file: Path) -> str:
    if name == POLICY:
        return f"the policy of the running app is [tool.corsense.policy] of {PROJECT_FILE}."
    if name == "tool":
        return f"in {OWN_FILE} the keys are at the top level, without {TABLE}."
    near = nearest(name.replace("_", "-"), _keys())
    return f"did you mean {near}?" if near is not None else f"its keys are {', '.join(_keys())}."


def _as_written(value: object) -> str:
    """A value about as it stands in the file; a URL with a user name or password is not repeated."""
    if isinstance(value, str):
        return "a string" if "@" in value else quoted(value)
    return str(value).lower() if isinstance(value, bool) else quoted(value)


def _named(file: Path) -> str:
    return f"{TABLE} of {_shown(file)}" if file.name == PROJECT_FILE else _shown(file)


def _key_of(name: str, file: Path) -> str:
    return f"{TABLE} {name} in {_shown(file)}" if file.name == PROJECT_FILE else f"{name} in {_shown(file)}"


def _shown(file: Path) -> str:
    """A file as messages name it: relative where it lies below the working directory."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
