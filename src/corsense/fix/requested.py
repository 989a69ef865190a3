"""What is done to the source because the user requests it, regardless of the findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from corsense.check.pointing import is_users, text_of
from corsense.fix import edits
from corsense.fix.edits.calls import cors_calls
from corsense.fix.edits.source import read
from corsense.fix.result import FixOptions


def apply_requested(
    texts: Mapping[str, str], files: Sequence[str], fix_options: FixOptions, kept: Collection[str] = ()
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The texts of the files with the requests carried out where possible, and what was done, a title each. `kept` are files that
    keep the middleware they have."""
    found, titles = dict(texts), []
    for file in files:
        text = text_of(file, found) if is_users(file) else None
        if text is None:
            continue
        if fix_options.environment is not None:
            after = _from_environment(text, fix_options.environment)
            if after != text:
                titles.append(f"read the origins from {fix_options.environment}")
            text = after
        if fix_options.adopt and file not in kept:
            adopted = edits.adopt_corsense(text)
            if adopted is not None:
                titles.append("import CORSMiddleware from corsense")
                text = adopted
        if text != text_of(file, found):
            found[file] = text
    return found, tuple(dict.fromkeys(titles))


def _from_environment(text: str, variable: str) -> str:
    """Every CORS call whose origins are written out reads them from the environment."""
    source = read(text)
    calls = [] if source is None else [call.node.lineno for call in cors_calls(source)]
    for line in sorted(calls, reverse=True):
        # An import that this adds moves the calls above it not at all, since imports come first.
        text = _one_from_environment(text, line, variable)
    return text


def _one_from_environment(text: str, line: int, variable: str) -> str:
    source = read(text)
    nearest = [call.node.lineno for call in cors_calls(source)] if source is not None else []
    for candidate in [line, *(number for number in nearest if number >= line)]:
        after = edits.origins_from_environment(text, candidate, variable)
        if after is not None:
            return after
    return text
