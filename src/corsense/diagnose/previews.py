"""Preview deployments: hosts give each a name of its own, so that a list never has the next one.

Sources: Vercel, *Generated URLs*; Netlify, *Deploy Previews*; Cloudflare Pages, *Preview deployments*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERCEL = re.compile(r"https://(?P<label>[a-z0-9-]+)\.vercel\.app")
_VERCEL_HASH = re.compile(r"(?=[a-z]*\d)[a-z0-9]{9}(?=-|$)")
_NETLIFY = re.compile(r"https://(?:deploy-preview-\d+|[0-9a-f]{24}|[a-z0-9-]+?)--(?P<site>[a-z0-9-]+)\.netlify\.app")
_PAGES = re.compile(r"https://[a-z0-9-]+\.(?P<site>[a-z0-9-]+)\.pages\.dev")


def preview_pattern(origin: str, entries: Iterable[str]) -> str | None:
    """The expression for the previews of the project that `origin` is a preview of. None for any other origin, and where no name
    in it is surely the project's own.

    `entries` are the allowed origins: on Vercel the project's own entry shows where its name ends.
    """
    netlify, pages = _NETLIFY.fullmatch(origin), _PAGES.fullmatch(origin)
    if netlify is not None:
        return rf"https://[a-z0-9-]+--{netlify['site']}\.netlify\.app"
    if pages is not None:
        return rf"https://[a-z0-9-]+\.{pages['site']}\.pages\.dev"
    return _on_vercel(origin, entries)


def _on_vercel(origin: str, entries: Iterable[str]) -> str | None:
    """Vercel's names are `project-hash-scope` and `project-git-branch-scope`, in one label."""
    found = _VERCEL.fullmatch(origin)
    if found is None:
        return None
    listed = [match["label"] for entry in entries if (match := _VERCEL.fullmatch(entry.rstrip("/"))) is not None]
    for project in sorted(listed, key=len, reverse=True):
        rest = found["label"].removeprefix(f"{project}-")
        first = _VERCEL_HASH.match(rest)
        if rest != found["label"] and first is not None and rest[first.end() :]:
            return rf"https://{project}-[a-z0-9-]+{rest[first.end() :]}\.vercel\.app"
    return None
