"""`RuleRunner`: the files that concern CORS to findings."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from corsense.causes import cause
from corsense.finding import Finding, Place
from corsense.lint.callers import Callers
from corsense.lint.evaluation import Evaluator
from corsense.lint.files import Scan, Skipped, is_of_framework
from corsense.lint.handwritten import concerns_framework
from corsense.lint.layers import CorsLayer, Layer, layers_of
from corsense.lint.program import Module, Program, Unreadable
from corsense.lint.rules import (
    OF_LAYERS,
    OF_MODULES,
    OF_STACKS,
    LayerRule,
    ModuleRule,
    StackRule,
    foreign_write,
    is_found_in_source,
)
from corsense.lint.survey import Survey
from corsense.lint.values import Spot
from corsense.lint.violations import Violation
from corsense.lint.writes import WritingApps
from corsense.suppression import UNUSED, RuleSelection, judge

_ROUNDS = 3
"""Through how many functions a CORS layer is followed to the app that it is added to."""


MOST_OF_A_KIND = 100
"""At most this many findings of a cause at one layer are named; the rest are counted."""


@dataclass(eq=False)
class RuleRunner:
    """Reads what a scan found, and judges it. `known` is a program that was read before, as far as it has not changed."""

    scan: Scan
    known: InitVar[Program | None] = None
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)
    program: Program = field(init=False)
    callers: Callers = field(default_factory=Callers)
    layers: dict[Module, list[Layer]] = field(default_factory=dict)

    def __post_init__(self, known: Program | None) -> None:
        here = os.getcwd()
        kept = {os.path.join(here, file): content for file, content in self.scan.contents.items()} if known is None else {}
        self.program = known or Program(kept, self.scan.folders)
        self.evaluator = Evaluator(self.program, self.callers)
        self.callers.evaluator = self.evaluator

    def read(self) -> None:
        """Read the files that concern CORS, then those that call the functions in which they do."""
        for path in self.scan.concern:
            self.take(path)
        for path in self.scan.helpers:
            if self._is_used_by_app(path):
                self.take(path)
        for module in self.callers.modules:
            if "access-control-allow-" in module.lowered and not concerns_framework(module):
                module.is_used_by_app = self._is_used_by_app(module.path)
        for _ in range(_ROUNDS):
            if not self.callers.learn():
                break
            self._read_callers()

    def _is_used_by_app(self, path: Path) -> bool:
        """Whether a file near another one imports it, and has to do with FastAPI or Starlette itself."""
        home, stem = path.absolute(), path.stem.encode()
        around = f"{home.parent.parent}".rstrip(os.sep) + os.sep
        return any(
            name.startswith(around) and stem in content and app != home and home in self.program.imports_of(app)
            for name, app, content in self._apps_of_framework
        )

    @cached_property
    def _apps_of_framework(self) -> list[tuple[str, Path, bytes]]:
        """The files that have to do with FastAPI or Starlette themselves: their paths, and what is in them."""
        homes = [app.absolute() for app in self.scan.apps]
        return [(str(home), home, content) for home in homes if is_of_framework(content := self.program.content(home))]

    def take(self, path: Path, content: bytes | None = None) -> None:
        """Read one file."""
        try:
            module = self.program.module(path, content if content is not None else self.scan.contents.get(str(path)))
        except Unreadable as error:
            self.skipped.append(Skipped(str(path), str(error), error.line, error.column))
            return
        except OSError as error:
            self.unreadable.append(Skipped(str(path), error.strerror or str(error)))
            return
        if module not in self.callers.modules:
            self.callers.modules.append(module)

    def _read_callers(self) -> None:
        """Read the files that call a function which configures apps, of those that its module is near to."""
        known = {module.path for module in self.callers.modules}
        for path in self.scan.apps:
            if path not in known:
                try:
                    content = self.scan.read(path)
                except OSError:
                    continue
                if self.callers.may_call(path.absolute(), content):
                    self.take(path, content)

    def findings(self, selection: RuleSelection) -> tuple[Finding, ...]:
        """What the rules find, in the order of files and lines. Raises InputError when the configuration cannot be read."""
        if selection.selects(foreign_write.SLUG, [str(path) for path in self.scan.writing]):
            apps = WritingApps(self.program)
            for path in self.scan.writing:
                writes = None if self.program.is_test(path) else apps.unguarded(path.absolute())
                if writes is not None and writes.proof != "other":
                    self.take(path)
        modules = list(self.callers.modules)
        for module in modules:
            self.layers[module] = layers_of(self.evaluator, module)
        found: dict[tuple[object, ...], Finding] = {}
        texts = {str(module.path): module.text for module in modules}
        counts: Counter[tuple[Layer, str]] = Counter()
        for violation in self._violations(Survey(self.evaluator, modules, self.layers), self._wanted(modules, selection)):
            if violation.layer is not None:
                counts[violation.layer, violation.slug] += 1
                if counts[violation.layer, violation.slug] > MOST_OF_A_KIND:
                    continue
            finding = _finding(violation)
            found.setdefault((finding.cause.slug, finding.place, finding.message), finding)
            for spot in (violation.spot.module, *([violation.layer.module] if violation.layer is not None else [])):
                texts[str(spot.path)] = spot.text
        for (layer, slug), number in counts.items():
            if number > MOST_OF_A_KIND:
                rest = Violation(slug, f"{number - MOST_OF_A_KIND:,} more entries have the same fault.", layer.spot, layer=layer)
                found[slug, layer] = _finding(rest)
        judged = judge(list(found.values()), selection, texts.get, [str(module.path) for module in modules])
        kept = [finding for finding, reported in zip(found.values(), judged.reported, strict=True) if reported]
        kept += [unused.finding for unused in judged.unused if is_found_in_source(unused.rule)]
        return tuple(sorted(kept, key=_order))

    def _wanted(self, modules: Sequence[Module], selection: RuleSelection) -> Callable[[str], bool]:
        """The causes that are selected; all of them where it matters whether a comment silences anything."""
        files = list({module.home.parent: str(module.path) for module in modules}.values())  # one of each folder
        if selection.selects(UNUSED, files) and any(module.has_comments for module in modules):
            return lambda slug: True
        return lambda slug: selection.selects(slug, files)

    def _violations(self, survey: Survey, wanted: Callable[[str], bool]) -> Iterator[Violation]:
        of_layers = _selected(OF_LAYERS, wanted)
        of_modules, of_stacks = _selected(OF_MODULES, wanted), _selected(OF_STACKS, wanted)
        for module in survey.modules:
            for layer in self.layers[module]:
                if isinstance(layer, CorsLayer):
                    for rule in of_layers:
                        yield from rule.violations(layer)
            for of_module in of_modules:
                yield from of_module.violations(module, survey)
        for stack in survey.stacks if of_stacks else ():
            for of_stack in of_stacks:
                yield from of_stack.violations(stack, survey)


_Rule = TypeVar("_Rule", LayerRule, ModuleRule, StackRule)


def _selected(rules: Sequence[_Rule], wanted: Callable[[str], bool]) -> list[_Rule]:
    """The rules whose findings are selected: the others do not run."""
    return [rule for rule in rules if not rule.SLUG or wanted(rule.SLUG)]


def _finding(violation: Violation) -> Finding:
    found = cause(violation.slug)
    evidence = dict(violation.evidence)
    if violation.layer is not None:
        evidence.setdefault("cors_file", str(violation.layer.module.path))
        evidence.setdefault("cors_line", violation.layer.node.lineno)
    return Finding(
        found,
        violation.message,
        violation.severity or found.severity,
        _place(violation.spot),
        MappingProxyType(evidence),
        remedy=violation.remedy,
    )


def _place(spot: Spot) -> Place:
    node: ast.AST = spot.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        line = node.lineno
        width = len(spot.module.lines[line - 1].rstrip()) if line <= len(spot.module.lines) else node.col_offset
        return Place(str(spot.module.path), line, node.col_offset + 1, line, width + 1)
    start = getattr(node, "lineno", 1)
    end = getattr(node, "end_lineno", None) or start
    return Place(
        str(spot.module.path),
        start,
        _column(spot.module, start, getattr(node, "col_offset", 0)),
        end,
        _column(spot.module, end, getattr(node, "end_col_offset", 0) or 0),
    )


def _column(module: Module, line: int, offset: int) -> int:
    """A column in characters, from 1; the syntax tree counts bytes, from 0."""
    text = module.lines[line - 1] if line <= len(module.lines) else ""
    if text.isascii():
        return min(offset, len(text)) + 1
    return len(text.encode()[:offset].decode("utf-8", "ignore")) + 1


def _order(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.place
    assert place is not None
    return place.file, place.line, place.column or 0, finding.cause.code
