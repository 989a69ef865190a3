"""`CorsError`: the closed enumeration of reasons a browser gives for a refusal by CORS."""

from __future__ import annotations

from enum import StrEnum


class CorsError(StrEnum):
    """Why a browser refused an answer, or refused to send a request.

    Members carry the names of Chromium's `Network.CorsError`, where it has one. `Preflight…` members speak of the answer
    to the preflight, the others of the answer to the request itself (or of a redirect on the way).
    """

    # The CORS check on the answer to the request itself (*CORS check*).
    MissingAllowOriginHeader = "MissingAllowOriginHeader"
    AllowOriginMismatch = "AllowOriginMismatch"
    WildcardOriginNotAllowed = "WildcardOriginNotAllowed"
    MultipleAllowOriginValues = "MultipleAllowOriginValues"
    InvalidAllowOriginValue = "InvalidAllowOriginValue"
    InvalidAllowCredentials = "InvalidAllowCredentials"

    # The same check, and more, on the answer to the preflight (*CORS-preflight fetch*).
    PreflightInvalidStatus = "PreflightInvalidStatus"
    PreflightDisallowedRedirect = "PreflightDisallowedRedirect"
    PreflightMissingAllowOriginHeader = "PreflightMissingAllowOriginHeader"
    PreflightAllowOriginMismatch = "PreflightAllowOriginMismatch"
    PreflightWildcardOriginNotAllowed = "PreflightWildcardOriginNotAllowed"
    PreflightMultipleAllowOriginValues = "PreflightMultipleAllowOriginValues"
    PreflightInvalidAllowOriginValue = "PreflightInvalidAllowOriginValue"
    PreflightInvalidAllowCredentials = "PreflightInvalidAllowCredentials"
    MethodDisallowedByPreflightResponse = "MethodDisallowedByPreflightResponse"
    HeaderDisallowedByPreflightResponse = "HeaderDisallowedByPreflightResponse"
    InvalidAllowMethodsPreflightResponse = "InvalidAllowMethodsPreflightResponse"
    InvalidAllowHeadersPreflightResponse = "InvalidAllowHeadersPreflightResponse"

    # Before anything is sent, or on a redirect (*Main fetch*, *HTTP-redirect fetch*).
    RedirectContainsCredentials = "RedirectContainsCredentials"
    DisallowedByMode = "DisallowedByMode"
    CorsDisabledScheme = "CorsDisabledScheme"
    NoCorsRedirectModeNotFollow = "NoCorsRedirectModeNotFollow"
    InvalidResponse = "InvalidResponse"

    # Local Network Access: Chromium's permission, outside the Fetch standard; no answer can produce these.
    InsecureLocalNetwork = "InsecureLocalNetwork"
    LocalNetworkAccessPermissionDenied = "LocalNetworkAccessPermissionDenied"
    InvalidLocalNetworkAccess = "InvalidLocalNetworkAccess"
    # Its predecessor, Private Network Access, which old Chromium versions still print.
    UnexpectedPrivateNetworkAccess = "UnexpectedPrivateNetworkAccess"
    PreflightMissingAllowPrivateNetwork = "PreflightMissingAllowPrivateNetwork"
    PreflightInvalidAllowPrivateNetwork = "PreflightInvalidAllowPrivateNetwork"
    PreflightMissingPrivateNetworkAccessId = "PreflightMissingPrivateNetworkAccessId"
    PreflightMissingPrivateNetworkAccessName = "PreflightMissingPrivateNetworkAccessName"
    PrivateNetworkAccessPermissionDenied = "PrivateNetworkAccessPermissionDenied"
    PrivateNetworkAccessPermissionUnavailable = "PrivateNetworkAccessPermissionUnavailable"
    PreflightMissingAllowExternal = "PreflightMissingAllowExternal"
    PreflightInvalidAllowExternal = "PreflightInvalidAllowExternal"

    @property
    def is_preflight(self) -> bool:
        """Whether the refusal was decided by the answer to a preflight."""
        return self.name.startswith("Preflight") or self.name.endswith("PreflightResponse")
