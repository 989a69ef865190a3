"""A fix keeps what its author meant: the request passes, who was allowed stays allowed, nobody else comes in, and every value
that was written is alive afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from corsense.causes import cause
from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"
HEAD = """import os

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
"""
ROUTE = "\n\n@app.get('/items')\ndef items():\n    return []\n\n\n@app.put('/items')\ndef put():\n    return []\n"


def fix(folder: Path, source: str, *options: str, origin: str | None = PAGE) -> Ran:
    (folder / "main.py").write_text(HEAD + source + ROUTE, encoding="utf-8")
    named = ["--origin", origin] if origin is not None else []
    return corsense("fix", "main:app", *named, "--write", *options, folder=folder)


def text(folder: Path) -> str:
    return (folder / "main.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("['http://localhost:3000', 'http://localhost:8080'],", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
        ("['http://localhost:3000' 'http://localhost:8080']", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
        ("['http://localhost:3000,http://localhost:8080']", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
        ("""'["http://localhost:3000", "http://localhost:8080"]'""", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
        ("'http://localhost:3000, http://localhost:8080'", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
        ("['http://localhost:3000/', 'http://localhost:8080/']", "= ['http://localhost:3000', 'http://localhost:8080']\n"),
    ],
)
def test_all_values_that_were_written_are_alive(folder: Path, given: str, wanted: str) -> None:
    ran = fix(folder, f"origins = {given}\napp.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=['*'])")
    assert wanted in text(folder), ran.out
    assert ran.status == 0
    again = corsense("check", "main:app", "--origin", "http://localhost:8080", "--format", "json", folder=folder)
    assert [result["outcome"] for result in again.document["results"] if result["scenario"] == "success"] == ["allowed"] * 2


def test_methods_in_one_string_are_all_allowed(folder: Path) -> None:
    fix(folder, f"app.add_middleware(CORSMiddleware, allow_origins=['{PAGE}'], allow_methods=['GET,PUT'])")
    assert "allow_methods=['GET', 'PUT']" in text(folder)


def test_headers_in_one_string_are_all_allowed_and_none_is_doubled(folder: Path) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origins=['{PAGE}'], allow_methods=['*'], allow_headers=['X-A,X-Token'])"
    fix(folder, source, "--header", "X-Token: a")
    assert "allow_headers=['X-A', 'X-Token'])" in text(folder)


def test_what_no_edit_can_repair_says_where_to_change_it(folder: Path) -> None:
    source = (
        "class Settings:\n    ORIGINS = ['*']\n\n\nsettings = Settings()\n"
        "app.add_middleware(CORSMiddleware, allow_origins=settings.ORIGINS, allow_credentials=True)"
    )
    ran = fix(folder, source)
    assert text(folder) == HEAD + source + ROUTE
    assert "change it where it is set" in ran.out
    assert "allow_credentials=True lets any site in" in ran.out


def test_a_string_of_a_setting_is_split_though_the_page_is_another(folder: Path) -> None:
    source = (
        "app.add_middleware(CORSMiddleware, allow_origins=os.getenv('ORIGINS', 'https://a.example.com'), allow_methods=['*'])"
    )
    fix(folder, source, origin="https://a.example.com")
    assert "for origin in os.getenv('ORIGINS', 'https://a.example.com').split(',')" in text(folder)


@pytest.mark.parametrize("listed", ["['capacitor://localhost']", "['https://app.example.com'], allow_credentials=True"])
@pytest.mark.parametrize("unsafe", [[], ["--unsafe-fixes"]])
def test_nothing_is_added_for_pages_that_nobody_named(folder: Path, listed: str, unsafe: list[str]) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origins={listed}, allow_methods=['*'])"
    fix(folder, source, *unsafe, origin=None)
    assert text(folder) == HEAD + source + ROUTE


def test_a_public_app_stays_public_beside_one_with_cookies(folder: Path) -> None:
    source = (
        "public = FastAPI()\npublic.add_middleware(CORSMiddleware, allow_origins=['*'])\npublic.get('/news')(lambda: 1)\n"
        f"private = FastAPI()\nprivate.add_middleware(CORSMiddleware, allow_origins=['{PAGE}/'], allow_credentials=True)\n"
        "private.get('/me')(lambda: 1)\napp.mount('/public', public)\napp.mount('/private', private)\n"
    )
    (folder / "main.py").write_text(HEAD + source, encoding="utf-8")
    corsense("fix", "main:app", "--origin", PAGE, "--write", folder=folder)
    assert "allow_origins=['*']" in text(folder)
    assert f"allow_origins=['{PAGE}'], allow_credentials=True" in text(folder)


def test_a_star_is_closed_by_request_only(folder: Path) -> None:
    source = (
        "app.add_middleware(SessionMiddleware, secret_key='a')\n"
        "app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_methods=['*'])"
    )
    ran = fix(folder, source)
    assert "allow_origins=['*']" in text(folder)
    assert "every other page loses its access" in ran.out
    fix(folder, source, "--credentials", "include")
    assert f"allow_origins=['{PAGE}']" in text(folder)


def test_what_a_computed_list_gets_wrong_is_not_added_to(folder: Path) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origins=[x for x in ['{PAGE}/']], allow_methods=['*'])"
    fix(folder, source)
    assert f"'{PAGE}'" not in text(folder)


@pytest.mark.skipif(not hasattr(FastAPI, "frontend"), reason="this FastAPI has no frontend()")
def test_a_frontend_of_the_same_project_needs_no_cors(folder: Path) -> None:
    (folder / "frontend").mkdir()
    (folder / "frontend" / "package.json").write_text(json.dumps({"devDependencies": {"vite": "7"}}), encoding="utf-8")
    ran = fix(folder, "")
    assert 'app.frontend("/", directory="frontend/dist")' in ran.out
    (folder / "frontend" / "package.json").unlink()
    assert "Alternative" not in fix(folder, "").out


def test_a_star_is_the_fault_also_where_the_layer_names_the_origin_of_requests_with_cookies(folder: Path) -> None:
    layer = (
        "from starlette.middleware.cors import CORSMiddleware as Starlettes\n\n\n"
        "class CORSMiddleware(Starlettes):  # as before Starlette 1.0\n"
        "    async def send(self, message, send, request_headers):\n"
        "        starts = message['type'] == 'http.response.start'\n"
        "        if starts and self.allow_all_origins and 'cookie' in request_headers:\n"
        "            named = (b'access-control-allow-origin', request_headers['origin'].encode())\n"
        "            message['headers'] = [*message['headers'], named]\n"
        "            await send(message)\n"
        "        else:\n"
        "            await super().send(message, send, request_headers)\n\n\n"
    )
    source = f"{layer}app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_methods=['*'])"
    ran = fix(folder, source, "--credentials", "include")
    assert ran.status == 0, ran.out
    assert f"allow_origins=['{PAGE}']" in text(folder)
    assert "allow_credentials=True" in text(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "slug", "remedy"),
    [
        ("chrome-extension://*", "glob-in-origins", "chrome-extension://<id>"),
        ("https://shop-*-acme.vercel.app", "glob-in-origins", r"https://shop-[a-z0-9-]+-acme\.vercel\.app"),
        ("^https://(a|b)\\.example\\.com$", "regex-in-origins", "allow_origin_regex"),
    ],
)
def test_an_entry_that_no_page_has_is_a_fault_with_a_way_out(folder: Path, entry: str, slug: str, remedy: str) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origins=['{PAGE}', r'{entry}'], allow_methods=['*'])"
    (folder / "main.py").write_text(HEAD + source + ROUTE, encoding="utf-8")
    ran = corsense("check", "main:app", "--origin", PAGE, folder=folder)
    assert (ran.status, f"[{cause(slug).code}]" in ran.out) == (1, True)
    assert remedy in ran.out


def test_previews_on_a_shared_host_are_allowed_exactly_and_by_request_only(folder: Path) -> None:
    source = (
        f"app.add_middleware(CORSMiddleware, allow_origins=['{PAGE}', 'https://shop-*-acme.vercel.app'], allow_methods=['*'])"
    )
    fix(folder, source)
    assert "allow_origin_regex" not in text(folder)
    fix(folder, source, "--unsafe-fixes")
    assert r"allow_origin_regex=r'https://shop-[a-z0-9-]+-acme\.vercel\.app'" in text(folder)


def test_an_endpoint_that_changes_something_runs_once(folder: Path) -> None:
    source = (
        f"app.add_middleware(CORSMiddleware, allow_origins=['{PAGE}'])\n\n\n@app.post('/form')\ndef form():\n"
        "    with open('ran.txt', 'a') as file:\n        file.write('x')\n"
    )
    (folder / "main.py").write_text(HEAD + source + ROUTE, encoding="utf-8")
    form = ["--request", "POST /form", "--header", "Content-Type: application/x-www-form-urlencoded"]
    corsense("check", "main:app", "--origin", PAGE, "--run-endpoints", *form, folder=folder)
    assert (folder / "ran.txt").read_text("utf-8") == "x"


@pytest.mark.parametrize(
    ("given", "after"),
    [
        (f"allow_origin_regex=['{PAGE}']", f"allow_origins=['{PAGE}']"),
        (r"allow_origin_regex=[r'https://[a-z0-9-]+\.example\.com']", r"allow_origin_regex=r'https://[a-z0-9-]+\.example\.com'"),
        (f"allow_origin=['{PAGE}']", f"allow_origins=['{PAGE}']"),
    ],
)
def test_a_layer_that_could_not_be_built_is_repaired_although_nobody_named_an_origin(
    folder: Path, given: str, after: str
) -> None:
    source = f"app.add_middleware(CORSMiddleware, {given}, allow_methods=['*'])"
    (folder / "main.py").write_text(HEAD + source + ROUTE, encoding="utf-8")
    corsense("fix", "main:app", "--write", folder=folder)
    assert after in text(folder)


@pytest.mark.parametrize("given", ["['.*']", "['*']", "[]", "False", "['https://a.example', 'https://.*']"])
def test_what_nobody_can_have_meant_as_an_expression_is_named_and_left(folder: Path, given: str) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origin_regex={given})"
    (folder / "main.py").write_text(HEAD + source + ROUTE, encoding="utf-8")
    ran = corsense("fix", "main:app", "--write", folder=folder)
    assert "[CORS225]" in ran.out
    assert f"allow_origin_regex={given}" in text(folder)


SETTINGS = """class Settings:
    ORIGINS = 'http://localhost:3000, http://localhost:8080'
{method}

settings = Settings()
"""
BY_PROPERTY = "\n    @property\n    def origins(self):\n        return [each.strip() for each in self.ORIGINS.split(',')]\n"


@pytest.mark.parametrize(
    ("module", "method", "wanted"),
    [
        ("settings.py", BY_PROPERTY, "allow_origins=settings.origins,"),
        ("core/settings.py", BY_PROPERTY, "allow_origins=settings.origins,"),
        ("settings.py", BY_PROPERTY.replace("    @property\n", ""), "allow_origins=settings.origins(),"),
        ("settings.py", BY_PROPERTY.replace(".strip()", ""), "in settings.ORIGINS.split"),  # its second origin would stay dead
        ("settings.py", BY_PROPERTY.replace("self.ORIGINS", "self.OTHER"), "in settings.ORIGINS.split"),
        ("settings.py", "", "in settings.ORIGINS.split"),
    ],
)
def test_a_setting_that_its_class_splits_is_read_so(folder: Path, module: str, method: str, wanted: str) -> None:
    (folder / module).parent.mkdir(exist_ok=True)
    (folder / module).write_text(SETTINGS.format(method=method), encoding="utf-8")
    imported = module.removesuffix(".py").replace("/", ".")
    layer = "app.add_middleware(CORSMiddleware, allow_origins=settings.ORIGINS, allow_methods=['*'])"
    ran = fix(folder, f"from {imported} import settings\n{layer}", origin="http://localhost:8080")
    assert wanted in text(folder), ran.out
    assert (folder / module).read_text("utf-8") == SETTINGS.format(method=method)


def test_a_setting_behind_a_function_is_read_as_its_base_class_splits_it(folder: Path) -> None:
    source = SETTINGS.format(method=BY_PROPERTY).partition("settings =")[0]
    source += "class Settings(Base):\n    pass\n\ndef get_settings():\n    return Settings()\n"
    (folder / "settings.py").write_text(source.replace("class Settings:", "class Base:"), encoding="utf-8")
    layer = "app.add_middleware(CORSMiddleware, allow_origins=get_settings().ORIGINS, allow_methods=['*'])"
    ran = fix(folder, f"from settings import get_settings\n{layer}", origin="http://localhost:8080")
    assert "allow_origins=get_settings().origins," in text(folder), ran.out


def test_the_next_candidate_is_tried_where_one_is_refuted(folder: Path) -> None:
    wrong = BY_PROPERTY.replace("for each in", "for each in [] and")  # it has no origin at all
    (folder / "settings.py").write_text(SETTINGS.format(method=wrong), encoding="utf-8")
    layer = "app.add_middleware(CORSMiddleware, allow_origins=settings.ORIGINS, allow_methods=['*'])"
    ran = fix(folder, f"from settings import settings\n{layer}", origin="http://localhost:8080")
    assert "for origin in settings.ORIGINS.split(" in text(folder), ran.out
    assert "settings.origins" not in ran.out


@pytest.mark.parametrize("given", ["rb'https://[a-z]+[.]a[.]example'", "re.compile(rb'https://[a-z]+[.]a[.]example')"])
def test_an_expression_of_bytes_is_the_cause_and_not_the_crash(folder: Path, given: str) -> None:
    layer = f"import re\napp.add_middleware(CORSMiddleware, allow_origin_regex={given}, allow_methods=['*'])"
    ran = fix(folder, layer, origin="https://b.a.example")
    assert "[CORS225]" in ran.out
    assert "CORS702" not in ran.out
    assert given.replace("rb'", "r'") in text(folder), ran.out


def test_two_faults_of_one_computed_list_are_both_repaired(folder: Path) -> None:
    read = 'origins = os.getenv("ALLOWED", "https://app.example.com/, http://localhost:3000").split(",")\n'
    layer = "app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=['*'])"
    ran = fix(folder, read + layer, origin="https://app.example.com")
    assert ran.status == 0, ran.out
    assert '.strip().rstrip("/") for origin in origins]' in text(folder)


def test_a_narrower_expression_and_a_method_are_repaired_together(folder: Path) -> None:
    layer = "app.add_middleware(CORSMiddleware, allow_origin_regex='https://.*.example.com', allow_methods=['GET'])"
    ran = fix(folder, layer, origin="https://a.example.com")
    assert ran.status == 0, ran.out
    assert "'PUT'" in text(folder)
    other = corsense("check", "main:app", "--origin", "https://xexample.com", "--format", "json", folder=folder)
    assert {result["outcome"] for result in other.document["results"]} == {"blocked"}


def test_nothing_empty_stays_of_a_list_within_a_list(folder: Path) -> None:
    nested = "[['https://*.example.com'], 'http://localhost:3000']"
    layer = f"app.add_middleware(CORSMiddleware, allow_origins={nested}, allow_methods=['*'])"
    ran = fix(folder, layer, origin="https://a.example.com")
    assert ran.status == 0, ran.out
    assert "*[]" not in text(folder)
    assert "allow_origins=['http://localhost:3000']" in text(folder)
