"""`ClientProfile`: the requests of one client, and what its script reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.fetch.engines import ENGINES
from corsense.fetch.safelist import SAFELISTED_METHODS, unsafe_header_names

_STANDARD = ENGINES["standard"]


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """One kind of request that a client makes.

    - `headers`: what its script sets, as pairs, without those that every request may carry (`Accept`).
    - `without`: what the user sees when this request is blocked, where the client works otherwise; None: without it the client
      does not work.
    """

    method: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    without: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A header of the response that script reads. `without` says what the user sees when it is not exposed; `essential`: the
    client does not work without it."""

    name: str
    without: str
    essential: bool = True


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What one client asks of an API.

    - `packages`: the packages and versions that were measured.
    - `paths`: words by which the paths of its endpoints are recognised; empty: it calls any route.
    - `reads`: headers that must be exposed. `credentials`: what its requests use unless the user sets something else.
    - `follows_redirects`: whether its calls follow a redirect, as `fetch()` does unless it is asked not to.
    - `beyond`: what goes wrong between this client and a server that no CORS setting can fix.
    """

    name: str
    title: str
    packages: str
    requests: tuple[ClientRequest, ...]
    paths: tuple[str, ...] = ()
    reads: tuple[Read, ...] = ()
    credentials: Literal["omit", "same-origin", "include"] = "same-origin"
    beyond: tuple[str, ...] = ()
    follows_redirects: bool = True

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that need a permission, sorted."""
        return tuple(sorted({request.method for request in self.requests} - SAFELISTED_METHODS))

    @property
    def request_headers(self) -> tuple[str, ...]:
        """The names of the request headers that need a permission, in lower case, sorted."""
        names = (unsafe_header_names(request.headers, _STANDARD) for request in self.requests)
        return tuple(sorted({name.lower() for found in names for name in found}))

    @property
    def expose_headers(self) -> tuple[str, ...]:
        """The names of the response headers that script reads, in lower case, in the order of the table."""
        return tuple(read.name for read in self.reads)
