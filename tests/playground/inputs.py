"""What is pasted or dropped in the tests: texts of public threads, recordings, the source of the examples, policies; and the JSON
that the commands print for each."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import typer

from corsense.cli.checking import check_target
from corsense.cli.explaining import explain_text
from corsense.cli.importing import import_policy
from corsense.cli.linting import lint_tree
from corsense.fix.result import SAFE_FIXES
from corsense.fix.source import fix_source
from corsense.report.formats import Format, LintFormat, TextOrJson
from corsense.report.repairs import fix_result_document
from tests.transports.test_har import ALLOWED, PAGE, POST, entry, har, preflight

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "data" / "corpus" / "pasted-sample.jsonl"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBZGEifQ.c2VjcmV0c2lnbmF0dXJl"
LOGIN = {**POST, "authorization": f"Bearer {TOKEN}", "cookie": "session=8f14e45fceea167a5a36dedd4bea2543"}


@dataclass(frozen=True)
class Input:
    """What is pasted (`text`) or dropped (`files`), and the documents that the commands print for it."""

    name: str
    documents: tuple[str, ...]
    text: str = ""
    files: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    kind: str = ""
    fields: dict[str, object] = field(default_factory=dict)


def recordings() -> dict[str, str]:
    """Recordings as the network panels export them."""
    missing = {"content-type": "application/json"}
    return {
        "allowed.har": har(entry("POST", sent=POST, got=ALLOWED), preflight(got=ALLOWED)),
        "refused-preflight.har": har(
            preflight(status=405, got={"allow": "GET"}), entry("POST", sent=POST, status=0, error="net::ERR_FAILED")
        ),
        "no-header.har": har(entry(sent={"origin": PAGE}, got=missing, error="net::ERR_FAILED")),
        "with-secrets.har": har(
            entry(
                "POST", "http://localhost:8000/api/users?access_token=tok-5f4dcc3b5aa765d61d8327deb882cf99", LOGIN, got=missing
            ),
            preflight("http://localhost:8000/api/users?access_token=tok-5f4dcc3b5aa765d61d8327deb882cf99", got=ALLOWED),
        ),
        "gateway.har": har(
            entry(
                sent={"origin": PAGE}, status=502, got={"server": "nginx/1.22.1"}, error="net::ERR_FAILED", content="<h1>502</h1>"
            )
        ),
        "wildcard.har": har(entry(sent={"origin": PAGE, "cookie": "a=b"}, got={"access-control-allow-origin": "*"})),
        "firefox.har": har(
            {
                "request": {"method": "GET", "url": "https://api.example.com/me", "headers": [{"name": "Origin", "value": PAGE}]},
                "response": {"status": 200, "headers": []},
            }
        ),
        "markup.har": har(
            entry(
                url="http://localhost:8000/<img src=x onerror=alert(1)>",
                sent={"origin": PAGE},
                got={"access-control-allow-origin": "<script>alert(1)</script>"},
            )
        ),
    }


def sources() -> dict[str, str]:
    """The apps of the examples."""
    folder = ROOT / "examples" / "broken"
    return {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*/main.py"))}


POLICIES = (
    ('Policy(origins=["https://app.example.com"], credentials=True)', "https://app.example.com"),
    ('from corsense import Policy\n\npolicy = Policy(origins=["https://*.example.com"], max_age=600)\n', "https://a.example.org"),
)


CONFIGURATIONS = {
    "nginx.conf": (
        "server {\n    listen 80;\n    location /api/ {\n        add_header Access-Control-Allow-Origin *;\n"
        "        add_header Access-Control-Allow-Credentials true;\n        proxy_pass http://app:8000;\n    }\n}\n"
    ),
    "traefik.yaml": (
        "http:\n  routers:\n    api:\n      rule: PathPrefix(`/`)\n      middlewares: [cors]\n      service: api\n"
        "  middlewares:\n    cors:\n      headers:\n        accessControlAllowMethods: [GET]\n"
        "        accessControlAllowOriginList: ['https://app.example.com/']\n"
    ),
    "haproxy.cfg": (
        "frontend web\n    bind :80\n    http-response set-header Access-Control-Allow-Origin *\n    default_backend app\n"
    ),
}


def inputs(folder: Path) -> Iterator[Input]:
    """Every input, with what the commands print for it in `folder`."""
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        pasted = json.loads(line)
        yield Input(pasted["id"], (printed(partial(explain_text, pasted["text"], format=TextOrJson.JSON)),), pasted["text"])
    for name, content in recordings().items():
        (folder / name).write_text(content, encoding="utf-8")
        with working_in(folder):
            yield Input(name, (printed(partial(check_target, name, format=Format.JSON)),), files=((name, content),))
    for name, content in sources().items():
        yield Input(name, _of_source(folder / name, {"main.py": content}, "main.py"), content, kind="source")
    for name, content in CONFIGURATIONS.items():
        (folder / name).write_text(content, encoding="utf-8")
        with working_in(folder):
            linted = printed(partial(lint_tree, Path(name), format=LintFormat.JSON))
            imported = printed(partial(import_policy, Path(name), format=TextOrJson.JSON))
        yield Input(name, (linted, imported), files=((name, content),))
    several = {"main.py": sources()["trailing-slash"], "other/settings.py": "ORIGINS = ['http://localhost:3000/']\n"}
    yield Input("several files", _of_source(folder / "several", several, "."), files=tuple(several.items()))


def _of_source(folder: Path, files: dict[str, str], target: str) -> tuple[str, str]:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
    with working_in(folder):
        linted = printed(partial(lint_tree, Path(target), format=LintFormat.JSON))
        fixed = fix_result_document(fix_source([target], (), SAFE_FIXES), written=False).printed()
    return linted, fixed


def printed(command: Callable[[], object]) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit, typer.Exit):
        command()
    return out.getvalue().removesuffix("\n")


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
