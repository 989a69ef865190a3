"""The words of a pasted command line, as the shell it was written for would split them: POSIX shells, and Windows' cmd."""

from __future__ import annotations

import re

from corsense.errors import InputError

_OPERATORS = frozenset("|;<>&()")
_CARET_AT_LINE_END = re.compile(r"\^[ \t]*(?:\r?\n|\Z)")
_FIRST_QUOTE = re.compile(r"""\^"|["']""")
_BLANKS_AT_LINE_END = re.compile(r"[ \t]+\r?\n")
_OPTION_LINE = re.compile(r"\s*-")
_ANSI_ESCAPES = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ANSI_NUMBER = re.compile(
    r"x(?P<x>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<octal>[0-7]{1,3})|c(?P<control>.)", re.DOTALL
)


def is_cmd(text: str) -> bool:
    """Whether a command line is written for Windows' cmd: it quotes with `"` or `^"`, never with `'`, and escapes with `^`."""
    first = _FIRST_QUOTE.search(text)
    if first is not None and first.group() != '"':
        return first.group() == '^"'
    return _CARET_AT_LINE_END.search(text) is not None


def split_words(text: str) -> list[str]:
    """The words of the first command in `text`, quotes and escapes resolved. Variables and substitutions are left unchanged.

    Raises InputError when a quote is not closed. Source: POSIX.1-2024, *Shell Command Language*, *Quoting* (`$'…'` included); for
    cmd, what browsers write for it.
    """
    if is_cmd(text):
        return _Words(_without_carets(text), windows=True).split()
    return _Words(text, windows=False).split()


def _without_carets(text: str) -> str:
    """What cmd hands to the program: `^` outside quotes removed, the character after it taken as it is."""
    out: list[str] = []
    quoted = False
    at = 0
    text = text.replace("\r\n", "\n")
    while at < len(text):
        character = text[at]
        if character == "^" and not quoted:
            at += 1
            if blanks := _BLANKS_AT_LINE_END.match(text, at):
                at = blanks.end() - 1  # blanks that copying added after the caret
            if text[at : at + 1] == "\n":
                # The caret removes the line end; the character after it is literal, so that two line ends stand for one.
                at += 1
                if text[at : at + 1] == "\n":
                    out.append("\n")
                    at += 1
                elif out and out[-1] not in " \t\n":
                    out.append(" ")
                continue
            out.append(text[at : at + 1])
        else:
            if character == '"':
                quoted = not quoted
            elif character == "\n":
                quoted = False
            out.append(character)
        at += 1
    return "".join(out)


class _Words:
    """One pass over a command line."""

    def __init__(self, text: str, *, windows: bool) -> None:
        self.text = text
        self.windows = windows
        self.at = 0
        self.words: list[str] = []
        self.word: list[str] | None = None

    def split(self) -> list[str]:
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\r":
                self._end_word()
            elif character == "\n":
                self._end_word()
                if self.words and not self._goes_on():
                    break
            elif self.windows:
                self._windows(character)
            elif character in _OPERATORS:
                if not self._operator(character):
                    break
            elif character == "#" and self.word is None:
                self._skip_comment()
            else:
                self._posix(character)
            self.at += 1
        self._end_word()
        return self.words

    def _goes_on(self) -> bool:
        """Whether the next line belongs to the command: chats and tickets drop the backslash before a line of options."""
        return _OPTION_LINE.match(self.text, self.at) is not None

    def _end_word(self) -> None:
        if self.word is not None:
            self.words.append("".join(self.word))
            self.word = None

    def _add(self, text: str) -> None:
        if self.word is None:
            self.word = []
        self.word.append(text)

    def _operator(self, character: str) -> bool:
        """Whether the command goes on after this character: an unquoted `&` inside a URL is meant as part of it."""
        if character == "&" and self.word is not None and self.text[self.at + 1 : self.at + 2].strip(" &\r\n"):
            self._add(character)
            return True
        if character in "()" and self.word is not None:
            self._add(character)
            return True
        if self.word is not None and self.word[0] in {"1", "2"} and len(self.word) == 1 and character == ">":
            self.word = None
        self._end_word()
        return False

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = (len(self.text) if end < 0 else end) - 1

    def _posix(self, character: str) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if character == "'":
            self._add(self._until("'"))
        elif character == '"':
            self._double_quoted()
        elif character == "$" and following == "'":
            self.at += 1
            self._ansi_quoted()
        elif character == "$" and following == '"':
            self.at += 1
            self._double_quoted()
        elif character == "\\":
            self._backslash(following)
        else:
            self._add(character)

    def _backslash(self, following: str) -> None:
        self.at += 1
        if following == "\r" and self.text[self.at + 1 : self.at + 2] == "\n":
            self.at += 1
            return
        if blanks := _BLANKS_AT_LINE_END.match(self.text, self.at):
            self.at = blanks.end() - 1  # blanks that copying added after a line continuation
        elif following != "\n":
            self._add(following)

    def _until(self, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise self._unclosed(quote)
        found = self.text[self.at + 1 : end]
        self.at = end
        return found

    def _double_quoted(self) -> None:
        self._add("")
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if character == '"':
                return
            if character == "\\" and following and following in '"\\$`\n':
                self._add("" if following == "\n" else following)
                self.at += 1
            else:
                self._add(character)
            self.at += 1
        raise self._unclosed('"')

    def _ansi_quoted(self) -> None:
        self._add("")
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "'":
                return
            if character == "\\":
                self._ansi_escape()
            else:
                self._add(character)
            self.at += 1
        raise self._unclosed("'")

    def _ansi_escape(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following in _ANSI_ESCAPES:
            self._add(_ANSI_ESCAPES[following])
            self.at += 1
        elif number := _ANSI_NUMBER.match(self.text, self.at + 1):
            if number["control"]:
                code = ord(number["control"]) & 0x1F
            elif number["octal"]:
                code = int(number["octal"], 8) & 0xFF
            else:
                code = int(number["x"] or number["u"] or number["U"], 16)
            self._add("\N{REPLACEMENT CHARACTER}" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code))
            self.at = number.end() - 1
        else:
            self._add("\\")

    def _windows(self, character: str) -> None:
        """One character as a Windows program splits its command line, backslashes doubled as browsers do."""
        if character != '"':
            if character == "\\" and self.text[self.at + 1 : self.at + 2] == '"':
                character = '"'
                self.at += 1
            self._add(character)
            return
        self._add("")
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if (character == "\\" and following and following in '"\\') or (character == '"' and following == '"'):
                self._add(following)
                self.at += 1
            elif character == '"':
                return
            else:
                self._add(character)
            self.at += 1
        raise self._unclosed('"')

    def _unclosed(self, quote: str) -> InputError:
        return InputError(f"a {quote} in the pasted command is never closed: copy the whole command")
