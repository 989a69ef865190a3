"""The `corsense fix` command that repairs what another command found, with its target and its options, to be pasted."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path


def fix_command(targets: Iterable[str | None], options: Mapping[str, object]) -> str:
    """`corsense fix TARGET --origin ... --write`, without secrets.

    `options` are named as those of `corsense fix`: True is a flag, a list an option that is repeated; None and False were not
    given. A pasted request is read from standard input again.
    """
    named = (target for target in targets if target is not None)
    words = ["corsense", "fix", *(f"./{target}" if target.startswith("-") else target for target in named)]
    for name, given in options.items():
        for value in given if isinstance(given, list | tuple) else [given]:
            if value is True:
                words.append(f"--{name}")
            elif value is not None and value is not False:
                words += [f"--{name}", _shown(name, str(value))]
    return shlex.join([*words, "--write"])


def to_do(command: str) -> str:
    """What a person has to do to run a command: secrets and pasted requests are not in it."""
    from corsense._redaction import PLACEHOLDER

    words = shlex.split(command)
    tasks = [f"fill in what is {PLACEHOLDER}"] if any(PLACEHOLDER in word for word in words) else []
    tasks += ["paste the request into it again, then press Ctrl-D"] if "-" in words else []
    return ", and ".join(tasks)


def app_target(target: str | None, name: str) -> str | None:
    """How `corsense fix` must be given the app that `corsense check` was given as `target` and calls `name`: of files and folders
    alone, `corsense fix` repairs the source and does not load the app."""
    from corsense.app.target import AppTarget

    attribute = name.rpartition(":")[2]
    if target is None or ":" in target:
        return target
    if target.endswith(".py"):
        return f"{target}:{attribute}"
    if not Path(target).is_dir():
        return target
    found = AppTarget.parse(target)
    return str(Path(target, f"{found.text}:{attribute}")) if found.source == "file" else name


def _shown(option: str, value: str) -> str:
    from corsense._redaction import Redactor

    if option in ("curl", "fetch"):
        return "-"
    if option == "header":
        name, colon, text = value.partition(":")
        return f"{name}{colon} {Redactor().header(name.strip(), text.strip())}"
    if option in ("origin", "request", "base-url"):
        return " ".join(Redactor().url(word) if "/" in word else word for word in value.split(" "))
    return value
