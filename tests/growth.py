"""How the work of a call grows with its input: counted, so that the speed of the machine cannot change the outcome of a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

_ATTEMPTS = 8


def bytecodes(run: Callable[[], object]) -> int:
    """How many bytecodes `run` executes. What is written in C counts as one, whatever it does."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def processor_time_ratio(small: Callable[[], object], large: Callable[[], object], below: float) -> float:
    """The processor time of `large` as a multiple of that of `small`, for work that happens in C (regular expressions). Both run
    in turn on this thread, only its own time counts, and the least ratio of several attempts is taken; the first that is below
    `below` ends them. A ratio is the same on every machine, so choose sizes where the wrong growth is far from `below`."""
    least = float("inf")
    for _ in range(_ATTEMPTS):
        single, multiple = _thread_time(small), _thread_time(large)
        least = min(least, multiple / max(single, 1e-9))
        if least < below:
            break
    return least


def _thread_time(run: Callable[[], object]) -> float:
    start = time.thread_time()
    run()
    return time.thread_time() - start
