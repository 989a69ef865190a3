"""Instructions per request, which no other load on the machine disturbs: counted by valgrind, layer by layer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

COUNTED = 100
# CPython specialises code that has run a few times; what is shared by several layers must not be warmer for the last.
_WARM_UP = 50
LAYERS = ("bare", "floor", "corsense", "Starlette")
# Called here and nowhere else while the requests run, so that the counter can be switched on by its name.
_SWITCH = "functools_reduce"
_CHILD = "from bench.instructions import run; run()"


def count(
    names: Sequence[str], layers: Sequence[str] = LAYERS, module: str = "bench.middleware"
) -> dict[str, dict[str, float]] | None:
    """Instructions per request for each case of those names, by layer; None without valgrind. `module` has the cases (`cases`)
    and the layers (`LAYERS`)."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        words = [valgrind, "--tool=callgrind", f"--callgrind-out-file={out}"]
        words += [
            f"--toggle-collect={_SWITCH}",
            f"--dump-after={_SWITCH}",
            sys.executable,
            "-c",
            _CHILD,
            module,
            ",".join(layers),
            *names,
        ]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"valgrind ended with status {done.returncode}: {done.stderr[-500:]}")
        # What is imported before may call the switch, too.
        dumps = sorted(Path(folder).glob("counts.*"), key=lambda file: int(file.suffix[1:]))
        totals = [_total(file) for file in dumps[-len(names) * len(layers) :]]
    counted = iter(total / COUNTED for total in totals)
    return {name: {layer: next(counted) for layer in layers} for name in names}


def _total(file: Path) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith("totals:"))


def _serve(_: None, prepared: tuple[Any, Any]) -> None:
    from bench.middleware import drop, receive

    layer, scope = prepared
    try:
        layer(scope, receive, drop).send(None)
    except StopIteration:
        return
    raise RuntimeError("the layer waited")


def run() -> None:
    """Run the cases of the module and the layers named on the command line, to be counted from outside. Garbage is not collected
    meanwhile: when that is due depends on all objects made before, so it would be counted for one layer or another."""
    import gc
    import importlib
    import logging
    import warnings

    from bench import middleware

    warnings.simplefilter("ignore")
    logging.disable()
    gc.disable()
    measured = importlib.import_module(sys.argv[1])
    known = {case.name: case for case in measured.cases()}
    for name in sys.argv[3:]:
        for layer in sys.argv[2].split(","):
            made = measured.LAYERS[layer](known[name])
            middleware.time_one(made, known[name], _WARM_UP)
            reduce(_serve, [(made, scope) for scope in middleware.scopes(known[name], COUNTED)], None)
