"""`Origin`, `OriginPattern` and `OriginSet`: which pages a policy speaks of.

The language of patterns is that of jub0bs/cors: an exact origin (`https://app.example.com`), any subdomain
(`https://*.example.com`: one or more labels), any port (`http://localhost:*`), or both. Any scheme but `file` will do, so apps
have their origins too (`capacitor://localhost`, `tauri://localhost`, `chrome-extension://...`).
"""

from __future__ import annotations

from corsense.origin.index import OriginSet, are_plain_origins, is_plain_origin
from corsense.origin.pattern import Origin, OriginPattern
from corsense.origin.spelling import MAX_ORIGIN

__all__ = ["MAX_ORIGIN", "Origin", "OriginPattern", "OriginSet", "are_plain_origins", "is_plain_origin"]
