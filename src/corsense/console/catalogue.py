"""Every message the product knows: who prints it, its words, when it appears, the `CorsError` it stands for."""

from __future__ import annotations

from functools import cache

from corsense.console import chromium, firefox, webkit
from corsense.console.model import CatalogueEntry, Product
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError

__all__ = ["CatalogueEntry", "catalogue", "entry"]


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """All entries: the engines' CORS messages first, then messages that are not about CORS, libraries and servers."""
    from corsense.console.non_cors import NON_CORS
    from corsense.console.reports import ENTRIES

    return (*_chromium(), *_chromium_old(), *_firefox(), *_WEBKIT, *NON_CORS, *ENTRIES)


def entry(product: Product, code: str) -> CatalogueEntry:
    """The entry of that name. Raises KeyError when there is none."""
    return _by_name()[product, code]


def net_error(name: str) -> CatalogueEntry:
    """The entry of Chromium's network error of that name (`ERR_FAILED`), generated for names that are not listed."""
    known = _by_name().get(("chromium", f"net::{name}"))
    if known is not None:
        return known
    is_tls = "CERT" in name or "SSL" in name
    return CatalogueEntry(
        "chromium",
        f"net::{name}",
        "tls" if is_tls else "network",
        Template(f"net::{name}"),
        "A network error of Chromium's list.",
        sure=False,
    )


def net_error_is_known(name: str) -> bool:
    """Whether Chromium's network error of that name is in the catalogue."""
    return ("chromium", f"net::{name}") in _by_name()


@cache
def _by_name() -> dict[tuple[str, str], CatalogueEntry]:
    return {(found.product, found.code): found for found in catalogue()}


_NO_HEADER = "carries no Access-Control-Allow-Origin; its status does not matter, so an error page reads the same"
_CHROMIUM_CONDITIONS: dict[CorsError, str] = {
    CorsError.MissingAllowOriginHeader: f"The response {_NO_HEADER}.",
    CorsError.PreflightMissingAllowOriginHeader: f"The response to the preflight {_NO_HEADER}.",
    CorsError.WildcardOriginNotAllowed: "The response allows `*` while the request carries credentials.",
    CorsError.PreflightWildcardOriginNotAllowed: "The preflight response allows `*` while the request will carry credentials.",
    CorsError.MultipleAllowOriginValues: "Access-Control-Allow-Origin has a comma or a space in it:"
    " two layers each added one, or a list was sent.",
    CorsError.PreflightMultipleAllowOriginValues: "The same, on the response to the preflight.",
    CorsError.InvalidAllowOriginValue: "Access-Control-Allow-Origin is not a URL (`localhost:3000`, `true`, an empty value).",
    CorsError.PreflightInvalidAllowOriginValue: "The same, on the response to the preflight.",
    CorsError.AllowOriginMismatch: "Access-Control-Allow-Origin names one origin (or `null`), which is not byte for byte"
    " the page's.",
    CorsError.PreflightAllowOriginMismatch: "The same, on the response to the preflight.",
    CorsError.InvalidAllowCredentials: "The request carries credentials, the origin is right, and"
    " Access-Control-Allow-Credentials is"
    " not `true`.",
    CorsError.PreflightInvalidAllowCredentials: "The same, on the response to the preflight.",
    CorsError.PreflightInvalidStatus: "The response to the preflight has the right origin, but its status is not 200 to 299.",
    CorsError.PreflightDisallowedRedirect: "The response to the preflight is a redirect, which browsers do not follow there.",
    CorsError.InvalidAllowMethodsPreflightResponse: "Access-Control-Allow-Methods is not a comma-separated list of methods.",
    CorsError.InvalidAllowHeadersPreflightResponse: "Access-Control-Allow-Headers is not a comma-separated list of header names.",
    CorsError.MethodDisallowedByPreflightResponse: "The response to the preflight does not list the method (case counts).",
    CorsError.HeaderDisallowedByPreflightResponse: "The response to the preflight does not list a header that the"
    " script set; only the first is named.",
    CorsError.RedirectContainsCredentials: "A redirect leads to a URL with a user name or password.",
    CorsError.CorsDisabledScheme: "The URL (or a redirect's target) is not http or https: a page opened as a file, a"
    " custom scheme.",
    CorsError.DisallowedByMode: 'The request was limited to its own origin (`mode: "same-origin"`) and goes to another.',
    CorsError.InvalidResponse: "The preflight ended in a network error.",
    CorsError.LocalNetworkAccessPermissionDenied: "A page from the internet calls this machine or the local"
    " network, and the user has not allowed it.",
    CorsError.PrivateNetworkAccessPermissionDenied: "The same, in the versions of 2023 to 2025.",
    CorsError.PrivateNetworkAccessPermissionUnavailable: "The permission could not be asked for here (versions of 2023 to 2025).",
    CorsError.InsecureLocalNetwork: "A page on plain http from the internet calls this machine or the local network.",
    CorsError.InvalidLocalNetworkAccess: "The script announced another address space than the one reached.",
    CorsError.UnexpectedPrivateNetworkAccess: "The address space changed between preflight and request"
    " (versions of 2021 to 2025).",
    CorsError.PreflightMissingAllowPrivateNetwork: "Private Network Access (2021 to 2025): its preflight was"
    " answered without permission.",
    CorsError.PreflightInvalidAllowPrivateNetwork: "Private Network Access (2021 to 2025): the permission was not `true`.",
    CorsError.PreflightMissingPrivateNetworkAccessId: "Private Network Access (2023 to 2025): the device did not"
    " name itself by an id.",
    CorsError.PreflightMissingPrivateNetworkAccessName: "Private Network Access (2023 to 2025): the device did not"
    " give its name.",
    CorsError.PreflightMissingAllowExternal: "An experiment of 2016 to 2021, before Private Network Access: no permission.",
    CorsError.PreflightInvalidAllowExternal: "An experiment of 2016 to 2021, before Private Network"
    " Access: the permission was not `true`.",
}
_LOCAL_NETWORK_MARKS = ("Network", "External")


def _chromium() -> list[CatalogueEntry]:
    framed = [
        CatalogueEntry(
            "chromium",
            str(error),
            "local-network" if any(mark in error for mark in _LOCAL_NETWORK_MARKS) else "cors",
            chromium.FRAME.fill(detail=detail.text),
            _CHROMIUM_CONDITIONS[error],
            error=error,
            preflight=error.is_preflight,
        )
        for error, detail in chromium.DETAILS.items()
    ]
    return [
        CatalogueEntry(
            "chromium", "frame", "cors", chromium.FRAME, "The frame around every refusal by CORS; the reason follows it."
        ),
        CatalogueEntry(
            "chromium",
            "frame:redirected",
            "cors",
            chromium.REDIRECTED,
            "The same frame, when a redirect led to the URL that was refused.",
        ),
        CatalogueEntry(
            "chromium", "frame:short", "cors", chromium.SHORT_FRAME, "A shorter frame that newer builds can be told to print."
        ),
        *framed,
        *_chromium_without_frame(),
    ]


def _chromium_without_frame() -> list[CatalogueEntry]:
    def whole(code: str, template: Template, condition: str, error: CorsError | None = None, *older: str) -> CatalogueEntry:
        others = tuple(Template(text) for text in older)
        return CatalogueEntry("chromium", code, "cors", template, condition, error=error, preflight=False, others=others)

    return [
        whole(
            "NoCorsRedirectModeNotFollow",
            chromium.NO_CORS_REDIRECT,
            '`mode: "no-cors"` together with `redirect: "manual"` or `"error"`.',
            CorsError.NoCorsRedirectModeNotFollow,
        ),
        whole(
            "fetch:scheme",
            chromium.UNSUPPORTED_SCHEME,
            "`fetch()` of a URL that is not http or https, often a forgotten `http://`.",
            CorsError.CorsDisabledScheme,
            'Fetch API cannot load {url}. URL scheme must be "http" or "https" for CORS request.',
        ),
        whole(
            "fetch:same-origin-mode",
            chromium.SAME_ORIGIN_MODE,
            '`fetch()` with `mode: "same-origin"` of another origin\'s URL.',
            CorsError.DisallowedByMode,
        ),
        whole(
            "fetch:unsafe-attempt",
            chromium.UNSAFE_ATTEMPT,
            '`fetch()` with `mode: "same-origin"` that is redirected to another origin.',
            CorsError.DisallowedByMode,
        ),
        whole(
            "deprecation:AuthorizationCoveredByWildcard",
            Template(
                "Authorization will not be covered by the wildcard symbol (*) in CORS `Access-Control-Allow-Headers` handling."
            ),
            "A warning: `*` lets `Authorization` pass, which the standard does not allow.",
            None,
            '[Deprecation] "Authorization" will not be covered by the wildcard symbol (*)in CORS'
            ' "Access-Control-Allow-Headers" handling.',
        ),
    ]


THEREFORE = " Origin '{origin}' is therefore not allowed access."
"""How refusals in Chromium ended until 2018."""


_CHROMIUM_OLD: list[tuple[str, CorsError | None, bool | None, str, str]] = [
    (
        "old:xhr-missing",
        CorsError.MissingAllowOriginHeader,
        False,
        "2013 to 2017",
        "XMLHttpRequest cannot load {url}. No 'Access-Control-Allow-Origin' header is present on the requested resource."
        + THEREFORE,
    ),
    (
        "old:fetch-missing",
        CorsError.MissingAllowOriginHeader,
        False,
        "2015 to 2017",
        "Fetch API cannot load {url}. No 'Access-Control-Allow-Origin' header is present on the requested resource."
        + THEREFORE
        + chromium.OLD_HINTS[1],
    ),
    (
        "old:failed-to-load",
        CorsError.MissingAllowOriginHeader,
        False,
        "2017 and 2018",
        "Failed to load {url}: No 'Access-Control-Allow-Origin' header is present on the requested resource." + THEREFORE,
    ),
    (
        "old:preflight-missing",
        CorsError.PreflightMissingAllowOriginHeader,
        True,
        "2015 to 2018",
        "XMLHttpRequest cannot load {url}. Response to preflight request doesn't pass access control check:"
        " No 'Access-Control-Allow-Origin'"
        " header is present on the requested resource." + THEREFORE,
    ),
    (
        "old:wildcard",
        CorsError.WildcardOriginNotAllowed,
        None,
        "2013 to 2016",
        "A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true."
        + THEREFORE,
    ),
    (
        "old:credentials",
        CorsError.InvalidAllowCredentials,
        None,
        "2013 to 2016",
        "Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '{value}'. It must"
        " be 'true' to allow credentials." + THEREFORE,
    ),
    (
        "old:multiple",
        CorsError.MultipleAllowOriginValues,
        None,
        "2013 to 2018",
        "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed." + THEREFORE,
    ),
    (
        "old:invalid",
        CorsError.InvalidAllowOriginValue,
        None,
        "2013 to 2018",
        "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'." + THEREFORE,
    ),
    (
        "old:mismatch",
        CorsError.AllowOriginMismatch,
        None,
        "2013 to 2018",
        "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied origin." + THEREFORE,
    ),
    (
        "old:preflight-status",
        CorsError.PreflightInvalidStatus,
        True,
        "2014 to 2018",
        "Response for preflight has invalid HTTP status code {status}",
    ),
    (
        "old:preflight-redirect",
        CorsError.PreflightDisallowedRedirect,
        True,
        "2015 to 2018",
        "Response for preflight is invalid (redirect)",
    ),
    ("old:invalid-response", CorsError.InvalidResponse, None, "2013 to 2017", "Invalid response." + THEREFORE),
    (
        "old:redirect-scheme",
        CorsError.CorsDisabledScheme,
        False,
        "2014 to 2018",
        "The request was redirected to a URL ('{url}') which has a disallowed scheme for cross-origin requests.",
    ),
    (
        "old:redirect-userinfo",
        CorsError.RedirectContainsCredentials,
        False,
        "2014 to 2018",
        "The request was redirected to a URL ('{url}') containing userinfo, which is disallowed for cross-origin requests.",
    ),
    (
        "old:redirect-frame",
        None,
        False,
        "2016 to 2018",
        "Redirect from '{initial_url}' to '{url}' has been blocked by CORS policy: {detail}",
    ),
    (
        "old:redirect-frame-2015",
        None,
        False,
        "2014 to 2016",
        "Redirect at origin '{target_origin}' has been blocked from loading by Cross-Origin Resource Sharing policy: {detail}",
    ),
    (
        "old:resource-frame",
        None,
        None,
        "2013 to 2016; the origin named is the target's",
        "{initiator} from origin '{target_origin}' has been blocked from loading by Cross-Origin Resource"
        " Sharing policy: {detail}",
    ),
    (
        "old:not-allowed",
        CorsError.MissingAllowOriginHeader,
        None,
        "until 2013; missing and different alike",
        "XMLHttpRequest cannot load {url}. Origin {origin} is not allowed by Access-Control-Allow-Origin.",
    ),
    (
        "old:method",
        CorsError.MethodDisallowedByPreflightResponse,
        True,
        "until about 2015",
        "Method {method} is not allowed by Access-Control-Allow-Methods.",
    ),
    (
        "old:header",
        CorsError.HeaderDisallowedByPreflightResponse,
        True,
        "until about 2015",
        "Request header field {header} is not allowed by Access-Control-Allow-Headers.",
    ),
    (
        "old:http-only",
        CorsError.CorsDisabledScheme,
        False,
        "until 2014",
        "Cross origin requests are only supported for HTTP.",
    ),
]
"""Code, error, whether a preflight was judged, years, words."""


def _chromium_old() -> list[CatalogueEntry]:
    unsure = {"old:not-allowed"}
    return [
        CatalogueEntry(
            "chromium-old",
            code,
            "cors",
            Template(text),
            f"Chromium's wording in {years}." if years[0] == "2" else f"Chromium's wording {years}.",
            error=error,
            preflight=preflight,
            sure=code not in unsure,
        )
        for code, error, preflight, years, text in _CHROMIUM_OLD
    ]


_FIREFOX: list[tuple[str, CorsError | None, bool | None, str]] = [
    (
        "CORSMissingAllowOrigin2",
        CorsError.MissingAllowOriginHeader,
        None,
        "No Access-Control-Allow-Origin on the response to the preflight or to the request, whose status is named.",
    ),
    (
        "CORSDidNotSucceed2",
        None,
        None,
        "The request failed below CORS (server down, name, TLS, a refused redirect), or follows another line as its consequence.",
    ),
    (
        "CORSAllowOriginNotMatchingOrigin",
        CorsError.AllowOriginMismatch,
        None,
        "Access-Control-Allow-Origin is not the page's origin; what is quoted is the header's value.",
    ),
    (
        "CORSMultipleAllowOriginNotAllowed",
        CorsError.MultipleAllowOriginValues,
        None,
        "Access-Control-Allow-Origin came on two lines.",
    ),
    (
        "CORSNotSupportingCredentials",
        CorsError.WildcardOriginNotAllowed,
        None,
        "The response allows `*` while the request carries credentials.",
    ),
    (
        "CORSMissingAllowCredentials",
        CorsError.InvalidAllowCredentials,
        None,
        "The request carries credentials and Access-Control-Allow-Credentials is not `true`.",
    ),
    (
        "CORSPreflightDidNotSucceed3",
        CorsError.PreflightInvalidStatus,
        True,
        "The response to the preflight has the right origin, but its status is not 200 to 299.",
    ),
    (
        "CORSMethodNotFound",
        CorsError.MethodDisallowedByPreflightResponse,
        True,
        "The response to the preflight does not list the method (case counts).",
    ),
    (
        "CORSMissingAllowHeaderFromPreflight2",
        CorsError.HeaderDisallowedByPreflightResponse,
        True,
        "The response to the preflight does not list a header that the script set.",
    ),
    (
        "CORSInvalidAllowMethod",
        CorsError.InvalidAllowMethodsPreflightResponse,
        True,
        "Access-Control-Allow-Methods is not a comma-separated list of methods.",
    ),
    (
        "CORSInvalidAllowHeader",
        CorsError.InvalidAllowHeadersPreflightResponse,
        True,
        "Access-Control-Allow-Headers is not a comma-separated list of header names.",
    ),
    (
        "CORSExternalRedirectNotAllowed",
        CorsError.PreflightDisallowedRedirect,
        True,
        "The response to the preflight is a redirect.",
    ),
    ("CORSRequestNotHttp", CorsError.CorsDisabledScheme, False, "The URL (or a redirect's target) is not http or https."),
    ("CORSDisabled", None, False, "The browser's own configuration disables CORS."),
    ("CORSOriginHeaderNotAdded", None, False, "The Origin header could not be added, as in an extension's request."),
]


def _firefox() -> list[CatalogueEntry]:
    entries = [
        CatalogueEntry(
            "firefox", "frame", "cors", firefox.FRAME, "The frame around every refusal by CORS, with the reason in brackets."
        ),
    ]
    for code, error, preflight, condition in _FIREFOX:
        frame = firefox.QUOTED_FRAME if code == "CORSNotSupportingCredentials" else firefox.FRAME
        tail = firefox.STATUS_TAIL.text if code in firefox.WITH_STATUS else ""
        template = Template(frame.fill(reason=firefox.REASONS[code].text).text + tail)
        entries.append(CatalogueEntry("firefox", code, "cors", template, condition, error=error, preflight=preflight))
    warning = "A warning: `*` lets `Authorization` pass, which the standard does not allow. The request goes through."
    entries += [
        CatalogueEntry(
            "firefox", "CORSAllowHeaderFromPreflightDeprecation", "cors", firefox.AUTHORIZATION_WARNING, warning, preflight=True
        ),
        CatalogueEntry(
            "firefox",
            "CrossSiteRequestBlocked",
            "cors",
            Template(
                "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}."
                " This can be fixed by moving"
                " the resource to the same domain or enabling CORS."
            ),
            "Any refusal by CORS, as worded in 2014.",
        ),
        CatalogueEntry(
            "firefox",
            "netmonitor:blockedByCORS",
            "cors",
            Template("Response body is not available to scripts (Reason: {reason})"),
            "The network panel's notice for a response that CORS kept from the page.",
        ),
        CatalogueEntry(
            "firefox",
            "font-download",
            "cors",
            Template(
                'downloadable font: download failed (font-family: "{family}" style:{style} weight:{weight}'
                " stretch:{stretch} src index:{index}):"
                " bad URI or cross-site access not allowed source: {url}"
            ),
            "A web font was not loaded: fonts always need CORS, and other failures read the same.",
            sure=False,
            error=CorsError.MissingAllowOriginHeader,
            preflight=False,
        ),
    ]
    return entries


def _of_webkit(
    code: str,
    template: Template,
    condition: str,
    error: CorsError | None = None,
    preflight: bool | None = None,
    *older: str,
    sure: bool = True,
) -> CatalogueEntry:
    """An entry of WebKit's. `older` are earlier wordings."""
    others = tuple(Template(text) for text in older)
    return CatalogueEntry("webkit", code, "cors", template, condition, error=error, preflight=preflight, sure=sure, others=others)


_WEBKIT = [
    _of_webkit(
        "not-allowed",
        webkit.NOT_ALLOWED,
        "Access-Control-Allow-Origin is missing or names another origin; WebKit does not say which.",
        CorsError.MissingAllowOriginHeader,
        None,
        "Origin {origin} is not allowed by Access-Control-Allow-Origin.",
        sure=False,
    ),
    _of_webkit(
        "wildcard",
        webkit.WILDCARD,
        "The response allows `*` while the request carries credentials.",
        CorsError.WildcardOriginNotAllowed,
    ),
    _of_webkit(
        "multiple", webkit.MULTIPLE, "Access-Control-Allow-Origin has a comma in it.", CorsError.MultipleAllowOriginValues
    ),
    _of_webkit(
        "credentials",
        webkit.CREDENTIALS,
        "The request carries credentials and Access-Control-Allow-Credentials is not `true`.",
        CorsError.InvalidAllowCredentials,
    ),
    _of_webkit(
        "preflight-status",
        webkit.PREFLIGHT_STATUS,
        "The response to the preflight is a redirect, or its status is not 200 to 299; WebKit checks that before any header.",
        CorsError.PreflightInvalidStatus,
        True,
        "Preflight response is not successful",
    ),
    _of_webkit("preflight-blocked", Template("CORS-preflight request was blocked"), "The preflight was not sent.", None, True),
    _of_webkit(
        "preflight-not-shown",
        Template("Preflight response was blocked"),
        "The response to the preflight was not accepted.",
        None,
        True,
    ),
    _of_webkit(
        "method",
        webkit.METHOD,
        "The response to the preflight does not list the method (case counts).",
        CorsError.MethodDisallowedByPreflightResponse,
        True,
    ),
    _of_webkit(
        "header",
        webkit.HEADER,
        "The response to the preflight does not list a header that the script set.",
        CorsError.HeaderDisallowedByPreflightResponse,
        True,
    ),
    _of_webkit(
        "invalid-acam",
        webkit.INVALID_METHODS,
        "Access-Control-Allow-Methods is not a comma-separated list of methods.",
        CorsError.InvalidAllowMethodsPreflightResponse,
        True,
    ),
    _of_webkit(
        "invalid-acah",
        webkit.INVALID_HEADERS,
        "Access-Control-Allow-Headers is not a comma-separated list of header names.",
        CorsError.InvalidAllowHeadersPreflightResponse,
        True,
    ),
    _of_webkit("redirect-denied", webkit.REDIRECT_DENIED, "A redirect was refused; the reason is at the end.", None, False),
    _of_webkit(
        "redirect-not-allowed",
        webkit.REDIRECT_REFUSED,
        'A redirect came although the script allows none (`redirect: "error"`).',
        None,
        False,
    ),
    _of_webkit(
        "redirect-too-many",
        Template("Too many redirections"),
        "More than 20 redirects.",
        None,
        False,
        "Load cannot follow more than 20 redirections",
    ),
    _of_webkit(
        "redirect-scheme",
        Template("Not allowed to redirect due to its scheme"),
        "A redirect leads to a URL that is not http or https.",
        CorsError.CorsDisabledScheme,
        False,
    ),
    _of_webkit(
        "http-only",
        webkit.HTTP_ONLY,
        "The URL is not http or https, as in a page opened as a file.",
        CorsError.CorsDisabledScheme,
        False,
    ),
    _of_webkit(
        "unsafe-attempt",
        Template("Unsafe attempt to load URL {url} from origin {origin}. Domains, protocols and ports must match."),
        "The request was limited to its own origin and goes to another.",
        CorsError.DisallowedByMode,
        False,
    ),
    _of_webkit(
        "wrap:fetch",
        webkit.WRAPPERS["fetch"],
        "The line that names the URL; the reason is in the line before.",
        None,
        None,
    ),
    _of_webkit("wrap:xhr", webkit.WRAPPERS["xhr"], "The same, for XMLHttpRequest.", None, None),
    _of_webkit("wrap:eventsource", webkit.WRAPPERS["eventsource"], "The same, for EventSource.", None, None),
    _of_webkit("wrap:image", webkit.WRAPPERS["image"], "The same, for an image.", None, None),
    _of_webkit("wrap:script", webkit.SCRIPT_DENIED, "The same, for a script with `crossorigin`.", None, None),
    _of_webkit("wrap:beacon", webkit.BEACON, "The same, for `sendBeacon()`.", None, None),
    _of_webkit("wrap:failed", webkit.FAILED, "The loader's line, which repeats the reason.", None, None),
    _of_webkit("null-origin", Template("Cannot make any requests from null."), "The page has no origin of its own.", None, False),
    _of_webkit("ftp-disabled", webkit.FTP_DISABLED, "A redirect leads to ftp.", CorsError.CorsDisabledScheme, False),
]
