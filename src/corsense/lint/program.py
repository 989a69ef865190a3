"""The program that is read: its modules as syntax trees, their scopes, and which module an import means."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from corsense.lint.files import read_source
from corsense.lint.imported_files import ImportedFiles

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ScopeNode = ast.Module | FunctionNode | ast.ClassDef

_SHARED = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
"""Nodes that Python uses in many places at once: they have no place of their own."""
_PLACED = frozenset(
    kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, _SHARED)
)
_WITH_BLOCKS = frozenset(kind for kind in _PLACED if "body" in kind._fields) - {ast.Lambda, ast.IfExp}
_PLACE = attrgetter("lineno", "col_offset")
_NO_NODES = frozenset({
    "ctx", "op", "ops", "id", "attr", "arg", "kind", "level", "module", "asname", "conversion", "simple", "rest", "kwd_attrs",
    "is_async", "type_comment", "type_ignores",
})  # fmt: skip
"""Fields that never hold a node with a place of its own."""
_NAMED = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.alias, ast.ExceptHandler})
"""Nodes whose `name` is a string. A type alias of Python 3.12 has a node there."""


def _fields_with_nodes(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind is ast.Constant:
        return ()
    return tuple(name for name in kind._fields if name not in _NO_NODES and not (name == "name" and kind in _NAMED))


_INNER = {kind: _fields_with_nodes(kind) for kind in _PLACED}
"""The fields of each kind of node that may hold other nodes: most nodes are names and constants, and have none."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

_DEEPEST = 150
"""A deeper tree is not written by hand; walking it would take more stack than Python has."""

_FROM = re.compile(rb"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n#;]*)", re.M)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([\w., \t]+)", re.M)
_NAMES = re.compile(r"(\w+)(?:[ \t]+as[ \t]+\w+)?")


class Unreadable(Exception):
    """A file cannot be read as a program; the message says why. `line` and `column` of the place count from 1.

    They are None where there is none."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


@dataclass(eq=False)
class Module:
    """A source file. `path` is as it was given, for people."""

    path: Path
    text: str
    tree: ast.Module
    is_used_by_app: bool = False
    """Whether a module that imports FastAPI or Starlette imports this one."""
    _blocks: dict[ast.AST | None, dict[ast.AST, Block]] = field(default_factory=dict, init=False, repr=False)
    _owners: dict[str, dict[str, list[ast.Call]]] = field(default_factory=dict, init=False, repr=False)
    _named: dict[str, list[ast.Constant]] = field(default_factory=dict, init=False, repr=False)
    _given: dict[str, list[ast.Call]] = field(default_factory=dict, init=False, repr=False)
    _scopes: dict[ast.AST, Scope] = field(default_factory=dict, init=False, repr=False)
    _spoken: dict[str, dict[str, list[ast.AST]]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def home(self) -> Path:
        """The path from the root of the disk."""
        return self.path.absolute()

    @cached_property
    def lowered(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    @cached_property
    def lines(self) -> list[str]:
        """The text by lines as Python counts them."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def has_comments(self) -> bool:
        """Whether a comment may speak to this package."""
        return "corsense:" in self.text

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, those that hold others before what they hold."""
        return tuple(self.parents)

    @property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that holds each node; the tree holds itself."""
        return self._nesting[0]

    @property
    def depth(self) -> int:
        """How deep the tree is nested."""
        return self._nesting[1]

    @cached_property
    def _nesting(self) -> tuple[dict[ast.AST, ast.AST], int, dict[type, list[Any]]]:
        """The parents, found level by level, the number of the levels, and the nodes by their classes."""
        found: dict[ast.AST, ast.AST] = {self.tree: self.tree}
        kinds: defaultdict[type, list[Any]] = defaultdict(list)
        kinds[ast.Module].append(self.tree)
        level: list[ast.AST] = [self.tree]
        depth = -1
        inner, placed = _INNER, _PLACED
        while level:
            depth += 1
            below: list[ast.AST] = []
            for node in level:
                fields = node.__dict__
                for name in inner[node.__class__]:
                    value: Any = fields.get(name)
                    kind = value.__class__
                    if kind in placed:
                        found[value] = node
                        kinds[kind].append(value)
                        if inner[kind]:
                            below.append(value)
                    elif kind is list:
                        for child in value:
                            kind = child.__class__
                            if kind in placed:
                                found[child] = node
                                kinds[kind].append(child)
                                if inner[kind]:
                                    below.append(child)
            level = below
        return found, depth, kinds

    def block_of(self, node: ast.AST) -> Block | None:
        """The block that a statement stands in; None for what is not a statement."""
        holder = self.parents.get(node)
        if holder.__class__ not in _WITH_BLOCKS:
            return None
        if holder not in self._blocks:
            lists = [getattr(holder, name, None) for name in ("body", "orelse", "finalbody")]
            blocks = [Block(statements) for statements in lists if isinstance(statements, list) and statements]
            self._blocks[holder] = {statement: block for block in blocks for statement in block.statements}
        return self._blocks[holder].get(node)

    @cached_property
    def scope(self) -> Scope:
        """The module's own scope."""
        return Scope(self, self.tree, None)

    def scope_within(self, node: ScopeNode) -> Scope:
        """The scope of a function, a class or the module."""
        if node is self.tree:
            return self.scope
        if node not in self._scopes:
            self._scopes[node] = Scope(self, node, self.scope_of(node))
        return self._scopes[node]

    def _of_kinds(self, *kinds: type) -> list[Any]:
        """The nodes of some classes, class by class, those that hold others before what they hold."""
        by_kind = self._nesting[2]
        return [node for kind in kinds for node in by_kind.get(kind, ())]

    @property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """Every import."""
        return self._of_kinds(ast.Import, ast.ImportFrom)

    @property
    def constants(self) -> list[ast.Constant]:
        """Every constant."""
        return self._of_kinds(ast.Constant)

    def names_in(self, node: ast.AST, text: str) -> bool:
        """Whether a constant below a node has a text, in upper or lower case."""
        if text not in self.lowered:
            return False
        if text not in self._named:
            self._named[text] = [each for each in self.constants if text in str(each.value).lower()]
        return any(self._is_below(each, node) for each in self._named[text])

    def _is_below(self, inner: ast.AST, outer: ast.AST) -> bool:
        while inner is not outer and inner is not self.tree:
            inner = self.parents[inner]
        return inner is outer

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        """Every call, in the order of the source."""
        found: list[ast.Call] = self._of_kinds(ast.Call)
        return tuple(sorted(found, key=_PLACE))

    @cached_property
    def functions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        """Every function, in the order of the source."""
        found: list[ast.FunctionDef | ast.AsyncFunctionDef] = self._of_kinds(ast.FunctionDef, ast.AsyncFunctionDef)
        return tuple(sorted(found, key=attrgetter("lineno")))

    @cached_property
    def uses(self) -> dict[str, list[ast.Name]]:
        """Where each name is read."""
        found: dict[str, list[ast.Name]] = {}
        for node in self._of_kinds(ast.Name):
            if isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found

    def speakers(self, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions in which a name stands, `app` or `self.app`, in the order of the source."""
        last = name.rpartition(".")[2]
        if last not in self._spoken:
            named, parameters = self._ends
            written: list[tuple[str, ast.AST]] = [(dotted(node), node) for node in named.get(last, ())]
            self._spoken[last] = _by_text((*written, *((last, node) for node in parameters.get(last, ()))))
        found: dict[ast.FunctionDef | ast.AsyncFunctionDef, None] = {}
        for node in self._spoken[last].get(name, ()):
            while node is not self.tree:
                node = self.parents[node]
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[node] = None
        return sorted(found, key=position)

    @cached_property
    def _ends(self) -> tuple[dict[str, list[ast.expr]], dict[str, list[ast.arg]]]:
        """The names and attributes, and the parameters, by the last part of what is written."""
        found: defaultdict[str, list[ast.expr]] = defaultdict(list)
        parameters: defaultdict[str, list[ast.arg]] = defaultdict(list)
        for name in self._of_kinds(ast.Name):
            found[name.id].append(name)
        for attribute in self._of_kinds(ast.Attribute):
            found[attribute.attr].append(attribute)
        for parameter in self._of_kinds(ast.arg):
            parameters[parameter.arg].append(parameter)
        return found, parameters

    def functions_calling(self, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions that call something themselves, by the last name of what they call."""
        around = dict.fromkeys(self.scope_of(call).node for call in self.calls_of(name))
        return [node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    def calls_given(self, keyword: str) -> list[ast.Call]:
        """The calls that are given an argument by its name, in the order of the source."""
        if keyword not in self._given:
            holders = (self.parents[word] for word in self._of_kinds(ast.keyword) if word.arg == keyword)
            self._given[keyword] = sorted((call for call in holders if isinstance(call, ast.Call)), key=_PLACE)
        return self._given[keyword]

    def calls_handing_over(self, name: str) -> list[ast.Call]:
        """The calls that are given what a name stands for, `app` or `self.app`, in the order of the source."""
        last = name.rpartition(".")[2]
        return list(dict.fromkeys(call for word, call in self._arguments.get(last, ()) if dotted(word) == name))

    @cached_property
    def _arguments(self) -> dict[str, list[tuple[ast.expr, ast.Call]]]:
        """The names and attributes that calls are given, by the last part of what is written."""
        found: defaultdict[str, list[tuple[ast.expr, ast.Call]]] = defaultdict(list)
        for call in self.calls:
            for word in (*call.args, *[keyword.value for keyword in call.keywords]):
                if isinstance(word, ast.Name | ast.Attribute):
                    found[last_name(word)].append((word, call))
        return found

    @cached_property
    def decorations(self) -> dict[str, list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]]]:
        """The functions with a decorator `owner.method(...)`, and that decorator, by the owner as it is written."""
        found: dict[str, list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Call]]] = {}
        for function in self.functions:
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                    found.setdefault(dotted(decorator.func.value), []).append((function, decorator))
        return found

    def method_calls(self, owner: str, method: str) -> list[ast.Call]:
        """The calls of a method, by the object as it is written and the method's name."""
        if method not in self._owners:
            self._owners[method] = _by_text(
                (dotted(call.func.value), call) for call in self.calls_of(method) if isinstance(call.func, ast.Attribute)
            )
        return self._owners[method].get(owner, [])

    @property
    def names_called(self) -> Iterable[str]:
        """The last parts of all that is called; one of them is empty where what is called has no name."""
        return self._called.keys()

    def calls_of(self, name: str) -> list[ast.Call]:
        """The calls of a function or method, by the last part of what is called, in the order of the source."""
        if "_called" not in self.__dict__ and name not in self.text:
            return []  # most large files call none of what is asked for: an index of their calls is not needed
        return self._called.get(name, [])

    @cached_property
    def _called(self) -> dict[str, list[ast.Call]]:
        found: defaultdict[str, list[ast.Call]] = defaultdict(list)
        for call in self.calls:
            found[last_name(call.func)].append(call)
        return found

    @cached_property
    def calls_by_origin(self) -> dict[str, list[ast.Call]]:
        """The calls by the last name of what they call, the original name where an import gave it another."""
        aliases = {
            alias.asname: alias.name
            for statement in self.tree.body
            if isinstance(statement, ast.ImportFrom)
            for alias in statement.names
            if alias.asname
        }
        found: dict[str, list[ast.Call]] = {}
        for name, calls in self._called.items():
            for call in calls if name else ():
                called = aliases.get(name, name) if isinstance(call.func, ast.Name) else name
                found.setdefault(called, []).append(call)
        return found

    @cached_property
    def names_of_middleware(self) -> frozenset[str]:
        """Names that imports, assignments and classes of this module give to something called a middleware."""
        found: set[str] = set()
        for node in self._of_kinds(ast.ImportFrom, ast.Assign, ast.ClassDef):
            match node:
                case ast.ImportFrom(names=names):
                    found |= {alias.asname for alias in names if alias.asname and alias.name.endswith("Middleware")}
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=last) | ast.Attribute(attr=last)):
                    if last.endswith("Middleware"):
                        found.add(name)
                case ast.ClassDef(name=name, bases=bases) if any("CORS" in dotted(base) for base in bases):
                    found.add(name)
        return frozenset(found)

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope in which an expression or statement is evaluated."""
        tree, parents = self.tree, self.parents
        inner, outer = node, parents.get(node, tree)
        while outer is not tree:
            if isinstance(outer, _SCOPES) and not _is_evaluated_outside(outer, inner):
                return self.scope_within(outer)
            inner, outer = outer, parents[outer]
        return self.scope

    def statement_of(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds an expression."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node


@dataclass(eq=False)
class Block:
    """Statements that run one after another."""

    statements: list[ast.stmt]

    @cached_property
    def index(self) -> dict[ast.stmt, int]:
        """Where each statement stands."""
        return {statement: number for number, statement in enumerate(self.statements)}

    @cached_property
    def leaving(self) -> list[tuple[int, ast.If]]:
        """The conditions that leave the block where they hold, and where they stand."""
        return [
            (number, statement)
            for number, statement in enumerate(self.statements)
            if isinstance(statement, ast.If) and not statement.orelse and _leaves(statement.body)
        ]


def _leaves(block: list[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _is_evaluated_outside(holder: ast.AST, part: ast.AST) -> bool:
    """Decorators, defaults and bases are evaluated where the function or class stands, not in it."""
    if isinstance(holder, ast.Module):
        return False
    if isinstance(holder, ast.Lambda):
        return part is holder.args
    body = getattr(holder, "body", [])
    return part not in body


@dataclass(eq=False)
class Scope:
    """A module, class or function: where names are bound."""

    module: Module
    node: ScopeNode
    parent: Scope | None
    _changes: dict[str, list[ast.AST]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def bindings(self) -> dict[str, list[ast.AST]]:
        """The statements and other nodes that bind or change each name, in the order of the source."""
        found: dict[str, list[ast.AST]] = {}
        for name, node in _bindings(self.node):
            found.setdefault(name, []).append(node)
        return found

    def changes(self, name: str) -> list[ast.AST]:
        """The nodes that bind or change a name, by where they stand."""
        if name not in self._changes:
            self._changes[name] = sorted(self.bindings.get(name, ()), key=position)
        return self._changes[name]

    @property
    def body(self) -> list[ast.stmt]:
        """The statements of the scope; none for a lambda."""
        return [] if isinstance(self.node, ast.Lambda) else self.node.body

    def holder_of(self, name: str) -> Scope | None:
        """The scope whose `name` is meant here: this one or one around it, classes around it left out as Python does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope
            scope = scope.parent
        return None


def dotted(node: ast.expr) -> str:
    """An expression as it is written: `app`, `self.app`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ast.unparse(node)


def last_name(node: ast.expr) -> str:
    """The last part of a name, `add_middleware` of `app.add_middleware`; empty for what is not a name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


_Node = TypeVar("_Node", bound=ast.AST)


def _by_text(nodes: Iterable[tuple[str, _Node]]) -> dict[str, list[_Node]]:
    found: dict[str, list[_Node]] = {}
    for text, node in nodes:
        found.setdefault(text, []).append(node)
    return found


def position(node: ast.AST) -> tuple[int, int]:
    """Line and column of the first character of a node, of a function or class that of its `def` or `class`."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


_CHANGES = ("append", "extend", "add", "update", "insert", "remove", "discard", "setdefault", "clear", "pop")


def _bindings(scope: ScopeNode) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(scope, FunctionNode):
        for argument in _arguments(scope):
            yield argument.arg, argument
    declared = set()
    if not isinstance(scope, ast.Lambda):
        for node in _own_nodes(scope.body):
            if isinstance(node, ast.Global | ast.Nonlocal):
                declared |= set(node.names)
            for name in _bound_by(node):
                if name not in declared:
                    yield name, node


def _arguments(function: FunctionNode) -> list[ast.arg]:
    given = function.args
    rest = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]


def _own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a scope in the order of the source, those of functions and classes inside it left out."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for block in ("body", "orelse", "handlers", "finalbody", "cases"):
            for part in getattr(statement, block, ()):
                yield from _own_nodes(part.body if isinstance(part, ast.ExceptHandler | ast.match_case) else [part])


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _names_in(target)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _names_in(target)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _names_in(item.optional_vars)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))) if method in _CHANGES:
            yield name
        case _:
            return


def _names_in(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _names_in(part)
        case ast.Subscript(value=ast.Name(id=name)):
            yield name
        case _:
            return


def import_statements(content: bytes) -> tuple[bytes, ...]:
    """The import statements of a file, as its bytes tell."""
    return tuple(match[0] for pattern in (_FROM, _IMPORT) for match in pattern.finditer(content))


@dataclass(eq=False)
class Program:
    """The modules that were read so far. A module is read when it is first asked for."""

    kept: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Bytes of files that were read before, by their paths from the root of the disk."""
    folders: tuple[Path, ...] = ()
    """The folders that the program is in."""
    files: ImportedFiles = field(default_factory=ImportedFiles, repr=False)
    _modules: dict[Path, Module | None] = field(default_factory=dict, repr=False)
    _contents: dict[Path, bytes] = field(default_factory=dict, repr=False)
    _imports: dict[Path, tuple[Path, ...]] = field(default_factory=dict, repr=False)
    _named: dict[Path, frozenset[Path]] = field(default_factory=dict, repr=False)
    _facts: dict[Path, dict[object, Any]] = field(default_factory=dict, repr=False)

    def facts(self, path: Path) -> dict[object, Any]:
        """What is remembered of the bytes of a file, until it changes."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = {}
        return found

    def module(self, path: Path, content: bytes | None = None) -> Module:
        """The module at `path`.

        Raises:
            Unreadable: it is not text, or not Python.
            OSError: it cannot be read.
        """
        home = path.absolute()
        known = self._modules.get(home)
        if known is None:
            known = read_module(path, content if content is not None else read_source(path))
            self._modules[home] = known
        return known

    @property
    def modules(self) -> list[Module]:
        """The modules that were read."""
        return [module for module in self._modules.values() if module is not None]

    def keep(self, module: Module) -> None:
        """Take a module in place of what is on the disk."""
        self._modules[module.home] = module

    def forget(self, path: Path, *, imports: bool = True) -> None:
        """Forget what was read of a file, an absolute path, because it has changed; without `imports`, what it imports is
        still the same."""
        self._modules.pop(path, None)
        self._contents.pop(path, None)
        self._facts.pop(path, None)
        if imports:
            self._imports.pop(path, None)
            self._named.pop(path, None)

    def is_test(self, path: Path) -> bool:
        """Whether a file belongs to tests, by its name or that of a folder inside the program."""
        home = path.absolute()
        around = (folder.absolute() for folder in self.folders)
        inner = next((home.relative_to(folder) for folder in around if home.is_relative_to(folder)), path)
        folders = {"tests", "test", "testing"} & set(inner.parts[:-1])
        return bool(folders) or path.name.startswith("test_") or path.name == "conftest.py"

    def imported(self, importer: Module, name: str, level: int = 0) -> Module | None:
        """The module that `importer` means by `name`, where it is a file beside or above it; None for other packages."""
        path = self.file_of(importer, name, level)
        return self.parsed(path) if path is not None else None

    def file_of(self, importer: Module, name: str, level: int = 0) -> Path | None:
        """The file that `importer` means by `name`; None for other packages."""
        return self.files.find(importer.home, name, level)

    def parsed(self, path: Path) -> Module | None:
        """The module of a file of the program; None where it cannot be read."""
        if path not in self._modules:
            try:
                self._modules[path] = read_module(_shown(path), self.kept.get(str(path)) or read_source(path))
            except (OSError, Unreadable):
                self._modules[path] = None
        return self._modules[path]

    def content(self, path: Path) -> bytes:
        """The bytes of a file of the program; none where it cannot be read."""
        if path not in self._contents:
            self._contents[path] = self._content(path)
        return self._contents[path]

    def _content(self, path: Path) -> bytes:
        kept = self.kept.get(str(path))
        if kept is not None:
            return kept
        known = self._modules.get(path)
        try:
            return known.text.encode("utf-8", "replace") if known is not None else read_source(path)
        except OSError:
            return b""

    def _meant(self, importer: Path, name: str, names: bytes, level: int) -> Iterator[Path]:
        """The files that `from name import names` means: the module itself, and those of the names that are modules in it."""
        if not self.files.may_have(importer, name, level):
            return  # most imports are of other packages
        meant = self.files.find(importer, name, level)
        if meant is not None:
            yield meant
        for each in _NAMES.findall(names.decode("utf-8", "replace")):
            inner = self.files.find(importer, f"{name}.{each}" if name else each, level)
            if inner is not None:
                yield inner

    def imports_of(self, path: Path) -> tuple[Path, ...]:
        """The files of the program that a file imports from, as its bytes tell: nothing is parsed."""
        if path not in self._imports:
            found: dict[Path, None] = {}
            for match in _FROM.finditer(self.content(path)):
                dots, name, names = match.groups()
                for meant in self._meant(path, name.decode("utf-8", "replace"), names, len(dots)):
                    found[meant] = None
            self._imports[path] = tuple(found)
        return self._imports[path]

    def named_by(self, path: Path) -> frozenset[Path]:
        """The files that a file imports from, those of `import package.module` included."""
        if path not in self._named:
            found = set(self.imports_of(path))
            for match in _IMPORT.finditer(self.content(path)):
                for name in match[1].decode("utf-8", "replace").split(","):
                    meant = self.files.find(path, name.split()[0]) if name.strip() else None
                    if meant is not None:
                        found.add(meant)
            self._named[path] = frozenset(found)
        return self._named[path]


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def read_module(path: Path, content: bytes) -> Module:
    """The module of a file's content.

    Raises:
        Unreadable: it is not text in the encoding that it declares, or not Python.
    """
    module = Module(path, *read_program(content))
    if module.depth > _DEEPEST:
        raise Unreadable("nested deeper than is read")
    return module


def read_program(content: bytes) -> tuple[str, ast.Module]:
    """Text and syntax tree of a file's content. Raises Unreadable as `read_module` does."""
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        text = content.decode(encoding).removeprefix("\ufeff")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that a later Python will refuse: not our subject
            return text, ast.parse(content)
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        raise Unreadable(f"not valid Python: {error.msg}", line, column) from None
    except (UnicodeDecodeError, ValueError, LookupError) as error:
        raise Unreadable(f"not text that Python can read ({error})") from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested deeper than Python reads") from None
