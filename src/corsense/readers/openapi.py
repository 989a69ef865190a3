"""The operations that an OpenAPI document lists, and where a server publishes its document."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import quote

from corsense.errors import InputError, quoted
from corsense.fetch.safelist import is_forbidden_request_header, is_token
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.url import parse_url

LONGEST_DOCUMENT = 16 * 1024 * 1024
"""Bytes of an OpenAPI document that are read at most."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}")
_AUTHORIZING = frozenset({"http", "oauth2", "openIdConnect", "basic"})
_MAX_REFERENCES = 20
_BY_FORMAT = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "user@example.com",
    "uri": "http://example.com/",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
}
_BY_TYPE = {"integer": "1", "number": "1", "boolean": "true", "string": "example", "array": "example", "object": "example"}


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One operation of an API.

    `path` is the template (`/users/{user_id}`), `example_path` the same with plausible values; both begin below the server's
    origin. `header_names` are the request headers that the document declares, API keys included, in lower case, without
    `authorization` and those a browser sets by itself; `needs_authorization` says that a security scheme uses the `Authorization`
    header, `has_json_body` that the request has a JSON body.
    """

    method: str
    path: str
    example_path: str
    header_names: tuple[str, ...] = ()
    needs_authorization: bool = False
    has_json_body: bool = False


class _Document(Protocol):
    @property
    def response(self) -> WireResponse: ...
    @property
    def body(self) -> bytes: ...


class Client(Protocol):
    """What `discover` needs: `corsense.transports.http.HttpClient` is one."""

    def read(self, request: WireRequest, *, limit: int = ...) -> _Document | NetworkError:
        """Send `request`; the answer with its body, up to `limit` bytes."""


def operations(document: object) -> tuple[ApiOperation, ...]:
    """The operations of an OpenAPI 3 (or Swagger 2) document, in its order. Malformed parts are skipped.

    Raises InputError when it is not an OpenAPI document.
    """
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise InputError(
            "the document has no 'paths', so it is not an OpenAPI document: pass the one that the API serves as /openapi.json"
        )
    reader = _Reader(document)
    return tuple(operation for path, item in document["paths"].items() for operation in reader.of_path(path, item))


def discover(client: Client, base_url: str) -> tuple[ApiOperation, ...] | None:
    """The operations of the API at `base_url`, from `openapi.json` below it or at the root of its server; None when neither
    exists.

    Raises InputError when `base_url` is not an http or https URL.
    """
    for url in _places(base_url):
        answer = client.read(WireRequest("GET", url, (("Accept", "application/json"),)), limit=LONGEST_DOCUMENT)
        if isinstance(answer, NetworkError):
            return None  # the server is down or not a server: the next place is no better
        if answer.response.status != 200:
            continue
        try:
            return _below(_directory(url), operations(json.loads(answer.body)))
        except (ValueError, RecursionError):
            continue
    return None


def _below(directory: str, found: tuple[ApiOperation, ...]) -> tuple[ApiOperation, ...]:
    """The operations of a document that lies in `directory`: a proxy that cuts off a prefix hides it from the document, too."""
    if not directory or any(operation.path.startswith(directory + "/") for operation in found):
        return found
    return tuple(
        replace(operation, path=directory + operation.path, example_path=directory + operation.example_path)
        for operation in found
    )


def _directory(url: str) -> str:
    return _path_of(url).rpartition("/")[0]


def _path_of(url: str) -> str:
    return re.sub(r"^[^:]+://[^/?#]*", "", url).partition("?")[0]


def _places(base_url: str) -> list[str]:
    parsed = parse_url(base_url)
    if parsed is None or not parsed.is_http:
        raise InputError(f"{quoted(base_url)} is not an http or https URL: write it in full, such as http://localhost:8000")
    below = parse_url("openapi.json", re.sub(r"[?#].*", "", parsed.href).rstrip("/") + "/")
    beside = parse_url("openapi.json", parsed.href)
    root = parse_url("/openapi.json", parsed.href)
    return list(dict.fromkeys(place.request_url for place in (below, beside, root) if place is not None))


class _Reader:
    """Reads one document; its `$ref`s stay inside it."""

    def __init__(self, document: dict[str, object]) -> None:
        self.document = document
        self.prefix = _server_path(document)

    def of_path(self, path: object, item: object) -> Iterator[ApiOperation]:
        item = self.resolve(item)
        if not isinstance(path, str) or not path.startswith("/"):
            return
        for method in _METHODS:
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            parameters = {**self.parameters(item), **self.parameters(operation)}
            schemes = self.security_schemes(operation)
            names = [name for place, name in parameters if place == "header"]
            names += [name for scheme in schemes for name in _key_header(scheme)]
            yield ApiOperation(
                method=method.upper(),
                path=self.prefix + path,
                example_path=self.prefix + self.example_path(path, parameters),
                header_names=tuple(dict.fromkeys(name for name in names if name != "authorization" and _is_scripts(name))),
                needs_authorization="authorization" in names or any(scheme.get("type") in _AUTHORIZING for scheme in schemes),
                has_json_body=self.has_json_body(operation, parameters),
            )

    def resolve(self, value: object) -> Mapping[str, object]:
        """The object that `value` is or refers to; an empty one when it is not an object, or when references go in circles."""
        for _ in range(_MAX_REFERENCES):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._target(reference)
        return {}

    def _target(self, reference: str) -> object:
        if not reference.startswith("#/"):
            return None
        target: object = self.document
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        return target

    def parameters(self, owner: Mapping[str, object]) -> dict[tuple[str, str], Mapping[str, object]]:
        """The parameters of a path or an operation by place and name; header names in lower case, as they are compared."""
        listed = owner.get("parameters")
        found: dict[tuple[str, str], Mapping[str, object]] = {}
        for entry in listed if isinstance(listed, list) else ():
            parameter = self.resolve(entry)
            place, name = parameter.get("in"), parameter.get("name")
            if isinstance(place, str) and isinstance(name, str):
                found[place, name.lower() if place == "header" else name] = parameter
        return found

    def example_path(self, path: str, parameters: Mapping[tuple[str, str], Mapping[str, object]]) -> str:
        def value(found: re.Match[str]) -> str:
            name, _, converter = found[1].partition(":")
            parameter = parameters.get(("path", name), {})
            return quote(self.example(parameter, name), safe="/" if converter == "path" else "")

        return _PLACEHOLDER.sub(value, path)

    def example(self, parameter: Mapping[str, object], name: str) -> str:
        """A value that the parameter's schema is likely to accept."""
        schema = self.resolve(parameter.get("schema") or parameter)
        for choice in (parameter.get("example"), schema.get("example"), schema.get("default"), schema.get("const")):
            if (text := _plain(choice)) is not None:
                return text
        for choices in (schema.get("enum"), schema.get("examples")):
            if isinstance(choices, list) and choices and (text := _plain(choices[0])) is not None:
                return text
        return self._by_schema(schema) or ("1" if name.lower().endswith("id") else "example")

    def _by_schema(self, schema: Mapping[str, object]) -> str | None:
        for word in ("anyOf", "oneOf", "allOf"):
            options = schema.get(word)
            for option in options if isinstance(options, list) else ():
                if (found := self._by_type(self.resolve(option))) is not None:
                    return found
        return self._by_type(schema)

    def _by_type(self, schema: Mapping[str, object]) -> str | None:
        kind, form = schema.get("type"), schema.get("format")
        if isinstance(kind, list):
            kind = next((entry for entry in kind if entry != "null"), None)
        if isinstance(form, str) and form in _BY_FORMAT:
            return _BY_FORMAT[form]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices and (text := _plain(choices[0])) is not None:
            return text
        if kind in {"integer", "number"}:
            return _number(schema)
        if kind == "string":
            return _string(schema)
        return _BY_TYPE.get(kind) if isinstance(kind, str) else None

    def security_schemes(self, operation: Mapping[str, object]) -> list[Mapping[str, object]]:
        """The security schemes that a request must satisfy; none if it may come without."""
        required = operation.get("security", self.document.get("security"))
        if not isinstance(required, list) or {} in required:
            return []
        components = self.resolve(self.document.get("components"))
        schemes = self.resolve(components.get("securitySchemes")) or self.resolve(self.document.get("securityDefinitions"))
        return [self.resolve(schemes.get(name)) for entry in required if isinstance(entry, dict) for name in entry]

    def has_json_body(self, operation: Mapping[str, object], parameters: Mapping[tuple[str, str], object]) -> bool:
        content = self.resolve(self.resolve(operation.get("requestBody")).get("content"))
        if any(re.match(r"application/(?:[\w.\-]+\+)?json\b", str(kind), re.IGNORECASE) for kind in content):
            return True
        return any(place == "body" for place, _ in parameters)


def _server_path(document: Mapping[str, object]) -> str:
    """The path that the first of `servers` (or Swagger 2's `basePath`) puts before every path: the root path of the API."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else document.get("basePath")
    parsed = parse_url(url, "http://server.invalid/") if isinstance(url, str) and "{" not in url else None
    if parsed is None or not parsed.is_http:
        return ""
    return _path_of(parsed.request_url).rstrip("/")


def _key_header(scheme: Mapping[str, object]) -> list[str]:
    """The name of the header that carries an API key, in lower case."""
    name = scheme.get("name")
    return [name.lower()] if scheme.get("type") == "apiKey" and scheme.get("in") == "header" and isinstance(name, str) else []


def _is_scripts(name: str) -> bool:
    return is_token(name) and name not in {"accept", "user-agent"} and not is_forbidden_request_header(name, "")


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) and str(value) else None


def _number(schema: Mapping[str, object]) -> str:
    """The smallest allowed whole number from 1 up, where the schema sets bounds."""
    low, high = _bound(schema, "minimum"), _bound(schema, "maximum")
    above, below = _bound(schema, "exclusiveMinimum"), _bound(schema, "exclusiveMaximum")
    value = 1
    if low is not None and low > value:
        value = math.ceil(low)
    if above is not None and above >= value:
        value = math.floor(above) + 1
    if high is not None and value > high:
        value = math.floor(high)
    if below is not None and value >= below:
        value = math.ceil(below) - 1
    return str(value)


def _bound(schema: Mapping[str, object], name: str) -> float | None:
    value = schema.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None


def _string(schema: Mapping[str, object]) -> str:
    text = "example"
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if isinstance(shortest, int) and len(text) < shortest <= 1000:
        text = text.ljust(shortest, "x")
    return text[:longest] if isinstance(longest, int) and 0 < longest < len(text) else text
