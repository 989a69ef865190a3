"""The configuration: where it is searched for, what its keys mean, and how mistakes are reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from corsense.config import Configuration, configuration_schema
from corsense.errors import InputError

EVERY_KEY = """
app = "shop.main:app"
origins = ["https://app.example.com"]
base-url = "https://api.example.com"
behind-proxy = true
credentials = "include"
python = ".venv/bin/python"
client = ["mcp"]
select = ["CORS301", "origin-trailing-slash"]
ignore = ["wildcard-origins"]

["per-file-ignores"]
"tests/*" = ["cors301"]
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, table: str, file: str = "corsense.toml") -> str:
    write(folder, {file: table})
    with pytest.raises(InputError) as caught:
        Configuration.near(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("file", ["pyproject.toml", "corsense.toml"])
def test_every_key_of_either_file_becomes_a_field(tmp_path: Path, file: str) -> None:
    text = (
        EVERY_KEY
        if file == "corsense.toml"
        else "[tool.corsense]" + EVERY_KEY.replace('["per', '[tool.corsense."per').replace('ores"]', 'ores"]')
    )
    found = Configuration.near(write(tmp_path, {file: text}))
    assert (found.folder, found.file) == (tmp_path, tmp_path / file)
    assert (found.app, found.origins, found.base_url) == (
        "shop.main:app",
        ("https://app.example.com",),
        "https://api.example.com",
    )
    assert (found.behind_proxy, found.credentials, found.python, found.client) == (True, "include", ".venv/bin/python", ("mcp",))
    assert found.select == {"wildcard-with-credentials", "origin-trailing-slash"}
    assert found.ignore == {"wildcard-origins"}
    assert found.per_file_ignores == {"tests/*": frozenset({"wildcard-with-credentials"})}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("corsense.toml", ""),
        ("corsense.toml", "\ufeff# saved by an editor of Windows\r\n"),
        ("pyproject.toml", "[tool.corsense]\n"),
    ],
)
def test_an_empty_configuration_is_one_without_keys(tmp_path: Path, file: str, text: str) -> None:
    found = Configuration.near(write(tmp_path, {file: text}))
    assert (found.file, found.app, found.origins, found.select) == (tmp_path / file, None, (), frozenset())


def test_where_no_file_is_every_key_is_absent(tmp_path: Path) -> None:
    assert Configuration.near(tmp_path) == Configuration(tmp_path)


def test_the_nearest_file_counts_and_those_without_the_table_are_passed_by(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[tool.corsense]\napp = "root:app"\n',
            "packages/a/pyproject.toml": '[tool.corsense]\napp = "a:app"\n',
            "packages/a/src/a/__init__.py": "",
            "packages/b/pyproject.toml": '[project]\nname = "b"\n[tool.corsense.policy]\norigins = ["https://a.example"]\n',
        },
    )
    assert Configuration.near(tmp_path / "packages/a/src/a/__init__.py").app == "a:app"
    found = Configuration.near(tmp_path / "packages/b")
    assert (found.app, found.folder) == ("root:app", tmp_path)


def test_the_search_ends_at_the_root_of_a_repository(tmp_path: Path) -> None:
    write(tmp_path, {"corsense.toml": 'app = "other:app"\n', "repository/.git/HEAD": "", "repository/src/main.py": ""})
    assert Configuration.near(tmp_path / "repository/src").app is None


@pytest.mark.skipif(os.name != "posix", reason="folders that everybody may write to are recognised by their mode")
def test_a_file_above_in_a_folder_that_everybody_may_write_to_does_not_count(tmp_path: Path) -> None:
    shared = write(tmp_path, {"shared/corsense.toml": 'python = "/tmp/anybodys"\n', "shared/mine/main.py": ""}) / "shared"
    shared.chmod(0o777)
    assert Configuration.near(shared / "mine").python is None
    shared.chmod(0o755)
    assert Configuration.near(shared / "mine").python == "/tmp/anybodys"


def test_two_files_of_one_folder_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[tool.corsense]\napp = "main:app"\n'})
    assert "keep one of them" in refusal(tmp_path, 'app = "main:app"\n')
    write(tmp_path, {"pyproject.toml": '[tool.corsense.policy]\norigins = ["https://a.example"]\n'})
    assert Configuration.near(tmp_path).app == "main:app"


@pytest.mark.parametrize(
    ("table", "message_text"),
    [
        ('orgins = ["https://a.example"]', ["has no key 'orgins'", "did you mean origins?"]),
        ('base_url = "https://a.example"', ["'base_url'", "did you mean base-url?"]),
        ("zzz = 1", ["'zzz'", "its keys are app, origins, base-url"]),
        (
            'origins = "https://a.example"',
            ["origins", "must be a list of strings, not 'https://a.example'", 'write origins = ["'],
        ),
        ("origins = [1]", ["must be a list of strings, not [1]"]),
        ("app = 1", ["app", "must be a non-empty string, not 1", 'write app = "']),
        ('behind-proxy = "yes"', ["must be true or false, not 'yes'"]),
        ("credentials = true", ["must be one of", '"include"', "not true"]),
        ('credentials = "included"', ['did you mean "include"?']),
        ('select = ["wildcard-orgins"]', ["select", "'wildcard-orgins' is not a rule; did you mean wildcard-origins?"]),
        ('ignore = "wildcard-origins"', ["must be a list of rules", "write ignore = ["]),
        ('per-file-ignores = ["tests"]', ["must be a table of path patterns"]),
        ('[per-file-ignores]\n"tests/*" = "CORS301"', ["'tests/*'", "a list of rules"]),
        ('[per-file-ignores]\n"" = ["CORS301"]', ["non-empty path patterns"]),
        ("[tool.corsense]\napp = 'main:app'", ["without [tool.corsense]"]),
        ("[policy]\norigins = []", ["[tool.corsense.policy] of pyproject.toml"]),
        ("[oh", ["not valid TOML"]),
    ],
)
def test_a_mistake_is_named_with_its_key_its_file_and_what_to_write(tmp_path: Path, table: str, message_text: list[str]) -> None:
    message = refusal(tmp_path, table)
    assert "corsense.toml" in message
    for part in message_text:
        assert part in message


def test_a_table_that_is_not_one_is_named(tmp_path: Path) -> None:
    assert "must be a table" in refusal(tmp_path, "[tool]\ncorsense = []\n", "pyproject.toml")


@pytest.mark.parametrize("table", ["[tools.corsense]", "[corsense]"])
def test_a_table_that_nothing_reads_is_named(tmp_path: Path, table: str) -> None:
    message = refusal(tmp_path, f"{table}\nignore = []\n", "pyproject.toml")
    assert message.startswith(table)
    assert "write [tool.corsense]." in message


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_what_is_not_a_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "corsense.toml")
    with pytest.raises(InputError, match=r"corsense\.toml is not a file"):
        Configuration.near(tmp_path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "corsense.toml").write_bytes('app = "main:app"\n'.encode("utf-16"))
    with pytest.raises(InputError, match=r"corsense\.toml is not UTF-8"):
        Configuration.near(tmp_path)


def test_a_file_below_the_working_directory_is_named_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(tmp_path, "x = 1").startswith("corsense.toml has no key")


def test_paths_of_the_configuration_start_at_its_folder(tmp_path: Path) -> None:
    found = Configuration.near(tmp_path)
    assert found.path(".venv/bin/python") == str(tmp_path / ".venv/bin/python")
    assert found.path("python3.12") == "python3.12"
    assert found.path("/usr/bin/python3") == "/usr/bin/python3"


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not() -> None:
    import tomllib

    schema = Draft202012Validator(configuration_schema())
    schema.validate(tomllib.loads(EVERY_KEY.replace('"cors301"', '"CORS301"')))
    for wrong in ('orgins = ["x"]', 'origins = "x"', 'credentials = "yes"', 'select = ["nonsense"]', "behind-proxy = 1"):
        assert not schema.is_valid(tomllib.loads(wrong)), wrong
