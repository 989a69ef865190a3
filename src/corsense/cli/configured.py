"""What the configuration says where the command line says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corsense.check.request import Asked
    from corsense.config import Configuration


def configuration_for(target: str | None) -> Configuration:
    """The configuration near the file or folder that a target names, else near the working directory. Raises InputError."""
    from corsense.config import Configuration

    named = Path(target.rpartition(":")[0] or target) if target else Path()
    return Configuration.near(named if target and "://" not in target and named.exists() else Path())


def configured_origins(configuration: Configuration) -> tuple[str, ...]:
    """The origins of the configuration. Raises InputError for one that no browser sends."""
    from corsense.check.request import read_origin
    from corsense.errors import InputError

    try:
        return tuple(read_origin(text) for text in configuration.origins)
    except InputError as error:
        raise InputError(f"{configuration.key('origins')}: {error}") from None


def with_configuration(asked: Asked, configuration: Configuration) -> Asked:
    """What was asked for, completed by the configuration. Raises InputError for a value that cannot be used."""
    return replace(
        asked,
        origins=asked.origins or configured_origins(configuration),
        credentials=asked.credentials or configuration.credentials,
    )
