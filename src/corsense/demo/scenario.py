"""`Scenario`: an app with one fault, and the request of a page that shows it."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from corsense.fetch import FetchRequest
from corsense.fetch.request import Credentials

Kind = Literal["blocked", "open door", "hidden header", "harmless"]
Variant = Literal["broken", "repaired"]

_PORT_IN_SOURCES = re.compile(r"(?<=localhost:)3000\b")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One entry of `scenarios/scenarios.toml`, which says what each field means; `source` is the text of the app, `by_hand` that
    of its repair where no edit can be sure. Port 3000 in both stands for that of the page."""

    name: str
    row: int
    title: str
    page: str
    request: str
    source: str
    by_hand: str | None = None
    kind: Kind = "blocked"
    finding: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    credentials: Credentials = "same-origin"
    friend: str | None = None
    reads: str | None = None

    @property
    def context(self) -> str:
        """What happened, in a sentence or two."""
        return (ast.get_docstring(ast.parse(self.source)) or "").replace("\n", " ")

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.request.split()[0]

    @property
    def path(self) -> str:
        """The path of the request."""
        return self.request.split()[1]

    @property
    def has_repair(self) -> bool:
        """Whether there is something to repair."""
        return self.kind != "harmless"

    def origin(self, port: int) -> str:
        """The origin of the page that makes the request, when pages are served on `port`."""
        return f"http://{self.page}:{port}"

    def friendly_origin(self, port: int) -> str:
        """The origin of the page that is meant to use the API."""
        return f"http://{self.friend or self.page}:{port}"

    def broken(self, port: int) -> str:
        """The app as it was found, for pages on `port`."""
        return _PORT_IN_SOURCES.sub(str(port), self.source)

    def repaired_by_hand(self, port: int) -> str | None:
        """The repair by hand, for pages on `port`; None where corsense proposes one."""
        return _PORT_IN_SOURCES.sub(str(port), self.by_hand) if self.by_hand is not None else None

    def fetch(self, server: str, port: int) -> FetchRequest:
        """The request as the page on `port` makes it of `server` (`http://localhost:8000`)."""
        return FetchRequest(
            url=server + self.path,
            origin=self.origin(port),
            method=self.method,
            headers=self.sent_headers,
            credentials=self.credentials,
            body=self.body,
        )

    @property
    def sent_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that script sets."""
        return ((("Content-Type", "application/json"),) if self.body is not None else ()) + self.headers


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, in the order in which the page lists them."""
    folder = files(__package__) / "scenarios"
    listed = tomllib.loads((folder / "scenarios.toml").read_text("utf-8"))["scenario"]
    return tuple(_scenario(entry) for entry in listed)


def _scenario(entry: dict[str, Any]) -> Scenario:
    folder = files(__package__) / "scenarios"
    name = entry["name"]
    by_hand = folder / f"{name}.repaired.py"
    headers = tuple(cast("tuple[str, str]", tuple(line.split(": ", 1))) for line in entry.pop("headers", ()))
    return Scenario(
        **entry,
        headers=headers,
        source=(folder / f"{name}.py").read_text("utf-8"),
        by_hand=by_hand.read_text("utf-8") if by_hand.is_file() else None,
    )
