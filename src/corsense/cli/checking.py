"""What `corsense check` does once its options are read."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from corsense._terminal import accept
from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, cannot_load, fail
from corsense.report.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from corsense.check.browser import BrowserCheck
    from corsense.check.own_answers import OwnAnswers
    from corsense.check.request import CheckRequest
    from corsense.check.results import Report
    from corsense.report.fix_hint import FixHint
    from corsense.transports.limits import NetworkLimits


class Credentials(StrEnum):
    """`fetch()`'s credentials modes."""

    OMIT = "omit"
    SAME_ORIGIN = "same-origin"
    INCLUDE = "include"


class EngineChoice(StrEnum):
    """Whose rules decide."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    WEBKIT = "webkit"
    STANDARD = "standard"


class BrowserChoice(StrEnum):
    """A browser to run beside the model."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    WEBKIT = "webkit"


def check_target(
    target: str | None = None,
    *,
    origin: list[str] | None = None,
    request: list[str] | None = None,
    header: list[str] | None = None,
    credentials: Credentials | None = None,
    engine: EngineChoice | None = None,
    run_endpoints: bool = False,
    base_url: str | None = None,
    behind_proxy: bool | None = None,
    client: list[str] | None = None,
    curl: str | None = None,
    fetch: str | None = None,
    browser: BrowserChoice | None = None,
    browser_path: str | None = None,
    app: str | None = None,
    via: list[str] | None = None,
    factory: bool = False,
    python: str | None = None,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    format: Format = Format.TEXT,
    quiet: bool = False,
    verbose: bool = False,
    time_limit: float = 30.0,
    max_operations: int = 500,
    max_time: float = 300.0,
    follow: bool | None = None,
) -> NoReturn:
    """Check an app, a URL or a recording, and print the report. The parameters are the options of `corsense check`.

    Raises:
        SystemExit: always; 0 when nothing was found, 1 when something was, 2 when the check could not be made.
    """
    from corsense.errors import InputError
    from corsense.suppression import RuleSelection
    from corsense.transports.limits import NetworkLimits

    options = {
        "origin": origin,
        "request": request,
        "header": header,
        "credentials": credentials,
        "engine": engine,
        "run-endpoints": run_endpoints,
        "base-url": base_url,
        "behind-proxy": behind_proxy,
        "no-behind-proxy": behind_proxy is False,
        "client": client,
        "curl": curl,
        "fetch": fetch,
        "factory": factory,
        "python": python,
        "select": select,
        "ignore": ignore,
    }
    try:
        real = _real_browser(browser, browser_path, engine)
        rules = EngineChoice(browser.value) if browser is not None else engine
        asked = asked_for(origin, request, header, credentials, rules, run_endpoints, base_url, behind_proxy, client)
        asked = replace(asked, selection=RuleSelection.of(Path(), select, ignore))
        limits = NetworkLimits(max_operations, max_time, min(time_limit, 10.0), follow, _ask_on_terminal())
        silent = quiet or format is not Format.TEXT
        _remember(target, options)
        report = make_report(target, asked, curl, fetch, factory, time_limit, silent, real, limits, python, app, via)
    except InputError as error:
        fail(str(error))
    _print(report, format, quiet, verbose, _fix_hint(report, target, options))
    if report.browser is not None and report.browser.disagreements:
        fail(
            f"{report.browser.version} and the model do not agree: a fault of corsense, not of your app. "
            "Please report it, with what is printed under 'browser', to the maintainers of corsense."
        )
    raise SystemExit(SOMETHING_FOUND if report.found_something else NOTHING_FOUND)


def _remember(target: str | None, options: Mapping[str, object]) -> None:
    """Keep the options of a check of an app, for `corsense watch`. Values that may be credentials are not kept."""
    if target is not None and ("://" in target or target.lower().endswith(".har")):
        return
    from corsense.dev.last_check import LastCheck, remember

    left_out = tuple(f"--{name}" for name in ("header", "curl", "fetch") if options[name])
    names = options.keys() - {"header", "curl", "fetch", "no-behind-proxy"}
    given = {name.replace("-", "_"): value for name in sorted(names) if isinstance(value := options[name], str | bool | list)}
    with suppress(OSError):
        remember(os.getcwd(), LastCheck(target, given, left_out))


def _real_browser(browser: BrowserChoice | None, path: str | None, engine: EngineChoice | None) -> BrowserCheck | None:
    from corsense.errors import InputError

    if browser is None:
        if path is not None:
            raise InputError("`--browser-path` needs `--browser`; add --browser chromium, for example.")
        return None
    if engine is not None and engine.value != browser.value:
        raise InputError(f"`--engine {engine.value}` conflicts with `--browser {browser.value}`; drop one.")
    from corsense.check.browser import BrowserCheck

    found = BrowserCheck(browser.value, path)
    found.insist()
    return found


def asked_for(
    origin: list[str] | None,
    request: list[str] | None,
    header: list[str] | None,
    credentials: Credentials | None,
    engine: EngineChoice | None,
    run_endpoints: bool,
    base_url: str | None = None,
    behind_proxy: bool | None = None,
    client: list[str] | None = None,
) -> CheckRequest:
    """What the options that `check` and `fix` share ask for. Raises InputError for what none of them takes."""
    from corsense.check.request import CheckRequest, read_base_url, read_client, read_header, read_operation, read_origin

    return CheckRequest(
        origins=tuple(read_origin(text) for text in origin or ()),
        operations=tuple(read_operation(text) for text in request or ()),
        headers=tuple(read_header(text) for text in header or ()),
        credentials=credentials.value if credentials else None,
        engine=engine.value if engine is not None else None,
        run_endpoints=run_endpoints,
        base_url=read_base_url(base_url) if base_url is not None else None,
        behind_proxy=behind_proxy,
        clients=tuple(dict.fromkeys(read_client(name) for name in client or ())),
    )


def make_report(
    target: str | None,
    asked: CheckRequest,
    curl: str | None,
    fetch: str | None,
    factory: bool,
    time_limit: float,
    silent: bool,
    browser: BrowserCheck | None = None,
    limits: NetworkLimits | None = None,
    python: str | None = None,
    app: str | None = None,
    via: list[str] | None = None,
) -> Report:
    """The report on what the options name. Raises InputError when they cannot be used; where an app cannot be loaded, the command
    ends."""
    from corsense.cli.configured import configuration_for, configured_origins, with_configuration
    from corsense.errors import InputError

    if curl is not None and fetch is not None:
        raise InputError("`--curl` conflicts with `--fetch`; drop one.")
    configuration = configuration_for(target)
    pasted = curl if curl is not None else fetch
    if pasted is not None:
        from corsense._terminal import read_standard_input
        from corsense.check.pasted import with_pasted

        text = read_standard_input() if pasted == "-" else pasted
        kind: Literal["curl", "fetch"] = "curl" if curl is not None else "fetch"
        asked, target = with_pasted(asked, text, kind, target, configured_origins(configuration))
    _insist_on_scheme(target)
    if target is None or not target.lower().endswith(".har"):  # a recording says itself which pages it is of
        asked = with_configuration(asked, configuration)
    if target is not None and "://" in target:
        asked, target = with_handshake(asked, target)
        return _over_the_network(target, asked, limits, silent, browser, app, python, via, factory)
    if app is not None:
        raise InputError("--app names the app behind a URL; give the URL as the target.")
    if via:
        raise InputError("--via names an address between a URL and its app; give the URL as the target, and --app.")
    if target is not None and target.lower().endswith(".har"):
        if browser is not None:
            raise InputError("a recording cannot be run in a browser; give --browser with an app or a URL.")
        if asked.clients:
            raise InputError("--client plans requests, and a recording has its own; give --client with an app or a URL.")
        return _on_recording(Path(target), asked, silent)
    return _on_app(target, asked, factory, time_limit, silent, browser, python)


def _on_recording(file: Path, asked: CheckRequest, silent: bool) -> Report:
    from corsense.check.recording import check_recording
    from corsense.cli.progress import progress

    with progress(silent) as advance:
        if advance is None:
            return check_recording(file, asked)
        reading, judging = partial(advance, what=f"reading {file.name}"), partial(advance, what="judging requests")
        return check_recording(file, asked, reading, judging)


def _insist_on_scheme(target: str | None) -> None:
    from corsense.errors import InputError, quoted

    if target is not None and re.fullmatch(r"[\w.-]+:\d{2,5}(/.*)?", target):
        raise InputError(f"{quoted(target)} looks like a server's address; write http://{target}")


def with_handshake(asked: CheckRequest, target: str) -> tuple[CheckRequest, str]:
    """What to check, and the server: the URL of a WebSocket asks for its handshake."""
    from corsense.check.plan import WEBSOCKET
    from corsense.check.request import CheckOperation

    scheme, _, rest = target.partition("://")
    server = {"ws": "http", "wss": "https"}.get(scheme.lower())
    if server is None:
        return asked, target
    operations = asked.operations or (CheckOperation(WEBSOCKET, target),)
    return replace(asked, operations=operations), f"{server}://{rest}"


def report_on(target: str, asked: CheckRequest, limits: NetworkLimits | None = None) -> Report:
    """The report on an app or a URL for the call of another command; no client's requests are added."""
    from corsense.cli.configured import configuration_for, with_configuration

    _insist_on_scheme(target)
    asked = with_configuration(asked, replace(configuration_for(target), client=()))
    if "://" in target:
        asked, target = with_handshake(asked, target)
        return _over_the_network(target, asked, limits, True, None)
    return _on_app(target, asked, False, 30.0, True, None, None)


def _over_the_network(
    target: str,
    asked: CheckRequest,
    limits: NetworkLimits | None,
    silent: bool,
    browser: BrowserCheck | None,
    app: str | None = None,
    python: str | None = None,
    via: list[str] | None = None,
    factory: bool = False,
) -> Report:
    from corsense.errors import InputError

    if app is None:
        if via:
            raise InputError("--via needs --app: name the app behind the addresses, such as --app main:app.")
        return _over_the_wire(target, asked, limits, silent, browser)
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.check.hops import read_via
    from corsense.check.own_answers import OwnAnswers
    from corsense.cli.interpreter import interpreter_for

    hops = read_via(target, tuple(via or ()))
    try:
        named = AppTarget.parse(app, factory=factory)
        with AppSession.start(named, python=interpreter_for(named.directory, python, silent=silent).path) as session:
            own = OwnAnswers(session.description, session.run, asked, target)
            return _over_the_wire(target, asked, limits, silent, browser, own, hops)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        cannot_load(error)


def _over_the_wire(
    target: str,
    asked: CheckRequest,
    limits: NetworkLimits | None,
    silent: bool,
    browser: BrowserCheck | None,
    own: OwnAnswers | None = None,
    via: tuple[str, ...] = (),
) -> Report:
    from corsense.check.live import NetworkCheck
    from corsense.cli.progress import progress
    from corsense.transports.limits import DEFAULT_LIMITS

    with progress(silent) as advance:
        check = NetworkCheck(target, asked, limits or DEFAULT_LIMITS, advance, own, via)
        report = check.run()
    if browser is None:
        return report
    redirects = check.redirects([result.trace.request for result in report.results])
    return browser.on_url(report, run_endpoints=asked.run_endpoints, redirects=redirects)


def _ask_on_terminal() -> Callable[[str], bool] | None:
    """Asks on stderr; None without a terminal."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from corsense.readers.controls import harmless

    def ask(question: str) -> bool:
        import typer

        return typer.confirm(harmless(question), default=False, err=True)

    return ask


def _on_app(
    target: str | None,
    asked: CheckRequest,
    factory: bool,
    time_limit: float,
    silent: bool,
    browser: BrowserCheck | None,
    python: str | None,
) -> Report:
    from corsense.app.agent_start import launch_ahead
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.cli.interpreter import interpreter_for

    try:
        named = AppTarget.parse(target, factory=factory)
        interpreter = interpreter_for(named.directory, python, silent=silent).path
        with AppSession.start(named, time_limit=time_limit, lifespan=asked.run_endpoints, python=interpreter) as session:
            from corsense.check.app import AppCheck
            from corsense.cli.progress import progress
            from corsense.fix.verified import check_with_fixes  # imported while the app is, in its own process

            if not silent:
                import corsense.report.text  # noqa: F401

            started = time.monotonic()
            if (os.cpu_count() or 1) > 1:
                launch_ahead(interpreter)  # a fix has to be proven in a fresh process, and the other core has nothing to do now
            _ = session.description
            with progress(silent) as advance:
                check = AppCheck(named, asked, time_limit, advance, time.monotonic() - started, interpreter)
                report = check_with_fixes(check, session)
            if browser is None:
                return report
            probes = check.probes(session.description)
            return browser.on_app(report, session, probes, run_endpoints=asked.run_endpoints)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        cannot_load(error)


def _fix_hint(report: Report, target: str | None, options: Mapping[str, object]) -> FixHint:
    """The command that fixes what was found, asked the same."""
    from corsense.report.fix_command import app_target, fix_command, to_do
    from corsense.report.fix_hint import FixHint

    if not any(finding.fix is not None for finding in report.findings):
        return FixHint()
    command = fix_command([app_target(target, report.target.name)], options)
    return FixHint(command, to_do(command))


def _print(report: Report, format: Format, quiet: bool, verbose: bool, hint: FixHint) -> None:
    accept(format.kind)
    if format is not Format.TEXT:
        from corsense.report.formats import CHECK

        print(CHECK[format](report))
        return
    from corsense.cli.terminal import terminal
    from corsense.report.text import TextReport

    TextReport(terminal(), verbose, quiet, hint).print(report)
