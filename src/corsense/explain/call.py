"""The URL, method and page of a call, where the message itself does not name them: from a library's dump, from Swagger UI, from
the curl command or the request above a pasted response."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin

from corsense.console.parse import Message
from corsense.explain.raw_response import is_raw

_QUOTED = r"[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`](?P<value>[^\"'`\s]{1,2000})[\"'`]"
_BASE = re.compile(rf"\bbase_?(?:URL|Url|url){_QUOTED}")
_URL = re.compile(rf"\b(?:url|endpoint|uri){_QUOTED}")
_METHOD = re.compile(rf"\bmethod{_QUOTED}")
_CURL = re.compile(r"\bcurl\s{1,4}-X\s{1,4}'?(?P<method>[A-Z]{3,7})'?[\s\\\\]{1,8}'(?P<url>https?://[^'\s]{1,2000})'")
_COMMAND = re.compile(r"\bcurl\b(?:[^\n\\]|\\.|\\\n){0,2000}")
_OPTION_METHOD = re.compile(r"(?<!\S)(?:-X|--request)[ =]?[\"']?(?P<method>[A-Z]{3,7})\b")
_ADDRESS = re.compile(r"https?://[^\s'\"\\]{1,2000}")
_REQUEST_LINE = re.compile(
    r"(?m)^[>*|\s]{0,8}(?P<method>[A-Z]{3,7}) (?P<target>(?:/|https?://)[^\s]{0,2000})(?: HTTP/\d[.\d]{0,2})?$"
)
_HOST = re.compile(r"(?mi)^[>*|\s]{0,8}host: ?(?P<value>[^\s/]{1,255})")
_ORIGIN = re.compile(r"(?mi)(?:^[>*|\s]{0,8}|[\"'])origin: ?(?P<value>[a-z][a-z0-9+.-]{0,30}://[^\s'\"/]{1,255})")
_LIMIT = 20_000
_NEAR = 6_000


def with_call(message: Message, text: str) -> Message:
    """The message with the URL and the method that the dump around it names, where the message itself has none."""
    if is_raw(message):
        return _with_request(message, text)
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


def _with_request(message: Message, text: str) -> Message:
    """A pasted response with the request above it: a curl command, or the request's own lines."""
    start = message.span[0]
    above = text[max(0, start - _NEAR) : start] + message.text.partition("HTTP/")[0]
    line = next(reversed(list(_REQUEST_LINE.finditer(text[max(0, start - _NEAR) : message.span[1]]))), None)
    command = next(reversed(list(_COMMAND.finditer(above))), None)
    named = _ORIGIN.search(above)
    origin = message.origin or (named["value"] if named is not None else None)
    if command is not None:
        address, method = _ADDRESS.search(command[0]), _OPTION_METHOD.search(command[0])
        url = address[0] if address is not None else message.url
        return replace(message, url=url, method=method["method"] if method is not None else message.method, origin=origin)
    if line is None:
        return replace(message, origin=origin)
    host = _HOST.search(above)
    url = line["target"] if "://" in line["target"] else None
    if url is None and host is not None:
        url = f"{'http' if _is_of_this_machine(host['value']) else 'https'}://{host['value']}{line['target']}"
    return replace(message, url=url or message.url, method=line["method"], origin=origin)


def _is_of_this_machine(host: str) -> bool:
    return host.partition(":")[0] in ("localhost", "127.0.0.1", "[")
