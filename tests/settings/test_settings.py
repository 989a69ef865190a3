"""`CORSSettings`, `CORSOrigins` and `Policy.from_env`: settings the way people write them, faults by the variable's name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from corsense import CORSOrigins, CORSSettings, Policy, PolicyError
from corsense.warnings import OriginWarning

A, B = "https://a.example", "https://b.example"
BOTH = Policy(origins=[A, B])

Read = Callable[[dict[str, str]], Policy]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without `.env` and `pyproject.toml`, an environment without a word about CORS."""
    monkeypatch.chdir(tmp_path)
    for name in ("ENVIRONMENT", "FASTAPI_ENV", "CORS_ORIGINS", "ALLOWED_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(params=["settings", "from_env"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Both ways to read an environment."""

    def by_settings(variables: dict[str, str]) -> Policy:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return CORSSettings().policy

    return by_settings if request.param == "settings" else Policy.from_env


@pytest.mark.parametrize(
    "written",
    [f"{A},{B}", f"{A}, {B}", f" {A} ,\t{B} ,", f"{A} {B}", f"{A}\n{B}\n", f"{A};{B}", f'["{A}", "{B}"]', f'["{A} ", "", "{B}"]',
     f'"{A},{B}"'],
)  # fmt: skip
def test_a_list_is_read_however_it_is_separated(read: Read, written: str) -> None:
    assert read({"CORS_ORIGINS": written}) == BOTH


def test_one_trailing_slash_is_forgiven_with_a_warning(read: Read) -> None:
    with pytest.warns(OriginWarning, match=r"CORS_ORIGINS: 'https://a.example/' is read as 'https://a.example'"):
        assert read({"CORS_ORIGINS": f"{A}/,{B}"}) == BOTH


def test_the_star_is_taken_alone_and_not_with_others(read: Read) -> None:
    assert read({"CORS_ORIGINS": "*"}).any_origin
    assert read({"CORS_ORIGINS": '["*"]'}).any_origin
    with pytest.raises(PolicyError, match="CORS_ORIGINS"):
        read({"CORS_ORIGINS": f"*,{A}"})


@pytest.mark.parametrize("leftover", ["[", f'["{A}"', f"['{A}']", "[]]", f"{A},localhost:3000", f"{A}/app", '{"a": 1}', "[1]"])
def test_what_is_no_origin_is_a_fault_of_the_variable(read: Read, leftover: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read({"CORS_ORIGINS": leftover})
    assert {fault.field for fault in refused.value.faults} == {"CORS_ORIGINS"}
    assert "CORS_ORIGINS" in str(refused.value)


@pytest.mark.parametrize("empty", ["", " ", "[]", "\n"])
def test_an_empty_list_is_refused_and_the_fault_names_the_variable(read: Read, empty: str) -> None:
    with pytest.raises(PolicyError, match=r"Set CORS_ORIGINS=https://app\.example\.com"):
        read({"CORS_ORIGINS": empty})


def test_each_keyword_has_its_variable(read: Read) -> None:
    policy = read(
        {"CORS_ORIGINS": A, "CORS_CREDENTIALS": "yes", "CORS_METHODS": "PUT, DELETE", "CORS_REQUEST_HEADERS": "X-A X-B",
         "CORS_EXPOSE_HEADERS": '["X-C"]', "CORS_MAX_AGE": "60", "CORS_PRIVATE_NETWORK": "1", "CORS_WEBSOCKETS": "true",
         "CORS_ORIGIN_REGEX": r"https://[a-z]+\.example\.com"}
    )  # fmt: skip
    assert policy == Policy(
        origins=[A], credentials=True, methods=["PUT", "DELETE"], request_headers=["X-A", "X-B"], expose_headers=["X-C"],
        max_age=60, private_network=True, websockets=True, origin_regex=r"https://[a-z]+\.example\.com",
    )  # fmt: skip


def test_credentials_may_be_a_list(read: Read) -> None:
    assert read({"CORS_ORIGINS": "*", "CORS_CREDENTIALS": A}) == Policy(origins="*", credentials=[A])


def test_a_misspelt_true_is_no_origin(read: Read) -> None:
    with pytest.raises(PolicyError, match="'ture' must be true or false"):
        read({"CORS_ORIGINS": A, "CORS_CREDENTIALS": "ture"})


def test_the_faults_of_all_variables_are_reported_at_once(read: Read) -> None:
    with pytest.raises(PolicyError) as refused:
        read({"CORS_ORIGINS": "null", "CORS_MAX_AGE": "soon", "CORS_METHODS": "TRACE", "CORS_WEBSOCKETS": "maybe"})
    assert {fault.field for fault in refused.value.faults} == {"CORS_ORIGINS", "CORS_MAX_AGE", "CORS_METHODS", "CORS_WEBSOCKETS"}


def test_each_fault_of_a_variable_has_the_cause_that_it_is(read: Read) -> None:
    with pytest.raises(PolicyError) as refused:
        read({"CORS_ORIGINS": A, "CORS_MAX_AGE": "soon", "CORS_METHODS": "TRACE", "CORS_WEBSOCKETS": "maybe"})
    assert {fault.field: fault.slug for fault in refused.value.faults} == {
        "CORS_MAX_AGE": "max-age-out-of-range", "CORS_METHODS": "name-without-effect", "CORS_WEBSOCKETS": "flag-not-a-bool"
    }  # fmt: skip


def test_leftovers_of_development_are_reported_with_the_other_faults(read: Read) -> None:
    with pytest.raises(PolicyError) as refused:
        read({"ENVIRONMENT": "production", "CORS_ORIGINS": f"{A}/x,http://localhost:3000,http://a.example", "CORS_MAX_AGE": "-5"})
    assert [fault.slug for fault in refused.value.faults] == [
        "origin-has-path", "max-age-out-of-range", "development-origin-in-production", "insecure-origin-in-production"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["ENVIRONMENT", "FASTAPI_ENV"])
def test_the_environment_chooses_the_rules(read: Read, name: str) -> None:
    assert read({name: "Development"}) == Policy.development()
    assert read({name: "production", "CORS_ORIGINS": A}) == Policy.production([A])


@pytest.mark.parametrize("environment", ["production", "prod", "staging", "eu-west"])
def test_production_refuses_leftovers_by_the_variables_name(read: Read, environment: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read({"ENVIRONMENT": environment, "CORS_ORIGINS": f"{A},http://localhost:3000"})
    assert [(fault.field, fault.value) for fault in refused.value.faults] == [("CORS_ORIGINS", "http://localhost:3000")]


def test_without_an_environment_values_are_taken_as_they_are(read: Read) -> None:
    assert read({"CORS_ORIGINS": "http://localhost:3000"}) == Policy(origins=["http://localhost:3000"])


def test_other_names_and_prefixes_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"ALLOWED_ORIGINS": A, "API_CORS_MAX_AGE": "5"}
    assert Policy.from_env(variables, prefix="API_CORS_", aliases=["BACKEND_CORS_ORIGINS", "ALLOWED_ORIGINS"]) == Policy(
        origins=[A], max_age=5
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = CORSSettings.named("BACKEND_CORS_ORIGINS", "ALLOWED_ORIGINS", prefix="API_CORS_")
    assert settings().policy == Policy(origins=[A], max_age=5)
    monkeypatch.setenv("ALLOWED_ORIGINS", "localhost:3000")
    with pytest.raises(PolicyError, match=r"^ALLOWED_ORIGINS: "):
        settings()
    monkeypatch.setenv("API_CORS_ORIGINS", B)
    assert settings().policy.origins == (B,)


def test_a_prefix_can_be_given_on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ORIGINS", "https://a.example/x")
    with pytest.raises(PolicyError, match=r"^SHOP_ORIGINS: "):
        CORSSettings(_env_prefix="SHOP_")


def test_a_dotenv_file_is_read_below_the_environment(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / ".env").write_text(f'CORS_ORIGINS="{A}, {B}"\nCORS_MAX_AGE=5\nDATABASE_URL=postgres://x\n')
    assert CORSSettings().policy == Policy(origins=[A, B], max_age=5)
    monkeypatch.setenv("CORS_ORIGINS", B)
    assert CORSSettings().policy == Policy(origins=[B], max_age=5)


def test_the_project_file_is_read_below_both(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "pyproject.toml").write_text(f'[tool.corsense.policy]\norigins = ["{A}"]\ncredentials = true\nmax_age = 5\n')
    assert CORSSettings().policy == Policy(origins=[A], credentials=True, max_age=5)
    monkeypatch.setenv("CORS_ORIGINS", B)
    assert CORSSettings().policy == Policy(origins=[B], credentials=True, max_age=5)


def test_faults_of_the_project_file_name_its_table(nowhere: Path) -> None:
    (nowhere / "pyproject.toml").write_text('[tool.corsense.policy]\norigins = ["null"]\n')
    with pytest.raises(PolicyError, match=r"^\[tool\.corsense\.policy\] origins: "):
        CORSSettings()
    (nowhere / "pyproject.toml").write_text(f'[tool.corsense.policy]\norigns = ["{A}"]\n')
    with pytest.raises(PolicyError, match=r"origns.*Did you mean origins\?"):
        CORSSettings()


class Own(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="app_")

    cors_origins: CORSOrigins = []
    others: CORSOrigins = Field(default=[], validation_alias=AliasChoices("ALLOWED_ORIGINS"))


@pytest.mark.parametrize("written", [f"{A},{B}", f"{A} {B}", f'["{A}","{B}"]', f"{A}\n{B}"])
def test_a_field_of_ones_own_reads_the_same_forms(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("APP_CORS_ORIGINS", written)
    assert Own().cors_origins == [A, B]
    assert Policy(origins=Own().cors_origins) == BOTH


def test_a_field_of_ones_own_takes_none_and_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Own().cors_origins == []
    monkeypatch.setenv("APP_CORS_ORIGINS", "")
    assert Own().cors_origins == []
    monkeypatch.setenv("APP_CORS_ORIGINS", "*")
    assert Policy(origins=Own().cors_origins).any_origin


@pytest.mark.parametrize("name", ["APP_CORS_ORIGINS", "ALLOWED_ORIGINS"])
def test_the_error_of_a_field_of_ones_own_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"{A},localhost:3000")
    with pytest.raises(ValidationError, match=rf"{name}: 'localhost:3000' has no scheme"):
        Own()


def test_a_field_of_ones_own_forgives_a_slash_in_a_list_too() -> None:
    with pytest.warns(OriginWarning):
        assert Own(cors_origins=[f"{A}/"]).cors_origins == [A]


def faults_of(text: str) -> set[str]:
    """The fields of the faults that a variable with this text has."""
    try:
        assert Policy.from_env({"CORS_ORIGINS": text}).origins
    except PolicyError as refused:
        return {fault.field for fault in refused.faults}
    return set()


@given(st.text(alphabet="htps:/a.,[]\"' \n*;{}", max_size=30))
def test_no_text_of_a_variable_does_worse_than_a_policy_error(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OriginWarning)
        assert faults_of(text) <= {"CORS_ORIGINS"}


@pytest.mark.parametrize("variable", ["ENVIRONMENT", "FASTAPI_ENV", "APP_ENV"])
@pytest.mark.parametrize("name", ["production", "prod", "stage", "staging", "live", "eu-1"])
def test_every_name_but_those_of_development_is_production(variable: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, name)
    monkeypatch.setenv("CORS_ORIGINS", "http://frontend:3000")
    with pytest.raises(PolicyError, match="insecure-origin-in-production"):
        CORSSettings()
    with pytest.raises(PolicyError, match="insecure-origin-in-production"):
        Policy.from_env()
    monkeypatch.setenv(variable, "local")
    assert CORSSettings().policy.origins == Policy.from_env().origins == ("http://frontend:3000",)
