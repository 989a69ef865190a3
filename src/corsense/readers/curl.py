"""`parse_curl`: the request of a pasted curl command, as browsers' network panels copy it and as people write it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus, unquote, urlsplit

from corsense._redaction import cookie_names, redact_url
from corsense.errors import InputError, quoted
from corsense.readers.requests import LONGEST_TEXT, PastedRequest, settle
from corsense.readers.shell import split_words

_SHORT_WITH_VALUE = frozenset("AbcCdDeEFHKmoPQrtTuUwxXyYz")
_SHORT_NAMES = {
    "X": "request", "H": "header", "b": "cookie", "d": "data", "F": "form", "u": "user", "G": "get", "I": "head", "k": "insecure",
    "A": "user-agent", "e": "referer", "T": "upload-file", "r": "range",
}  # fmt: skip
_LONG_WITH_VALUE_NAMES = """
abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode
delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare
etag-save expect100-timeout form form-string happy-eyeballs-timeout-ms header hostpubmd5 hostpubsha256 hsts interface
ip-tos json keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options max-filesize
max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey preproxy proto
proto-default proto-redir proxy proxy-cacert proxy-cert proxy-ciphers proxy-header proxy-key proxy-pass proxy-user
proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry retry-delay retry-max-time
sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-hostname speed-limit speed-time stderr telnet-option
time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file
url url-query user user-agent variable vlan-priority write-out
"""
_LONG_WITH_VALUE = frozenset(_LONG_WITH_VALUE_NAMES.split())
_LONG_ALONE_NAMES = """
anyauth append basic cert-status compressed compressed-ssh crlf create-dirs digest disable disallow-username-in-url
doh-insecure fail fail-early fail-with-body false-start form-escape get globoff head http0.9 http1.0 http1.1 http2
http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 junk-session-cookies list-only
location location-trusted manual negotiate netrc netrc-optional next ntlm parallel parallel-immediate path-as-is post301
post302 post303 progress-bar progress-meter proxytunnel raw remote-header-name remote-name remote-name-all remote-time
remove-on-error retry-all-errors retry-connrefused show-error show-headers silent skip-existing ssl ssl-no-revoke
ssl-reqd styled-output tcp-fastopen tcp-nodelay tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time
use-ascii verbose version xattr
"""
_LONG_ALONE = frozenset(_LONG_ALONE_NAMES.split())
_DATA_OPTIONS = frozenset({"data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"})
_CURL = re.compile(r"(?:^|[\s;&|(>`])(?P<curl>(?:[\w.:~/\\-]*[/\\])?curl(?:\.exe)?)(?=\s)", re.IGNORECASE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_HOST_FIRST = re.compile(r"(?:localhost|\[[0-9A-Fa-f:.]+\]|[\w\-]+(?:\.[\w\-]+)+)(?::\d+)?(?:[/?#]|\Z)")


@dataclass(slots=True)
class _Command:
    """What the options of one command said."""

    urls: list[str] = field(default_factory=list)
    method: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    form: list[str] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    cookies: tuple[str, ...] = ()
    json: bool = False
    get: bool = False
    head: bool = False
    upload: bool = False
    verify: bool = True
    notes: list[str] = field(default_factory=list)


def parse_curl(text: str) -> PastedRequest:
    """The request that a curl command makes.

    Understands "Copy as cURL (bash)" and "(cmd)" of Chromium, Firefox' and Safari's copies, and commands written by hand. Raises
    InputError when `text` holds no curl command, or a request that no page could make.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the pasted command has {len(text):,} characters, more than {LONGEST_TEXT:,}: shorten its body")
    command = _Command()
    for name, value in _options(split_words(_command_text(text)), command.notes):
        _apply(command, name, value)
    return _request(command)


def _command_text(text: str) -> str:
    text = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    found = _CURL.search(text)
    if found is None:
        if re.search(r"Invoke-(?:WebRequest|RestMethod)", text, re.IGNORECASE):
            raise InputError(
                "this is a PowerShell command: copy the request as cURL instead, or as fetch and pass it with --fetch"
            )
        if re.search(r"\bfetch\s*\(", text):
            raise InputError("this is a fetch() call, not a curl command: pass it with --fetch")
        raise InputError(
            f"there is no curl command in {quoted(text.strip())}: paste what the network panel's 'Copy as cURL' gives"
        )
    return re.sub(r"(?m)^\s*```.*$|`\s*\Z", "", text[found.start("curl") :])


def _options(words: list[str], notes: list[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value (empty when it takes none); an argument is the option `url`."""
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("--") and len(word) > 2:
            yield _long_option(word[2:], rest, notes)
        elif word.startswith("-") and len(word) > 1:
            yield from _short_options(word[1:], rest)
        elif word not in {"-", "--"}:
            yield "url", word


def _long_option(word: str, rest: Iterator[str], notes: list[str]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if name in _LONG_WITH_VALUE:
        return name, value if equals else _value("--" + name, rest)
    if name not in _LONG_ALONE and not name.startswith("no-") and not name.startswith("proxy-"):
        notes.append(f"The option --{name} is unknown and was read as one without a value.")
    return name, ""


def _short_options(normalized: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    for index, letter in enumerate(normalized):
        name = _SHORT_NAMES.get(letter, letter)
        if letter in _SHORT_WITH_VALUE:
            yield name, normalized[index + 1 :] or _value("-" + letter, rest)
            return
        if letter == ":":
            yield "next", ""
        else:
            yield name, ""


def _value(option: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise InputError(f"the pasted command ends at {quoted(option)}, which needs a value: copy the whole command")
    return value


def _apply(command: _Command, name: str, value: str) -> None:
    match name:
        case "url":
            command.urls.append(value)
        case "request":
            command.method = value
        case "header":
            command.headers += _header(value)
        case "cookie":
            # Without "=" the value is the name of a file with cookies.
            command.cookies += cookie_names(value) if "=" in value else ("(from a file)",)
        case "form" | "form-string":
            command.form.append(value)
        case "user" | "oauth2-bearer":
            command.headers.append(("Authorization", _basic(value) if name == "user" else f"Bearer {value}"))
        case "referer":
            command.headers.append(("Referer", value.partition(";")[0]))
        case "range":
            command.headers.append(("Range", f"bytes={value}"))
        case "url-query":
            command.query.append(_url_encoded(value, command.notes))
        case "upload-file":
            command.upload = True
            command.data.append("")
        case "get" | "head":
            setattr(command, name, True)
        case "insecure":
            command.verify = False
        case name if name in _DATA_OPTIONS:
            command.json = command.json or name == "json"
            command.data.append(_data(name, value, command.notes))
        case _:
            pass


def _header(text: str) -> list[tuple[str, str]]:
    """A header line: `Name: value`; `Name;` stands for an empty value, and `Name:` removes one of curl's own."""
    if text.startswith("@"):
        return []
    name, colon, value = text.partition(":") if not text.startswith(":") else (":" + text[1:].partition(":")[0], ":", "")
    if not colon:
        return [(text.rstrip().rstrip(";"), "")] if text.rstrip().endswith(";") else []
    return [(name, value.strip(" \t\r\n"))] if value.strip() else []


def _data(option: str, value: str, notes: list[str]) -> str:
    if option == "data-urlencode":
        return _url_encoded(value, notes)
    if option != "data-raw" and value.startswith("@"):
        notes.append(f"The body is in the file {value[1:]!r}, which is not read; an empty one stands for it.")
        return ""
    return value


def _url_encoded(value: str, notes: list[str]) -> str:
    """The forms of `--data-urlencode`: `content`, `=content`, `name=content`, `@file`, `name@file`."""
    found = re.match(r"(?P<name>[^=@]*)(?P<kind>[=@])(?P<content>.*)", value, re.DOTALL)
    if found is None:
        return quote_plus(value)
    content = found["content"]
    if found["kind"] == "@":
        notes.append(f"The body is in the file {content!r}, which is not read; an empty one stands for it.")
        content = ""
    return f"{found['name']}={quote_plus(content)}" if found["name"] else quote_plus(content)


def _request(command: _Command) -> PastedRequest:
    url = _url(command)
    names = {name.lower() for name, _ in command.headers}
    headers = list(command.headers)
    body: str | bytes | None = None
    if command.get:
        command.query += command.data
    elif command.form:
        body, kind = _multipart(command.form)
        headers = [line for line in headers if line[0].lower() != "content-type"] + [("Content-Type", kind)]
    elif command.data and not command.head:
        body = ("" if command.json else "&").join(command.data)
        if "content-type" not in names and not command.upload:
            headers.append(("Content-Type", "application/json" if command.json else "application/x-www-form-urlencoded"))
        if command.json and "accept" not in names:
            headers.append(("Accept", "application/json"))
    if command.query:
        before, hash_, fragment = url.partition("#")
        url = f"{before}{'&' if '?' in before else '?'}{'&'.join(part for part in command.query if part)}{hash_}{fragment}"
    url, authorization = _without_userinfo(url)
    draft = PastedRequest(
        url=url,
        method=command.method or _implied_method(command, body),
        body=body,
        cookie_names=command.cookies,
        verify=command.verify,
        notes=tuple(command.notes),
    )
    return settle(draft, headers + authorization, handwritten=True)


def _implied_method(command: _Command, body: object) -> str:
    if command.head:
        return "HEAD"
    if command.upload and not command.get:
        return "PUT"
    return "GET" if body is None else "POST"


def _url(command: _Command) -> str:
    if not command.urls:
        raise InputError("the pasted curl command names no URL: copy the whole command")
    url = command.urls[0].strip()
    if len(command.urls) > 1:
        command.notes.append(f"The command names {len(command.urls)} URLs; the first is checked.")
    if _SCHEME.match(url) or not _HOST_FIRST.match(url):
        return url
    command.notes.append(f"{quoted(redact_url(url))} has no scheme; http:// is assumed, as curl does.")
    return "http://" + url


def _without_userinfo(url: str) -> tuple[str, list[tuple[str, str]]]:
    """curl sends the user and password of a URL as `Authorization: Basic`; a page cannot have them in the URL."""
    try:
        netloc = urlsplit(url).netloc
    except ValueError:
        return url, []
    if "@" not in netloc:
        return url, []
    userinfo, _, host = netloc.rpartition("@")
    return url.replace(netloc, host, 1), [("Authorization", _basic(unquote(userinfo)))]


def _basic(userinfo: str) -> str:
    """RFC 7617: what curl sends for `user:password`; it asks for a missing password, so an empty one stands for it."""
    text = userinfo if ":" in userinfo else f"{userinfo}:"
    return f"Basic {b64encode(text.encode()).decode()}"


def _multipart(fields: list[str]) -> tuple[bytes, str]:
    """A `multipart/form-data` body for the fields of `-F`, files left empty, and its content type."""
    boundary = "----corsense"
    parts: list[str] = []
    for text in fields:
        name, _, value = text.partition("=")
        is_file = value[:1] in {"@", "<"}
        filename = f'; filename="{value[1:].partition(";")[0]}"' if is_file else ""
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n{"" if is_file else value}\r\n'
        )
    return "".join([*parts, f"--{boundary}--\r\n"]).encode(), f"multipart/form-data; boundary={boundary}"
