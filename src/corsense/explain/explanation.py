"""`explain`: pasted text to messages, and each message to its likely causes with the fix as code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from corsense.causes import Cause, cause
from corsense.explain.code import fix_code
from corsense.explain.likely import Likelihood, Likely, likely_causes
from corsense.fetch.wording.catalogue import entry, net_error
from corsense.fetch.wording.model import Entry
from corsense.fetch.wording.parse import Message, parse

__all__ = ["Explanation", "Likelihood", "LikelyCause", "explain"]

_REQUEST_LOGS = ("access-log", "uvicorn:redirect-log", "devtools:general", "console:status")
_ROOTS = frozenset({"network", "tls", "mixed-content", "csp", "local-network", "corp-coep"})
"""Categories of messages that say what happened below CORS, so that a vague line beside them has the same cause."""


@dataclass(frozen=True, slots=True)
class LikelyCause:
    """A cause that can stand behind a message, how likely it is, and what to write, as code."""

    cause: Cause
    likelihood: Likelihood
    fix: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message, what the browser checked when it printed it, and the causes, the likeliest first.

    `status` is the status of the answer: from the message, or from a line beside it that speaks of the same URL. `follows`: the
    message only repeats that the call of another message failed.
    """

    message: Message
    checked: str
    status: int | None
    causes: tuple[LikelyCause, ...]
    follows: bool = False


def explain(text: str) -> list[Explanation]:
    """Every message in `text` with its causes, in the order of the text; empty when nothing is recognised."""
    messages = parse(text)
    return [_explained(message, messages) for message in messages]


def _explained(message: Message, messages: Sequence[Message]) -> Explanation:
    known = _entry_of(message)
    status = message.status if message.status is not None else _status_beside(message, messages)
    follows = _only_follows(message, messages)
    likely = () if follows else _likely(message, known, status, messages)
    causes = tuple(LikelyCause(cause(slug), likelihood, fix_code(slug, message)) for slug, likelihood in likely)
    return Explanation(message, known.condition, status, causes, follows)


def _likely(message: Message, known: Entry, status: int | None, messages: Sequence[Message]) -> tuple[Likely, ...]:
    """The causes of a message; a vague one beside a line that says what happened has the cause of that line."""
    causes = likely_causes(message, known, status)
    if message.error is not None or not causes or any(likelihood == "certain" for _, likelihood in causes):
        return causes
    for other in messages:
        if other is message or not _is_root(other) or not _is_about(other, message):
            continue
        found = likely_causes(other, _entry_of(other), other.status)
        if found and found[0][1] == "certain":
            return (found[0], *(each for each in causes if each[0] != found[0][0] and each[0] != "missing-cors-middleware"))
    return causes


def _is_root(message: Message) -> bool:
    return message.error is None and (_entry_of(message).category in _ROOTS or message.engine == "server")


def _is_about(other: Message, message: Message) -> bool:
    """Whether two messages may speak of the same call: the addresses that they name are equal, or one names none."""
    return other.url is None or message.url is None or _path(other.url) == _path(message.url)


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def _entry_of(message: Message) -> Entry:
    """The message's entry; Chromium's network errors have one by their name, listed or not."""
    if message.code.startswith("net::"):
        return net_error(message.code.removeprefix("net::"))
    return entry(message.product, message.code)


def _only_follows(message: Message, messages: Sequence[Message]) -> bool:
    """Whether a message only says that something failed, beside another that says what."""
    if message.error is not None:
        return False
    if message.is_cors:  # WebKit names the URL in one line, and the reason in another
        return message.code.startswith("wrap:") and any(_is_reason_of(other, message) for other in messages)
    if any(other.error is not None for other in messages):
        return message.engine != "server" or message.code == "uvicorn:options-log" or message.code in _REQUEST_LOGS
    says_nothing = _entry_of(message).category in ("generic", "library") or message.code in (
        "net::ERR_FAILED",
        "node:fetch-failed",
    )
    return says_nothing and any(
        _is_root(other) and other is not message and other.code != "net::ERR_FAILED" for other in messages
    )


def _is_reason_of(other: Message, message: Message) -> bool:
    return other.error is not None and other.engine == message.engine and _is_about(other, message)


def _status_beside(message: Message, messages: Sequence[Message]) -> int | None:
    """The status that another line tells of the same URL, as the network line of Chromium's console does, or a log of the
    server."""
    if not message.is_cors:
        return None
    if message.preflight:
        logged = [other for other in messages if _is_logged_preflight(other)]
        return next((other.status for other in logged if other.status is not None), None)
    told = [other for other in messages if other.status is not None and not _is_logged_preflight(other)]
    return next((other.status for other in told if _speaks_of(other, message)), None)


def _is_logged_preflight(message: Message) -> bool:
    return message.code == "uvicorn:options-log" or (message.code == "devtools:general" and message.method == "OPTIONS")


def _speaks_of(other: Message, message: Message) -> bool:
    if other.url is None or other.url == message.url:
        return True
    return other.code in _REQUEST_LOGS and message.url is not None and _path(other.url) == _path(message.url)
