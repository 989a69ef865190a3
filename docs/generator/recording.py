"""The recording of a terminal that README and the first page of the site open with: real runs, as an SVG that plays once.

python -m docs.generator.recording     writes docs/recording.svg anew
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "recording.svg"
EXAMPLE = ROOT / "examples" / "broken" / "trailing-slash"
_REQUEST = "main:app --origin http://localhost:3000 --request 'POST /api/users'"
COMMANDS = (f"corsense check {_REQUEST}", f"corsense fix {_REQUEST} --write", f"corsense check {_REQUEST}")
COLUMNS, ROWS = 96, 26
_CHARACTER, _LINE, _EDGE = 8.4, 19, 18
_MOMENTS = (0, 50, 78)
"""When each command is run, in percent of the whole."""

_STYLE = """
.back { fill: #12151c; } .dot { fill: #4a5365; }
text {
  font: 14px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  fill: #e8ebf1; white-space: pre;
}
.b { font-weight: 700; } .i { font-style: italic; } .d { fill: #a3acbd; } .p { fill: #6fd6a0; font-weight: 700; }
.c1 { fill: #ff9d94; } .c2 { fill: #6fd6a0; } .c3 { fill: #f1bd6c; }
.c4 { fill: #8fbdf8; } .c5 { fill: #e3a6ef; } .c6 { fill: #7fd9e3; }
"""


def main() -> int:
    """Write the recording."""
    PICTURE.write_text(recording(), encoding="utf-8")
    return 0


def recording() -> str:
    """The recording of the commands, run one after the other on a copy of an example."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "app"
        shutil.copytree(EXAMPLE, place, ignore=shutil.ignore_patterns("__pycache__"))
        screens = [_screen(command, _run(command, place)) for command in COMMANDS]
    return _drawn(screens)


def _run(command: str, folder: Path) -> str:
    """What a command prints on a terminal of so many columns."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CORSENSE_DOCUMENTATION")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    ran = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**environment, "PATH": path, "FORCE_COLOR": "1", "FORCE_HYPERLINK": "0", "COLUMNS": str(COLUMNS)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


def _screen(command: str, printed: str) -> list[str]:
    """The lines of one command, each as SVG text."""
    prompt = f'<tspan class="p">$</tspan> <tspan class="b">{escape(command)}</tspan>'
    return [prompt, *(_line(Text.from_ansi(line)) for line in printed.rstrip("\n").split("\n")), ""]


def _line(text: Text) -> str:
    parts = []
    position = 0
    for span in sorted(text.spans, key=lambda span: span.start):
        parts.append(escape(text.plain[position : span.start]))
        names = " ".join(_classes(Style.parse(span.style) if isinstance(span.style, str) else span.style))
        parts.append(f'<tspan class="{names}">{escape(text.plain[span.start : span.end])}</tspan>')
        position = span.end
    return "".join([*parts, escape(text.plain[position:])])


def _classes(style: Style) -> Iterator[str]:
    """The classes of a style: its weight, its slant, its colour by the number that terminals give it."""
    for name, is_on in (("b", style.bold), ("i", style.italic), ("d", style.dim)):
        if is_on:
            yield name
    if style.color is not None and style.color.number is not None:
        yield f"c{style.color.number}"


def _drawn(screens: list[list[str]]) -> str:
    """All screens below each other behind a window that scrolls as a terminal does."""
    groups, keyframes, shifts = [], [], []
    row = 0
    for number, (screen, moment) in enumerate(zip(screens, _MOMENTS, strict=True)):
        texts = "".join(
            f'<text x="{_EDGE}" y="{(row + index + 1) * _LINE}" xml:space="preserve">{line}</text>'
            for index, line in enumerate(screen)
        )
        row += len(screen)
        groups.append(f'<g class="s{number}">{texts}</g>')
        shifts.append(f"{moment}% {{ transform: translateY({-max(0, row - ROWS) * _LINE}px); }}")
        if number:
            keyframes.append(
                f"@keyframes s{number} {{ 0% {{ opacity: 0; }} {moment}% {{ opacity: 1; }} 100% {{ opacity: 1; }} }}\n"
                f".s{number} {{ opacity: 0; animation: s{number} 16s step-end 1 both; }}"
            )
    last = f"100% {{ transform: translateY({-max(0, row - ROWS) * _LINE}px); }}"
    style = "\n".join(
        [
            _STYLE.strip(),
            *keyframes,
            f"@keyframes scroll {{ {' '.join(shifts)} {last} }}",
            ".screen { animation: scroll 16s step-end 1 both; }",
            "@media (prefers-reduced-motion: reduce) { .screen, .s1, .s2 { animation: none; } }",
        ]
    )
    width, height = round(COLUMNS * _CHARACTER + 2 * _EDGE), ROWS * _LINE + 3 * _EDGE
    story = "A terminal: a check finds that an allowed origin ends with a slash, fix repairs it, the next check passes."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>{escape(story)}</title>\n<style>\n{style}\n</style>\n"
        f'<rect class="back" width="{width}" height="{height}" rx="10"/>\n'
        + "".join(f'<circle class="dot" cx="{_EDGE + 4 + 18 * index}" cy="18" r="5.5"/>' for index in range(3))
        + f'\n<svg y="{2 * _EDGE}" width="{width}" height="{ROWS * _LINE + 8}"><g class="screen">\n'
        + "\n".join(groups)
        + "\n</g></svg>\n</svg>\n"
    )


if __name__ == "__main__":
    sys.exit(main())
