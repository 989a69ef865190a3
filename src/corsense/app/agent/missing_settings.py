"""Which environment variables pydantic settings need, when the app cannot be imported without them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

_MANY = 12
_OPTIONS = ("env_prefix", "env_file", "env_nested_delimiter", "case_sensitive", "title")
_UNREADABLE = re.compile(r'error parsing (?:JSON )?value for field "(\w+)"|error parsing (?:env var|JSON for) "(\w+)"')


def settings_remedy(error: BaseException) -> str | None:
    """What to set so that the app's settings load; None when `error` is not about settings."""
    unreadable = _UNREADABLE.search(str(error)) if type(error).__name__ == "SettingsError" else None
    if unreadable is not None:
        field = unreadable[1] or unreadable[2]
        names = [_variable(settings, (field,)) for settings in _settings_classes() if field in _fields(settings)]
        return f"Write {names[0] if names else field.upper()} as JSON, for example '[\"https://app.example.com\"]' for a list."
    settings = _made_in_vain(error)
    if settings is None:
        return None
    missing, wrong = [], []
    for fault in error.errors():  # type: ignore[attr-defined]
        names = list(_variables(settings, tuple(fault["loc"])))
        if fault["type"] in ("missing", "value_error.missing"):
            missing += names
        else:
            wrong.append(f"{names[0]} ({fault['msg']})" if names else fault["msg"])
    return " ".join(_sentences(settings, missing, wrong)) or None


def _sentences(settings: Any, missing: Sequence[str], wrong: Sequence[str]) -> Iterator[str]:
    names = list(dict.fromkeys(missing))
    if names:
        more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
        file = _config(settings).get("env_file")
        where = f", in the environment or in {file}" if isinstance(file, str) else ""
        variables = "environment variable" if len(names) == 1 else "environment variables"
        needed = "it" if len(names) == 1 else "them"
        yield f"Set the {variables} {', '.join(names[:_MANY])}{more}{where}: {settings.__name__} needs {needed}."
    if wrong:
        yield f"Correct {', '.join(dict.fromkeys(wrong[:_MANY]))}."


def _made_in_vain(error: BaseException) -> Any:
    """The settings class that could not be instantiated."""
    if type(error).__name__ != "ValidationError" or not callable(getattr(error, "errors", None)):
        return None
    of_version_1 = getattr(error, "model", None)
    title = getattr(error, "title", None)
    for settings in _settings_classes():
        if settings is of_version_1 or (of_version_1 is None and title in (settings.__name__, _config(settings).get("title"))):
            return settings
    return None


def _settings_classes() -> list[Any]:
    """Every subclass of `BaseSettings`, the last defined first."""
    found: list[Any] = []
    for name in ("pydantic_settings", "pydantic.env_settings", "pydantic.v1.env_settings"):
        base = getattr(sys.modules.get(name), "BaseSettings", None)
        waiting: list[Any] = [base] if isinstance(base, type) else []
        for each in waiting:
            waiting += [inner for inner in each.__subclasses__() if inner not in waiting]
        found += waiting[1:]
    return found[::-1]


def _variables(settings: Any, location: tuple[Any, ...]) -> Iterator[str]:
    """The variables that a location of an error is read from: of a nested model that is missing, those of its fields."""
    delimiter = _config(settings).get("env_nested_delimiter")
    annotation = getattr(_fields(settings).get(location[0]), "annotation", None) if len(location) == 1 else None
    nested = getattr(annotation, "model_fields", None)
    if delimiter and isinstance(nested, dict):
        required = [name for name, field in nested.items() if field.is_required()]
        if required:
            for name in required:
                yield _variable(settings, (*location, name))
            return
    if location:
        yield _variable(settings, location)


def _variable(settings: Any, location: tuple[Any, ...]) -> str:
    config = _config(settings)
    first = str(location[0])
    field = _fields(settings).get(first)
    of_version_1 = getattr(getattr(field, "field_info", None), "extra", {}).get("env_names")
    if of_version_1:
        name = str(sorted(of_version_1)[0])
    elif field is not None and getattr(field, "validation_alias", None) is None:
        name = f"{config.get('env_prefix') or ''}{first}"
    else:
        name = first  # an alias, which has no prefix
    delimiter = config.get("env_nested_delimiter")
    if delimiter:
        name = delimiter.join([name, *(str(part) for part in location[1:] if isinstance(part, str))])
    return str(name) if config.get("case_sensitive") else str(name).upper()


def _fields(settings: Any) -> dict[str, Any]:
    found = getattr(settings, "model_fields", None) or getattr(settings, "__fields__", None)
    return dict(found) if found else {}


def _config(settings: Any) -> dict[str, Any]:
    found = getattr(settings, "model_config", None)
    if isinstance(found, dict):
        return found
    old = getattr(settings, "__config__", None)
    return {
        name: getattr(old, name, None) for name in ("env_prefix", "env_file", "env_nested_delimiter", "case_sensitive", "title")
    }
