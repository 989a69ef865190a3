"""What a text of a console means, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from corsense.console.catalogue import catalogue
from corsense.console.parse import Message
from corsense.explain import Explanation, LikelyCause
from corsense.report.explanations import harmless_line
from corsense.report.html.findings import page_of
from corsense.report.html.markup import Content, Markup, element, join
from corsense.report.html.values import copyable
from corsense.report.redaction import redacted_explanations

_ENGINES = {"chromium": "Chrome, Edge", "firefox": "Firefox", "webkit": "Safari"}
_SAID_BY = {**_ENGINES, "library": "a library", "server": "the server", "ie-edge-legacy": "Internet Explorer, old Edge"}
_BADGES = {"certain": "blocked", "likely": "partly", "possible": ""}
_MOST_MESSAGES = 30
"""Messages of a text that are drawn; the JSON has all."""


def sentence_of(found: Sequence[Explanation]) -> str:
    """What a text of a console means, in one sentence."""
    first = next((each for each in found if each.causes and not each.follows), None)
    if first is None:
        return "No CORS setting of the server changes this."
    top = first.causes[0]
    return f"{top.likelihood.capitalize()}: {top.cause.title}."


def explanations(found: Sequence[Explanation], *, with_source: bool = False) -> Markup:
    """What each message of a text means. What repeats another is left out. `with_source`: the text seems to hold a program
    too."""
    seen: set[object] = set()
    parts: list[Content] = []
    shown = [each for each in redacted_explanations(found) if not each.follows] or redacted_explanations(found[:1])
    for each in shown:
        event = (each.message.code, each.message.url, tuple(likely.cause.slug for likely in each.causes))
        if event not in seen and len(seen) < _MOST_MESSAGES:
            parts.append(_explanation(each, len(seen)))
        seen.add(event)
    left_out = len(found) - min(len(seen), _MOST_MESSAGES)
    if left_out > 0:
        says = "1 more line says" if left_out == 1 else f"{left_out} more lines say"
        parts.append(element("p", f"{says} the same, or only that the call failed. The JSON has every line.", class_="quiet"))
    if with_source:
        parts.append(element("p", "The text seems to hold source too, which was not judged: paste that alone.", class_="quiet"))
    return join(parts)


def _explanation(found: Explanation, number: int) -> Markup:
    message, name = found.message, f"message-{number}"
    causes: list[Content] = [_cause(likely, first=place == 0) for place, likely in enumerate(found.causes)]
    if not causes:
        causes = [element("p", harmless_line(found), class_="message")]
    facts = {
        "said by": _SAID_BY.get(message.engine, message.engine),
        "request": " ".join(filter(None, (message.method, message.url))),
        "page": message.origin,
        "header": message.header,
        "status": str(found.status) if found.status is not None else None,
        "checked": found.checked,
    }
    listed = [[element("dt", label), element("dd", value)] for label, value in facts.items() if value]
    doubt = None if message.certain else element("p", "A part of the text is missing, so the reason is a guess.", class_="quiet")
    return element(
        "section",
        element("h2", "The message", id=name),
        element("blockquote", element("p", message.text)),
        doubt,
        causes,
        element("dl", listed, class_="compared"),
        _other_consoles(message),
        aria_labelledby=name,
    )


def _cause(likely: LikelyCause, *, first: bool) -> Markup:
    cause = likely.cause
    badge = element("span", likely.likelihood, class_=f"verdict {_BADGES[likely.likelihood]}".strip())
    inside = [
        element("h3", "Fix") if likely.fix else None,
        copyable(likely.fix) if likely.fix else None,
        element("h3", "To be sure") if likely.confirmation else None,
        copyable(likely.confirmation) if likely.confirmation else None,
        element("p", "More: ", page_of(cause), class_="more"),
    ]
    title = [badge, f" {cause.title.replace('`', '')} ", element("span", f"{cause.code} {cause.slug}", class_="quiet")]
    return element("details", element("summary", title), inside, class_="cause", open=first)


def _other_consoles(message: Message) -> Markup | None:
    """What the other browsers print for the same reason."""
    if message.error is None:
        return None
    values = {
        "url": message.url, "origin": message.origin, "method": message.method, "header": message.header, "value": message.value,
    }  # fmt: skip
    known = {name: value for name, value in values.items() if value}
    lines = []
    for engine, name in _ENGINES.items():
        if engine == message.engine:
            continue
        texts = dict.fromkeys(
            entry.template.fill(**known).text
            for entry in catalogue()
            if entry.product == engine and entry.error is message.error and entry.preflight in (None, message.preflight)
        )
        lines += [element("p", element("b", f"{name}: "), text) for text in list(texts)[:1]]
    if not lines:
        return None
    return element("details", element("summary", "The same in other browsers"), element("blockquote", lines))
