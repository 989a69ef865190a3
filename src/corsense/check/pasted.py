"""A request that was copied from the browser, as the options of a check."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from corsense.check.request import CheckOperation, CheckRequest
from corsense.errors import InputError
from corsense.readers.curl import parse_curl
from corsense.readers.fetch_call import parse_fetch


def with_pasted(
    asked: CheckRequest, text: str, kind: Literal["curl", "fetch"], target: str | None, usual: tuple[str, ...] = ()
) -> tuple[CheckRequest, str]:
    """The options completed by the pasted text (the command line wins), and the target: the one that was given, else the URL of
    the text. On an app, only the path of the URL counts. `usual` are the origins of a text that does not say which page made the
    request. Raises InputError when the text cannot be read, or nothing says where the page is."""
    pasted = parse_curl(text) if kind == "curl" else parse_fetch(text)
    origins = asked.origins or ((pasted.origin,) if pasted.origin else usual)
    if not origins:
        raise InputError(
            f"the pasted {kind} command does not say which page made it; add --origin, for example --origin http://localhost:3000."
        )
    url = urlsplit(pasted.url)
    on_app = target is not None and "://" not in target
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    fix_options = replace(
        asked,
        origins=origins,
        operations=asked.operations or (CheckOperation(pasted.method, path if on_app else pasted.url),),
        headers=(*pasted.headers, *asked.headers),
        credentials=asked.credentials or pasted.credentials,
        mode=pasted.mode,
        body=pasted.body if isinstance(pasted.body, str | bytes) else None,
        notes=pasted.notes,
    )
    return fix_options, target if target is not None else pasted.url
