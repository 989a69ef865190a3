"""Warehouses that Ibis connects to by an address: BigQuery and Athena. Written from their documentation, and not tested here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import ibis
import ibis.expr.types as ir

from corsense._redaction import redact_text
from corsense.errors import InputError
from corsense.replay.engines import HEAD, Files, Progress, Unreadable
from corsense.replay.fields import LINE, JsonPath
from corsense.replay.grouping import FILE, Text

_READS_JSON = {
    dialect: ibis.udf.scalar.builtin(lambda document, path: None, name=name, signature=(("string", "string"), "string"))
    for dialect, name in (("bigquery", "JSON_VALUE"), ("athena", "json_extract_scalar"))
}


class WarehouseEngine:
    """A connection of Ibis at `address`. A log is the name of a table there, whose columns are text."""

    def __init__(self, address: str, dialect: str) -> None:
        self._dialect = dialect
        try:
            self._connection = ibis.connect(address)
        except Exception as error:  # whatever its client raises: a missing package, credentials, the network
            self._fail(error)

    def json_fields(self, document: Text, paths: Sequence[JsonPath]) -> Any:
        """See `Engine.json_fields`; a broken document has no texts, and is not counted."""
        return ibis.array([_READS_JSON[self._dialect](document, _json_path(path)) for path in paths])

    def head(self, files: Files) -> list[dict[str, Any]]:
        """See `Engine.head`."""
        rows = self._connection.to_pyarrow(self._table(files).limit(HEAD))
        return list(rows.to_pylist())

    def table(self, files: Files, number: int) -> ir.Table:
        """See `Engine.table`."""
        return self._table(files)

    def add_lines(self, lines: Iterator[Sequence[str]], number: int) -> ir.Table:
        """See `Engine.add_lines`."""
        raise InputError(f"{self._dialect} reads tables, not recordings; use the engine duckdb for them.")

    def run(self, expression: ir.Table, progress: Progress | None = None) -> Iterator[tuple[Any, ...]]:
        """See `Engine.run`."""
        try:
            for batch in self._connection.to_pyarrow_batches(expression):
                yield from (tuple(row.values()) for row in batch.to_pylist())
        except Exception as error:
            self._fail(error)

    def unreadable(self) -> Unreadable:
        """See `Engine.unreadable`: every line becomes a row."""
        return Unreadable()

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.disconnect()

    def _table(self, files: Files) -> ir.Table:
        try:
            table = self._connection.table(files.paths[0])
        except Exception as error:
            self._fail(error)
        texts = {name: table[name].cast("string") for name in table.columns if name not in (LINE, FILE)}
        return table.mutate(**texts)

    def _fail(self, error: Exception) -> NoReturn:
        first = redact_text(str(error).strip().split("\n")[0])
        raise InputError(f"{self._dialect} cannot be used: {first}") from None


def _json_path(path: JsonPath) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f'["{key}"]' for key in path)
