from __future__ import annotations

from pathlib import Path

import pytest

from corsense.testing import assert_cors_snapshot, cors_matrix
from corsense.testing.snapshot import Snapshot
from tests.testing.apps import PAGE, UNTRUSTED_ORIGIN, make_app

BOTH = [UNTRUSTED_ORIGIN, PAGE]


def kept(folder: Path) -> Path:
    file = folder / "deep" / "users.txt"
    assert_cors_snapshot(make_app(), file, origins=BOTH, update=True)
    return file


def test_a_snapshot_is_text_for_people(tmp_path: Path) -> None:
    assert kept(tmp_path).read_text(encoding="utf-8").split("\n\n", 1)[1] == (
        "credentials omit include\n"
        "request GET /crash\n"
        "request POST /form\n"
        "request GET /users\n"
        "request POST /users\n"
        "request DELETE /users/{user_id}\n"
        "\n"
        "origin https://app.example.com\n"
        "  POST /form   omit\n"
        "  GET /users   omit\n"
        "  POST /users  omit\n"
        "\n"
        "origin https://evil.example\n"
        "  nothing\n"
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    matrix = cors_matrix(make_app(cors={"allow_origins": ["*"], "allow_credentials": True}), origins=BOTH)
    assert Snapshot.read(str(Snapshot.of(matrix))) == Snapshot.of(matrix)


def test_the_order_of_origins_and_routes_changes_nothing(tmp_path: Path) -> None:
    assert_cors_snapshot(make_app(), kept(tmp_path), origins=reversed(BOTH))


def test_no_origin_gains_access_unnoticed(tmp_path: Path) -> None:
    file = kept(tmp_path)
    opened = make_app(cors={"allow_origins": ["*"], "allow_headers": ["content-type"], "allow_methods": ["GET", "POST"]})
    with pytest.raises(AssertionError) as error:
        assert_cors_snapshot(opened, file, origins=BOTH)
    message = str(error.value)
    assert f"{UNTRUSTED_ORIGIN} gained access:\n  POST /form  credentials: omit\n  GET /users  credentials: omit\n" in message
    assert f"{PAGE} gained" not in message
    assert "--cors-update" in message


def test_losing_access_is_reported_too(tmp_path: Path) -> None:
    file = kept(tmp_path)
    with pytest.raises(AssertionError, match=f"{PAGE} lost access:"):
        assert_cors_snapshot(make_app(cors={"allow_origins": []}), file, origins=BOTH)


def test_a_new_route_is_reported_whoever_may_call_it(tmp_path: Path) -> None:
    file, app = kept(tmp_path), make_app()

    @app.delete("/all")
    def delete_all() -> None: ...

    with pytest.raises(AssertionError, match="request not asked for before: DELETE /all"):
        assert_cors_snapshot(app, file, origins=BOTH)


def test_an_origin_that_is_no_longer_asked_for_is_reported(tmp_path: Path) -> None:
    file = kept(tmp_path)
    with pytest.raises(AssertionError, match=f"origin no longer asked for: {UNTRUSTED_ORIGIN}"):
        assert_cors_snapshot(make_app(), file, origins=[PAGE])


def test_another_reason_for_a_refusal_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "users.txt"
    assert_cors_snapshot(make_app(cors={"allow_origins": []}), file, origins=BOTH, update=True)
    assert_cors_snapshot(make_app(cors={}), file, origins=BOTH)


def test_a_snapshot_that_is_not_there_fails_and_shows_what_it_would_say(tmp_path: Path) -> None:
    file = tmp_path / "none.txt"
    with pytest.raises(AssertionError, match=r"There is no snapshot .*none\.txt yet") as error:
        assert_cors_snapshot(make_app(), file, origins=BOTH)
    assert "POST /users  omit" in str(error.value)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "hello", "corsense snapshot 99\n", "corsense snapshot 1\n  who knows\n"])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "users.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match="rewrite it with pytest --cors-update"):
        assert_cors_snapshot(make_app(), file, origins=BOTH)


def test_a_snapshot_that_holds_is_not_written_again(tmp_path: Path) -> None:
    file = kept(tmp_path)
    before = file.stat()
    assert_cors_snapshot(make_app(), file, origins=BOTH, update=True)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [entry.name for entry in file.parent.iterdir()] == ["users.txt"]
