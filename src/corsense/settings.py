"""`CORSSettings`: a policy from environment, `.env` and `pyproject.toml`; `CORSOrigins`: a field for your own settings.

    class Settings(BaseSettings):
        cors_origins: CORSOrigins = []

    app.add_middleware(CORSMiddleware, policy=CORSSettings().policy)

Lists are written the way people do: with commas, blanks or new lines, or as JSON.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, BeforeValidator, Field, PrivateAttr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource, InitSettingsSource, PyprojectTomlConfigSettingsSource

from corsense.faults import Fault, PolicyError
from corsense.policy import Policy
from corsense.policy.environment import (
    ENVIRONMENT_NAMES,
    VARIABLES,
    forgive_slashes,
    named_after_variables,
    read_origin_setting,
    read_value,
    rules_of,
)
from corsense.policy.keywords import unknown_keyword
from corsense.policy.origins import read_origins

__all__ = ["CORSOrigins", "CORSSettings", "ValidationError"]

TABLE = ("tool", "corsense", "policy")
"""The table of `pyproject.toml` that holds the policy."""

Listed = Annotated[str | list[str] | None, NoDecode]


def _read_origins(value: object, info: ValidationInfo) -> object:
    """What a variable holds, as a list of origins."""
    name = _variable(info.field_name or "origins", value)
    if value is None:
        return []
    entries: object = value
    faults: list[Fault] = []
    if isinstance(value, str):
        entries, faults = read_origin_setting(value, name)
    elif isinstance(value, (list, tuple)) and all(isinstance(entry, str) for entry in value):
        entries = forgive_slashes([entry.strip() for entry in value if entry.strip()], name)
    if not faults:
        listed, faults = read_origins(name, entries)
        entries = ["*"] if listed.any_origin else list(listed.texts)
    if faults:
        raise PolicyError(faults)
    return entries


def _variable(field: str, value: object) -> str:
    """The variable that `value` came from: the field's name with its prefix or an alias, where the environment tells."""
    holders = [name.upper() for name, text in os.environ.items() if text and text == value]
    named = [name for name in holders if name.endswith(field.upper())]
    return min(named or [name for name in holders if "ORIGIN" in name] or [field.upper()], key=len)


CORSOrigins = Annotated[list[str], NoDecode, BeforeValidator(_read_origins)]
"""A list of origins as a field of your own `BaseSettings`, ready for `Policy(origins=...)`.

Reads `https://a.example.com,https://b.example.com`, the same with blanks or new lines, a JSON list, `*` alone; an empty variable
is an empty list. White space is trimmed, blank entries are dropped, one trailing slash is forgiven with an `OriginWarning`. Any
other entry that is not an origin pattern is a validation error that names the variable, the value, and what to write instead.
Never use `AnyHttpUrl` for an origin: it adds a slash, and browsers send none.
"""


class CORSSettings(BaseSettings):
    """A policy from the environment: `CORS_ORIGINS`, `CORS_CREDENTIALS`, ..., a variable for each keyword of `Policy` but
    the resolver's; below them the same in `.env`, and `[tool.corsense.policy]` of the working directory's `pyproject.toml`.

        CORSSettings().policy
        CORSSettings(_env_prefix="API_CORS_", _env_file=".env.production").policy
        CORSSettings.named("ALLOWED_ORIGINS", "BACKEND_CORS_ORIGINS")().policy     # further names for the origins

    `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` chooses the rules: `development` (or `dev`, `local`, `test`) takes
    `Policy.development()` as its defaults; any other name takes `Policy.production()`, which refuses leftovers of
    development. Without a name, the values are used unchanged.

    Construction raises `PolicyError`; its faults name the variables.
    """

    model_config = SettingsConfigDict(env_prefix="CORS_", env_file=".env", env_ignore_empty=True, extra="ignore")

    aliases: ClassVar[tuple[str, ...]] = ()
    """Further variables that may hold the origins; the first that is set counts, after that of the prefix."""

    environment: str | None = Field(None, validation_alias=AliasChoices(*ENVIRONMENT_NAMES))
    origins: Listed = None
    origin_regex: str | None = None
    credentials: Annotated[bool | str | list[str] | None, NoDecode] = None
    methods: Listed = None
    request_headers: Listed = None
    expose_headers: Listed = None
    max_age: int | str | None = None
    private_network: bool | str | None = None
    websockets: bool | str | None = None
    dangerously_allow_insecure_origins: bool | str | None = None
    dangerously_allow_public_suffixes: bool | str | None = None
    dangerously_allow_any_origin_with_credentials: bool | str | None = None
    dangerously_allow_broad_regex: bool | str | None = None
    origins_variable: str | None = Field(None, exclude=True, repr=False)
    """The alias that held the origins."""
    project_table: dict[str, Any] = Field({}, exclude=True, repr=False)
    """The table of `pyproject.toml`."""

    _policy: Policy = PrivateAttr()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self._policy = self._read(str(values.get("_env_prefix") or self.model_config.get("env_prefix", "")))

    @property
    def policy(self) -> Policy:
        """The policy that the settings spell."""
        return self._policy

    @classmethod
    def named(cls, *aliases: str, prefix: str | None = None) -> type[CORSSettings]:
        """Settings whose origins may also be in one of the variables `aliases`, and whose variables begin with `prefix`."""
        config = SettingsConfigDict(**cls.model_config)
        if prefix is not None:
            config["env_prefix"] = prefix
        return type(cls.__name__, (cls,), {"aliases": aliases, "model_config": config, "__module__": cls.__module__})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """See pydantic-settings: arguments, environment, `.env`, secrets, the aliases, then `pyproject.toml`."""
        aliased = _aliased(settings_cls, cls.aliases, (env_settings, dotenv_settings))
        project = _project(settings_cls)
        return (init_settings, env_settings, dotenv_settings, file_secret_settings, aliased, project)

    def _read(self, prefix: str) -> Policy:
        values: dict[str, Any] = {}
        names: dict[str, str] = {}
        faults: list[Fault] = []
        for keyword in VARIABLES:
            given = getattr(self, keyword)
            if given is None:
                continue
            names[keyword] = f"{prefix}{keyword}".upper()
            if keyword in self.project_table and given == self.project_table[keyword]:
                names[keyword] = f"[{'.'.join(TABLE)}] {keyword}"
            elif keyword == "origins" and self.origins_variable is not None:
                names[keyword] = self.origins_variable
            read, found = read_value(keyword, given, names[keyword])
            faults += found
            if not found:
                values[keyword] = read
                setattr(self, keyword, read)
        rules = rules_of({"ENVIRONMENT": self.environment or ""}, Policy)
        with named_after_variables(names, faults, f"{prefix}ORIGINS".upper()):
            return rules(**values)


def _aliased(
    settings: type[BaseSettings], aliases: tuple[str, ...], sources: tuple[PydanticBaseSettingsSource, ...]
) -> InitSettingsSource:
    """The first of the aliases that is set, unless the variable of the prefix is."""
    for source in sources:
        if not isinstance(source, EnvSettingsSource):
            continue
        variables = {name.lower(): value for name, value in source.env_vars.items() if value}
        if variables.get(f"{source.env_prefix}origins".lower()):
            break
        for alias in aliases:
            if found := variables.get(alias.lower()):
                return InitSettingsSource(settings, init_kwargs={"origins": found, "origins_variable": alias})
    return InitSettingsSource(settings, init_kwargs={})


def _project(settings: type[BaseSettings]) -> InitSettingsSource:
    """The table of `pyproject.toml`. Raises `PolicyError` when it has a key that a policy does not have."""
    source = PyprojectTomlConfigSettingsSource(_with_table(settings))
    table: object = source.toml_data
    where = f"[{'.'.join(TABLE)}]"
    if not isinstance(table, dict):
        message = f"{where} of pyproject.toml must be a table."
        raise PolicyError(
            [Fault(where, table, "unknown-keyword", message, f"Write {where} on its own line and the keywords below it.")]
        )
    unknown = [unknown_keyword(name, value) for name, value in table.items() if name not in VARIABLES]
    if unknown:
        raise PolicyError([replace(fault, field=f"{where} {fault.field}") for fault in unknown])
    return InitSettingsSource(settings, init_kwargs={**table, "project_table": table})


def _with_table(settings: type[BaseSettings]) -> type[BaseSettings]:
    config = SettingsConfigDict(**settings.model_config)
    config["pyproject_toml_table_header"] = TABLE
    return type("Table", (BaseSettings,), {"model_config": config, "__module__": __name__})
