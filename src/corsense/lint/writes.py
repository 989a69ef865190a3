"""What the bytes of a program tell of its writes: POST routes, and what they take for a proof of who is asking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from corsense.lint.files import INCLUDES, POST_LISTED, POST_ROUTE
from corsense.lint.program import Program

Proof = Literal["cookie", "other", "none"]

_COOKIES = (b"sessionmiddleware", b"cookie(", b".cookies", b"request.session", b"apikeycookie", b"httpbasic", b"cookietransport")
_OTHERS = (
    b"httpbearer", b"oauth2", b"apikeyheader", b"authoriz", b"authentic", b"bearer", b"jwt", b"api_key", b"apikey", b"api-key",
    b"current_user", b"password", b"verify_", b"login", b"http_401", b"status_code=401", b"status_code=403", b"signature",
    b"is_admin",
)  # fmt: skip
_TOKEN = re.compile(rb"token\b")
_GUARDS = (
    b"csrf", b"xsrf", b"sec-fetch-site", b"crossoriginprotection", b"protection=", b'get("origin")', b"get('origin')",
    b'["origin"]', b"['origin']", b'b"origin"', b"b'origin'",
)  # fmt: skip
_BIND = re.compile(rb"\.run\((?:[^()]|\([^()]*\))*?\bhost\s*=\s*[\"']([\d.]+|localhost|::1?)[\"']")
_MOST_FILES = 200
_UNNAMED = "a POST"


@dataclass(frozen=True, slots=True)
class Writes:
    """A route that a form reaches, `POST /items`, and what the program takes for a `proof` of who is asking; `bind` is the
    loopback or LAN address that the server listens on, None where the program names none."""

    route: str
    proof: Proof
    bind: str | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the bytes of one file tell."""

    route: str | None
    cookie: bool
    other: bool
    guarded: bool
    includes: bool


@dataclass(eq=False)
class WritingApps:
    """The apps of a program that take writes. Files are read as bytes, each once, and none is parsed."""

    program: Program
    _facts: dict[Path, _Facts] = field(default_factory=dict, repr=False)

    def unguarded(self, home: Path) -> Writes | None:
        """The writes of the app that a file makes, in what it imports and in the routers that these include; None where it has
        none in sight, and where something guards against foreign pages. `home` is an absolute path."""
        route: str | None = None
        cookie = other = False
        for facts in self._reachable(home):
            if facts.guarded:
                return None
            route = facts.route if route in (None, _UNNAMED) and facts.route is not None else route
            cookie, other = cookie or facts.cookie, other or facts.other
        if route is None:
            return None
        bind = _BIND.search(self.program.content(home))
        return Writes(route, "cookie" if cookie else "other" if other else "none", bind[1].decode() if bind is not None else None)

    def _reachable(self, start: Path) -> Iterator[_Facts]:
        """The facts of a file, of those that it imports, and of what those import that include routers."""
        waiting, seen = [start], {start}
        for path in waiting:
            facts = self._of(path)
            yield facts
            if path is start or facts.includes:
                found = [imported for imported in self.program.imports_of(path) if imported not in seen]
                waiting += found[: max(0, _MOST_FILES - len(waiting))]
                seen.update(found)

    def _of(self, path: Path) -> _Facts:
        if path not in self._facts:
            content = self.program.content(path)
            lowered = content.lower()
            named = POST_ROUTE.search(content)
            route = f"POST {named[1].decode('utf-8', 'replace') or '/'}" if named is not None else None
            if route is None and b"POST" in content and POST_LISTED.search(content) is not None:
                route = _UNNAMED
            self._facts[path] = _Facts(
                route,
                any(word in lowered for word in _COOKIES),
                any(word in lowered for word in _OTHERS) or _TOKEN.search(lowered) is not None,
                any(word in lowered for word in _GUARDS),
                INCLUDES.search(content) is not None,
            )
        return self._facts[path]
