"""What real engines stored and sent, request by request, against what the model says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from tests.cookies.jar import CookieJar
from tests.fetch.recorded import Scenario, scenarios

ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
OF_A_VISIT = (
    "ck_plain=1; Path=/",
    "ck_lax=1; Path=/; SameSite=Lax",
    "ck_strict=1; Path=/; SameSite=Strict",
    "ck_none_secure=1; Path=/; SameSite=None; Secure",
    "ck_none=1; Path=/; SameSite=None",
    "ck_httponly=1; Path=/; HttpOnly",
)
"""The cookies that a visit of a host in `cookies_set_on` set, by the meaning of their names."""


class Sent(NamedTuple):
    scenario: str
    request: str
    names: tuple[str, ...]
    expected: tuple[str, ...]


def page_of(scenario: Scenario) -> tuple[str, str | None]:
    """The origin of the page, and of the page around it when it is a frame without origin."""
    text: str = scenario["page_origin"]
    framed = re.fullmatch(r"null \(.* in (.*)\)", text)
    return ("null", framed[1] if framed else None) if text.startswith("null") else (text, None)


def credentials_of(scenario: Scenario, url: str) -> Credentials:
    step = next((step for step in scenario["request"] if step.get("url", "").partition("#")[0] == url), scenario["request"][0])
    if step["kind"] == "xhr":
        return "include" if step.get("withCredentials") else "same-origin"
    mode: Credentials = (step.get("init") or {}).get("credentials", "same-origin")
    return mode


def set_cookie_lines(scenario: Scenario, seen: dict[str, Any]) -> list[str]:
    answer = seen.get("answer")
    if answer is None:
        tail = urlsplit(seen["url"]).path.removeprefix("/" + scenario["id"])
        answer = scenario["server"].get("routes", {}).get(tail, scenario["server"]).get("actual") or {}
        answer = answer[0] if isinstance(answer, list) else answer
    return [value for name, value in answer.get("headers", ()) if name.lower() == "set-cookie"]


def replayed(scenario: Scenario, engine: EngineName) -> Iterator[Sent]:
    page, top_level = page_of(scenario)
    jar = CookieJar(engine)
    for host in scenario.get("cookies_set_on", ()):
        jar.visit(host + "/", OF_A_VISIT)
    for seen in scenario["observed"][engine]["seen"]:
        mode = credentials_of(scenario, seen["url"])
        expected = tuple(pair.partition("=")[0] for pair in (seen.get("cookie") or "").split("; ") if pair)
        names = () if seen["preflight"] else jar.names(page, seen["url"], mode, top_level=top_level)
        yield Sent(scenario["id"], f"{seen['method']} {seen['url']}", names, expected)
        if not seen["preflight"]:
            jar.receive(set_cookie_lines(scenario, seen), page, seen["url"], mode, top_level=top_level)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_recorded_request_carried_the_cookies_that_the_model_predicts(engine: EngineName) -> None:
    ran = [scenario for scenario in scenarios("fetch", "xhr") if scenario["observed"][engine]]

    sent = [request for scenario in ran for request in replayed(scenario, engine)]

    assert [request for request in sent if request.names != request.expected] == []
    assert sum(bool(request.expected) for request in sent) >= 10
    assert len(sent) > 700
