"""The policy that a command names, and the error where there is none."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from corsense.cli.process import fail

if TYPE_CHECKING:
    from corsense.policy import Fault, Policy


def valid_policy(source: str | None, python: str | None = None) -> Policy:
    """The policy, which must be valid: its faults end the command with status 2."""
    from corsense.faults import PolicyError

    try:
        return load_named(source, python)
    except PolicyError as error:
        refuse(source, error.faults)


def refuse(source: str | None, faults: tuple[Fault, ...]) -> NoReturn:
    """End the command with the first fault of a policy, and status 2."""
    check = shlex.join(["corsense", "policy", "check", *([source] if source is not None else [])])
    more = f" ({len(faults) - 1} more; `{check}` lists them)" if len(faults) > 1 else ""
    unread = under_another_name(source) if faults[0].slug == "no-origins" else ""
    fail(f"the policy is not valid: {faults[0]}{more}{unread}")


def load_named(source: str | None, python: str | None = None) -> Policy:
    """The policy that `source` names; code is imported with the interpreter of its environment. Raises PolicyError for one with
    faults; where there is none, the command ends."""
    from corsense.errors import InputError
    from corsense.readers.policy import load_policy

    logging.getLogger("corsense").addHandler(logging.NullHandler())  # what a layer refuses is printed here, once
    warnings.showwarning = lambda message, *_, **__: print(f"corsense: {message}", file=sys.stderr)
    try:
        if source is None or is_environment(source):
            return _configured(_names_in(source))
        from corsense.cli.importing import is_layer, policy_of_layer

        if is_layer(source):
            return policy_of_layer(source)
        return load_policy(source, Path.cwd()) if source.endswith((".toml", ".json")) else _of_code(source, python)
    except InputError as error:
        remedy = _settings_remedy(error.__cause__)
        fail(f"{error} {remedy}" if remedy else str(error))


def _settings_remedy(cause: BaseException | None) -> str | None:
    from corsense.app.agent.missing_settings import settings_remedy

    return settings_remedy(cause) if cause is not None else None


def _of_code(source: str, python: str | None) -> Policy:
    """The policy that Python code makes. Raises `PolicyError` and `InputError`."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.cli.interpreter import interpreter_for
    from corsense.readers.policy import load_policy

    try:
        interpreter = interpreter_for(str(Path.cwd()), python)
        if interpreter.is_own:
            return load_policy(source, Path.cwd())
        from corsense.check.policy import policy_elsewhere

        return policy_elsewhere(source, Path.cwd(), interpreter.path)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        fail(f"{error} {error.remedy}" if error.remedy else str(error))


def is_environment(source: str | None) -> bool:
    """Whether `source` names the policy of the environment, `.env` and `pyproject.toml`."""
    return source is None or source == "env" or source.startswith("env:")


def _names_in(source: str | None) -> tuple[str, ...]:
    """The variables that `env:ALLOWED_ORIGINS` names for the origins."""
    named = (source or "").partition(":")[2]
    return tuple(name.strip() for name in named.split(",") if name.strip())


def under_another_name(source: str | None) -> str:
    """The variable that probably holds the origins, where the expected one is not set."""
    from dotenv import dotenv_values

    if not is_environment(source) or _names_in(source):
        return ""
    held = {**dotenv_values(".env"), **os.environ}
    name = next((name for name, text in sorted(held.items()) if "ORIGIN" in name.upper() and (text or "").strip()), None)
    return f" {name} is set: if it holds the origins, name it with env:{name}." if name is not None else ""


def _configured(names: tuple[str, ...]) -> Policy:
    """The policy of environment, `.env` and `pyproject.toml`, the origins also from the variables `names`. Raises `PolicyError`
    and `InputError`."""
    import tomllib

    from corsense.errors import InputError
    from corsense.settings import CORSSettings, ValidationError

    try:
        return CORSSettings.named(*names)().policy
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"pyproject.toml or .env cannot be read: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))} cannot be read: {first['msg']}.") from None
