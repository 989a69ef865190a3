"""`corsense check`: plan the requests a page would make, run them against an app, a URL or a recording, and say what is wrong."""

from __future__ import annotations
