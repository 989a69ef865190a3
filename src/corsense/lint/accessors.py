"""A settings class that splits a string of origins itself: the property or method to read in place of the string."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import FunctionNode, Module, dotted
from corsense.lint.settings import lineage
from corsense.lint.values import ClassValue, Instance

_PROPERTIES = frozenset({"property", "cached_property", "computed_field"})


def splitting_accessors(evaluator: Evaluator, module: Module, given: ast.expr, held: str = "") -> list[str]:
    """What to read in place of `given`, an attribute of settings that is one string of origins: `settings.cors_origins`
    for `settings.CORS_ORIGINS` where the class of `settings` has a property `cors_origins` that splits `self.CORS_ORIGINS`;
    `get_settings().cors_origins()` for a method. `held` is what the string holds: JSON needs to be read as JSON, and white space
    to be taken off. Empty where `given` is not an attribute, or no such property is found."""
    given = _attribute_meant(module, given)
    if not isinstance(given, ast.Attribute):
        return []
    needed = _needed(held)
    names = (name for owner in _classes(evaluator, module, given.value) for name in _accessors(owner, given.attr, needed))
    return [f"{dotted(given.value)}.{name}" for name in dict.fromkeys(names)]


def _attribute_meant(module: Module, given: ast.expr) -> ast.expr:
    """`settings.CORS_ORIGINS`, also where a name stands for it."""
    if not isinstance(given, ast.Name):
        return given
    holder = module.scope_of(given).holder_of(given.id)
    match holder.bindings[given.id] if holder is not None else []:
        case [ast.Assign(value=value)] | [ast.AnnAssign(value=ast.expr() as value)]:
            return value
        case _:
            return given


def _classes(evaluator: Evaluator, module: Module, holder: ast.expr) -> Iterator[ast.ClassDef]:
    """The classes that `holder` is an object of, with those that they are made from; where nothing is known of it, the classes of
    the module and of the one that it is imported from."""
    found = False
    for each in evaluator.evaluate(holder, evaluator.frame_of(module, holder)):
        owner = each.value.made_of if isinstance(each.value, Instance) else each.value
        for base in lineage(evaluator, owner) if isinstance(owner, ClassValue) else ():
            found = True
            yield base.node
    if not found and isinstance(holder, ast.Name):
        for each_module in (module, *_imported(evaluator, module, holder.id)):
            yield from (node for node in ast.walk(each_module.tree) if isinstance(node, ast.ClassDef))


def _imported(evaluator: Evaluator, module: Module, name: str) -> Iterator[Module]:
    for node in module.imports:
        if isinstance(node, ast.ImportFrom) and name in {each.asname or each.name for each in node.names}:
            found = evaluator.program.imported(module, node.module or "", node.level)
            if found is not None:
                yield found


def _needed(held: str) -> frozenset[str]:
    """The names of the functions that it takes to make a list of origins of a string."""
    if held.lstrip().startswith("["):
        return frozenset({"loads"})
    return frozenset({"split", "strip"} if any(character.isspace() for character in held) else {"split"})


def _accessors(found: ast.ClassDef, attribute: str, needed: frozenset[str]) -> Iterator[str]:
    for method in found.body:
        if not isinstance(method, ast.FunctionDef) or not _splits(method, attribute, needed):
            continue
        decorators = {_last_name(each) for each in method.decorator_list}
        if decorators and decorators <= _PROPERTIES:
            yield method.name
        elif not decorators and _takes_self_only(method):
            yield f"{method.name}()"


def _splits(method: FunctionNode, attribute: str, needed: frozenset[str]) -> bool:
    """Whether a method reads `self.<attribute>` and calls what is `needed` to make a list of it."""
    nodes = list(ast.walk(method))
    reads = any(isinstance(node, ast.Attribute) and dotted(node) == f"self.{attribute}" for node in nodes)
    return reads and needed <= {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _takes_self_only(method: ast.FunctionDef) -> bool:
    given = method.args
    return len(given.args) == 1 and not (given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg)


def _last_name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
