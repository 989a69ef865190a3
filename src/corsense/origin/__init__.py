"""`Origin`, `OriginPattern` and `OriginSet`: which pages a policy covers.

The language of patterns is that of jub0bs/cors: an exact origin (`https://app.example.com`), any subdomain
(`https://*.example.com`: one or more labels), any port (`http://localhost:*`), or both. Any scheme but `file` will do, so apps
have their origins too (`capacitor://localhost`, `tauri://localhost`, `chrome-extension://...`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.origin.index import OriginSet as OriginSet
    from corsense.origin.index import are_plain_origins as are_plain_origins
    from corsense.origin.index import is_plain_origin as is_plain_origin
    from corsense.origin.pattern import Origin as Origin
    from corsense.origin.pattern import OriginPattern as OriginPattern
    from corsense.origin.spelling import MAX_ORIGIN as MAX_ORIGIN

__all__ = ["MAX_ORIGIN", "Origin", "OriginPattern", "OriginSet", "are_plain_origins", "is_plain_origin"]

_HOMES = {
    "OriginSet": "corsense.origin.index",
    "are_plain_origins": "corsense.origin.index",
    "is_plain_origin": "corsense.origin.index",
    "Origin": "corsense.origin.pattern",
    "OriginPattern": "corsense.origin.pattern",
    "MAX_ORIGIN": "corsense.origin.spelling",
}

__getattr__ = lazy_names(globals(), _HOMES)  # most checks read no pattern
