"""Edits of origin patterns: globs and expressions that stand among exact origins, dots that match any character."""

from __future__ import annotations

import ast
import re
import string
from functools import lru_cache

from corsense.fix.edits.arguments import remove_entries
from corsense.fix.edits.calls import CorsCall, cors_call
from corsense.fix.edits.expressions import compiled, raw, string_literal
from corsense.fix.edits.source import Source, Splice, edit, string_parts

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_GLOB = re.compile(
    rf"(?P<scheme>https?)://(?:\*\.(?P<parent>{_LABEL}(?:\.{_LABEL})*)"
    rf"|(?P<prefix>[a-z0-9][a-z0-9-]*-)\*\.(?P<site>{_LABEL}(?:\.{_LABEL})+)"
    rf"|(?P<exact>{_LABEL}(?:\.{_LABEL})*))(?::(?P<port>\d+|\*))?",
    re.ASCII,
)
# A wildcard of the expressions people write, which for an origin stays within one host: an origin has no path and no user name.
_WILD = r"(?:\.[*+]|\[\^[./:\\]+\][*+]|\[[a-zA-Z0-9_\\-]+\][*+]|\\w[*+])"
_REGEX = re.compile(
    rf"\^?https?\??:(?://|\\/\\/)(?P<wild>(?:[a-z0-9-]*-)?{_WILD}\\\.|\((?:\?:)?{_WILD}\\\.\)[*+?])?"
    rf"(?P<host>{_LABEL}(?:\\\.{_LABEL})*)(?::(?:\d+|\\d[*+]|\[0-9\][*+])|\((?:\?:)?:(?:\d+|\\d\+|\[0-9\]\+)\)\?)?\$?",
    re.ASCII,
)
_PLAIN = re.compile(r"https?://[a-z0-9:-]+")
_PLAIN_PATTERN = re.compile(r"(?!.*(?:\(\?[a-zA-Z]|\\[1-9]))\^?https?\b")
_LABELS = r"(?:[a-z0-9-]+\.)*"
_NAME = string.ascii_letters + string.digits


@edit
def glob_to_regex(source: Source, call_line: int, glob: str) -> list[Splice] | None:
    """Takes `glob` (`https://*.example.com`, `https://preview-*.example.com`, `http://localhost:*`), which matches nothing as an
    exact origin, out of `allow_origins` and gives the call an `allow_origin_regex` that admits the subdomains, or the ports, and
    nothing else; a plain pattern that is there already is extended. None for other globs, where another pattern is there already,
    and where the site below is a public suffix: its subdomains are anyone's."""
    pattern = glob_pattern(glob)
    call = cors_call(source, call_line)
    return None if call is None or pattern is None else _move(call, glob, f'r"{pattern}"')


@edit
def glob_to_expression(source: Source, call_line: int, glob: str, pattern: str) -> list[Splice] | None:
    """Takes `glob` out of `allow_origins`, and gives the call `pattern` as `allow_origin_regex`, beside a plain one that is there
    already."""
    call = cors_call(source, call_line)
    literal = raw(pattern, source.quote)
    return None if call is None or literal is None or compiled(pattern) is None else _move(call, glob, literal)


@edit
def regex_in_list(source: Source, call_line: int, entry: str) -> list[Splice] | None:
    """Moves the regular expression `entry` from `allow_origins`, where it matches nothing, to `allow_origin_regex`, beside a
    plain pattern that is there already. None where another one is there, and unless the expression, fully matched, stays within
    one site: dots escaped, the site written out, no public suffix."""
    call = cors_call(source, call_line)
    if call is None or compiled(entry) is None or _PLAIN.fullmatch(entry) or not _is_of_one_site(entry):
        return None
    literal = raw(entry, source.quote)
    return None if literal is None else _move(call, entry, literal)


@edit
def escape_regex_dots(source: Source, call_line: int) -> list[Splice] | None:
    """Escapes the dots between names in `allow_origin_regex`, which match any character: `https://.*.example.com` becomes
    `https://.*\\.example\\.com`, as a raw string. The result admits nothing that was not admitted. None where a dot may be
    meant."""
    call = cors_call(source, call_line)
    literal = None if call is None else string_literal(source, call.arguments.get("allow_origin_regex"))
    if literal is None:
        return None
    escaped = escaped_dots(str(literal.value))
    parts = string_parts(source.segment(literal))
    text = None if escaped is None or parts is None or compiled(escaped) is None else raw(escaped, parts[1])
    return None if text is None or escaped == literal.value else [Splice(source.start(literal), source.end(literal), text)]


@edit
def replace_regex(source: Source, call_line: int, pattern: str) -> list[Splice] | None:
    """Writes `pattern`, as a raw string, for the literal `allow_origin_regex` of the CORS call at `call_line`."""
    call = cors_call(source, call_line)
    literal = None if call is None else string_literal(source, call.arguments.get("allow_origin_regex"))
    parts = None if literal is None else string_parts(source.segment(literal))
    text = None if parts is None or compiled(pattern) is None else raw(pattern, parts[1])
    if literal is None or text is None or pattern == literal.value:
        return None
    return [Splice(source.start(literal), source.end(literal), text)]


def meant_by_glob(pattern: str) -> str | None:
    """The expression that a glob was meant to be (`http://localhost:*`, `https://*.example.com`), or any text behind this
    machine's name (`http://localhost.*`): all its ports. None for other expressions."""
    text = pattern.removeprefix("^").removesuffix("$").replace("\\.", ".").replace("\\/", "/")
    port = re.fullmatch(r"(?P<scheme>https?\??)://(?P<host>localhost|127\.0\.0\.1)(?::?\(?\.[*+]\??\)?|:\*|\*)", text)
    if port is not None:
        return rf"{port['scheme']}://{re.escape(port['host'])}(:\d+)?"
    if re.search(r"[()\[\]{}|+?\\^$]|\.\*", text):
        return None
    return glob_pattern(text)


def tightened(pattern: str) -> str | None:
    """`pattern` so that it keeps to the site it names: dots escaped, a wildcard in front of a host made one for whole labels
    (`https://.*example\\.com` becomes `https://(?:[a-z0-9-]+\\.)*example\\.com`), none behind it. None where nothing changes."""
    text = pattern.removeprefix("^").removesuffix("$")
    text = escaped_dots(text) or text
    text = re.sub(r"(?<=//)(?:\.[*+]\??|\((?:\?:)?\.[*+]\??\)|\w[*+])(?=[a-z0-9])", lambda _: _LABELS, text)
    text = re.sub(r"(?<=//)(?:\.[*+]\??|\((?:\?:)?\.[*+]\??\))(?=\\\.)", lambda _: r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", text)
    text = re.sub(r"(?<=[a-z0-9])\.[*+]\??$", "", text)
    return text if text != pattern and compiled(text) is not None else None


def anchored(pattern: str, origin: str) -> str | None:
    """`pattern`, which was meant to be searched for, as one that matches the whole of `origin`: with its scheme, with names in
    front of it and its port behind. None where that does not match `origin`."""
    url = re.fullmatch(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9.-]+)(?P<port>:[0-9]+)?", origin)
    if url is None:
        return None
    text = pattern.removeprefix("^").removesuffix("$")
    if "//" not in text:
        labels = r"[a-z0-9-]+(?:\.[a-z0-9-]+)*" if text.startswith(r"\.") else _LABELS
        text = f"{url['scheme']}://{labels}{text}"
    found = compiled(text)
    if found is not None and not found.fullmatch(origin) and url["port"]:
        text += url["port"]
        found = compiled(text)
    return text if found is not None and found.fullmatch(origin) else None


def glob_pattern(glob: str) -> str | None:
    """The regular expression that means what `glob` does; None when it would admit more than one site's subdomains, or ports."""
    match = _GLOB.fullmatch(glob)
    if match is None or "*" not in glob:
        return None
    site = match["parent"] or match["site"]
    if site is not None and not _is_private_site(site):
        return None
    host = (match["exact"] or site or "").replace(".", r"\.")
    wild = r"([a-z0-9-]+\.)+" if match["parent"] else rf"{match['prefix']}[a-z0-9-]+\." if match["site"] else ""
    port = {None: "", "*": "(:[0-9]+)?"}.get(match["port"], f":{match['port']}")
    return f"{match['scheme']}://{wild}{host}{port}"


def escaped_dots(pattern: str) -> str | None:
    """`pattern` with the dots between names escaped; None where a dot stands where a name cannot tell what it means."""
    if re.search(r"\(\?[a-zA-Z]*x|\(\?#", pattern):
        return None
    parts: list[str] = []
    position = 0
    in_class = False
    while position < len(pattern):
        char = pattern[position]
        after = pattern[position + 1 : position + 2]
        if char == "\\":
            parts.append(char + after)
            position += 2
            continue
        in_class = char == "[" or (in_class and char != "]")
        if char == "." and not in_class and after not in ("*", "+", "?", "{"):
            before = pattern[position - 1 : position]
            if not _is_between_names(before, after):
                return None
            char = "\\."
        parts.append(char)
        position += 1
    return "".join(parts)


def _is_between_names(before: str, after: str) -> bool:
    return before != "" and after != "" and before in f"{_NAME}*+?)]}}(" and after in f"{_NAME}(["


def _move(call: CorsCall, entry: str, literal: str) -> list[Splice] | None:
    """Takes `entry` out of the list and makes `literal` the pattern."""
    removal = remove_entries(call, "allow_origins", [entry])
    current = call.arguments.get("allow_origin_regex")
    if removal is None or (current is None and not call.complete):
        return None
    if current is None:
        return [*removal, *call.items.append(f"allow_origin_regex={literal}")]
    if isinstance(current, ast.Constant):
        both = literal if current.value is None else _either(call.source, current, literal)
        return None if both is None else [*removal, Splice(call.source.start(current), call.source.end(current), both)]
    return None


def _either(source: Source, current: ast.Constant, literal: str) -> str | None:
    """The pattern that admits what `current` does, and what `literal` does besides. None where `current` is no plain pattern of
    origins: flags and groups that are referred to mean something else in a longer pattern."""
    first, second, parts = current.value, ast.literal_eval(literal), string_parts(source.segment(current))
    if not isinstance(first, str) or parts is None or not _PLAIN_PATTERN.match(first):
        return None
    joined = f"{first}|{second}"
    return raw(joined, parts[1]) if compiled(first) is not None and compiled(joined) is not None else None


def _is_of_one_site(expression: str) -> bool:
    """Whether an expression admits no site that it was not written for."""
    match = _REGEX.fullmatch(expression)
    if match is not None:
        return not match["wild"] or _is_private_site(match["host"].replace("\\.", "."))
    from corsense.diagnose.regexes import regex_fault  # brings the automata along

    return _PLAIN_PATTERN.match(expression) is not None and regex_fault(expression, credentials=True) is None


def _is_private_site(host: str) -> bool:
    """Whether the names below `host` are one owner's: not so for a public suffix (`co.uk`, `vercel.app`)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _public_suffix(host) != host


@lru_cache(maxsize=64)
def _public_suffix(host: str) -> str:
    # The list takes 80 ms to load, and only patterns need it.
    from publicsuffixlist import PublicSuffixList

    return str(PublicSuffixList().publicsuffix(host))
