"""The HTML report: one file, complete in itself, that nothing from a server can break."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from corsense.causes import cause
from corsense.check.results import BrowserRun, BrowserVerdict, CheckTarget, Difference, Report, Result
from corsense.fetch import Browser, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.finding import Edit, Finding, Fix, Place
from corsense.report.html import html_report
from corsense.report.html.matrix import DRAWN
from corsense.transports import drive
from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER

VOID = {"meta", "link", "br", "hr", "img", "input"}
PAGE = "http://localhost:3000"
ALLOWING = (("Access-Control-Allow-Origin", PAGE),)
HOSTILE = [
    "</code></pre><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'--><svg onload=alert(1)>",
    "&lt;script&gt;&#60;",
    "]]></style>",
    "\x1b[2J\x00\x07",
    "\u202egnp.exe",
    "\ud800 half",
    "\ufffe\U0001f600",
    "a\tb\nc",
]


class Page(HTMLParser):
    """Reads a document strictly: what is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def message(self) -> str:
        return "".join(self.text)

    def values(self, wanted: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == wanted]


def result(
    *answers: WireResponse | NetworkError,
    method: str = "GET",
    origin: str = PAGE,
    route: str | None = "/api/users",
    situation: str = "success",
    headers: Iterable[tuple[str, str]] = (),
    url: str = "http://localhost:8000/api/users",
    findings: tuple[int, ...] = (),
    credentials: str = "same-origin",
) -> Result:
    """A result of which the server answers as given."""
    left = list(answers)
    send: Callable[[WireRequest], WireResponse | NetworkError] = lambda request: left.pop(0)  # noqa: E731
    trace = drive(Browser().fetch(FetchRequest(url, origin, method, tuple(headers))), send)
    return Result(origin, method, url, route, credentials, situation, trace, ("CORSMiddleware (main.py:8)",), findings)


def report(*results: Result, findings: tuple[Finding, ...] = (), name: str = "main:app", notes: tuple[str, ...] = ()) -> Report:
    return Report(CheckTarget("app", name), results, findings, notes)


SLASH = Finding(
    cause("origin-trailing-slash"),
    "The list has a slash too many.",
    "error",
    Place("main.py", 3, 5),
    {"sent": "http://localhost:3000", "allowed": "http://localhost:3000/"},
    Fix("write it without", (Edit("main.py", 'a = 1\no = "x/"\n', 'a = 1\no = "x"\n'),), verified=True),
)
REFUSED = result(WireResponse(400, (("Vary", "Origin"),)), method="PUT", findings=(0,))


def test_the_report_is_one_well_formed_document_that_asks_for_nothing_from_outside() -> None:
    text = html_report(report(REFUSED, findings=(SLASH,)))
    page = Page(text)
    assert text.isascii()
    assert {page.tags[name] for name in ("html", "head", "body", "main", "h1", "style")} == {1}
    assert page.tags["script"] == page.tags["img"] == page.tags["iframe"] == page.tags["object"] == 0
    assert not re.search(r"@import|url\(|@font-face", text)
    assert [value for value in page.values("href") if not value.startswith("#")] == ["data:,"]
    assert page.values("src") == []
    assert "default-src 'none'" in "".join(page.values("content"))


def test_every_id_is_there_once_and_every_reference_leads_to_one() -> None:
    crash = result(WireResponse(500), situation="error", findings=(0,))
    page = Page(html_report(report(REFUSED, crash, findings=(SLASH, SLASH))))
    ids = Counter(page.values("id"))
    assert ids.most_common(1)[0][1] == 1
    links = {value.removeprefix("#") for value in page.values("href") if value.startswith("#")}
    named = {name for kind in ("aria-labelledby", "aria-describedby") for value in page.values(kind) for name in value.split()}
    assert links | named <= set(ids)


def test_the_matrix_is_a_table_whose_headers_say_what_they_head_and_whose_cells_have_words() -> None:
    elsewhere = result(WireResponse(200, ALLOWING), origin="http://localhost:5173")
    fine = result(WireResponse(200, ALLOWING))
    crash = result(WireResponse(500), situation="error")
    page = Page(html_report(report(REFUSED, fine, crash, elsewhere)))
    assert page.tags["th"] == len(page.values("scope"))
    assert Counter(page.values("scope")) == {"col": 3, "row": 2}
    assert page.tags["caption"] == 1
    for word in ("blocked", "PreflightMissingAllowOriginHeader", "allowed, with exceptions", "blocked when the endpoint crashes"):
        assert word in page.message
    assert "AllowOriginMismatch" in page.message
    assert "not tried" in page.message


def test_the_drawing_tells_each_exchange_and_what_was_wrong_also_to_those_who_do_not_see_it() -> None:
    page = Page(html_report(report(REFUSED, findings=(SLASH,))))
    assert page.tags["svg"] == page.tags["desc"] == page.values("role").count("img") == 2
    for words in (
        "OPTIONS /api/users (preflight)",
        "400 Bad Request from CORSMiddleware (main.py:8)",
        "Access-Control-Allow-Origin is missing",
        "PUT /api/users is never sent",
        "1. The browser sends OPTIONS http://localhost:8000/api/users (preflight). The server answers 400.",
    ):
        assert words in page.message


def test_a_redirect_is_drawn_as_exchanges_of_its_own() -> None:
    redirect = WireResponse(307, (("Location", "http://localhost:8000/api/users/"), *ALLOWING))
    page = Page(html_report(report(result(redirect, WireResponse(200, ALLOWING)))))
    assert "307 Temporary Redirect" in page.message
    assert "Location: http://localhost:8000/api/users/" in page.message
    assert "GET /api/users/" in page.message
    assert "Allowed: script can read the answer." in page.message


def test_a_server_that_does_not_answer_is_not_called_cors() -> None:
    page = Page(html_report(report(result(NetworkError("connection refused")))))
    assert "no answer: connection refused" in page.message
    assert "This is not CORS." in page.message


def test_a_finding_shows_values_with_their_difference_the_console_and_a_fix_that_was_tried() -> None:
    text = html_report(report(REFUSED, findings=(SLASH,)))
    message = Page(text).message
    assert "<code>&#x27;http://localhost:3000<mark>/</mark>&#x27;</code>" in text
    assert "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked" in message
    assert "Cross-Origin Request Blocked" in message
    assert "tried: the same request passes" in message
    assert re.search(r'<span class="removed">-o = &quot;x/&quot;\s*</span>', text)
    assert re.search(r'<span class="added">\+o = &quot;x&quot;\s*</span>', text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_from_outside_becomes_markup(hostile: str) -> None:
    answer = WireResponse(200, (("Access-Control-Allow-Origin", hostile), ("Location", hostile), ("Set-Cookie", hostile)))
    finding = Finding(
        cause("origin-mismatch"),
        hostile,
        "error",
        Place(hostile, 1),
        {"sent": hostile, "allowed": hostile + "x"},
        Fix(hostile, (Edit(hostile, hostile, "nothing"),)),
        hostile,
    )
    shown = result(answer, route=hostile, findings=(0,))
    harmless = result(WireResponse(200, ALLOWING), findings=(0,))
    values = {"sent": "a", "allowed": "b"}
    plain = Finding(cause("origin-mismatch"), "", "error", Place("a", 1), values, Fix("", (Edit("a", "a", "b"),)))
    text = html_report(report(shown, findings=(finding,), name=hostile, notes=(hostile,)))
    page = Page(text)
    expected = Page(html_report(report(harmless, findings=(plain,), notes=("",))))
    assert text.isascii()
    assert set(page.tags) <= set(expected.tags) | {"path", "polygon", "blockquote", "mark"}
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", page.message)
    assert "&#xd8" not in text
    assert "&#55296;" not in text


def test_secrets_are_left_out() -> None:
    answers = (WireResponse(200, (("Set-Cookie", "sid=s3cret; Path=/"), *ALLOWING)),)
    url = "http://ada:s3cret@localhost:8000/api?access_token=s3cret"
    shown = result(*answers, url="http://localhost:8000/api/users?access_token=s3cret", headers=[("Accept", "a")])
    token = result(WireResponse(200, ALLOWING), WireResponse(200, ALLOWING), headers=[("Authorization", "Bearer s3cret")])
    text = html_report(Report(CheckTarget("url", url), (shown, token), (), ()))
    assert "s3cret" not in text
    assert "redacted" in text


def test_a_large_report_draws_what_fails_first_and_says_what_it_left_out() -> None:
    many = [result(WireResponse(200, ALLOWING), route=f"/r{number}") for number in range(DRAWN + 10)]
    page = Page(html_report(report(*many, result(WireResponse(200), route="/last"))))
    assert page.tags["svg"] == DRAWN
    assert "1 more not drawn" in page.message
    assert "✗ Access-Control-Allow-Origin is missing" in page.message


def test_what_a_real_browser_did_is_shown_beside_the_model_and_a_difference_as_a_fault_of_corsense() -> None:
    agreed = BrowserVerdict("Chromium 156", "blocked", "PreflightInvalidStatus", ("the red line",))
    differs = replace(agreed, differences=(Difference("console", ("the model's line",), ()),))
    results = [replace(REFUSED, browser=agreed), replace(REFUSED, route="/other", browser=differs)]
    message = Page(html_report(replace(report(*results), browser=BrowserRun("chromium", "Chromium 156", 2, 1)))).message
    assert "2 requests were also made in Chromium 156: the model differs on 1." in message
    assert message.count("the red line") == 2
    assert message.count("as the model says") == message.count("a fault of corsense") == message.count("the model's line") == 1


def test_a_report_without_findings_or_requests_says_so() -> None:
    message = Page(html_report(report())).message
    assert "Nothing wrong found." in message
    assert "No request was tried." in message


def test_the_command_prints_the_document_and_keeps_its_exit_status() -> None:
    example: Path = FOLDER / "broken" / "delete-forgotten"
    asked = ["--origin", PAGE, "--request", "DELETE /api/users/7", "--format", "html"]
    ran = corsense("check", "main:app", *asked, folder=example)
    assert ran.status == 1, ran.err
    page = Page(ran.out)
    assert ran.out.startswith("<!DOCTYPE html>\n")
    assert 'allow_methods=["GET", "POST", "DELETE"]' in page.message
