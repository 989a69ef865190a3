"""`named_origins`: which of the pages that asked something of an app the app itself names. Anyone can send a request with any
`Origin`, so that a page asked says nothing about whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from corsense.app.description import AppDescription
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.config import Configuration
from corsense.diagnose.policies import LayerPolicy, meant_origins
from corsense.errors import InputError
from corsense.faults import PolicyError
from corsense.origin.expression import UnsupportedRegex
from corsense.origin.pattern import OriginPattern
from corsense.origin.reach import foreign_origin
from corsense.origin.regex import OriginRegex
from corsense.sites import is_public_suffix
from corsense.url import is_development_host, is_loopback_host, parse_url

IMPORT_LIMIT: Final = 20.0
"""Seconds that the app may take to be imported."""


def named_origins(target: AppTarget | None, origins: Iterable[str]) -> frozenset[str]:
    """Those of `origins` that the CORS settings of an app name, also by an entry that is misspelt, or that `origins` of the
    configuration names. Settings that let any page in (`*`, a reflected origin, an expression that is too broad) name none, and
    `null` is no one's.

    The app is imported in a process of its own. Where that fails, only the configuration counts.
    """
    return named_by(_described(target), target, origins)


def named_by(app: AppDescription | None, target: AppTarget | None, origins: Iterable[str]) -> frozenset[str]:
    """`named_origins` of an app that was loaded before."""
    settings = list(_settings(app)) if app is not None else []
    listed = {*_configured(target), *(_meant(app) if app is not None else ())}
    return frozenset(
        origin
        for origin in origins
        if origin != "null" and (origin in listed or any(_names(policy, origin) for policy in settings))
    )


def is_of_developer(origin: str, app: AppDescription | None, target: AppTarget | None) -> bool:
    """Whether a page is one that is being developed: it is near, or the app or its configuration names it."""
    return is_near(origin) or bool(named_by(app, target, [origin]))


def is_near(origin: str) -> bool:
    """Whether a page exists on the developer's machine or network only."""
    url = parse_url(origin)
    return url is not None and (is_loopback_host(url.host) or (url.scheme in ("http", "https") and is_development_host(url.host)))


def _described(target: AppTarget | None) -> AppDescription | None:
    if target is None:
        return None
    try:
        with AppSession.start(target, output="none", time_limit=IMPORT_LIMIT) as session:
            return session.description
    except (AppLoadError, AppStoppedError, AppHungError):
        return None


def _configured(target: AppTarget | None) -> tuple[str, ...]:
    try:
        return Configuration.near(target.directory).origins if target is not None else ()
    except InputError:
        return ()


def _meant(app: AppDescription) -> Iterator[str]:
    for layer in app.cors_layers:
        yield from meant_origins(layer)


def _settings(app: AppDescription) -> Iterator[LayerPolicy]:
    """The settings of every CORS layer, those for paths and routes included."""
    for layer in app.cors_layers:
        yield LayerPolicy.of(layer)
        if layer.policy is not None:
            own = [info for _, info in layer.policies] + [route.policy for route in app.routes if route.policy is not None]
            yield from (LayerPolicy.of(layer, info) for info in own)


def _names(settings: LayerPolicy, origin: str) -> bool:
    """Whether settings mean this origin among others, and not all of them."""
    if not settings.known or isinstance(settings.origins, str):
        return False
    return any(_is_meant(entry, origin) for entry in settings.origins) or _matches(settings.regex, origin)


def _is_meant(entry: str, origin: str) -> bool:
    """Whether an entry is a pattern over sites of one owner, and this is one of them."""
    try:
        pattern = OriginPattern.parse(entry)
    except PolicyError:
        return False
    return pattern.matches(origin) and not (pattern.subdomains and is_public_suffix(pattern.host))


def _matches(regex: str | None, origin: str) -> bool:
    """Whether an expression that keeps to its own sites matches. In linear time: the origin is a client's choice."""
    if regex is None or foreign_origin(regex) is not None:
        return False
    try:
        return OriginRegex.compile(regex).fullmatch(origin)
    except (UnsupportedRegex, re.error):
        return False
