"""Findings and traces out: as text for people, as JSON for programs."""

from __future__ import annotations
