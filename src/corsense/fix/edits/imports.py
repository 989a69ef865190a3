"""Imports that an edit needs: a module or a name made known before a statement, or found to be known already."""

from __future__ import annotations

import ast
import sys

from corsense.fix.edits.calls import statement_of
from corsense.fix.edits.rows import head, is_alone, paste_after
from corsense.fix.edits.source import Source, Splice


def module_reference(source: Source, module: str, user: ast.stmt) -> tuple[str, list[Splice]] | None:
    """How `module` (`os`) is written at the statement `user`, and the splices that import it if need be; None when its name
    means something else."""
    for node in visible_imports(source, user):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == module and not is_rebound(source, alias.asname or module):
                    return alias.asname or module, []
    if is_taken(source, module):
        return None
    return module, [place_import(source, user, f"import {module}", (0, module))]


def name_reference(source: Source, module: str, name: str, user: ast.stmt) -> tuple[str, list[Splice]] | None:
    """How `name` of `module` is written at the statement `user`, and the splices that import it if need be; None when the name
    means something else."""
    for node in visible_imports(source, user):
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            for alias in node.names:
                if alias.name == name and not is_rebound(source, alias.asname or name):
                    return alias.asname or name, []
    if is_taken(source, name):
        return None
    return name, [place_import(source, user, f"from {module} import {name}", (1, module))]


def visible_imports(source: Source, user: ast.stmt) -> list[ast.stmt]:
    """The import statements of the module that run before `user` does."""
    limit = source.start(_outermost(source, user))
    return [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom) and source.end(node) <= limit]


def is_rebound(source: Source, name: str) -> bool:
    """Whether something other than an import binds `name`, in whatever scope."""
    for node in source.nodes:
        match node:
            case ast.Name(id=found, ctx=ast.Store() | ast.Del()) | ast.arg(arg=found):
                pass
            case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
                pass
            case _:
                continue
        if found == name:
            return True
    return False


def is_taken(source: Source, name: str) -> bool:
    """Whether the program binds `name` at all, imports included."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in source.nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return name in imported or is_rebound(source, name)


def place_import(source: Source, user: ast.stmt, text: str, key: tuple[int, str]) -> Splice:
    """Where an import statement goes: at the head of the first group of imports that it belongs to, else behind the docstring
    and `__future__`, else before everything. `key` sorts it: 0 for `import x`, 1 for `from x import y`, then the module."""
    found = visible_imports(source, user)
    future = [node for node in found if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    others = [node for node in found if node not in future]
    before = [node for node in others if _key(node) < key and (_kind(node) == _kind_of(key[1]))]
    same_kind = [node for node in others if _kind(node) == _kind_of(key[1])]
    if before and is_alone(source, before[-1]):
        return paste_after(source, before[-1], text)
    if same_kind and is_alone(source, same_kind[0]):
        return _before(source, same_kind[0], text, 1)
    if others and _kind_of(key[1]) and is_alone(source, others[-1]):
        return paste_after(source, others[-1], text)
    if others and is_alone(source, others[0]):
        return _before(source, others[0], text, 2)
    anchor = future[-1] if future else _docstring(source)
    if anchor is not None and is_alone(source, anchor):
        return paste_after(source, anchor, text, blank=1)
    first = next((node for node in source.tree.body if node is not anchor), user)
    start = head(source, statement_of(source, first))
    if anchor is None and source.begins_row(start):
        return _before(source, first, text, 2)
    return Splice(start, start, f"{text}; ")


def _before(source: Source, statement: ast.stmt, text: str, ends: int) -> Splice:
    start = source.row_start(head(source, statement))
    return Splice(start, start, text + source.newline_at(start) * ends)


def _docstring(source: Source) -> ast.stmt | None:
    return source.tree.body[0] if ast.get_docstring(source.tree, clean=False) is not None else None


def _outermost(source: Source, statement: ast.stmt) -> ast.stmt:
    node: ast.AST = statement
    while node not in source.tree.body:
        node = source.parents[node]
    assert isinstance(node, ast.stmt)
    return node


def _key(node: ast.stmt) -> tuple[int, str]:
    if isinstance(node, ast.ImportFrom):
        return 1, node.module or ""
    return 0, node.names[0].name if isinstance(node, ast.Import) else ""


def _kind_of(module: str) -> int:
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def _kind(node: ast.stmt) -> int:
    if isinstance(node, ast.ImportFrom) and node.level:
        return 2
    return _kind_of(_key(node)[1])
