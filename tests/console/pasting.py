"""What happens to a console message on its way into a question: each function takes the text that was printed."""

# ruff: noqa: RUF001 -- these are the characters that people paste

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable
from random import Random

Change = Callable[[str, Random], str]


def hard_wrapped(text: str, chance: Random) -> str:
    """A terminal breaks at a column, in the middle of words."""
    width = chance.randint(20, 130)
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


def quoted_and_wrapped(text: str, chance: Random) -> str:
    return "\n".join("> " + line for line in hard_wrapped(text, chance).split("\n"))


def soft_wrapped(text: str, chance: Random) -> str:
    """A mail program breaks between words."""
    return "\n".join(textwrap.wrap(text, chance.randint(50, 110), break_long_words=False, break_on_hyphens=False))


def indented(text: str, chance: Random) -> str:
    return "\n".join("    " + line for line in soft_wrapped(text, chance).split("\n"))


def with_file_and_line(text: str, chance: Random) -> str:
    place = chance.choice(["app.js:12 ", "(index):1 ", "localhost/:1 ", "zone.js:2863 "])
    return place + text


def with_suffix(text: str, chance: Random) -> str:
    return text + chance.choice(
        [" app.js:12", " [Learn More]", " (x2)", "\n    at fetchData (app.js:12:5)\n    at async load (app.js:40:3)"]
    )


def with_timestamp(text: str, chance: Random) -> str:
    return chance.choice(["12:34:56.789 ", "[2024-05-01T10:00:00Z] ", "10:15:02 PM: "]) + text


def in_a_list(text: str, chance: Random) -> str:
    return chance.choice(["- ", "* ", "1. ", "• ", "[Error] ", "❌ "]) + text


def with_curly_quotes(text: str, chance: Random) -> str:
    return text.replace("'", "’")


def with_straight_quotes(text: str, chance: Random) -> str:
    return text.translate(str.maketrans("‘’“”", "''\"\""))


def with_backticks(text: str, chance: Random) -> str:
    return text.replace("'", "`")


def as_html(text: str, chance: Random) -> str:
    return f"<p>{html.escape(text)}</p>"


def in_a_fence(text: str, chance: Random) -> str:
    return f"```\n{text}\n```"


def in_bold(text: str, chance: Random) -> str:
    return f"**{text}**"


def escaped_for_markdown(text: str, chance: Random) -> str:
    return text.replace("*", "\\*").replace("_", "\\_")


def as_json(text: str, chance: Random) -> str:
    return json.dumps({"level": "error", "message": text})


def with_no_break_spaces(text: str, chance: Random) -> str:
    return text.replace(" ", "\u00a0")


def among_another_language(text: str, chance: Random) -> str:
    return f"我的前端报错了：{text} 请问怎么解决？"


CHANGES: tuple[Change, ...] = (
    hard_wrapped,
    quoted_and_wrapped,
    soft_wrapped,
    indented,
    with_file_and_line,
    with_suffix,
    with_timestamp,
    in_a_list,
    with_curly_quotes,
    with_straight_quotes,
    with_backticks,
    as_html,
    in_a_fence,
    in_bold,
    escaped_for_markdown,
    as_json,
    with_no_break_spaces,
    among_another_language,
)
