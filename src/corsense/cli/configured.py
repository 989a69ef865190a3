"""What the configuration says where the command line says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from corsense.check.request import CheckRequest
    from corsense.config import Configuration


def configuration_for(target: str | None) -> Configuration:
    """The configuration near the file or folder that a target names, else near the working directory. Raises InputError."""
    from corsense.config import Configuration

    named = Path(target.rpartition(":")[0] or target) if target else Path()
    return Configuration.near(named if target and "://" not in target and named.exists() else Path())


def configured_origins(configuration: Configuration) -> tuple[str, ...]:
    """The origins of the configuration. Raises InputError for one that no browser sends."""
    from corsense.check.request import read_origin

    return tuple(_read(configuration, "origins", read_origin, text) for text in configuration.origins)


def with_configuration(asked: CheckRequest, configuration: Configuration) -> CheckRequest:
    """What was asked for, completed by the configuration. Raises InputError for a value that cannot be used."""
    from corsense.check.request import read_base_url, read_client

    base_url = configuration.base_url
    selection = asked.selection
    if selection.start is not None:
        selection = replace(selection, start=configuration.folder)
    return replace(
        asked,
        selection=selection,
        origins=asked.origins or configured_origins(configuration),
        credentials=asked.credentials or configuration.credentials,
        base_url=asked.base_url or (_read(configuration, "base-url", read_base_url, base_url) if base_url else None),
        behind_proxy=asked.behind_proxy if asked.behind_proxy is not None else configuration.behind_proxy,
        clients=asked.clients or tuple(_read(configuration, "client", read_client, name) for name in configuration.client),
    )


def _read(configuration: Configuration, key: str, read: Callable[[str], str], text: str) -> str:
    """A value of a key; an error names the key."""
    from corsense.errors import InputError

    try:
        return read(text)
    except InputError as error:
        raise InputError(f"{configuration.key(key)}: {error}") from None
