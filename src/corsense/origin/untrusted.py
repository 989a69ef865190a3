"""Sites that nobody trusts."""

from __future__ import annotations

UNTRUSTED = ("https://evil.com", "https://corsense-k7q2v9.example")
"""Two sites that nobody trusts: a server that allows both allows everyone."""
