"""Where the environment says production, the inspector does not start."""

from __future__ import annotations

import pytest

from corsense.dev.inspector.production import NAMED_BY_PROJECTS, SET_BY_PLATFORMS, production_sign, refuse_in_production


@pytest.mark.parametrize("value", ["production", "PROD", "Production", " live ", "prod-eu-1", "eu_prod"])
def test_a_variable_that_projects_use_says_production(value: str) -> None:
    for name in NAMED_BY_PROJECTS:
        assert production_sign({name: value}) == f"{name}='{value}'"


@pytest.mark.parametrize(
    "value", ["", "development", "dev", "local", "staging", "preview", "test", "non-prod", "preprod", "pre-production", "product"]
)
def test_other_environments_are_not_production(value: str) -> None:
    assert production_sign(dict.fromkeys(NAMED_BY_PROJECTS, value)) is None


def test_a_variable_of_a_hosting_platform_says_that_the_app_is_deployed() -> None:
    for name, platform in SET_BY_PLATFORMS.items():
        assert production_sign({name: "web.1"}) == f"{name}='web.1', which {platform} sets"
        assert production_sign({name: ""}) is None
    assert production_sign({"RENDER": "false"}) is None


def test_an_ordinary_environment_is_not_production() -> None:
    assert production_sign({"PATH": "/usr/bin", "HOME": "/home/production", "USER": "live"}) is None


def test_one_sentence_names_the_variable_its_value_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "Production")
    with pytest.raises(RuntimeError) as caught:
        refuse_in_production()
    assert str(caught.value) == (
        "the inspector is for development and does not start in production (APP_ENV='Production'); "
        "set CORSENSE_INSPECTOR=0 here, or correct that variable if this is a development machine."
    )


def test_a_hostile_value_stays_one_short_line() -> None:
    sign = production_sign({"ENV": "prod\n" + "x" * 100_000})
    assert sign is not None
    assert len(sign) < 100
    assert "\n" not in sign
