"""Example paths: every parameter of a route filled with a plausible value, so that the route matches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, get_args, get_origin

_BY_CONVERTOR = {"int": "1", "float": "1.5", "uuid": "123e4567-e89b-42d3-a456-426614174000", "path": "x"}
_BY_TYPE = {
    "int": "1",
    "float": "1.5",
    "Decimal": "1.5",
    "bool": "true",
    "UUID": _BY_CONVERTOR["uuid"],
    "date": "2026-01-15",
    "datetime": "2026-01-15T12:00:00",
    "time": "12:00:00",
    "timedelta": "60",
    "EmailStr": "ada@example.com",
    "Path": "x",
}
_GUESSES = (
    "example",
    "1",
    "1.5",
    _BY_CONVERTOR["uuid"],
    "2026-01-15",
    "a",
    "A",
    "x1",
    "example.txt",
    "en",
    "0123456789abcdef01234567",
    "v1",
)
_MOST_FILES = 50
_SERVICE_WORKERS = (
    "sw.js",
    "sw.mjs",
    "service-worker.js",
    "service_worker.js",
    "serviceworker.js",
    "ngsw-worker.js",
    "firebase-messaging-sw.js",
    "onesignalsdkworker.js",
)


def example_path(path_format: str, convertors: Mapping[str, Any], types: Mapping[str, Any] | None = None) -> str:
    """`path_format` (`/users/{id}`) with each parameter replaced. `convertors` are Starlette's, by name of parameter; `types` the
    annotations that FastAPI found for them."""
    path = path_format
    for name, convertor in convertors.items():
        path = path.replace("{" + name + "}", _value(convertor, (types or {}).get(name)))
    return path


def _value(convertor: Any, annotation: Any) -> str:
    kind = type(convertor).__name__.removesuffix("Convertor").removesuffix("Converter").lower()
    wanted = [_of_type(annotation), _BY_CONVERTOR.get(kind), *_GUESSES]
    pattern = getattr(convertor, "regex", None)
    for value in wanted:
        if value is not None and (pattern is None or re.fullmatch(pattern, value)):
            return value
    return "example"


def example_value(annotation: Any) -> str:
    """A plausible value of a parameter with this annotation."""
    return _of_type(annotation) or "example"


def _of_type(annotation: Any) -> str | None:
    """A value that the type accepts; None when any text will do."""
    while get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return next((str(member.value) for member in annotation), None)
        return next((_BY_TYPE[base.__name__] for base in annotation.__mro__ if base.__name__ in _BY_TYPE), None)
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    if not arguments:
        return None
    first = arguments[0]
    if isinstance(first, type) or get_args(first):
        return _of_type(first)
    return str(getattr(first, "value", first))


def example_file(folders: Iterable[Any]) -> str | None:
    """The name of a file that static files would serve, found without opening any; None when none is near the top."""
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                files = sorted(str(entry.name) for entry, _ in zip(entries, range(_MOST_FILES)) if entry.is_file())
        except (OSError, TypeError):
            continue
        found = next((name for name in files if re.fullmatch(r"[A-Za-z0-9_][\w.-]*", name)), None)
        if found:
            return found
    return None


def service_worker(folders: Iterable[Any]) -> str | None:
    """The name of a service worker among static files, by the names that tools use; None when none is found."""
    for folder in folders:
        for name in _SERVICE_WORKERS:
            try:
                if os.path.isfile(os.path.join(folder, name)):
                    return name
            except (OSError, TypeError, ValueError):
                continue
    return None


def is_service_worker(path: str) -> bool:
    """Whether a path is named like a service worker."""
    return path.rpartition("/")[2].lower() in _SERVICE_WORKERS
