"""DuckDB in this process: text files, gzip and zstd, CSV and Parquet, globs, object storage."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import glob
from threading import Event, Thread
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from corsense._redaction import redact_text, redact_url
from corsense.errors import InputError, quoted
from corsense.replay.engines import HEAD, LONGEST_LINE, Files, Progress, Unreadable
from corsense.replay.fields import LINE, JsonPath
from corsense.replay.grouping import FILE, SAMPLE, Text
from corsense.replay.long_lines import has_line_over
from corsense.replay.storage import reason, storage

MEMORY = "600MB"
"""What DuckDB may hold in memory; the rest goes to a temporary folder."""
MOST_REJECTS = 1_000
"""Lines in another encoding than UTF-8, and too long ones, that are counted in a log."""
_BATCH = 10_000


_json_extract_string = ibis.udf.scalar.builtin(
    lambda document, paths: None, name="json_extract_string", signature=(("string", "array<string>"), "array<string>")
)
_try = ibis.udf.scalar.builtin(lambda value: None, name="try", signature=(("array<string>",), "array<string>"))


def _json_path(path: JsonPath) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{_escaped(key)}"' for key in path)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


class DuckDBEngine:
    """A separate embedded database, which ends with the command."""

    def __init__(self) -> None:
        self._rejecting: dict[int, Files] = {}
        self._storages: dict[str, str] = {}
        self._connection = duckdb.connect(config={"memory_limit": MEMORY, "preserve_insertion_order": False})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(
            f"SET threads = {len(os.sched_getaffinity(0)) if sys.platform == 'linux' else os.cpu_count() or 1}"
        )

    def json_fields(self, document: Text, paths: Sequence[JsonPath]) -> Any:
        """See `Engine.json_fields`: a document is parsed once."""
        return _try(_json_extract_string(document, ibis.array([_json_path(path) for path in paths])))

    def head(self, files: Files) -> list[dict[str, Any]]:
        """See `Engine.head`."""
        cursor = self._execute(f"SELECT * FROM ({self._reading(files)}) LIMIT {HEAD}", files)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def table(self, files: Files, number: int) -> ir.Table:
        """See `Engine.table`."""
        name = f"log_{number}"
        self._execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {self._reading(files, number)}", files)
        if files.kind == "lines":
            self._rejecting[number] = files
        columns = [row[0] for row in self._connection.execute(f"DESCRIBE {name}").fetchall()]
        return ibis.table(dict.fromkeys(columns, "string"), name=name)

    def add_lines(self, lines: Iterator[Sequence[str]], number: int) -> ir.Table:
        """See `Engine.add_lines`."""
        name = f"log_{number}"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({LINE} VARCHAR)")
        for batch in lines:
            self._connection.execute(f"INSERT INTO {name} SELECT unnest(?::VARCHAR[])", [list(batch)])
        return ibis.table({LINE: "string"}, name=name)

    def run(self, expression: ir.Table, progress: Progress | None = None) -> Iterator[tuple[Any, ...]]:
        """See `Engine.run`."""
        try:
            with _watched(self._connection, progress):
                cursor = self._connection.execute(ibis.to_sql(expression, dialect="duckdb"))
            while rows := cursor.fetchmany(_BATCH):
                yield from rows
        except duckdb.Error as error:
            raise InputError(f"DuckDB cannot group these logs: {_first_line(error)}") from None
        except Exception as error:
            if not self._storages:
                raise
            addresses = ", ".join(map(redact_url, self._storages.values()))
            raise InputError(f"{quoted(addresses)} cannot be read: {reason(error)}") from None

    def unreadable(self) -> Unreadable:
        """See `Engine.unreadable`: lines in no encoding, and lines that are too long. DuckDB keeps `MOST_REJECTS` of a log, and
        skips lines beyond its buffer unseen."""
        count, sample, at_least = 0, None, False
        for number, files in self._rejecting.items():
            statement = (
                f"SELECT count(*), min(parse_filename(file_path) || chr(10) || substr(csv_line, 1, {SAMPLE})) "
                f"FROM rejects_{number} JOIN scans_{number} USING (scan_id, file_id)"
            )
            found = self._connection.execute(statement).fetchone()
            if found is not None:
                count, sample = count + found[0], sample or found[1]
                at_least |= found[0] >= MOST_REJECTS
            at_least |= any(has_line_over(path) for pattern in files.paths for path in glob(pattern, recursive=True))
        return Unreadable(count, sample, at_least)

    def close(self) -> None:
        """See `Engine.close`."""
        self._connection.close()

    def _execute(self, statement: str, files: Files) -> duckdb.DuckDBPyConnection:
        self._reach(files)
        try:
            return self._connection.execute(statement)
        except duckdb.Error as error:
            paths = quoted(", ".join(map(redact_url, files.paths)))
            if "://" in paths and "httpfs" in str(error):
                raise InputError(
                    f"{paths} cannot be read: DuckDB's extension for HTTP cannot be fetched. Where the internet can be reached, "
                    "run: python -c \"import duckdb; duckdb.execute('INSTALL httpfs')\""
                ) from None
            raise InputError(f"{paths} cannot be read: {reason(error)}") from None
        except Exception as error:
            if not self._storages:
                raise
            raise InputError(f"{quoted(', '.join(map(redact_url, files.paths)))} cannot be read: {reason(error)}") from None

    def _reach(self, files: Files) -> None:
        """Let DuckDB read from object storage, where files are there."""
        for path in files.paths:
            scheme = path.partition("://")[0]
            if scheme not in self._storages and (found := storage(path)) is not None:
                self._connection.register_filesystem(found)
                self._storages[scheme] = path

    def _reading(self, files: Files, number: int | None = None) -> str:
        """The statement that reads a log; with a `number` it keeps the lines that cannot be read at all."""
        paths = f"[{', '.join(map(literal, files.paths))}]"
        if files.kind == "lines":
            # The separator is one that no log has, so that a line is one column; strict mode off keeps quotes as they are.
            options = (
                f"columns={{'{LINE}': 'VARCHAR'}}, delim='\x01\x02\x03\x04', quote='', escape='', comment='', header=false, "
                "auto_detect=false, strict_mode=false, null_padding=true, ignore_errors=true, "
                f"filename='{FILE}', max_line_size={LONGEST_LINE}"
            )
            if number is not None:
                options += f", rejects_table='rejects_{number}', rejects_scan='scans_{number}', rejects_limit={MOST_REJECTS}"
            return f"SELECT {LINE}, parse_filename({FILE}) AS {FILE} FROM read_csv({paths}, {options}) WHERE {LINE} <> ''"
        read = (
            f"read_parquet({paths}, union_by_name=true)"
            if files.kind == "parquet"
            else f"read_csv({paths}, all_varchar=true, ignore_errors=true, union_by_name=true, sample_size=2000)"
        )
        described = self._execute(f"DESCRIBE SELECT * FROM {read}", files).fetchall()
        return f"SELECT {', '.join(_as_text(name, kind) for name, kind, *_ in described)} FROM {read}"


@contextmanager
def _watched(connection: duckdb.DuckDBPyConnection, progress: Progress | None) -> Iterator[None]:
    """Report how far a query is, while it runs."""
    if progress is None:
        yield
        return
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    ended = Event()

    def watch() -> None:
        while not ended.wait(0.2):
            progress(max(0, int(connection.query_progress())), 100)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _as_text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    nested = kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]")
    return f"{f'to_json({column})' if nested else column}::VARCHAR AS {column}"


def _first_line(error: Exception) -> str:
    return redact_text(str(error).strip().split("\n")[0])
