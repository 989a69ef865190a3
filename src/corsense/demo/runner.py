"""`Demo`: every scenario on a server of its own, broken and repaired, with what corsense says about it."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corsense.demo.analysis import Analysis, analyse
from corsense.demo.scenario import Scenario, Variant, scenarios
from corsense.demo.server import LocalServer
from corsense.fetch import Browser, Trace
from corsense.fetch.trace import EngineName
from corsense.transports import drive
from corsense.transports.http import HttpClient

_AT_A_TIME = 2
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a scenario is served: the ports of its broken and its repaired app, and the folder of its source."""

    scenario: Scenario
    broken: int
    repaired: int
    folder: Path


class Demo:
    """All scenarios, served; a context manager that leaves no port, process or file behind.

    The page is at `url`. A scenario is analysed when `analysis` is first asked for it, or before in idle time (`analyse_ahead`);
    its repaired app is served from then on.
    """

    def __init__(self, chosen: Sequence[Scenario] | None = None, *, port: int = 0) -> None:
        self.scenarios = tuple(scenarios() if chosen is None else chosen)
        self._wanted_port = port
        self._server = LocalServer()
        self._folder = Path()
        self._seats: dict[str, Seat] = {}
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="analysis")
        self._analyses: dict[str, Future[Analysis]] = {}
        self._lock = threading.Lock()
        self.port = 0

    def __enter__(self) -> Self:
        """Raises PortTakenError when the requested port cannot be used."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}/"

    @property
    def folder(self) -> Path:
        """Where the sources are, while the demo runs."""
        return self._folder

    def scenario(self, name: str) -> Scenario:
        """The scenario called `name`. Raises KeyError."""
        return self._seats[name].scenario

    def server(self, name: str, variant: Variant) -> str:
        """The address of a scenario's app."""
        seat = self._seats[name]
        return f"http://localhost:{seat.broken if variant == 'broken' else seat.repaired}"

    def source(self, name: str) -> str:
        """The text of the broken app, as it is served."""
        return self.scenario(name).broken(self.port)

    def analysis(self, name: str) -> Analysis:
        """What corsense says about a scenario; waits for it. Raises KeyError, and AppLoadError when the app cannot be loaded."""
        return self._analysing(name).result()

    def analyse_ahead(self) -> None:
        """Begin to analyse all scenarios, in their order, without waiting."""
        for scenario in self.scenarios:
            self._analysing(scenario.name)

    def judge(self, name: str, variant: Variant, engine: EngineName = "chromium") -> Trace:
        """What the model of a browser makes of the running app: real requests, judged. For the repaired app, waits until there is
        one."""
        if variant == "repaired":
            self.analysis(name)
        scenario = self.scenario(name)
        request = scenario.fetch(self.server(name, variant), self.port)
        body = (scenario.body or "").encode()
        with HttpClient() as client:
            return drive(Browser(engine=engine).fetch(request), lambda sent: client.send(sent, b"" if sent.preflight else body))

    def close(self) -> None:
        """End everything. May be called twice."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait([future for future in self._analyses.values() if not future.cancelled()], _PATIENCE)
        self._server.close()
        if self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> None:
        from corsense.demo.site import site

        self._folder = Path(tempfile.mkdtemp(prefix="corsense-demo-")).resolve()
        self.port = self._server.add(self._wanted_port)
        for scenario in self.scenarios:
            folder = self._folder / scenario.name
            folder.mkdir()
            seat = self._seats[scenario.name] = Seat(scenario, self._server.add(), self._server.add(), folder)
            self._serve(seat.broken, folder / "main.py", scenario.broken(self.port))
            if not scenario.has_repair:
                self._serve(seat.repaired, folder / "main.py", scenario.broken(self.port))
        self._server.serve(self.port, site(self))
        self._server.start()

    def _serve(self, port: int, path: Path, source: str) -> None:
        path.write_text(source, encoding="utf-8")
        self._server.serve(port, _app_of(path))

    def _analysing(self, name: str) -> Future[Analysis]:
        with self._lock:
            found = self._analyses.get(name)
            if found is None:
                found = self._analyses[name] = self._pool.submit(self._analyse, self._seats[name])
            return found

    def _analyse(self, seat: Seat) -> Analysis:
        analysis = analyse(seat.scenario, seat.folder, self.port)
        if analysis.repaired is not None:
            self._serve(seat.repaired, seat.folder / "repaired.py", analysis.repaired)
        return analysis


def _app_of(path: Path) -> Any:
    """The app that a file makes, imported afresh."""
    spec = importlib.util.spec_from_file_location(f"corsense_demo_{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not Python source")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app
