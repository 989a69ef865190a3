"""`Decision`: a policy's answer to one request; `Reason`: why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a policy refuses a request. A closed set, so a counter may use it as a label."""

    ORIGIN_NOT_ALLOWED = "origin-not-allowed"
    ORIGIN_MALFORMED = "origin-malformed"
    """No browser sends such an `Origin`: it is too long or not an origin. It is never looked up."""
    ORIGIN_UNRESOLVED = "origin-unresolved"
    """The list does not know the origin, and the resolver was not asked, failed, or took too long."""
    CREDENTIALS_NOT_ALLOWED = "credentials-not-allowed"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    HEADER_NOT_ALLOWED = "header-not-allowed"
    PRIVATE_NETWORK_NOT_ALLOWED = "private-network-not-allowed"


@dataclass(frozen=True, slots=True)
class Decision:
    """A policy's answer to one request.

    - `allowed`, and where it is not, `reason`; `value` is what was refused (the origin, the method, the header's name).
    - `origin`: the page's origin, None when the request names none (then CORS does not apply, and it is allowed).
    - `credentials`: the page may send cookies and read the answer.
    """

    allowed: bool
    reason: Reason | None
    origin: str | None
    value: str | None = None
    credentials: bool = False

    def __bool__(self) -> bool:
        return self.allowed
