"""Untrusted sites."""

from __future__ import annotations

UNTRUSTED = ("https://evil.com", "https://corsense-k7q2v9.example")
"""Two untrusted sites: a server that allows both allows everyone."""
