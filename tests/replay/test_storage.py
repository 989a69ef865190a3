"""Logs in object storage, through the file systems of fsspec; the one in memory stands for all of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from corsense.errors import InputError
from corsense.report.replayed import replay_document
from tests.cli.commands import corsense
from tests.replay.logs import ADMIN, APP, Hit, caddy, judged

STORED = fsspec.filesystem("memory")


@pytest.fixture(autouse=True)
def bucket() -> Iterator[None]:
    """A bucket that is empty before and after."""
    STORED.store.clear()
    yield
    STORED.store.clear()


def put(path: str, content: bytes) -> None:
    with STORED.open(path, "wb") as file:
        file.write(content)


def lines(*hits: Hit) -> bytes:
    return "".join(f"{caddy(hit)}\n" for hit in hits).encode()


def test_compressed_logs_in_a_bucket_are_read_by_a_glob() -> None:
    put("/bucket/2026/a.json.gz", gzip.compress(lines(Hit(APP), Hit(ADMIN)) + b"{broken\n"))
    put("/bucket/2026/b.json.gz", gzip.compress(lines(Hit(ADMIN))))
    put("/bucket/other/c.json.gz", gzip.compress(lines(Hit(ADMIN))))
    result = judged("memory://bucket/2026/*.json.gz")
    assert (result.judged, result.broken.count) == (3, 1)


def test_a_recording_in_a_bucket_is_read() -> None:
    request = {"method": "GET", "url": "https://api.example.com/x", "headers": [{"name": "Origin", "value": APP}]}
    recording = {"log": {"entries": [{"request": request, "response": {"status": 200, "headers": []}}]}}
    put("/bucket/a.har", json.dumps(recording).encode())
    put("/bucket/b.har", json.dumps(recording).encode())
    assert judged("memory://bucket/*.har").judged == 2


@pytest.mark.parametrize("name", ["none/*.gz", "none/a.json.gz", "none/a.har"])
def test_what_is_not_there_is_reported_in_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match=r"^'memory://.*' cannot be read: [^\n]+\.$"):
        judged(f"memory://{name}")


class Denying(MemoryFileSystem):  # type: ignore[misc]
    """Denies what is read, and says with which key."""

    def _open(self, *_: Any, **__: Any) -> Any:
        raise PermissionError("AccessDenied for key AKIAABCDEFGHIJKLMNOP, secret=wJalrXUtnFEMIK7MDENG")


@pytest.mark.parametrize("name", ["a.json.gz", "a.har"])
def test_denied_access_is_one_sentence_without_the_credentials(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(f"/AKIAABCDEFGHIJKLMNOP:wJalrXUtnFEMIK7MDENG@bucket/{name}", b"{}")
    monkeypatch.setattr("fsspec.filesystem", lambda scheme: Denying())
    with pytest.raises(InputError, match="denies access; check the credentials") as raised:
        judged(f"memory://AKIAABCDEFGHIJKLMNOP:wJalrXUtnFEMIK7MDENG@bucket/{name}")
    assert "AKIA" not in str(raised.value)
    assert "wJalr" not in str(raised.value)


def test_a_key_in_an_address_is_not_in_the_report() -> None:
    put("/AKIA:wJalrXUtnFEMIK7MDENG@bucket/a.json", lines(Hit(APP)))
    result = judged("memory://AKIA:wJalrXUtnFEMIK7MDENG@bucket/a.json")
    assert result.judged == 1
    assert "wJalr" not in replay_document(result).printed()


@pytest.mark.parametrize(
    ("address", "package", "extra"), [("s3://b/x", "s3fs", "s3"), ("gs://b/x", "gcsfs", "gcs"), ("az://b/x", "adlfs", "azure")]
)
def test_a_missing_package_is_named_with_what_installs_it(address: str, package: str, extra: str, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"origins": ["https://app.example.com"]}')
    ran = corsense("policy", "replay", address, "--policy", "policy.json", folder=tmp_path)
    assert ran.status == 2
    assert f"needs {package}, which is not installed; run: pip install 'corsense[{extra}]'" in ran.err
