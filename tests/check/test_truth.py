"""Apps that look like something they are not: every sentence about them has to be true."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.check.live import serving
from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"


def check(folder: Path, source: str, *options: str, page: str = PAGE) -> Ran:
    (folder / "main.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return corsense("check", "main:app", "--origin", page, "--format", "json", *options, folder=folder)


def serious(ran: Ran) -> list[str]:
    return [finding["slug"] for finding in ran.document["findings"] if finding["severity"] != "info"]


def test_a_mounted_app_is_not_blamed_for_what_its_outer_router_answers(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI(openapi_url=None)
        sub = FastAPI(openapi_url=None)
        sub.add_middleware(CORSMiddleware, allow_origins=["*"])


        @sub.get("/")
        def index() -> int:
            return 1


        app.mount("/sub", sub)
        """,
    )
    slugs = {finding["slug"] for finding in ran.document["findings"]}
    assert serious(ran) == []
    assert "redirect-slashes" in slugs
    assert not slugs & {"glob-in-origins", "env-split-without-strip", "origin-mismatch"}


def test_an_endpoint_that_also_serves_options_is_not_run(tmp_path: Path) -> None:
    check(
        tmp_path,
        """
        from fastapi import FastAPI

        app = FastAPI()


        @app.api_route("/purge", methods=["PUT", "OPTIONS"])
        def purge() -> None:
            open("purged", "w").close()
        """,
    )
    assert not (tmp_path / "purged").exists()


def test_headers_that_proxies_and_browsers_set_are_not_sent_in_a_scripts_name(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI, Header
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


        @app.get("/who")
        def who(x_forwarded_for: str = Header(), user_agent: str = Header(), x_trace_id: str | None = Header(None)) -> str:
            return x_forwarded_for
        """,
    )
    assert serious(ran) == []


def test_all_that_one_list_lacks_is_one_finding_with_one_diff(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI, Header
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_headers=["X-A"])


        @app.get("/one")
        def one(x_b: str = Header()) -> str:
            return x_b


        @app.get("/two")
        def two(x_c: str = Header()) -> str:
            return x_c
        """,
    )
    (finding,) = [found for found in ran.document["findings"] if found["slug"] == "header-not-allowed"]
    assert sorted(finding["evidence"]["headers"]) == ["x-b", "x-c"]
    assert finding["fix"]["verified"] is True
    assert '"x-b", "x-c"' in finding["fix"]["diff"]


def test_a_layer_whose_name_only_speaks_of_cors_is_no_second_cors_layer(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware


        class CorsLoggingMiddleware:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                await self.app(scope, receive, send)


        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])
        app.add_middleware(CorsLoggingMiddleware)


        @app.get("/")
        def index() -> int:
            return 1
        """,
    )
    assert serious(ran) == []


def test_a_loose_expression_is_not_repaired_into_another_loose_one(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI
        from fastapi.middleware.cors import CORSMiddleware

        app = FastAPI()
        app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_origin_regex=r"https://.*example.com")


        @app.get("/")
        def index() -> int:
            return 1
        """,
    )
    (finding,) = [found for found in ran.document["findings"] if found["slug"] == "regex-unescaped-dot"]
    (written,) = re.findall(r'^\+.*allow_origin_regex=r"(.*)"', finding["fix"]["diff"], re.MULTILINE)
    assert re.fullmatch(written, "https://app.example.com")
    assert re.fullmatch(written, "https://example.com")
    assert not re.fullmatch(written, "https://evilexample.com")


def test_control_characters_of_an_app_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/\\x1b[31mred\\x07")\ndef red() -> int:\n    return 1\n',
        encoding="utf-8",
    )
    ran = corsense("check", "main:app", "--origin", PAGE, "--verbose", folder=tmp_path)
    assert "red" in ran.out
    assert not {"\x1b", "\x07"} & set(ran.out + ran.err)


def test_control_characters_of_an_import_error_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text('raise RuntimeError("\\x1b[31mx\\x07")\n', encoding="utf-8")
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 2
    assert not {"\x1b", "\x07"} & set(ran.err)


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_token_in_the_url_is_not_printed(tmp_path: Path, output: str) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef index() -> int:\n    return 1\n", encoding="utf-8"
    )
    with serving(tmp_path) as url:
        ran = corsense("check", f"{url}/?access_token=s3cret", "--origin", PAGE, "--format", output)
    assert ran.status == 1
    assert "s3cret" not in ran.out + ran.err


def test_an_openapi_document_sends_us_to_no_other_server(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        textwrap.dedent("""
            from fastapi import FastAPI

            app = FastAPI(openapi_url=None)


            @app.get("/openapi.json")
            def document() -> dict[str, object]:
                operation = {"get": {"responses": {"200": {"description": "x"}}}}
                paths = {"//127.0.0.1:9/a": operation, "/b": operation}
                return {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
        """),
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        ran = corsense("check", url, "--origin", PAGE, "--format", "json")
        assert {result["url"] for result in ran.document["results"]} == {f"{url}/b"}


def test_a_preflight_that_no_recording_shows_is_not_invented(tmp_path: Path) -> None:
    entry: dict[str, Any] = {
        "_resourceType": "fetch",
        "request": {
            "method": "GET",
            "url": "http://localhost:8000/me",
            "headers": [{"name": "Origin", "value": PAGE}, {"name": "Authorization", "value": "Bearer x"}],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "_error": "net::ERR_FAILED",
        },
    }
    (tmp_path / "x.har").write_text(json.dumps({"log": {"entries": [entry]}}), encoding="utf-8")
    ran = corsense("check", "x.har", "--format", "json", folder=tmp_path)
    (result,) = ran.document["results"]
    assert [exchange["preflight"] for exchange in result["exchanges"]] == [False]
    assert serious(ran) == ["missing-cors-middleware"]


def test_an_address_without_a_scheme_is_met_with_one(tmp_path: Path) -> None:
    ran = corsense("check", "localhost:8000", folder=tmp_path)
    assert ran.status == 2
    assert "http://localhost:8000" in ran.err


LISTED = """
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=[{entries}])


    @app.get("/projects")
    def projects() -> list[str]:
        return []
    """


def test_an_entry_without_a_scheme_is_one_fault_whichever_scheme_the_page_has(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(LISTED.format(entries='"192.168.1.100:3000"')), encoding="utf-8")
    for page in ("http://192.168.1.100:3000", "https://192.168.1.100:3000"):
        ran = corsense("check", "main:app", "--origin", page, "--format", "json", folder=tmp_path)
        (finding,) = (each for each in ran.document["findings"] if each["severity"] == "error")
        assert finding["evidence"]["sent"] == page


def test_an_entry_without_a_scheme_is_meant_for_http_on_a_private_host(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        textwrap.dedent(LISTED.format(entries='"192.168.1.100:3000", "app.example.com"')), encoding="utf-8"
    )
    ran = corsense("check", "main:app", "--format", "json", folder=tmp_path)
    sent = {each["evidence"]["sent"] for each in ran.document["findings"] if each["slug"] == "origin-without-scheme"}
    assert sent == {"http://192.168.1.100:3000", "https://app.example.com"}


def test_an_app_that_writes_headers_by_hand_to_some_responses_is_not_said_to_let_no_page_in(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI, Response\napp = FastAPI()\n\n\n"
        '@app.get("/a")\ndef a(response: Response) -> int:\n'
        '    response.headers["Access-Control-Allow-Origin"] = "*"\n    return 1\n\n\n'
        '@app.get("/b")\ndef b() -> int:\n    return 1\n',
        encoding="utf-8",
    )
    ran = corsense("check", "main:app", "--origin", "https://app.example.com", "--run-endpoints", folder=tmp_path)
    assert "It writes CORS headers by hand, but not to every response." in ran.out
    assert "No page of another origin" not in ran.out


def test_a_check_that_tried_no_page_of_the_user_gives_no_all_clear(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(LISTED.format(entries="")), encoding="utf-8")
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 0
    assert "No verdict yet" in ran.out
    assert "Nothing wrong" not in ran.out


REPLACED = """
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])

    {name} = FastAPI(title="Shop", openapi_url=None)


    @{name}.get("/items")
    def items() -> list[str]:
        return []
    """


def test_a_layer_of_an_app_object_that_was_replaced_is_moved_to_the_new_one(tmp_path: Path) -> None:
    ran = check(tmp_path, REPLACED.format(name="app"))
    (finding,) = (each for each in ran.document["findings"] if each["severity"] == "error")
    assert (finding["slug"], finding["line"]) == ("missing-cors-middleware", 6)
    assert "another app object" in finding["message"]
    assert finding["fix"]["verified"] is True
    assert corsense("fix", "main:app", "--origin", PAGE, "--write", folder=tmp_path).status == 0
    source = (tmp_path / "main.py").read_text(encoding="utf-8")
    assert source.count("add_middleware") == 1
    assert source.index("Shop") < source.index("add_middleware")


def test_a_layer_of_another_app_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(REPLACED.format(name="shop")), encoding="utf-8")
    assert corsense("fix", "main:shop", "--origin", PAGE, "--write", folder=tmp_path).status == 0
    source = (tmp_path / "main.py").read_text(encoding="utf-8")
    assert source.count("add_middleware") == 2
    assert 'app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])' in source


def test_a_fix_is_proven_on_an_app_that_counts_requests(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        from fastapi import FastAPI, Request
        from fastapi.middleware.cors import CORSMiddleware
        from fastapi.responses import Response

        app = FastAPI(openapi_url=None)
        app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])
        seen = []


        @app.middleware("http")
        async def limit(request: Request, call_next):
            seen.append(request.url.path)
            return await call_next(request) if seen.count(request.url.path) < 2 else Response("slower", 429)


        @app.get("/items")
        def items() -> list[str]:
            return []
        """,
    )
    (finding,) = (each for each in ran.document["findings"] if each["severity"] == "error")
    assert finding["slug"] == "cors-not-outermost"
    assert finding["fix"]["verified"] is True


READING = """
    import json

    from fastapi import Depends, FastAPI, Request
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


    async def parsed(request: Request) -> dict[str, object]:
        return json.loads(await request.body())


    {endpoint}
    """
READERS = {
    "json": """
    @app.post("/items")
    async def make(request: Request):
        return await request.json()
    """,
    "a dependency": """
    @app.post("/items")
    async def make(body=Depends(parsed)):
        return body
    """,
    "a function it calls": """
    @app.post("/items")
    async def make(request: Request):
        return await parsed(request)
    """,
    "a plain route": """
    async def make(request):
        return await request.json()

    app.add_route("/items", make, methods=["POST"])
    """,
}
NO_READERS = {
    "nothing": """
    @app.post("/items")
    async def make():
        return json.dumps({})
    """,
    "a cookie": """
    @app.post("/items")
    async def make(request: Request):
        return json.dumps(request.cookies.get("session"))
    """,
    "a raw body": """
    @app.post("/items")
    async def make(request: Request):
        return len(await request.body())
    """,
    "a form": """
    @app.post("/items")
    async def make(request: Request):
        return str(await request.form())
    """,
}


@pytest.mark.parametrize("endpoint", READERS.values(), ids=READERS)
def test_a_page_sends_json_to_an_endpoint_that_reads_the_body_by_itself(tmp_path: Path, endpoint: str) -> None:
    assert serious(check(tmp_path, READING.format(endpoint=endpoint.strip()))) == ["method-not-allowed"]


@pytest.mark.parametrize("endpoint", NO_READERS.values(), ids=NO_READERS)
def test_a_page_sends_no_json_to_an_endpoint_that_reads_none(tmp_path: Path, endpoint: str) -> None:
    assert serious(check(tmp_path, READING.format(endpoint=endpoint.strip()))) == []


LISTS = """
    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, {arguments})


    @app.delete("/items")
    def remove() -> list[str]:
        return []
    """


@pytest.mark.parametrize("given", ['"DELETE"', '"GET,DELETE"', '"GET, POST"'])
def test_a_string_in_the_place_of_the_methods_is_made_a_list(tmp_path: Path, given: str) -> None:
    ran = check(tmp_path, LISTS.format(arguments=f'allow_origins=["{PAGE}"], allow_methods={given}'))
    assert serious(ran)[0] == "origins-not-a-list"
    (finding,) = (each for each in ran.document["findings"] if each["slug"] == "origins-not-a-list")
    assert "allow_methods is the string" in finding["message"]
    assert corsense("fix", "main:app", "--origin", PAGE, "--write", folder=tmp_path).status == 0
    assert corsense("check", "main:app", "--origin", PAGE, folder=tmp_path).status == 0


def test_a_star_as_a_string_allows_every_method(tmp_path: Path) -> None:
    assert (
        serious(check(tmp_path, LISTS.format(arguments=f'allow_origins=["{PAGE}"], allow_methods="*", allow_headers="*"'))) == []
    )


def test_none_in_the_place_of_the_origins_is_the_cause_of_every_500(tmp_path: Path) -> None:
    ran = check(tmp_path, LISTS.format(arguments='allow_origins=os.getenv("NO_SUCH_ORIGINS"), allow_methods=["*"]'))
    (finding,) = (each for each in ran.document["findings"] if each["severity"] == "error")
    assert (finding["slug"], finding["line"]) == ("origins-not-a-list", 8)
    assert "allow_origins is None" in finding["message"]


TRUSTED = """
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    app = FastAPI(openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com", "http://localhost:3000"])
    app.add_middleware(TrustedHostMiddleware, allowed_hosts={hosts})


    @app.get("/items")
    def items() -> list[str]:
        return []
    """


@pytest.mark.parametrize(
    ("hosts", "base"),
    [
        ('["api.example.com"]', "https://api.example.com"),
        ('["*.example.com"]', "https://api.example.com"),
        ('["api.example.com", "localhost"]', "http://localhost:8000"),
        ('["*"]', "http://localhost:8000"),
    ],
)
def test_an_app_that_knows_its_hosts_is_tried_on_one_of_them(tmp_path: Path, hosts: str, base: str) -> None:
    ran = check(tmp_path, TRUSTED.format(hosts=hosts), page="https://app.example.com")
    assert serious(ran) == []
    assert {result["url"] for result in ran.document["results"] if result["scenario"] == "success"} == {f"{base}/items"}


def test_a_page_of_a_developer_calls_this_machine_though_the_app_refuses_its_host(tmp_path: Path) -> None:
    assert serious(check(tmp_path, TRUSTED.format(hosts='["api.example.com"]'))) == ["cors-not-outermost"]


def test_a_named_base_url_is_kept_though_the_app_refuses_its_host(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        TRUSTED.format(hosts='["api.example.com"]'),
        "--base-url",
        "http://127.0.0.1:9000",
        page="https://app.example.com",
    )
    assert serious(ran) == ["cors-not-outermost"]
