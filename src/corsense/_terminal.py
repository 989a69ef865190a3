"""Standard output that takes every text, whatever its encoding.

A console of Windows may have cp1252, a container ASCII. A mark that the encoding lacks is written as people write it there (`ok`
for a check mark), other characters as an escape.
"""

from __future__ import annotations

import codecs
import os
import sys
from typing import Literal

Kind = Literal["text", "json", "html"]

PLAIN = {
    "✓": "ok",
    "✗": "x",
    "…": "...",
    "×": "x",
    "→": "->",
    "←": "<-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "·": "-",
    "•": "*",
    "│": "|",
    "─": "-",
    "\u00a0": " ",
}
"""How our marks are written where the encoding lacks them."""

_TEXT, _JSON = "corsense.text", "corsense.json"


def prepare() -> None:
    """Let standard output and standard error take every text. Output that is closed is thrown away."""
    codecs.register_error(_TEXT, _as_text)
    codecs.register_error(_JSON, _as_json)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_TEXT)


def accept(kind: Kind) -> None:
    """Set what is printed from now on. JSON and HTML are written in ASCII where the encoding is not one of Unicode, each other
    character escaped as the format does: some encodings have characters that they do not give back."""
    if kind == "text" or not hasattr(sys.stdout, "reconfigure"):
        return
    codecs.register_error(_JSON, _as_json)
    errors = _JSON if kind == "json" else "xmlcharrefreplace"
    if codecs.lookup(sys.stdout.encoding).name.startswith("utf"):
        sys.stdout.reconfigure(errors=errors)
    else:
        sys.stdout.reconfigure(encoding="ascii", errors=errors)


def as_written(text: str, encoding: str) -> str:
    """What a stream that `prepare` has prepared writes for `text`: the columns of a line are those of this."""
    if text.isascii() or encoding.lower().startswith("utf"):
        return text
    codecs.register_error(_TEXT, _as_text)
    return text.encode(encoding, _TEXT).decode(encoding)


def write_exactly(text: str) -> None:
    """Write text that programs read back, such as a diff: in UTF-8 and with its line ends, whatever the encoding of the output
    is."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode("utf-8", "surrogateescape"))
    binary.flush()


def read_standard_input(longest: int = -1) -> str:
    """What is piped in, as UTF-8 whatever the locale says; at most `longest` bytes of it."""
    if sys.stdin is None:
        return ""
    binary = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read(longest) if binary is None else binary.read(longest).decode("utf-8", "replace")


def _as_text(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    written = "".join(PLAIN.get(character) or _escaped(character) for character in error.object[error.start : error.end])
    return written, error.end


def _escaped(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _as_json(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
