"""Sites: which hosts belong together for cookies and for `Cross-Origin-Resource-Policy`."""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

from corsense.url import ParsedUrl, parse_url


def site(origin: str) -> str:
    """The *site* of a serialised origin: scheme and registrable domain (`https://example.com`). Opaque origins belong to no site:
    `"null"`. Source: HTML, *obtain a site*."""
    url = parse_url(origin)
    if url is None or url.origin == "null":
        return "null"
    return f"{url.scheme}://{registrable_domain(url.host)}"


def registrable_domain(host: str) -> str:
    """`host`'s registrable domain by the Public Suffix List; the host itself where there is none (`localhost`, an address)."""
    if "." not in host or host.startswith("[") or host.replace(".", "").isdigit():
        return host
    return _public_suffixes().privatesuffix(host) or host


def is_public_suffix(host: str) -> bool:
    """Whether anyone can register a name below `host` (`co.uk`, `vercel.app`), by the Public Suffix List."""
    return _public_suffixes().publicsuffix(host, accept_unknown=False) == host


def violates_resource_policy(policy: str | None, origin: str, url: ParsedUrl) -> bool:
    """*Cross-origin resource policy check*: whether `policy` keeps an opaque answer of `url` from a page of `origin`."""
    if policy == "same-origin":
        return url.origin != origin
    if policy == "same-site":
        own = site(origin)
        return own == "null" or own != site(url.origin)
    return False


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
