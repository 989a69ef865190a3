"""The call that a console message is about, as wishes for a check."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from corsense.check.request import ANY_METHOD, Asked, Operation
from corsense.explain import Explanation
from corsense.fetch import CorsError
from corsense.fetch.wording.parse import Message
from corsense.url import parse_url

_WITH_CREDENTIALS = (
    CorsError.WildcardOriginNotAllowed,
    CorsError.PreflightWildcardOriginNotAllowed,
    CorsError.InvalidAllowCredentials,
    CorsError.PreflightInvalidAllowCredentials,
)


def wishes_of(explanations: Sequence[Explanation], *, on_app: bool) -> Asked | None:
    """What to try so that the messages come again; None when no message names a URL. Where none names the page, the usual
    origins of
    development are tried; where none names the method, every method of the route."""
    messages = [explanation.message for explanation in explanations if explanation.message.is_cors and explanation.message.url]
    if not messages:
        return None
    origins = dict.fromkeys(message.origin for message in messages if message.origin is not None and parse_url(message.origin))
    operations = dict.fromkeys(_operation(message, on_app) for message in messages)
    headers = dict.fromkeys((message.header, "example") for message in messages if message.header is not None)
    include = any(message.error in _WITH_CREDENTIALS for message in messages)
    return Asked(
        origins=tuple(origins),
        operations=tuple(operations),
        headers=tuple(headers),
        credentials="include" if include else None,
    )


def _operation(message: Message, on_app: bool) -> Operation:
    address = message.initial_url or message.url or ""
    url = urlsplit(address)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    simple = message.method is None and message.preflight is False and message.error is not None
    return Operation(message.method or ("GET" if simple else ANY_METHOD), path if on_app else address)
