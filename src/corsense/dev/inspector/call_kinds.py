"""`written_call`: what a call of a session says about its kind, without its secrets: a test asks for the kind again."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from corsense._redaction import PLACEHOLDER, Redactor
from corsense.check.request import read_origin
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.written_tests import WrittenCall
from corsense.errors import InputError
from corsense.fetch import Allowed, Blocked, Browser, FetchRequest
from corsense.fetch.engines import ENGINES
from corsense.fetch.safelist import is_forbidden_method, is_safelisted_request_header, is_token
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers
from corsense.transports import drive
from corsense.transports.har import HarFetch, har_send
from corsense.url import parse_url

EXAMPLE: Final = "example"
"""Stands for a value that a test does not repeat."""
_PARAMETER = re.compile(r"\{[^{}/]*\}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


def written_call(judged: JudgedCall, cause: str | None, named: frozenset[str]) -> WrittenCall | str:
    """The kind of a call, as a test asks for it; for a call that no test can be about, what it is, in a few words.

    `cause` is the name of the cause where the call is blocked, `named` are the origins that the app names.
    """
    fetch, outcome = judged.call.fetch, judged.result.trace.outcome
    if fetch is None or fetch.request.initiator == "websocket":
        return "handshakes of WebSockets"
    if fetch.request.mode != "cors":
        return "requests whose answer no script reads"
    if not isinstance(outcome, Allowed | Blocked):
        return "requests without an answer"
    if not _is_of_a_script(fetch.request):
        return "requests that no browser sends"
    if isinstance(outcome, Allowed) and fetch.request.origin == "null":
        return "allowed requests of pages with the origin null"
    reason = None
    if isinstance(outcome, Blocked):
        reason = f"{outcome.error}, because of {cause}" if cause is not None else str(outcome.error)
    return WrittenCall(
        fetch.request.origin,
        fetch.request.method,
        judged.call.route,
        example_path(judged.call.at_app(fetch.request.url), judged.call.route),
        _headers(fetch.request.headers),
        fetch.request.credentials,
        _deviating(fetch, judged.call.engine),
        fetch.request.origin in named,
        reason,
    )


def _is_of_a_script(request: FetchRequest) -> bool:
    """Whether a page can make this request: what comes from other programs may have any method, origin and header."""
    try:
        read_origin(request.origin)
    except InputError:
        return False
    is_method = is_token(request.method) and not is_forbidden_method(request.method)
    return is_method and all(is_token(name) for name, _ in request.headers)


def _deviating(fetch: HarFetch, engine: EngineName) -> EngineName | None:
    """The engine, where its verdict is another than Chromium's."""
    verdicts = {
        type(drive(Browser(each).fetch(fetch.request), har_send(fetch)).outcome) for each in dict.fromkeys((engine, "chromium"))
    }
    return engine if len(verdicts) > 1 else None


def _headers(headers: Headers) -> Headers:
    """The headers that need a permission, without values that may be secret."""
    asking = [line for line in headers if not is_safelisted_request_header(*line, ENGINES["standard"])]
    return tuple((name, value.replace(PLACEHOLDER, EXAMPLE)) for name, value in Redactor().headers(asking))


def example_path(url: str, template: str) -> str:
    """A path that the route with this template serves, as the one of `url` does: every parameter has a value that means nothing.
    Where the route is not known, the path of `url` without its secrets."""
    parsed = parse_url(url)
    path = parsed.request_url.removeprefix(parsed.origin).partition("?")[0] if parsed is not None else "/"
    if not template.startswith("/"):
        return Redactor().path(path).replace(PLACEHOLDER, EXAMPLE)
    pieces, values = template.split("/"), path.split("/")
    # A proxy's prefix stands in front; a parameter for the rest of a path makes the lengths differ.
    aligned = values[-len(pieces) :] if len(values) >= len(pieces) else pieces
    return "/".join(_filled(piece, value) for piece, value in zip(pieces, aligned, strict=True))


def _filled(piece: str, value: str) -> str:
    """A segment of a template with examples of the kind of `value` in place of its parameters."""
    literals = _PARAMETER.split(piece)
    if len(literals) == 1:
        return quote(piece, safe="-._~!$&'()*+,;=:@%")
    found = re.fullmatch("(.+?)".join(map(re.escape, literals)), value)
    examples = [_example(each) for each in found.groups()] if found is not None else [EXAMPLE] * (len(literals) - 1)
    return "".join(
        quote(text, safe="-._~!$&'()*+,;=:@%") + example for text, example in zip(literals, [*examples, ""], strict=True)
    )


def _example(value: str) -> str:
    """A value that means nothing, of the kind of another: a number, a UUID, or a word."""
    if _NUMBER.fullmatch(value):
        return "0.0" if "." in value else "0"
    return re.sub(r"[0-9a-fA-F]", "0", value) if _HEXADECIMAL.fullmatch(value) else EXAMPLE
