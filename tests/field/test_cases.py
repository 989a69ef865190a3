"""What strangers reported gets the answer that an expert would have given."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Ran, corsense

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()]

_DOCUMENTED = ("slugs", "first", "not_slugs", "clean", "blocked", "error", "is_cors", "first_cause", "not_causes", "not_first")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_an_untrusted_page_gets_the_answer_of_an_expert(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in case["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, value in (case.get("env") or {}).items():
        monkeypatch.setenv(name, value)
    with served(case, tmp_path):
        ran = corsense(*case["argv"], text=case["stdin"] or "", folder=tmp_path)
        document = documented(case, tmp_path)
    faults = [*of_output(case["expect"], ran), *of_findings(case["expect"], document), *of_messages(case["expect"], document)]
    assert [*faults, *of_files(case["expect"], tmp_path)] == []


def documented(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The JSON of the same command, where the case asks for something in it."""
    if case["argv"][0] not in ("check", "explain", "lint") or not case["expect"].keys() & set(_DOCUMENTED):
        return {}
    with suppress(ValueError):
        document: dict[str, Any] = corsense(*case["argv"], "--format", "json", text=case["stdin"] or "", folder=folder).document
        return document
    return {}


def of_output(expect: dict[str, Any], ran: Ran) -> Iterator[str]:
    message_text = ran.out + ran.err
    if "exit" in expect and ran.status != expect["exit"]:
        yield f"exit status {ran.status}, not {expect['exit']}"
    yield from (f"does not say {text!r}" for text in expect.get("says", ()) if not re.search(text, message_text, re.IGNORECASE))
    yield from (f"says {text!r}" for text in expect.get("never", ()) if re.search(text, message_text, re.IGNORECASE))


def of_findings(expect: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    slugs = [finding["slug"] for finding in document.get("findings", []) if finding["severity"] != "info"]
    if set(expect.get("slugs", ())) - set(slugs):
        yield f"found {slugs}, not {expect['slugs']}"
    if "first" in expect and slugs[:1] not in [[slug] for slug in expect["first"]]:
        yield f"found {slugs}, not {expect['first']} first"
    if set(expect.get("not_slugs", ())) & set(slugs):
        yield f"found {slugs}, among them one of {expect['not_slugs']}"
    if expect.get("clean") and (slugs or not document):
        yield f"found {slugs}"
    blocked = any(result["outcome"] != "allowed" for result in document.get("results", []))
    if "blocked" in expect and blocked != expect["blocked"]:
        yield f"blocked: {blocked}"


def of_messages(expect: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    messages = document.get("messages", [])
    firsts = [message["causes"][0]["slug"] for message in messages if message["causes"]]
    if "error" in expect and not any(message["error"] in expect["error"] for message in messages):
        yield f"errors {[message['error'] for message in messages]}"
    reported = [message["is_cors"] for message in messages if message["error"] or message["causes"]]
    if "is_cors" in expect and (not messages or any(flag != expect["is_cors"] for flag in reported)):
        yield f"is_cors {reported}"
    if "first_cause" in expect and not set(firsts) & set(expect["first_cause"]):
        yield f"first causes {firsts}"
    if set(firsts) & set(expect.get("not_first", ())):
        yield f"first causes {firsts}"
    sure = {cause["slug"] for message in messages for cause in message["causes"] if cause["likelihood"] != "possible"}
    if sure & set(expect.get("not_causes", ())):
        yield f"causes {sure}"


def of_files(expect: dict[str, Any], folder: Path) -> Iterator[str]:
    for wanted, kind in ((True, "fixed"), (False, "not_fixed")):
        for name, patterns in expect.get(kind, {}).items():
            text = (folder / name).read_text(encoding="utf-8")
            yield from (f"{name}: {p!r}" for p in patterns if bool(re.search(p, text, re.DOTALL)) != wanted)


@contextmanager
def served(case: dict[str, Any], folder: Path) -> Iterator[None]:
    """Run the servers of the case."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "uvicorn", server["asgi"], "--port", str(server["port"]), "--log-level", "error"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for server in case.get("serve") or ()
    ]
    try:
        for server in case.get("serve") or ():
            wait_for(server["port"])
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait(10)


def wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.1)
