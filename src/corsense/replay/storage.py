"""Object storage: the file system behind an address such as `s3://bucket/logs/*.gz`.

Credentials come from where its package looks for them: the environment, files, the machine's role.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from corsense._redaction import redact_text, redact_url
from corsense.errors import InputError, quoted

PACKAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **dict.fromkeys(("s3", "s3a"), ("s3fs", "s3")),
        **dict.fromkeys(("gs", "gcs"), ("gcsfs", "gcs")),
        **dict.fromkeys(("az", "abfs", "abfss"), ("adlfs", "azure")),
        "memory": ("fsspec", "s3"),
    }
)
"""By the scheme of an address: the package that reads it, and the extra of corsense that installs the package."""


_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PermissionError": "its storage denies access; check the credentials, and the permissions to list and to read.",
        "FileNotFoundError": "there is no such bucket or file.",
        "NoCredentialsError": "there are no credentials for its storage.",
    }
)


_RAISED: Final = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception))(?:: (.*))?$", re.MULTILINE)


def storage(address: str) -> Any | None:
    """The file system (of fsspec) for an address; None for a local path, and for what the engine reads itself, such as `https`.
    Raises InputError."""
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if scheme not in PACKAGES:
        return None
    package, extra = PACKAGES[scheme]
    try:
        fsspec: Any = import_module("fsspec")
        import_module(package)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fsspec", package):
            raise
        raise InputError(
            f"reading {quoted(redact_url(address))} needs {package}, which is not installed; run: pip install 'corsense[{extra}]'"
        ) from None
    try:
        return fsspec.filesystem(scheme)
    except Exception as error:  # whatever its client raises: no credentials, no project, a broken configuration
        raise InputError(f"{quoted(redact_url(address))} cannot be read: {reason(error)}") from None


def reason(error: BaseException) -> str:
    """Why object storage cannot be read, in one sentence without credentials. DuckDB wraps what the file system raised as the
    text of a traceback."""
    text = str(error).strip()
    if "No files found that match" in text:
        return "no file there has this name."
    raised = _RAISED.findall(text)
    name, message = raised[-1] if raised and text.startswith("Traceback") else (type(error).__name__, text.partition("\n")[0])
    return _REASONS.get(name) or f"{redact_text(message or name).rstrip('.')}."
