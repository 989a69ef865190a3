"""nginx: locations, `add_header` and its inheritance, `if`, `map`, `set` and `return`.

The rewrite phase is run as nginx runs it: the directives of the server, then those of the location; each `if` that matches gives
the request its own headers, the last of them counts. Source: nginx, *ngx_http_headers_module*, *ngx_http_rewrite_module*,
*ngx_http_map_module*.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corsense.errors import quoted
from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, searched
from corsense.layers.reading.extra import needed
from corsense.layers.reading.result import Remark, UnreadableConfiguration, errors_replaced
from corsense.layers.reading.source import MOST_FILES, read_text
from corsense.layers.reading.trial import ASKED, ORIGIN, UNSENT, Directive, HeaderLine, LayerAnswer, Spot, Trial, Unread, Written

_HARMLESS = {
    "options-ssl-nginx.conf",
    "mime.types",
    "fastcgi_params",
    "proxy_params",
    "uwsgi_params",
    "scgi_params",
    "fastcgi.conf",
    "koi-utf",
    "koi-win",
}
_PASSES = {"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass"}
_ADDED_TO = frozenset({200, 201, 204, 206, 301, 302, 303, 304, 307, 308})
"""The statuses that add_header without `always` adds to. Source: nginx, *add_header*."""
_ALLOW_ORIGIN = "access-control-allow-origin"
_DEEPEST = 40
_NAME_END = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


@dataclass(slots=True)
class _Files:
    """The files of a configuration, includes put in their place. Only files below `home` are read."""

    home: Path
    unknown: list[Remark] = field(default_factory=list)
    count: int = 0

    def read(self, path: Path, name: str, above: tuple[Path, ...] = ()) -> tuple[Directive, ...]:
        self.count += 1
        if self.count > MOST_FILES:
            raise UnreadableConfiguration(name, None, f"includes more than {MOST_FILES} files.")
        text = read_text(path, name)
        payload = _parsed(path, text, name)
        return self._directives(payload, path, name, (*above, path.resolve()))

    def _directives(
        self, parsed: list[Any], path: Path, name: str, above: tuple[Path, ...], depth: int = 0
    ) -> tuple[Directive, ...]:
        found: list[Directive] = []
        for each in parsed:
            if depth > _DEEPEST:
                raise UnreadableConfiguration(name, each["line"], f"Blocks are nested more than {_DEEPEST} deep.")
            if "(" in each["directive"] and not each["directive"].startswith("~"):
                message = (
                    f"nginx would refuse this: there is no directive {quoted(each['directive'])}; a space is missing before '('."
                )
                raise UnreadableConfiguration(name, each["line"], message)
            if each["directive"] == "include" and each["args"]:
                found += self._included(each["args"][0], path, name, each["line"], above)
                continue
            block = self._directives(each["block"], path, name, above, depth + 1) if "block" in each else None
            found.append(Directive(each["directive"], tuple(each["args"]), name, each["line"], block))
        return tuple(found)

    def _included(self, pattern: str, path: Path, name: str, line: int, above: tuple[Path, ...]) -> list[Directive]:
        if os.path.basename(pattern) in _HARMLESS or "/modules-enabled/" in f"/{pattern}":
            return []
        wanted = pattern if os.path.isabs(pattern) else str(self.home / pattern)
        if not _is_below(wanted, self.home):
            message = f"The include {quoted(pattern)} is outside {quoted(str(self.home))}, and was not read."
            self.unknown.append(Remark(None, message, name, line, "info"))
            return []
        has_glob = glob.has_magic(wanted)
        files = sorted(glob.glob(wanted)) if has_glob else [wanted]
        found: list[Directive] = []
        for file in files[: MOST_FILES + 1]:
            real = Path(os.path.realpath(file))
            if not _is_below(str(real), self.home):
                self.unknown.append(Remark(None, f"The include {quoted(file)} leads out of the folder.", name, line, "info"))
                continue
            if real in above:
                raise UnreadableConfiguration(name, line, f"{quoted(pattern)} includes itself.")
            if not real.is_file():
                if has_glob:
                    continue
                raise UnreadableConfiguration(name, line, f"The included file {quoted(pattern)} does not exist.")
            found += self.read(real, os.path.relpath(file) if not os.path.isabs(name) else file, above)
        return found


def _is_below(path: str, home: Path) -> bool:
    real, root = os.path.normpath(path), os.path.realpath(home)
    return any(os.path.commonpath([each, root]) == root for each in (os.path.realpath(os.path.dirname(real) or "."),))


def _parsed(path: Path, text: str, name: str) -> list[Any]:
    crossplane = needed("crossplane")
    _check_depth(text, name)
    try:
        payload = crossplane.parse(str(path), single=True, check_ctx=False, check_args=False, comments=False)
    except (OSError, RecursionError) as error:
        raise UnreadableConfiguration(name, None, f"cannot be read: {error}.") from None
    for each in payload["errors"]:
        reason = str(each["error"]).partition(" in /")[0].partition(f" in {path}")[0]
        raise UnreadableConfiguration(name, each.get("line"), f"nginx would refuse this: {reason}.")
    parsed: list[Any] = payload["config"][0]["parsed"]
    return parsed


def _check_depth(text: str, name: str) -> None:
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        depth += line.count("{") - line.count("}")
        if depth > 3 * _DEEPEST:
            raise UnreadableConfiguration(name, number, f"Blocks are nested more than {_DEEPEST} deep.")


Named = dict[str, list[Directive]]


@dataclass(frozen=True, slots=True)
class _Scope:
    """A block and those around it, the innermost last. `known` has the directives of blocks by their names, for all scopes."""

    blocks: tuple[tuple[Directive, ...], ...]
    known: dict[int, Named] = field(default_factory=dict, compare=False, repr=False)

    def inner(self, block: tuple[Directive, ...]) -> _Scope:
        return _Scope((*self.blocks, block), self.known)

    def outer(self) -> _Scope:
        return _Scope(self.blocks[:-1], self.known)

    def named(self, block: tuple[Directive, ...]) -> Named:
        found = self.known.get(id(block))
        if found is None:
            found = self.known[id(block)] = {}
            for each in block:
                found.setdefault(each.name, []).append(each)
        return found

    def inherited(self, name: str) -> list[Directive]:
        """The directives called `name`, of the innermost block that has any."""
        found: list[Directive] = []
        for block in reversed(self.blocks):
            named = self.named(block)
            found = [*named.get(name, ()), *found]
            modes = [each.args[:1] for each in named.get(f"{name}_inherit", ())]
            if (found and modes != [("merge",)]) or modes == [("off",)]:
                break
        return found

    def merged(self, name: str) -> list[Directive]:
        """The directives called `name` of all blocks, the outermost first."""
        return [each for block in self.blocks for each in self.named(block).get(name, ())]

    def may_concern_cors(self) -> bool:
        """Whether a directive of these blocks, or of an `if` in them, is about CORS."""
        if self.inherited("proxy_intercept_errors"):
            return True
        names = ("add_header", "more_set_headers", "proxy_hide_header", "more_clear_headers")
        around = [each for name in names for each in self.merged(name)]
        inside = [inner for name in ("if", "limit_except") for each in self.merged(name) for inner in _all(each.block or ())]
        return any("access-control" in " ".join(each.args).lower() for each in (*around, *inside))


@dataclass(frozen=True, slots=True)
class Map:
    """A `map`: its entries by their text in lower case, those with expressions in their order, and the value of the others."""

    directive: Directive
    exact: dict[str, Directive]
    expressions: tuple[Directive, ...]
    default: str

    @classmethod
    def of(cls, directive: Directive) -> Map:
        entries = [each for each in directive.block or () if each.args]
        exact: dict[str, Directive] = {}
        for each in entries:
            if each.name not in ("default", "hostnames", "volatile") and not each.name.startswith("~"):
                exact.setdefault(each.name.removeprefix("\\").lower(), each)
        default = next((each.args[0] for each in entries if each.name == "default"), "")
        return cls(directive, exact, tuple(each for each in entries if each.name.startswith("~")), default)


@dataclass(slots=True)
class NginxPlace:
    """A location, or a server without one."""

    where: str
    file: str
    line: int | None
    server: Directive
    location: Directive | None
    scope: _Scope
    maps: dict[str, Map]
    constants: dict[str, str] = field(default_factory=dict)
    speaks_of: str = "nginx"
    is_proxy: bool = True

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What the levels above set and this one loses, and error responses that it replaces."""
        return (*self._lost(), *self._replaced())

    def _replaced(self) -> Iterator[Remark]:
        intercepts = self.scope.inherited("proxy_intercept_errors")
        if intercepts and intercepts[-1].args[:1] == ("on",) and self.scope.inherited("error_page"):
            yield errors_replaced("nginx", "proxy_intercept_errors", intercepts[-1].file, intercepts[-1].line)

    def _lost(self) -> tuple[Remark, ...]:
        """Headers of CORS that a level above sets and this one loses: add_header is inherited only where there is none."""
        own = self.scope.inherited("add_header")
        if not own or any(each.args[:1] and each.args[0].lower() == _ALLOW_ORIGIN for each in own):
            return ()
        above = [each for each in self.scope.merged("add_header") if each not in own and each.args[:1]]
        lost = next((each for each in above if each.args[0].lower() == _ALLOW_ORIGIN), None)
        if lost is None:
            return ()
        above_it = f"line {lost.line}" if lost.file == own[0].file else f"{lost.file}:{lost.line}"
        message = (
            f"This add_header drops Access-Control-Allow-Origin of {above_it}: nginx inherits add_header from the level "
            "above only where there is none."
        )
        return (Remark("proxy-loses-cors", message, own[0].file, own[0].line, "warning", "Repeat the CORS headers here."),)

    @property
    def is_static(self) -> bool:
        block = self.scope.blocks[-1]
        return not any(each.name in _PASSES or each.name in ("return", "rewrite") for each in block) and not any(
            inner.name in _PASSES for each in block if each.name in ("if", "limit_except") for inner in each.block or ()
        )

    def answer(self, trial: Trial) -> LayerAnswer:
        run = _Run(self, trial)
        if trial.situation == "early-error":  # the rewrite phase was not reached
            return LayerAnswer(413, run.lines(self.scope, 413), self.line)
        scope, status, line = run.rewrite()
        if status is not None:
            return LayerAnswer(status, run.lines(scope, status), line, run.hidden(scope))
        refused = self._refused(trial)
        if refused is not None:
            return LayerAnswer(refused[0], run.lines(scope, refused[0]), refused[1])
        if trial.situation == "own-error":
            return LayerAnswer(502, run.lines(self._error_scope(scope), 502), self.line)
        answered = 404 if trial.situation == "error" else 200
        if trial.is_preflight and self.is_static:
            return LayerAnswer(405, run.lines(scope, 405), self.line)
        return LayerAnswer(None, run.lines(scope, answered), self.line, run.hidden(scope))

    def _refused(self, trial: Trial) -> tuple[int, Spot] | None:
        """The status and the line of what refuses a preflight in the access phase: browsers send no login with it."""
        if not trial.is_preflight:
            return None
        for each in self.scope.inherited("limit_except"):
            denies = any(inner.name == "deny" and inner.args == ("all",) for inner in each.block or ())
            if "OPTIONS" not in each.args and denies:
                return 403, each.spot
        if any(each.args[:1] == ("any",) for each in self.scope.inherited("satisfy")):
            return None
        basic = self.scope.inherited("auth_basic")
        if basic and basic[-1].args[:1] != ("off",):
            return 401, basic[-1].spot
        return None

    def _error_scope(self, scope: _Scope) -> _Scope:
        """Where the error page of a 502 is: its location's headers count."""
        for each in scope.inherited("error_page"):
            target = each.args[-1] if each.args else ""
            if "502" in each.args[:-1] and target.startswith("/"):
                for other in self.server.block or ():
                    if other.name == "location" and other.args[-1:] == (target,) and other.block is not None:
                        return (self.scope.outer() if self.location is not None else self.scope).inner(other.block)
        return scope


@dataclass(slots=True)
class _Run:
    """One request in a location: the rewrite phase, and the values of variables."""

    place: NginxPlace
    trial: Trial
    values: dict[str, str] = field(default_factory=dict)
    captured: OriginMatch | None = None
    depth: int = 0

    def rewrite(self) -> tuple[_Scope, int | None, Written]:
        """The scope that gives the headers, and status and line of a `return`."""
        if self.place.location is not None:
            outer = self.place.scope.outer()
            _, status, line = self._steps(self.place.server.block or (), outer, is_server=True)
            if status is not None:
                return outer, status, line
        block = self.place.scope.blocks[-1]
        return self._steps(block, self.place.scope, is_server=self.place.location is None)

    def _steps(self, block: tuple[Directive, ...], scope: _Scope, *, is_server: bool) -> tuple[_Scope, int | None, Written]:
        chosen = scope
        for each in block:
            if each.name == "set" and len(each.args) == 2:
                self.values[each.args[0].lstrip("$")] = self.text(each.args[1], each)
            elif each.name == "return" and each.args:
                return chosen, _status(each), each.spot
            elif each.name == "break":
                break
            elif each.name == "if" and each.block is not None and is_server and _adds(each.block):
                raise UnreadableConfiguration(
                    each.file, each.line, "nginx would refuse this: add_header is not allowed in an if of a server."
                )
            elif each.name == "if" and each.block is not None and self.holds(each):
                inner = scope if is_server else scope.inner(each.block)
                found, status, line = self._steps(each.block, inner, is_server=is_server)
                chosen = chosen if is_server else found
                if status is not None:
                    return chosen, status, line
                if any(step.name == "break" for step in each.block):
                    break
        return chosen, None, None

    def lines(self, scope: _Scope, status: int) -> tuple[HeaderLine, ...]:
        """What nginx adds to an answer with a status."""
        found = []
        for each in scope.inherited("add_header"):
            if len(each.args) < 2:
                raise UnreadableConfiguration(each.file, each.line, "add_header takes a name and a value.")
            always = each.args[2:3] == ("always",)
            if _is_cors(each.args[0]) and (always or status in _ADDED_TO):
                value = self.known(each.args[1], each)
                if value:
                    found.append(HeaderLine(each.args[0].lower(), value, each.spot, is_added=True))
        for each in scope.merged("more_set_headers"):
            for text in each.args:
                name, colon, value = text.partition(":")
                if colon and _is_cors(name) and not each.args[0].startswith("-"):
                    found = [line for line in found if line.name != name.lower()]
                    found.append(HeaderLine(name.lower(), self.known(value.strip(), each), each.spot))
        cleared = _cleared(scope)
        return tuple(line for line in found if line.name not in cleared)

    def hidden(self, scope: _Scope) -> frozenset[str]:
        names = [each.args[0].lower() for each in scope.inherited("proxy_hide_header") if each.args]
        return frozenset(names) | _cleared(scope)

    # Conditions and values.

    def holds(self, each: Directive) -> bool:
        """Whether an `if` matches."""
        args = each.args
        if len(args) == 1 and args[0].startswith("$"):
            return self.text(args[0], each) not in ("", "0")
        if len(args) == 3 and args[0].startswith("$"):
            left = self.text(args[0], each)
            if args[1] in ("=", "!="):
                return self._equal(left, self.text(args[2], each), each) == (args[1] == "=")
            if args[1] in ("~", "~*", "!~", "!~*"):
                return self._found(left, args[2], each, any_case="*" in args[1]) != args[1].startswith("!")
        return self.trial.whether(" ".join(args), each.spot)

    def _equal(self, left: str, right: str, each: Directive) -> bool:
        for one, other in ((left, right), (right, left)):
            if one == ORIGIN and "\0" not in other:
                return bool(other) and self.trial.equals(other, each.spot)
        if "\0" not in left + right:
            return left == right
        if left == right:
            return True
        if ORIGIN in left + right:
            raise Unread("The Origin is compared together with other values.", each.spot)
        return self.trial.whether(_readable(f"{left} = {right}"), each.spot)

    def _found(self, left: str, expression: str, each: Directive, *, any_case: bool) -> bool:
        if left == ORIGIN or (left and left == self.trial.case.text):
            try:
                match = searched(expression, any_case=any_case)
            except UnknownSyntax as error:
                raise Unread(str(error), each.spot) from None
            found = self.trial.matches(match, each.spot)
            if found:
                self.captured = match
            return found
        if "\0" in left:
            if self._cannot_begin(left, expression, any_case=any_case):
                return False
            if ORIGIN in left:
                raise Unread("The Origin is matched together with other values.", each.spot)
            return self.trial.whether(_readable(f"{left} ~ {expression}"), each.spot)
        try:
            return searched(expression, any_case=any_case).matches(left)
        except UnknownSyntax:
            return self.trial.whether(f"{left} ~ {expression}", each.spot)

    def _cannot_begin(self, value: str, expression: str, *, any_case: bool) -> bool:
        """Whether what is known of the beginning of a value rules a match out."""
        try:
            return not searched(expression, any_case=any_case).may_begin_with(value.partition("\0")[0])
        except UnknownSyntax:
            return False

    def text(self, template: str, each: Directive) -> str:
        """A value with its variables put in."""
        found, index = [], 0
        while index < len(template):
            if template[index] != "$" or index + 1 == len(template):
                found.append(template[index])
                index += 1
                continue
            name, index = _variable(template, index + 1)
            found.append(self.variable(name, each))
        value = "".join(found)
        if len(value) > 10_000:
            raise Unread("A value grows too long.", each.spot)
        return value

    def known(self, template: str, each: Directive) -> str:
        """A value without variables that corsense does not know."""
        value = self.text(template, each)
        rest = value.replace(ORIGIN, "").replace(ASKED, "")
        if "\0" in rest:
            name = each.args[0].partition(":")[0]
            raise Unread(f"{name} depends on {_readable(rest).strip()}, which corsense does not know.", each.spot)
        return value

    def variable(self, name: str, each: Directive) -> str:
        if name in self.values:
            return self.values[name]
        match name:
            case "http_origin":
                return self.trial.origin
            case "request_method":
                return self.trial.method
            case "http_access_control_request_headers" | "http_access_control_request_method":
                return ASKED if self.trial.is_preflight else ""
        if name.removeprefix("http_").replace("_", "-") in UNSENT or name.startswith("upstream_http_"):
            return ""  # of the app, one without CORS is assumed
        if name in self.place.maps:
            return self._mapped(self.place.maps[name])
        if name == "1" and self.captured is not None and self.captured.is_one_group:
            return self.trial.origin
        if self._is_set(name):
            return ""
        if name in self.place.constants:
            return self.place.constants[name]
        return f"\0${name}\0"

    def _is_set(self, name: str) -> bool:
        """Whether a `set` somewhere makes the variable, which is empty until then."""
        return any(each.name == "set" and each.args[:1] == (f"${name}",) for each in _all(self.place.server.block or ()))

    def _mapped(self, each: Map) -> str:
        self.depth += 1
        if self.depth > 20:
            raise Unread("Maps refer to each other in a circle.", each.directive.spot)
        try:
            source = self.text(each.directive.args[0], each.directive)
            return self._map_value(each, source)
        finally:
            self.depth -= 1

    def _map_value(self, each: Map, source: str) -> str:
        if "\0" not in source:
            entry = each.exact.get(source.lower())
            if entry is not None:
                return self.text(entry.args[0], entry)
        for key, entry in each.exact.items() if "\0" in source else ():
            if (
                (key and self.trial.equals(key, entry.spot))
                if source == ORIGIN
                else self._unknown_entry(source, key, each, entry)
            ):
                return self.text(entry.args[0], entry)
        for entry in each.expressions:
            star = entry.name.startswith("~*")
            if self._found(source, entry.name[2 if star else 1 :], entry, any_case=star):
                return self.text(entry.args[0], entry)
        return self.text(each.default, each.directive)

    def _unknown_entry(self, source: str, key: str, each: Map, entry: Directive) -> bool:
        if not key.startswith(source.partition("\0")[0].lower()):
            return False
        if ORIGIN in source:
            raise Unread("A map compares the Origin together with other values.", each.directive.spot)
        if ASKED in source and not key:
            return False
        return self.trial.whether(_readable(f"{source} = {key}"), entry.spot)


def read_nginx(path: Path, name: str) -> tuple[list[NginxPlace], list[Remark]]:
    """The places of a configuration, and what is not read.

    Raises:
        UnreadableConfiguration: nginx would refuse it, or an included file does not exist.
    """
    files = _Files(Path(os.path.realpath(path)).parent)
    top = files.read(path, name)
    outer = [each for each in top if each.name != "http"]
    http = [inner for each in top if each.name == "http" for inner in each.block or ()]
    level = (*outer, *http)
    maps = {each.args[1].lstrip("$"): Map.of(each) for each in level if each.name == "map" and len(each.args) == 2}
    constants = {each.args[-1].lstrip("$"): value for each in level if (value := _constant(each)) is not None}
    places: list[NginxPlace] = []
    servers = [each for each in level if each.name == "server"]
    for server in servers:
        places += _of_server(server, _Scope((level,)), maps)
    loose = tuple(each for each in level if each.name in ("location", "add_header", "if", "set", "more_set_headers"))
    if not servers and any(each.name == "location" for each in loose):  # to be included in a server
        places += _of_server(Directive("server", (), name, loose[0].line, level), _Scope(()), maps)
    elif not servers and loose:  # to be included in a location
        location = Directive("location", (), name, loose[0].line, level)
        server = Directive("server", (), name, loose[0].line, (location,))
        places.append(
            NginxPlace("where it is included", name, loose[0].line, server, location, _Scope(((location,), level)), maps)
        )
    for place in places:
        place.constants = constants
    return places, files.unknown


def _constant(each: Directive) -> str | None:
    """The value of a `geo` that has one value for every address."""
    entries = each.block or ()
    if each.name != "geo" or len(entries) != 1 or entries[0].name != "default" or len(entries[0].args) != 1:
        return None
    return entries[0].args[0]


def _of_server(server: Directive, around: _Scope, maps: dict[str, Map]) -> Iterator[NginxPlace]:
    block = server.block or ()
    names = [name for each in block if each.name == "server_name" for name in each.args if name not in ("_", "")]
    title = f"server {names[0]}" if names else "server"
    scope = around.inner(block)
    locations = list(_locations(block, scope, title))
    if not locations and scope.may_concern_cors():
        yield NginxPlace(title, server.file, server.line, server, None, scope, maps)
    for where, location, inner in locations:
        if not inner.may_concern_cors():
            continue
        yield NginxPlace(where, location.file, location.line, server, location, inner, maps)


def _locations(block: tuple[Directive, ...], scope: _Scope, title: str) -> Iterator[tuple[str, Directive, _Scope]]:
    for each in block:
        if each.name == "location" and each.block is not None:
            inner = scope.inner(each.block)
            if not any(step.name == "internal" for step in each.block):
                yield f"{title}, location {' '.join(each.args)}", each, inner
            yield from _locations(each.block, inner, title)


def _cleared(scope: _Scope) -> frozenset[str]:
    """The headers that more_clear_headers removes."""
    return frozenset(text.lower() for each in scope.merged("more_clear_headers") for text in each.args)


def _adds(block: tuple[Directive, ...]) -> bool:
    return any(each.name == "add_header" for each in block)


def _all(block: tuple[Directive, ...]) -> Iterator[Directive]:
    for each in block:
        yield each
        yield from _all(each.block or ())


def _variable(template: str, start: int) -> tuple[str, int]:
    """The name of the variable that begins at `start`, and where it ends."""
    if template[start] == "{":
        end = template.find("}", start)
        return (template[start + 1 : end], end + 1) if end > 0 else (template[start:], len(template))
    end = start
    while end < len(template) and template[end] in _NAME_END:
        end += 1
    return template[start:end], end


def _status(each: Directive) -> int:
    return int(each.args[0]) if each.args[0].isdigit() and len(each.args[0]) <= 3 else 302


def _is_cors(name: str) -> bool:
    return name.lower().startswith("access-control-") or name.lower() == "vary"


def _readable(text: str) -> str:
    return text.replace(ORIGIN, "the Origin").replace("\0", "")
