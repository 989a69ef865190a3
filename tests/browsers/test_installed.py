"""Finding browsers, and saying how to install one."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.browsers import BrowserError, BrowserName, cannot_be_made, find_browser, install_command
from corsense.fetch import FetchRequest


def executable(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("corsense.browsers.installed._LIBRARIES", (str(tmp_path / "lib"),))
    monkeypatch.setattr("corsense.browsers.installed._APPLICATIONS", {"chromium": (), "firefox": (), "webkit": ()})
    return tmp_path


@pytest.mark.parametrize(
    ("browser", "program"),
    [
        ("chromium", "chromium"),
        ("chromium", "google-chrome"),
        ("chromium", "microsoft-edge"),
        ("firefox", "firefox-esr"),
        ("webkit", "MiniBrowser"),
    ],
)
def test_an_installed_browser_is_found_by_itself(only: Path, browser: BrowserName, program: str) -> None:
    executable(only, "Xvfb")
    path = executable(only, program)
    assert find_browser(browser) == path


def test_webkit_is_found_where_distributions_hide_it(only: Path) -> None:
    folder = only / "lib" / "x86_64-linux-gnu" / "webkit2gtk-4.1"
    folder.mkdir(parents=True)
    executable(only, "Xvfb")
    path = executable(folder, "MiniBrowser")
    assert find_browser("webkit") == path


def test_webkit_without_a_display_is_reported(only: Path) -> None:
    executable(only, "MiniBrowser")
    with pytest.raises(BrowserError, match="Xvfb is not installed"):
        find_browser("webkit")


def test_a_path_that_is_given_counts_before_what_is_found(only: Path) -> None:
    executable(only, "chromium")
    mine = executable(only, "my-chrome")
    assert find_browser("chromium", str(mine)) == mine


def test_a_path_that_leads_nowhere_is_reported(only: Path) -> None:
    with pytest.raises(BrowserError, match="'/nowhere/chrome' is not a program that can be run"):
        find_browser("chromium", "/nowhere/chrome")


@pytest.mark.parametrize(
    ("manager", "browser", "command"),
    [
        ("apt-get", "chromium", "apt-get install chromium"),
        ("apt-get", "firefox", "apt-get install firefox-esr"),
        ("apt-get", "webkit", "apt-get install webkit2gtk-driver xvfb"),
        ("brew", "firefox", "brew install --cask firefox"),
        ("winget", "chromium", "winget install Google.Chrome"),
    ],
)
def test_a_missing_browser_is_one_sentence_with_the_command_of_the_platform(
    only: Path, manager: str, browser: BrowserName, command: str
) -> None:
    executable(only, manager)
    executable(only, "Xvfb")
    with pytest.raises(BrowserError) as raised:
        find_browser(browser)
    assert "install it with: " in str(raised.value)
    assert str(raised.value).removesuffix(", or name one with --browser-path.").endswith(command)
    assert (install_command(browser) or "").removeprefix("sudo ") == command


def test_without_a_package_manager_there_is_no_command(only: Path) -> None:
    assert install_command("webkit") is None
    with pytest.raises(BrowserError, match="install it, or name one with --browser-path"):
        find_browser("firefox")


@pytest.mark.parametrize(
    ("request_of_page", "reported"),
    [
        (
            FetchRequest("http://a.test/", "capacitor://localhost"),
            "a page of capacitor://localhost cannot be served to a browser",
        ),
        (FetchRequest("http://a.test/", "http://b.test", initiator="image"), "requests by image are not made in a real browser"),
        (FetchRequest("http://a.test/", "http://b.test", method="PUT", body=iter([b"a"])), "streamed bodies are not sent"),
        (FetchRequest("http://a.test/", "null"), None),
        (FetchRequest("http://a.test/", "https://b.test"), None),
    ],
)
def test_what_a_browser_cannot_be_made_to_ask_is_reported(request_of_page: FetchRequest, reported: str | None) -> None:
    reason = cannot_be_made(request_of_page)
    assert (reason is None) == (reported is None)
    assert (reported or "") in (reason or "")
