"""Which addresses are pages where people log in: by the words in their paths, and the hosts of identity providers."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_PATH = re.compile(
    r"(?:^|[/_.-])(?:authorize|authorise|login|log-in|signin|sign-in|sign_in|sso|saml2?|openid-connect/auth|adfs|logout"
    r"|oauth2?/(?:v\d/)?auth|oauth2/start)(?:$|[/_.?-])|[?&](?:SAMLRequest|response_type)=",
    re.IGNORECASE,
)
_API = re.compile(r"/(?:token|userinfo|certs|jwks|introspect|revoke)(?:$|[/?])|\.well-known/", re.IGNORECASE)
_HOST = re.compile(
    r"^(?:accounts?|auth|login|signin|idp|sso|adfs|cas|keycloak)\.|\.(?:okta|oktapreview|auth0|onelogin|amazoncognito|b2clogin"
    r"|cloudflareaccess)\.com$|^appleid\.apple\.com$",
    re.IGNORECASE,
)


def leads_to_login(url: str, location: str) -> bool:
    """Whether a redirect from `url` to `location` goes to a page where people log in; a login that redirects to its own slash, or
    to another of its pages, does not."""
    here, there = _parts(url), _parts(location)
    elsewhere = bool(there.netloc) and there.netloc.lower() != here.netloc.lower()
    if _API.search(there.path):
        return False
    if elsewhere and _HOST.search(there.hostname or "") is not None:
        return True
    return _is_login(there) and (elsewhere or not _is_login(here))


def is_login_of_a_provider(url: str) -> bool:
    """Whether the address itself is a login page of an identity provider."""
    where = _parts(url)
    return not _API.search(where.path) and _is_login(where) and _HOST.search(where.hostname or "") is not None


def _is_login(where: SplitResult) -> bool:
    return _PATH.search(f"{where.path}{f'?{where.query}' if where.query else ''}") is not None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        return parts if parts.hostname is not None or not parts.netloc else urlsplit("")
    except ValueError:
        return urlsplit("")
