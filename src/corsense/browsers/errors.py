"""What can go wrong before a browser has said anything."""

from __future__ import annotations


class BrowserError(Exception):
    """A browser cannot be used: it is not installed, does not start, or stopped answering. The message is one sentence with its
    remedy."""
