"""A pasted response, as `curl -i` prints it: who sent it."""

from __future__ import annotations

import textwrap

from corsense.console.parse import Message
from corsense.explain import hints
from corsense.fetch import WireResponse

_CODES = ("http:response", "http:preflight")
_WIDTH = 108


def is_raw(message: Message) -> bool:
    """Whether the message is a response with its headers, not a line that reports one."""
    return message.code in _CODES


def allows_a_page(message: Message) -> bool:
    """Whether the pasted response has `Access-Control-Allow-Origin`."""
    _, _, response = message.text.partition("HTTP/")
    return "access-control-allow-origin:" in response.lower()


def layer_in_front(message: Message, status: int | None) -> tuple[str | None, str]:
    """The layer that answered in place of the app, and its kind: `front`, `tunnel`, or empty where the app may have answered.

    The headers and the body of a pasted response decide; for other messages the address of a managed gateway does.
    """
    if not is_raw(message):
        layer = hints.gateway(message.initial_url or message.url)
        return layer, "front" if layer is not None else ""
    from corsense.diagnose.respondent import who_answered  # only here: a console's line needs nothing of it

    _, _, text = message.text.replace("\r", "").partition("HTTP/")
    head, _, body = text.partition("\n\n")
    lines = [line.lstrip("<>*| ").partition(":") for line in head.splitlines()[1:]]
    headers = tuple((name.strip(), value.strip()) for name, _, value in lines if name.strip())
    found = who_answered(WireResponse(status or 0, headers), body.encode())
    return found.layer, found.kind if found.in_front else ""


def remedy_in_front(slug: str, message: Message) -> str | None:
    """What to set in the layer that answered, as comment lines; None where no layer is recognised, or it has no such setting."""
    layer, kind = layer_in_front(message, message.status)
    if layer is None or not kind:
        return None
    from corsense.diagnose.knobs import Purpose, has_setting, remedy  # only here: most messages need no settings of proxies
    from corsense.diagnose.statuses import TOO_SLOW

    upstream: Purpose = "timeout" if message.status in TOO_SLOW else "upstream"
    purposes: dict[str, Purpose] = {"gateway-error": upstream, "request-too-large": "size"}
    purpose = purposes.get(slug, "preflight")
    if not has_setting(layer, purpose):
        return None
    return textwrap.fill(remedy(layer, purpose), _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
