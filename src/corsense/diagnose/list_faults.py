"""Lists of a CORS layer that hold something other than single strings, and what to say about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from corsense.app.description import LayerInfo
from corsense.diagnose.lists import LISTS, joined_parts, nested_values
from corsense.diagnose.observation import Diagnosis


def list_faults(layer: LayerInfo) -> Iterator[Diagnosis]:
    """The lists of the layer that hold something other than single strings."""
    if layer.policy is not None:
        return
    for argument in LISTS:
        text = string_of_values(layer, argument)
        if text is not None:
            yield replace(text, severity="warning")
        nested = nested_list(layer, argument)
        if nested is not None:
            yield nested
            continue
        given = layer.arguments.get(argument)
        for entry in given if isinstance(given, list | tuple | set | frozenset) else ():
            if isinstance(entry, str):
                yield from joined_entry(layer, argument, entry)


def string_of_values(layer: LayerInfo, argument: str) -> Diagnosis | None:
    """A string in the place of a list of methods or headers; None where there is none, and for `*`, which a string may hold."""
    value = layer.arguments.get(argument)
    if layer.policy is not None or argument == "allow_origins" or not isinstance(value, str) or "*" in value:
        return None
    parts = list(joined_parts(value, argument)) or [value.strip()]
    message = f"{argument} is the string {value!r}, not a list. Starlette takes each of its letters for a value."
    evidence: dict[str, object] = {"argument": argument, "value": value}
    return Diagnosis("origins-not-a-list", message, layer.place, evidence, "error", f"{argument}={parts!r}")


def no_list(layer: LayerInfo) -> Diagnosis | None:
    """`None` in the place of a list, of which Starlette cannot build the layer."""
    missing = [name for name in LISTS if name in layer.arguments and layer.arguments[name] is None]
    if layer.policy is not None or not missing:
        return None
    message = f"{missing[0]} is None, not a list. It may come from a variable that is not set. Every request gets 500."
    remedy = f"Read a variable with a default, and split it: {missing[0]}=os.environ.get('NAME', '').split(',')."
    return Diagnosis("origins-not-a-list", message, layer.place, {"argument": missing[0]}, "error", remedy)


def nested_list(layer: LayerInfo, argument: str = "allow_origins") -> Diagnosis | None:
    """A list within the list; None where there is none."""
    value = layer.arguments.get(argument)
    inner = nested_values(value)
    if inner is None:
        return None
    comma = isinstance(value, tuple) and len(value) == 1
    what = "A comma after the list makes a tuple of it" if comma else "A list stands inside the list"
    effect = "the layer cannot use it"
    if argument == "allow_origins":
        effect = "no origin equals a list, so pages of all these origins are blocked"
    shown = ", ".join(map(repr, inner[:4])) + (f" and {len(inner) - 4} more" if len(inner) > 4 else "")
    message = f"{argument} must hold strings, not a list ({shown}). {what}, and {effect}."
    remedy = "Remove the comma after the list." if comma else "Unpack the inner list: [*origins]."
    evidence: dict[str, object] = {"argument": argument, "values": list(inner)}
    return Diagnosis("nested-origins", message, layer.place, evidence, "error", remedy)


def joined_with(layer: LayerInfo, argument: str, value: str) -> Diagnosis | None:
    """What to say where the list has `value` (in any case) inside a string of several values; None where it does not."""
    given = layer.arguments.get(argument)
    for entry in given if isinstance(given, list | tuple | set | frozenset) else ():
        if isinstance(entry, str) and value.lower() in {part.lower() for part in joined_parts(entry, argument)}:
            return next(joined_entry(layer, argument, entry), None)
    return None


def joined_entry(layer: LayerInfo, argument: str, entry: str) -> Iterator[Diagnosis]:
    """What to say about an entry that holds several values; nothing for one that holds a single one."""
    parts = joined_parts(entry, argument)
    if not parts:
        return
    shown = ", ".join(map(repr, parts[:6]))
    message = f"{entry!r} in {argument} is one string, so it matches none of its values ({shown})."
    remedy = "Write each value as a separate string, separated by commas."
    evidence: dict[str, object] = {"argument": argument, "value": entry, "values": list(parts)}
    yield Diagnosis("joined-values", message, layer.place, evidence, "error", remedy)
