"""What the bytes of a program tell of its writes: POST routes, and what they accept as proof of who is asking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corsense.lint.files import INCLUDES, POST_LISTED, POST_ROUTE, makes_an_app
from corsense.lint.program import Program

Proof = Literal["cookie", "other", "none"]

_COOKIES = (b"sessionmiddleware", b"cookie(", b".cookies", b"request.session", b"apikeycookie", b"httpbasic", b"cookietransport")
_OTHERS = (
    b"httpbearer", b"oauth2", b"apikeyheader", b"authoriz", b"authentic", b"authed", b".auth", b"auth.", b"_auth", b"auth_",
    b"security", b"bearer", b"jwt", b"api_key", b"apikey", b"api-key", b"current_user", b"password", b"verify_", b"login",
    b"http_401", b"status_code=401", b"status_code=403", b"signature", b"is_admin",
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


@dataclass(eq=False)
class WritingApps:
    """The apps of a program that take writes. Files are read as bytes, and none is parsed."""

    program: Program

    def unguarded(self, home: Path) -> Writes | None:
        """The writes of the app that a file makes, in what it imports and in the routers that these include; None where it has
        none in sight, and where something guards against foreign pages. `home` is an absolute path."""
        if not makes_an_app(self.program.content(home)):
            return None
        files = self._reachable(home)
        routes = [route for file in files if (route := self._route(file)) is not None]
        if not routes or any(self._names(file, _GUARDS) for file in files):
            return None
        proof: Proof = "none"
        if any(self._names(file, _COOKIES) for file in files):
            proof = "cookie"
        elif any(self._names(file, _OTHERS) for file in files):
            proof = "other"
        bind = _BIND.search(self.program.content(home))
        route = next((route for route in routes if route != _UNNAMED), _UNNAMED)
        return Writes(route, proof, bind[1].decode() if bind is not None else None)

    def _reachable(self, start: Path) -> list[Path]:
        """A file, those that it imports, and what those import that include routers."""
        waiting, seen = [start], {start}
        for path in waiting:
            if path is start or INCLUDES.search(self.program.content(path)) is not None:
                found = [imported for imported in self.program.imports_of(path) if imported not in seen]
                waiting += found[: max(0, _MOST_FILES - len(waiting))]
                seen.update(found)
        return waiting

    def _route(self, path: Path) -> str | None:
        """The first POST route of a file."""
        facts = self.program.facts(path)
        if "route" not in facts:
            content = self.program.content(path)
            named = POST_ROUTE.search(content)
            listed = named is None and b"POST" in content and POST_LISTED.search(content) is not None
            written = named[1].decode("utf-8", "replace") if named is not None else ""
            text = f"POST {written or '/'}" if written.isprintable() else _UNNAMED
            facts["route"] = _UNNAMED if listed else text if named is not None else None
        found: str | None = facts["route"]
        return found

    def _names(self, path: Path, words: tuple[bytes, ...]) -> bool:
        """Whether a file has one of some words, in upper or lower case."""
        facts = self.program.facts(path)
        if words not in facts:
            if "lowered" not in facts:
                facts["lowered"] = self.program.content(path).lower()
            lowered = facts["lowered"]
            facts[words] = any(word in lowered for word in words) or (words is _OTHERS and _TOKEN.search(lowered) is not None)
        return bool(facts[words])
