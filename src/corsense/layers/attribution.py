"""Who answered, and who set each CORS header: the app, or something in front of it.

`attribute` compares the app's own answer to a request with the one that came over the wire. Both are given; nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from corsense.diagnose.respondent import Respondent, who_answered
from corsense.fetch.wire import WireResponse

__all__ = ["Attribution", "SetBy", "attribute"]

SetBy = Literal["app", "front", "both", "replaced", "dropped"]
"""Where a header of the answer comes from. `app`: its value is the app's. `front`: the app sets none. `both`: the app's value is
there, and another one. `replaced`: the app's value is not there any more, or the front wrote the same one anew. `dropped`: the
app's header is missing."""

_NAMES = frozenset({"vary", "access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers"})
"""Headers whose values are lists of names: a longer list on one line may be the front's own."""
_WRITTEN_BY_SERVERS = frozenset(
    {"connection", "content-length", "content-type", "date", "keep-alive", "server", "transfer-encoding", "via"}
)
"""Headers that each server on the way writes in its own spelling."""
_WRITTEN_LAST = frozenset({"connection", "transfer-encoding"})
_ALLOWED_NAMES = frozenset({"access-control-allow-methods", "access-control-allow-headers"})
_OF_A_POLICY = _ALLOWED_NAMES | {"access-control-allow-origin", "access-control-allow-credentials"}
_ANCHORS = ("content-length", "content-type")
"""Headers of nearly every answer that apps write first, and proxies pass on where they stand."""
_VALUE_LIMIT = 1024

Lines = Mapping[str, list[str]]
"""The values of each header, a line each, by its name in lower case."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who answered and who set what.

    `layer` is the proxy, gateway or CDN that the answer names, None where it names none; `evidence` are the lines that say who
    answered. `headers` has each `access-control-*` header and `Vary` of either answer, by its name in lower case.
    `undecided` are those called `replaced` because it is likely: the value is the app's, and the front sets others of its
    policy. `stored`: the answer comes out of a cache.
    """

    answered_by: Literal["app", "front"]
    layer: str | None = None
    headers: Mapping[str, SetBy] = field(default_factory=lambda: MappingProxyType({}))
    undecided: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    stored: bool = False


def attribute(app_answer: WireResponse | None, seen: WireResponse, *, body: bytes = b"", app_body: bytes = b"") -> Attribution:
    """What stands between the app's answer and the one that was seen.

    `app_answer` is None where the app gave no answer to this request: it was not asked, or did not answer in time. Then all that
    is seen comes from the front, unless it is a stored answer of the app. `body` and `app_body` are the beginnings of the two
    bodies; an empty one is not known or empty.
    """
    respondent = who_answered(seen, body, app_answer=app_answer, app_body=app_body)
    if not _is_the_apps(respondent, app_answer, seen, body):
        headers: dict[str, SetBy] = dict.fromkeys(_lines(seen), "front")
        gone = _lines(app_answer).keys() - headers.keys() if app_answer is not None else ()
        headers.update(dict.fromkeys(sorted(gone), "dropped"))
        return _attribution("front", respondent, headers, (), seen)
    if app_answer is None:
        return _attribution("app", respondent, _of_a_stored(seen), (), seen)
    headers = _compared(_lines(app_answer), _lines(seen))
    equal = {name for name, set_by in headers.items() if set_by == "app"}
    anew = equal & _written_anew(app_answer, seen)
    likely = (equal & _OF_A_POLICY) - anew if _has_policy_of_front(headers) else set()
    headers.update(dict.fromkeys(anew | likely, "replaced"))
    return _attribution("app", respondent, headers, tuple(sorted(likely)), seen)


def _attribution(
    answered_by: Literal["app", "front"],
    respondent: Respondent,
    headers: dict[str, SetBy],
    undecided: tuple[str, ...],
    seen: WireResponse,
) -> Attribution:
    known = MappingProxyType(headers)
    return Attribution(answered_by, respondent.layer, known, undecided, respondent.evidence, _is_stored(seen))


def _is_the_apps(respondent: Respondent, app_answer: WireResponse | None, seen: WireResponse, body: bytes) -> bool:
    if respondent.kind != "unknown":
        return respondent.kind == "app"
    return app_answer is not None or (200 <= seen.status < 300 and bool(body) and _may_be_stored(seen))


def _is_stored(seen: WireResponse) -> bool:
    """Whether a cache says that it had the answer in store (RFC 9111, section 5.1; RFC 9211; the usual X- fields)."""
    ids = (seen.header("x-varnish") or "")[:_VALUE_LIMIT].split()
    said = (seen.header(name) or "" for name in ("cache-status", "cf-cache-status", "x-cache", "x-cache-status", "x-proxy-cache"))
    if ids:
        return len(ids) > 1  # Varnish counts the age of every answer, and names two ids of a stored one
    return seen.header("age") is not None or any("hit" in value.lower() for value in said)


def _may_be_stored(seen: WireResponse) -> bool:
    """Whether a cache may keep such an answer: data of an API, and a header about how long it is valid."""
    media_type = (seen.header("content-type") or "").partition(";")[0].strip().lower()
    fresh = any(seen.header(name) is not None for name in ("age", "cache-control", "etag", "expires", "last-modified"))
    return fresh and (media_type == "application/json" or media_type.endswith("+json"))


def _lines(response: WireResponse) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in response.headers:
        if is_read(name):
            found.setdefault(name.lower(), []).append(value)
    return found


def is_read(name: str) -> bool:
    """Whether CORS, or a cache that keeps answers of several pages apart, reads the header `name`."""
    return name.lower() == "vary" or name.lower().startswith("access-control-")


def _compared(before: Lines, after: Lines) -> dict[str, SetBy]:
    return {name: _set_by(name, before.get(name), after.get(name)) for name in {**before, **after}}


def _set_by(name: str, before: list[str] | None, after: list[str] | None) -> SetBy:
    if before is None:
        return "front"
    if after is None:
        return "dropped"
    its, seen = _values(name, before), _values(name, after)
    if its == seen:
        return "app"
    if name == "vary" and set(its) <= set(seen):
        return "app" if set(its) == set(seen) and len(seen) <= len(its) else "both"
    if not its or not Counter(its) <= Counter(seen):
        return "replaced"
    # On one line with other values the app's is not there any more: `true,true` is no `true`.
    joined = name != "access-control-allow-origin" and name != "vary" and len(after) <= len(before)
    return "replaced" if joined else "both"


def _values(name: str, lines: list[str]) -> list[str]:
    """The members of all lines (RFC 9110, section 5.6.1): proxies join lines, split them, and write other white space. An empty
    one counts where browsers take the line for one value."""
    values = [value.strip(" \t\r\n") for line in lines for value in line.split(",")]
    values = [value for value in values if value or name not in _NAMES]
    return values if name.endswith(("-origin", "-methods")) else [value.lower() for value in values]


def _has_policy_of_front(headers: Mapping[str, SetBy]) -> bool:
    """Whether the methods or headers allowed here are the front's: then the origin beside them is hardly left to the app."""
    return any(headers.get(name) in ("front", "replaced") for name in _ALLOWED_NAMES)


def _of_a_stored(seen: WireResponse) -> dict[str, SetBy]:
    """Headers of a stored answer: what stands in capitals beside lower case of the app was added on the way out."""
    spelt_lower = any(name in _ANCHORS for name, _ in seen.headers)
    return {
        name: "front" if spelt_lower and all(line[0][:1].isupper() for line in seen.lines(name)) else "app"
        for name in _lines(seen)
    }


def _written_anew(app_answer: WireResponse, seen: WireResponse) -> set[str]:
    """Headers that are not the app's lines, whatever their value: spelt in another way than the app spells them, where other
    names are passed on as they are; or in another place among the lines of the answer."""
    names = [name for name, _ in seen.headers if name.lower() not in _WRITTEN_LAST]
    if all(name[:1].isupper() for name in names) and all(first <= second for first, second in pairwise(names)):
        return set()  # servers written in Go sort the names and spell them anew
    return _respelt(app_answer, seen) | _moved(app_answer, seen)


def _respelt(app_answer: WireResponse, seen: WireResponse) -> set[str]:
    spelt, received = {name for name, _ in app_answer.headers}, {name for name, _ in seen.headers}
    kept = any(not name.istitle() for name in spelt & received)
    anew = {name.lower() for name in received - spelt} - _WRITTEN_BY_SERVERS
    # A server further in front may spell all names anew; one alone is that of a server which passes names on as they are.
    return anew if kept or (len(anew) == 1 and _keeps_spelling(seen)) else set()


def _keeps_spelling(seen: WireResponse) -> bool:
    """Whether the answer names a server that passes names on as the app spells them: nginx does, and what is built on it."""
    server = (seen.header("server") or "").lower()
    return server.startswith(("nginx", "openresty", "tengine"))


def _moved(app_answer: WireResponse, seen: WireResponse) -> set[str]:
    """Headers that stand before a line that the app writes before them, or behind a line of the front's own at the end."""
    order: dict[str, int] = {}
    for index, (name, _) in enumerate(app_answer.headers):
        order.setdefault(name.lower(), index)
    received = [name.lower() for name, _ in seen.headers]
    first = next((index for index, name in enumerate(received) if name in _ANCHORS and name in order), 0)
    last_anchor = max((order[name] for name in _ANCHORS if name in order and name in received), default=0)
    before = {name for name in received[:first] if name in order and order[name] > last_anchor}
    own = (at for at in range(first + 1, len(received)) if received[at] not in order and received[at] not in _WRITTEN_BY_SERVERS)
    behind = {name for name in received[next(own, len(received)) :] if name in order and name not in _ANCHORS}
    return before | behind
