"""`explain`: pasted text to messages, and each message to its likely causes with the fix as code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corsense.causes import Cause, cause
from corsense.explain.code import fix_code
from corsense.explain.likely import Likelihood, likely_causes
from corsense.fetch.wording.catalogue import entry, net_error
from corsense.fetch.wording.model import Entry
from corsense.fetch.wording.parse import Message, parse

__all__ = ["Explanation", "Likelihood", "LikelyCause", "explain"]


@dataclass(frozen=True, slots=True)
class LikelyCause:
    """A cause that can stand behind a message, how likely it is, and what to write, as code."""

    cause: Cause
    likelihood: Likelihood
    fix: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message, what the browser checked when it printed it, and the causes, the likeliest first.

    `status` is the status of the answer: from the message, or from a line beside it that speaks of the same URL.
    """

    message: Message
    checked: str
    status: int | None
    causes: tuple[LikelyCause, ...]


def explain(text: str) -> list[Explanation]:
    """Every message in `text` with its causes, in the order of the text; empty when nothing is recognised."""
    messages = parse(text)
    return [_explained(message, messages) for message in messages]


def _explained(message: Message, messages: Sequence[Message]) -> Explanation:
    known = _entry_of(message)
    status = message.status if message.status is not None else _status_beside(message, messages)
    likely = () if _only_follows(message, messages) else likely_causes(message, known, status)
    causes = tuple(LikelyCause(cause(slug), likelihood, fix_code(slug, message)) for slug, likelihood in likely)
    return Explanation(message, known.condition, status, causes)


def _entry_of(message: Message) -> Entry:
    """The message's entry; Chromium's network errors have one by their name, listed or not."""
    if message.code.startswith("net::"):
        return net_error(message.code.removeprefix("net::"))
    return entry(message.product, message.code)


def _only_follows(message: Message, messages: Sequence[Message]) -> bool:
    """Whether a message only says that something failed, beside another that says what."""
    return not message.is_cors and message.error is None and any(other.error is not None for other in messages)


def _status_beside(message: Message, messages: Sequence[Message]) -> int | None:
    """The status that another line tells of the same URL, as the network line of Chromium's console does."""
    if not message.is_cors or message.preflight:
        return None
    return next((other.status for other in messages if other.status is not None and other.url in (message.url, None)), None)
