"""Where the environment says production, the inspector does not start."""

from __future__ import annotations

import pytest

from corsense.dev.inspector.production import (
    NAMED_BY_PROJECTS,
    NOT_DEPLOYED,
    SET_BY_PLATFORMS,
    production_sign,
    refuse_in_production,
)


@pytest.mark.parametrize("value", ["production", "PROD", "Production", " live ", "prod-eu-1", "eu_prod"])
def test_a_variable_that_projects_use_says_production(value: str) -> None:
    for name in NAMED_BY_PROJECTS:
        assert production_sign({name: value}) == f"{name}='{value}'"


@pytest.mark.parametrize(
    "value",
    [
        *("", "development", "dev", "local", "staging", "preview", "test", "qa", "demo", "product"),
        *("non-prod", "preprod", "pre-production", "prod-like", "local-prod", "dev (data of production)"),
        *("/home/prod/.kshrc", "~/live/env", "$HOME/prod/env", "./prod/env"),
    ],
)
def test_other_environments_are_not_production(value: str) -> None:
    assert production_sign(dict.fromkeys(NAMED_BY_PROJECTS, value)) is None


def test_a_variable_of_a_hosting_platform_says_that_the_app_is_deployed() -> None:
    for name, platform in SET_BY_PLATFORMS.items():
        assert production_sign({name: "web.1"}) == f"{name}='web.1', which {platform} sets"
        assert production_sign({name: ""}) is None
    assert production_sign({"RENDER": "false"}) is None


@pytest.mark.parametrize(
    "environ",
    [
        {"PATH": "/usr/bin", "HOME": "/home/production", "USER": "live"},
        {"CODESPACES": "true", "CODESPACE_NAME": "production-copy", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"},
        {"GITPOD_WORKSPACE_ID": "live-1", "GITPOD_WORKSPACE_URL": "https://live-1.ws-eu.gitpod.io"},
        {"WSL_DISTRO_NAME": "Ubuntu", "NAME": "PROD-LAPTOP"},
        {"COMPOSE_PROJECT_NAME": "shop-production", "HOSTNAME": "4f3a2b", "container": "docker"},
        {"REMOTE_CONTAINERS": "true", "DEVCONTAINER": "true"},
        {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/production", "RUNNER_ENVIRONMENT": "github-hosted"},
        {"GITLAB_CI": "true", "CI_ENVIRONMENT_NAME": "production"},
        {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
        {"CLOUD_SHELL": "true", "DEVSHELL_PROJECT_ID": "prod-1"},
        {"REPL_ID": "1", "REPLIT_DEV_DOMAIN": "x.replit.dev"},
        {"VERCEL": "1", "VERCEL_ENV": "development"},
        {"RAILWAY_ENVIRONMENT_NAME": "production", "RAILWAY_SERVICE_NAME": "api"},
        {"FLY_APP_NAME": "shop", "KOYEB_APP_NAME": "shop", "CONTAINER_APP_NAME": "shop"},
        {"WEBSITE_INSTANCE_ID": "localInstance"},
    ],
    ids=lambda environ: next(iter(environ)),
)
def test_the_machine_of_a_developer_is_not_production(environ: dict[str, str]) -> None:
    assert production_sign(environ) is None


def test_a_platform_is_not_believed_in_its_emulator_or_build() -> None:
    for name, (about, value) in NOT_DEPLOYED.items():
        assert production_sign({about: "x", name: value or "true"}) is None
        assert production_sign({about: "x", name: ""}) is not None
        if value is not None:
            assert production_sign({about: "x", name: "other"}) is not None
        assert production_sign({about: "x", name: value or "true", "RENDER": "true"}) == "RENDER='true', which Render sets"


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
