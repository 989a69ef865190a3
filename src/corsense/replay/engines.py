"""The engines that read logs and group their requests: DuckDB in this process, others by address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

from corsense.errors import InputError, quoted

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from corsense.replay.fields import JsonPath
    from corsense.replay.grouping import Text

Progress = Callable[[int, int], None]
"""Called with the amount done and the total."""

Kind = Literal["lines", "csv", "parquet"]
"""How a file holds requests: a line each, or as the rows of a table."""

HEAD = 2_000
"""Lines or rows at the beginning of a log that are looked at to tell its format."""

LONGEST_LINE = 2_000_000
"""Characters of a line that are read; longer lines are broken."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one log: `paths` may be globs and addresses of object storage; all are of one kind."""

    paths: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Lines that did not become a row: how many, or `at_least` how many, and one of them, its file before a line break."""

    count: int = 0
    sample: str | None = None
    at_least: bool = False


class Engine(Protocol):
    """What reads and groups."""

    def json_fields(self, document: Text, paths: Sequence[JsonPath]) -> Any:
        """An array of the texts at `paths` of a JSON document, null where the document is broken."""
        ...

    def head(self, files: Files) -> list[dict[str, Any]]:
        """The first lines (as `{"line": text}`) or rows of a log. Raises InputError."""
        ...

    def table(self, files: Files, number: int) -> ir.Table:
        """A log as a table of text: the columns of a table, or `line` and `file`. `number` tells it from other logs."""
        ...

    def add_lines(self, lines: Iterator[Sequence[str]], number: int) -> ir.Table:
        """A table of lines that are made here, in batches."""
        ...

    def run(self, expression: ir.Table, progress: Progress | None = None) -> Iterator[tuple[Any, ...]]:
        """The rows of an expression, one after another. Raises InputError."""
        ...

    def unreadable(self) -> Unreadable:
        """After `run`: the lines that did not even become a row."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...


def open_engine(address: str) -> Engine:
    """The engine at `address`: `duckdb`, `spark://HOST:PORT` or `spark://local[N]`, or what Ibis connects to by that address
    (`bigquery://...`, `athena://...`). Raises InputError."""
    scheme = address.partition("://")[0].lower()
    if scheme == "duckdb":
        try:
            from corsense.replay.duckdb import DuckDBEngine
        except ModuleNotFoundError as error:
            missing_extra(error, "replay")
        return DuckDBEngine()
    if scheme == "spark":
        try:
            from corsense.replay.spark import SparkEngine
        except ModuleNotFoundError as error:
            missing_extra(error, "spark")
        return SparkEngine(address.partition("://")[2] or "local")
    if scheme in ("bigquery", "athena"):
        try:
            from corsense.replay.warehouse import WarehouseEngine
        except ModuleNotFoundError as error:
            missing_extra(error, "replay")
        return WarehouseEngine(address, scheme)
    raise InputError(
        f"{quoted(address)} is not an engine; use duckdb, spark://HOST:PORT, spark://local[2], bigquery://... or athena://..."
    )


def missing_extra(error: ModuleNotFoundError, extra: str) -> NoReturn:
    """Raise InputError for an extra that is not installed; any other missing module stays an error."""
    name = (error.name or "").partition(".")[0]
    if name not in ("duckdb", "_duckdb", "ibis", "pyspark", "py4j", "packaging"):
        raise error
    raise InputError(f"reading logs needs {name}, which is not installed; run: pip install 'corsense[{extra}]'") from None
