"""Environment variables as keywords of a policy, the way people write them.

Seen in the wild: commas, commas with blanks, JSON, blanks, new lines; an empty string for no entries; a trailing slash that a URL
type added; `*` alone.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from corsense.errors import quoted
from corsense.faults import Fault, PolicyError
from corsense.warnings import OriginWarning

if TYPE_CHECKING:
    from corsense.policy.policy import Policy

    AnyPolicy = TypeVar("AnyPolicy", bound=Policy)

ENVIRONMENT_NAMES = ("ENVIRONMENT", "FASTAPI_ENV", "APP_ENV")
"""The variables that name an environment; the first that is set counts. Not `ENV`, which in many shells names a file."""
DEVELOPMENT_NAMES = frozenset({"development", "dev", "local", "test", "testing"})
"""The environments that are not production. Any other name is: `production`, `prod`, `staging`, `stage`, `live`, `eu-1`..."""

LISTS = ("origins", "methods", "request_headers", "expose_headers")
FLAGS = (
    "private_network",
    "websockets",
    "dangerously_allow_insecure_origins",
    "dangerously_allow_public_suffixes",
    "dangerously_allow_any_origin_with_credentials",
    "dangerously_allow_broad_regex",
)
VARIABLES = (*LISTS, "origin_regex", "credentials", "max_age", *FLAGS)
"""The keywords that have a variable."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(slots=True)
class ReadVariables:
    """What the variables say: keywords of `Policy`, the variable each came from, and the faults of those that cannot be read."""

    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def keywords_from_environment(
    environ: Mapping[str, str], *, prefix: str = "CORS_", aliases: tuple[str, ...] = ()
) -> ReadVariables:
    """The keywords that the variables of `environ` spell. Empty or absent variables are ignored. Of `PREFIX_ORIGINS` and
    `aliases`, other names for it, the first that is set counts."""
    by_name = {name.upper(): (name, value) for name, value in environ.items()}
    read = ReadVariables()
    for keyword in VARIABLES:
        names = (f"{prefix}{keyword}", *(aliases if keyword == "origins" else ()))
        found = next((by_name[name.upper()] for name in names if by_name.get(name.upper(), ("", ""))[1].strip()), None)
        if found is None:
            continue
        name, text = found
        read.names[keyword] = name
        value, faults = read_value(keyword, text, name)
        read.faults += faults
        if not faults:
            read.values[keyword] = value
    return read


def read_value(keyword: str, given: object, name: str) -> tuple[Any, list[Fault]]:
    """The value of `keyword` that the variable `name` spells; a value that is not a string (from a TOML file) is unchanged."""
    if not isinstance(given, str):
        listed = keyword in ("origins", "credentials") and isinstance(given, list) and all(isinstance(x, str) for x in given)
        return (forgive_slashes(given, name) if listed and isinstance(given, list) else given), []
    text = given
    if keyword == "origins":
        return read_origin_setting(text, name)
    if keyword in LISTS:
        return read_list(text, name)
    if keyword == "origin_regex":
        return text, []
    if keyword == "max_age":
        try:
            return int(text), []
        except ValueError:
            message = f"{quoted(text)} is not a number of seconds."
            return None, [Fault(name, text, "max-age-out-of-range", message, f"Write {name}=600, or leave it out.")]
    lower = text.strip().lower()
    if lower in _TRUE | _FALSE:
        return lower in _TRUE, []
    if keyword == "credentials" and not lower.isalnum():  # an origin has more than letters and digits
        return read_origin_setting(text, name)
    message = f"{quoted(text)} must be true or false."
    return None, [Fault(name, text, "flag-not-a-bool", message, f"Write {name}=true, or leave it out.")]


def read_list(text: str, name: str) -> tuple[list[str], list[Fault]]:
    """The entries of a list that is written with commas, blanks or new lines, or as JSON; stripped, blank ones dropped."""
    stripped = text.strip()
    if stripped.startswith(("[", "{", '"')):
        try:
            document = json.loads(stripped)
        except json.JSONDecodeError:
            return _broken_json(stripped, name)
        entries = [document] if isinstance(document, str) else document
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            message = f"{quoted(stripped)} is JSON, but not a list of strings."
            remedy = f"Write {name}=https://a.example.com,https://b.example.com."
            return [], [Fault(name, text, "origins-not-a-list", message, remedy)]
        if isinstance(document, str):
            return read_list(document, name)
        return [entry.strip() for entry in entries if entry.strip()], []
    return [part for part in re.split(r"[,;\s]+", stripped) if part], []


def _broken_json(text: str, name: str) -> tuple[list[str], list[Fault]]:
    parts = [part.strip("'\"") for part in re.split(r"[,;\s]+", text.strip("[]{}")) if part.strip("'\"")]
    instead = ",".join(parts)
    remedy = f"Leave {name} out, or separate entries by commas."
    if parts:
        remedy = f"Write {name}={instead}, without brackets and quotes."
    message = f"{quoted(text)} begins like JSON but is not valid JSON."
    return [], [Fault(name, text, "origins-not-a-list", message, remedy)]


def read_origin_setting(text: str, name: str) -> tuple[str | list[str], list[Fault]]:
    """The origins of a setting, as `Policy` takes them: `"*"` alone, or a list; one trailing slash forgiven with a warning."""
    entries, faults = read_list(text, name)
    return ("*" if entries == ["*"] else forgive_slashes(entries, name)), faults


def forgive_slashes(entries: list[str], name: str) -> list[str]:
    """The entries, each without the one slash behind host and port that `AnyHttpUrl` and address bars add. Warns of it."""
    forgiven = []
    for entry in entries:
        host = entry.partition("://")[2]
        if host.endswith("/") and host.count("/") == 1 and len(host) > 1:
            message = f"{name}: {entry!r} is read as {entry[:-1]!r}; browsers send origins without a slash at the end"
            warnings.warn(message, OriginWarning, stacklevel=2)
            entry = entry[:-1]
        forgiven.append(entry)
    return forgiven


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that `variable` names: `name` as it is written, in lower case."""

    variable: str
    name: str

    @property
    def kind(self) -> Literal["development", "production"]:
        """What the name means. An unknown name counts as production."""
        return "development" if self.name in DEVELOPMENT_NAMES else "production"


def environment_of(environ: Mapping[str, str]) -> Environment | None:
    """The environment that the variables name; None when none does."""
    by_name = {name.upper(): value.strip().lower() for name, value in environ.items()}
    return next((Environment(name, by_name[name]) for name in ENVIRONMENT_NAMES if by_name.get(name)), None)


def rules_of(environ: Mapping[str, str], policy: type[AnyPolicy]) -> Callable[..., AnyPolicy]:
    """The preset that the environment asks for."""
    environment = environment_of(environ)
    match environment and environment.kind:
        case "development":
            return policy.development
        case "production":
            return policy.production
        case _:
            return policy


@contextmanager
def named_after_variables(names: Mapping[str, str], faults: list[Fault], missing: str = "") -> Iterator[None]:
    """Turn the fields of the faults of a `PolicyError` into the variables that they came from, and add `faults` to them. Where no
    origins were set, the fault names `missing`, the expected variable."""
    named = {"origins": missing} if missing else {}
    named |= names
    try:
        yield
    except PolicyError as error:
        reported = [fault for fault in error.faults if not (faults and fault.slug == "no-origins")]
        raise PolicyError([*faults, *(_renamed(fault, named) for fault in reported)]) from None
    if faults:
        raise PolicyError(faults)


def _renamed(fault: Fault, names: Mapping[str, str]) -> Fault:
    name = names.get(fault.field)
    if name is None:
        return fault
    remedy = fault.remedy
    if fault.slug == "no-origins":
        remedy = f"Set {name}=https://app.example.com, with commas between several; or remove the CORS layer."
    return replace(fault, field=name, remedy=remedy)
