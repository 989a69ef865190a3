"""Names and structure of a request are shown, values are not: in every format of every command."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corsense._redaction import Redactor, cookie_names, redact_path, redact_text, redact_url
from corsense.causes import cause
from corsense.check.recording import check_recording
from corsense.check.request import CheckRequest
from corsense.check.results import CheckTarget, Report, Result
from corsense.explain import explain
from corsense.fetch import Browser, FetchRequest, Trace, WireRequest, WireResponse
from corsense.finding import Edit, Finding, Fix
from corsense.fix.edits.diff import shared_diff, unified_diff
from corsense.report.document import check_document, explain_document
from corsense.report.explanations import print_explanations
from corsense.report.github import workflow_commands
from corsense.report.html import html_report
from corsense.report.message_document import messages_json
from corsense.report.redaction import redacted_report, redacted_trace
from corsense.report.sarif import sarif
from corsense.report.snippets import curl_command, fetch_snippet
from corsense.report.terminal import Lines
from corsense.report.text import TextReport
from corsense.testing.failure import blocked_text
from corsense.transports import drive

PAGE = "http://localhost:3000"
SECRET = "zQ7kP2mX9vT4bN8c"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Bearer abc.def", "Bearer redacted"),
        ("authorization", "Basic YTpi", "Basic redacted"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 redacted"),
        ("Authorization", "rawtoken", "redacted"),
        ("Authorization", "two words", "redacted"),
        ("Authorization", "", ""),
        ("Cookie", "a=1; b=2", "a=redacted; b=redacted"),
        ("Cookie", "nameless", "redacted"),
        ("Set-Cookie", "session=abc; Path=/; SameSite=None", "session=redacted; Path=/; SameSite=None"),
        ("Set-Cookie", "session=a=b", "session=redacted"),
        ("Set-Cookie", "nameless; Secure", "=redacted; Secure"),
        ("Set-Cookie", "a=b; hint=c", "a=redacted; hint=redacted"),
        ("X-API-Key", "abc", "redacted"),
        ("X-Anything", "Zm9v", "redacted"),
        ("X-Anything", "Token Zm9v", "Token redacted"),
        ("X-Anything", "7", "7"),
        ("X-Requested-With", "XMLHttpRequest", "XMLHttpRequest"),
        ("Content-Type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("Content-Type", "multipart/form-data; boundary=--x7Kq9", "multipart/form-data; boundary=redacted"),
        ("Accept", "text/html;q=0.9, */*;q=0.8", "text/html;q=0.9, */*;q=0.8"),
        ("WWW-Authenticate", 'Bearer realm="api", error="invalid_token"', 'Bearer realm="api", error="invalid_token"'),
        ("WWW-Authenticate", 'Digest realm="api", nonce="dcd98b7"', 'Digest realm="api", nonce="redacted"'),
        ("WWW-Authenticate", "Negotiate YIIB6wYG", "Negotiate redacted"),
        ("Location", "/callback?code=abc#id_token=d", "/callback?code=redacted#id_token=redacted"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("Access-Control-Allow-Headers", "authorization, x-api-key", "authorization, x-api-key"),
        ("Vary", "Origin", "Origin"),
        ("ETag", '"33a64df551425fcc55e4d42a148795d9"', "redacted"),
    ],
)
def test_a_header_keeps_its_form_and_only_harmless_values(name: str, value: str, expected: str) -> None:
    assert Redactor().header(name, value) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a/?page=1&sort=name&ok=true", "http://a/?page=1&sort=name&ok=true"),
        ("http://a/?access_token=x&page=1", "http://a/?access_token=redacted&page=1"),
        ("http://a/?code=1234&state=5", "http://a/?code=redacted&state=redacted"),
        ("http://a/?q=free%20text", "http://a/?q=redacted"),
        ("http://a/?ST-1856339", "http://a/?redacted"),
        ("http://a/?X-Amz-Signature=x#token=y", "http://a/?X-Amz-Signature=redacted#token=redacted"),
        ("http://a/#/users/1?token=x", "http://a/#/users/1?token=redacted"),
        ("http://a/#install", "http://a/#install"),
        ("http://me:pw@a/", "http://redacted:redacted@a/"),
        ("http://me@a/?q=1", "http://redacted@a/?q=1"),
        ("http:\\\\me:pw@a/", "http:\\\\redacted:redacted@a/"),
        ("https:me:pw@a/", "https:redacted:redacted@a/"),
        ("//me:pw@a/x", "//redacted:redacted@a/x"),
        ("http://a/x@y", "http://a/x@y"),
        ("http://a/?token=", "http://a/?token="),
        ("http://a/users/42/orders/getById", "http://a/users/42/orders/getById"),
        ("http://a/items/{item_id}/v1beta1", "http://a/items/{item_id}/v1beta1"),
        ("http://a/x;jsessionid=12AB/y", "http://a/x;jsessionid=redacted/y"),
        ("http://a/reset/x7Kq9", "http://a/reset/redacted"),
        ("http://a/reset/password", "http://a/reset/password"),
        ("http://a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln/x", "http://a/redacted/x"),
        ("http://a/3f2b8c1e-9a4d-4b1e-8c2f-0a1b2c3d4e5f", "http://a/redacted"),
        ("http://a/00000000-0000-4000-8000-000000000000", "http://a/00000000-0000-4000-8000-000000000000"),
        ("http://a/services/T00000000/B00000000/aB3dE5fG7hJ9kL1mN3pQ5rS7", "http://a/services/redacted/redacted/redacted"),
        ("http://a/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe", "http://a/redacted/getMe"),
        ("http://a/reset/MQ/5wj-c1b2a3d4e5f6a7b8/", "http://a/reset/redacted/redacted/"),
        ("http://a/c/b?sv=2023-11-03&sp=r&sig=abc%3D", "http://a/c/b?sv=2023-11-03&sp=redacted&sig=redacted"),
        ("http://a/login?redirect_url=%2Fmanifest.webmanifest", "http://a/login?redirect_url=%2Fmanifest.webmanifest"),
        ("http://a/login?next=/reset/AbCd1234Efgh5678", "http://a/login?next=redacted"),
        ("http://a/login?next=https://b.example/items/7", "http://a/login?next=https://b.example/items/7"),
        ("http://a/login?next=https://u:pw@b.example/", "http://a/login?next=redacted"),
        ("http://a/login?token=/items", "http://a/login?token=redacted"),
        ("data:text/plain,hello", "data:redacted"),
        ("blob:http://a/3f2b8c1e-9a4d-4b1e-8c2f-0a1b2c3d4e5f", "blob:http://a/redacted"),
        ("http://localhost:*", "http://localhost:*"),
        ("about:blank", "about:blank"),
        ("", ""),
    ],
)
def test_a_url_keeps_host_words_and_names(url: str, expected: str) -> None:
    assert redact_url(url) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"password": "x", "name": "y", "n": 3, "ok": true}', '{"password":"redacted","name":"redacted","n":3,"ok":true}'),
        ('[{"refreshToken": "x"}]', '[{"refreshToken":"redacted"}]'),
        ('{"pin": 1234}', '{"pin":"redacted"}'),
        ("{}", "{}"),
        ('{"token": 5', "redacted"),
        ("a=1&password=b", "a=1&password=redacted"),
        ("password = b", "redacted"),
        ("", ""),
        ("[" * 100_000, "redacted"),
        ("--b--", "--b--"),
    ],
)
def test_a_body_keeps_its_names(body: str, expected: str) -> None:
    assert Redactor().body(body) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect to postgresql://user:pw@db:5432/prod failed", "connect to postgresql://redacted:redacted@db:5432/prod failed"),
        ("password=hunter2, api_key='x9'", "password=redacted, api_key='redacted'"),
        ("{'authorization': 'Bearer abc1'}", "{'authorization': 'Bearer redacted'}"),
        ("Authorization: Bearer abc1.x", "Authorization: Bearer redacted"),
        ("Cookie: a=1; b=2", "Cookie: a=redacted; b=redacted"),
        ("GET /cb?code=abc&state=def HTTP/1.1", "GET /cb?code=redacted&state=redacted HTTP/1.1"),
        ("invalid token eyJhbGciOiJIUzI1NiJ9.e30.c2ln here", "invalid token redacted here"),
        ("key AKIAIOSFODNN7EXAMPLE", "key redacted"),
        ("see http://a/x?ticket=ST-1.", "see http://a/x?ticket=redacted."),
        ("curl -u ada:hunter2 http://a/ failed", "curl -u redacted http://a/ failed"),
        ("Server=db;User Id=sa;Password=S3cr3t!;", "Server=db;User Id=sa;Password=redacted!;"),
        ("redis://:p4ss@h:6379/0", "redis://:redacted@h:6379/0"),
        ("unsigned eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ. here", "unsigned redacted here"),
        (
            "ws://127.0.0.1:9222/devtools/browser/8f0f9a3e-6f1d-4a0e-9c1e-2f6f3b1d7c11",
            "ws://127.0.0.1:9222/devtools/browser/redacted",
        ),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=redacted"),
    ],
)
def test_a_text_loses_what_looks_like_a_secret(text: str, expected: str) -> None:
    assert redact_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: true is not a list",
        "x-token: not in allow_headers",
        "allow_headers=['authorization', 'x-api-key']",
        "Basic authentication, Bearer tokens",
        "secret_key=os.environ['SECRET_KEY']",
        "allow_origin_regex=r'https://(a|b)\\.example\\.com'",
        r"allow_origin_regex='^https:\/\/.*\.vercel\.app$' and '^https:\\/\\/.*\\.vercel\\.app$'",
        "regex `https://(?:[a-z0-9-]+\\.?)+\\.example\\.com` and `https://.*\\.?example\\.com`",
        'credentials: "include" and allow_credentials=True',
        "Access-Control-Allow-Credentials: 'false'",
        "ngrok-error-code: ERR_NGROK_6024",
        "the preflight answers status code: 400",
        "CORS601 https://example.com/docs/rules/CORS601",
        "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked",
        "tests/test_a_request_with_its_preflight.py:12: AssertionError",
        '"OPTIONS /token HTTP/1.1" 405 Method Not Allowed',
    ],
)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text


def test_what_the_catalogue_and_the_examples_say_about_cors_stays_as_it_is() -> None:
    sources = [*EXAMPLES.rglob("*.py"), *(EXAMPLES.parent / "src" / "corsense" / "causes").glob("*.py")]
    lines = [line for source in sources for line in source.read_text(encoding="utf-8").split("\n")]
    assert len(lines) > 5_000
    changed = {line.strip() for line in lines if redact_text(line) != line}
    assert all(re.search(r"secret|client_id=|signature=", line) for line in changed), changed


SECRETS = st.text("abcdefghkmpqrstwxyzABCDEFGHKMPQRSTWXYZ0123456789", min_size=12, max_size=40).filter(
    lambda text: sum(character.isdigit() for character in text) >= 3 and sum(character.isalpha() for character in text) >= 4
)
NAMES = st.sampled_from(
    ["code", "state", "ticket", "SAMLResponse", "auth", "key", "access_token", "id_token", "sig", "q", "x", "api-key", "Anything"]
)


@given(st.text(max_size=60) | st.text("?&=#;/@:.%aA1\\", max_size=40))
@settings(deadline=None)
def test_redaction_takes_any_text_and_repeated_changes_nothing(text: str) -> None:
    redactor = Redactor()
    for redact in (redactor.url, redactor.body, redactor.text, redact_path, lambda value: redactor.header("Cookie", value)):
        once = redact(text)
        assert redact(once) == once


@given(SECRETS, NAMES)
@settings(deadline=None)
def test_a_value_that_was_hidden_in_one_place_is_hidden_in_a_sentence(secret: str, name: str) -> None:
    redactor = Redactor([PAGE])
    redactor.url(f"http://localhost:8000/?{name}={quote(secret)}")
    assert secret not in redactor.text(f"the server says that {secret} is not known")


@given(SECRETS)
@settings(deadline=None)
def test_what_must_stay_readable_is_not_mistaken_for_a_secret(secret: str) -> None:
    redactor = Redactor([PAGE, f"{secret}.example"])
    redactor.url(f"/?next={quote(PAGE)}&host={secret}.example")
    assert redactor.text(f"a page at {PAGE}") == f"a page at {PAGE}"


def har(secret: str, name: str, place: str) -> str:
    """A recording with a secret in one place of a blocked fetch, and its echo in what the server says."""
    url = {
        "query": f"http://localhost:8000/api/users?{name}={secret}&page=2",
        "nameless": f"http://localhost:8000/api/users?{secret}",
        "fragment": f"http://localhost:8000/api/users#{name}={secret}",
        "userinfo": f"http://ada:{secret}@localhost:8000/api/users",
        "path": f"http://localhost:8000/invite/{secret}/accept",
        "jwt": f"http://localhost:8000/eyJhbGciOiJIUzI1NiJ9.{secret}.c2ln/x",
        "matrix": f"http://localhost:8000/api;{name}={secret}/users",
    }.get(place, "http://localhost:8000/api/users")
    sent = {"Origin": PAGE, "Sec-Fetch-Mode": "cors", "Accept": "application/json"}
    sent |= {
        "bearer": {"Authorization": f"Bearer {secret}"},
        "basic": {"Authorization": f"Basic {b64encode(f'ada:{secret}'.encode()).decode()}"},
        "header": {f"X-{name}": secret},
        "cookie": {"Cookie": f"{name}={secret}"},
        "referer": {"Referer": f"{PAGE}/login?{name}={secret}"},
    }.get(place, {})
    got = {"Content-Type": "application/json"}
    got |= {
        "location": {"Location": f"/callback?{name}={secret}#{name}={secret}"},
        "set-cookie": {"Set-Cookie": f"{name}={secret}; SameSite=None", "Access-Control-Allow-Origin": PAGE},
        "challenge": {"WWW-Authenticate": f'Digest realm="a", nonce="{secret}"'},
        "answer": {f"X-{name}": secret, "Access-Control-Allow-Origin": PAGE},
        "allow": {"Access-Control-Allow-Origin": f"https://app.example/?{name}={secret}"},
    }.get(place, {})
    status = 302 if place == "location" else 500
    entry = {
        "_resourceType": "fetch",
        "request": {"method": "POST" if place == "body" else "GET", "url": url, "headers": _lines(sent), "cookies": []},
        "response": {
            "status": status,
            "headers": _lines(got),
            "content": {"text": json.dumps({name: secret, "detail": f"{name}={secret} is not valid"})},
        },
    }
    return json.dumps({"log": {"version": "1.2", "pages": [], "entries": [entry]}})


def _lines(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


PLACES = (
    "query", "nameless", "fragment", "userinfo", "path", "jwt", "matrix", "bearer", "basic", "header", "cookie", "referer",
    "location", "set-cookie", "challenge", "answer", "allow", "body",
)  # fmt: skip


def every_format(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    """All that corsense can print of a report."""
    for verbose, quiet in ((False, False), (True, False), (False, True)):
        TextReport(Lines(), verbose=verbose, quiet=quiet).print(report)
    findings = redacted_report(report).findings
    parts = [
        capsys.readouterr().out,
        check_document(report).printed(),
        html_report(report),
        json.dumps(sarif(findings)),
        "\n".join(workflow_commands(findings)),
    ]
    for result in report.results:
        parts += [fetch_snippet(result.trace.request), blocked_text(result.trace, [], "chromium")]
        parts += [curl_command(exchange.request) for exchange in result.trace.exchanges]
    return "\n".join(parts)


@pytest.mark.parametrize("place", PLACES)
@given(secret=SECRETS, name=NAMES)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_of_a_recording_is_in_any_format(
    place: str, secret: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "recording.har"
    file.write_text(har(secret, name, place), encoding="utf-8")
    report = check_recording(file, CheckRequest())
    assert report.results
    assert secret not in every_format(report, capsys)


@given(secret=SECRETS, name=NAMES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_of_a_pasted_text_is_in_an_explanation(secret: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://localhost:8000/cb/{secret}?{name}={secret}#{name}={secret}"
    text = (
        f"Access to fetch at '{url}' from origin '{PAGE}' has been blocked by CORS policy: Response to preflight request doesn't "
        "pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
        f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. "
        "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 401.\n"
    )
    explanations = explain(text)
    assert len(explanations) >= 2
    print_explanations(explanations, Lines())
    shown = capsys.readouterr().out + messages_json(explanations) + explain_document(explanations, None).printed()
    assert secret not in shown
    assert f"{name}=redacted" in shown


def refused(request: FetchRequest) -> Trace:
    """A fetch that the server answers with an error without CORS headers."""
    return drive(Browser().fetch(request), lambda _: WireResponse(500))


@given(secret=SECRETS, name=NAMES)
@settings(deadline=None)
def test_no_secret_is_in_the_message_of_a_failing_test(secret: str, name: str) -> None:
    headers = (("Authorization", f"Bearer {secret}"), (f"X-{name}", secret))
    request = FetchRequest(f"http://localhost:8000/{secret}?{name}={secret}", PAGE, "POST", headers, body=secret)
    assert secret not in blocked_text(refused(request), [], "chromium")


@given(st.lists(st.sampled_from(["users", "v1", "items", "42", "getById", "api", "{item_id}"]), min_size=1, max_size=5))
@settings(deadline=None)
def test_a_path_that_people_write_stays_readable(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    assume(not any(segment == "key" for segment in segments))
    assert redact_path(path) == path


def test_the_names_of_cookies_are_each_given_once() -> None:
    assert cookie_names("a=1; b=2; a=3; c") == ("a", "b")


def test_snippets_say_where_to_fill_in() -> None:
    request = WireRequest("GET", "http://localhost:8000/?code=abc", (("Authorization", "Bearer abc"), ("Vary", "x")))
    assert curl_command(request).startswith("# Fill in what is redacted: Authorization, the URL\ncurl ")
    assert curl_command(WireRequest("GET", "http://localhost:8000/?page=1")) == "curl -i 'http://localhost:8000/?page=1'"


def lines_of(edit: Edit) -> list[str]:
    return shared_diff(edit).splitlines()


def test_the_diff_of_a_report_has_no_secret_in_its_context() -> None:
    before = f'import x\nSessions(secret_key="{SECRET}")\ny = 1\nold\ny = 2\n'
    edit = Edit("main.py", before, before.replace("old", "new"))
    assert SECRET not in shared_diff(edit)
    assert lines_of(edit)[-4:] == [" y = 1", "-old", "+new", " y = 2"]
    beside = Edit("main.py", f'key="{SECRET}"\nold\n', f'key="{SECRET}"\nnew\n')
    assert SECRET not in shared_diff(beside)
    assert lines_of(beside)[-2:] == ["-old", "+new"]


def test_a_change_of_a_line_with_a_secret_is_no_patch_and_in_no_sarif_log() -> None:
    before = f'Sessions(secret_key="{SECRET}")\nold\n'
    edit = Edit("main.py", before, before.replace("Sessions(", "Sessions(same_site='none', "))
    assert shared_diff(edit) == "main.py: the lines that change hold what looks like a secret; corsense fix shows them.\n"
    assert SECRET in unified_diff(edit)
    finding = Finding(cause("wildcard-origins"), "m", "error", fix=Fix("t", (edit,)))
    assert "fixes" not in sarif([finding])["runs"][0]["results"][0]


@pytest.mark.parametrize("example", sorted(path.name for path in (EXAMPLES / "broken").iterdir() if path.is_dir()))
def test_the_repairs_of_the_examples_are_shown_whole(example: str) -> None:
    for broken in (EXAMPLES / "broken" / example).rglob("*.py"):
        repaired = EXAMPLES / "repaired" / broken.relative_to(EXAMPLES / "broken")
        if repaired.exists():
            edit = Edit("main.py", broken.read_text(encoding="utf-8"), repaired.read_text(encoding="utf-8"))
            assert shared_diff(edit) == unified_diff(edit)


def test_a_diff_without_secrets_has_its_three_lines_of_context() -> None:
    before = "a\nb\nc\nd\nold\ne\nf\ng\nh\n"
    edit = Edit("main.py", before, before.replace("old", "new"))
    assert shared_diff(edit) == unified_diff(edit)


def test_a_line_of_source_is_masked_column_by_column() -> None:
    line = f"app = App(origins=['https://u:{SECRET}@a.example'], token='{SECRET}')"
    masked = Redactor(keeps_length=True).text(line)
    assert SECRET not in masked
    assert len(masked) == len(line)
    assert masked.startswith("app = App(origins=['https://*:****")


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8), st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8))
@settings(deadline=None)
def test_the_regions_of_sarif_make_the_new_text_of_the_old(before: list[str], after: list[str]) -> None:
    edit = Edit("main.py", "\n".join(before), "\n".join(after))
    finding = Finding(cause("wildcard-origins"), "m", "error", fix=Fix("t", (edit,)))
    (change,) = sarif([finding])["runs"][0]["results"][0]["fixes"][0]["artifactChanges"]
    text = edit.before
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        start = _offset(edit.before, region["startLine"], region["startColumn"])
        end = _offset(edit.before, region["endLine"], region["endColumn"])
        text = text[:start] + replacement["insertedContent"]["text"] + text[end:]
    assert text == edit.after


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def test_sarif_carries_the_lines_that_change_and_no_others() -> None:
    edit = Edit("main.py", f"key = '{SECRET}'\nold\n", f"key = '{SECRET}'\nnew\n")
    finding = Finding(cause("wildcard-origins"), "m", "error", fix=Fix("t", (edit,)))
    assert SECRET not in json.dumps(sarif([finding]))


@pytest.mark.parametrize(
    "sentence",
    [
        "allow_origins=['*'] with allow_credentials=True: a browser refuses it.",
        "Let the page use credentials: 'omit' or 'include'.",
    ],
)
def test_a_flag_of_the_policy_or_a_mode_of_fetch_is_no_secret(sentence: str) -> None:
    assert redact_text(sentence) == sentence


def test_a_value_that_looks_like_words_is_hidden_in_findings_and_notes_once_a_header_carried_it(tmp_path: Path) -> None:
    word = "correct horse battery"
    file = tmp_path / "recording.har"
    file.write_text(har(word, "Anything", "header"), encoding="utf-8")
    report = check_recording(file, CheckRequest())
    finding = replace(report.findings[0], message=f"no {word} here", evidence={"seen": [word]}, remedy=f"write {word}")
    shown = redacted_report(replace(report, findings=(finding,), notes=(f"not {word}",)))
    assert word not in repr((shown.findings, shown.notes))
    assert shown.findings[0].message == "no redacted here"


@pytest.mark.parametrize("secret", [SECRET, "correct horse battery", "harmless"])
def test_a_result_is_shown_in_a_report_of_many_as_it_is_alone(tmp_path: Path, secret: str) -> None:
    results: list[Result] = []
    for number, place in enumerate((*PLACES, "nowhere")):
        file = tmp_path / f"{number}.har"
        file.write_text(har(secret, "Anything", place), encoding="utf-8")
        results += check_recording(file, CheckRequest()).results
    quoting = [_answered(result, secret) for result in results]
    report = Report(CheckTarget("har", "recording.har"), (*results, *quoting, *results), ())
    assert len(results) == len(PLACES) + 1
    shown = [result.trace for result in redacted_report(report).results]
    assert shown == [redacted_trace(result.trace) for result in report.results]
    assert shown[: len(results)] == shown[-len(results) :]


def _answered(result: Result, text: str) -> Result:
    """The result, with a text in what came back and in each step: a secret only where the request carried it."""
    trace = result.trace
    exchanges = tuple(
        replace(exchange, response=WireResponse(200, (("Access-Control-Allow-Methods", text),))) for exchange in trace.exchanges
    )
    steps = tuple(replace(step, seen=text) for step in trace.steps)
    return replace(result, trace=replace(trace, exchanges=exchanges, steps=steps))


def test_an_address_in_a_query_is_not_hidden_where_it_recurs() -> None:
    known = Redactor()
    known.url("https://a.example/cdn-cgi/access/login?redirect_url=%2Fmanifest.webmanifest&kid=9f8a7d6e5c4b3a21")
    assert known.text("GET /manifest.webmanifest, kid 9f8a7d6e5c4b3a21") == "GET /manifest.webmanifest, kid redacted"


def test_a_word_of_the_code_that_a_query_holds_stays_in_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    url = "ws://127.0.0.1:5001/ws?kind=websocket&pass=await+x&next=accept%28"
    text = f"WebSocket connection to '{url}' failed: Error during WebSocket handshake: Unexpected response code: 403"
    print_explanations(explain(text), Lines())
    shown = capsys.readouterr().out
    assert "await websocket.accept()" in shown
    assert "next=redacted" in shown
    assert "pass=redacted" in shown


def test_the_line_of_a_log_about_the_call_of_a_console_is_no_second_event(capsys: pytest.CaptureFixture[str]) -> None:
    text = """WebSocket connection to 'ws://127.0.0.1:5001/chat' failed
INFO:     ('127.0.0.1', 51879) - "WebSocket /chat" 403"""
    print_explanations(explain(text), Lines())
    shown = capsys.readouterr().out
    assert shown.count("websocket-refused") == 1
    assert "1 more line says the same" in shown
