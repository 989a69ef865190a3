"""The URL and method of a call, from a library's dump or Swagger UI, where the message itself does not name them."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin

from corsense.console.parse import Message

_QUOTED = r"[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`](?P<value>[^\"'`\s]{1,2000})[\"'`]"
_BASE = re.compile(rf"\bbase_?(?:URL|Url|url){_QUOTED}")
_URL = re.compile(rf"\b(?:url|endpoint|uri){_QUOTED}")
_METHOD = re.compile(rf"\bmethod{_QUOTED}")
_CURL = re.compile(r"\bcurl\s{1,4}-X\s{1,4}'?(?P<method>[A-Z]{3,7})'?[\s\\\\]{1,8}'(?P<url>https?://[^'\s]{1,2000})'")
_LIMIT = 20_000
_NEAR = 6_000


def with_call(message: Message, text: str) -> Message:
    """The message with the URL and the method that the dump around it names, where the message itself has none."""
    if message.url is not None or message.engine != "library":
        return message
    start, end = message.span
    around = text[max(0, start - _NEAR) : min(len(text), end + _NEAR)][:_LIMIT]
    pasted = _CURL.search(around)
    if pasted is not None:
        return replace(message, url=pasted["url"], method=message.method or pasted["method"])
    base, url, method = (pattern.search(around) for pattern in (_BASE, _URL, _METHOD))
    path = url["value"] if url is not None else None
    address = urljoin(f"{base['value'].rstrip('/')}/", path.lstrip("/") if path else "") if base is not None else path
    if base is not None and path is not None and "://" in path:
        address = path
    if address is None or "://" not in address:
        return message
    named = method["value"].upper() if method is not None else None
    return replace(message, url=address, method=message.method or named)
