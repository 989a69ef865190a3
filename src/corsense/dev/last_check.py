"""`LastCheck`: target and options of the last `corsense check` in a folder, so that `corsense watch` can make it again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

_MOST_FOLDERS = 50
_LARGEST = 1_000_000
Option = str | bool | float | list[str]


@dataclass(frozen=True, slots=True)
class LastCheck:
    """The target of a check and its options, by the names of their parameters. `left_out` are the options whose values are not
    kept, because they may be credentials."""

    target: str | None
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    left_out: tuple[str, ...] = ()


def state_file() -> Path:
    """Where the last checks are kept: in `XDG_STATE_HOME`, or in `~/.local/state`; on Windows in `LOCALAPPDATA`.

    Source: XDG Base Directory Specification.
    """
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME", "")
    home = Path(named) if os.path.isabs(named) else Path("~/.local/state").expanduser()
    return home / "corsense" / "checks.json"


def remember(folder: str, check: LastCheck) -> None:
    """Keep a check as the last one of a folder. Where that cannot be written, nothing is kept: the check itself goes on."""
    entry = {"target": check.target, "options": dict(check.options), "left_out": list(check.left_out)}
    with suppress(OSError, ValueError, RuntimeError):
        file = state_file()
        known = _read(file)
        known.pop(folder, None)
        kept = dict([*known.items(), (folder, entry)][-_MOST_FOLDERS:])
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
                json.dump({"version": 1, "checks": kept}, stream)
            os.replace(written, file)
        except BaseException:
            with suppress(OSError):
                os.unlink(written)
            raise


def last_check(folder: str) -> LastCheck | None:
    """The last check of a folder; None where there was none, or what is kept cannot be read."""
    with suppress(OSError, RuntimeError):
        match _read(state_file()).get(folder):
            case {"target": str() | None as target, "options": dict() as options, "left_out": list() as left_out}:
                if all(isinstance(name, str) and _is_option(value) for name, value in options.items()):
                    return LastCheck(target, options, tuple(name for name in left_out if isinstance(name, str)))
    return None


def _is_option(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | bool | float | int)


def _read(file: Path) -> dict[str, object]:
    try:
        if file.stat().st_size > _LARGEST:
            return {}
        found = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    checks = found.get("checks") if isinstance(found, dict) and found.get("version") == 1 else None
    return {str(folder): entry for folder, entry in checks.items()} if isinstance(checks, dict) else {}
