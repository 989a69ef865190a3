"""What Starlette documents and tests of its `CORSMiddleware` holds here after a change of the import; differences are meant."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from corsense.middleware import CORSMiddleware, install
from corsense.policy import Policy, PolicyError
from corsense.policy.keywords import STARLETTE
from corsense.warnings import IgnoredSettingWarning
from tests.middleware.asking import ORIGIN, UNTRUSTED_ORIGIN, get, plain, preflight
from tests.middleware.versions import needs_private_network


def client(**keywords: Any) -> TestClient:
    def homepage(request: Request) -> PlainTextResponse:
        return PlainTextResponse("Homepage", status_code=200)

    app = Starlette(routes=[Route("/", homepage)], middleware=[Middleware(CORSMiddleware, **keywords)])
    return TestClient(app)


@needs_private_network
def test_the_parameters_are_starlettes_in_starlettes_order() -> None:
    theirs = list(inspect.signature(StarletteCORSMiddleware).parameters)
    assert list(inspect.signature(CORSMiddleware).parameters)[: len(theirs)] == theirs
    assert set(STARLETTE) == set(theirs) - {"app"}


def test_every_keyword_at_once() -> None:
    app = CORSMiddleware(
        plain,
        allow_origins=(ORIGIN,),
        allow_methods={"PUT"},
        allow_headers=["X-Token"],
        allow_credentials=True,
        allow_origin_regex=r"https://[a-z]+\.preview\.example",
        allow_private_network=True,
        expose_headers=["X-App"],
        max_age=60,
    )
    asks = ((b"access-control-request-private-network", b"true"),)
    assert preflight(app, "https://x.preview.example", "PUT", "x-token", more=asks).cors == {
        "access-control-allow-origin": "https://x.preview.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD, POST, PUT",
        "access-control-allow-headers": "accept, accept-language, content-language, content-type, x-token",
        "access-control-allow-private-network": "true",
        "access-control-max-age": "60",
    }


def test_arguments_may_be_positional() -> None:
    app = CORSMiddleware(plain, [ORIGIN], ["PUT"], ["X-Token"], True)
    assert preflight(app, ORIGIN, "PUT", "x-token").cors["access-control-allow-credentials"] == "true"


def test_a_policy_may_be_positional() -> None:
    assert get(CORSMiddleware(plain, Policy(origins=[ORIGIN])))["access-control-allow-origin"] == ORIGIN


class TestAsStarlette:
    """After `tests/middleware/test_cors.py` of Starlette."""

    def test_allow_all(self) -> None:
        page = client(allow_origins=["*"], allow_headers=["*"], allow_methods=["*"], expose_headers=["X-Status"])
        headers = {
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "X-A",
        }
        answer = page.options("/", headers=headers)
        assert (answer.status_code, answer.text) == (200, "OK")
        assert answer.headers["access-control-allow-origin"] == "*"
        answer = page.get("/", headers={"Origin": "https://example.org"})
        assert (answer.status_code, answer.text) == (200, "Homepage")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == "X-Status"

    def test_authorization_under_a_star_of_headers_passes_as_it_did(self) -> None:
        page = client(allow_origins=["*"], allow_headers=["*"])
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        assert page.options("/", headers=headers).status_code == 200

    def test_specific_origin_and_headers_in_any_case(self) -> None:
        page = client(allow_origins=["https://example.org"], allow_headers=["X-Example", "Content-Type"])
        names = "X-Example, Content-Type"
        headers = {
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": names,
        }
        answer = page.options("/", headers=headers)
        assert (answer.status_code, answer.text) == (200, "OK")
        assert answer.headers["access-control-allow-origin"] == "https://example.org"
        assert page.get("/").text == "Homepage"
        assert "access-control-allow-origin" not in page.get("/").headers

    def test_disallowed_preflight(self) -> None:
        page = client(allow_origins=["https://example.org"], allow_headers=["X-Example"])
        headers = {
            "Origin": "https://another.org",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "X-Nope",
        }
        answer = page.options("/", headers=headers)
        assert (answer.status_code, answer.text) == (400, "Disallowed CORS origin")
        assert "access-control-allow-origin" not in answer.headers
        answer = page.options("/", headers={**headers, "Origin": "https://example.org"})
        assert answer.text == "Disallowed CORS method, headers"

    def test_a_preflight_without_requested_headers_passes(self) -> None:
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        assert client(allow_origins=[ORIGIN], allow_headers=["X-A"]).options("/", headers=headers).status_code == 200

    def test_origin_regex_is_a_full_match(self) -> None:
        page = client(allow_origin_regex=r"https://.*\.example\.org", allow_credentials=True)
        for origin in ("https://www.example.org", "https://a.b.example.org"):
            assert page.get("/", headers={"Origin": origin}).headers["access-control-allow-origin"] == origin
        assert "access-control-allow-origin" not in page.get("/", headers={"Origin": "https://www.example.org.evil.com"}).headers

    def test_vary_is_set_by_origin_and_not_for_everybody(self) -> None:
        assert client(allow_origins=[ORIGIN]).get("/", headers={"Origin": ORIGIN}).headers["vary"] == "Origin"
        assert "vary" not in client(allow_origins=["*"]).get("/", headers={"Origin": ORIGIN}).headers

    def test_the_safelisted_request_headers_always_pass(self) -> None:
        names = "accept,accept-language,content-language,content-type"
        assert preflight(CORSMiddleware(plain, allow_origins=[ORIGIN]), ORIGIN, "GET", names).status == 200

    def test_the_age_is_600_unless_given(self) -> None:
        assert preflight(CORSMiddleware(plain, allow_origins=[ORIGIN]), ORIGIN, "GET")["access-control-max-age"] == "600"

    def test_a_subclass_may_decide_about_origins(self) -> None:
        class Tenants(CORSMiddleware):
            def is_allowed_origin(self, origin: str) -> bool:
                return super().is_allowed_origin(origin) or origin.endswith(".tenant.example")

        app = Tenants(plain, allow_origins=[ORIGIN])
        assert get(app, "https://a.tenant.example")["access-control-allow-origin"] == "https://a.tenant.example"
        assert (get(app).cors["access-control-allow-origin"], get(app, UNTRUSTED_ORIGIN).cors) == (ORIGIN, {})


class TestOnPurposeDifferent:
    def test_post_always_passes(self) -> None:
        assert preflight(CORSMiddleware(plain, allow_origins=[ORIGIN]), ORIGIN, "POST", "content-type").status == 200

    def test_every_method_is_every_method(self) -> None:
        assert preflight(CORSMiddleware(plain, allow_origins=[ORIGIN], allow_methods=["*"]), ORIGIN, "PROPFIND").status == 200

    def test_refused_origins_get_no_cors_headers(self) -> None:
        app = CORSMiddleware(plain, allow_origins=[ORIGIN], allow_credentials=True, expose_headers=["X-App"])
        assert get(app, UNTRUSTED_ORIGIN).cors == {}

    @pytest.mark.parametrize(
        ("keywords", "slug"),
        [
            ({"allow_origins": "https://app.example.com"}, "origins-not-a-list"),
            ({"allow_origins": ["https://app.example.com/"]}, "origin-trailing-slash"),
            ({"allow_origins": ["https://app-*.example.com"]}, "glob-in-origins"),
            ({"allow_origins": ["*"], "allow_credentials": True}, "wildcard-with-credentials"),
            ({"allow_origins": [ORIGIN], "allow_credentials": "false"}, "flag-not-a-bool"),
            ({"allow_origins": [ORIGIN], "max_age": "600"}, "max-age-out-of-range"),
            ({"allow_origins": ["null"]}, "null-origin"),
            ({"allow_origin_regex": "https://.*"}, "regex-too-broad"),
            ({"allow_origin_regex": ["https://app.example.com"]}, "origin-regex-not-a-string"),
            ({"allow_origins": []}, "no-origins"),
            ({}, "no-origins"),
        ],
    )
    def test_what_is_unsafe_or_impossible_is_refused(self, keywords: dict[str, Any], slug: str) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, **keywords)
        assert slug in [fault.slug for fault in refused.value.faults]

    @pytest.mark.parametrize(
        ("keyword", "remedy"),
        [
            ("allow_origin", "Did you mean allow_origins?"),
            ("allow_origins_regex", "Did you mean allow_origin_regex?"),
            ("allowed_headers", "Did you mean allow_headers?"),
            ("alow_methods", "Did you mean allow_methods?"),
            ("supports_credentials", "Did you mean allow_credentials?"),
            ("polices", "Did you mean policies?"),
            ("origins", "Write allow_origins=..., or policy=Policy(origins=...)."),
            ("websockets", "Write policy=Policy(websockets=...)."),
        ],
    )
    def test_a_keyword_that_does_not_exist_is_refused_with_the_nearest(self, keyword: str, remedy: str) -> None:
        for make in (lambda **given: CORSMiddleware(plain, **given), lambda **given: install(FastAPI(), **given)):
            with pytest.raises(PolicyError) as refused:
                make(allow_origins=[ORIGIN], **{keyword: 1})
            (fault,) = refused.value.faults
            assert (fault.field, fault.slug, fault.remedy) == (keyword, "unknown-keyword", remedy)

    def test_a_keyword_that_does_not_exist_is_reported_with_the_other_faults(self) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, alow_origins=[ORIGIN], allow_methods="PUT", max_age=-5)  # type: ignore[call-arg]
        assert [fault.slug for fault in refused.value.faults] == [
            "unknown-keyword", "invalid-cors-header", "max-age-out-of-range"
        ]  # fmt: skip

    def test_a_refusal_is_logged_because_servers_take_it_for_an_app_without_lifespan(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(PolicyError):
            CORSMiddleware(plain, allow_origins=["*"], allow_credentials=True)
        (record,) = caplog.records
        assert record.name == "corsense"
        assert record.levelname == "ERROR"
        assert "wildcard-with-credentials" in record.getMessage()

    def test_a_path_that_does_not_exist_is_reported_with_the_other_faults(self) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, allow_origins=["null"], policies={"public": None})
        assert [fault.slug for fault in refused.value.faults] == ["path-pattern-invalid", "null-origin"]

    def test_what_is_no_policy_is_named_with_its_path(self) -> None:
        with pytest.raises(TypeError, match=r"policies\['/x'\] must be a Policy or None, not dict"):
            CORSMiddleware(plain, policies={"/x": {"origins": "*"}})  # type: ignore[dict-item]

    def test_a_keyword_that_does_not_exist_is_refused_beside_a_policy_too(self) -> None:
        with pytest.raises(PolicyError, match="Did you mean policies"):
            CORSMiddleware(plain, policy=Policy(origins=[ORIGIN]), polices={})  # type: ignore[call-arg]

    def test_faults_name_the_keywords_that_were_written(self) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, allow_origins=ORIGIN, allow_methods="PUT", allow_credentials="true")  # type: ignore[arg-type]
        assert [(fault.field, fault.remedy) for fault in refused.value.faults] == [
            ("allow_origins", f"Write allow_origins=['{ORIGIN}']."),
            ("allow_credentials", "Write allow_credentials=True."),
            ("allow_methods", "Write allow_methods=['PUT']."),
        ]

    def test_all_faults_are_reported_at_once(self) -> None:
        with pytest.raises(PolicyError) as refused:
            CORSMiddleware(plain, allow_origins=["https://a.example/", "null"], allow_headers=["a b"])
        assert len(refused.value.faults) == 3

    @pytest.mark.parametrize(
        ("keywords", "left"),
        [
            ({"allow_headers": ["Origin", "X-Token", "Access-Control-Allow-Origin"]}, "x-token"),
            ({"allow_methods": ["TRACE", "PUT"]}, "PUT"),
            ({"expose_headers": ["Set-Cookie", "X-App"]}, "X-App"),
        ],
    )
    def test_names_without_effect_are_dropped_with_a_warning(self, keywords: dict[str, Any], left: str) -> None:
        with pytest.warns(IgnoredSettingWarning) as warned:
            app = CORSMiddleware(plain, allow_origins=[ORIGIN], **keywords)
        assert {warning.filename for warning in warned} == {__file__}
        assert app.policy is not None
        assert left in {*app.policy.methods, *app.policy.request_headers, *app.policy.expose_headers}

    def test_an_age_beyond_what_browsers_keep_is_cut_with_a_warning(self) -> None:
        with pytest.warns(IgnoredSettingWarning, match="86400") as warned:
            app = CORSMiddleware(plain, allow_origins=[ORIGIN], max_age=604800)
        assert warned[0].filename == __file__
        assert preflight(app, ORIGIN, "GET")["access-control-max-age"] == "86400"

    @pytest.mark.parametrize("beside", [["http://localhost:3000"], ["https://app.example.com/", "null", ORIGIN]])
    def test_a_star_wins_over_other_origins_with_a_warning(self, beside: list[str]) -> None:
        with pytest.warns(IgnoredSettingWarning, match=r"'\*' in allow_origins allows every origin") as warned:
            app = CORSMiddleware(plain, allow_origins=["*", *beside])
        assert warned[0].filename == __file__
        assert beside[0] in str(warned[0].message)
        assert get(app, UNTRUSTED_ORIGIN)["access-control-allow-origin"] == "*"
        with pytest.raises(PolicyError, match="wildcard"):
            CORSMiddleware(plain, allow_origins=["*", *beside], allow_credentials=True)

    def test_policy_and_keywords_exclude_each_other(self) -> None:
        with pytest.raises(TypeError, match="allow_methods"):
            CORSMiddleware(plain, policy=Policy(origins=[ORIGIN]), allow_methods=["PUT"])

    def test_ordinary_settings_warn_of_nothing(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            CORSMiddleware(plain, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])


SETTINGS = [
    {"allow_origins": [ORIGIN], "allow_methods": ["PUT", "POST"], "allow_headers": ["X-Token"]},
    {"allow_origins": [ORIGIN], "allow_methods": ["*"], "allow_headers": ["*"], "allow_credentials": True},
    {"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"]},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("origin", [ORIGIN, UNTRUSTED_ORIGIN])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
@pytest.mark.parametrize("names", [(), ("x-token",), ("x-other",), ("content-type,x-token",)])
def test_ordinary_preflights_pass_or_fail_as_with_starlette(
    settings: dict[str, Any], origin: str, method: str, names: tuple[str, ...]
) -> None:
    ours = preflight(CORSMiddleware(plain, **settings), origin, method, *names)
    theirs = preflight(StarletteCORSMiddleware(plain, **settings), origin, method, *names)
    assert ours.status == theirs.status
    # Who is not let in learns about the origin only.
    assert ours.body == (theirs.body if origin == ORIGIN else theirs.body.partition(",")[0])
    if theirs.status == 200:
        for name in ("access-control-allow-origin", "access-control-allow-credentials"):
            assert ours[name] == theirs[name]


ENTRIES = [
    ORIGIN,
    UNTRUSTED_ORIGIN,
    "http://localhost:3000",
    "https://a.b.example.com",
    "capacitor://localhost",
    "http://frontend:3000",
]
PAGES = [*ENTRIES, "null", "https://app.example.com.evil.net", "https://APP.example.com", "http://app.example.com", "", "x", "*"]


@settings(max_examples=400)
@given(
    st.fixed_dictionaries(
        {
            "allow_origins": st.lists(st.sampled_from(ENTRIES), max_size=3, unique=True) | st.just(["*"]),
            "allow_credentials": st.booleans(),
            "allow_methods": st.lists(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), max_size=3) | st.just(["*"]),
            "allow_headers": st.lists(st.sampled_from(["X-A", "Authorization", "content-type"]), max_size=2) | st.just(["*"]),
        },
        optional={
            "allow_origin_regex": st.sampled_from([r"https://[a-z]+\.preview\.example", r"https://(a|b)\.b\.example\.com"])
        },
    ),
    st.sampled_from([*PAGES, "https://x.preview.example"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "QUERY", "CHICKEN"]),
    st.sampled_from(
        [(), ("x-a",), ("X-A",), ("authorization,x-a",), ("x-b",), ("content-type", "x-a"), (" x-a ,, content-type",)]
    ),
)
def test_nobody_is_let_in_whom_starlette_refuses_and_nobody_is_refused_whom_it_lets_in(
    keywords: dict[str, Any], origin: str, method: str, names: tuple[str, ...]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ours = CORSMiddleware(plain, **keywords)
        except PolicyError:
            return
        theirs = StarletteCORSMiddleware(plain, **keywords)
        assert get(ours, origin)["access-control-allow-origin"] == get(theirs, origin)["access-control-allow-origin"]
        mine, other = preflight(ours, origin, method, *names), preflight(theirs, origin, method, *names)
    if mine.status == other.status == 200:
        assert mine["access-control-allow-origin"] == other["access-control-allow-origin"]
        assert mine["access-control-allow-credentials"] == other["access-control-allow-credentials"]
    safelisted = method in ("GET", "POST") or keywords["allow_methods"] == ["*"]
    # Starlette looks at the first line of requested headers only, and takes an empty name for one that is not allowed.
    if not safelisted and len(names) < 2 and ",," not in "".join(names):
        assert mine.status == other.status
