"""`replay`: logs and observations, judged by a policy."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corsense._redaction import redact_url
from corsense.errors import InputError, no_such_path, quoted
from corsense.observe import ObservedRequests
from corsense.observe.lines import read as read_observations
from corsense.replay.documents import Documents, holds_requests
from corsense.replay.engines import Files, Kind, open_engine
from corsense.replay.fields import LINE, Field, LogFormat, Place, Value
from corsense.replay.formats import (
    AUTOMATIC,
    DOCUMENT_FORMATS,
    DOCUMENTS,
    format_of_columns,
    format_of_lines,
    json_object,
    named_format,
)
from corsense.replay.result import LogRead, ReplayResult
from corsense.replay.shapes import Shapes
from corsense.replay.storage import storage
from corsense.replay.tally import Policies, Tally, groups_of_observations, groups_of_rows

if TYPE_CHECKING:
    from corsense.replay.engines import Engine
    from corsense.replay.grouping import Source

Progress = Callable[[int, int, str], None]
"""Called with how much is done, of how much, and of what."""

_DAY = 86_400
_COMPRESSED = (".gz", ".zst", ".zstd")
_GLOB = "*?["


@dataclass(frozen=True, slots=True)
class Reading:
    """How logs are read: `engine` its address, `log_format` a name of `formats.KNOWN` or a server's format string, `keys` where
    fields are that the format does not know (`{Field.ORIGIN: "http.origin"}`, keys with dots between them)."""

    engine: str = "duckdb"
    log_format: str = AUTOMATIC
    keys: Mapping[Field, str] | None = None


def replay(
    logs: Sequence[str],
    policies: Policies,
    current: Policies | None = None,
    shapes: Shapes | None = None,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> ReplayResult:
    """Judge the requests of `logs` (paths, globs, folders, addresses of object storage) by `policies`; say what changes against
    `current`, or without it, against the logged answers.

    Raises InputError: a log that cannot be read or has no `Origin`, an extra that is not installed.
    """
    run = _Replay(policies, current, shapes or Shapes(), reading or Reading(), progress)
    return run.result(logs)


class _Replay:
    def __init__(
        self, policies: Policies, current: Policies | None, shapes: Shapes, reading: Reading, progress: Progress | None
    ) -> None:
        self._shapes, self._reading, self._progress = shapes, reading, progress
        self._tally = Tally(policies, current, shapes)

    def result(self, logs: Sequence[str]) -> ReplayResult:
        observed: list[str] = []
        others: list[str] = []
        for log in logs:
            (observed if _holds_observations(log) else others).append(log)
        read = self._judge_observations(observed) if observed else []
        if others:
            read += self._judge_logs(others)
        return self._tally.result(read)

    def _judge_observations(self, folders: Sequence[str]) -> list[LogRead]:
        found: list[ObservedRequests] = []
        for folder in folders:
            for path in _observation_files(folder):
                with path.open("rb") as file:
                    seen = read_observations(file)
                self._tally.broken += seen.broken
                self._tally.not_kept += seen.unkept
                found += seen.requests
        self._tally.requests += sum(each.count for each in found)
        self._tally.add_groups(groups_of_observations(found), "observed")
        return [LogRead(folder, "observations") for folder in folders]

    def _judge_logs(self, logs: Sequence[str]) -> list[LogRead]:
        engine = open_engine(self._reading.engine)
        try:
            sources, documents = [], []
            for number, log in enumerate(logs):
                source, of_documents = self._source(engine, log, number)
                sources.append(source)
                documents += of_documents
            from corsense.replay.grouping import COLUMNS, grouped

            expression = grouped(sources, self._shapes, engine.json_fields, int(time.time()) + _DAY)
            rows: Iterator[Mapping[str, Any]] = (
                dict(zip(COLUMNS, row, strict=True))
                for row in engine.run(expression, self._grouping if self._progress is not None else None)
            )
            formats = [source.format for source in sources]
            groups = groups_of_rows(rows, formats, self._tally, self._shapes)
            self._tally.add_groups(groups, "answers")
            self._tally.broken += sum(each.broken for each in documents)
            self._tally.add_unreadable(engine.unreadable())
        finally:
            engine.close()
        return [
            LogRead(redact_url(log) if _is_remote(log) else log, log_format.name)
            for log, log_format in zip(logs, formats, strict=True)
        ]

    def _grouping(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total, "grouping requests")

    def _source(self, engine: Engine, log: str, number: int) -> tuple[Source, list[Documents]]:
        from corsense.replay.grouping import Source

        files = _files_of(log)
        asked = self._reading.log_format
        if asked in DOCUMENT_FORMATS:
            return self._of_documents(engine, files, number)
        if asked == AUTOMATIC:
            head = engine.head(files)
            if files.kind == "lines" and _are_documents(files, head):
                return self._of_documents(engine, files, number)
            log_format = self._with_keys(self._recognised(head, files, _shown(log)), files)
        else:
            log_format = self._with_keys(named_format(asked), files)
        return Source(engine.table(files, number), log_format), []

    def _recognised(self, head: Sequence[Mapping[str, Any]], files: Files, log: str) -> LogFormat:
        if not head:
            raise InputError(f"{quoted(log)} holds no requests.")
        needs_origin = Field.ORIGIN not in (self._reading.keys or {})
        if files.kind == "lines":
            return format_of_lines([str(row[LINE]) for row in head], log, needs_origin=needs_origin)
        return format_of_columns(head, log, needs_origin=needs_origin)

    def _with_keys(self, log_format: LogFormat, files: Files) -> LogFormat:
        """The format with the keys that were given by hand."""
        places: dict[Field, Place] = dict(log_format.places)
        for each, key in (self._reading.keys or {}).items():
            path = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
            places[each] = Value(path) if files.kind == "lines" else Value(path[1:], str(path[0]))
        return replace(log_format, places=places)

    def _of_documents(self, engine: Engine, files: Files, number: int) -> tuple[Source, list[Documents]]:
        from corsense.replay.grouping import Source

        documents = Documents([path for pattern in files.paths for path in _matching(pattern)])
        table = engine.add_lines(documents.batches(), number)
        return Source(table, DOCUMENTS), [documents]


def _matching(pattern: str) -> list[str]:
    """The files that a path or a pattern names."""
    if not set(_GLOB) & set(pattern):
        return [pattern]
    remote = storage(pattern)
    return sorted(glob.glob(pattern) if remote is None else map(remote.unstrip_protocol, remote.glob(pattern)))


def _shown(log: str) -> str:
    """A log as it may be named: an address can hold a key or a signature."""
    return redact_url(log) if _is_remote(log) else log


def _is_remote(log: str) -> bool:
    return "://" in log


def _holds_observations(log: str) -> bool:
    """Whether a log is a folder or file of observations, as a middleware writes it."""
    if _is_remote(log):
        return False
    return any(_is_observation_file(path) for path in _observation_files(log)[:1])


def _observation_files(log: str) -> list[Path]:
    path = Path(log)
    if path.is_dir():
        return sorted(path.glob("*.jsonl"))
    return [path] if path.is_file() and path.suffix == ".jsonl" else []


def _is_observation_file(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(4096)
    except OSError:
        return False
    head = json_object(first.decode("utf-8", "replace"))
    return head is not None and ("unkept" in head or {"origin", "kind", "candidate", "count"} <= head.keys())


def _files_of(log: str) -> Files:
    if _is_remote(log):
        return Files((log,), _kind_of(log))
    path = Path(log)
    if path.is_dir():
        inside = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
        if not inside:
            raise InputError(f"the folder {quoted(log)} has no files.")
        kinds = {_kind_of(each.name) for each in inside}
        if len(kinds) > 1:
            raise InputError(
                f"the folder {quoted(log)} has files of several kinds; name one kind, such as '{log.rstrip('/')}/*.json'."
            )
        return Files(tuple(map(str, inside)), kinds.pop())
    if not path.exists():
        if not set(_GLOB) & set(log):
            raise no_such_path(path)
        if not any(glob.iglob(log, recursive=True)):
            raise InputError(f"no file matches {quoted(log)}.")
    elif not path.is_file() and not path.is_fifo():
        raise InputError(f"{quoted(log)} is not a file with logs.")
    return Files((log,), _kind_of(log))


def _kind_of(name: str) -> Kind:
    bare = name.lower()
    for ending in _COMPRESSED:
        bare = bare.removesuffix(ending)
    return "parquet" if bare.endswith((".parquet", ".pq")) else "csv" if bare.endswith((".csv", ".tsv")) else "lines"


def _are_documents(files: Files, head: Iterable[Mapping[str, Any]]) -> bool:
    """Whether files are recordings or spans: JSON documents that are not a request each."""
    if any(path.lower().removesuffix(".gz").endswith(".har") for path in files.paths):
        return True
    lines = [str(row[LINE]) for row in head]
    first = next((line for line in lines if line.strip()), "")
    document = json_object(first)
    if document is not None:
        return holds_requests(document)
    return first.strip() in ("{", "[") or first.lstrip().startswith(('{"log":', '{"resourceSpans":', '{"data":'))
