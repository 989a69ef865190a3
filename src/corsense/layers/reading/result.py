"""`Reading`: what a configuration of a proxy or gateway says about CORS, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from corsense.errors import InputError, quoted

if TYPE_CHECKING:
    from corsense.policy import Policy

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a browser meets that the policy does not say, or what could not be read.

    - `slug`: the cause in the catalogue; None: a part of the configuration was not understood.
    - `file`, `line`: where it is written. `line` counts from 1; None where the format gives no line.
    - `message`: one or two sentences with the value; `remedy`: what to write instead.
    """

    slug: str | None
    message: str
    file: str
    line: int | None
    severity: Severity = "warning"
    remedy: str | None = None

    @property
    def place(self) -> str:
        """`nginx.conf:12`, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        return f"{text} {self.remedy}" if self.remedy else text


@dataclass(frozen=True, slots=True)
class PlacedPolicy:
    """The policy that one place of a configuration enforces.

    - `where`: the place in the words of the format (`server api.example.com, location /`); `file`, `line`: where it begins.
    - `policy`: None when no policy says what happens there; `remarks` have the reason.
    - `answers_preflights`: whether the layer answers preflights itself; otherwise they go on to the app.
    - `doubled`: the headers of the layer that are added beside the app's own, so a browser would see both values;
      `replaced`: those whose value takes the place of the app's.
    """

    where: str
    file: str
    line: int | None
    policy: Policy | None
    remarks: tuple[Remark, ...] = ()
    answers_preflights: bool = False
    doubled: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the policy says all that a browser meets at this place."""
        return self.policy is not None and not self.remarks


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a policy for each place with CORS headers, and `unknown`, the parts that belong to no place and were not
    understood. `format` is the name of the format; `proven` is False where no program of that format was compared with corsense's
    reading of it."""

    file: str
    format: str
    places: tuple[PlacedPolicy, ...]
    unknown: tuple[Remark, ...] = ()
    proven: bool = True

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The different policies, each once."""
        found = dict.fromkeys(place.policy for place in self.places if place.policy is not None)
        return tuple(found)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Every remark, those of places first, each once, in the order of the lines."""
        found = dict.fromkeys(remark for place in self.places for remark in place.remarks)
        return (*sorted(found, key=lambda remark: (remark.file, remark.line or 0)), *self.unknown)

    @property
    def is_exact(self) -> bool:
        """Whether nothing stands beside the policies."""
        return bool(self.places) and not self.remarks


def errors_replaced(layer: str, by: str, file: str, line: int) -> Remark:
    """A layer that replaces error responses of the app: the CORS headers of the app are gone with them."""
    message = f"{layer} replaces error responses of the app ({by}), and the CORS headers of the app with them."
    return Remark("error-response-without-cors", message, file, line, "info", "Set the headers on these responses, too.")


class UnreadableConfiguration(InputError):
    """A configuration cannot be read. The message begins with file and line."""

    def __init__(self, file: str, line: int | None, message: str) -> None:
        place = quoted(file) if line is None else f"{file}:{line}"
        super().__init__(f"{place} {message}" if line is None else f"{place}: {message}")
        self.file = file
        self.line = line
        self.reason = message
