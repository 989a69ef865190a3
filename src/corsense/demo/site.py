"""The frontend: the page, what it is made of, and what it asks about the scenarios."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from corsense import __version__
from corsense.demo.analysis import Analysis
from corsense.demo.request import request_options
from corsense.demo.scenario import Scenario, Variant
from corsense.fetch import Allowed, Trace
from corsense.fetch.trace import EngineName
from corsense.report.console import console_lines
from corsense.report.html import finding_card, ladder_figure, remedy, stylesheet
from corsense.report.snippets import curl_command, fetch_snippet

if TYPE_CHECKING:
    from corsense.demo.runner import Demo

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_FILES = ("demo.css", "demo.js", "runner.html", "runner.js")
_ENGINES: dict[str, EngineName] = {"chromium": "chromium", "firefox": "firefox", "webkit": "webkit"}
_VARIANTS: dict[str, Variant] = {"broken": "broken", "repaired": "repaired"}


def site(demo: Demo) -> Starlette:
    """The frontend of a demo, as an ASGI app."""
    return _Site(demo).app


class _Site:
    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        routes = [
            Route("/", self._page),
            Route("/report.css", lambda request: _answer(stylesheet(), "css")),
            *(Route(f"/{name}", self._file) for name in _FILES),
            Route("/api/demo", self._overview),
            Route("/api/judged/{name}/{variant}", self._judged),
            Route("/api/analysis/{name}", self._analysis),
        ]
        hosts = ["localhost", "127.0.0.1", "*.localhost"]
        self.app = Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)])

    def _page(self, request: Request) -> Response:
        if request.url.hostname != "localhost":
            return RedirectResponse(self._demo.url)
        port = self._demo.port
        policy = (
            f"default-src 'self'; frame-src 'self' http://127.0.0.1:{port} http://*.localhost:{port}; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return _answer(_packaged("index.html"), "html", policy)

    def _file(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        kind = name.rpartition(".")[2]
        runs = f"default-src 'self'; connect-src http://localhost:*; img-src data:; frame-ancestors http://localhost:{self._demo.port}"
        return _answer(_packaged(name), kind, runs if kind == "html" else None)

    def _overview(self, request: Request) -> Response:
        return _json({"version": __version__, "scenarios": [self._described(scenario) for scenario in self._demo.scenarios]})

    def _judged(self, request: Request) -> Response:
        name, variant = request.path_params["name"], _VARIANTS.get(request.path_params["variant"])
        engine = _ENGINES.get(request.query_params.get("engine", "chromium"))
        if variant is None or engine is None or name not in self._names:
            return _missing()
        trace = self._demo.judge(name, variant, engine)
        return _json(_verdict(trace, engine, f"{name}-{variant}"))

    def _analysis(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._names:
            return _missing()
        return _json(_findings(self._demo.analysis(name)))

    @property
    def _names(self) -> set[str]:
        return {scenario.name for scenario in self._demo.scenarios}

    def _described(self, scenario: Scenario) -> dict[str, Any]:
        demo, name = self._demo, scenario.name
        origin = scenario.origin(demo.port)
        return {
            "name": name,
            "row": scenario.row,
            "title": scenario.title,
            "story": scenario.context,
            "kind": scenario.kind,
            "method": scenario.method,
            "path": scenario.path,
            "origin": origin,
            "friend": scenario.friendly_origin(demo.port),
            "reads": scenario.reads,
            "runner": f"{origin}/runner.html",
            "options": request_options(scenario),
            "servers": {variant: demo.server(name, variant) for variant in _VARIANTS.values()},
            "repairable": scenario.has_repair,
            "source": demo.source(name),
        }


def _verdict(trace: Trace, engine: EngineName, identity: str) -> dict[str, Any]:
    outcome = trace.outcome
    allowed = isinstance(outcome, Allowed)
    exchange = trace.exchanges[-1] if trace.exchanges else None
    return {
        "allowed": allowed,
        "error": None if allowed else str(getattr(outcome, "error", getattr(outcome, "reason", ""))),
        "exposed": list(outcome.exposed) if isinstance(outcome, Allowed) else [],
        "console": console_lines(trace, engine),
        "ladder": ladder_figure(trace, identity=identity),
        "fetch": fetch_snippet(trace.request),
        "curl": curl_command(exchange.request) if exchange else "",
    }


def _findings(analysis: Analysis) -> dict[str, Any]:
    finding = analysis.finding
    return {
        "code": finding.cause.code if finding else None,
        "slug": finding.cause.slug if finding else None,
        "verified": finding.fix.verified if finding and finding.fix else None,
        "repairedBy": analysis.repaired_by,
        "card": finding_card(replace(finding, fix=None, remedy=None)) if finding else None,
        "fix": remedy(finding, several=False) if finding else None,
    }


def _packaged(name: str) -> str:
    return (files(__package__) / "page" / name).read_text("utf-8")


def _answer(text: str, kind: str, policy: str | None = None) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if policy is not None:
        headers["content-security-policy"] = policy
    return Response(text, media_type=_TYPES[kind], headers=headers)


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value), media_type="application/json", headers={"cache-control": "no-store"})


def _missing() -> Response:
    return Response("There is no such scenario.", status_code=404, media_type="text/plain")
