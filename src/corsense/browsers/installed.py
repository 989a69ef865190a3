"""Where browsers are installed, and how to install one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Literal

from corsense.browsers.errors import BrowserError

BrowserName = Literal["chromium", "firefox", "webkit"]

_COMMANDS: dict[BrowserName, tuple[str, ...]] = {
    "chromium": (
        "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "google-chrome-beta", "chrome", "microsoft-edge",
        "microsoft-edge-stable", "msedge",
    ),
    "firefox": ("firefox", "firefox-esr", "firefox-developer-edition", "firefox-nightly"),
    "webkit": ("MiniBrowser",),
}  # fmt: skip
_APPLICATIONS: dict[BrowserName, tuple[str, ...]] = {
    "chromium": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
        "{PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
        "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
        "{PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
        "{PROGRAMFILES}/Microsoft/Edge/Application/msedge.exe",
    ),
    "firefox": (
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        "{PROGRAMFILES}/Mozilla Firefox/firefox.exe",
    ),
    "webkit": (),
}
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/libexec")
_PACKAGES: dict[BrowserName, dict[str, str]] = {
    "chromium": {
        "apt-get": "chromium",
        "dnf": "chromium",
        "pacman": "chromium",
        "zypper": "chromium",
        "apk": "chromium",
        "brew": "--cask google-chrome",
        "winget": "Google.Chrome",
    },
    "firefox": {
        "apt-get": "firefox-esr",
        "dnf": "firefox",
        "pacman": "firefox",
        "zypper": "MozillaFirefox",
        "apk": "firefox",
        "brew": "--cask firefox",
        "winget": "Mozilla.Firefox",
    },
    "webkit": {
        "apt-get": "webkit2gtk-driver xvfb",
        "dnf": "webkit2gtk4.1 xorg-x11-server-Xvfb",
        "pacman": "webkit2gtk-4.1 xorg-server-xvfb",
    },
}
_INSTALL = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "pacman": "pacman -S",
    "zypper": "zypper install",
    "apk": "apk add",
    "brew": "brew install",
    "winget": "winget install",
}
_TITLES: dict[BrowserName, str] = {
    "chromium": "no Chromium, Chrome or Edge",
    "firefox": "no Firefox",
    "webkit": "no WebKitGTK MiniBrowser",
}


def find_browser(name: BrowserName, path: str | None = None) -> Path:
    """The program of a browser: `path` where it is given, else the first that is installed.

    Raises BrowserError, with the command that installs one here.
    """
    if path is not None:
        found = shutil.which(path)
        if found is None:
            raise BrowserError(f"{path!r} is not a program that can be run; give the path of the browser's executable.")
        return Path(found)
    if name == "webkit" and shutil.which("Xvfb") is None:
        raise BrowserError(f"WebKit needs a virtual display, but Xvfb is not installed; {install_advice(name)}.")
    for candidate in _candidates(name):
        found = shutil.which(candidate)
        if found is not None:
            return Path(found)
    raise BrowserError(f"{_TITLES[name]} is installed here; {install_advice(name)}, or name one with --browser-path.")


def install_advice(name: BrowserName) -> str:
    """How to install a browser on this machine: a command where the machine has a package manager that is known."""
    command = install_command(name)
    return f"install it with: {command}" if command else "install it"


def install_command(name: BrowserName) -> str | None:
    """The command that installs a browser with the package manager of this machine; None where there is none for it."""
    for manager, start in _INSTALL.items():
        package = _PACKAGES[name].get(manager)
        if package is not None and shutil.which(manager) is not None:
            sudo = "" if manager in ("brew", "winget") or is_root() else "sudo "
            return f"{sudo}{start} {package}"
    return None


def is_root() -> bool:
    """Whether this process runs as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _candidates(name: BrowserName) -> list[str]:
    found = list(_COMMANDS[name])
    for application in _APPLICATIONS[name]:
        try:
            found.append(application.format_map(os.environ))
        except KeyError:
            continue
    if name == "webkit" and sys.platform.startswith("linux"):
        patterns = ("webkit*/MiniBrowser", "*/webkit*/MiniBrowser")
        paths = [path for folder in _LIBRARIES for pattern in patterns for path in Path(folder).glob(pattern)]
        found += sorted(map(str, paths), reverse=True)
    return found
