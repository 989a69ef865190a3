"""`corsense policy import`, and policies of proxies for the other commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.layers.reading.recognition import FORMATS, format_of
from corsense.report.formats import TextOrJson

if TYPE_CHECKING:
    from corsense.layers.reading import FormatName, PlacedPolicy, Reading
    from corsense.policy import Policy

_LARGEST = 1_000_000
_NEVER = (".py", ".pyi", ".toml", ".ipynb", ".har", ".env")


def import_policy(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="nginx.conf, Caddyfile, haproxy.cfg, httpd.conf, compose.yaml, YAML or JSON of a gateway.",
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help=f"{', '.join(FORMATS)}. Default: by name and content.", show_default=False),
    ] = None,
    format: Annotated[TextOrJson, typer.Option(help="How to print what was read.")] = TextOrJson.TEXT,
) -> None:
    """Read the CORS policy of a proxy or gateway from its configuration: as Python to paste, with what differs from it.

    Each place of the configuration has a policy of its own. What cannot be read exactly is reported with file and line.
    Exit status: 0 every policy was read exactly, or there is none; 1 something differs or was not understood; 2 the file cannot
    be read."""
    reading = read_layer(file, source)
    if format is TextOrJson.JSON:
        from corsense.report.policy_documents import policy_json
        from corsense.report.reading import reading_document

        print(policy_json(reading_document(reading)))
    else:
        from corsense.report.reading import reading_text

        print(reading_text(reading))
    raise typer.Exit(SOMETHING_FOUND if reading.remarks else NOTHING_FOUND)


def read_layer(file: Path, source: str | None = None) -> Reading:
    """What a configuration says. One that cannot be read ends the command with status 2."""
    from corsense.errors import InputError, nearest, quoted
    from corsense.layers.reading import read_configuration

    format: FormatName | None = None
    if source is not None:
        format = next((known for known in FORMATS if known == source.lower()), None)
        if format is None:
            near = nearest(source, FORMATS)
            hint = f"; did you mean {near}?" if near is not None else f". Write one of {', '.join(FORMATS)}."
            fail(f"--from {quoted(source)} is not a format that corsense reads{hint}")
    try:
        return read_configuration(file, format)
    except InputError as error:
        fail(str(error))


def is_layer(source: str | None) -> bool:
    """Whether a policy is named by a configuration of a proxy."""
    if source is None or ":" in Path(source).name or source.endswith(_NEVER) or not Path(source).is_file():
        return False
    if not source.endswith(".json"):
        return True
    with open(source, "rb") as file:
        return format_of(source, file.read(_LARGEST).decode("utf-8", "replace")) is not None


def policies_of(source: str) -> list[PlacedPolicy]:
    """The places of a configuration that have a policy, each with another one. Where there is none, the command ends."""
    from corsense.errors import quoted

    reading = read_layer(Path(source))
    found = {place.policy: place for place in reversed(reading.places) if place.policy is not None}
    if not found:
        first = next(iter(reading.remarks), None)
        why = f": {first}" if first is not None else "; it sets no CORS headers."
        fail(f"there is no policy in {quoted(source)}{why}")
    return list(reversed(found.values()))


def policy_of_layer(source: str) -> Policy:
    """The one policy of a configuration; what differs from it goes to standard error. With several the command ends."""
    from corsense.errors import quoted

    places = policies_of(source)
    if len(places) > 1:
        where = "; ".join(place.where for place in places[:4])
        fail(f"{quoted(source)} has {len(places)} different policies ({where}). `corsense policy import` prints each.")
    for line in notes(places[0]):
        print(f"corsense: {line}", file=sys.stderr)
    policy = places[0].policy
    assert policy is not None
    return policy


def notes(place: PlacedPolicy) -> Iterator[str]:
    """What a browser meets at a place besides its policy."""
    for remark in place.remarks:
        if remark.severity != "info" or remark.slug is None:
            yield str(remark)


def doubling(place: PlacedPolicy, other: str) -> Iterator[str]:
    """What happens where a layer and the app behind it, `other`, both set CORS headers."""
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    if "access-control-allow-origin" in place.doubled:
        yield (
            f"{where}: both layers set Access-Control-Allow-Origin. This one adds its value beside that of {other}, and browsers "
            "refuse two values. Remove the headers of the app here, or the CORS layer of the app."
        )
    elif "access-control-allow-origin" in place.replaced:
        yield f"{where}: this layer replaces Access-Control-Allow-Origin, so what {other} allows has no effect behind it."
    if place.answers_preflights:
        yield f"{where}: this layer answers preflights itself, so {other} never sees them."
