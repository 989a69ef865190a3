"""Edits of the arguments of a CORS call: origins, methods, headers, credentials, misspelt keywords."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from contextlib import suppress

from corsense.fix.edits.calls import CorsCall, cors_call
from corsense.fix.edits.expressions import admits_untrusted_origins, string_literal
from corsense.fix.edits.layout import display_items
from corsense.fix.edits.names import binding, loads
from corsense.fix.edits.source import Source, Splice, edit, rewritten, string_parts, written
from corsense.fix.edits.values import Display, Entry, Reading, add_entry, inside, quote_of, read_argument

DEFAULT_METHODS = ("GET",)
"""What Starlette's middleware allows when `allow_methods` is not given."""

_NORMALISED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})

SAFELISTED_HEADERS = frozenset({"accept", "accept-language", "content-language", "content-type"})
"""What Starlette's middleware always allows, whatever `allow_headers` says."""


@edit
def replace_origin(source: Source, call_line: int, old: str, new: str) -> list[Splice] | None:
    """Writes `new` wherever the `allow_origins` of the CORS call at `call_line` says `old`, in the call or in a list it names;
    drops `old` where `new` is there already. A plain string becomes a list. None where `old` is not found as a literal."""
    call = cors_call(source, call_line)
    return None if call is None else replace_value(call, "allow_origins", old, [new])


@edit
def add_origin(source: Source, call_line: int, origin: str) -> list[Splice] | None:
    """Adds `origin` to the `allow_origins` of the CORS call at `call_line`, in the literal at the call or else in the list
    that it names. None where `*` or `origin` is there already, and where the value depends on what cannot be seen."""
    call = cors_call(source, call_line)
    return None if call is None else _add(call, "allow_origins", origin)


@edit
def add_method(source: Source, call_line: int, method: str) -> list[Splice] | None:
    """Adds `method` to `allow_methods`; with the default, GET, when the call does not give it. Where it is there in other
    letters that no browser sends (Fetch, "normalize a method"), it is put right. None where `*` allows it."""
    call = cors_call(source, call_line)
    if call is None:
        return None
    reading = read_argument(call, "allow_methods")
    if reading is not None and method in _NORMALISED_METHODS and not {method, "*"} & reading.values:
        unsent = next((value for value in sorted(reading.values) if value.upper() == method), None)
        if unsent is not None and reading.text is None:
            return replace_value(call, "allow_methods", unsent, [method])
    return _add(call, "allow_methods", method, DEFAULT_METHODS)


@edit
def add_header(source: Source, call_line: int, header: str, *, beside_star: bool = False) -> list[Splice] | None:
    """Adds `header` to `allow_headers`. None where the same name in other letters, the safelist, or `*` allows it; `beside_star`
    adds it although there is a `*`, which does not cover `Authorization` (Fetch, "CORS-preflight fetch")."""
    call = cors_call(source, call_line)
    if call is None or header.lower() in SAFELISTED_HEADERS:
        return None
    return _add(call, "allow_headers", header, star=not beside_star)


@edit
def expose_header(source: Source, call_line: int, header: str) -> list[Splice] | None:
    """Adds `header` to `expose_headers`. None where `*` exposes it; with credentials `*` is a header name like any other
    (Fetch, section 3.3.3), so then it is added beside it."""
    call = cors_call(source, call_line)
    if call is None:
        return None
    credentials = call.arguments.get("allow_credentials")
    literal_star = isinstance(credentials, ast.Constant) and credentials.value is True
    return _add(call, "expose_headers", header, star=not literal_star)


@edit
def wildcard_to_origins(source: Source, call_line: int, origins: Sequence[str]) -> list[Splice] | None:
    """Replaces `*` with `origins` in `allow_origins`. Where the `*` comes from a name that feeds other arguments too, the call
    gets a list of its own."""
    call = cors_call(source, call_line)
    reading = None if call is None else read_argument(call, "allow_origins")
    if call is None or reading is None or "*" not in reading.values or "*" in origins or not origins:
        return None
    if reading.complete and reading.values == {"*"} and any(_is_fixed(call, reading, entry) for entry in reading.entries):
        value = call.arguments["allow_origins"]
        return _splice_display(call.source, value, origins)
    return replace_value(call, "allow_origins", "*", origins)


@edit
def string_to_list(source: Source, call_line: int, keyword: str = "allow_origins") -> list[Splice] | None:
    """Makes of a string given for `keyword` a list: of one string, or of the trimmed parts of a string separated by commas or
    white space. None for anything but a literal, or a name bound to one. Globs and patterns stay what they are."""
    call = cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if value is None:
        return None
    if isinstance(value, ast.JoinedStr):
        texts = [part.value for part in value.values if isinstance(part, ast.Constant)]
        split = any(re.search(r"[,\s]", text) for text in texts if isinstance(text, str))
        return None if split else _wrap(source, value)
    if isinstance(value, ast.Name):
        return _name_to_list(source, value)
    return _literal_to_list(source, value)


@edit
def set_credentials(source: Source, call_line: int, value: bool = True) -> list[Splice] | None:
    """Sets `allow_credentials` to `value`. Refuses (None) to set it to True unless every origin is known and `*` is not among
    them, nor a pattern that admits untrusted origins: with credentials those would let any site read with the user's cookies."""
    call = cors_call(source, call_line)
    if call is None or (value and not _names_its_origins(call)):
        return None
    current = call.arguments.get("allow_credentials")
    if current is None:
        return call.items.append(f"allow_credentials={value}") if call.complete else None
    if isinstance(current, ast.Name):
        bound = binding(source, current)
        sole = None if bound is None else bound.sole
        if sole is None or len(loads(source, current.id)) > 1:
            return None
        current = sole
    if not isinstance(current, ast.Constant) or not isinstance(current.value, bool) or current.value is value:
        return None
    return [Splice(source.start(current), source.end(current), str(value))]


@edit
def rename_keyword(source: Source, call_line: int, wrong: str, right: str) -> list[Splice] | None:
    """Renames the keyword `wrong` of the CORS call at `call_line` to `right`. None where `right` is given, or may be, already."""
    call = cors_call(source, call_line)
    if call is None or not call.complete or right in call.arguments or not right.isidentifier():
        return None
    for keyword in call.node.keywords:
        start = source.start(keyword)
        if keyword.arg == wrong and source.text.startswith(wrong, start):
            return [Splice(start, start + len(wrong), right)]
    return None


def display(values: Sequence[str], quote: str) -> str | None:
    """A list display of strings; None when one of them would need escapes."""
    literals = [written(value, quote) for value in dict.fromkeys(values)]
    return None if None in literals else f"[{', '.join(literal for literal in literals if literal)}]"


def remove_entries(call: CorsCall, keyword: str, unwanted: Sequence[str]) -> list[Splice] | None:
    """Drops strings from the value of a keyword; a plain string that is one of them becomes an empty list. None unless all
    are found."""
    reading = read_argument(call, keyword)
    if reading is None or not set(unwanted) <= reading.values:
        return None
    splices: dict[ast.Constant, list[Splice]] = {}
    for entry in reading.entries:
        if entry.value not in unwanted or entry.node in splices:
            continue
        if entry.shared:
            return None
        if reading.text is entry.node and inside(call.source, entry.node, call.node):
            splices[entry.node] = [Splice(call.source.start(entry.node), call.source.end(entry.node), "[]")]
            continue
        removal = None if entry.display is None else _remove(call.source, entry.display, entry.index)
        if removal is None:
            return None
        splices[entry.node] = removal
    return [splice for each in splices.values() for splice in each]


def _remove(source: Source, node: Display, index: int) -> list[Splice] | None:
    if not isinstance(node, ast.Set) or len(node.elts) > 1:
        return display_items(source, node).remove(index)
    # `{}` is a dict.
    return None if "#" in source.segment(node) else [Splice(source.start(node), source.end(node), "set()")]


def _add(call: CorsCall, keyword: str, value: str, default: Sequence[str] = (), *, star: bool = True) -> list[Splice] | None:
    source = call.source
    if keyword not in call.arguments:
        text = display([*default, value], source.quote)
        return None if text is None or value in default or not call.complete else call.items.append(f"{keyword}={text}")
    reading = read_argument(call, keyword)
    fold = str if keyword in ("allow_origins", "allow_methods") else str.lower
    if reading is None or reading.text is not None or (star and "*" in reading.values):
        return None
    if fold(value) in map(fold, reading.values):
        return None
    here = [home for home in reading.homes if inside(source, home, call.node)]
    # A display within another, `[*["a"], "b"]`, is part of the outer one.
    outer = [home for home in here if not any(inside(source, home, other) for other in here if other is not home)]
    home = next(reversed([*reading.homes, *outer]), None)
    literal = written(value, quote_of(source, home))
    return None if home is None or literal is None else add_entry(source, home, literal)


def replace_value(call: CorsCall, keyword: str, old: str, news: Sequence[str]) -> list[Splice] | None:
    """Writes `news` wherever the list given as `keyword` says `old`; drops `old` where they are there already."""
    reading = read_argument(call, keyword)
    if reading is None or old in news:
        return None
    targets = {entry.node: entry for entry in reading.entries if entry.value == old}
    if not targets or any(_is_fixed(call, reading, entry) for entry in targets.values()):
        return None
    splices: list[Splice] = []
    done: set[Display] = set()
    for entry in targets.values():
        made = _replace_entry(call.source, reading, entry, [] if entry.display in done else news)
        if made is None:
            return None
        splices += made
        if entry.display is not None:
            done.add(entry.display)
    return splices


def _is_fixed(call: CorsCall, reading: Reading, entry: Entry) -> bool:
    """Whether the literal must stay as it is: others read it, or it is a string standing elsewhere in the place of a list."""
    return entry.shared or (entry.node is reading.text and not inside(call.source, entry.node, call.node))


def _replace_entry(source: Source, reading: Reading, entry: Entry, news: Sequence[str]) -> list[Splice] | None:
    if entry.node is reading.text:
        return _splice_display(source, entry.node, news)
    if entry.display is None:
        literal = rewritten(source, entry.node, news[0]) if len(news) == 1 else None
        return None if literal is None else [Splice(source.start(entry.node), source.end(entry.node), literal)]
    items = display_items(source, entry.display)
    there = {item.value for item in entry.display.elts if isinstance(item, ast.Constant)}
    missing = [new for new in dict.fromkeys(news) if new not in there]
    if not missing:
        return items.remove(entry.index)
    quote = quote_of(source, entry.display)
    literals = [rewritten(source, entry.node, missing[0]), *(written(new, quote) for new in missing[1:])]
    return None if None in literals else items.replace(entry.index, [literal for literal in literals if literal])


def _splice_display(source: Source, node: ast.expr, values: Sequence[str]) -> list[Splice] | None:
    parts = string_parts(source.segment(node))
    text = display(values, source.quote if parts is None else parts[1][0])
    return None if text is None or "#" in source.segment(node) else [Splice(source.start(node), source.end(node), text)]


def _wrap(source: Source, node: ast.expr) -> list[Splice]:
    start, end = source.start(node), source.end(node)
    return [Splice(start, start, "["), Splice(end, end, "]")]


def _split(text: str) -> list[str]:
    """The values of a string: those of a JSON list, else what commas and white space separate."""
    if text.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            read = json.loads(text)
            if isinstance(read, list) and all(isinstance(item, str) for item in read):
                return read
    return [part for part in re.split(r"[,\s]+", text) if part]


def _literal_to_list(source: Source, node: ast.expr) -> list[Splice] | None:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    parts = _split(node.value)
    if parts == [node.value]:
        return _wrap(source, node)
    return _splice_display(source, node, parts)


def _name_to_list(source: Source, name: ast.Name) -> list[Splice] | None:
    bound = binding(source, name)
    value = None if bound is None else bound.sole
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    if _split(value.value) == [value.value]:
        return _wrap(source, name)
    # The definition becomes a list, which only works out when this call is all that reads it.
    return _literal_to_list(source, value) if len(loads(source, name.id)) == 1 else None


def _names_its_origins(call: CorsCall) -> bool:
    if not call.complete and not {"allow_origins", "allow_origin_regex"} <= call.arguments.keys():
        return False
    reading = read_argument(call, "allow_origins")
    if reading is not None and (not reading.complete or reading.text is not None or "*" in reading.values):
        return False
    value = call.arguments.get("allow_origin_regex")
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return True
    pattern = string_literal(call.source, value)
    return pattern is not None and not admits_untrusted_origins(str(pattern.value))
