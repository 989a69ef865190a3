"""Spark: the same grouping on a cluster, or on all cores of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from corsense._redaction import redact_text
from corsense.errors import InputError, quoted
from corsense.replay.engines import HEAD, LONGEST_LINE, Files, Progress, Unreadable
from corsense.replay.fields import LINE, JsonPath
from corsense.replay.grouping import FILE, SAMPLE, Text

_BOM = "\ufeff"


_get_json_object = ibis.udf.scalar.builtin(
    lambda document, path: None, name="get_json_object", signature=(("string", "string"), "string")
)


def _json_path(path: JsonPath) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f"['{key}']" for key in path)


class SparkEngine:
    """A session of Spark. `master` is where it runs: `local[2]`, `local`, or the host and port of a cluster."""

    def __init__(self, master: str) -> None:
        where = master if master.startswith(("local", "yarn", "k8s")) else f"spark://{master}"
        try:
            self._session = (
                SparkSession.builder.master(where)
                .appName("corsense policy replay")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.log.level", "ERROR")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.ansi.enabled", "false")
                .getOrCreate()
            )
        except (PySparkException, RuntimeError, OSError) as error:
            raise InputError(
                f"Spark cannot be started at {quoted(where)}: {_first_line(error)} It needs Java 17 or newer."
            ) from None
        except Py4JError:  # the Java side gave up
            raise InputError(
                f"Spark cannot be started at {quoted(where)}: no master answers there. Name one that runs, or 'spark://local[2]'."
            ) from None

    def json_fields(self, document: Text, paths: Sequence[JsonPath]) -> Any:
        """See `Engine.json_fields`."""
        read = ibis.array([_get_json_object(document, _json_path(path)) for path in paths])
        return ibis.ifelse(_get_json_object(document, "$").notnull(), read, ibis.null("array<string>"))

    def head(self, files: Files) -> list[dict[str, Any]]:
        """See `Engine.head`."""
        try:
            return [row.asDict() for row in self._read(files).limit(HEAD).collect()]
        except PySparkException as error:
            raise InputError(f"{quoted(', '.join(files.paths))} cannot be read: {_first_line(error)}") from None

    def table(self, files: Files, number: int) -> ir.Table:
        """See `Engine.table`."""
        return self._named(self._read(files), number)

    def add_lines(self, lines: Iterator[Sequence[str]], number: int) -> ir.Table:
        """See `Engine.add_lines`."""
        made = [(line,) for batch in lines for line in batch]
        return self._named(self._session.createDataFrame(made, f"{LINE} string"), number)

    def run(self, expression: ir.Table, progress: Progress | None = None) -> Iterator[tuple[Any, ...]]:
        """See `Engine.run`. Only groups come back from the cluster."""
        try:
            yield from map(tuple, self.query(expression).toLocalIterator())
        except PySparkException as error:
            raise InputError(f"Spark cannot group these logs: {_first_line(error)}") from None

    def query(self, expression: ir.Table) -> DataFrame:
        """The expression as Spark runs it."""
        return self._session.sql(ibis.to_sql(expression, dialect="pyspark"))

    def unreadable(self) -> Unreadable:
        """See `Engine.unreadable`: every line becomes a row."""
        return Unreadable()

    def close(self) -> None:
        """See `Engine.close`."""
        self._session.stop()

    def _named(self, frame: DataFrame, number: int) -> ir.Table:
        name = f"log_{number}"
        frame.createOrReplaceTempView(name)
        return ibis.table(dict.fromkeys(frame.columns, "string"), name=name)

    def _read(self, files: Files) -> DataFrame:
        from pyspark.sql import functions as sql

        paths = list(files.paths)
        if files.kind == "lines":
            lines = self._session.read.text(paths)
            # What is left of a line that is too long is broken, as the whole is elsewhere.
            read = sql.when(sql.length("value") > LONGEST_LINE, sql.substring("value", 1, SAMPLE)).otherwise(sql.col("value"))
            line = sql.regexp_replace(read, f"^{_BOM}", "").alias(LINE)
            return lines.where("value <> ''").select(line, sql.col("_metadata.file_name").alias(FILE))
        if files.kind == "csv":
            return self._session.read.option("header", "true").csv(paths)
        rows = self._session.read.parquet(*paths)
        return rows.select(
            [
                (
                    sql.to_json(field.name)
                    if field.dataType.typeName() in ("struct", "map", "array")
                    else sql.col(f"`{field.name}`").cast("string")
                ).alias(field.name)
                for field in rows.schema
            ]
        )


def _first_line(error: Exception) -> str:
    return redact_text(str(error).strip().split("\n")[0]).rstrip(".") + "."
