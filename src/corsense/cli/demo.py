"""`corsense demo`: the scenarios of the article, live."""

from __future__ import annotations

import signal
import sys
import threading
import webbrowser
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corsense.demo import Demo, Scenario

_NEEDED = ("fastapi", "uvicorn")


def demo(
    scenario: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this scenario. Repeatable. Default: all.", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option(help="The port of the page. 0: a free one.", min=0, max=65535)] = 0,
    open_page: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open the page in your browser. Default: on a terminal.")
    ] = None,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="Drive a headless Chromium, and compare it with corsense."),
    ] = False,
    browser_path: Annotated[
        str | None, typer.Option(metavar="PATH", help="The Chromium, Chrome or Edge for --headless.", show_default=False)
    ] = None,
) -> None:
    """Serve the scenarios of the article as real apps, broken and repaired, with a page that runs each in your browser and shows
    beside it what corsense says. Everything runs on this machine alone, on free ports; Ctrl-C stops it.

    Exit status: 0, with --headless 1 when Chromium and corsense differ, 2 the demo could not be shown.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        fail(f"the demo serves FastAPI apps and needs {' and '.join(missing)}; run: pip install {' '.join(missing)}")
    from corsense.demo import Demo
    from corsense.demo.server import PortTakenError

    stopping = _stop_on_termination()
    try:
        with Demo(_chosen(scenario), port=port) as running:
            status = _drive(running, browser_path) if headless else _wait(running, open_page, stopping)
    except PortTakenError as error:
        fail(f"{error}; choose another with --port, or omit it for a free one")
    except KeyboardInterrupt:
        status = NOTHING_FOUND if not headless else 130
    raise typer.Exit(status)


def _chosen(names: Sequence[str] | None) -> tuple[Scenario, ...] | None:
    from corsense.demo import scenarios

    if not names:
        return None
    known = {scenario.name: scenario for scenario in scenarios()}
    for name in names:
        if name not in known:
            near = nearest(name, known)
            fail(f"there is no scenario {name!r}; {f'did you mean {near}?' if near else 'choose one of ' + ', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def _stop_on_termination() -> threading.Event:
    """An event that SIGTERM sets: then everything is closed properly, as after Ctrl-C."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    return stopping


def _wait(running: Demo, open_page: bool | None, stopping: threading.Event) -> int:
    number = len(running.scenarios)
    served = "1 scenario is" if number == 1 else f"{number} scenarios are"
    print(f"{served} served; Ctrl-C stops everything.\nThe page: {running.url}", flush=True)
    running.analyse_ahead()
    if open_page if open_page is not None else sys.stdout.isatty():
        webbrowser.open(running.url)
    while not stopping.wait(0.5):
        pass  # in slices: a signal that comes just before the wait begins is looked at when it ends
    return NOTHING_FOUND


def _drive(running: Demo, browser_path: str | None) -> int:
    from corsense.browsers.errors import BrowserError
    from corsense.cli.terminal import terminal
    from corsense.demo.headless import Headless
    from corsense.demo.table import print_head, print_row, print_sum

    lines = terminal()
    rows = []
    try:
        with Headless(running, browser_path) as chromium:
            print_head(lines)
            for row in chromium.rows():
                print_row(lines, row)
                rows.append(row)
            print_sum(lines, rows, chromium.version)
    except BrowserError as error:
        fail(str(error))
    return NOTHING_FOUND if all(row.agrees and row.is_repaired for row in rows) else SOMETHING_FOUND
