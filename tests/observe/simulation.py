"""Synthetic traffic of an API: a web team, mobile apps, previews of branches and partners, and people who try to get in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from random import Random

from corsense.observe import CredentialsSent, ObservedRequests, RequestKind, RequestTuple
from corsense.observe.table import ObservationTable
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy

FIRST_DAY = date(2026, 10, 26)
LIVE = Policy(
    origins="*",
    credentials=True,
    methods=["*"],
    request_headers=["*"],
    dangerously_allow_any_origin_with_credentials=True,
)
GUARDED = ["/me", "/orders", "/orders/{order_id}", "/invoices/{invoice_id}", "/settings"]
PUBLIC = ["/health", "/catalog", "/catalog/{item}"]
NAMES = ["lumen", "northwind", "tailspin", "quill", "harbor", "meridian", "copperline", "fernway", "solstice", "brightside"]
ENDINGS = ["com", "io", "dev", "co.uk", "app"]
HOSTILE_SHARE = 0.3


@dataclass
class World:
    """One company's traffic, drawn from a seed. `legitimate` and `hostile` are tuples with a count, by day."""

    seed: int
    legitimate: dict[date, list[tuple[RequestTuple, int]]] = field(default_factory=dict)
    hostile: dict[date, list[tuple[RequestTuple, int]]] = field(default_factory=dict)
    hostile_origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        names = self.random.sample(NAMES, 6)
        self.site = f"{names[0]}.{self.random.choice(ENDINGS)}"
        self.web = [f"https://{label}.{self.site}" for label in self.random.sample(["app", "www", "admin", "shop", "my"], 3)]
        self.mobile = self.random.sample(["capacitor://localhost", "https://localhost", "ionic://localhost"], 2)
        self.partners = [f"https://{name}.{self.random.choice(ENDINGS)}" for name in names[1:5]]
        self.foreign_site = f"{names[5]}-cdn.net"
        self.methods = self.random.sample(["PUT", "PATCH", "DELETE"], 2)
        for number in range(28):
            day = FIRST_DAY + timedelta(number)
            self.legitimate[day] = list(self._legitimate(number))
            total = sum(count for _, count in self.legitimate[day])
            self.hostile[day] = list(self._hostile(number, int(total * HOSTILE_SHARE / (1 - HOSTILE_SHARE))))

    def observed(self, days: range, *, legitimate: bool = True, hostile: bool = True) -> list[ObservedRequests]:
        """What two workers wrote of these days."""
        workers = ObservationTable(), ObservationTable()
        for number in days:
            day = FIRST_DAY + timedelta(number)
            drawn = [*(self.legitimate[day] if legitimate else []), *(self.hostile[day] if hostile else [])]
            for index, (request, count) in enumerate(drawn):
                workers[index % 2].add(request, count, day)
        return [seen for worker in workers for seen in worker]

    # Who may.

    def _legitimate(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        weekend = number % 7 >= 5
        for origin in self.web:
            yield from self._session(
                origin, CredentialsSent.COOKIES, ("content-type", "x-csrf-token"), 200 if not weekend else 20
            )
        for origin in self.mobile:
            yield from self._session(origin, CredentialsSent.AUTHORIZATION, ("authorization", "content-type"), 150)
        for branch in range(number * 2, number * 2 + 3):
            origin = f"https://pr-{branch}.preview.{self.site}"
            yield from self._session(origin, CredentialsSent.COOKIES, ("content-type", "x-csrf-token"), 5)
        for index, origin in enumerate(self.partners):
            if (number + index) % 7 in (0, 2, 4):
                yield from self._session(origin, CredentialsSent.AUTHORIZATION, ("authorization", "x-partner"), 4)

    def _session(
        self, origin: str, credentials: CredentialsSent, headers: tuple[str, ...], volume: int
    ) -> Iterator[tuple[RequestTuple, int]]:
        draw = self.random
        for route in draw.sample(GUARDED, 3):
            yield _request(origin, "GET", route, credentials, 2), draw.randint(1, volume)
            method = draw.choice(self.methods)
            yield _preflight(origin, method, route, headers), draw.randint(1, volume)
            yield _request(origin, method, route, credentials, 2), draw.randint(1, volume)
            if draw.random() < 0.3:
                yield _request(origin, "GET", route, credentials, 4), 1
        yield _request(origin, "GET", draw.choice(PUBLIC), CredentialsSent.NONE, 2), draw.randint(1, volume)

    # Who may not.

    def _hostile(self, number: int, budget: int) -> Iterator[tuple[RequestTuple, int]]:
        kinds = [
            self._posing, self._phishing, self._scanning, self._one_day, self._opaque, self._failing, self._padding, self._hosted,
            self._subdomains,
        ]  # fmt: skip
        drawn = [each for kind in kinds for each in kind(number)]
        for origin in {request.origin for request, _ in drawn} - {*self.web, *self.mobile, *self.partners}:
            self.hostile_origins.add(origin)
        spent = sum(count for _, count in drawn)
        rest = max(1, budget - spent)
        yield from drawn
        flood = f"https://flood-{number}.{self.foreign_site}"
        self.hostile_origins.add(flood)
        yield _request(flood, "GET", "/catalog", CredentialsSent.COOKIES, 2), rest

    def _posing(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        """Names like those of the company, with cookies that are made up: refused where it counts, served where it does not."""
        for host in (f"app.{self.site}.attacker.net", f"my{self.site}", f"login-{self.site}"):
            yield _request(f"https://{host}", "GET", "/me", CredentialsSent.COOKIES, 4), 20
            yield _request(f"https://{host}", "GET", "/catalog", CredentialsSent.COOKIES, 2), 20

    def _phishing(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        """A name one letter off, which really gets sessions of users, day after day."""
        name, _, rest = self.site.partition(".")
        posing = f"https://app.{name[:2]}{name[3] if name[3] != name[2] else 'x'}{name[2]}{name[4:]}.{rest}"
        yield _preflight(posing, "PUT", "/me", ("content-type",)), 3
        yield _request(posing, "GET", "/me", CredentialsSent.COOKIES, 2), 3
        yield _request(self.web[0].replace("https", "http"), "GET", "/me", CredentialsSent.COOKIES, 2), 2

    def _scanning(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        """Comes every day, and reads what everybody may read."""
        yield _request("https://scanner.example", "GET", "/catalog", CredentialsSent.NONE, 2), 30
        yield _request("https://scanner.example", "GET", "/orders", CredentialsSent.NONE, 4), 30

    def _one_day(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        """An account of its own, for a day."""
        origin = f"https://visitor-{number}-{self.random.randint(100, 999)}.example.org"
        yield _request(origin, "GET", "/me", CredentialsSent.AUTHORIZATION, 2), 10

    def _opaque(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        yield _request("null", "GET", "/me", CredentialsSent.COOKIES, 2), 5

    def _failing(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        for method in ("GET", "DELETE"):
            yield _request("https://bruteforce.example.net", method, "/orders/{order_id}", CredentialsSent.AUTHORIZATION, 4), 40

    def _padding(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        """Forges the origins of the company, to get names into its policy."""
        yield _preflight(self.web[0], "PURGE", "/orders", (f"x-evil-{number}",)), 3
        yield _request(self.web[0], "PURGE", "/orders", CredentialsSent.COOKIES, 4), 3

    def _hosted(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        for index in range(3):
            origin = f"https://site-{number}-{index}.vercel.app"
            yield _request(origin, "GET", "/catalog", CredentialsSent.COOKIES, 2), 2

    def _subdomains(self, number: int) -> Iterator[tuple[RequestTuple, int]]:
        yield _request(f"https://a{number}.{self.foreign_site}", "GET", "/health", CredentialsSent.COOKIES, 2), 2


@cache
def _request(origin: str, method: str, route: str, credentials: CredentialsSent, status: int) -> RequestTuple:
    plain = method == "GET" and credentials in (CredentialsSent.NONE, CredentialsSent.COOKIES)
    kind = RequestKind.SIMPLE if plain else RequestKind.ACTUAL
    return _judged(RequestTuple.make(origin, kind, method, (), route, credentials, status))


@cache
def _preflight(origin: str, method: str, route: str, headers: tuple[str, ...]) -> RequestTuple:
    return _judged(RequestTuple.make(origin, RequestKind.PREFLIGHT, method, headers, route, CredentialsSent.NONE, 2))


def _judged(request: RequestTuple | None) -> RequestTuple:
    assert request is not None
    made = RequestTuple.make(
        request.origin,
        request.kind,
        request.method,
        request.headers,
        request.route,
        request.credentials,
        request.status,
        verdict_on(request, LIVE),
    )
    assert made is not None
    return made
