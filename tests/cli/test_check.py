"""`corsense check` on the command line: bad input, exit statuses, output."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path

import pytest

from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER

APP = """
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


    @app.get("/items")
    def items() -> list[str]:
        return []


    @app.delete("/items/{number}")
    def remove(number: int) -> None:
        open("removed", "w").close()


    def make() -> FastAPI:
        return app


    not_an_app = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(textwrap.dedent(APP), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere:app"], "nowhere"),
        (["main:ap"], "ap"),
        (["main:not_an_app"], "not_an_app"),
        (["missing.har"], "missing.har"),
        (["main:app", "--origin", "http://localhost:3000/app"], "http://localhost:3000/app"),
        (["main:app", "--origin", "localhost:3000"], "localhost:3000"),
        (["main:app", "--origin", "h" * 200], "hhh"),
        (["main:app", "--request", "POST api"], "api"),
        (["main:app", "--request", "TRACE /items"], "TRACE"),
        (["main:app", "--header", "no colon"], "no colon"),
        (["http://127.0.0.1:41999/"], "127.0.0.1:41999"),
        (["ftp://127.0.0.1/"], "ftp://127.0.0.1/"),
        (["http://"], "http://"),
        (["main:app", "--curl", "wget http://localhost"], "curl"),
        (["main:app", "--fetch", "nothing here"], "fetch"),
        (["main:app", "--curl", "curl http://localhost:8000/items"], "--origin"),
        (["main:app", "--curl", "curl http://a", "--fetch", "fetch('http://a')"], "--curl"),
    ],
)
def test_bad_input_gets_one_sentence_that_names_it(folder: Path, arguments: list[str], named: str) -> None:
    ran = corsense("check", *arguments, folder=folder)
    assert ran.status == 2
    assert ran.out == ""
    assert named in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert len(ran.err) < 500


def test_a_har_that_does_not_exist_is_refused_in_one_sentence(folder: Path) -> None:
    (folder / "broken.har").write_text("{", encoding="utf-8")
    ran = corsense("check", "broken.har", folder=folder)
    assert ran.status == 2
    assert "broken.har" in ran.err
    assert "Traceback" not in ran.err


def test_an_app_that_crashes_on_import_shows_the_users_frame_first(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import json\n\n\ndef load():\n    return json.loads('{')\n\n\nSETTINGS = load()\n", encoding="utf-8"
    )
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 2
    lines = ran.err.splitlines()
    assert lines[0].startswith("json.decoder.JSONDecodeError")
    assert "main.py:5 in load" in lines[1]
    assert "corsense/" not in ran.err


def test_a_setting_that_pydantic_refuses_is_named_with_the_reason_and_without_its_value(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from pydantic import AnyUrl, BaseModel\n\n\nclass Settings(BaseModel):\n    origins: list[AnyUrl]\n\n\n"
        "SETTINGS = Settings(origins=['hunter2-hunter2'])\n",
        encoding="utf-8",
    )
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 2
    assert "origins.0: Input should be a valid URL" in ran.err
    assert "input_value" not in ran.err


def test_what_the_app_prints_goes_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        'from fastapi import FastAPI\nprint("hello")\napp = FastAPI()\n\n\n@app.get("/")\ndef index() -> int:\n    return 1\n',
        encoding="utf-8",
    )
    ran = corsense("check", "main:app", "--format", "json", folder=tmp_path)
    assert "hello" in ran.err
    assert ran.document["target"] == {"kind": "app", "name": "main:app"}


def test_the_app_is_found_as_fastapi_dev_finds_it(folder: Path) -> None:
    ran = corsense("check", "--format", "json", folder=folder)
    assert ran.document["target"]["name"] == "main:app"


def test_a_factory_is_called_with_the_option(folder: Path) -> None:
    ran = corsense("check", "main:make", "--factory", "--request", "GET /items", "--format", "json", folder=folder)
    assert ran.status == 0


def test_endpoints_do_not_run_unless_asked(folder: Path) -> None:
    corsense("check", "main:app", "--request", "DELETE /items/1", folder=folder)
    assert not (folder / "removed").exists()


def test_endpoints_run_when_asked(folder: Path) -> None:
    request = ["--request", "GET /items", "--run-endpoints"]
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", *request, "--format", "json", folder=folder)
    assert ran.status == 0
    assert ran.document["results"][0]["exchanges"][0]["response"]["status"] == 200


def test_the_answer_names_cause_place_browser_and_fix(folder: Path) -> None:
    request = ("check", "main:app", "--origin", "http://localhost:3000", "--request", "DELETE /items/1")
    short = corsense(*request, folder=folder)
    assert short.status == 1
    assert short.out.startswith("error[CORS601]: DELETE is not in allow_methods\n  --> main.py:6:")
    assert '= console: "... It does not have HTTP ok status."' in short.out
    assert "= fix (verified): " in short.out
    command = "corsense fix main:app --origin http://localhost:3000 --request 'DELETE /items/1' --write"
    assert short.out.endswith(f"1 error (1 fixable with `{command}`). 1 of 1 requests blocked.\n")
    assert "curl" not in short.out.partition("= help")[0]
    ran = corsense(*request, "--verbose", folder=folder)
    assert "has been blocked by CORS policy" in ran.out
    assert (
        '+app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST", "DELETE"])'
        in ran.out
    )
    assert "curl -i -X OPTIONS 'http://localhost:8000/items/1'" in ran.out
    assert 'fetch("http://localhost:8000/items/1", {' in ran.out


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ((), "corsense fix"),
        (("main.py",), "corsense fix main.py:app"),
        ((".",), "corsense fix main.py:app"),
        (("main:app",), "corsense fix main:app"),
    ],
)
def test_the_command_that_fixes_names_the_app_as_it_was_named(folder: Path, target: tuple[str, ...], named: str) -> None:
    ran = corsense("check", *target, "--origin", "http://localhost:3000", "--request", "DELETE /items/1", folder=folder)
    assert f"`{named} --origin" in ran.out


def test_the_command_that_fixes_can_be_pasted_and_fixes(folder: Path) -> None:
    options = ("--origin", "http://localhost:3000", "--request", "DELETE /items/1", "--ignore", "simple-request-runs-anyway")
    ran = corsense("check", "main.py", *options, folder=folder, columns=60)
    command = next(line.strip() for line in ran.out.splitlines() if line.strip().startswith("corsense fix "))
    assert ran.out.endswith("1 error (1 fixable). 1 of 1 requests blocked.\n")
    assert corsense(*shlex.split(command)[1:], folder=folder).status == 0
    assert corsense("check", "main.py", *options, folder=folder).status == 0


def test_the_command_that_fixes_asks_for_a_pasted_request_again(folder: Path) -> None:
    pasted = "curl 'http://localhost:8000/items/7' -X DELETE -H 'Origin: http://localhost:3000'"
    ran = corsense("check", "main:app", "--curl", pasted, folder=folder)
    assert "help: This command applies the fix; paste the request into it again, then press Ctrl-D:" in ran.out
    command = next(line.strip() for line in ran.out.splitlines() if line.strip().startswith("corsense fix "))
    assert command == "corsense fix main:app --curl - --write"
    assert corsense(*shlex.split(command)[1:], folder=folder, text=pasted).status == 0


def test_the_command_that_fixes_has_no_secret(folder: Path) -> None:
    secret = ("--header", "Authorization: Bearer abcdef0123456789", "--request", "DELETE /items/1?token=abcdef0123456789")
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", *secret, folder=folder)
    assert "--header 'Authorization: Bearer redacted'" in ran.out
    assert "help: This command applies the fixes; fill in what is redacted:" in ran.out
    assert "abcdef" not in ran.out


def test_a_pasted_curl_command_is_tried_on_the_app(folder: Path) -> None:
    pasted = (
        "curl 'http://localhost:8000/items/7' -X 'DELETE' -H 'Origin: http://localhost:3000' -H 'Authorization: Bearer s3cret'"
    )
    ran = corsense("check", "main:app", "--curl", pasted, "--format", "json", folder=folder)
    assert ran.status == 1
    assert {"method-not-allowed", "header-not-allowed"} <= set(ran.slugs())
    assert "s3cret" not in ran.out + ran.err


def test_a_pasted_fetch_call_is_read_from_standard_input(folder: Path) -> None:
    pasted = 'await fetch("http://localhost:8000/items", {"method": "GET", "credentials": "include"});'
    ran = corsense(
        "check", "main:app", "--fetch", "-", "--origin", "http://localhost:3000", "--format", "json", folder=folder, text=pasted
    )
    assert ran.slugs()[0] == "credentials-not-allowed"


def test_secrets_given_as_headers_are_not_printed(folder: Path) -> None:
    arguments = ["--origin", "http://localhost:3000", "--header", "Authorization: Bearer s3cret", "--verbose"]
    for output in ("text", "json"):
        ran = corsense("check", "main:app", *arguments, "--format", output, folder=folder)
        assert "s3cret" not in ran.out + ran.err


def test_quiet_leaves_a_line_or_two_for_each_finding(folder: Path) -> None:
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", "--quiet", folder=folder)
    assert ran.status == 1
    assert "+++" not in ran.out
    assert "method-not-allowed" in ran.out


def test_the_json_document_follows_the_schema_that_ships(folder: Path) -> None:
    schema = corsense("schema", "check").document
    document = corsense("check", "main:app", "--format", "json", folder=folder).document
    assert set(document) == set(schema["required"]) | {"schema"}
    assert document["schema"] == 1


def test_a_rule_can_be_looked_up_by_code_and_by_slug() -> None:
    by_code = corsense("rule", "CORS201")
    by_slug = corsense("rule", "origin-trailing-slash")
    assert by_code.out == by_slug.out
    assert "## Use instead" in by_code.out


def test_an_unknown_rule_is_met_with_the_nearest_one() -> None:
    ran = corsense("rule", "origin-trailing-slahs")
    assert ran.status == 2
    assert "origin-trailing-slash" in ran.err


def test_all_rules_can_be_printed() -> None:
    ran = corsense("rule", "--all")
    assert ran.status == 0
    assert ran.out.count("## What it does") > 50


LIFESPAN = """
    from contextlib import asynccontextmanager

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware


    @asynccontextmanager
    async def lifespan(app):
        app.state.db = {"users": 1}
        yield


    app = FastAPI(lifespan=lifespan)


    @app.middleware("http")
    async def count(request, call_next):
        request.app.state.db["users"]
        return await call_next(request)


    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


    @app.get("/crash")
    def crash():
        raise ValueError("no such user")
"""


def test_what_only_start_up_code_may_lack_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(LIFESPAN), encoding="utf-8")
    ran = corsense("check", "main:app", "--origin", "http://localhost:3000", "--format", "json", folder=tmp_path)
    found = [finding for finding in ran.document["findings"] if finding["slug"] == "unhandled-exception"]
    assert [finding["severity"] for finding in found] == ["warning"]
    assert "--run-endpoints" in found[0]["message"]


def test_with_endpoints_run_start_up_code_runs_too_and_a_crash_shows_the_users_frame(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(LIFESPAN), encoding="utf-8")
    asked = ["--origin", "http://localhost:3000", "--run-endpoints", "--format", "json"]
    ran = corsense("check", "main:app", *asked, folder=tmp_path)
    (found,) = [finding for finding in ran.document["findings"] if finding["slug"] == "unhandled-exception"]
    source = (tmp_path / "main.py").read_text(encoding="utf-8").splitlines()
    assert found["severity"] == "error"
    assert found["file"] == "main.py"
    assert source[found["line"] - 1].strip() == 'raise ValueError("no such user")'
    assert "ValueError: no such user" in found["message"]


def test_a_host_longer_than_a_name_can_be_is_refused_in_one_line() -> None:
    ran = corsense("check", "main:app", "--origin", f"https://{'a' * 200}.example", folder=FOLDER / "broken" / "trailing-slash")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "longer than a name can be" in ran.err


def test_one_cause_at_one_place_is_one_finding_however_it_shows() -> None:
    ran = corsense("check", "--format", "json", folder=FOLDER / "broken" / "options-by-hand-with-headers")
    (finding,) = (finding for finding in ran.document["findings"] if finding["slug"] == "manual-options-handler")
    number = ran.document["findings"].index(finding)
    shown = {result["error"] for result in ran.document["results"] if number in result["findings"]}
    assert len(shown) > 1


def test_an_origin_that_nobody_named_enters_no_list_and_no_all_clear(folder: Path) -> None:
    given = ("check", "main:app", "--request", "GET /items")
    ran = corsense(*given, folder=folder)
    assert ran.status == 0
    assert "Browsers let pages of http://localhost:3000 use it." in ran.out
    assert "Pages of http://localhost:5173 are not allowed; name yours with --origin." in ran.out
    assumed = corsense(*given, "--format", "json", folder=folder).document["findings"]
    assert [(finding["severity"], finding["fix"]) for finding in assumed if finding["slug"] == "origin-mismatch"] == [
        ("info", None)
    ]
    assert [finding["remedy"] for finding in assumed if finding["slug"] == "origin-mismatch"] == [None]


def test_an_origin_that_a_computed_list_lacks_is_added_where_the_list_is_made(tmp_path: Path) -> None:
    source = """\
import os
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=os.environ.get("PAGES", "https://app.example.com").split(","))
@app.get("/items")
def items() -> list[int]:
    return []
"""
    (tmp_path / "main.py").write_text(source)
    given = ("check", "main:app", "--origin", "https://shop.test", "--format", "json")
    finding = corsense(*given, folder=tmp_path).document["findings"][0]
    assert finding["fix"] is None
    assert finding["remedy"].startswith("Add 'https://shop.test' where the list is made: a literal, a setting, or a variable")
