"""Random scenarios: what a page asks for, and a server that answers at random. The same number gives the same scenario."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from corsense.browsers import Answered
from corsense.fetch import FetchRequest, NetworkError, WireRequest, WireResponse

T = TypeVar("T")
Lines = list[tuple[str, str]]

ORIGINS = (
    "http://localhost:3000", "http://127.0.0.1:5173", "http://frontend.test:3000", "https://app.example.com",
    "https://localhost:3443", "null",
)  # fmt: skip
TARGETS = (
    "http://localhost:8000/items", "http://127.0.0.1:8000/items/1?page=2", "https://api.example.com/items",
    "https://localhost:8443/items#top", "http://localhost:3000/api/items", "http://api.example.com/items",
)  # fmt: skip
METHODS = ("GET", "GET", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "QUERY", "patch", "put", "OPTIONS")
HEADERS = (
    ("Content-Type", "application/json"), ("Content-Type", "text/plain"), ("Content-Type", "application/x-www-form-urlencoded"),
    ("Authorization", "Bearer example"), ("X-Requested-With", "XMLHttpRequest"), ("X-Page", "2"), ("Accept", "application/json"),
    ("Accept-Language", "de"), ("Range", "bytes=0-5"), ("Range", "bytes=0-5,7-9"), ("If-None-Match", '"1"'), ("X-Empty", ""),
    ("Content-Language", "en"),
)  # fmt: skip
STATUSES = (200, 200, 200, 200, 201, 204, 400, 401, 403, 404, 422, 500, 503)
PREFLIGHT_STATUSES = (200, 200, 200, 204, 204, 204, 206, 299, 301, 307, 400, 401, 403, 404, 405, 500)
NAMES = ("X-Total-Count", "ETag", "X-Request-Id", "Content-Language")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A request of a page, and the server that answers it. `number` is what it was made from."""

    number: int
    request: FetchRequest
    answers: dict[bool, WireResponse] = field(repr=False)
    elsewhere: dict[bool, WireResponse] = field(repr=False)

    def answer(self, request: WireRequest, body: bytes) -> Answered | NetworkError:
        """The same answers at the address that was asked for; others where a redirect leads."""
        here = request.url == self.request.url.partition("#")[0]
        response = (self.answers if here else self.elsewhere)[request.preflight]
        return Answered(response, b"" if response.status in (204, 304) else b"{}")


def scenario(number: int) -> Scenario:
    """The scenario of a number."""
    dice = random.Random(number)
    request = _request(dice)
    return Scenario(number, request, _server(dice, request, redirects=True), _server(dice, request, redirects=False))


def _request(dice: random.Random) -> FetchRequest:
    initiator = dice.choices(("fetch", "xhr", "eventsource"), (60, 35, 5))[0]
    method = dice.choice(METHODS)
    if initiator == "eventsource":
        return FetchRequest(
            dice.choice(TARGETS), dice.choice(ORIGINS), initiator=initiator, credentials=dice.choice(("same-origin", "include"))
        )
    headers = dice.sample(HEADERS, dice.choices((0, 1, 2, 3), (40, 35, 20, 5))[0])
    body = dice.choice((None, "{}", "a=1")) if method.upper() in ("POST", "PUT", "PATCH", "DELETE", "QUERY") else None
    by_xhr = initiator == "xhr"
    return FetchRequest(
        url=dice.choice(TARGETS),
        origin=dice.choice(ORIGINS),
        method=method,
        headers=tuple({name: (name, value) for name, value in headers}.values()),
        credentials=dice.choice(("same-origin", "include")) if by_xhr else dice.choice(("omit", "same-origin", "include")),
        mode="cors" if by_xhr else dice.choices(("cors", "no-cors", "same-origin"), (90, 6, 4))[0],
        redirect="follow" if by_xhr else dice.choices(("follow", "error", "manual"), (90, 5, 5))[0],
        body=body,
        initiator=initiator,
    )


def _server(dice: random.Random, request: FetchRequest, *, redirects: bool) -> dict[bool, WireResponse]:
    return {True: _preflight(dice, request), False: _actual(dice, request, redirects)}


def _preflight(dice: random.Random, request: FetchRequest) -> WireResponse:
    status = dice.choice(PREFLIGHT_STATUSES[:6]) if dice.random() < 0.8 else dice.choice(PREFLIGHT_STATUSES)
    lines = _who(dice, request)
    method = request.method
    names = ", ".join(name for name, _ in request.headers)
    allowed = (method, f"GET, {method}", "*", method.lower(), "GET, POST", "GET PUT", "", None)
    lines += _maybe("Access-Control-Allow-Methods", _mostly_first(dice, (method, f"GET, {method}", "*"), allowed))
    allowed_headers = (f"{names}, content-type", f"content-type,{names.lower()}", "*", "content-type", "x-page", "x a", "", None)
    lines += _maybe("Access-Control-Allow-Headers", _mostly_first(dice, allowed_headers[:3], allowed_headers))
    if dice.random() < 0.3:
        lines.append(("Access-Control-Max-Age", dice.choice(("600", "0", "-1", "abc"))))
    if status in (301, 307):
        lines.append(("Location", "/elsewhere"))
    return WireResponse(status, tuple(lines))


def _actual(dice: random.Random, request: FetchRequest, redirects: bool) -> WireResponse:
    lines = _who(dice, request)
    if dice.random() < 0.4:
        exposed = dice.choice(("X-Total-Count", "*", "X-Total-Count, ETag", "etag,x-request-id", "X-Total-Count; ETag", ""))
        lines.append(("Access-Control-Expose-Headers", exposed))
    lines += [(name, "1") for name in dice.sample(NAMES, 2)]
    if redirects and dice.random() < 0.15:
        status = dice.choice((301, 302, 303, 307, 308))
        places = (
            "/items/",
            "http://localhost:8000/other",
            "https://api.example.com/other",
            "http://user:secret@localhost:8000/x",
        )
        return WireResponse(status, (*lines, ("Location", dice.choice(places))))
    kind = "text/event-stream" if request.initiator == "eventsource" and dice.random() < 0.7 else "application/json"
    return WireResponse(dice.choice(STATUSES), (*lines, ("Content-Type", kind)))


def _who(dice: random.Random, request: FetchRequest) -> Lines:
    """Whom an answer is for: mostly right, since one fault hides all that follow."""
    origin = request.origin
    good = (origin, origin, "*") if request.credentials != "include" else (origin, origin, origin)
    values = (
        origin, "*", "null", "https://other.example", f"{origin}/", origin.upper(), f"{origin}, *", f"{origin} ", "", "true",
        "http://localhost", f"{origin}, {origin}", None,
    )  # fmt: skip
    name = dice.choice(("Access-Control-Allow-Origin", "access-control-allow-origin"))
    lines = _maybe(name, _mostly_first(dice, good, values))
    if lines and dice.random() < 0.04:
        lines.append((name, dice.choice((origin, "*"))))
    credentials = _mostly_first(dice, ("true",), ("true", "false", "True", "1", "true, true", "", None))
    return lines + _maybe("Access-Control-Allow-Credentials", credentials)


def _mostly_first(dice: random.Random, usual: Sequence[T], all_values: Sequence[T]) -> T:
    return dice.choice(usual) if dice.random() < 0.8 else dice.choice(all_values)


def _maybe(name: str, value: str | None) -> Lines:
    return [] if value is None else [(name, value)]
