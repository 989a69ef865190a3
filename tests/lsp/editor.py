"""An editor without a screen: it speaks the Language Server Protocol over standard input and output, as editors do."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from tests.cli.commands import COMMAND

pytest.importorskip("pygls")

PATIENCE = 15.0


@dataclass
class Editor:
    """A running server. `diagnostics` are the last ones of each file, by URI."""

    process: subprocess.Popen[bytes]
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    registered: list[dict[str, Any]] = field(default_factory=list)
    _inbox: SimpleQueue[dict[str, Any]] = field(default_factory=SimpleQueue)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _versions: dict[str, int] = field(default_factory=dict)

    def read(self) -> None:
        """Run in a thread: every message of the server goes into the inbox."""
        stdout = self.process.stdout
        assert stdout is not None
        while True:
            length = 0
            while (line := stdout.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not length:
                return
            self._inbox.put(json.loads(stdout.read(length)))

    def send(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        self.send({"method": method, "params": params or {}})

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a request; what comes before it is taken in."""
        number = next(self._numbers)
        self.send({"id": number, "method": method, "params": params})
        while True:
            message = self._inbox.get(timeout=PATIENCE)
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params")
        if method == "textDocument/publishDiagnostics" and params is not None:
            self.diagnostics[params["uri"]] = params["diagnostics"]
        elif method == "window/showMessage" and params is not None:
            self.messages.append(params["message"])
        elif method == "client/registerCapability" and params is not None:
            self.registered += params["registrations"]
            self.send({"id": message["id"], "result": None})

    def wait_for(self, path: Path, *codes: str) -> list[dict[str, Any]]:
        """The diagnostics of a file once they have these codes, in their order."""
        uri = path.as_uri()
        while True:
            found = self.diagnostics.get(uri)
            if found is not None and [each["code"] for each in found] == list(codes):
                return found
            try:
                self._take(self._inbox.get(timeout=PATIENCE))
            except Empty:
                raise AssertionError(f"{path.name} has {found}, not {codes}") from None

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Take in messages until something has happened."""
        while not happened():
            self._take(self._inbox.get(timeout=PATIENCE))

    def settle(self) -> None:
        """Take in what the server says until it has answered something that comes after all before."""
        self.request("textDocument/hover", {"textDocument": {"uri": "file:///nowhere.py"}, "position": at(0, 0)})

    def open(self, path: Path, text: str | None = None) -> None:
        self._versions[path.as_uri()] = 1
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1}
        self.notify("textDocument/didOpen", {"textDocument": {**document, "text": path.read_text() if text is None else text}})

    def type(self, path: Path, text: str) -> None:
        """Replace the text of an open document."""
        self._versions[path.as_uri()] += 1
        document = {"uri": path.as_uri(), "version": self._versions[path.as_uri()]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def save(self, path: Path) -> None:
        self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    def close(self, path: Path) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def hover(self, path: Path, line: int, character: int) -> Any:
        return self.request("textDocument/hover", {"textDocument": {"uri": path.as_uri()}, "position": at(line, character)})

    def actions(self, path: Path, diagnostic: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The actions at a diagnostic, by title."""
        params = {
            "textDocument": {"uri": path.as_uri()},
            "range": diagnostic["range"],
            "context": {"diagnostics": [diagnostic]},
        }
        return {action["title"]: action for action in self.request("textDocument/codeAction", params)}


def at(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text after edits, which count columns in UTF-16."""
    lines = text.split("\n")

    def offset(position: Mapping[str, int]) -> int:
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        column = len(line.encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le"))
        return sum(len(each) + 1 for each in lines[: position["line"]]) + column

    for edit in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


@contextmanager
def editor(*folders: Path, encodings: list[str] | None = None) -> Iterator[Editor]:
    """An editor with these folders open."""
    process = subprocess.Popen(
        [COMMAND, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
    )
    found = Editor(process)
    thread = threading.Thread(target=found.read, daemon=True)
    thread.start()
    try:
        found.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": {
                    "general": {"positionEncodings": encodings or ["utf-16"]},
                    "workspace": {"workspaceFolders": True, "didChangeWatchedFiles": {"dynamicRegistration": True}},
                },
                "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
            },
        )
        found.notify("initialized")
        yield found
        found.request("shutdown")
        found.notify("exit")
        process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
        thread.join(timeout=5)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
