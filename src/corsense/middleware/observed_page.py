"""`ObservedPage`: what is known of the pages of one origin while requests are observed, and how many requests they made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense.middleware.response_headers import ALLOW_ORIGIN, Pairs
from corsense.policy.decision import Reason

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy, QuickAnswer
    from corsense.observe.request_tuple import RequestTuple


class Cell:
    """Counts the requests of one tuple; None: requests that no tuple can hold. `flushed` of `count` are in the table. `answer` is
    the answer to a preflight that lists alone decide, `route` what the app chose, where that names the tuple's route.
    `is_silent`: one more request is neither logged nor counted elsewhere."""

    __slots__ = ("answer", "count", "differs", "flushed", "is_silent", "request", "route")

    def __init__(self, request: RequestTuple | None) -> None:
        self.request = request
        self.count = 0
        self.flushed = 0
        self.answer: QuickAnswer | None = None
        self.route: object = None
        self.is_silent = False
        # What only a resolver could decide is unknown, so it does not count as a difference.
        self.differs = request is not None and request.candidate not in (None, request.live, Reason.ORIGIN_UNRESOLVED)


class ObservedPage:
    """The pages of `origin` under the policy `rules`, which refuses the origin or not.

    - `added`: the headers of every answer to them, preflights aside.
    - `cells`: how many requests they made, by all that a tuple depends on; `known`: some of the same cells, by what is at hand
      when a request like an earlier one comes. `is_drained`: no cell is added any more.
    """

    __slots__ = ("added", "cells", "is_drained", "is_refused", "known", "origin", "rules")

    def __init__(self, rules: CompiledPolicy, origin: bytes, *, is_refused: bool) -> None:
        self.rules = rules
        self.origin = origin
        self.is_refused = is_refused
        self.is_drained = False
        self.cells: dict[tuple[object, ...], Cell] = {}
        self.known: dict[tuple[object, ...], Cell] = {}
        self.added: Pairs
        if rules.always is not None:
            self.added = rules.always
        elif is_refused:
            self.added = rules.without
        else:
            self.added = rules.answer(origin) if rules.granted is None else ((ALLOW_ORIGIN, origin), *rules.granted)
