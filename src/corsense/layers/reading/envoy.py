"""Envoy: the CORS filter, its policy on routes and virtual hosts, and headers that routes add.

Source: Envoy, *CORS* HTTP filter, `CorsPolicy`, and *HTTP header manipulation*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, literal, whole
from corsense.layers.reading.result import Remark, UnreadableConfiguration
from corsense.layers.reading.trial import ASKED, UNSENT, HeaderLine, LayerAnswer, Trial, Unread
from corsense.layers.reading.yaml_tree import Node

FILTER = "envoy.filters.http.cors"
_REFUSES = {
    "envoy.filters.http.ext_authz": 403,
    "envoy.filters.http.jwt_authn": 401,
    "envoy.filters.http.oauth2": 401,
    "envoy.filters.http.rbac": 403,
    "envoy.filters.http.local_ratelimit": 429,
    "envoy.filters.http.ratelimit": 429,
    "envoy.filters.http.lua": 403,
    "envoy.filters.http.wasm": 403,
    "envoy.filters.http.fault": 503,
}
_ALWAYS_REFUSES = {"envoy.filters.http.basic_auth": 401}
_MOST_PATHS = 100
_QUERY_ORIGIN = ("%REQ(ORIGIN)%", "%REQUEST_HEADER(ORIGIN)%")


@dataclass(slots=True)
class EnvoyPlace:
    """A path of a virtual host: the routes that may answer there, in their order."""

    where: str
    file: str
    line: int | None
    routes: list[Node]
    host: Node
    config: Node
    filters: list[str]
    names: dict[str, int]
    speaks_of: str = "Envoy"
    is_static: bool = False
    is_proxy: bool = True
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        route = next((each for each in self.routes if _is_taken(each, trial)), None)
        if route is None:
            return LayerAnswer(404, (), self.line)
        levels = [route, self.host, self.config]
        direct = route.get("direct_response", "status")
        if direct is not None and direct.text is not None and direct.text.isdigit():
            return LayerAnswer(int(direct.text), tuple(_headers(levels, trial)), direct.line)  # no filter sees it
        if route.get("redirect") is not None:
            return LayerAnswer(301, (), route.line)
        cors = (_policy(route) or _policy(self.host) or _policy(self.config)) if FILTER in self.filters else None
        stopped = self._stopped(cors, trial)
        if stopped is not None:
            return stopped
        own = None if trial.situation in ("success", "error") else 413 if trial.situation == "early-error" else 503
        added = list(_headers(levels, trial))
        names = {line.name for line in added if not line.is_added}
        lines = [line for line in self._cors_lines(cors, trial) if line.name not in names]
        return LayerAnswer(own, (*lines, *added), route.line, frozenset(_removed(levels)))

    def _stopped(self, cors: Node | None, trial: Trial) -> LayerAnswer | None:
        """What a filter answers, in the order of the filters."""
        passed = False
        for name in self.filters:
            if name == FILTER:
                passed = True
                if cors is not None and trial.is_preflight and (answer := self._preflight(cors, trial)) is not None:
                    return answer
            elif (status := self._refusal(name, trial)) is not None:
                kept = (*self._cors_lines(cors if passed else None, trial),)
                return LayerAnswer(status, kept, self.names.get(name))
            elif "cache" in name and not passed and cors is not None:
                message = "The cache stands before the CORS filter, so stored responses have no CORS headers."
                raise Unread(message, self.names.get(name))
        return None

    def _refusal(self, name: str, trial: Trial) -> int | None:
        if name in _ALWAYS_REFUSES and trial.is_preflight:
            return _ALWAYS_REFUSES[name]
        if name in _REFUSES and trial.whether(f"{name} refuses the request", self.names.get(name)):
            return _REFUSES[name]
        return 413 if name == "envoy.filters.http.buffer" and trial.situation == "early-error" else None

    def _preflight(self, cors: Node, trial: Trial) -> LayerAnswer | None:
        allowed = self._allowed(cors, trial)
        if not allowed:
            forwards = cors.get("forward_not_matching_preflights")
            if forwards is None or forwards.is_true:
                return None
            return LayerAnswer(200, (), cors.line)
        lines = [HeaderLine("access-control-allow-origin", trial.origin, allowed)]
        for option, header in (("allow_methods", "methods"), ("allow_headers", "headers")):
            node = cors.get(option)
            if node is not None and node.text:
                lines.append(HeaderLine(f"access-control-allow-{header}", node.text, node.line))
        age = cors.get("max_age")
        if age is not None and age.text:
            lines.append(HeaderLine("access-control-max-age", age.text, age.line))
        return LayerAnswer(200, (*lines, *_credentials(cors)), cors.line)

    def _cors_lines(self, cors: Node | None, trial: Trial) -> Iterator[HeaderLine]:
        """What the filter puts on answers to requests of allowed origins."""
        allowed = self._allowed(cors, trial) if cors is not None else None
        if cors is None or not allowed:
            return
        yield HeaderLine("access-control-allow-origin", trial.origin, allowed)
        yield from _credentials(cors)
        exposed = cors.get("expose_headers")
        if exposed is not None and exposed.text:
            yield HeaderLine("access-control-expose-headers", exposed.text, exposed.line)

    def _allowed(self, cors: Node, trial: Trial) -> int | None:
        """The line of the matcher that allows the Origin; None where none does."""
        for option in ("shadow_enabled", "filter_enabled"):
            node = cors.get(option)
            if node is not None:
                raise Unread(f"{option} decides at run time whether the policy holds.", node.line)
        matchers = cors.get("allow_origin_string_match")
        for matcher in matchers.items or [] if matchers is not None else []:
            if _matches(matcher, trial):
                return matcher.line
        return None


def _credentials(cors: Node) -> Iterator[HeaderLine]:
    node = cors.get("allow_credentials")
    if node is not None and node.is_true:
        yield HeaderLine("access-control-allow-credentials", "true", node.line)


def _matches(matcher: Node, trial: Trial, *, star: bool = True) -> bool:
    """Whether a matcher allows the Origin. In a policy, one that matches the text `*` allows every origin (`star`)."""
    ignores = matcher.get("ignore_case")
    any_case = ignores is not None and ignores.is_true
    exact = matcher.get("exact")
    if exact is not None and exact.text is not None:
        return (star and exact.text == "*") or trial.equals(exact.text.lower() if any_case else exact.text, exact.line)
    try:
        found = _expression(matcher, any_case=any_case)
    except UnknownSyntax as error:
        raise Unread(str(error), matcher.line) from None
    if found is None:
        raise Unread("This kind of match is not read.", matcher.line)
    return (star and found.matches("*")) or trial.matches(found, matcher.line)


def _expression(matcher: Node, *, any_case: bool) -> OriginMatch | None:
    for kind in ("prefix", "suffix", "contains"):
        node = matcher.get(kind)
        if node is not None and node.text is not None:
            return literal(node.text.lower() if any_case else node.text, kind)
    regex = matcher.get("safe_regex", "regex")
    return whole(regex.text, any_case=any_case) if regex is not None and regex.text is not None else None


def _headers(levels: list[Node], trial: Trial) -> Iterator[HeaderLine]:
    """What routes, virtual hosts and the route configuration add, the innermost first."""
    found: list[HeaderLine] = []
    for level in levels:
        listed = level.get("response_headers_to_add")
        for each in listed.items or [] if listed is not None else []:
            key, value = each.get("header", "key"), each.get("header", "value")
            if key is None or key.text is None or value is None or value.text is None or not _concerns(key.text):
                continue
            name = key.text.lower()
            action, old = each.get("append_action"), each.get("append")
            appends = action is None and not (old is not None and old.text == "false")
            appends = appends or (action is not None and action.text == "APPEND_IF_EXISTS_OR_ADD")
            if action is not None and action.text in ("ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS"):
                raise Unread(f"{action.text} depends on the headers of the app.", each.line)
            if not appends:
                found = [line for line in found if line.name != name]
            elif name == "access-control-allow-origin" and any(line.name == name for line in found):
                raise Unread("Access-Control-Allow-Origin is added twice.", each.line)
            found.append(HeaderLine(name, _value(value, trial), value.line, is_added=appends))
    yield from found


def _value(value: Node, trial: Trial) -> str:
    text = value.text or ""
    if text.upper() in _QUERY_ORIGIN:
        return trial.origin
    if text.upper() == "%REQ(ACCESS-CONTROL-REQUEST-HEADERS)%":
        return ASKED if trial.is_preflight else ""
    if "%" in text.replace("%%", ""):
        raise Unread("This value has a command operator that corsense does not read.", value.line)
    return text.replace("%%", "%")


def _removed(levels: list[Node]) -> Iterator[str]:
    for level in levels:
        listed = level.get("response_headers_to_remove")
        yield from (text.lower() for text, _ in (listed.texts() if listed is not None else ()))


def _concerns(name: str) -> bool:
    return name.lower().startswith("access-control-") or name.lower() == "vary"


def read_envoy(documents: list[Node], file: str) -> tuple[list[EnvoyPlace], list[Remark]]:
    """The places of a configuration. Raises UnreadableConfiguration."""
    places: list[EnvoyPlace] = []
    remarks: list[Remark] = []
    for root in documents:
        if root.pairs is None:
            raise UnreadableConfiguration(file, root.line, "This is no configuration of Envoy: a mapping must be at the top.")
        for manager in _managers(root):
            places += _of_manager(manager, file, remarks)
    return places, remarks


def _managers(root: Node) -> Iterator[Node]:
    """The HTTP connection managers, wherever they stand."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.get("http_filters") is not None and (node.get("route_config") is not None or node.get("rds") is not None):
            yield node
        waiting += [value for _, value in reversed(node.pairs or [])]
        waiting += list(reversed(node.items or []))


def _of_manager(manager: Node, file: str, remarks: list[Remark]) -> Iterator[EnvoyPlace]:
    filters: list[str] = []
    names: dict[str, int] = {}
    listed = manager.get("http_filters")
    for each in listed.items or [] if listed is not None else []:
        name = each.get("name")
        if name is not None and name.text is not None:
            filters.append(_canonical(each, name.text))
            names[filters[-1]] = each.line
    config = manager.get("route_config")
    hosts = config.get("virtual_hosts") if config is not None else None
    remarks += _local_replies(manager, file)
    found = False
    for host in hosts.items or [] if hosts is not None and config is not None else []:
        for place in _of_host(host, config or host, file, filters, names):
            policies = [_policy(level) for level in (*place.routes, host, config or host)]
            policy = next((each for each in policies if each is not None), None)
            found = found or policy is not None
            if policy is not None and FILTER not in filters:
                place.notes = (_without_filter(policy, file),)
            yield place
    if FILTER in filters and not found and config is not None:
        message = "The CORS filter is in the chain, but no route or virtual host has a policy for it, so it does nothing."
        remedy = "Put a CorsPolicy in typed_per_filter_config of the virtual host."
        remarks.append(Remark("proxy-loses-cors", message, file, names[FILTER], "warning", remedy))


def _local_replies(manager: Node, file: str) -> Iterator[Remark]:
    """Headers of the answers that Envoy gives itself, which are set apart."""
    mappers = manager.get("local_reply_config", "mappers")
    for mapper in mappers.items or [] if mappers is not None else []:
        added = mapper.get("headers_to_add")
        for each in added.items or [] if added is not None else []:
            key = each.get("header", "key")
            if key is not None and key.text is not None and key.text.lower().startswith("access-control-"):
                message = f"local_reply_config sets {key.text} on some responses of Envoy itself, which corsense does not read."
                yield Remark(None, message, file, each.line, "warning")


def _without_filter(policy: Node, file: str) -> Remark:
    message = "There is a CORS policy, but no filter envoy.filters.http.cors in http_filters, so Envoy ignores it."
    return Remark("proxy-loses-cors", message, file, policy.line, "error", "Add the filter before the router.")


def _canonical(each: Node, name: str) -> str:
    """The filter's own name, where it was given another one."""
    kind = each.get("typed_config", "@type")
    if kind is not None and kind.text is not None and ".filters.http." in kind.text:
        return f"envoy.filters.http.{kind.text.partition('.filters.http.')[2].partition('.')[0]}"
    return name


def _of_host(host: Node, config: Node, file: str, filters: list[str], names: dict[str, int]) -> Iterator[EnvoyPlace]:
    title = f"virtual host {(name.text if (name := host.get('name')) is not None else None) or 'unnamed'}"
    listed = host.get("routes")
    routes = list(listed.items or []) if listed is not None else []
    paths = list(dict.fromkeys(_match(route) for route in routes))
    for path in paths[:_MOST_PATHS]:
        chosen = [route for route in routes if _covers(_match(route), path)]
        if _concern_cors(chosen, host, config):
            where = f"{title}, route {path}" if len(paths) > 1 else title
            yield EnvoyPlace(where, file, chosen[0].line, chosen, host, config, filters, names)


def _concern_cors(routes: list[Node], host: Node, config: Node) -> bool:
    levels = [*routes, host, config]
    if any(_policy(level) is not None for level in levels):
        return True
    listed = [found for level in levels if (found := level.get("response_headers_to_add")) is not None]
    keys = [key.text or "" for each in listed for item in each.items or [] if (key := item.get("header", "key")) is not None]
    return any(name.lower().startswith("access-control-") for name in (*keys, *_removed(levels)))


def _is_taken(route: Node, trial: Trial) -> bool:
    """Whether a route takes a request, as far as its headers tell."""
    headers = route.get("match", "headers")
    if route.get("match", "query_parameters") is not None:
        return trial.whether("the query has what the route asks for", route.line)
    return all(_has_header(each, trial) for each in (headers.items or [] if headers is not None else []))


def _has_header(matcher: Node, trial: Trial) -> bool:
    name = ((node.text if (node := matcher.get("name")) is not None else None) or "").lower()
    inverted = (node := matcher.get("invert_match")) is not None and node.is_true
    return _header_holds(name, matcher, trial) != inverted


def _header_holds(name: str, matcher: Node, trial: Trial) -> bool:
    present = matcher.get("present_match")
    exact = matcher.get("string_match", "exact") or matcher.get("exact_match")
    if name == ":method" and exact is not None:
        return trial.method == exact.text
    if name == "access-control-request-method" and present is not None:
        return trial.is_preflight == present.is_true
    if name == "access-control-request-headers" and present is not None:
        return trial.is_preflight == present.is_true  # without them, what is allowed does not matter
    if name in UNSENT:
        return False
    if name != "origin":
        return trial.whether(f"the header {name}", matcher.line)
    if present is not None:
        return present.is_true
    string = matcher.get("string_match")
    if string is None and exact is not None:
        return trial.equals(exact.text or "", exact.line)
    if string is None:
        raise Unread("This match of the Origin is not read.", matcher.line)
    return _matches(string, trial, star=False)


def _policy(level: Node) -> Node | None:
    per_filter = level.get("typed_per_filter_config")
    for key, value in per_filter.entries() if per_filter is not None else ():
        if key == FILTER or "cors.v3.CorsPolicy" in ((kind.text if (kind := value.get("@type")) is not None else None) or ""):
            return value
    old = level.get("cors") or level.get("route", "cors")
    return old if old is not None and old.pairs is not None else None


def _covers(one: str, path: str) -> bool:
    """Whether a route answers what another one's path stands for."""
    return path.startswith(one) or one == path


def _match(route: Node) -> str:
    for kind in ("prefix", "path", "path_separated_prefix"):
        node = route.get("match", kind)
        if node is not None and node.text is not None:
            return node.text
    regex = route.get("match", "safe_regex", "regex")
    return (regex.text if regex is not None else None) or "?"
