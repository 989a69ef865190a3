"""Sites: which hosts belong together for cookies and for `Cross-Origin-Resource-Policy`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from publicsuffixlist import PublicSuffixList

from corsense.url import ParsedUrl, parse_url

_PLAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


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
    """Whether anyone can register a name below `host` (`co.uk`, `vercel.app`), by the Public Suffix List.

    Source: publicsuffix.org, *Format*.
    """
    if not _PLAIN.fullmatch(host) or "xn--" in host:
        return _public_suffixes().publicsuffix(host, accept_unknown=False) == host  # the list has such names in Unicode
    parent = host.partition(".")[2]
    if _has_rule(host) or _has_rule(f"*.{host}"):
        return True
    return parent != "" and _has_rule(f"*.{parent}") and not _has_rule(f"!{host}")


def _has_rule(rule: str) -> bool:
    """Whether the list has a rule. To search its text takes a hundredth of the time that reading all its rules does."""
    return f"\n{rule}\n".encode() in _list_text()


def violates_resource_policy(policy: str | None, origin: str, url: ParsedUrl) -> bool:
    """*Cross-origin resource policy check*: whether `policy` keeps an opaque answer of `url` from a page of `origin`."""
    if policy == "same-origin":
        return url.origin != origin
    if policy == "same-site":
        own = site(origin)
        return own == "null" or own != site(url.origin)
    return False


@cache
def _list_text() -> bytes:
    return (files("publicsuffixlist") / "public_suffix_list.dat").read_bytes()


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
