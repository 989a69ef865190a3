"""`CorsMatrix`: what browsers let the pages of each origin do with each route of an app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from corsense._redaction import redact_text
from corsense.errors import InputError
from corsense.fetch import Allowed, Blocked, Browser, CorsError, Trace
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.testing.exchange_plan import ExchangePlan, Memory, Watched, watch
from corsense.testing.foreign_write import Outcome, WriteCell, outcomes
from corsense.testing.operations import PageOperation, page_operations
from corsense.testing.target import AssertionTarget
from corsense.url import parse_url

Word = Literal["allowed", "blocked", "failed"]
_WORDS = {("omit", "include"): "yes", ("include",): "with credentials", ("omit",): "without credentials", (): "-"}


class PageAccess(NamedTuple):
    """Something that a page may do: call `method` of `route` from `origin` with these `credentials`, and read the answer."""

    origin: str
    route: str
    method: str
    credentials: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}  credentials: {self.credentials}"


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One request of one page, judged. `error` is the browser's reason when it is blocked; `status` that of the last answer,
    None when there was none or it was synthesized; `trace` everything the browser did."""

    origin: str
    route: str
    method: str
    credentials: Credentials
    outcome: Word
    error: CorsError | None = None
    status: int | None = field(default=None, compare=False)
    trace: Trace | None = field(default=None, compare=False, repr=False)

    @property
    def access(self) -> PageAccess:
        """The cell's place in the matrix."""
        return PageAccess(self.origin, self.route, self.method, self.credentials)


@dataclass(frozen=True, slots=True)
class CorsMatrix:
    """Every route and method of an app, for every origin and credentials mode. Iterates over its cells, ordered by route, method,
    origin and credentials; equal when every cell has the same outcome for the same reason; prints as a table.

    `writes` says about each method that is not safe whether a page of any other origin can send it without permission (a form, a
    `no-cors` fetch): `runs`, `refused`, or `not tried`. It is the last column of the table.
    """

    cells: tuple[MatrixCell, ...]
    writes: tuple[WriteCell, ...] = ()

    def __iter__(self) -> Iterator[MatrixCell]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins, in the order they were given."""
        return tuple(dict.fromkeys(cell.origin for cell in self.cells))

    @property
    def allowed(self) -> frozenset[PageAccess]:
        """All that pages may do."""
        return frozenset(cell.access for cell in self.cells if cell.outcome == "allowed")

    def cell(self, method: str, route: str, origin: str, credentials: Credentials = "omit") -> MatrixCell:
        """One cell. Raises KeyError when the matrix has none of that description."""
        wanted = PageAccess(origin, route, method, credentials)
        for cell in self.cells:
            if cell.access == wanted:
                return cell
        raise KeyError(f"the matrix has no cell for {method} {route} from {origin} with credentials {credentials!r}")

    def foreign_write(self, method: str, route: str) -> Outcome:
        """Whether an untrusted page gets this request through. Raises KeyError when the matrix has no such request, or its method
        is safe."""
        for write in self.writes:
            if (write.method, write.route) == (method, route):
                return write.outcome
        raise KeyError(f"the matrix has no write {method} {route}")

    def gained(self, before: CorsMatrix) -> tuple[PageAccess, ...]:
        """What pages may do here that they could not do in `before`, sorted."""
        return tuple(sorted(self.allowed - before.allowed))

    def lost(self, before: CorsMatrix) -> tuple[PageAccess, ...]:
        """What pages could do in `before` and may not do here, sorted."""
        return tuple(sorted(before.allowed - self.allowed))

    def __str__(self) -> str:
        return table(self)


def measure(
    resolved: AssertionTarget,
    origins: Iterable[str],
    credentials: Sequence[Credentials],
    requests: Iterable[str] | None,
    engine: EngineName,
    run_unsafe: bool,
) -> ExchangePlan[CorsMatrix]:
    """The matrix of an app: see `corsense.testing.cors_matrix`."""
    pages = tuple(dict.fromkeys(origins))
    if not pages:
        raise InputError("no origin is given: name the pages to ask for, origins=['https://app.example.com']")
    operations = yield from page_operations(resolved, requests)
    memory = None if run_unsafe else Memory(resolved.has_cookies)
    cells: list[MatrixCell] = []
    for operation in operations:
        for origin in pages:
            for mode in credentials:
                request = operation.request(resolved, origin, mode)
                _insist_on_two_origins(request.url, origin)
                watched = yield from watch(request, Browser(engine=engine), run_unsafe=run_unsafe, memory=memory)
                cells.append(_cell(operation, origin, mode, watched))
    writes = yield from outcomes(resolved, operations, pages, run_unsafe)
    return CorsMatrix(tuple(cells), writes)


def _insist_on_two_origins(url: str, origin: str) -> None:
    target = parse_url(url)
    if target is not None and target.origin == origin:
        raise InputError(f"{origin} is the origin of the app itself, where CORS does not apply; drop it from the origins")


def _cell(operation: PageOperation, origin: str, credentials: Credentials, watched: Watched) -> MatrixCell:
    outcome = watched.trace.outcome
    response = watched.trace.response
    return MatrixCell(
        origin,
        operation.route,
        operation.method,
        credentials,
        "allowed" if isinstance(outcome, Allowed) else "blocked" if isinstance(outcome, Blocked) else "failed",
        outcome.error if isinstance(outcome, Blocked) else None,
        response.status if response is not None and not watched.withheld else None,
        watched.trace,
    )


def table(matrix: CorsMatrix) -> str:
    """The matrix as text: a line for each operation, a column for each origin, and one for the writes of any other page."""
    columns = ["", *matrix.origins, *(["foreign write"] if matrix.writes else [])]
    writes = {(write.route, write.method): write.outcome for write in matrix.writes}
    modes = {cell.credentials for cell in matrix.cells}
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for cell in matrix.cells:
        row = found.setdefault((cell.route, cell.method), {})
        row.setdefault(cell.origin, [])
        if cell.outcome == "allowed":
            row[cell.origin].append(cell.credentials)
    rows = [
        [
            f"{method} {redact_text(route)}",
            *(_word(row.get(origin), modes) for origin in matrix.origins),
            *([writes.get((route, method), "-")] if matrix.writes else []),
        ]
        for (route, method), row in found.items()
    ]
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in [columns, *rows]]
    return "\n".join(lines)


def _word(allowed: list[str] | None, modes: set[Credentials]) -> str:
    if not allowed:
        return "-"
    if set(allowed) == modes:
        return "yes"
    return _WORDS.get(tuple(sorted(allowed, reverse=True)), ", ".join(allowed))
