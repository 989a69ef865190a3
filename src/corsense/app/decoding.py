"""What the process of an app sends, as typed values. Everything is checked: an app can write to any descriptor of its process.

The agent (`corsense.app.agent`) sends the fields of these classes by name; places, and what there are many of, by position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from corsense.app.description import (
    AppDescription,
    AppInfo,
    AppKind,
    BodyKind,
    ExceptionHandlerInfo,
    IncludeInfo,
    LateMiddleware,
    LayerInfo,
    LayerPosition,
    Opaque,
    Plain,
    PolicyInfo,
    RouteInfo,
    RouteKind,
    StartupMoment,
)
from corsense.app.probe import AnsweredBy, Answerer, ExchangeFacts
from corsense.app.traceback import ParsedException, ParsedTraceback, parse_traceback
from corsense.fetch.wire import Headers, WireResponse
from corsense.finding import Place

T = TypeVar("T")

_DEEPEST = 16
_ANSWERERS = frozenset(get_args(Answerer))
_COLLECTIONS: dict[str, Callable[[list[Plain]], Plain]] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class MessageError(Exception):
    """A message is not what the agent sends; the text says which part."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The agent is there: the version of its Python, the path of the interpreter, the folder of its standard library."""

    python: tuple[int, ...]
    executable: str
    library: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The app is imported."""

    description: AppDescription


@dataclass(frozen=True, slots=True)
class PolicyFound:
    """The target is not an app but a policy of corsense's: the JSON text of its document."""

    document: str


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The app cannot be imported: one sentence, a remedy, the traceback of the user's code."""

    message: str
    remedy: str | None
    traceback: ParsedTraceback | None


@dataclass(frozen=True, slots=True)
class Hung:
    """Time is up, and the process has ended itself: `doing` is what it was doing, `traceback` where it was."""

    doing: str
    traceback: ParsedTraceback | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to the next requests, in order: for each the numbers of its response and of its facts. `responses` and `facts`
    are those that have not been sent before; a response of None means that the app did not answer in time."""

    responses: tuple[WireResponse | None, ...]
    facts: tuple[ExchangeFacts, ...]
    numbers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """All requests of a run are answered. `late`: middleware that was added meanwhile, which is too late."""

    late: tuple[LateMiddleware, ...]


@dataclass(frozen=True, slots=True)
class Serving:
    """The app is served there."""

    port: int


@dataclass(frozen=True, slots=True)
class ServeFailed:
    """The app is not served, because uvicorn is not installed for this interpreter."""

    executable: str


@dataclass(frozen=True, slots=True)
class Broken:
    """corsense itself failed there."""

    text: str


Message = Hello | Loaded | PolicyFound | LoadFailed | Hung | Answers | Done | Serving | ServeFailed | Broken


class Decoder:
    """Reads the messages of one agent. `claimed` are packages that are the user's also where they are installed, `library` the
    folder of the standard library of the agent's Python."""

    def __init__(self, claimed: tuple[str, ...] = (), library: str = "") -> None:
        self.claimed = claimed
        self.library = library
        self._tracebacks: dict[str, ParsedTraceback | None] = {}
        self._messages: dict[str, Callable[[dict[str, Any]], Message]] = {
            "hello": self._hello,
            "loaded": lambda message: Loaded(self.description(message.get("description"))),
            "policy": lambda message: PolicyFound(_text(message.get("document"), "document")),
            "load_failed": lambda message: LoadFailed(
                _text(message.get("message"), "message"),
                _optional(_text)(message.get("remedy"), "remedy"),
                self._traceback(message.get("traceback"), "traceback"),
            ),
            "hung": lambda message: Hung(_text(message.get("doing"), "doing"), self._stack(message.get("traceback"))),
            "answers": self._answers,
            "done": lambda message: Done(_many(_late)(message.get("late"), "late")),
            "serving": lambda message: Serving(_number(message.get("port"), "port")),
            "serve_failed": lambda message: ServeFailed(_text(message.get("executable"), "executable")),
            "broken": lambda message: Broken(_text(message.get("text"), "text")),
        }

    def decode(self, message: dict[str, Any]) -> Message:
        """A message as a value. Raises `MessageError`."""
        kind = message.get("kind")
        read = self._messages.get(kind) if isinstance(kind, str) else None
        if read is None:
            raise MessageError(f"there is no message of kind {kind!r:.40}")
        return read(message)

    def _hello(self, message: dict[str, Any]) -> Hello:
        return Hello(
            _many(_number)(message.get("python"), "python"),
            _text(message.get("executable"), "executable"),
            _text(message.get("library"), "library"),
        )

    def _answers(self, message: dict[str, Any]) -> Answers:
        numbers = message.get("answers")
        if not isinstance(numbers, list):
            raise MessageError("answers is not a list")
        return Answers(
            _many(_optional(_response))(message.get("responses"), "responses"),
            _many(self._facts)(message.get("facts"), "facts"),
            tuple([_pair(pair) for pair in numbers]),
        )

    def _facts(self, value: object, name: str) -> ExchangeFacts:
        answered_by, route, exception, raised_by, excerpt, stood_in, passed = _items(value, 7, name)
        return ExchangeFacts(
            answered_by=_answered_by(answered_by, name),
            route=_optional(_number)(route, name),
            exception=self._traceback(exception, name),
            raised_by=_optional(_number)(raised_by, name),
            body_excerpt=_text(excerpt, name),
            stood_in=_flag(stood_in, name),
            passed=_many(_number)(passed, name),
        )

    # Tracebacks.

    def _traceback(self, value: object, name: str) -> ParsedTraceback | None:
        if value is None:
            return None
        text = _text(value, name)
        if text not in self._tracebacks:
            self._tracebacks[text] = self._parsed(text)
        return self._tracebacks[text]

    def _parsed(self, text: str) -> ParsedTraceback | None:
        try:
            return parse_traceback(text, self.claimed, self.library)
        except ValueError:
            return None

    def _stack(self, value: object) -> ParsedTraceback | None:
        return None if value is None else self._parsed(_text(value, "traceback"))

    def _startup_error(self, value: object, name: str) -> ParsedTraceback | None:
        """What a lifespan failed with: a traceback, or the sentence of `lifespan.startup.failed`."""
        if value is None:
            return None
        text = _text(value, name)
        return self._traceback(text, name) or ParsedTraceback(ParsedException("RuntimeError", text), text)

    # The description.

    def description(self, value: object) -> AppDescription:
        """What `corsense.app.agent.describe` says about an app. Raises `MessageError`."""
        found = AppDescription(
            **_fields(
                value,
                "description",
                {
                    "target": _text,
                    "kind": _one_of(AppKind),
                    "factory": _flag,
                    "versions": _versions,
                    "apps": _many(_app),
                    "routes": _many(_route),
                    "layers": _many(_layer),
                    "exception_handlers": _many(_handler),
                    "includes": _many(_include),
                    "late_middleware": _many(_late),
                    "unserved_cors": _many(_place),
                    "has_lifespan": _flag,
                    "stack_error": self._traceback,
                    "starts_server": _many(_place),
                },
                {"lifespan_ran": _flag, "lifespan_error": self._startup_error},
            )
        )
        _check_references(found)
        return found


def _check_references(app: AppDescription) -> None:
    """Whether what refers to an app, a layer or a route by its index means one that is there."""
    in_order = (
        [part.index for part in app.apps] == list(range(len(app.apps)))
        and [part.index for part in app.routes] == list(range(len(app.routes)))
        and [part.index for part in app.layers] == list(range(len(app.layers)))
    )
    parents = all(part.parent is None or 0 <= part.parent < part.index for part in app.apps)
    owners = [
        *(route.app for route in app.routes),
        *(layer.app for layer in app.layers),
        *(handler.app for handler in app.exception_handlers),
    ]
    if not in_order or not parents or not app.apps or not all(0 <= owner < len(app.apps) for owner in owners):
        raise MessageError("the description is inconsistent")


# Single values. Each reader takes the value and the name of what it is part of.

Reader = Callable[[object, str], Any]


def _fields(
    value: object, name: str, wanted: Mapping[str, Reader], possible: Mapping[str, Reader] | None = None
) -> dict[str, Any]:
    """The fields of a record, each read by its reader; those of `possible` may be missing."""
    record = _mapping(value, name)
    found = {}
    for key, read in wanted.items():
        if key not in record:
            raise MessageError(f"{name} has no {key}")
        found[key] = read(record[key], key)
    for key, read in (possible or {}).items():
        if key in record:
            found[key] = read(record[key], key)
    return found


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MessageError(f"{name} is not an object")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise MessageError(f"{name} is not text")
    return value


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MessageError(f"{name} is not a whole number")
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise MessageError(f"{name} is neither true nor false")
    return value


def _optional(read: Callable[[object, str], T]) -> Callable[[object, str], T | None]:
    return lambda value, name: None if value is None else read(value, name)


def _many(read: Callable[[object, str], T]) -> Callable[[object, str], tuple[T, ...]]:
    def read_all(value: object, name: str) -> tuple[T, ...]:
        if not isinstance(value, (list, tuple)):
            raise MessageError(f"{name} is not a list")
        return tuple([read(item, name) for item in value])

    return read_all


def _items(value: object, number: int, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != number:
        raise MessageError(f"{name} is not a list of {number}")
    return value


def _one_of(names: Any) -> Reader:
    known = frozenset(get_args(names))

    def read(value: object, name: str) -> Any:
        if value not in known:
            raise MessageError(f"{name} is not a known value")
        return value

    return read


def _pair(value: object) -> tuple[int, int]:
    first, second = _items(value, 2, "an answer")
    return _number(first, "an answer"), _number(second, "an answer")


def _place(value: object, name: str) -> Place:
    file, line, column, end_line, end_column = _items(value, 5, name)
    number = _optional(_number)
    return Place(_text(file, name), _number(line, name), number(column, name), number(end_line, name), number(end_column, name))


def _versions(value: object, name: str) -> dict[str, str]:
    return {_text(key, name): _text(version, name) for key, version in _mapping(value, name).items()}


def _response(value: object, name: str) -> WireResponse:
    status, headers = _items(value, 2, name)
    if not 100 <= _number(status, name) <= 999:
        raise MessageError(f"{name} has a status of more than three digits")
    return WireResponse(status, _headers(headers, name))


def _headers(value: object, name: str) -> Headers:
    return _many(_line)(value, name)


def _line(value: object, name: str) -> tuple[str, str]:
    key, text = _items(value, 2, name)
    return _text(key, name), _text(text, name)


def _answered_by(value: object, name: str) -> AnsweredBy | None:
    if value is None or value in _ANSWERERS:
        return value  # type: ignore[return-value]
    return _number(value, name)


_APP: dict[str, Reader] = {
    "index": _number,
    "kind": _one_of(AppKind),
    "name": _text,
    "prefix": _text,
    "parent": _optional(_number),
    "place": _optional(_place),
    "variable": _optional(_text),
    "mounted_at": _optional(_place),
    "redirect_slashes": _flag,
    "debug": _flag,
    "handles_all_errors": _flag,
    "has_lifespan": _flag,
}


def _app(value: object, name: str) -> AppInfo:
    return AppInfo(**_fields(value, name, _APP))


def _policy(value: object, name: str) -> PolicyInfo:
    return PolicyInfo(**_fields(value, name, {"document": _optional(_text), "resolver": _flag}))


_texts = _many(_text)
_ROUTE: dict[str, Reader] = {
    "index": _number,
    "path": _text,
    "methods": _texts,
    "kind": _one_of(RouteKind),
    "name": _optional(_text),
    "endpoint": _optional(_text),
    "endpoint_place": _optional(_place),
    "app": _number,
    "example_path": _text,
    "mounts": _texts,
    "redirect_slashes": _flag,
    "host": _optional(_text),
}
_ENDPOINT: dict[str, Reader] = {
    "body": _optional(_one_of(BodyKind)),
    "reads": _optional(_one_of(BodyKind)),
    "headers": _texts,
    "optional_headers": _texts,
    "security": _texts,
    "cookies": _texts,
    "query": lambda value, name: _many(_line)(value, name),
    "ambient": _flag,
    "guarded": _flag,
    "service_worker": _optional(_text),
    "builtin": _flag,
    "opaque": _flag,
    "policy": _optional(_policy),
}


def _route(value: object, name: str) -> RouteInfo:
    return RouteInfo(**_fields(value, name, _ROUTE, _ENDPOINT))


def _policies(value: object, name: str) -> tuple[tuple[str, PolicyInfo], ...]:
    pairs = _many(lambda pair, part: _items(pair, 2, part))(value, name)
    return tuple((_text(path, name), _policy(policy, name)) for path, policy in pairs)


def _arguments(value: object, name: str) -> dict[str, Plain]:
    return {key: _plain(argument, name) for key, argument in _mapping(value, name).items()}


def _plain(value: object, name: str, depth: int = 0) -> Plain:
    """A value as `corsense.app.agent.plain` writes it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if not isinstance(value, list) or not value or depth > _DEEPEST:
        raise MessageError(f"{name} holds no value")
    kind, *parts = value
    if kind == "float" and len(parts) == 1 and isinstance(parts[0], (int, float)):
        return float(parts[0])
    if kind == "bytes" and len(parts) == 1:
        return _text(parts[0], name).encode("latin-1", "replace")
    if kind == "opaque" and len(parts) == 2:
        return Opaque(_text(parts[0], name), _text(parts[1], name))
    try:
        if kind == "dict":
            pairs = [_items(part, 2, name) for part in parts]
            return {_plain(key, name, depth + 1): _plain(item, name, depth + 1) for key, item in pairs}
        if kind in _COLLECTIONS:
            return _COLLECTIONS[kind]([_plain(part, name, depth + 1) for part in parts])
    except TypeError:  # a list where a set or a dict wants what can be hashed
        pass
    raise MessageError(f"{name} holds no value")


_LAYER: dict[str, Reader] = {
    "index": _number,
    "name": _text,
    "class_module": _text,
    "app": _number,
    "prefix": _text,
    "arguments": _arguments,
    "place": _optional(_place),
    "defined_at": _optional(_place),
    "is_cors": _flag,
    "is_builtin": _flag,
    "position": _one_of(LayerPosition),
    "route": _optional(_number),
    "policy": _optional(_policy),
    "policies": _policies,
}


def _layer(value: object, name: str) -> LayerInfo:
    return LayerInfo(**_fields(value, name, _LAYER))


def _handler(value: object, name: str) -> ExceptionHandlerInfo:
    fields: dict[str, Reader] = {
        "app": _number,
        "key": _text,
        "name": _text,
        "place": _optional(_place),
        "is_builtin": _flag,
        "catches_all": _flag,
    }
    return ExceptionHandlerInfo(**_fields(value, name, fields))


def _include(value: object, name: str) -> IncludeInfo:
    return IncludeInfo(**_fields(value, name, {"prefix": _text, "place": _optional(_place)}))


def _late(value: object, name: str) -> LateMiddleware:
    fields: dict[str, Reader] = {"place": _optional(_place), "moment": _one_of(StartupMoment), "observed": _flag}
    return LateMiddleware(**_fields(value, name, fields))
