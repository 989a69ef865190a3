"""Settings that the environment does not fill are named when the app cannot be imported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.commands import corsense

HEAD = """\
from fastapi import FastAPI
from pydantic import BaseModel, Field, AliasChoices
from pydantic_settings import BaseSettings, SettingsConfigDict

"""
SETTINGS = {
    "plain": ("    database_url: str\n    port: int = 80\n    secret_key: str", ["DATABASE_URL, SECRET_KEY:"], ["PORT"]),
    "prefix": ('    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    token: str', ["variable SHOP_TOKEN:"], []),
    "file": (
        '    model_config = SettingsConfigDict(env_file=".env")\n    token: str',
        ["TOKEN, in the environment or in .env"],
        [],
    ),
    "alias": ('    token: str = Field(validation_alias="AUTH_TOKEN")', ["AUTH_TOKEN"], []),
    "aliases": ('    token: str = Field(validation_alias=AliasChoices("AUTH_TOKEN", "TOKEN"))', ["AUTH_TOKEN"], []),
    "case": ("    model_config = SettingsConfigDict(case_sensitive=True)\n    apiToken: str", ["apiToken"], ["APITOKEN"]),
    "nested": ('    model_config = SettingsConfigDict(env_nested_delimiter="__")\n    db: Database', ["DB__HOST"], ["DB__PORT"]),
    "wrong": ("    level: int", ["Correct LEVEL (Input should be a valid integer"], ["high-secret"]),
    "not JSON": ("    origins: list[str]", ["Write ORIGINS as JSON"], []),
}


def program(fields: str, made: str = "settings = Config()") -> str:
    nested = "class Database(BaseModel):\n    host: str\n    port: int = 5432\n\n\n"
    return f"{HEAD}{nested}class Config(BaseSettings):\n{fields}\n\n\n{made}\napp = FastAPI()\n"


@pytest.mark.parametrize("kind", SETTINGS)
def test_the_variables_are_named_as_the_environment_spells_them(tmp_path: Path, kind: str) -> None:
    fields, message, never = SETTINGS[kind]
    (tmp_path / "main.py").write_text(program(fields))
    environment = {"PATH": os.environ["PATH"], "LEVEL": "high-secret", "ORIGINS": "https://a.example,https://b.example"}
    ran = corsense("check", "main:app", folder=tmp_path, environment=environment)
    sentence = ran.err.splitlines()[-1]
    assert ran.status == 2
    for part in message:
        assert part in sentence
    for part in never:
        assert part not in sentence


VERSION_1 = {
    "plain": ("    token: str", ["variable TOKEN:"]),
    "prefix": ('    token: str\n\n    class Config:\n        env_prefix = "app_"', ["variable APP_TOKEN:"]),
    "named": ('    token: str = Field(env="NEW_TOKEN")\n\n    class Config:\n        env_prefix = "app_"', ["NEW_TOKEN"]),
    "not JSON": ("    origins: list[str]", ["Write ORIGINS as JSON"]),
}


@pytest.mark.parametrize("kind", VERSION_1)
def test_settings_of_pydantic_1_are_named_too(tmp_path: Path, kind: str) -> None:
    fields, message = VERSION_1[kind]
    head = "from fastapi import FastAPI\nfrom pydantic.v1 import BaseSettings, Field\n\n\n"
    text = f"{head}class Shop(BaseSettings):\n{fields}\n\n\nShop()\napp = FastAPI()\n"
    (tmp_path / "main.py").write_text(text)
    ran = corsense("check", "main:app", folder=tmp_path, environment={"PATH": os.environ["PATH"], "ORIGINS": "https://a.example"})
    for part in message:
        assert part in ran.err


def test_settings_that_a_factory_makes_are_named_too(tmp_path: Path) -> None:
    made = "def create_app() -> FastAPI:\n    Config()\n    return FastAPI()\n\n"
    (tmp_path / "main.py").write_text(program("    token: str", made))
    ran = corsense("check", "main:create_app", "--factory", folder=tmp_path)
    assert "Set the environment variable TOKEN: Config needs it." in ran.err


def test_a_model_that_is_not_settings_is_not_mistaken_for_some(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(program("    token: str = ''", "Database.model_validate({})"))
    ran = corsense("check", "main:app", folder=tmp_path)
    assert ran.status == 2
    assert "environment" not in ran.err


def test_what_the_other_settings_hold_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(program("    api_key: str\n    token: str"))
    ran = corsense("check", "main:app", folder=tmp_path, environment={"PATH": os.environ["PATH"], "API_KEY": "sk-s3cret"})
    assert "TOKEN" in ran.err
    assert "s3cret" not in ran.out + ran.err
