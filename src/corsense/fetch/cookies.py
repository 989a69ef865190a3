"""Which cookies a browser stores and sends with a fetch: the part of "it is CORS" that is really `SameSite`.

A model of RFC 6265bis (*Cookies: HTTP State Management Mechanism*) and of the engines' departures from it. No cookie's value is
kept. The engines are taken with their upstream defaults; users, and some distributions, block third-party cookies altogether.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.sites import registrable_domain
from corsense.url import ParsedUrl, is_loopback_host, parse_url

SameSite = Literal["strict", "lax", "none"]
_CONTROL = re.compile(r"[\x00-\x08\x0A-\x1F\x7F]")
_SAME_SITE: dict[str, SameSite] = {"strict": "strict", "lax": "lax", "none": "none"}


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie as a `Set-Cookie` line describes it, without its value.

    `same_site` is None when the line does not say, or says what no browser knows; `domain` and `path` are None where the line
    leaves them to the URL. `deleted` marks a line that removes the cookie.
    """

    name: str
    same_site: SameSite | None = None
    secure: bool = False
    http_only: bool = False
    path: str | None = None
    domain: str | None = None
    partitioned: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class CookieVerdict:
    """What happens to a cookie: whether the browser stores it, whether the next fetch like this one sends it, and if not, why.

    `partitioned`: it lives in a jar of its own for the page's site, apart from the cookies of the API's own pages.
    """

    stored: bool
    sent: bool
    reason: str | None = None
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class _Policy:
    """One engine's rules for cookies; the defaults are RFC 6265bis."""

    lax_by_default: bool = True
    """A cookie without `SameSite` is treated as `Lax`."""
    none_requires_secure: bool = True
    """`SameSite=None` without `Secure` is refused."""
    secure_over_local_http: bool = True
    """`http://localhost` and `http://127.0.0.1` count as secure for `Secure` cookies."""
    schemeful: bool = True
    """`http://app.example.com` and `https://api.example.com` are different sites."""
    third_party: Literal["shared", "partitioned", "not stored"] = "shared"
    """What happens to a cookie set by an answer across sites: stored like any other, apart for the page's site, or not at all."""
    judges_top_level: bool = False
    """The site that counts is that of the top-level page, whatever frame the fetch comes from."""


_POLICIES: dict[EngineName, _Policy] = {
    "standard": _Policy(),
    "chromium": _Policy(),
    "firefox": _Policy(lax_by_default=False, schemeful=False, third_party="partitioned"),
    "webkit": _Policy(
        lax_by_default=False,
        none_requires_secure=False,
        secure_over_local_http=False,
        schemeful=False,
        third_party="not stored",
        judges_top_level=True,
    ),
}


def parse_set_cookie(line: str) -> Cookie | None:
    """Read the value of a `Set-Cookie` header; None when browsers ignore it.

    Source: RFC 6265bis, *The Set-Cookie Header Field*, *Storage Model* steps 1 to 8.
    """
    if _CONTROL.search(line):
        return None
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    name, value = (name.strip(" \t"), value.strip(" \t")) if equals else ("", name.strip(" \t"))
    if (not name and not value) or len(name) + len(value) > 4096:
        return None
    found = {key.strip(" \t").lower(): text.strip(" \t") for key, _, text in (item.partition("=") for item in attributes)}
    path = found.get("path", "")
    return Cookie(
        name=name,
        same_site=_SAME_SITE.get(found.get("samesite", "").lower()),
        secure="secure" in found,
        http_only="httponly" in found,
        path=path if path.startswith("/") else None,
        domain=found.get("domain", "").removeprefix(".").lower() or None,
        partitioned="partitioned" in found,
        deleted=_is_deletion(found),
    )


def cookie_verdict(
    cookie: Cookie,
    page_origin: str,
    target_url: str,
    credentials: Credentials,
    engine: EngineName = "chromium",
    *,
    top_level: str | None = None,
) -> CookieVerdict:
    """What `engine` does with a cookie that the answer to a fetch sets.

    The page at `page_origin` fetches `target_url` with that credentials mode, then does so again. `top_level` is the origin of
    the page in the address bar where it is another one, or where `page_origin` is `"null"`; without it, a `"null"` page counts as
    a `file:` page.
    """
    setting = CookieSetting.of(page_origin, target_url, credentials, engine, top_level)
    if setting is None:
        return CookieVerdict(stored=False, sent=False, reason="the URL is not http or https")
    reason = setting.refuses_credentials() or setting.refuses_to_store(cookie)
    if reason:
        return CookieVerdict(stored=False, sent=False, reason=reason)
    if cookie.deleted:
        return CookieVerdict(
            stored=False, sent=False, reason="the answer deletes the cookie (its Max-Age or Expires is in the past)"
        )
    if not matches_path(setting.target, path_of(cookie, setting.target)):
        reason = f"its Path={cookie.path} does not cover the path of {setting.target.request_url}"
        return CookieVerdict(stored=True, sent=False, reason=reason)
    partitioned = setting.cross_site and setting.policy.third_party == "partitioned"
    return CookieVerdict(stored=True, sent=True, partitioned=partitioned or (setting.cross_site and cookie.partitioned))


@dataclass(frozen=True, slots=True)
class CookieSetting:
    """Who fetches what, and how: everything but the cookie."""

    page_origin: str
    target: ParsedUrl
    credentials: Credentials
    policy: _Policy
    top_level: str | None

    @classmethod
    def of(
        cls, page_origin: str, target_url: str, credentials: Credentials, engine: EngineName, top_level: str | None
    ) -> CookieSetting | None:
        target = parse_url(target_url)
        if target is None or not target.is_http:
            return None
        return cls(page_origin, target, credentials, _POLICIES[engine], top_level or page_origin)

    @property
    def judged_origin(self) -> str:
        """The origin whose site is compared with the target's."""
        return (self.top_level or self.page_origin) if self.policy.judges_top_level else self.page_origin

    @property
    def cross_site(self) -> bool:
        schemeful = self.policy.schemeful
        if _site(self.judged_origin, schemeful=schemeful) != _site(self.target.origin, schemeful=schemeful):
            return True
        return self.judged_origin == "null"

    @property
    def partition(self) -> str | None:
        """The jar that is used: None for the one that the target's own pages use."""
        if self.policy.third_party != "partitioned" or not self.cross_site:
            return None
        return _site(self.top_level or self.page_origin, schemeful=True)

    def refuses_credentials(self) -> str | None:
        """Why the fetch neither sends nor stores any cookie. Source: Fetch, *HTTP-network-or-cache fetch*."""
        if self.credentials == "omit":
            return "the request is made with credentials: 'omit', which neither sends nor stores cookies"
        if self.credentials == "same-origin" and self.page_origin != self.target.origin:
            return (
                f"the request goes to another origin without credentials: 'include' (axios, XMLHttpRequest: withCredentials), "
                f"so cookies of {self.target.origin} are neither sent nor stored"
            )
        return None

    def refuses_to_store(self, cookie: Cookie) -> str | None:
        """Why the cookie is not stored. Source: RFC 6265bis, *Storage Model*."""
        if cookie.secure and not self._is_secure():
            return f"it is Secure, but {self.target.origin} is not https"
        if cookie.same_site == "none" and not cookie.secure and self.policy.none_requires_secure:
            return "SameSite=None is only accepted together with Secure"
        if cookie.partitioned and not cookie.secure:
            return "Partitioned is only accepted together with Secure"
        if self.cross_site and self.policy.third_party == "not stored":
            return f"this browser does not let {self.target.origin} set cookies inside the site of {self.judged_origin}"
        return _bad_prefix(cookie) or self._bad_domain(cookie) or self.refuses_to_send(cookie)

    def refuses_to_send(self, cookie: Cookie) -> str | None:
        """Why a stored cookie is not sent. Source: RFC 6265bis, *Retrieval Model*; *Same-site and cross-site requests*."""
        if cookie.secure and not self._is_secure():
            return f"it is Secure, but {self.target.origin} is not https"
        if not self.cross_site:
            return None
        if self.policy.judges_top_level and self.judged_origin == "null":
            return "the page has no site of its own (a file: page)"
        if cookie.same_site in {"lax", "strict"}:
            written = f"SameSite={cookie.same_site.capitalize()}"
        elif cookie.same_site is None and self.policy.lax_by_default:
            written = "no SameSite attribute, which means Lax"
        else:
            return None
        return f"it has {written}, and {self.judged_origin} and {self.target.origin} are different sites{self._hint()}"

    def _hint(self) -> str:
        page = parse_url(self.judged_origin)
        if page is not None and is_loopback_host(page.host) and is_loopback_host(self.target.host):
            return " (two names for one machine: use localhost for both)"
        return ""

    def _is_secure(self) -> bool:
        return self.target.scheme == "https" or (self.policy.secure_over_local_http and is_loopback_host(self.target.host))

    def _bad_domain(self, cookie: Cookie) -> str | None:
        host, domain = self.target.host, cookie.domain
        if domain is None or domain == host:
            return None
        if not host.endswith("." + domain) or is_ip_address(host):
            return f"its Domain={domain} does not cover the host {host}"
        return f"its Domain={domain} is a public suffix that unrelated sites share" if _is_public_suffix(domain) else None


def is_ip_address(host: str) -> bool:
    """Whether a URL's host is an IP address: browsers write IPv6 in brackets and IPv4 as four numbers."""
    return host.startswith("[") or (host.count(".") == 3 and host.replace(".", "").isdigit())


def same_site(first: str, second: str, *, schemeful: bool = True) -> bool:
    """Whether two serialised origins belong to one site: the same registrable domain and, with `schemeful`, the same scheme.

    Ports do not count, and an opaque origin (`"null"`) is same-site with nothing. Source: HTML, *Sites*.
    """
    return "null" not in {first, second} and _site(first, schemeful=schemeful) == _site(second, schemeful=schemeful)


def _site(origin: str, *, schemeful: bool) -> str:
    parsed = parse_url(origin)
    if parsed is None or not parsed.host:
        return origin
    domain = registrable_domain(parsed.host)
    return f"{parsed.scheme}://{domain}" if schemeful else domain


def _is_public_suffix(domain: str) -> bool:
    below = f"x.{domain}"
    return registrable_domain(below) == below


def _is_deletion(attributes: dict[str, str]) -> bool:
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isdigit():
        return int(age[:20]) <= 0
    return "1970" in attributes.get("expires", "")


def _bad_prefix(cookie: Cookie) -> str | None:
    """*Cookie Name Prefixes*."""
    name = cookie.name.lower()
    if name.startswith(("__secure-", "__host-")) and not cookie.secure:
        return f"a cookie called {cookie.name} must be Secure"
    if name.startswith("__host-") and (cookie.domain is not None or cookie.path != "/"):
        return f"a cookie called {cookie.name} must have Path=/ and no Domain"
    return None


def path_of(cookie: Cookie, target: ParsedUrl) -> str:
    """The cookie's path, or the *default-path* of the URL that set it."""
    return cookie.path or _request_path(target).rpartition("/")[0] or "/"


def _request_path(target: ParsedUrl) -> str:
    rest = target.request_url.partition("://")[2].partition("?")[0]
    slash = rest.find("/")
    return rest[slash:] if slash >= 0 else "/"


def matches_path(target: ParsedUrl, path: str) -> bool:
    """*path-match*."""
    wanted = _request_path(target)
    return wanted == path or (wanted.startswith(path) and (path.endswith("/") or wanted[len(path) : len(path) + 1] == "/"))
