"""`CORSENSE_INSPECTOR`: whether `install` puts the inspector of `corsense dev` around the app."""

from __future__ import annotations

import os
from typing import Final

from corsense.errors import InputError, quoted

VARIABLE: Final = "CORSENSE_INSPECTOR"
_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})


def wants_inspector(inspector: bool | None) -> bool:
    """Whether the inspector is wanted: `inspector` as the code says, where None leaves it to the variable. The variable can
    switch it off whatever the code says, as where an app is loaded to be checked, and never on where the code says False.

    Raises `InputError` when the variable has another value.
    """
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return inspector is True
    if value.lower() in _OFF:
        return False
    if value.lower() in _ON:
        return inspector is not False
    raise InputError(f"{VARIABLE} is {quoted(value)}; set it to 1 for the inspector, or to 0 to switch it off.")
