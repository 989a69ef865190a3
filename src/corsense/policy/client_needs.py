"""What `Policy(clients=...)` adds: the permissions of client profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from corsense.errors import quoted
from corsense.faults import Fault


@dataclass(frozen=True, slots=True)
class ClientNeeds:
    """The methods, request headers and exposed headers that clients need, each once."""

    methods: tuple[str, ...] = ()
    request_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()


def client_needs(given: object) -> tuple[ClientNeeds, list[Fault]]:
    """What the clients of these names need, with a fault for each unknown name."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        message = f"clients must be a list of names, not {type(given).__name__}."
        wanted = [given] if isinstance(given, str) else ["mcp"]
        return ClientNeeds(), [Fault("clients", given, "origins-not-a-list", message, f"Write clients={wanted!r}.")]
    names = list(given)
    if not names:
        return ClientNeeds(), []
    from corsense.clients import PROFILES

    known = {profile.name: profile for profile in PROFILES}
    faults = [_unknown(name, known) for name in names if not isinstance(name, str) or name.lower() not in known]
    found = [known[name.lower()] for name in names if isinstance(name, str) and name.lower() in known]
    return ClientNeeds(
        _each_once(profile.methods for profile in found),
        _each_once(profile.request_headers for profile in found),
        _each_once(profile.expose_headers for profile in found),
    ), faults


def _each_once(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))


def _unknown(name: object, known: Iterable[str]) -> Fault:
    near = get_close_matches(name, list(known), 1) if isinstance(name, str) else []
    remedy = f"Write {near[0]!r}." if near else "`corsense clients` lists the names."
    return Fault("clients", name, "unknown-keyword", f"there is no client profile {quoted(name)}.", remedy)
