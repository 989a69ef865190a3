"""What was asked for on the command line: `CheckRequest`, its values read and checked."""

from __future__ import annotations

from dataclasses import dataclass

from corsense.errors import InputError, quoted
from corsense.fetch.request import Credentials, FetchRequest, Mode
from corsense.fetch.safelist import is_forbidden_method, is_token
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers
from corsense.origin.spelling import MAX_HOST, MAX_LABEL
from corsense.origin.untrusted import UNTRUSTED
from corsense.suppression import EVERYTHING, RuleSelection
from corsense.url import parse_url

DEVELOPMENT_ORIGINS = ("http://localhost:3000", "http://localhost:5173")
"""Where the development servers of frontends listen (Next.js and Create React App, Vite)."""

UNTRUSTED_ORIGIN = UNTRUSTED[1]
"""A page that no list of origins is meant for."""


ANY_METHOD = "*"
"""In a `CheckOperation`: every method that the route has."""


@dataclass(frozen=True, slots=True)
class CheckOperation:
    """A method and a path (or URL) that the user named: `POST /api/users`. The method can be `ANY_METHOD`."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What to check. Empty tuples and None mean: what makes sense for the target.

    - `engine`: whose rules apply. None: Chromium's; to a recording, those of the browser that made it.
    - `base_url`: where the app will live, as scheme, host and port; None: where `fastapi dev` serves it.
    - `behind_proxy`: TLS ends in front of the app, which sees http. None: unknown, treated as False.
    - `clients`: names of client profiles (`corsense.clients`) whose requests are planned too.
    - `recorded`: a request that a page really made; it is tried as it is, in place of what would be planned for `operations`,
      which name it.
    - `notes` say how a pasted request was understood, `selection` which findings are reported.
    """

    origins: tuple[str, ...] = ()
    operations: tuple[CheckOperation, ...] = ()
    headers: Headers = ()
    credentials: Credentials | None = None
    engine: EngineName | None = None
    run_endpoints: bool = False
    mode: Mode = "cors"
    body: str | bytes | None = None
    notes: tuple[str, ...] = ()
    selection: RuleSelection = EVERYTHING
    base_url: str | None = None
    behind_proxy: bool | None = None
    clients: tuple[str, ...] = ()
    recorded: FetchRequest | None = None

    @property
    def rules(self) -> EngineName:
        """The engine whose rules apply to requests that corsense makes."""
        return self.engine or "chromium"


_LONGEST = f"{MAX_LABEL} characters a label, {MAX_HOST} in all"


def _is_too_long(host: str) -> bool:
    return len(host) > MAX_HOST or max(map(len, host.split("."))) > MAX_LABEL


def read_base_url(text: str) -> str:
    """Where an app lives: scheme, host and port, without a slash at the end. Raises InputError for anything else."""
    value = text.strip()
    url = parse_url(value)
    if url is None or not url.is_http or not url.host:
        raise InputError(f"{quoted(text)} is not an http or https URL; write for example https://api.example.com.")
    if _is_too_long(url.host):
        raise InputError(f"The host of {quoted(text)} is longer than a name can be, {_LONGEST}.")
    if url.has_credentials:
        raise InputError("The base URL contains a user name or password; drop it, because browsers refuse such URLs.")
    path = value.partition("://")[2].partition("/")[2]
    if path or "?" in value or "#" in value:
        raise InputError(
            f"{quoted(text)} has more than scheme, host and port; write {quoted(url.origin)}. "
            "A path in front of the app makes no difference to CORS."
        )
    return url.origin


def read_client(name: str) -> str:
    """The name of a client profile. Raises InputError for another, with the nearest."""
    from corsense.clients import PROFILES

    wanted = name.strip().lower()
    names = [profile.name for profile in PROFILES]
    if wanted not in names:
        from difflib import get_close_matches

        near = get_close_matches(wanted, names, 1)
        hint = f"did you mean {near[0]}?" if near else "`corsense clients` lists them all."
        raise InputError(f"There is no client {quoted(name)}; {hint}")
    return wanted


def read_origin(text: str) -> str:
    """An origin as browsers send it. Raises InputError for anything else, with the origin that was probably meant."""
    value = text.strip()
    if value == "null":
        return value
    url = parse_url(value)
    if url is None or "://" not in value or not url.host:
        raise InputError(f"{quoted(text)} is not an origin; write scheme, host and port, for example http://localhost:3000.")
    if _is_too_long(url.host):
        raise InputError(f"{quoted(text)} is not an origin: its host is longer than a name can be, {_LONGEST}.")
    serialised = url.origin if url.origin != "null" else value.lower()
    if value != serialised and quoted(value) == quoted(serialised):
        raise InputError(f"{quoted(text)} is not written as browsers send an origin; end it after host and port.")
    if value != serialised:
        raise InputError(f"{quoted(text)} is not written as browsers send an origin; did you mean {quoted(serialised)}?")
    return value


def read_operation(text: str) -> CheckOperation:
    """`POST /api/users`, or a path alone for GET. Raises InputError."""
    parts = text.split()
    if len(parts) == 1:
        parts.insert(0, "GET")
    if len(parts) != 2:
        raise InputError(f"{quoted(text)} is not a request; write a method and a path, for example 'POST /api/users'.")
    method, path = parts
    if not is_token(method) or is_forbidden_method(method):
        raise InputError(
            f"{quoted(method)} in {quoted(text)} is not a method that a page can use; write for example 'POST /api/users'."
        )
    if not path.startswith("/") and "://" not in path:
        raise InputError(
            f"{quoted(path)} in {quoted(text)} is not a path; it starts with a slash, for example 'POST /api/users'."
        )
    return CheckOperation(
        method.upper() if method.upper() in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else method, path
    )


def read_header(text: str) -> tuple[str, str]:
    """`Name: value`. Raises InputError."""
    name, colon, value = text.partition(":")
    if not colon or not is_token(name.strip()):
        first = quoted(text.split()[0] if text.split() else text)  # what follows may be a credential
        raise InputError(f"the header that begins with {first} has no colon; write for example 'X-Requested-With: fetch'.")
    return name.strip(), value.strip()
