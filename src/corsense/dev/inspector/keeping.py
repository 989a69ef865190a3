"""`Kept`: the calls of a session, and the causes that were announced, in a private file that outlives a reload of the server.

What is written is masked. A line holds one call, or one cause; a line that was only half written is skipped when it is read.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from corsense._redaction import Redactor
from corsense.app.traceback import parse_traceback
from corsense.dev.changes import identity
from corsense.dev.inspector.calls import MOST_CALLS
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.dev.inspector.session import LOGGER, Explanation, Session, Shown
from corsense.fetch import NetworkError, WireRequest, WireResponse
from corsense.fetch.engines import ENGINES
from corsense.report.redaction import public_texts
from corsense.transports.har import HarEntry

VARIABLE: Final = "CORSENSE_INSPECTOR_FILE"
"""Variable with the path of the file, which `corsense dev` sets for its worker processes."""
MOST_BYTES: Final = 16 << 20
"""Bytes that the file has at most: before there are more, it is written anew, with the newest calls that fill half of it."""
_MOST_ANNOUNCED = 1_000


@dataclass(slots=True)
class Kept:
    """The file at `path`: of earlier workers, and of this one, whose calls have names beginning with `run`."""

    path: str
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    announced: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lines: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _version: int = 0
    _size: int = 0

    @classmethod
    def opened(cls, path: str) -> Kept:
        """What the file holds; nothing where there is none, or it cannot be read."""
        kept = cls(path)
        try:
            with open(path, "rb") as stream:
                for line in stream.read(2 * MOST_BYTES).splitlines():
                    kept._read(line)
        except OSError:
            return kept
        kept._rewrite()
        return kept

    def exchanges(self) -> Iterator[RecordedExchange]:
        """The exchanges of the calls that are kept, in the order they happened."""
        found = [exchange for line in self._lines.values() for exchange in _exchanges(json.loads(line))]
        yield from sorted(found, key=lambda exchange: exchange.began)

    def is_first(self, explanation: Explanation) -> bool:
        """Whether a cause was not announced yet in this session, which counts it as announced."""
        name = Redactor().text(" ".join(identity(explanation.finding)))[:1_000]
        if name in self.announced:
            return False
        self.announced[name] = None
        while len(self.announced) > _MOST_ANNOUNCED:
            self.announced.popitem(last=False)
        self._append(json.dumps({"announced": name}))
        return True

    def take(self, session: Session) -> None:
        """Write what has changed in a session since the last time."""
        version, shown = session.shown(self._version)
        self._version = version
        for one in shown:
            if not one.judged.call.is_restored:
                self._keep(one)
        if not shown and not session.shown()[1]:
            self._lines.clear()
            self._rewrite()

    def _keep(self, shown: Shown) -> None:
        name = f"{self.run}-{shown.judged.call.number}"
        line = json.dumps({"call": name, "exchanges": list(_masked(shown))})
        if self._lines.get(name) == line:
            return
        self._lines[name] = line
        while len(self._lines) > MOST_CALLS:
            self._lines.popitem(last=False)
        self._append(line)

    def _read(self, line: bytes) -> None:
        try:
            match json.loads(line):
                case {"announced": str(name)}:
                    self.announced[name] = None
                case {"call": str(name), "exchanges": list()} as document:
                    list(_exchanges(document))
                    self._lines.pop(name, None)
                    self._lines[name] = line.decode()
                    while len(self._lines) > MOST_CALLS:
                        self._lines.popitem(last=False)
        except (ValueError, KeyError, TypeError, RecursionError):
            return

    def _append(self, line: str) -> None:
        if self._size + len(line) >= MOST_BYTES:
            self._forget()
            self._rewrite()
            return
        self._write(os.O_APPEND, f"{line}\n")

    def _forget(self) -> None:
        """Forget the oldest calls, until the others fill half of the file."""
        size = sum(map(len, self._lines.values()))
        while size > MOST_BYTES // 2:
            size -= len(self._lines.popitem(last=False)[1])

    def _rewrite(self) -> None:
        announced = (json.dumps({"announced": name}) for name in self.announced)
        self._size = 0
        self._write(os.O_TRUNC, "".join(f"{line}\n" for line in (*announced, *self._lines.values())))

    def _write(self, flag: int, text: str) -> None:
        try:
            number = os.open(self.path, os.O_WRONLY | os.O_CREAT | flag | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(number, "wb") as stream:
                self._size += stream.write(text.encode())
        except OSError as error:
            LOGGER.debug("CORS: the inspector's session cannot be kept: %s", error)


def kept_session() -> Kept | None:
    """What `corsense dev` keeps of this session; None where nothing is kept."""
    path = os.environ.get(VARIABLE)
    return Kept.opened(path) if path else None


def _masked(shown: Shown) -> Iterator[dict[str, Any]]:
    call = shown.judged.call
    known = Redactor(public_texts([shown.judged.result.trace]))
    for exchange in call.exchanges:  # so that what a later exchange hides is hidden in an earlier one
        known.headers(exchange.entry.request.headers)
        known.url(exchange.entry.request.url)
    for exchange in call.exchanges:
        entry = exchange.entry
        response = entry.response
        yield {
            "method": entry.request.method,
            "url": known.url(entry.request.url),
            "headers": known.headers(entry.request.headers),
            "credentials": entry.request.credentials,
            "preflight": entry.request.preflight,
            "status": response.status if isinstance(response, WireResponse) else None,
            "lines": known.headers(response.headers) if isinstance(response, WireResponse) else [],
            "reason": str(response.reason) if isinstance(response, NetworkError) else None,
            "page": entry.page,
            "kind": entry.kind,
            "cookies": entry.cookie_names,
            "body": known.text(entry.body) if entry.body is not None else None,
            "began": exchange.began,
            "seconds": exchange.seconds,
            "engine": exchange.engine,
            "exception": known.text(exchange.exception.text) if exchange.exception is not None else None,
            "route": exchange.route,
            "root_path": exchange.root_path,
        }


def _exchanges(document: dict[str, Any]) -> Iterator[RecordedExchange]:
    """The exchanges of a line. Raises ValueError, KeyError or TypeError for one that is not ours."""
    for each in document["exchanges"]:
        response: WireResponse | NetworkError = (
            WireResponse(int(each["status"]), _pairs(each["lines"]))
            if each["status"] is not None
            else NetworkError(str(each["reason"]))
        )
        request = WireRequest(
            str(each["method"]), str(each["url"]), _pairs(each["headers"]), bool(each["credentials"]), bool(each["preflight"])
        )
        if each["engine"] not in ENGINES:
            raise ValueError(each["engine"])
        entry = HarEntry(request, response, page=each["page"], kind=each["kind"], cookie_names=tuple(each["cookies"]))
        yield RecordedExchange(
            replace(entry, body=each["body"]),
            float(each["began"]),
            float(each["seconds"]),
            each["engine"],
            parse_traceback(each["exception"]) if each["exception"] else None,
            str(each["route"]),
            str(each["root_path"]),
            is_restored=True,
        )


def _pairs(lines: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in lines)
