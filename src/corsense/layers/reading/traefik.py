"""Traefik: the headers middleware and its place among the middlewares of a router, in files, labels and Kubernetes resources.

Source: Traefik, *Headers* middleware, and `pkg/middlewares/headers`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corsense.errors import quoted
from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, searched
from corsense.layers.reading.result import Remark, UnreadableConfiguration, errors_replaced
from corsense.layers.reading.source import MOST_FILES, read_text
from corsense.layers.reading.traefik_rule import Rule
from corsense.layers.reading.trial import HeaderLine, LayerAnswer, Trial, Unread
from corsense.layers.reading.yaml_tree import Node, read_tree

_LABEL = re.compile(r"traefik\.http\.(routers|middlewares)\.([^.=]+)\.(.+)", re.IGNORECASE)
_REFUSES = {
    "basicauth": (401, True),
    "digestauth": (401, True),
    "forwardauth": (401, False),
    "ipallowlist": (403, False),
    "ipwhitelist": (403, False),
    "ratelimit": (429, False),
    "inflightreq": (429, False),
    "circuitbreaker": (503, False),
}
"""The middlewares that refuse a request: with which status, and whether every preflight, which has no login, is refused."""
_SPOILS = ("plugin",)
_MOST = 50


@dataclass(slots=True)
class Middleware:
    """A middleware: its `kind` (`headers`, `basicAuth`), in lower case, and its options."""

    name: str
    kind: str
    line: int
    options: Node


@dataclass(slots=True)
class Router:
    """A router: the names of its middlewares, from the outside to the inside."""

    name: str
    line: int
    middlewares: list[str]
    title: str
    rule: Rule
    priority: int = 0


@dataclass(slots=True)
class TraefikPlace:
    """A router, or several that share their paths and differ in the headers that they ask for, the first to be asked first. Each
    has the middlewares that a request passes, from the outside to the inside."""

    where: str
    file: str
    line: int | None
    routers: list[tuple[Rule, list[Middleware]]]
    places: frozenset[tuple[str, tuple[str, ...]]] | None = None
    speaks_of: str = "Traefik"
    is_static: bool = False
    is_proxy: bool = True
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        """What the router of a request does with it."""
        for rule, chain in self.routers:
            if rule.holds(trial, self.places):
                return self._through(chain, trial)
        return LayerAnswer(404, (), self.line)

    def _through(self, chain: list[Middleware], trial: Trial) -> LayerAnswer:
        """What the first middleware does that answers; the headers of those outside it are put on its answer."""
        passed: list[Middleware] = []
        status: int | None = None
        line = self.line
        own: list[HeaderLine] = []
        for each in chain:
            if each.kind == "headers" and _is_dropped(each):
                continue
            if each.kind == "headers":
                if trial.is_preflight and _has_cors(each.options):
                    status, line, own = 200, each.line, list(_preflight(each, trial))
                    break
                passed.append(each)
            elif each.kind in _SPOILS and _later_has_cors(chain, each):
                if trial.whether(f"the plugin {each.name} answers", each.line):
                    status, line = 403, each.line
                    break
            elif each.kind in _REFUSES:
                refused, always = _REFUSES[each.kind]
                if (always and trial.is_preflight) or trial.whether(f"{each.kind} {each.name} refuses the request", each.line):
                    status, line = refused, each.line
                    break
            elif each.kind == "buffering" and trial.situation == "early-error":
                status, line = 413, each.line
                break
        if status is None and trial.situation == "own-error":
            status = 502
        hides: set[str] = set()
        lines = own
        for each in reversed(passed):
            lines = list(_changed(each, lines, trial, hides))
        return LayerAnswer(status, tuple(lines), line, frozenset(hides))


def _later_has_cors(chain: list[Middleware], one: Middleware) -> bool:
    return any(each.kind == "headers" and _has_cors(each.options) for each in chain[chain.index(one) :])


_OPTIONS = {
    "accesscontrolallowcredentials", "accesscontrolallowheaders", "accesscontrolallowmethods", "accesscontrolalloworiginlist",
    "accesscontrolalloworiginlistregex", "accesscontrolexposeheaders", "accesscontrolmaxage",
}  # fmt: skip


def _unknown_options(chains: list[list[Middleware]], file: str) -> Iterator[Remark]:
    """Options of CORS that Traefik does not have, so that it refuses the middleware."""
    for chain in chains:
        for each in chain:
            for key, value in each.options.entries() if each.kind == "headers" else ():
                if key.lower().startswith("accesscontrol") and key.lower() not in _OPTIONS:
                    message = f"Traefik has no option {quoted(key)}, and refuses the configuration that has it."
                    remedy = "Write accessControlAllowOriginList." if "origin" in key.lower() else None
                    yield Remark("proxy-loses-cors", message, file, value.line, "error", remedy)


def _is_dropped(each: Middleware) -> bool:
    """Whether Traefik refuses a headers middleware for an option that it does not have."""
    names = [key.lower() for key, _ in each.options.entries()]
    return any(name.startswith("accesscontrol") and name not in _OPTIONS for name in names)


def _has_cors(options: Node) -> bool:
    """Whether Traefik takes a headers middleware for one of CORS, which answers preflights."""
    return any(
        key.lower() == "addvaryheader" or (key.lower().startswith("accesscontrol") and (value.text is None or value.text != "0"))
        for key, value in options.entries()
    )


def _values(options: Node, name: str) -> list[tuple[str, int]]:
    """A list, which labels write as one text with commas."""
    node = options.get(name)
    if node is None:
        return []
    for text, line in node.texts():
        if "\0" in text or "{{" in text:
            raise Unread(f"{name} is filled in from elsewhere, which corsense does not know.", line)
    return [(part.strip(), line) for text, line in node.texts() for part in (text.split(",") if node.items is None else [text])]


def _allowed(each: Middleware, trial: Trial) -> HeaderLine | None:
    star_line = None
    for value, line in _values(each.options, "accessControlAllowOriginList"):
        if value == "*":
            star_line = line
            break
        if trial.equals(value, line):
            return HeaderLine("access-control-allow-origin", value, line)
    if star_line is not None:
        reflected = _is_true(each.options, "accessControlAllowCredentials")
        return HeaderLine("access-control-allow-origin", trial.origin if reflected else "*", star_line)
    for match, line in _expressions(each.options):
        if trial.matches(match, line):
            return HeaderLine("access-control-allow-origin", trial.origin, line)
    return None


def _expressions(options: Node) -> Iterator[tuple[OriginMatch, int]]:
    for value, line in _values(options, "accessControlAllowOriginListRegex"):
        try:
            yield searched(value), line
        except UnknownSyntax as error:
            raise Unread(str(error), line) from None


def _is_true(options: Node, name: str) -> bool:
    node = options.get(name)
    if node is not None and "\0" in (node.text or ""):
        raise Unread(f"{name} is filled in from elsewhere, which corsense does not know.", node.line)
    return node is not None and node.is_true


def _preflight(each: Middleware, trial: Trial) -> Iterator[HeaderLine]:
    if _is_true(each.options, "accessControlAllowCredentials"):
        yield _line_for(each, "accessControlAllowCredentials", "access-control-allow-credentials", "true")
    for option, header in (("accessControlAllowHeaders", "headers"), ("accessControlAllowMethods", "methods")):
        values = [value for value, _ in _values(each.options, option)]
        if values:
            yield _line_for(each, option, f"access-control-allow-{header}", ",".join(values))
    allowed = _allowed(each, trial)
    if allowed is not None:
        yield allowed
    age = each.options.get("accessControlMaxAge")
    yield HeaderLine("access-control-max-age", (age.text if age else None) or "0", age.line if age else each.line)


def _line_for(each: Middleware, option: str, header: str, value: str) -> HeaderLine:
    node = each.options.get(option)
    return HeaderLine(header, value, node.line if node is not None else each.line)


def _changed(each: Middleware, lines: list[HeaderLine], trial: Trial, hides: set[str]) -> Iterator[HeaderLine]:
    """The headers of an answer once it has passed a headers middleware."""
    custom = each.options.get("customResponseHeaders")
    put: dict[str, HeaderLine | None] = {}
    for name, value in custom.entries() if custom is not None else ():
        lower = name.lower()
        if lower.startswith("access-control-") or lower == "vary":
            put[lower] = HeaderLine(lower, value.text, value.line) if value.text else None
    allowed = _allowed(each, trial)
    if allowed is not None:
        put[allowed.name] = allowed
    if _is_true(each.options, "accessControlAllowCredentials"):
        put["access-control-allow-credentials"] = _line_for(
            each, "accessControlAllowCredentials", "access-control-allow-credentials", "true"
        )
    exposed = [value for value, _ in _values(each.options, "accessControlExposeHeaders")]
    if exposed:
        put["access-control-expose-headers"] = _line_for(
            each, "accessControlExposeHeaders", "access-control-expose-headers", ",".join(exposed)
        )
    hides.update(name for name, line in put.items() if line is None)
    yield from (line for line in lines if line.name not in put)
    yield from (line for line in put.values() if line is not None)
    if _is_true(each.options, "addVaryHeader"):
        yield _line_for(each, "addVaryHeader", "vary", "Origin")


# Reading.


@dataclass(slots=True)
class TraefikFile:
    """Routers and middlewares, wherever they are written."""

    file: str
    routers: list[Router] = field(default_factory=list)
    middlewares: dict[str, Middleware] = field(default_factory=dict)
    around: dict[str, list[str]] = field(default_factory=dict)
    """By entry point: the middlewares around those of its routers."""
    labels: dict[str, Node] = field(default_factory=dict)
    router_labels: dict[str, Node] = field(default_factory=dict)

    def places(self) -> Iterator[TraefikPlace]:
        """A place for each router that has a headers middleware, and for each of these that no router here names."""
        used: set[str] = set()
        for group in self._groups():
            chains: list[tuple[Rule, list[Middleware]]] = []
            notes: list[Remark] = []
            for router in group:
                chain, missing = self._chain(router.middlewares)
                used.update(each.name for each in chain)
                chains.append((router.rule, chain))
                notes += (self._missing(name, router) for name in missing)
            replacing = next((each for _, chain in chains for each in chain if each.kind == "errors"), None)
            if replacing is not None:
                notes.append(errors_replaced("Traefik", f"the middleware {replacing.name}", self.file, replacing.line))
            if replacing is not None or any(each.kind == "headers" for _, chain in chains for each in chain):
                last = group[-1]
                title = last.title if len(group) == 1 else f"{last.title} and those for some of its requests"
                notes += _unknown_options([chain for _, chain in chains], self.file)
                places = last.rule.places if not last.rule.looks_at_requests else None
                yield TraefikPlace(title, self.file, last.line, chains, places, notes=tuple(notes))
        for each in self.middlewares.values():
            if each.name not in used and each.kind == "headers":
                notes = list(_unknown_options([[each]], self.file))
                yield TraefikPlace(f"middleware {each.name}", self.file, each.line, [(Rule(), [each])], notes=tuple(notes))

    def _groups(self) -> Iterator[list[Router]]:
        """Each router, with those before it that take some of its requests because of their method or headers."""
        ordered = sorted(self.routers, key=lambda router: -(router.priority or len(router.rule.text)))
        before: list[Router] = []
        for router in ordered:
            if router.rule.looks_at_requests:
                before.append(router)
            else:
                yield [*before, router]
        if before and all(router.rule.looks_at_requests for router in ordered):
            yield before

    def _missing(self, name: str, router: Router) -> Remark:
        message = f"The middleware {quoted(name)} is not in this file, and was not read."
        return Remark(None, message, self.file, router.line, "info")

    def _chain(self, names: Iterable[str], depth: int = 0) -> tuple[list[Middleware], list[str]]:
        found: list[Middleware] = []
        missing: list[str] = []
        for name in names:
            each = self.middlewares.get(name.partition("@")[0].strip().lower())
            if each is None:
                missing.append(name)
            elif each.kind == "chain" and depth < 10 and len(found) < _MOST:
                inner, lost = self._chain((text for text, _ in _values(each.options, "middlewares")), depth + 1)
                found += inner
                missing += lost
            elif each.kind != "chain":
                found.append(each)
        return found[:_MOST], missing

    def take_dynamic(self, root: Node) -> None:
        """The routers and middlewares of a file of the file provider."""
        middlewares = root.get("http", "middlewares")
        for name, node in middlewares.entries() if middlewares is not None else ():
            for kind, options in node.entries():
                self._put(name, kind, options, node.line)
        routers = root.get("http", "routers")
        for name, node in routers.entries() if routers is not None else ():
            self._router(name, node)

    def _router(self, name: str, node: Node) -> None:
        listed = node.get("middlewares")
        names = [part.strip() for text, _ in listed.texts() for part in text.split(",")] if listed is not None else []
        points = node.get("entryPoints")
        chosen = (
            [part.strip().lower() for text, _ in points.texts() for part in text.split(",")]
            if points is not None
            else self.around
        )
        names = [*(each for point in chosen for each in self.around.get(point, ())), *names]
        rule, priority = node.get("rule"), node.get("priority")
        read = Rule.parse(rule.text or "", rule.line) if rule is not None else Rule()
        given = priority.text if priority is not None else None
        number = int(given) if given is not None and given.isdigit() and len(given) < 10 else 0
        self.routers.append(Router(name, node.line, names, f"router {name}", read, number))

    def _put(self, name: str, kind: str, options: Node, line: int) -> None:
        self.middlewares[name.lower()] = Middleware(name.lower(), kind.lower(), line, options)

    def take_label(self, key: str, value: str, line: int) -> None:
        """A label of a container."""
        match = _LABEL.fullmatch(key.strip())
        if match is None:
            return
        group, name, option = match[1].lower(), match[2].lower(), match[3]
        if group == "routers":
            _set(self.router_labels.setdefault(name, Node(line, pairs=[])), option.split("."), value, line)
            return
        root = self.labels.setdefault(name, Node(line, pairs=[]))
        _set(root, option.split("."), value, line)

    def settle_labels(self) -> None:
        """Make middlewares of the labels, once all are read."""
        for name, root in self.labels.items():
            for kind, options in root.entries():
                self._put(name, kind, options, root.line)
        for name, root in self.router_labels.items():
            if root.get("middlewares") is not None:
                self._router(name, root)

    def take_resource(self, root: Node) -> None:
        """A Kubernetes resource of Traefik: Middleware or IngressRoute."""
        kind, spec, name = _text(root, "kind"), root.get("spec"), _text(root, "metadata", "name") or "unnamed"
        if spec is None:
            return
        if kind == "Middleware":
            for option, options in spec.entries():
                self._put(name, option, options, root.line)
        elif kind == "IngressRoute":
            for route in node.items or [] if (node := spec.get("routes")) is not None else []:
                listed = route.get("middlewares")
                names = [_text(each, "name") or "" for each in (listed.items or [])] if listed is not None else []
                match = route.get("match")
                rule = Rule.parse(match.text or "", match.line) if match is not None else Rule()
                self.routers.append(Router(name, route.line, names, f"IngressRoute {name}", rule))


def _text(root: Node, *path: str) -> str | None:
    node = root.get(*path)
    return node.text if node is not None else None


def _set(root: Node, path: list[str], value: str, line: int) -> None:
    """Put a label's value into the tree that the same option would be in a file."""
    here = root
    for part in path[:-1]:
        found = here.get(part)
        if found is None or found.pairs is None:
            found = Node(line, pairs=[])
            _put_pair(here, part, found)
        here = found
    _put_pair(here, path[-1], Node(line, text=value))


def _put_pair(node: Node, key: str, value: Node) -> None:
    kept = [pair for pair in node.pairs or [] if pair[0].text != key]
    node.pairs = [*kept, (Node(value.line, text=key), value)]  # of two labels with one name the last one counts


def read_traefik(documents: list[Node], path: Path, file: str) -> tuple[list[TraefikPlace], list[Remark]]:
    """The places of a file of the file provider, of Kubernetes resources, or of the files that a static configuration names.

    Raises:
        UnreadableConfiguration: it is none of these, or a file that it names does not exist.
    """
    read = TraefikFile(file)
    places: list[TraefikPlace] = []
    remarks: list[Remark] = []
    for root in documents:
        if root.pairs is None:
            raise UnreadableConfiguration(file, root.line, "This is no configuration of Traefik: a mapping must be at the top.")
        read.take_dynamic(root)
        read.take_resource(root)
        around = dict(_of_entry_points(root))
        for named in _dynamic_files(root, path, file, remarks):
            name = os.path.join(os.path.dirname(file), os.path.relpath(named, path.parent.resolve()))
            inner = TraefikFile(name, around=around)
            for each in read_tree(read_text(named, name), name):
                inner.take_dynamic(each)
            places += inner.places()
    return [*read.places(), *places], remarks


def _of_entry_points(root: Node) -> Iterator[tuple[str, list[str]]]:
    """The middlewares that an entry point puts around those of its routers."""
    points = root.get("entryPoints")
    for name, point in points.entries() if points is not None else ():
        listed = point.get("http", "middlewares")
        if listed is not None:
            yield name.lower(), [text for text, _ in listed.texts()]


def _dynamic_files(root: Node, path: Path, file: str, remarks: list[Remark]) -> Iterator[Path]:
    """The files of the file provider that a static configuration names, those in its own folder."""
    home = path.parent.resolve()
    for option in ("filename", "directory"):
        node = root.get("providers", "file", option)
        if node is None or not node.text:
            continue
        named = (home / node.text).resolve()
        if home != named and home not in named.parents:
            message = f"The file provider reads {quoted(node.text)}, which is outside the folder and was not read."
            remarks.append(Remark(None, message, file, node.line, "info"))
        elif option == "filename" and not named.is_file():
            raise UnreadableConfiguration(file, node.line, f"The file {quoted(node.text)} of the file provider does not exist.")
        elif option == "filename":
            yield named
        else:
            yield from sorted(each for each in named.glob("*.y*ml") if each.is_file() and each != path.resolve())[:MOST_FILES]


def is_cors_label(key: str) -> bool:
    """Whether a label belongs to a router or middleware of Traefik."""
    return _LABEL.fullmatch(key.strip()) is not None
