"""The presets of `Policy`, and what production refuses that development allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from corsense.errors import quoted
from corsense.faults import Fault, PolicyError
from corsense.fetch.engines import LONGEST_AGE
from corsense.origin import OriginPattern
from corsense.policy.origins import OriginList, read_origins

Made = TypeVar("Made")

DEVELOPMENT: Final[dict[str, Any]] = {
    "origins": (
        "http://localhost:*", "https://localhost:*", "http://*.localhost:*", "https://*.localhost:*", "http://127.0.0.1:*",
        "https://127.0.0.1:*", "http://[::1]:*", "https://[::1]:*",
    ),
    "credentials": True,
    "methods": ("*",),
    "request_headers": ("*",),
}  # fmt: skip

PRODUCTION: Final[dict[str, Any]] = {
    "methods": ("PUT", "PATCH", "DELETE"),
    "request_headers": ("authorization", "content-type"),
    "max_age": 600,
}

PUBLIC_API: Final[dict[str, Any]] = {
    "origins": "*",
    "methods": ("*",),
    "request_headers": ("*", "authorization"),
    "expose_headers": ("*",),
    "max_age": LONGEST_AGE,
}

MOBILE: Final[dict[str, Any]] = {
    # Capacitor on iOS and on Android, Ionic's older web views, Tauri on macOS and Linux, and on Windows and Android.
    "origins": (
        "capacitor://localhost", "https://localhost", "http://localhost", "ionic://localhost", "tauri://localhost",
        "http://tauri.localhost", "https://tauri.localhost",
    ),
    "methods": ("PUT", "PATCH", "DELETE"),
    "request_headers": ("authorization", "content-type"),
    "max_age": 600,
}  # fmt: skip


# Lists can be long; these entries are looked at more closely.
_SUSPICIOUS = re.compile(r"^(?!https://)|localhost|//127\.|\[")


def make_for_production(make: Callable[..., Made], keywords: Mapping[str, Any]) -> Made:
    """The policy of `keywords`. Raises `PolicyError`: its faults, and the origins it allows that do not belong in production."""
    listed, _ = read_origins("origins", keywords.get("origins", ()))
    leftovers = _leftovers(listed, keywords.get("dangerously_allow_insecure_origins") is True)
    try:
        made = make(**keywords)
    except PolicyError as error:
        reported = [fault.value for fault in error.faults]
        raise PolicyError([*error.faults, *(fault for fault in leftovers if fault.value not in reported)]) from None
    if leftovers:
        raise PolicyError(leftovers)
    return made


def _leftovers(listed: OriginList, tolerate_insecure: bool) -> list[Fault]:
    faults = []
    if listed.any_origin:
        message = "'*' lets every page on the web call the API, which production() does not allow."
        remedy = "List the origins of your pages; for a public API, use Policy.public_api()."
        faults.append(Fault("origins", "*", "wildcard-in-production", message, remedy))
    for text in filter(_SUSPICIOUS.search, listed.texts):
        fault = _leftover(OriginPattern.parse(text), tolerate_insecure)
        if fault is not None:
            faults.append(fault)
    return faults


def _leftover(pattern: OriginPattern, tolerate_insecure: bool) -> Fault | None:
    text = str(pattern)
    if pattern.is_loopback and pattern.scheme in ("http", "https"):
        message = f"{quoted(text)} is a page on the caller's own machine, left over from development."
        remedy = "Leave it out of production; Policy.development() allows it."
        return Fault("origins", text, "development-origin-in-production", message, remedy)
    if pattern.scheme == "http" and not tolerate_insecure:
        message = f"{quoted(text)} is not https, so anyone on the network can forge its pages."
        remedy = f"Write {quoted('https' + text.removeprefix('http'))}, or set dangerously_allow_insecure_origins=True."
        return Fault("origins", text, "insecure-origin-in-production", message, remedy)
    return None
