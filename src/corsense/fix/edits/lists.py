"""Edits of lists that hold something other than single strings: lists within them, several values in one string, a string in
their place."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from corsense.fix.edits.arguments import display as list_display
from corsense.fix.edits.arguments import replace_value
from corsense.fix.edits.calls import CorsCall, cors_call, statement_of
from corsense.fix.edits.computed import split_into_entries
from corsense.fix.edits.expressions import admits_untrusted_origins
from corsense.fix.edits.imports import module_reference
from corsense.fix.edits.names import binding, loads
from corsense.fix.edits.source import Source, Splice, edit, is_text, string_parts
from corsense.fix.edits.values import Display
from corsense.origin.not_a_regex import names_an_origin

_DISPLAYS = (ast.List, ast.Tuple, ast.Set)
_READ = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BoolOp)


@edit
def unnest_list(source: Source, call_line: int, keyword: str = "allow_origins") -> list[Splice] | None:
    """Unpacks the lists within the list given as `keyword`: `[origins]` becomes `origins`, `["a", origins]` becomes
    `["a", *origins]`, `["a", ["b"]]` becomes `["a", "b"]`, and the comma goes that makes a tuple of `origins = [...],`. None
    where no list within a list can be seen, and where other code reads the same name."""
    call = cors_call(source, call_line)
    display = None if call is None else _display_of(source, call.arguments.get(keyword))
    if display is None or not display.elts:
        return None
    if len(display.elts) == 1 and not is_text(display.elts[0]):
        sole = display.elts[0]
        inner = sole.value if isinstance(sole, ast.Starred) else sole
        if isinstance(sole, ast.Starred) or "#" in _without(source, display, inner):
            return None
        return [Splice(source.start(display), source.end(display), source.segment(inner))]
    lists = [item for item in display.elts if _is_list(source, item)]
    return [_unpacked(source, item) for item in lists] or None


def _unpacked(source: Source, item: ast.expr) -> Splice:
    """The entries of a list that is written out, in its place; any other list behind a star."""
    if isinstance(item, ast.List | ast.Tuple) and item.elts and "#" not in source.segment(item):
        entries = source.text[source.start(item.elts[0]) : source.end(item.elts[-1])]
        return Splice(source.start(item), source.end(item), entries)
    return Splice(source.start(item), source.start(item), "*")


@edit
def split_joined(source: Source, call_line: int, keyword: str, value: str, parts: Sequence[str]) -> list[Splice] | None:
    """Replaces the one string `value` with `parts` in the list given as `keyword`. None where `value` is not found as a
    literal."""
    call = cors_call(source, call_line)
    return None if call is None or not parts else replace_value(call, keyword, value, parts)


@edit
def split_string(source: Source, call_line: int, keyword: str = "allow_origins") -> list[Splice] | None:
    """Makes of a string that is read from elsewhere (`os.getenv(...)`, `settings.origins`) a list: split at its commas, stripped,
    empty entries dropped. None for a literal, and for what is split already."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if not isinstance(value, _READ) or _is_split(value):
        return None
    return [Splice(source.start(value), source.end(value), split_into_entries(source, _readable(source, value)))]


@edit
def read_accessor(source: Source, call_line: int, accessor: str, keyword: str = "allow_origins") -> list[Splice] | None:
    """Reads what `accessor` says in place of the attribute given as `keyword`: `settings.ORIGINS` becomes
    `settings.origins_list`. None where the argument is no attribute, or one of another object."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if not isinstance(value, ast.Attribute) or not accessor.startswith(f"{ast.unparse(value.value)}."):
        return None
    return [Splice(source.start(value), source.end(value), accessor)]


@edit
def split_only_entry(source: Source, call_line: int, keyword: str = "allow_origins") -> list[Splice] | None:
    """Splits the one entry of a list that is read from elsewhere: `[os.getenv(...)]` becomes
    `[origin.strip() for origin in os.getenv(...).split(",") if origin.strip()]`. None for literals, and for longer lists."""
    call = cors_call(source, call_line)
    display = None if call is None else _display_of(source, call.arguments.get(keyword))
    entry = display.elts[0] if isinstance(display, ast.List) and len(display.elts) == 1 else None
    if display is None or not isinstance(entry, _READ) or _is_split(entry) or "#" in source.segment(display):
        return None
    return [Splice(source.start(display), source.end(display), split_into_entries(source, _readable(source, entry)))]


@edit
def load_json(source: Source, call_line: int, keyword: str = "allow_origins") -> list[Splice] | None:
    """Reads the JSON list that a string from elsewhere holds: `os.environ["ORIGINS"]` becomes
    `json.loads(os.environ["ORIGINS"])`. Imports `json` where need be. None for a literal."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if call is None or not isinstance(value, _READ) or _is_split(value):
        return None
    imported = module_reference(source, "json", statement_of(source, value))
    if imported is None:
        return None
    name, splices = imported
    return [*splices, Splice(source.start(value), source.end(value), f"{name}.loads({source.segment(value)})")]


@edit
def shorten_computed(source: Source, call_line: int, tail: str) -> list[Splice] | None:
    """Takes `tail` (`:443`, `/`) off the f-strings of `allow_origins` that end in it, as text or as a value behind a colon. None
    where no f-string ends so."""
    call = cors_call(source, call_line)
    display = None if call is None else _display_of(source, call.arguments.get("allow_origins"))
    splices = []
    for item in display.elts if display is not None else ():
        segment = source.segment(item)
        parts = string_parts(segment)
        if not isinstance(item, ast.JoinedStr) or parts is None:
            continue
        _, quote, body = parts
        end = source.end(item) - len(quote)
        if body.endswith(tail):
            splices.append(Splice(end - len(tail), end, ""))
        elif tail.startswith(":") and body.endswith("}") and (cut := body.rfind(":{")) > 0:
            splices.append(Splice(end - (len(body) - cut), end, ""))
    return splices or None


def _display_of(source: Source, value: ast.expr | None) -> Display | None:
    """The list that is written at the call, or that the name there stands for, which nothing else reads."""
    if isinstance(value, _DISPLAYS):
        return value
    if not isinstance(value, ast.Name):
        return None
    bound = binding(source, value)
    sole = None if bound is None else bound.sole
    return sole if isinstance(sole, _DISPLAYS) and len(loads(source, value.id)) == 1 else None


def _is_list(source: Source, item: ast.expr) -> bool:
    if isinstance(item, _DISPLAYS):
        return True
    bound = binding(source, item) if isinstance(item, ast.Name) else None
    return bound is not None and isinstance(bound.sole, _DISPLAYS)


def _without(source: Source, outer: ast.expr, inner: ast.expr) -> str:
    """The text of a node around another, where a comment would be lost."""
    return source.text[source.start(outer) : source.start(inner)] + source.text[source.end(inner) : source.end(outer)]


def _is_split(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in ("split", "loads", "splitlines") for node in ast.walk(value))


def _readable(source: Source, value: ast.expr) -> str:
    """The text of a string that can be split: what the environment may lack is an empty string."""
    text = source.segment(value)
    may_be_none = (
        isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords and _reads_environment(source, value)
    )
    if may_be_none:
        return f"{text[:-1].rstrip().rstrip(',')}, {source.quote}{source.quote})"
    return f"({text})" if isinstance(value, ast.BoolOp) else text


def _reads_environment(source: Source, value: ast.Call) -> bool:
    return source.segment(value.func).endswith(("getenv", "environ.get"))


@edit
def regex_out_of_list(source: Source, call_line: int) -> list[Splice] | None:
    """Puts a list that is given as `allow_origin_regex` where it belongs: plain origins into `allow_origins`, a single expression
    out of its list. None where the list cannot be seen or is read by other code, where `allow_origins` is not a list at the call,
    and where the expression admits origins that cannot be meant."""
    call = cors_call(source, call_line)
    display = None if call is None else _display_of(source, call.arguments.get("allow_origin_regex"))
    word = None if call is None else next((each for each in call.node.keywords if each.arg == "allow_origin_regex"), None)
    if call is None or display is None or word is None or not display.elts or not all(map(is_text, display.elts)):
        return None
    texts = [item.value for item in display.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(texts) != len(display.elts):
        return None
    if all(map(names_an_origin, texts)):
        return _into_origins(call, word, texts)
    sole = display.elts[0]
    if len(texts) > 1 or admits_untrusted_origins(texts[0]) or "#" in _without(source, display, sole):
        return None
    return [Splice(source.start(display), source.end(display), source.segment(sole))]


@edit
def regex_of_text(source: Source, call_line: int) -> list[Splice] | None:
    """Takes the `b` off an expression that is written as bytes at the call, or in the `re.compile` there. None where it is not
    written there, and where the expression admits origins that cannot be meant."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get("allow_origin_regex")
    if isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
        value = value.args[0]
    if not isinstance(value, ast.Constant) or not isinstance(value.value, bytes) or not value.value.isascii():
        return None
    written = source.segment(value)
    prefix = written[: min(written.find(quote) for quote in "\"'" if quote in written)]
    text = prefix.lower().replace("b", "") + written[len(prefix) :]
    if not _means(text, value.value.decode("ascii")) or admits_untrusted_origins(value.value.decode("ascii")):
        return None
    return [Splice(source.start(value), source.end(value), text)]


def _means(written: str, text: str) -> bool:
    try:
        return bool(ast.literal_eval(written) == text)
    except (SyntaxError, ValueError):
        return False


def _into_origins(call: CorsCall, word: ast.keyword, texts: Sequence[str]) -> list[Splice] | None:
    """The list becomes `allow_origins`, or its entries join the list that is there."""
    source, start = call.source, call.source.start(word)
    there = call.arguments.get("allow_origins")
    if there is None:
        return [Splice(start, start + len("allow_origin_regex"), "allow_origins")] if call.complete else None
    index = next((number for number, span in enumerate(call.items.spans) if span[0] == start), None)
    removal = None if index is None else call.items.remove(index)
    if not isinstance(there, _DISPLAYS) or removal is None:
        return None
    listed = [item.value for item in there.elts if isinstance(item, ast.Constant)]
    new = [text for text in dict.fromkeys(texts) if text not in listed]
    if "*" in listed or len(listed) != len(there.elts):
        return None
    whole = list_display(new if not listed else [*map(str, listed), *new], source.quote)
    if whole is None or "#" in source.segment(there):
        return None
    return [*removal, Splice(source.start(there), source.end(there), whole)] if new else removal
