"""Apache httpd: `Header` and its two tables, `SetEnvIf`, `RewriteRule` and sections.

`Header set` changes the table of the app's answer; `Header always set` has a table of its own, which is also sent with errors, so
that it stands beside the app's value. No maintained library reads the format and keeps the lines; it is one directive a line in
nested sections. Source: Apache httpd, *mod_headers*, *mod_setenvif*, *mod_rewrite*, *Configuration Sections*.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corsense.errors import quoted
from corsense.layers.reading.apache_expression import NotRead, Operand, holds
from corsense.layers.reading.expressions import OriginMatch, UnknownSyntax, has_choice, is_one_group, searched
from corsense.layers.reading.result import Remark, UnreadableConfiguration, errors_replaced
from corsense.layers.reading.source import MOST_FILES, read_text
from corsense.layers.reading.trial import ASKED, ORIGIN, UNSENT, Directive, HeaderLine, LayerAnswer, Spot, Trial, Unread

_TRANSPARENT = {"ifmodule", "ifdefine", "ifversion", "ifdirective", "ifsection", "requireall", "requireany", "requirenone"}
_PLACES = {"location", "locationmatch", "directory", "directorymatch", "files", "filesmatch", "proxy", "proxymatch"}
_ACTIONS = {"set", "append", "merge", "add", "unset", "setifempty", "edit", "edit*", "echo", "note"}
_OPEN = re.compile(r"<\s*(\w+)\s*(.*?)\s*>\s*$")
_CLOSE = re.compile(r"</\s*(\w+)\s*>\s*$")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|(\S+)')
_ENVIRONMENT = re.compile(r"%\{([^}]+)\}e")
_ORIGIN_NAMES = ("%{http:origin}", "%{http_origin}", "%{req:origin}", "%{http:origin}")
_DEEPEST = 30
_PART = "\0part of the Origin\0"
_EVERYTHING = ("", "^", "$", ".*", "^.*$", "^(.*)$", "(.*)")
_LONGEST = 20_000


@dataclass(slots=True)
class ApachePlace:
    """A virtual host, or a section of paths in it, with what holds there, the outermost first."""

    where: str
    file: str
    line: int | None
    directives: list[Directive]
    is_proxy: bool
    speaks_of: str = "Apache"
    is_static: bool = False
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        for each in self.directives:
            if each.name == "cacheenable" and _sets_cors(self.directives):
                raise Unread(
                    "A cache stores responses here, with the headers that they had, which corsense does not evaluate.", each.spot
                )
        run = _Run(self, trial)
        run.environment()
        answered = run.rewritten() or run.refused()
        own = trial.situation in ("own-error", "early-error")
        overridden = trial.situation == "error" and self._has("proxyerroroverride", "on")
        status = answered[0] if answered else 502 if own else None
        failed = own or overridden or answered is not None
        lines = run.lines(only_always=failed)
        return LayerAnswer(status, tuple(lines), answered[1] if answered else self.line, frozenset(run.hides))

    def _has(self, name: str, value: str) -> bool:
        return any(each.name == name and each.args[:1] and each.args[0].lower() == value for each in self.directives)


@dataclass(slots=True)
class _Run:
    place: ApachePlace
    trial: Trial
    variables: dict[str, str] = field(default_factory=dict)
    hides: set[str] = field(default_factory=set)

    def environment(self) -> None:
        """Set the variables that SetEnvIf and SetEnv set."""
        for each in self.place.directives:
            if each.name == "setenv" and each.args:
                self.variables[each.args[0]] = each.args[1] if len(each.args) > 1 else ""
            elif each.name in ("setenvif", "setenvifnocase") and len(each.args) >= 3:
                self._set_if(each)
            elif each.name == "setenvifexpr" and len(each.args) >= 2 and self.expression(each.args[0], each):
                self._assign(each.args[1:], each, None)

    def _set_if(self, each: Directive) -> None:
        attribute, written = each.args[0].lower(), each.args[1]
        any_case = each.name == "setenvifnocase"
        if attribute == "origin" and written in (".", ".+", ".*"):
            self._assign(each.args[2:], each, None)
        elif attribute == "origin":
            match = self._read(written, each, any_case=any_case)
            if self.trial.matches(match, each.spot):
                self._assign(each.args[2:], each, match)
        elif attribute == "request_method":
            if self._is_method(written, each, any_case=any_case):
                self._assign(each.args[2:], each, None)
        elif written in _EVERYTHING:
            self._assign(each.args[2:], each, None)
        elif attribute == "access-control-request-method" and written in (".", ".+", ".*"):
            if self.trial.is_preflight:
                self._assign(each.args[2:], each, None)
        elif attribute in UNSENT:
            return
        elif self.trial.whether(f"{attribute} matches {written}", each.spot):
            self._assign(each.args[2:], each, None)

    def _is_method(self, written: str, each: Directive, *, any_case: bool) -> bool:
        if written.startswith("="):
            return self.trial.method == written[1:]
        return self._read(written, each, any_case=any_case).matches(self.trial.method)

    def _assign(self, given: tuple[str, ...], each: Directive, match: OriginMatch | None) -> None:
        for text in given:
            name, equals, value = text.partition("=")
            if name.startswith("!"):
                self.variables.pop(name[1:], None)
                continue
            self.variables[name] = self._groups(value, match, each) if equals else "1"

    def _groups(self, value: str, match: OriginMatch | None, each: Directive) -> str:
        """A value with what the expression found put in: `$0` is all of it, `%0` the same in RewriteCond."""
        if match is None or not re.search(r"[$%][0-9]", value):
            return value
        first = re.fullmatch(r"[$%]([01])", value)
        if first is None:
            raise Unread(f"{quoted(value)} is made of parts of the Origin, which corsense does not read.", each.spot)
        body = match.written.removeprefix("^").removesuffix("$")
        if first[1] == "1" and not is_one_group(body):
            raise Unread("$1 is a part of the Origin, which corsense does not read.", each.spot)
        if not match.is_partial:
            return self.trial.origin
        # Only then is what was found the whole origin: a match that goes to the end begins as early as it can.
        anchored = f"^(?:{body})$" if has_choice(body) else f"^{body}$"
        whole = OriginMatch(self._read(anchored, each, any_case=False).pattern, match.written)
        ends = match.written.endswith("$") and not has_choice(match.written)
        if not ends and ("|" in match.written or "?" in match.written.replace("(?:", "")):
            raise Unread("What the expression finds in the Origin may be a part of it.", each.spot)
        return self.trial.origin if self.trial.matches(whole, each.spot) else _PART

    def _read(self, written: str, each: Directive, *, any_case: bool) -> OriginMatch:
        try:
            return searched(written, any_case=any_case)
        except UnknownSyntax as error:
            raise Unread(str(error), each.spot) from None

    def rewritten(self) -> tuple[int, Spot] | None:
        """Status and line of a RewriteRule that answers."""
        if not any(
            each.name == "rewriteengine" and each.args[:1] and each.args[0].lower() == "on" for each in self.place.directives
        ):
            return None
        conditions: list[Directive] = []
        for each in self.place.directives:
            if each.name == "rewritecond":
                conditions.append(each)
            elif each.name == "rewriterule" and len(each.args) >= 2:
                flags = [flag.strip() for flag in (each.args[2].strip("[]").split(",") if len(each.args) > 2 else [])]
                concerns = [flag for flag in flags if re.fullmatch(r"R=\d+|F|G|R|E=.*", flag, re.IGNORECASE)]
                if concerns:
                    matched, match = self._all(conditions)
                    if matched and self._path(each):
                        done = self._flags(concerns, each, match)
                        if done is not None:
                            return done
                conditions = []
        return None

    def _path(self, each: Directive) -> bool:
        if each.args[0] in ("^", ".*", "^.*$", "^(.*)$", "(.*)", "."):
            return True
        return self.trial.whether(f"the path matches {each.args[0]}", each.spot)

    def _flags(self, flags: list[str], each: Directive, match: OriginMatch | None) -> tuple[int, Spot] | None:
        status = None
        for flag in flags:
            name, _, value = flag.partition("=")
            match name.upper():
                case "R":
                    status = int(value) if value.isdigit() else 302
                case "F":
                    status = 403
                case "G":
                    status = 410
                case "E":
                    variable, _, text = value.partition(":")
                    is_origin = text.lower() in _ORIGIN_NAMES
                    self.variables[variable.strip("!")] = self.trial.origin if is_origin else self._groups(text, match, each)
        return (status, each.spot) if status is not None else None

    def _all(self, conditions: list[Directive]) -> tuple[bool, OriginMatch | None]:
        """Whether RewriteConds hold, with OR between some; and the last expression that matched the Origin."""
        found: OriginMatch | None = None
        held, group = True, False
        for each in conditions:
            flags = each.args[2].strip("[]").upper().split(",") if len(each.args) > 2 else []
            one, match = self._one(each, any_case="NC" in flags or "NOCASE" in flags)
            found = match or found
            group = group or one
            if "OR" not in flags and "ORNEXT" not in flags:
                held, group = held and group, False
        return held, found

    def _one(self, each: Directive, *, any_case: bool) -> tuple[bool, OriginMatch | None]:
        if len(each.args) < 2:
            return False, None
        subject, pattern = each.args[0], each.args[1]
        negated = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        if subject.upper() == "%{REQUEST_METHOD}":
            found = self._is_method(pattern, each, any_case=any_case)
            return found != negated, None
        if subject.lower() in _ORIGIN_NAMES:
            if pattern.startswith("="):
                return self.trial.equals(pattern[1:], each.spot) != negated, None
            if pattern in ("", ".", ".*", ".+"):
                return not negated, None
            match = self._read(pattern, each, any_case=any_case)
            return self.trial.matches(match, each.spot) != negated, match
        variable = re.fullmatch(r"%\{ENV:([^}]+)\}", subject, re.IGNORECASE)
        if variable is not None and not self._is_foreign(variable[1]):
            value = self.variables.get(variable[1], "")
            held = (
                value == pattern[1:] if pattern.startswith("=") else self._read(pattern, each, any_case=any_case).matches(value)
            )
            return held != negated, None
        if subject.lower() == "%{http:access-control-request-method}":
            return self.trial.is_preflight != negated, None
        header = re.fullmatch(r"%\{HTTP:([^}]+)\}", subject, re.IGNORECASE)
        if header is not None and header[1].lower() in UNSENT:
            return negated and pattern not in ("", "^$"), None
        if "origin" in subject.lower():
            raise Unread(f"{quoted(subject)} is compared, which corsense does not read.", each.spot)
        return self.trial.whether(" ".join(each.args[:2]), each.spot), None

    def refused(self) -> tuple[int, Spot] | None:
        """Status and line of a login that a preflight does not have."""
        requires = [each for each in self.place.directives if each.name == "require"]
        asks = next(
            (each for each in requires if each.args[:1] and each.args[0].lower() in ("valid-user", "user", "group")), None
        )
        frees = any(each.args[:2] and each.args[0].lower() == "method" and "OPTIONS" in each.args for each in requires)
        if asks is None or frees or not any(each.name == "authtype" for each in self.place.directives):
            return None
        if self.trial.is_preflight or self.trial.whether("the login is missing", asks.spot):
            return 401, asks.spot
        return None

    # Headers.

    def lines(self, *, only_always: bool) -> list[HeaderLine]:
        """The two tables, as they are sent."""
        always: list[HeaderLine] = []
        success: list[HeaderLine] = []
        for each in self.place.directives:
            if each.name == "header":
                self._change(each, always, success)
        return always if only_always else [*always, *success]

    def _change(self, each: Directive, always: list[HeaderLine], success: list[HeaderLine]) -> None:
        args = list(each.args)
        is_always = bool(args) and args[0].lower() == "always"
        if args and args[0].lower() in ("always", "onsuccess"):
            args.pop(0)
        if len(args) < 2 or args[0].lower() not in _ACTIONS:
            raise UnreadableConfiguration(each.file, each.line, "Apache would refuse this: Header takes an action and a name.")
        action, name, rest = args[0].lower(), args[1].lower().rstrip(":"), args[2:]
        if not (name.startswith("access-control-") or name == "vary"):
            return
        if not self._applies(rest, each):
            return
        table = always if is_always else success
        if action == "unset":
            table[:] = [line for line in table if line.name != name]
            if not is_always:
                self.hides.add(name)
            return
        if action.startswith("edit"):
            raise Unread(f"{each.args[1]} is edited by an expression.", each.spot)
        if not rest or action in ("echo", "note"):
            return
        value = self._value(rest[0], each)
        if action == "set":
            table[:] = [line for line in table if line.name != name]
        if action == "merge" and any(line.name == name and value.lower() in line.value.lower() for line in table):
            return
        if action == "setifempty" and any(line.name == name for line in table):
            return
        beside = action == "add" or (is_always and name not in self.hides)
        table.append(HeaderLine(name, value, each.spot, is_added=beside and name != "vary"))

    def _applies(self, rest: list[str], each: Directive) -> bool:
        """Whether the condition behind a Header directive holds; it is taken off `rest`."""
        for index, text in enumerate(rest):
            if text.startswith("env="):
                name = text[4:]
                found = name.lstrip("!") in self.variables
                if not found and self._is_foreign(name.lstrip("!")):
                    found = self.trial.whether(text, each.spot)
                    return found
                return found != name.startswith("!")
            if index > 0 and text.startswith("expr="):
                return self.expression(text[5:], each)
        return True

    def _is_foreign(self, name: str) -> bool:
        """Whether nothing that was read sets a variable."""
        for each in self.place.directives:
            if each.name.startswith("setenv") and any(text.lstrip("!").partition("=")[0] == name for text in each.args):
                return False
            if each.name == "rewriterule" and len(each.args) > 2 and f"E={name}" in each.args[2].replace("!", ""):
                return False
        return True

    def _value(self, template: str, each: Directive) -> str:
        if template.startswith("expr="):
            text = template[5:].strip("'\"")
            if text.lower() in _ORIGIN_NAMES:
                return self.trial.origin
            if text.lower() == "%{req:access-control-request-headers}":
                return ASKED if self.trial.is_preflight else ""
            raise Unread(f"The value {quoted(template)} is not known to corsense.", each.spot)
        value = _ENVIRONMENT.sub(lambda found: self._variable(found[1], each), template.replace("%%", "\0%"))
        known = value.replace(ORIGIN, "").replace(_PART, "").replace("\0%", "")
        if "\0" in known or re.search(r"%[{tDlibe]", known):
            raise Unread(f"The value {quoted(template)} is not known to corsense.", each.spot)
        return value.replace("\0%", "%")

    def _variable(self, name: str, each: Directive) -> str:
        if name.upper() == "HTTP_ORIGIN" and name not in self.variables:
            return "(null)"
        if name not in self.variables and self._is_foreign(name):
            raise Unread(f"Nothing here sets the variable {quoted(name)}.", each.spot)
        return self.variables.get(name, "(null)")

    def expression(self, text: str, each: Directive) -> bool:
        """Whether an `expr` or `<If>` holds. One that has nothing to do with CORS is assumed."""
        try:
            return holds(text, lambda left, operator, right: self._compared(left, operator, right, each))
        except NotRead:
            if re.search(r"origin|access-control", text, re.IGNORECASE):
                raise Unread(f"The expression {quoted(text)} is not read.", each.spot) from None
            return self.trial.whether(text, each.spot)

    def _compared(self, left: Operand, operator: str, right: Operand, each: Directive) -> bool:
        if right.kind not in ("text", "regex") and left.kind == "text":
            left, right = right, left
        if left.kind == "server" and left.value.upper() == "HTTP_ORIGIN":
            left = Operand("header", "origin")
        if right.kind not in ("text", "regex"):
            raise NotRead
        value = self._operand(left)
        if value is None:
            return self.trial.whether(f"{left.value} {operator} {right.value}", each.spot)
        if operator == "==":
            if value == ORIGIN:
                return bool(right.value) and self.trial.equals(right.value, each.spot)
            return value == right.value
        body, any_case = _delimited(right.value)
        match = self._read(body, each, any_case=any_case)
        if value == ORIGIN or value == self.trial.case.text:
            return self.trial.matches(match, each.spot)
        return match.matches(value)

    def _operand(self, operand: Operand) -> str | None:
        """The value of an operand; None where it is not known."""
        name = operand.value.lower()
        if operand.kind == "text":
            return operand.value
        if operand.kind == "env":
            return (
                None
                if operand.value not in self.variables and self._is_foreign(operand.value)
                else self.variables.get(operand.value, "")
            )
        if operand.kind == "server":
            return self.trial.method if name == "request_method" else None
        if name == "origin":
            return self.trial.origin
        if name == "access-control-request-method":
            return ASKED if self.trial.is_preflight else ""
        return "" if name in UNSENT else None


def _delimited(text: str) -> tuple[str, bool]:
    """An expression without what stands around it, and whether case does not matter."""
    any_case = text.endswith("i")
    inner = text.removesuffix("i")
    return (inner[2:-1] if inner.startswith("m") else inner[1:-1]), any_case


def _sets_cors(directives: list[Directive]) -> bool:
    return any(each.name == "header" and any("access-control" in word.lower() for word in each.args) for each in directives)


# Reading.


@dataclass(slots=True)
class _Files:
    home: Path
    unknown: list[Remark] = field(default_factory=list)
    count: int = 0

    def read(self, path: Path, name: str, above: tuple[Path, ...] = ()) -> tuple[Directive, ...]:
        self.count += 1
        if self.count > MOST_FILES:
            raise UnreadableConfiguration(name, None, f"includes more than {MOST_FILES} files.")
        rows = list(_rows(read_text(path, name)))
        found, rest = self._block(rows, 0, name, None, (*above, path.resolve()), 0)
        if rest < len(rows):
            raise UnreadableConfiguration(
                name, rows[rest][1], f"Apache would refuse this: {quoted(rows[rest][0])} closes nothing."
            )
        return found

    def _block(
        self, rows: list[tuple[str, int]], index: int, name: str, section: str | None, above: tuple[Path, ...], depth: int
    ) -> tuple[tuple[Directive, ...], int]:
        found: list[Directive] = []
        start = rows[index - 1][1] if index else 1
        while index < len(rows):
            text, number = rows[index]
            closed, opened = _CLOSE.match(text), _OPEN.match(text)
            if closed is not None:
                if section is not None and closed[1].lower() == section:
                    return tuple(found), index + 1
                return tuple(found), index
            index += 1
            if opened is not None:
                if depth > _DEEPEST:
                    raise UnreadableConfiguration(name, number, f"Sections are nested more than {_DEEPEST} deep.")
                kind = opened[1].lower()
                inner, index = self._block(rows, index, name, kind, above, depth + 1)
                if index > len(rows) or (rows[index - 1][0].lower().find(kind) < 0):
                    raise UnreadableConfiguration(name, number, f"Apache would refuse this: <{opened[1]}> is not closed.")
                found += inner if kind in _TRANSPARENT else [Directive(kind, _words(opened[2]), name, number, inner)]
                continue
            words = _words(text)
            if words[0].lower() in ("include", "includeoptional") and len(words) > 1:
                found += self._included(words, name, number, above)
            else:
                found.append(Directive(words[0].lower(), words[1:], name, number))
        if section is not None:
            raise UnreadableConfiguration(name, start, f"Apache would refuse this: <{section}> is not closed.")
        return tuple(found), index

    def _included(self, words: tuple[str, ...], name: str, line: int, above: tuple[Path, ...]) -> Iterator[Directive]:
        pattern = words[1]
        wanted = self.home / pattern
        if any(char in pattern for char in "*?["):
            files = sorted(self.home.glob(pattern)) if not os.path.isabs(pattern) else []
        else:
            files = [wanted]
        for file in files[:MOST_FILES]:
            real = file.resolve()
            if self.home.resolve() not in real.parents:
                self.unknown.append(
                    Remark(None, f"{words[0]} {quoted(pattern)} leads out of the folder, and was not read.", name, line, "info")
                )
            elif real in above:
                raise UnreadableConfiguration(name, line, f"{quoted(pattern)} includes itself.")
            elif not real.is_file():
                if words[0].lower() == "include":
                    raise UnreadableConfiguration(name, line, f"The included file {quoted(pattern)} does not exist.")
            else:
                yield from self.read(real, str(file), above)


def _rows(text: str) -> Iterator[tuple[str, int]]:
    """The directives, those that go on on the next line joined, each with its first line."""
    waiting, start = "", 0
    for number, row in enumerate(text.split("\n"), 1):
        start = start or number
        if row.endswith("\\"):
            waiting += row[:-1]
            continue
        joined, waiting = (waiting + row).strip(), ""
        if len(joined) > _LONGEST:
            joined = joined[:_LONGEST]
        if joined and not joined.startswith("#"):
            yield joined, start
        start = 0


def _words(text: str) -> tuple[str, ...]:
    found = [
        re.sub(r"\\(.)", lambda each: each[1] if each[1] in "\"'\\" else each[0], quoted_ or single)
        if (quoted_ or single)
        else plain
        for quoted_, single, plain in _WORD.findall(text)
    ]
    return tuple(found)


def read_apache(path: Path, name: str) -> tuple[list[ApachePlace], list[Remark]]:
    """The places of a configuration. Raises UnreadableConfiguration."""
    files = _Files(path.resolve().parent)
    top = list(files.read(path, name))
    hosts = [each for each in top if each.name == "virtualhost"]
    outer = _plain(top)
    places: list[ApachePlace] = []
    scopes: list[Directive | None] = [*hosts] or [None]
    for host in scopes:
        block = list(host.block or ()) if host is not None else top
        names = [each.args[0] for each in block if each.name == "servername" and each.args]
        title = f"VirtualHost {names[0] if names else ' '.join(host.args)}" if host is not None else "server"
        inner = [*outer, *_plain(block)] if host is not None else outer
        line = host.line if host is not None else next((each.line for each in inner if each.name == "header"), 1)
        places.append(_place(title, host.file if host is not None else name, line, inner, block))
        for section in [*block, *(top if host is not None else ())]:
            if section.name in _PLACES and _changes(section):
                own = [*inner, *_plain(list(section.block or ()))]
                where = f"{title}, {section.name.capitalize()} {' '.join(section.args)}"
                places.append(_place(where, section.file, section.line, own, block, is_static=section.name.startswith("files")))
    return places, files.unknown


def _place(
    title: str, file: str, line: int, directives: list[Directive], block: list[Directive], *, is_static: bool = False
) -> ApachePlace:
    covering = [
        inner
        for each in block
        if each.name in ("location", "proxy") and each.args[:1] in (("/",), ("*",))
        for inner in each.block or ()
    ]
    known = [*directives, *(each for each in covering if each not in directives)]
    is_proxy = any(each.name in ("proxypass", "proxypassmatch", "wsgiscriptalias", "sethandler") for each in known)
    override = next(
        (each for each in known if each.name == "proxyerroroverride" and each.args[:1] and each.args[0].lower() == "on"), None
    )
    notes = (errors_replaced("Apache", "ProxyErrorOverride", override.file, override.line),) if override is not None else ()
    return ApachePlace(title, file, line, known, is_proxy, is_static=is_static, notes=notes)


def _plain(block: list[Directive]) -> list[Directive]:
    """The directives of a block that are in no section of paths; those of `<If>` keep their condition."""
    found: list[Directive] = []
    for each in block:
        if each.block is None:
            found.append(each)
        elif each.name in ("if", "elseif", "else") and _changes(each):
            found.append(Directive("cacheenable", (), each.file, each.line)) if each.name != "if" else found.extend(_if(each))
    return found


def _if(section: Directive) -> Iterator[Directive]:
    """The Header directives of an `<If>`, each with its expression."""
    text = " ".join(section.args)
    for each in section.block or ():
        if each.name == "header":
            yield Directive("header", (*each.args, f"expr={text}"), each.file, each.line)


def _changes(section: Directive) -> bool:
    return any(
        (each.name == "header" and any("access-control" in word.lower() for word in each.args)) or (each.block and _changes(each))
        for each in section.block or ()
    )
