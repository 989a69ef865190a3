"""The exchanges of one fetch as a drawing: the browser on the left, the server on the right, what was sent and what came back,
each check of the standard with what it saw.

Inline SVG without scripts, fonts or colours of its own (the page's stylesheet has them), and its whole story as a description for
screen readers.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from corsense.check.results import Result
from corsense.fetch import Allowed, Blocked, Exchange, Failed, NetworkError, Step, Trace, WireResponse
from corsense.readers.controls import harmless
from corsense.report.html.markup import Markup, element

_WIDTH, _LEFT, _RIGHT, _LINE = 820, 56, 764, 18
_TEXT = _LEFT + 22
_COLUMNS = 88
_MAX_LINES = 6
_SHOWN_REQUEST_HEADERS = (
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "authorization",
    "content-type",
    "cookie",
)
_SHOWN_ANSWER_HEADERS = (
    "access-control-",
    "location",
    "allow",
    "set-cookie",
    "www-authenticate",
    "vary",
)


def ladder_figure(trace: Trace, answered_by: tuple[str | None, ...] = (), *, identity: str = "ladder") -> Markup:
    """The drawing of a trace. `answered_by` names for each exchange what answered it; `identity` is the beginning of the ids of
    its parts, unique on the page."""
    drawing = _Drawing()
    for index, exchange in enumerate(trace.exchanges):
        drawing.exchange(index, exchange, answered_by[index] if index < len(answered_by) else None)
        for step in trace.steps:
            if step.exchange == index:
                drawing.step(step)
    for step in trace.steps:
        if step.exchange is None and not step.passed:
            drawing.step(step)
    drawing.end(trace)
    return drawing.figure(trace, identity)


def result_ladder(result: Result, identity: str) -> Markup:
    """The drawing of a result of a check."""
    return ladder_figure(result.trace, result.answered_by, identity=identity)


@dataclass(slots=True)
class _Drawing:
    """The parts drawn so far, from top to bottom, and the same told in words."""

    y: float = 52
    parts: list[Markup] = field(default_factory=list)
    context: list[str] = field(default_factory=list)

    def exchange(self, index: int, exchange: Exchange, answered_by: str | None) -> None:
        request, response = exchange.request, exchange.response
        kind = " (preflight)" if request.preflight else ""
        url = request.url
        self.context.append(f"{index + 1}. The browser sends {request.method} {url}{kind}.")
        self._arrow(f"{request.method} {_path(url)}{kind}", "sent", out=True)
        self._headers(_request_headers(exchange), "header")
        if isinstance(response, NetworkError):
            self.context.append(f"No answer: {response.reason}.")
            self._arrow(f"no answer: {response.reason}", "lost", out=False)
            return
        self.context.append(f"The server answers {response.status}.")
        by = f" from {answered_by}" if answered_by else ""
        self._arrow(f"{_status(response.status)}{by}", "answer" if response.status < 400 else "answer bad", out=False)
        self._headers(_answer_headers(response), "header")

    def step(self, step: Step) -> None:
        sign, kind = ("✓", "passed") if step.passed else ("✗", "wrong")
        of = f": {step.parameter}" if step.passed and step.parameter and "Allow-Headers" in step.name else ""
        message = f"{step.name}{of}"
        if not step.passed:
            seen = "is missing" if step.seen is None else f"is {step.seen!r}"
            message = f"{step.name} {seen}" + (f", wanted {step.wanted}" if step.wanted else "")
        self.context.append(f"{'Passed' if step.passed else 'Failed'}: {message}.")
        self._text(f"{sign} {message}", kind)

    def end(self, trace: Trace) -> None:
        outcome = trace.outcome
        if isinstance(outcome, Blocked) and trace.exchanges and trace.exchanges[-1].request.preflight:
            self.context.append(f"{trace.request.method} is never sent.")
            self._arrow(f"{trace.request.method} {_path(trace.request.url)} is never sent", "never", out=True)
        words, kind = _outcome(outcome)
        self.context.append(words)
        self.y += 12
        self.parts.append(element("rect", x=_LEFT - 8, y=self.y + 3, width=16, height=20, rx=4, class_=f"end {kind}"))
        self._text(words, f"outcome {kind}")

    def figure(self, trace: Trace, identity: str) -> Markup:
        height = round(self.y + 16)
        title = f"{trace.request.method} {trace.request.url} from {trace.request.origin}"
        rails = [element("line", x1=x, y1=40, x2=x, y2=height - 8, class_="rail") for x in (_LEFT, _RIGHT)]
        page = "page without an origin" if trace.request.origin == "null" else trace.request.origin
        heads = [
            element("text", _shortened(f"browser, {page}", 52), x=_LEFT - 44, y=24, class_="head"),
            element("text", _shortened(_host(trace), 34), x=_RIGHT + 44, y=24, class_="head", text_anchor="end"),
        ]
        drawing = element(
            "svg",
            element("title", f"The exchanges of {title}", id=f"{identity}-title"),
            element("desc", " ".join(self.context), id=f"{identity}-story"),
            rails,
            heads,
            self.parts,
            viewBox=f"0 0 {_WIDTH} {height}",
            role="img",
            aria_labelledby=f"{identity}-title",
            aria_describedby=f"{identity}-story",
            class_="ladder",
        )
        return element("div", drawing, class_="ladder-scroll", tabindex=0, role="group", aria_label=f"Drawing: {title}")

    def _arrow(self, label: str, kind: str, *, out: bool) -> None:
        self.y += 26
        lines = _wrapped(label, _COLUMNS - 4)
        for line in lines:
            self.parts.append(element("text", line, x=_WIDTH / 2, y=self.y, class_=f"label {kind}", text_anchor="middle"))
            self.y += _LINE - 2
        y = self.y - 6
        start, end = (_LEFT, _RIGHT) if out else (_RIGHT, _LEFT)
        stop = (start + end) / 2 if kind in ("never", "lost") else end
        self.parts.append(element("line", x1=start, y1=y, x2=stop, y2=y, class_=f"arrow {kind}"))
        self.parts.append(_cross(stop, y) if kind in ("never", "lost") else _head(stop, y, out, kind))
        self.y = y + 6

    def _headers(self, lines: Iterator[str], kind: str) -> None:
        for line in lines:
            self._text(line, kind)

    def _text(self, text: str, kind: str) -> None:
        for number, line in enumerate(_wrapped(text, _COLUMNS)):
            self.y += _LINE
            self.parts.append(element("text", line, x=_TEXT + (16 if number else 0), y=self.y, class_=kind))


def _head(x: float, y: float, out: bool, kind: str) -> Markup:
    back = x - 9 if out else x + 9
    return element("polygon", points=f"{x},{y} {back},{y - 5} {back},{y + 5}", class_=f"tip {kind}")


def _cross(x: float, y: float) -> Markup:
    return element("path", d=f"M{x - 6} {y - 6}L{x + 6} {y + 6}M{x - 6} {y + 6}L{x + 6} {y - 6}", class_="cross")


def _request_headers(exchange: Exchange) -> Iterator[str]:
    for name, value in exchange.request.headers:
        if name.lower() in _SHOWN_REQUEST_HEADERS:
            yield f"{name}: {value}"
    if exchange.request.credentials:
        yield "with cookies, where there are any"


def _answer_headers(response: WireResponse) -> Iterator[str]:
    for name, value in response.headers:
        if name.lower().startswith(_SHOWN_ANSWER_HEADERS):
            yield f"{name}: {value}"


def _outcome(outcome: Allowed | Blocked | Failed) -> tuple[str, str]:
    if isinstance(outcome, Blocked):
        return f"Blocked: {outcome.error}. Script gets a TypeError.", "bad"
    if isinstance(outcome, Failed):
        return f"Failed: {outcome.reason}. This is not CORS.", "bad"
    if outcome.tainting == "opaque":
        return "Nothing is blocked, but script cannot read the answer.", "good"
    readable = f" and the headers {', '.join(outcome.exposed)}" if outcome.exposed else ""
    return f"Allowed: script can read the answer{readable}.", "good"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _host(trace: Trace) -> str:
    parts = urlsplit(trace.request.url)
    return f"server, {parts.scheme}://{parts.netloc}"


def _shortened(text: str, limit: int) -> str:
    shown = harmless(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _wrapped(text: str, columns: int) -> list[str]:
    """Lines that fit the drawing; what is longer than some lines is cut, and says so."""
    lines = textwrap.wrap(harmless(text).replace("\n", "\\n"), columns, break_on_hyphens=False) or [""]
    kept = list(itertools.islice(lines, _MAX_LINES))
    return kept if len(lines) <= _MAX_LINES else [*kept[:-1], f"{kept[-1][: columns - 1]}…"]
