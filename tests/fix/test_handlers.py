from __future__ import annotations

import pytest

from corsense.fix.edits import remove_manual_header, remove_manual_options
from tests.fix.programs import program

REST = "\n\nx = 1\n"


@pytest.mark.parametrize(
    "handler",
    [
        '@app.options("/items")\ndef preflight():\n    return {}\n',
        '@app.options("/{path:path}", include_in_schema=False)\nasync def preflight(path: str, response: Response):\n'
        '    """Let it through."""\n    response.headers["Access-Control-Allow-Origin"] = "*"\n    return {"ok": True}\n',
        '@app.options("/x")\ndef preflight(request: Request):\n    response = Response(status_code=204)\n'
        '    response.headers["access-control-allow-origin"] = request.headers.get("origin", "*")\n    return response\n',
        '@app.options("/x")\ndef preflight():\n'
        '    return JSONResponse(content="OK", headers={"Access-Control-Allow-Origin": "*", "Vary": "Origin"})\n',
        '@app.api_route("/x", methods=["OPTIONS"])\ndef preflight():\n    pass\n',
        '# by hand\n@app.options(\n    "/x",\n)\ndef preflight(\n):\n    ...\n',
    ],
)
def test_a_handler_that_only_answers_preflights_goes(handler: str) -> None:
    before = "a = 1\n\n\n" + handler + REST
    line = next(n for n, row in enumerate(before.splitlines(), 1) if row.startswith("@"))
    head = next(n for n, row in enumerate(before.splitlines(), 1) if "def preflight" in row)
    assert remove_manual_options(before, line) == "a = 1\n" + REST
    assert remove_manual_options(before, head) == "a = 1\n" + REST


def test_a_dict_of_headers_is_looked_up() -> None:
    before = program("""
        HEADERS = {"Access-Control-Allow-Origin": "*"}

        @app.options("/x")
        def preflight():
            return Response(headers=HEADERS)
    """)
    assert remove_manual_options(before, 3) == 'HEADERS = {"Access-Control-Allow-Origin": "*"}\n\n'
    assert remove_manual_options(before.replace("Access-Control-Allow-Origin", "DAV"), 3) is None


@pytest.mark.parametrize(
    "handler",
    [
        '@app.get("/x")\ndef preflight():\n    return {}\n',
        '@app.post("/x")\n@app.options("/x")\ndef preflight():\n    return {}\n',
        '@app.api_route("/x", methods=["OPTIONS", "GET"])\ndef preflight():\n    return {}\n',
        '@app.api_route("/x", methods=METHODS)\ndef preflight():\n    return {}\n',
        '@app.options("/x", name="x")\ndef preflight():\n    return {}\n',
        '@app.options("/x", dependencies=[Depends(count)])\ndef preflight():\n    return {}\n',
        '@app.options("/x")\ndef preflight():\n    return describe()\n',
        '@app.options("/x")\ndef preflight():\n    log("x")\n    return {}\n',
        '@app.options("/x")\nasync def preflight():\n    return await x\n',
        '@app.options("/x")\ndef preflight():\n    return Response(headers={"Allow": "GET", "DAV": "1"})\n',
        '@app.options("/x")\ndef preflight():\n    return Response(headers=load())\n',
        '@app.options("/x")\ndef preflight():\n    return Response(background=x)\n',
        '@app.options("/x")\ndef preflight(response):\n    response.headers["DAV"] = "1"\n',
        '@app.options("/x")\ndef preflight():\n    if x:\n        return {}\n',
        '@app.options("/x")\ndef preflight():\n    return {}\nprint(preflight)\n',
        '@app.options("/x")\ndef preflight():\n    return {}\n__all__ = ["preflight"]\n',
        'if x:\n    @app.options("/x")\n    def preflight():\n        return {}\n',
    ],
)
def test_a_handler_that_does_more_or_is_used_stays(handler: str) -> None:
    before = handler + REST
    line = next(n for n, row in enumerate(before.splitlines(), 1) if "def preflight" in row)
    assert remove_manual_options(before, line) is None


def test_a_header_set_by_hand_goes() -> None:
    before = program("""
        @app.get("/")
        def root(response: Response):
            # for the page
            response.headers["Access-Control-Allow-Origin"] = "*"
            return {}
    """)
    assert remove_manual_header(before, 4) == '@app.get("/")\ndef root(response: Response):\n    return {}\n'


def test_a_header_that_is_all_a_block_does_leaves_pass() -> None:
    before = 'if page:\n    response.headers["access-control-allow-origin"] = page  # them\n'
    edited = remove_manual_header(before, 2)
    assert edited == "if page:\n    pass  # them\n"
    assert remove_manual_header(edited, 2) is None


@pytest.mark.parametrize(
    "before",
    [
        'response.headers["X-Total"] = "1"\n',
        'h["Access-Control-Allow-Origin"] = "*"\n',
        'r.headers["Access-Control-Allow-Origin"] = f()\n',
    ],
)
def test_other_assignments_stay(before: str) -> None:
    assert remove_manual_header(before + "x = 1\n", 1) is None
