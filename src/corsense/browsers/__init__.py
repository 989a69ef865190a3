"""Drives real browsers: makes the same requests that the model judges, in a page of the requested origin.

    with RealBrowser("chromium") as browser:
        seen = browser.fetch(FetchRequest("http://localhost:8000/items", "http://localhost:3000"), answer)

`answer` stands where the server is: the browser connects to a stage on this machine whatever the address, and the stage
asks `answer`. Console text and errors are read from the browser itself.
"""

from __future__ import annotations

from corsense.browsers.browser import RealBrowser, cannot_be_made
from corsense.browsers.errors import BrowserError
from corsense.browsers.installed import BrowserName, find_browser, install_command
from corsense.browsers.observation import BrowserObservation
from corsense.browsers.server import Answer, Answered

__all__ = [
    "Answer",
    "Answered",
    "BrowserError",
    "BrowserName",
    "BrowserObservation",
    "RealBrowser",
    "cannot_be_made",
    "find_browser",
    "install_command",
]
