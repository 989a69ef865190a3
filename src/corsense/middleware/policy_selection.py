"""Which policy a request is judged by, where there is more than one: by its route, by its path.

The path is the one the router sees: decoded by the server, without `root_path`, case-sensitive, `+` left alone
(CVE-2024-6839, CVE-2024-6844, CVE-2024-6866); and no path is judged before its `..` are resolved (CVE-2020-25032).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from corsense.errors import quoted
from corsense.faults import Fault, PolicyError
from corsense.middleware.compiled import CompiledPolicy
from corsense.middleware.response_headers import Scope

if TYPE_CHECKING:
    from corsense.middleware.route_policy import RoutePolicy
    from corsense.policy import Policy

LITERAL: Final = 0
ONE: Final = 1
REST: Final = 2

_MOST_FOUND = 1024
_DEEPEST = 20
_FULL, _PARTIAL = 2, 1

Rules = CompiledPolicy | None
CompilePolicy = Callable[["Policy", bool], CompiledPolicy]
"""Compiles a policy: that of all paths and routes without their own (True), or of some (False)."""


def compile_rules(
    policy: Policy | None,
    policies: Mapping[str, Policy | None] | None,
    *,
    marks: bool = False,
    compile_policy: CompilePolicy | None = None,
    selecting: bool = False,
) -> CompiledPolicy | PolicySelector:
    """The policies in the form that requests are judged by. `marks`: there may be marked routes; `compile_policy`: how a policy
    is compiled, where a subclass takes part; `selecting`: a `PolicySelector` even where there is one policy only. Raises
    `PolicyError` for invalid patterns."""
    default = _compiled(policy, compile_policy, is_default=True)
    if policies is None and default is not None and not marks and not selecting:
        return default
    paths = PathRules(policies, compile_policy) if policies else None
    return PolicySelector(default, paths, marks=marks, compile_policy=compile_policy)


class PathRules:
    """Policies by path: the most specific pattern wins, whatever the order in which they are given.

    `/a/b`: this path. `/a/*`: `/a` and everything below. `/a/*/c`, `/a/{id}/c`: one segment is open. Compared segment by segment,
    a literal one is more specific than an open one, and that more than the rest. Raises `PolicyError`.
    """

    def __init__(self, policies: Mapping[str, Policy | None], compile_policy: CompilePolicy | None = None) -> None:
        faults = pattern_faults(policies)
        if faults:
            raise PolicyError(faults)
        self.policies: dict[str, Policy | None] = dict(policies)
        compiled = [
            (_segments(pattern), _compiled(policy, compile_policy, is_default=False)) for pattern, policy in policies.items()
        ]
        self._rules = sorted(compiled, key=lambda rule: [kind for kind, _ in rule[0]])
        self._shut: dict[int, CompiledPolicy] = {}

    def find(self, path: str, default: Rules) -> Rules:
        """The rules for a path. One that leads from one policy into another by `.`, `..` or empty segments, which a server or
        an app may resolve before it serves the path, gets neither."""
        rules = self._find(path, default)
        if "/." not in path and "//" not in path:
            return rules
        resolved = self._find(_resolve(path), default)
        if resolved is rules:
            return rules
        some = rules or resolved
        assert some is not None
        if id(some) not in self._shut:
            self._shut[id(some)] = some.shut()
        return self._shut[id(some)]

    def _find(self, path: str, default: Rules) -> Rules:
        parts = path.split("/", 64)[1:]
        for segments, rules in self._rules:
            if _matches(segments, parts):
                return rules
        return default


class RoutePolicies:
    """The marked routes of an app, found by asking its own router where a request goes."""

    def __init__(self, routes: Any) -> None:
        self._routes = routes
        self._by_endpoint: dict[int, RoutePolicy] = {}
        self._endpoints: list[Any] = []
        for endpoint, mark in _marked(routes, 0):
            self._by_endpoint[id(endpoint)] = mark
            self._endpoints.append(endpoint)
        self._found: dict[tuple[str, str, str, str], RoutePolicy | None] = {}

    def __bool__(self) -> bool:
        return bool(self._endpoints)

    def find(self, scope: Scope) -> RoutePolicy | None:
        """The mark of the route that this request, or the request that this preflight asks for, is served by."""
        method, host = str(scope.get("method", "")), ""
        for name, value in scope["headers"]:
            if name == b"access-control-request-method" and method == "OPTIONS":
                method = value[:64].decode("latin-1")
            elif name == b"host":
                host = value[:256].decode("latin-1")
        key = (method, scope["path"], scope.get("root_path", ""), host)
        if key not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            asked = {**scope, "method": method}
            endpoint = _endpoint(self._routes, asked, 0) or _endpoint(self._routes, _other_slash(asked), 0)
            self._found[key] = self._by_endpoint.get(id(endpoint))
        return self._found[key]


class PolicySelector:
    """Chooses the rules for each request. `default` where no route and no path has its own; None: the request is left alone."""

    def __init__(
        self, default: Rules, paths: PathRules | None, *, marks: bool = True, compile_policy: CompilePolicy | None = None
    ) -> None:
        self.default = default
        self._paths = paths
        self._looks = marks
        self._marks: RoutePolicies | None = None
        self._compile = compile_policy
        # A mark is shared by all layers; what a subclass makes of it belongs to this one.
        self._compiled: dict[RoutePolicy, Rules] = {}

    @property
    def varies(self) -> bool:
        """Whether the rules depend on the path or the route."""
        return self._paths is not None or bool(self._marks)

    @property
    def policies(self) -> Mapping[str, Policy | None]:
        """The policies of single paths, by pattern."""
        return {} if self._paths is None else self._paths.policies

    def afresh(self) -> PolicySelector:
        """The same, to look for marked routes once more."""
        return PolicySelector(self.default, self._paths, compile_policy=self._compile)

    def select(self, scope: Scope, app: Any = None) -> Rules:
        """The rules for a request; None: the request is left alone."""
        if self._looks:
            if self._marks is None:
                self._marks = RoutePolicies(_routes_of(scope, app))
                self._looks = bool(self._marks)
            mark = self._marks.find(scope) if self._looks else None
            if mark is not None:
                return mark.rules if self._compile is None else self._of_mark(mark)
        if self._paths is None:
            return self.default
        return self._paths.find(route_path(scope), self.default)

    def _of_mark(self, mark: RoutePolicy) -> Rules:
        if mark not in self._compiled:
            self._compiled[mark] = _compiled(mark.policy, self._compile, is_default=False)
        return self._compiled[mark]


def most_specific(patterns: Iterable[str], path: str) -> str | None:
    """The pattern of `policies` that covers a path; None when none does."""
    parts = path.split("/", 64)[1:]
    ranked = sorted(patterns, key=lambda pattern: [kind for kind, _ in _segments(pattern)])
    return next((pattern for pattern in ranked if _matches(_segments(pattern), parts)), None)


def route_path(scope: Scope) -> str:
    """The path as Starlette's router sees it: without `root_path`, where the path has it in front."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if not root or not path.startswith(root):
        return path
    if path == root:
        return ""
    return path[len(root) :] if path[len(root)] == "/" else path


def _compiled(policy: Policy | None, compile_policy: CompilePolicy | None, *, is_default: bool) -> Rules:
    if policy is None:
        return None
    return CompiledPolicy(policy) if compile_policy is None else compile_policy(policy, is_default)


def pattern_faults(policies: Mapping[str, Policy | None]) -> list[Fault]:
    """What is wrong with the paths of `policies`. Raises TypeError for a value that is neither a `Policy` nor None."""
    from corsense.policy import Policy

    for pattern, policy in policies.items():
        if policy is not None and not isinstance(policy, Policy):
            raise TypeError(f"policies[{pattern!r}] must be a Policy or None, not {type(policy).__name__}")
    return [fault for pattern in policies if (fault := _pattern_fault(pattern)) is not None]


def _pattern_fault(pattern: object) -> Fault | None:
    remedy = "Write '/public/*' for a path and all below it, '/health' for one path."
    if not isinstance(pattern, str) or not pattern.startswith("/"):
        return Fault(
            "policies", pattern, "path-pattern-invalid", f"{quoted(pattern)} is not a path: paths begin with '/'.", remedy
        )
    parts = pattern.split("/")[1:]
    if any("*" in part and part != "*" for part in parts):
        message = f"{quoted(pattern)} has a '*' that is not a whole segment."
        return Fault("policies", pattern, "path-pattern-invalid", message, remedy)
    if any(part in (".", "..") for part in parts) or "" in parts[:-1] or "?" in pattern or "#" in pattern or "%" in pattern:
        message = f"{quoted(pattern)} is not what a router sees: paths are decoded, without '.', '..', '//', query and fragment."
        return Fault("policies", pattern, "path-pattern-invalid", message, remedy)
    return None


def _segments(pattern: str) -> list[tuple[int, str]]:
    parts = pattern.split("/")[1:]
    found = []
    for index, part in enumerate(parts):
        if part == "*":
            found.append((REST if index == len(parts) - 1 else ONE, ""))
        elif part.startswith("{") and part.endswith(":path}"):
            found.append((REST, ""))
        elif part.startswith("{") and part.endswith("}"):
            found.append((ONE, ""))
        else:
            found.append((LITERAL, part))
    return found


def _matches(segments: list[tuple[int, str]], parts: list[str]) -> bool:
    for index, (kind, text) in enumerate(segments):
        if kind == REST:
            return True
        if index >= len(parts) or (kind == LITERAL and parts[index] != text):
            return False
    return len(parts) == len(segments)


def _resolve(path: str) -> str:
    resolved: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del resolved[-1:]
        elif part not in ("", "."):
            resolved.append(part)
    return "/" + "/".join(resolved) + ("/" if path.endswith("/") and resolved else "")


# Routes.


def _routes_of(scope: Scope, app: Any) -> Any:
    """The routes of the app that is served."""
    served: Any = scope.get("app")
    if hasattr(served, "routes"):
        return served.routes
    for _ in range(_DEEPEST):
        if app is None or hasattr(app, "routes"):
            break
        app = getattr(app, "app", None)
    return getattr(app, "routes", ())


def route_template(scope: Scope, app: Any = None) -> str | None:
    """The path of the route that Starlette's router would choose, as it was written (`/users/{id}`); `""` where it finds none,
    None where the routes of the app cannot be known."""
    routes = _routes_of(scope, app)
    return _template(routes, scope, 0) if routes else None


def _template(routes: Any, scope: Scope, depth: int) -> str:
    partial: tuple[Any, Any] | None = None
    for route in _flat(routes):
        match, child = route.matches(scope)
        if match.value == _FULL or (match.value == _PARTIAL and partial is None):
            partial = route, child
        if match.value == _FULL:
            break
    if partial is None:
        return ""
    route, child = partial
    path = str(getattr(route, "path", ""))
    inner = getattr(route, "routes", None)
    return path + _template(inner, {**scope, **child}, depth + 1) if inner and depth < _DEEPEST else path


def _endpoint(routes: Any, scope: Scope, depth: int) -> Any:
    """The endpoint that Starlette's router would choose."""
    partial: tuple[Any, Any] | None = None
    for route in _flat(routes):
        match, child = route.matches(scope)
        if match.value == _FULL:
            return _inside(route, child, scope, depth)
        if match.value == _PARTIAL and partial is None:
            partial = route, child
    return None if partial is None else _inside(*partial, scope, depth)


def _inside(route: Any, child: Any, scope: Scope, depth: int) -> Any:
    inner = getattr(route, "routes", None)
    if inner and depth < _DEEPEST:
        return _endpoint(inner, {**scope, **child}, depth + 1)
    return child.get("endpoint", getattr(route, "endpoint", None))


def _other_slash(scope: Scope) -> Scope:
    """The request that a redirect for its slash leads to: its answer is judged as that of the target."""
    path = scope["path"]
    return {**scope, "path": path.rstrip("/") or "/" if path.endswith("/") else f"{path}/"}


def _marked(routes: Any, depth: int) -> Iterator[tuple[Any, RoutePolicy]]:
    for route in _flat(routes) if depth < _DEEPEST else ():
        mark = route_policy_of(route)
        if mark is not None:
            yield getattr(route, "endpoint", None), mark
        yield from _marked(getattr(route, "routes", None) or (), depth + 1)


def _flat(routes: Any) -> Iterator[Any]:
    """The routes in the order in which they are tried; those of a router that FastAPI includes lazily in its place."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
            continue
        for context in contexts():
            yield getattr(context, "starlette_route", None) or context


def route_policy_of(route: Any) -> RoutePolicy | None:
    """The mark that `cors` put on a route, by its endpoint or a dependency; None when there is none."""
    return _mark_of(getattr(route, "endpoint", None)) or _dependency_mark(getattr(route, "dependant", None))


def _mark_of(endpoint: Any) -> RoutePolicy | None:
    from corsense.middleware.route_policy import MARK, RoutePolicy

    mark = getattr(endpoint, MARK, None)
    return mark if isinstance(mark, RoutePolicy) else None


def _dependency_mark(dependant: Any) -> RoutePolicy | None:
    """The last of the route's dependencies that is a mark: FastAPI puts those of outer routers first."""
    from corsense.middleware.route_policy import RoutePolicy

    calls = [getattr(dependency, "call", None) for dependency in getattr(dependant, "dependencies", ())]
    marks = [call for call in calls if isinstance(call, RoutePolicy)]
    return marks[-1] if marks else None
