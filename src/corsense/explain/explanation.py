"""`explain`: pasted text to messages, and each message to its likely causes with the fix as code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corsense.causes import Cause, cause
from corsense.console.catalogue import entry, net_error
from corsense.console.model import CatalogueEntry
from corsense.console.parse import Message, parse
from corsense.explain import hints
from corsense.explain.call import with_call
from corsense.explain.code import fix_code
from corsense.explain.confirmation import confirmation
from corsense.explain.likelihood import Likelihood, RankedCause, likely_causes
from corsense.fetch import CorsError
from corsense.fetch.wire import REDIRECT_STATUSES

__all__ = ["Explanation", "Likelihood", "LikelyCause", "explain"]

_REQUEST_LOGS = ("access-log", "starlette:500", "uvicorn:redirect-log", "devtools:general", "console:status", "netmonitor:row")
_ROOTS = frozenset({"network", "tls", "mixed-content", "csp", "local-network", "corp-coep"})
"""Categories of messages that say what happened below CORS, so that a vague line beside them has the same cause."""
_ON_THE_SERVER = ("unhandled-exception", "gateway-error", "request-too-large", "tunnel-interstitial", "answered-by-proxy")
_ROOTS_READ = 20
"""At most this many of them are read."""


@dataclass(frozen=True, slots=True)
class LikelyCause:
    """A cause that can be behind a message, how likely it is, what to write, as code, and how to confirm it."""

    cause: Cause
    likelihood: Likelihood
    fix: str
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message, what the browser checked when it printed it, and the causes, most likely first.

    `status` is the status of the answer: from the message, or from a line beside it about the same URL. `follows`: the
    message only repeats that the call of another message failed.
    """

    message: Message
    checked: str
    status: int | None
    causes: tuple[LikelyCause, ...]
    follows: bool = False


def explain(text: str) -> list[Explanation]:
    """Every message in `text` with its causes, in the order of the text; empty when nothing is recognised."""
    messages = [with_call(message, text) for message in parse(text)]
    around = _Around.of(messages)
    return [_explained(message, around) for message in messages]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a text says as a whole, gathered once: a text may hold thousands of messages.

    `errors` are messages that name a reason, one of each engine; `roots` those that say what happened below CORS or on the
    server, with their causes; `preflight` is the status that a log gives for OPTIONS, `statuses` those of other answers by URL
    and by path, `status` the first one that names no URL; `redirects` are lines of a log with the status of a redirect.
    """

    errors: Mapping[str, Message]
    roots: tuple[tuple[Message, tuple[RankedCause, ...]], ...]
    preflight: int | None
    statuses: Mapping[str, int]
    status: int | None
    redirects: tuple[Message, ...] = ()

    @classmethod
    def of(cls, messages: Sequence[Message]) -> _Around:
        errors: dict[str, Message] = {}
        statuses: dict[str, int] = {}
        status = preflight = None
        for message in messages:
            if message.error is not None:
                errors.setdefault(message.engine, message)
            if message.status is None:
                continue
            if _is_logged_preflight(message):
                preflight = preflight or message.status
            elif message.url is None:
                status = status or message.status
            else:
                statuses.setdefault(message.url, message.status)
                if message.code in _REQUEST_LOGS:
                    statuses.setdefault(_path(message.url), message.status)
        roots = [message for message in messages if message.error is None and _is_root(message)][:_ROOTS_READ]
        reported = tuple((root, likely_causes(root, _entry_of(root), root.status)) for root in roots)
        redirects = tuple(message for message in messages if message.engine == "server" and message.status in REDIRECT_STATUSES)
        return cls(errors, reported, preflight, statuses, status, redirects)

    def redirect_behind(self, message: Message) -> Message | None:
        """The line of a log that says that the server redirected the call whose http address was refused as mixed content."""
        if message.error is not None or _entry_of(message).category != "mixed-content" or message.url is None:
            return None
        return next((line for line in self.redirects if line.url is not None and _path(line.url) == _path(message.url)), None)

    def status_of(self, message: Message) -> int | None:
        """The status that another line reports for the call of a message, as the network line of Chromium's console does."""
        if message.status is not None:
            return message.status
        if not message.is_cors and message.code != "NoConnection":
            return None
        if message.preflight:
            return self.preflight
        named = (message.url, _path(message.url)) if message.url is not None else ()
        return next((self.statuses[name] for name in named if name in self.statuses), self.status)


def _explained(message: Message, around: _Around) -> Explanation:
    known = _entry_of(message)
    status = around.status_of(message)
    follows = _only_follows(message, around)
    likely_causes_of = () if follows else _likelihood(message, known, status, around)
    causes = tuple(
        LikelyCause(cause(slug), likelihood, fix_code(slug, message), confirmation(slug, message))
        for slug, likelihood in likely_causes_of
    )
    return Explanation(message, known.condition, status, causes, follows)


def _likelihood(message: Message, known: CatalogueEntry, status: int | None, around: _Around) -> tuple[RankedCause, ...]:
    """The causes of a message; a vague one beside a line that says what happened has the cause of that line."""
    causes = likely_causes(message, known, status)
    redirect = around.redirect_behind(message)
    if redirect is not None:
        found = _of_redirect(redirect, message)
        return (*found, *(each for each in causes if each[0] not in dict(found)))
    if message.error is CorsError.MissingAllowOriginHeader and status is None:
        return _with_cause_of_server(message, causes, around)
    if message.error is not None or not causes or any(likelihood == "certain" for _, likelihood in causes):
        return causes
    for root, found in around.roots:
        if root is not message and found and found[0][1] == "certain" and _is_about(root, message):
            return (found[0], *(each for each in causes if each[0] != found[0][0] and each[0] != "missing-cors-middleware"))
    return causes


def _of_redirect(redirect: Message, mixed: Message) -> tuple[RankedCause, ...]:
    """Why an https page came to load plain http: the server itself redirected it there, for a slash or for something else."""
    slash = hints.differs_by_slash(redirect.url, mixed.url)
    return (("redirect-downgrades-to-http", "certain"), *((("redirect-slashes", "likely"),) if slash else ()))


def _with_cause_of_server(message: Message, causes: tuple[RankedCause, ...], around: _Around) -> tuple[RankedCause, ...]:
    """The causes of an answer without permission, after what a log or a page beside it says about the server."""
    for root, found in around.roots:
        if root.engine == "server" and found and found[0][0] in _ON_THE_SERVER and _is_about(root, message):
            return ((found[0][0], "likely"), *(each for each in causes if each[0] != found[0][0]))
    return causes


def _is_root(message: Message) -> bool:
    return message.code != "net::ERR_FAILED" and (_entry_of(message).category in _ROOTS or message.engine == "server")


def _is_about(other: Message, message: Message) -> bool:
    """Whether two messages may be about the same call: they name equal addresses, or one names no address."""
    return other.url is None or message.url is None or _path(other.url) == _path(message.url)


def _path(url: str) -> str:
    return hints.parts(url).path.rstrip("/")


def _entry_of(message: Message) -> CatalogueEntry:
    """The message's entry; Chromium's network errors have one by their name, listed or not."""
    if message.code.startswith("net::"):
        return net_error(message.code.removeprefix("net::"))
    return entry(message.product, message.code)


def _only_follows(message: Message, around: _Around) -> bool:
    """Whether a message only says that something failed, beside another that says what."""
    if message.error is not None:
        return False
    if message in around.redirects and any(around.redirect_behind(root) is message for root, _ in around.roots):
        return True
    if message.is_cors:  # WebKit names the URL in one line, and the reason in another
        reason = around.errors.get(message.engine)
        return message.code.startswith("wrap:") and reason is not None and _is_about(reason, message)
    if around.errors:
        return message.engine != "server" or message.code == "uvicorn:options-log" or message.code in _REQUEST_LOGS
    says_nothing = _entry_of(message).category in ("generic", "library") or message.code in (
        "net::ERR_FAILED",
        "node:fetch-failed",
    )
    return says_nothing and any(root is not message for root, _ in around.roots)


def _is_logged_preflight(message: Message) -> bool:
    return message.code == "uvicorn:options-log" or (message.error is None and message.method == "OPTIONS")
