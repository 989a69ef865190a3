"""The links of examples/README.md: each scenario's cause leads to its page, and the scenario opens in the playground.

python -m docs.generator.examples     writes the links anew

Until the documentation is published, a cause leads to the source of its page, and the playground is that of
`scripts/docs --serve`.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from pathlib import Path
from typing import Any

from corsense.causes import cause, documentation

ROOT = Path(__file__).parents[2]
README = ROOT / "examples" / "README.md"
SERVED = "http://localhost:8000"
"""Where `scripts/docs --serve` serves the site."""

_HEAD = re.compile(r"\| example \|.*\| the request that shows it \|")
_COLUMN = "in the playground"
_ROW = re.compile(r"\| \[[\w-]+\]\((?P<path>[^)]+)\) \|")
_CODE = re.compile(r"(?<!\[)(?P<code>CORS\d{3}) (?P<slug>[a-z0-9-]+)")
_ORIGIN = re.compile(r"--origin (\S+)")
_LINKED = re.compile(r"\[(CORS\d{3} [a-z0-9-]+)\]\([^)]*\)")
_OPENED = re.compile(r" \| \[open\]\([^)]*\) \|$")


def main() -> int:
    """Write the links."""
    README.write_text(with_links(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def with_links(text: str) -> str:
    """The tables of examples with their links."""
    lines: list[str] = []
    for line in text.split("\n"):
        above = lines[-1] if lines else ""
        if _HEAD.match(line):
            lines.append(f"{line.removesuffix(f' {_COLUMN} |')} {_COLUMN} |")
        elif _HEAD.match(above):
            lines.append("|" + "---|" * (above.count("|") - 1))
        elif (row := _ROW.match(line)) and row["path"].endswith("main.py"):
            lines.append(_with_links(_OPENED.sub(" |", _LINKED.sub(r"\1", line)), row["path"]))
        else:
            lines.append(line)
    return "\n".join(lines)


def _with_links(row: str, path: str) -> str:
    state: dict[str, Any] = {"kind": "source", "text": (README.parent / path).read_text(encoding="utf-8")}
    if origin := _ORIGIN.search(row):
        state["origin"] = origin[1].rstrip("`")
    address = f"{documentation() or SERVED}/playground/index.html{fragment(state)}"
    return f"{_CODE.sub(_page, row)} [open]({address}) |"


def _page(found: re.Match[str]) -> str:
    entry = cause(found["slug"])
    source = f"../src/corsense/causes/{entry.slug.replace('-', '_')}.py"
    return f"[{found[0]}]({entry.url if documentation() else source})"


def fragment(state: dict[str, Any]) -> str:
    """The fragment of an address that holds a question for the playground, as its page reads it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = compressor.compress(json.dumps(state, ensure_ascii=False).encode()) + compressor.flush()
    return f"#v1={base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def state_of(address: str) -> dict[str, Any]:
    """The question that an address holds."""
    packed = re.split(r"#v1=([\w-]*)", address)[1]
    content = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15)
    found: dict[str, Any] = json.loads(content)
    return found


if __name__ == "__main__":
    sys.exit(main())
