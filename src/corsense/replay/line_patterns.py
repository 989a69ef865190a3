"""Format strings of nginx and Apache to a pattern for the lines they write.

Source: nginx, `ngx_http_log_module` (*log_format*); Apache, `mod_log_config` (*Custom Log Formats*).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from corsense.errors import InputError, quoted
from corsense.replay.fields import RESPONSE_HEADERS, Field, Group, LogFormat, Place

_NGINX = {
    "request": Field.REQUEST,
    "request_method": Field.METHOD,
    "request_uri": Field.URL,
    "uri": Field.URL,
    "status": Field.STATUS,
    "time_local": Field.TIME,
    "time_iso8601": Field.TIME,
    "msec": Field.TIME,
    "host": Field.HOST,
    "content_type": Field.CONTENT_TYPE,
    **{f"http_{each.value.replace('-', '_')}": each for each in Field},
    **{f"sent_http_{each.value.replace('-', '_')}": each for each in RESPONSE_HEADERS},
}
_APACHE = {"r": Field.REQUEST, "m": Field.METHOD, "U": Field.URL, "s": Field.STATUS, "t": Field.TIME, "V": Field.HOST}
_HEADERS = {each.value: each for each in Field}

_NGINX_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE_DIRECTIVE = re.compile(r"%[!\d,]*[<>]?(?:\{([^}]*)\})?(\^[A-Za-z]{2}|[A-Za-z])")


@dataclass(frozen=True, slots=True)
class _Variable:
    """A value in a format string; `field` is None where it says nothing of CORS. `brackets`: it brings its own `[` and `]`."""

    field: Field | None
    brackets: bool = False


def nginx_pattern(text: str) -> LogFormat:
    """The format that nginx's `log_format` describes with `text`, which may be the whole directive. Raises InputError
    where it has no `$http_origin`."""
    if (directive := re.match(r"\s*log_format\s+\S+\s+(?:escape=\w+\s+)?", text)) is not None:
        text = "".join(quoted[1] or quoted[2] for quoted in re.finditer(r"'([^']*)'|\"([^\"]*)\"", text[directive.end() :]))
    parts = _parts(text, _NGINX_VARIABLE, lambda found: _Variable(_NGINX.get(found[1] or found[2])))
    return _matching("nginx", text, parts, "$http_origin")


def apache_pattern(text: str) -> LogFormat:
    """The format that Apache's `LogFormat` describes with `text`, which may be the whole directive. Raises InputError
    where it has no `%{Origin}i`."""
    if (directive := re.match(r'\s*LogFormat\s+"((?:[^"\\]|\\.)*)"', text)) is not None:
        text = directive[1]
    parts = _parts(text.replace('\\"', '"'), _APACHE_DIRECTIVE, _apache_variable)
    return _matching("apache", text, parts, "%{Origin}i")


def _parts(text: str, variable: re.Pattern[str], read: Callable[[re.Match[str]], _Variable]) -> list[str | _Variable]:
    """The literal texts of a format string and its variables, alternating."""
    parts: list[str | _Variable] = []
    end = 0
    for found in variable.finditer(text):
        parts += [text[end : found.start()], read(found)]
        end = found.end()
    return [*parts, text[end:]]


def _apache_variable(found: re.Match[str]) -> _Variable:
    argument, letter = found[1], found[2]
    if letter in ("i", "o") and argument is not None:
        each = _HEADERS.get(argument.lower())
        return _Variable(each if each is not None and (letter == "o") == (each in RESPONSE_HEADERS) else None)
    if letter == "t" and argument is not None:
        # Any strftime format; only ISO 8601 and seconds can be read.
        return _Variable(Field.TIME if argument.startswith(("%Y-%m-%d", "%F", "sec")) else None)
    return _Variable(_APACHE.get(letter), brackets=letter == "t")


def _matching(name: str, text: str, parts: list[str | _Variable], origin: str) -> LogFormat:
    places: dict[Field, Place] = {}
    pattern = ""
    for position, part in enumerate(parts):
        if isinstance(part, str):
            pattern += "".join(re.escape(character) if not character.isalnum() else character for character in part)
            continue
        value = _value(_text(parts[position - 1])[-1:], _text(parts[position + 1])[:1], brackets=part.brackets)
        if part.field is None or part.field in places:
            pattern += f"(?:{value})"
        else:
            pattern += f"({value})"
            places[part.field] = Group(len(places) + 1)
    if Field.ORIGIN not in places:
        raise InputError(f"the log format {quoted(text)} has no {origin}, so these logs do not say which page asked; add it.")
    return LogFormat(name, places, frozenset(places), f"^{pattern}")


def _text(part: str | _Variable) -> str:
    return part if isinstance(part, str) else ""


def _value(before: str, after: str, *, brackets: bool) -> str:
    """A pattern of what a value between these two characters may be."""
    if brackets:
        return r"\[[^\]]*\]"
    if before == '"' and after == '"':
        return r'(?:[^"\\]|\\.)*'
    return f"[^{re.escape(after)}]*" if after else ".*"
