"""`Serving`: an app served as `fastapi dev` serves it, by uvicorn with reload, with the inspector around it."""

from __future__ import annotations

import errno
import importlib
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import uvicorn

from corsense.app.agent.loading import AppReference, LoadedApp, LoadError, load
from corsense.app.target import AppTarget
from corsense.dev.inspector.inspector import PATH, Inspector
from corsense.dev.inspector.keeping import VARIABLE as SESSION_FILE
from corsense.dev.inspector.starting import inspected
from corsense.dev.reloading import Reloader, env_file_patterns
from corsense.errors import InputError
from corsense.middleware.inspector_setting import VARIABLE

LOGGER: Final = logging.getLogger("uvicorn.error")
_GRACE = 3
"""Seconds that open responses, such as event streams of the app, have to end before a reload or the end."""
_FAILED = 3
"""The exit status with which uvicorn says that an app cannot be loaded."""
_PORTS_LOOKED_AT = 20
_SESSION_FOLDER = "corsense-dev-"


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served and where: `host` and `port` to listen on (0: a free port), `reload` when a file in one of `reload_dirs`
    changes (default: the working directory), the other fields as uvicorn has them."""

    target: AppTarget
    host: str = "127.0.0.1"
    port: int = 8000
    reload: bool = True
    reload_dirs: tuple[str, ...] = ()
    root_path: str = ""
    proxy_headers: bool = True
    forwarded_allow_ips: str | None = None

    def run(self, say: Callable[[str], None]) -> bool:
        """Serve until Ctrl-C or a signal to end. `say` gets the addresses, a line each, once the port is ours. False when the app
        could not be loaded or started; with reload, that waits for the next change instead.

        Raises InputError when nothing can listen there.
        """
        with _listening(self.host, self.port) as bound:
            port: int = bound.getsockname()[1]
            for line in _addresses(self.target.name, self.host, port):
                say(line)
            config = InspectedConfig(self, port)
            server = uvicorn.Server(config)
            _end_with_the_terminal()
            if self.reload:
                with _session_file():
                    Reloader(config, server.run, [bound]).run()
                return True
            with _interrupted_by_signal():
                return _serves_here(config, server, bound)


class InspectedConfig(uvicorn.Config):
    """uvicorn's configuration, whose app is loaded by its `AppTarget`, with the inspector around it, in each worker process."""

    def __init__(self, serving: Serving, port: int) -> None:
        self.target = serving.target
        super().__init__(
            serving.target.name,
            host=serving.host,
            port=port,
            reload=serving.reload,
            reload_dirs=_watched(serving) if serving.reload else None,
            reload_includes=env_file_patterns() if serving.reload else None,
            workers=1,
            root_path=serving.root_path,
            proxy_headers=serving.proxy_headers,
            forwarded_allow_ips=serving.forwarded_allow_ips,
            timeout_graceful_shutdown=_GRACE,
        )

    def load(self) -> None:
        """Load the app. Raises what importing it raises; ends the process, as uvicorn does, when there is no app in it."""
        _end_with_the_reloader()
        # An `install(app, inspector=True)` of the app's own would be a second one.
        os.environ[VARIABLE] = "0"
        try:
            self.app = served(self.target)
        except LoadError as error:
            if error.traceback:
                print(error.traceback, file=sys.stderr)
            LOGGER.error("Error loading ASGI app. %s", f"{error.message} {error.remedy}" if error.remedy else error.message)
            sys.exit(_FAILED)
        super().load()


def served(target: AppTarget) -> Inspector:
    """The app of a target in this process, with its inspector.

    Raises what importing the app raises; `LoadError` when the module has no app, or the factory fails; `RuntimeError` in
    production.
    """
    os.chdir(target.directory)
    for path in reversed(target.paths):
        if path not in sys.path:
            sys.path.insert(0, path)
    found = _loaded(target)
    return inspected(found.app, replace(target, module=found.module.__name__, attribute=found.attribute, factory=found.factory))


def _loaded(target: AppTarget) -> LoadedApp:
    try:
        importlib.import_module(target.module)  # here, so that what it raises is shown as Python shows it
    except ModuleNotFoundError as error:
        if error.name is None or not f"{target.module}.".startswith(f"{error.name}."):
            raise
    return load(AppReference(target.module, target.attribute, target.factory, target.paths, target.text))


def _serves_here(config: InspectedConfig, server: uvicorn.Server, bound: socket.socket) -> bool:
    """Serve in this process; whether the app could be loaded and started."""
    try:
        config.load()
    except Exception:
        traceback.print_exc()
        return False
    except SystemExit as end:
        return not end.code
    try:
        server.run(sockets=[bound])
    except KeyboardInterrupt:
        pass
    except SystemExit:
        return False
    return server.started


@contextmanager
def _session_file() -> Iterator[None]:
    """A private folder with the file that keeps the inspector's session across reloads; removed at the end."""
    with TemporaryDirectory(prefix=_SESSION_FOLDER, ignore_cleanup_errors=True) as folder:
        os.environ[SESSION_FILE] = os.path.join(folder, "session")
        yield


@contextmanager
def _interrupted_by_signal() -> Iterator[None]:
    """Have SIGTERM, which uvicorn repeats once it has shut down, end the program as Ctrl-C does: so that all is put in order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_with_the_terminal() -> None:
    """End in order when the terminal is closed; not where SIGHUP is ignored, as by `nohup`."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))


def _end_with_the_reloader() -> None:
    """In a worker process: end in order, as the reloader asks when the terminal is closed; end as well, and remove the session,
    when the reloader was killed, because the port would stay in use."""
    reloader = multiprocessing.parent_process()
    if reloader is None or SESSION_FILE not in os.environ:
        return
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = os.path.dirname(os.environ[SESSION_FILE])

    def wait() -> None:
        reloader.join()
        if os.path.basename(folder).startswith(_SESSION_FOLDER):
            shutil.rmtree(folder, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="corsense-reloader", daemon=True).start()


def _watched(serving: Serving) -> list[str]:
    """The folders whose changes lead to a reload: those that were named, else the working directory and that of the app."""
    if serving.reload_dirs:
        return [os.path.abspath(folder) for folder in serving.reload_dirs]
    return sorted({os.getcwd(), serving.target.directory, *serving.target.paths})


# Where to listen.


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound to an address. Raises InputError when the system does not allow it."""
    bound = socket.socket(_family(host))
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        _bind(bound, host, port)
        bound.set_inheritable(True)
        yield bound
    finally:
        bound.close()


def _bind(bound: socket.socket, host: str, port: int) -> None:
    try:
        bound.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _free_port(host, port)
            instead = f"name a free one: --port {free}" if free is not None else "name another one with --port"
            raise InputError(f"port {port} of {host} is in use; {instead}.") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise InputError(f"port {port} is only for the administrator; name one above 1023 with --port.") from None
        raise InputError(
            f"--host {host!r} is no address of this machine ({error.strerror}); use 127.0.0.1, or 0.0.0.0 for all of them."
        ) from None


def _free_port(host: str, port: int) -> int | None:
    for other in range(port + 1, min(port + _PORTS_LOOKED_AT, 65_536)):
        with socket.socket(_family(host)) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, other))
            except OSError:
                continue
            return other
    return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _addresses(name: str, host: str, port: int) -> Iterator[str]:
    """Where the app and its inspector are, a line each."""
    yield f"Serving {name} at {_url(os.environ.get('FASTAPI_PUBLIC_URL'), host, port)}. Ctrl-C ends it."
    kind = _kind(host)
    if kind == "loopback":
        yield f"Inspector: {_url(None, host, port)}{PATH}"
    elif kind == "every":
        here = "::1" if ":" in host else "127.0.0.1"
        yield f"Inspector: {_url(None, here, port)}{PATH}, from this machine only."
    else:
        yield f"Inspector: closed, because {host} is no loopback address. Use --host 0.0.0.0, and open it at 127.0.0.1."


def _url(public: str | None, host: str, port: int) -> str:
    return public.rstrip("/") if public else f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _kind(host: str) -> str:
    """Whether a host to listen on is reached by `loopback` only, by `every` address of the machine, or by `one` of them."""
    if host == "localhost":
        return "loopback"
    try:
        address: Any = ip_address(host.partition("%")[0])
    except ValueError:
        return "every" if not host else "one"
    return "loopback" if address.is_loopback else "every" if address.is_unspecified else "one"
