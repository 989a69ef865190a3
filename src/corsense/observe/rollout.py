"""Which origins a rollout reaches: a stable share, chosen by a hash of the origin."""

from __future__ import annotations

from zlib import crc32


def rollout_reaches(origin: bytes, share: float) -> bool:
    """Whether a page of `origin` is among the `share` (0 to 1) of origins that the candidate policy applies to.

    The same origin gets the same answer in every process, on every machine and after every restart, and a larger share contains
    every origin of a smaller one.
    """
    return crc32(origin) < share * 2**32
