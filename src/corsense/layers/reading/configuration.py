"""A file to a `Reading`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from corsense.errors import InputError, quoted
from corsense.layers.reading.judging import judge
from corsense.layers.reading.recognition import FORMATS, FormatName, format_of, is_vcl
from corsense.layers.reading.result import PlacedPolicy, Reading, Remark, UnreadableConfiguration
from corsense.layers.reading.source import read_text
from corsense.layers.reading.trial import Budget, Place

_SHOWN = 4
MOST_PLACES = 500
"""How many places of a configuration are judged."""
_UNPROVEN: frozenset[str] = frozenset({"gateway-api", "aws-http-api"})


def read_configuration(path: Path, format: FormatName | None = None, *, name: str | None = None) -> Reading:
    """What a configuration says about CORS. Nothing is started but Caddy, which reads a Caddyfile.

    - `format`: that of the file; None: by its name and text.
    - `name`: what the file is called in remarks and errors; its path otherwise.

    Raises:
        InputError: there is no such file, or its format is not known.
        UnreadableConfiguration: it cannot be read. The message has file and line.
        MissingExtra: a library of `corsense[layers]` is not installed.
    """
    called = name or str(path)
    text = read_text(path, called)
    found = format or format_of(path.name, text)
    if found is None and is_vcl(path.name, text):
        raise InputError(f"{quoted(called)} is a program in VCL, the language of Varnish, which corsense does not read.")
    if found is None:
        raise InputError(f"{quoted(called)} has no format that corsense knows; name it with --from ({', '.join(FORMATS)}).")
    places, unknown = _places(path, text, called, found)
    places = list(places)
    judged = list(_judged(places[:MOST_PLACES], called, found))
    if len(places) > MOST_PLACES:
        message = f"There are {len(places)} places with rules of their own, and only the first {MOST_PLACES} were judged."
        unknown = [*unknown, Remark(None, message, called, places[MOST_PLACES].line)]
    return Reading(called, found, tuple(_grouped(judged)), tuple(dict.fromkeys(unknown)), found not in _UNPROVEN)


def _judged(places: Iterable[Place], name: str, format: FormatName) -> Iterator[PlacedPolicy]:
    budget = Budget()
    for place in places:
        with _types(name, place.line, format):
            judged = judge(place, budget)
        if judged is not None:
            yield judged


@contextmanager
def _types(name: str, line: int | None, format: FormatName) -> Iterator[None]:
    """Caddy's JSON is read as it comes, so values of other types than Caddy takes show only when they are used."""
    try:
        yield
    except RecursionError:
        raise UnreadableConfiguration(name, line, "This is nested too deep.") from None
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        if format != "caddy" or isinstance(error, InputError):
            raise
        raise UnreadableConfiguration(name, line, "A value has another type than Caddy takes.") from error


def _places(path: Path, text: str, name: str, format: FormatName) -> tuple[Iterable[Place], list[Remark]]:
    match format:
        case "nginx":
            from corsense.layers.reading.nginx import read_nginx

            return read_nginx(path, name)
        case "haproxy":
            from corsense.layers.reading.haproxy import read_haproxy

            return read_haproxy(path, name)
        case "apache":
            from corsense.layers.reading.apache import read_apache

            return read_apache(path, name)
        case "caddy":
            from corsense.layers.reading.caddy import read_caddy

            with _types(name, None, format):
                return read_caddy(text, path, name)
    from corsense.layers.reading.yaml_tree import read_tree

    documents = read_tree(text, name)
    match format:
        case "traefik":
            from corsense.layers.reading.traefik import read_traefik

            return read_traefik(documents, path, name)
        case "envoy":
            from corsense.layers.reading.envoy import read_envoy

            return read_envoy(documents, name)
        case "gateway-api":
            from corsense.layers.reading.cloud import read_gateway_api

            return read_gateway_api(documents, name)
        case "aws-http-api":
            from corsense.layers.reading.cloud import read_api_gateway

            return read_api_gateway(documents, name)
        case "compose":
            from corsense.layers.reading.compose import read_compose

            return read_compose(documents, name)


def _grouped(judged: list[PlacedPolicy]) -> list[PlacedPolicy]:
    """Places that behave alike, as one."""
    groups: dict[PlacedPolicy, list[PlacedPolicy]] = {}
    for each in judged:
        groups.setdefault(replace(each, where="", line=None), []).append(each)
    found = []
    for group in groups.values():
        names = list(dict.fromkeys(each.where for each in group))
        where = "; ".join(names[:_SHOWN]) + (f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        found.append(replace(group[0], where=where))
    return found
