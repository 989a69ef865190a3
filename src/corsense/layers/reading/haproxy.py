"""HAProxy: frontends and backends, their `http-request`, `http-response` and `http-after-response` rules, ACLs and variables.

No maintained library reads HAProxy's format. It has one directive a line, with words, quotes and sections.
Source: HAProxy Configuration Manual, *Quoting and escaping*, *ACL basics*, *http-request*, *http-after-response*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corsense.errors import quoted
from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, literal, searched
from corsense.layers.reading.result import Remark, UnreadableConfiguration
from corsense.layers.reading.source import read_text
from corsense.layers.reading.trial import ASKED, ORIGIN, UNSENT, HeaderLine, LayerAnswer, Trial, Unread

_SECTIONS = {
    "global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "resolvers", "mailers", "program", "cache",
    "http-errors", "ring", "log-forward", "fcgi-app", "crt-list", "crt-store", "traces", "log-profile", "acme", "haproxy",
}  # fmt: skip
_METHODS = {
    "METH_OPTIONS": "OPTIONS",
    "METH_GET": "GET",
    "METH_POST": "POST",
    "METH_HEAD": "HEAD",
    "METH_DELETE": "DELETE",
    "METH_PUT": "PUT",
}
_FETCH = re.compile(
    r"(?:req\.)?(?:f?hdr|hdr_dom|hdr_end|hdr_beg|hdr_sub|hdr_reg|hdr_dir|hdr_str)(?:_(\w+))?\((origin)(?:,\d+)?\)", re.IGNORECASE
)
_REQUEST_HEADER = re.compile(r"(?:req\.)?f?hdr(_\w+)?\(([\w-]+)(?:,-?\d+)?\)", re.IGNORECASE)
_VARIABLE = re.compile(r"var\((?:txn|req|sess|proc|res)\.([\w.]+)\)")
_CAPTURE = re.compile(r"capture\.req\.hdr\((\d+)\)")
_MARK = re.compile(r"%\[((?:[^\[\]]|\[[^\]]*\])*)\]")
_MOST_LINES = 50_000
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words with its number."""

    words: tuple[str, ...]
    number: int


@dataclass(slots=True)
class Section:
    """A section: its `kind` (`frontend`), `name`, and lines."""

    kind: str
    name: str
    number: int
    lines: list[Line] = field(default_factory=list)

    def named(self, *words: str) -> list[Line]:
        return [line for line in self.lines if line.words[: len(words)] == words]


@dataclass(slots=True)
class HAProxyPlace:
    """A frontend together with one of its backends."""

    where: str
    file: str
    line: int | None
    sections: tuple[Section, ...]
    """The frontend, then the backend; one alone for `listen`."""
    folder: Path
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    speaks_of: str = "HAProxy"
    is_static: bool = False
    is_proxy: bool = True
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        return _Run(self, trial).answer()


@dataclass(slots=True)
class _Run:
    """One request on its way through the rules."""

    place: HAProxyPlace
    trial: Trial
    variables: dict[str, str] = field(default_factory=dict)
    in_response: bool = False
    section: Section | None = None

    def answer(self) -> LayerAnswer:
        for number, section in enumerate(self.place.sections):
            self.section = section
            done = self._request(section)
            if done is not None:
                status, written, own = done
                return LayerAnswer(status, self._after(own, self.place.sections[: number + 1]), written)
        if self.trial.situation in ("own-error", "early-error"):
            return LayerAnswer(503, self._after([], self.place.sections), self.place.line)
        lines: list[HeaderLine] = []
        hides: set[str] = set()
        self.in_response = True
        for section in reversed(self.place.sections):
            self.section = section
            for line in section.named("http-response"):
                self._change(line, lines, hides)
        return LayerAnswer(None, self._after(lines, self.place.sections, hides), self.place.line, frozenset(hides))

    def _request(self, section: Section) -> tuple[int, int, list[HeaderLine]] | None:
        """What ends the request in a section: status, line, headers."""
        for line in section.lines:
            words = line.words
            if words[0] == "redirect" and self._holds(words[1:], line):
                return 302, line.number, []
            if words[0] != "http-request" or len(words) < 2:
                continue
            action, rest = words[1], words[2:]
            if action.startswith("set-var("):
                expression, condition = _split(rest)
                if self._condition(condition, line):
                    self.variables[_variable_name(action)] = self._fetched(" ".join(expression), line)
            elif action.startswith("unset-var(") and self._holds(rest, line):
                self.variables.pop(_variable_name(action), None)
            elif action == "return" and self._holds(rest, line):
                return self._returned(rest, line)
            elif action in ("deny", "tarpit", "reject", "auth", "redirect") and self._holds(rest, line):
                return _refused(action, rest), line.number, []
            elif (action == "use-service" or action.startswith("lua.")) and self._holds(rest, line):
                raise Unread(f"A program in Lua answers here ({quoted(action)}), which corsense does not read.", line.number)
        return None

    def _returned(self, rest: tuple[str, ...], line: Line) -> tuple[int, int, list[HeaderLine]]:
        given, _ = _split(rest)
        status, found, index = 200, [], 0
        while index < len(given):
            word = given[index]
            if word == "status" and index + 1 < len(given) and given[index + 1].isdigit():
                status = int(given[index + 1][:3])
                index += 2
            elif word == "hdr" and index + 2 < len(given):
                if _concerns(given[index + 1]):
                    found.append(HeaderLine(given[index + 1].lower(), self._value(given[index + 2], line), line.number))
                index += 3
            else:
                index += 1
        return status, line.number, found

    def _after(
        self, lines: list[HeaderLine], sections: tuple[Section, ...], hides: set[str] | None = None
    ) -> tuple[HeaderLine, ...]:
        self.in_response = True
        for section in reversed(sections):
            self.section = section
            for line in section.named("http-after-response"):
                self._change(line, lines, hides if hides is not None else set())
        return tuple(each for each in lines if each.value)

    def _change(self, line: Line, lines: list[HeaderLine], hides: set[str]) -> None:
        """Let a rule change the headers of an answer."""
        if len(line.words) < 3:
            return
        action, name = line.words[1], line.words[2]
        if action.startswith("lua."):
            message = f"A program in Lua changes responses here ({quoted(action)}), which corsense does not read."
            if self._holds(line.words[2:], line):
                raise Unread(message, line.number)
            return
        if action == "del-header":
            if _concerns(name) or name.lower().startswith("access-control"):
                given, condition = _split(line.words[3:])
                if self._condition(condition, line):
                    prefix = "beg" in given
                    gone = [
                        each for each in lines if each.name == name.lower() or (prefix and each.name.startswith(name.lower()))
                    ]
                    lines[:] = [each for each in lines if each not in gone]
                    hides.add("*" if prefix else name.lower())
            return
        if action not in ("set-header", "add-header", "replace-header", "replace-value") or not _concerns(name):
            return
        given, condition = _split(line.words[3:])
        if not self._condition(condition, line):
            return
        if action.startswith("replace"):
            raise Unread(f"{action} changes a header of the app by an expression.", line.number)
        value = self._value(" ".join(given), line)
        if action == "set-header":
            lines[:] = [each for each in lines if each.name != name.lower()]
        if value:
            lines.append(HeaderLine(name.lower(), value, line.number, is_added=action == "add-header"))

    # Values.

    def _value(self, text: str, line: Line) -> str:
        """A value with its expressions put in. Raises Unread for one that corsense does not know."""
        bare = _MARK.sub("", text.replace("%%", ""))
        found = _MARK.sub(lambda match: self._fetched(match[1], line), text).replace("%%", "%")
        if "\0" in found.replace(ORIGIN, "").replace(ASKED, "") or re.search(r"%\{|%[A-Za-z]", bare):
            raise Unread(f"The value {quoted(text)} is not known to corsense.", line.number)
        return found

    def _fetched(self, expression: str, line: Line) -> str:
        """What a sample expression gives; of the converters only those that are known."""
        fetch, *converters = _converters(expression.strip())
        value = self._sample(fetch, line)
        for converter in converters:
            value = self._converted(value, converter, line)
        return value

    def _sample(self, fetch: str, line: Line) -> str:
        header = _REQUEST_HEADER.fullmatch(fetch)
        if re.match(r"res\.f?hdr\((?:vary|access-control-[\w-]+)", fetch, re.IGNORECASE):
            return ""  # an app without CORS is assumed
        variable = _VARIABLE.fullmatch(fetch)
        capture = _CAPTURE.fullmatch(fetch)
        if header is not None:
            if self.in_response:
                return ""  # the request is gone, and HAProxy finds no sample
            match header[2].lower():
                case "origin":
                    return self.trial.origin
                case "access-control-request-headers" | "access-control-request-method":
                    return ASKED if self.trial.is_preflight else ""
                case name if name in UNSENT:
                    return ""
        elif variable is not None:
            return self.variables.get(variable[1], "")
        elif capture is not None:
            return self.trial.origin if self._captures_origin(int(capture[1])) else f"\0{fetch}\0"
        elif fetch == "method":
            return self.trial.method
        elif fetch.startswith("str("):
            return fetch[4:-1].strip("'\"")
        elif fetch.startswith("bool("):
            return "1" if fetch[5:-1] in ("true", "1") else "0"
        return f"\0{fetch}\0"

    def _captures_origin(self, index: int) -> bool:
        captures = [
            line for section in self.place.sections for line in section.lines
            if line.words[:3] == ("capture", "request", "header")
            or (line.words[:2] == ("http-request", "capture"))
        ]  # fmt: skip
        if index >= len(captures):
            return False
        return any("origin" in word.lower() for word in captures[index].words[2:4])

    def _converted(self, value: str, converter: str, line: Line) -> str:
        name, _, arguments = converter.partition("(")
        argument = arguments.rstrip(")").split(",")
        if name == "lower":
            return value if value == ORIGIN else value.lower()
        if name in ("map", "map_str") and argument[0]:
            default = argument[1] if len(argument) > 1 else ""
            for key, mapped in self._map(argument[0], line).items():
                if self._is(value, key, line):
                    return mapped
            return default
        if "\0" not in value and name not in ("map_reg", "map_beg", "map_end", "map_sub"):
            return f"\0{value},{converter}\0"
        if ORIGIN in value:
            raise Unread(f"corsense does not know the converter {quoted(converter)}.", line.number)
        return f"\0{converter}\0"

    def _map(self, file: str, line: Line) -> dict[str, str]:
        """The entries of a map file beside the configuration."""
        if file not in self.place.maps:
            path = self.place.folder / file if not Path(file).is_absolute() else Path(file)
            if path.resolve().parent != self.place.folder.resolve() and self.place.folder.resolve() not in path.resolve().parents:
                raise Unread(f"The map {quoted(file)} is outside the folder, and was not read.", line.number)
            if not path.exists():
                raise UnreadableConfiguration(self.place.file, line.number, f"The map {quoted(file)} does not exist.")
            found: dict[str, str] = {}
            for row in read_text(path, file).split("\n"):
                key, _, value = row.strip().partition(" ")
                if key and not key.startswith("#"):
                    found.setdefault(key, value.strip())
            self.place.maps[file] = found
        return self.place.maps[file]

    def _is(self, value: str, other: str, line: Line) -> bool:
        if value == ORIGIN:
            return self.trial.equals(other, line.number)
        if "\0" in value:
            return self.trial.whether(f"{value} = {other}".replace("\0", ""), line.number)
        return value == other

    # Conditions.

    def _holds(self, words: tuple[str, ...], line: Line) -> bool:
        return self._condition(_split(words)[1], line)

    def _condition(self, words: tuple[str, ...], line: Line) -> bool:
        """Whether `if ...` or `unless ...` holds; True where there is neither."""
        if not words:
            return True
        terms = _terms(words[1:])
        held = any(all(self._term(term, line) for term in group) for group in _groups(terms))
        return held == (words[0] == "if")

    def _term(self, term: tuple[bool, tuple[str, ...]], line: Line) -> bool:
        negated, words = term
        if not words:
            return negated
        found = self._test(words, line) if len(words) > 1 or words[0] in ("TRUE", "FALSE") else self._acl(words[0], line)
        return found != negated

    def _acl(self, name: str, line: Line) -> bool:
        if name in _METHODS:
            return self.trial.method == _METHODS[name] or (name == "METH_GET" and self.trial.method == "HEAD")
        tests = [each for section in self.place.sections for each in section.named("acl", name)]
        if not tests:
            return self._test((name,), line)
        return any(self._test(each.words[2:], each) for each in tests)

    def _test(self, words: tuple[str, ...], line: Line) -> bool:
        """Whether a sample matches one of its patterns."""
        if not words or words[0] in ("TRUE", "FALSE"):
            return bool(words) and words[0] == "TRUE"
        fetch, *rest = words
        if fetch.startswith("http_auth") and self.trial.is_preflight:
            return False  # browsers send no login with a preflight
        method, any_case, patterns = _flags(rest)
        old = re.fullmatch(r"((?:req\.)?f?hdr)_(str|beg|end|sub|reg|dom|dir)(\(.*\))", fetch, re.IGNORECASE)
        if old is not None:
            fetch, method = old[1] + old[3], old[2].lower()
        if fetch == "method" or fetch.startswith("method,"):
            return self.trial.method in (each.upper() for each in patterns)
        value = self._fetched(fetch, line)
        if method == "found":
            return value != ""
        if "\0" in value and value != ORIGIN:
            if ORIGIN in value:
                raise Unread(f"corsense does not know the test {quoted(' '.join(words))}.", line.number)
            return self.trial.whether(" ".join(words), line.number)
        if method == "bool" or (not patterns and method == "str"):
            return value not in ("", "0", "false")
        return any(self._pattern(value, pattern, method, any_case=any_case, line=line) for pattern in patterns)

    def _pattern(self, value: str, pattern: str, method: str, *, any_case: bool, line: Line) -> bool:
        if method == "str":
            return self._is(value, pattern.lower() if any_case else pattern, line)
        try:
            match method:
                case "beg" | "end" | "sub":
                    found = literal(
                        pattern.lower() if any_case else pattern, {"beg": "prefix", "end": "suffix", "sub": "contains"}[method]
                    )
                case "reg":
                    found = searched(pattern, any_case=any_case)
                case "dom":
                    found = searched(rf"(?:^|[./:]){re.escape(pattern)}(?:$|[./:])")
                case _:
                    raise Unread(f"corsense does not know the match -m {method}.", line.number)
        except UnknownSyntax as error:
            raise Unread(str(error), line.number) from None
        return self._matches(value, found, line)

    def _matches(self, value: str, found: OriginMatch, line: Line) -> bool:
        if value == ORIGIN or value == self.trial.case.text:
            return self.trial.matches(found, line.number)
        return found.matches(value)


def _refused(action: str, words: tuple[str, ...]) -> int:
    if action == "redirect":
        return 302
    default = {"auth": 401, "tarpit": 500}.get(action, 403)
    for index, word in enumerate(words[:-1]):
        if word in ("deny_status", "status") and words[index + 1].isdigit():
            return int(words[index + 1][:3])
    return default


def _split(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands before the condition, and the condition with its `if` or `unless`."""
    for index, word in enumerate(words):
        if word in ("if", "unless"):
            return words[:index], words[index:]
    return words, ()


def _terms(words: tuple[str, ...]) -> list[tuple[bool, tuple[str, ...]] | None]:
    """The terms of a condition, each with whether it is negated; None for `or`."""
    found: list[tuple[bool, tuple[str, ...]] | None] = []
    negated, index = False, 0
    while index < len(words):
        word = words[index]
        if word in ("or", "||"):
            found.append(None)
        elif word == "!":
            negated = True
        else:
            if word.startswith("!") and len(word) > 1:
                negated, word = True, word[1:]
            if word == "{":
                end = next((at for at in range(index, len(words)) if words[at] == "}"), len(words))
                found.append((negated, words[index + 1 : end]))
                index = end
            else:
                found.append((negated, (word,)))
            negated = False
        index += 1
    return found


def _groups(terms: list[tuple[bool, tuple[str, ...]] | None]) -> Iterator[list[tuple[bool, tuple[str, ...]]]]:
    group: list[tuple[bool, tuple[str, ...]]] = []
    for term in terms:
        if term is None:
            yield group
            group = []
        else:
            group.append(term)
    yield group


def _flags(words: list[str]) -> tuple[str, bool, list[str]]:
    method, any_case, patterns, index = "str", False, [], 0
    while index < len(words):
        word = words[index]
        if word == "-m" and index + 1 < len(words):
            method = words[index + 1]
            index += 1
        elif word == "-i":
            any_case = True
        elif word == "--":
            patterns += words[index + 1 :]
            break
        elif word == "-f":
            patterns.append("\0file\0")
            index += 1
        else:
            patterns.append(word)
        index += 1
    return method, any_case, patterns


def _converters(expression: str) -> list[str]:
    """A sample expression and its converters, split at commas outside parentheses."""
    found, depth, start = [], 0, 0
    for index, char in enumerate(expression):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(expression[start:index])
            start = index + 1
    return [*found, expression[start:]]


def _variable_name(action: str) -> str:
    inner = action.partition("(")[2].rstrip(")").partition(",")[0]
    return inner.partition(".")[2]


def _concerns(name: str) -> bool:
    return name.lower().startswith("access-control-") or name.lower() == "vary"


# Reading.


def _words(text: str, file: str, number: int) -> tuple[str, ...]:
    """The words of a line, quotes and backslashes read. Raises UnreadableConfiguration for an open quote."""
    if len(text) > _LONGEST:
        raise UnreadableConfiguration(file, number, f"The line is longer than {_LONGEST} characters.")
    words: list[str] = []
    word: list[str] = []
    is_open, quote, index = False, "", 0
    while index < len(text):
        char = text[index]
        if char == "\\" and quote != "'" and index + 1 < len(text):
            word.append(text[index + 1] if text[index + 1] in "\\\"' #$" else text[index : index + 2])
            is_open, index = True, index + 1
        elif quote:
            if char == quote:
                quote = ""
            else:
                word.append(char)
        elif char in "'\"":
            quote, is_open = char, True
        elif char == "#":
            break
        elif char.isspace():
            if is_open:
                words.append("".join(word))
            word, is_open = [], False
        else:
            word.append(char)
            is_open = True
        index += 1
    if quote:
        raise UnreadableConfiguration(file, number, f"HAProxy would refuse this: a quote {quote} is not closed.")
    return (*words, "".join(word)) if is_open else tuple(words)


def _sections(text: str, file: str) -> list[Section]:
    rows = text.split("\n")
    if len(rows) > _MOST_LINES:
        raise UnreadableConfiguration(file, None, f"has more than {_MOST_LINES} lines.")
    found: list[Section] = []
    for number, row in enumerate(rows, 1):
        words = _words(row.strip(), file, number)
        if not words:
            continue
        if words[0] in _SECTIONS and not row[:1].isspace():
            found.append(Section(words[0], words[1] if len(words) > 1 else "", number))
        elif found:
            found[-1].lines.append(Line(words, number))
        else:
            raise UnreadableConfiguration(
                file, number, f"HAProxy would refuse this: {quoted(words[0])} stands before every section."
            )
    return found


def read_haproxy(path: Path, name: str) -> tuple[list[HAProxyPlace], list[Remark]]:
    """The places of a configuration. Raises UnreadableConfiguration."""
    sections = _sections(read_text(path, name), name)
    backends = {section.name: section for section in sections if section.kind in ("backend", "listen")}
    places: list[HAProxyPlace] = []
    reached: set[str] = set()
    for section in sections:
        if section.kind not in ("frontend", "listen"):
            continue
        names = [
            line.words[1] for line in section.lines if line.words[0] in ("default_backend", "use_backend") and len(line.words) > 1
        ]
        named = [backends[each] for each in dict.fromkeys(names) if each in backends]
        reached.update(each.name for each in named)
        chosen: list[Section | None] = [*named] or [None]
        for backend in chosen:
            title = f"{section.kind} {section.name}" + (
                f", backend {backend.name}" if backend is not None and len(named) > 1 else ""
            )
            chain = (section, backend) if backend is not None else (section,)
            places.append(HAProxyPlace(title, name, section.number, chain, path.parent))
    for backend in backends.values():
        if backend.kind == "backend" and backend.name not in reached:
            places.append(HAProxyPlace(f"backend {backend.name}", name, backend.number, (backend,), path.parent))
    for place in places:
        place.notes = tuple(_gone(place))
    return places, []


def _gone(place: HAProxyPlace) -> Iterator[Remark]:
    """Rules for answers that look at the request, which is gone then."""
    for section in place.sections:
        for line in section.lines:
            if line.words[0].startswith(("rspadd", "rsprep", "rspirep")) and "access-control-" in " ".join(line.words).lower():
                message = f"{line.words[0]} is gone since HAProxy 2.1, which refuses the configuration."
                remedy = "Write http-after-response set-header."
                yield Remark("proxy-loses-cors", message, place.file, line.number, "error", remedy)
            if (
                line.words[0] not in ("http-response", "http-after-response")
                or len(line.words) < 4
                or not _concerns(line.words[2])
            ):
                continue
            if _FETCH.search(" ".join(line.words[3:])):
                message = f"{line.words[0]} cannot look at the request any more, so the Origin is not found here."
                remedy = "Keep it before: http-request set-var(txn.origin) req.hdr(Origin), and use var(txn.origin)."
                yield Remark("proxy-loses-cors", message, place.file, line.number, "error", remedy)
