"""Which files a reload is for, beside source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corsense.dev.reloading import ENV_FILES, Reloader, env_files


def folders(*watched: Path) -> list[Path]:
    return list(dict.fromkeys(file.parent for file in env_files(watched)))


def test_env_files_count_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    backend = tmp_path / "shop" / "services" / "backend"
    backend.mkdir(parents=True)
    assert folders(backend) == [backend, backend.parent, tmp_path / "shop"]
    assert folders(tmp_path / "shop") == [tmp_path / "shop"]


def test_outside_of_a_repository_the_next_folder_above_counts(tmp_path: Path) -> None:
    backend = tmp_path / "shop" / "backend"
    backend.mkdir(parents=True)
    assert folders(backend) == [backend, backend.parent]


class Config:
    """What the reloader reads of uvicorn's configuration."""

    reload_dirs: list[Path]
    reload_includes: tuple[str, ...] = ()
    reload_excludes: tuple[str, ...] = ()
    reload_delay = 0.0

    def __init__(self, folder: Path) -> None:
        self.reload_dirs = [folder]


@pytest.fixture
def reloader(tmp_path: Path) -> Reloader:
    (tmp_path / ".git").mkdir()
    (tmp_path / "backend").mkdir()
    (tmp_path / ".env").write_text("A=1")
    return Reloader(Config(tmp_path / "backend"), lambda sockets: None, [])  # type: ignore[arg-type]


def test_a_file_that_is_written_replaced_made_or_removed_has_changed(reloader: Reloader, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    assert not reloader.should_restart()
    for change in (
        lambda: env.write_text("A=10"),
        lambda: os.utime(env, (1, 1)),
        lambda: (tmp_path / "new").write_text("A=10") and (tmp_path / "new").rename(env),
        env.unlink,
        lambda: env.write_text("A=1"),
    ):
        change()
        assert reloader.should_restart() == [env]
        assert not reloader.should_restart()


def test_a_virtual_environment_may_have_the_name_of_an_env_file(reloader: Reloader, tmp_path: Path) -> None:
    for name in ENV_FILES[1:]:
        (tmp_path / name).mkdir()
    assert not reloader.should_restart()
    (tmp_path / ENV_FILES[1] / "pyvenv.cfg").touch()
    assert not reloader.should_restart()


def test_it_ends_when_it_is_asked_to(reloader: Reloader) -> None:
    reloader.should_exit.set()
    with pytest.raises(StopIteration):
        reloader.should_restart()
