"""Configurations of proxies and gateways among the files of a tree, judged as `corsense.layers.reading` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from corsense.causes import cause, find
from corsense.errors import InputError
from corsense.finding import Finding, Place
from corsense.layers.reading.recognition import FormatName, format_of, is_fragment, may_concern
from corsense.lint.files import Skipped, read_source
from corsense.suppression import RuleSelection

if TYPE_CHECKING:
    from corsense.layers.reading.result import Remark

_IGNORE = re.compile(r"#\s*corsense:\s*ignore(?![\w-])(?:\s*\[([^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in configurations: how many `files` were read, and those that could not be."""

    findings: tuple[Finding, ...] = ()
    files: int = 0
    skipped: tuple[Skipped, ...] = ()
    unreadable: tuple[Skipped, ...] = ()


def judge_configurations(files: Iterable[str], named: frozenset[str], selection: RuleSelection) -> Judged:
    """The findings of configuration files. A file that is `named` must be readable; others may be of any kind.

    Raises:
        MissingExtra: a named file needs a library of `corsense[layers]` that is not installed.
        InputError: the configuration of corsense near a finding cannot be read.
    """
    findings: dict[tuple[str, str, int | None], Finding] = {}
    skipped: list[Skipped] = []
    unreadable: list[Skipped] = []
    count = 0
    for file in files:
        try:
            content = read_source(Path(file))
            text = content.decode("utf-8", "replace")
            known = _worth_reading(file, content, text, is_named=file in named)
            if known is None and file in named:
                unreadable.append(Skipped(file, "it is neither Python nor a configuration in a format that corsense knows"))
            if known is None:
                continue
            count += 1
            for remark in _remarks(file, known):
                finding = _finding(remark, known)
                if finding is not None and selection.wants(finding) and not _is_silenced(finding, text, file):
                    findings.setdefault((remark.slug or "", remark.file, remark.line), finding)
        except InputError as error:
            line = getattr(error, "line", None)
            place = Skipped(file, str(getattr(error, "reason", error)).rstrip("."), line, 1 if line is not None else None)
            if file in named and not hasattr(error, "reason"):
                raise
            (unreadable if file in named else skipped).append(place)
        except OSError as error:
            (unreadable if file in named else skipped).append(Skipped(file, error.strerror or str(error)))
    ordered = sorted(findings.values(), key=_order)
    return Judged(tuple(ordered), count, tuple(skipped), tuple(unreadable))


def _worth_reading(file: str, content: bytes, text: str, *, is_named: bool) -> FormatName | None:
    """The format of a file that says something about CORS; None for another. In a tree, parts that other files include are read
    with these."""
    if is_named:
        return format_of(file, text)
    if not may_concern(content):
        return None
    known = format_of(file, text)
    return None if known is None or is_fragment(known, text) else known


def _remarks(file: str, known: FormatName) -> tuple[Remark, ...]:
    from corsense.layers.reading import read_configuration

    return read_configuration(Path(file), known, name=file).remarks


def _finding(remark: Remark, known: FormatName) -> Finding | None:
    """The finding of a remark; None for what was only not understood."""
    if remark.slug is None:
        return None
    place = Place(remark.file, remark.line or 1)
    evidence = MappingProxyType({"format": known})
    return Finding(cause(remark.slug), remark.message, remark.severity, place, evidence, remedy=remark.remedy)


def _is_silenced(finding: Finding, text: str, file: str) -> bool:
    """Whether a comment on the line of a finding, or on the line before it, silences it."""
    if finding.place is None or finding.place.file != file:
        return False
    rows = text.split("\n")
    for row in rows[max(0, finding.place.line - 2) : finding.place.line]:
        comment = _IGNORE.search(row)
        if comment is not None and (comment[1] is None or finding.cause.slug in set(_slugs(comment[1]))):
            return True
    return False


def _slugs(names: str) -> Iterator[str]:
    for name in names.split(","):
        with suppress(KeyError):
            yield find(name.strip()).slug


def _order(finding: Finding) -> tuple[str, int, str]:
    place = finding.place
    assert place is not None
    return place.file, place.line, finding.cause.code
