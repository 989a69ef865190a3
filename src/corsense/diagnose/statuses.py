"""What an HTTP status says about who answered, and why: each group of statuses once, for `diagnose` and `explain` alike."""

from __future__ import annotations

from typing import Final

GATEWAY: Final = frozenset({502, 503, 504, *range(520, 528), 530})
"""The app was not reached, or did not answer in time. Sources: RFC 9110, section 15.6; Cloudflare, *5xx errors*."""

FRONT_ONLY: Final = GATEWAY - {503} | {511}
"""What an app does not answer by itself. Sources: RFC 9110, section 15.6; RFC 6585, section 6."""

TOO_LARGE: Final = frozenset({413, 414, 431, 494})
"""The body, the URL or the header is too large. Sources: RFC 9110, section 15.5; RFC 6585, section 5; nginx (494)."""

TOO_SLOW: Final = frozenset({504, 522, 524})
"""The app did not answer in time. Sources: RFC 9110, section 15.6.5; Cloudflare."""

REFUSED: Final = frozenset({401, 403, 407, 429})
"""A layer refused the request: authentication, permission or a rate limit. Sources: RFC 9110, section 15.5; RFC 6585."""

NOT_HANDLED: Final = frozenset({404, 405, 501})
"""No route answers the path or the method. Source: RFC 9110, sections 15.5 and 15.6."""
