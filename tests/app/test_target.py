from __future__ import annotations

from pathlib import Path

import pytest

from corsense.app import AppLoadError, AppTarget
from tests.app.conftest import write_files

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def test_a_module_and_a_name_are_taken_apart(tmp_path: Path) -> None:
    target = AppTarget.parse("shop.main:create_app", factory=True, directory=tmp_path)
    assert (target.module, target.attribute, target.factory) == ("shop.main", "create_app", True)
    assert target.paths == (str(tmp_path),)
    assert target.name == "shop.main:create_app"


def test_a_module_alone_leaves_the_name_to_be_found(tmp_path: Path) -> None:
    target = AppTarget.parse("shop.main", directory=tmp_path)
    assert (target.module, target.attribute) == ("shop.main", None)


def test_a_dotted_name_is_kept(tmp_path: Path) -> None:
    assert AppTarget.parse("main:server.app", directory=tmp_path).attribute == "server.app"


def test_a_file_in_a_package_is_named_from_the_top_of_the_package(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/shop/__init__.py": "", "src/shop/web/__init__.py": "", "src/shop/web/main.py": APP})
    target = AppTarget.parse("src/shop/web/main.py:app", directory=tmp_path)
    assert (target.module, target.attribute) == ("shop.web.main", "app")
    assert target.paths == (str(tmp_path / "src"), str(tmp_path))


def test_a_file_outside_of_a_package_is_a_module_of_its_folder(tmp_path: Path) -> None:
    write_files(tmp_path, {"app/main.py": APP})
    target = AppTarget.parse("app/main.py", directory=tmp_path)
    assert (target.module, target.paths) == ("main", (str(tmp_path / "app"), str(tmp_path)))


def test_a_package_may_be_named_by_its_folder(tmp_path: Path) -> None:
    write_files(tmp_path, {"shop/__init__.py": APP})
    assert AppTarget.parse("./shop", directory=tmp_path).module == "shop"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("main.py", "app.py", "api.py"), "main"),
        (("app.py", "api.py"), "app"),
        (("api.py", "app/main.py"), "api"),
        (("app/main.py", "app/app.py"), "main"),
        (("app/api.py",), "api"),
    ],
)
def test_without_a_name_the_files_of_fastapi_dev_are_tried_in_its_order(
    tmp_path: Path, files: tuple[str, ...], found: str
) -> None:
    write_files(tmp_path, dict.fromkeys(files, APP))
    target = AppTarget.parse(directory=tmp_path)
    assert (target.module, target.attribute, target.source) == (found, None, "file")


def test_a_folder_is_searched_like_the_working_directory_and_becomes_it(tmp_path: Path) -> None:
    write_files(tmp_path, {"backend/main.py": APP})
    target = AppTarget.parse("backend/", directory=tmp_path)
    assert (target.module, target.directory) == ("main", str(tmp_path / "backend"))


def test_a_folder_needs_no_slash_where_no_module_has_its_name(tmp_path: Path) -> None:
    write_files(tmp_path, {"backend/main.py": APP, "both/main.py": APP, "both.py": APP})
    assert AppTarget.parse("backend", directory=tmp_path).directory == str(tmp_path / "backend")
    assert AppTarget.parse("both", directory=tmp_path).module == "both"


def test_the_configuration_of_a_folder_above_names_the_app_from_there(tmp_path: Path) -> None:
    write_files(tmp_path, {"corsense.toml": 'app = "shop.web:api"\n', "shop/deep/x.py": "", "other/pyproject.toml": ""})
    target = AppTarget.parse(directory=tmp_path / "shop/deep")
    assert (target.name, target.directory) == ("shop.web:api", str(tmp_path))
    write_files(tmp_path, {"other/pyproject.toml": '[tool.fastapi]\nentrypoint = "other:app"\n'})
    assert AppTarget.parse(directory=tmp_path / "other").name == "other:app"


@pytest.mark.parametrize(
    "toml",
    [
        '[tool.fastapi]\nentrypoint = "shop.web:api"\n',
        '[tool.corsense]\napp = "shop.web:api"\n',
        '[tool.fastapi]\nentrypoint = "other:app"\n[tool.corsense]\napp = "shop.web:api"\n',
    ],
    ids=["fastapi", "corsense", "corsense before fastapi"],
)
def test_pyproject_names_the_app_before_any_file_does(tmp_path: Path, toml: str) -> None:
    write_files(tmp_path, {"main.py": APP, "pyproject.toml": toml})
    target = AppTarget.parse(directory=tmp_path)
    assert (target.name, target.source) == ("shop.web:api", "pyproject")


def test_other_tables_of_pyproject_do_not_disturb(tmp_path: Path) -> None:
    write_files(tmp_path, {"main.py": APP, "pyproject.toml": '[project]\nname = "shop"\n[tool.fastapi]\n'})
    assert AppTarget.parse(directory=tmp_path).module == "main"


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("", "The name of the app is empty.", "package.module:app"),
        (":app", "has no module beside the colon", "package.module:app"),
        ("main:", "has no name beside the colon", "package.module:app"),
        ("main:my app", "'my app' in 'main:my app' is not a name", "package.module:app"),
        ("main..web:app", "'main..web' in 'main..web:app' is not the name of a module", "package.module:app"),
        ("apps/mian.py", "There is no file 'apps/mian.py'.", "Did you mean 'apps/main.py'?"),
        ("apps\\main.py", "There is no file 'apps\\main.py'.", "Did you mean 'apps/main.py'?"),
        ("apps/notes.txt", "'apps/notes.txt' is not a Python file.", ".py file"),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str, remedy: str) -> None:
    write_files(tmp_path, {"apps/main.py": APP, "apps/notes.txt": ""})
    with pytest.raises(AppLoadError) as caught:
        AppTarget.parse(text, directory=tmp_path)
    assert message in caught.value.message
    assert caught.value.remedy is not None
    assert remedy in caught.value.remedy
    assert "\n" not in str(caught.value)


def test_when_no_app_is_found_one_nearby_is_suggested(tmp_path: Path) -> None:
    write_files(tmp_path, {"services/backend/server.py": "import fastapi\n\nbackend = fastapi.FastAPI()\n", "x.py": "y = 1\n"})
    with pytest.raises(AppLoadError, match="There is no app here") as caught:
        AppTarget.parse(directory=tmp_path)
    assert "services/backend/server.py:backend" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[tool.fastapi\n", "pyproject.toml is not valid TOML"),
        ("[tool.fastapi]\nentrypoint = 3\n", r"\[tool.fastapi\] entrypoint in pyproject.toml is 3"),
        ('[tool.corsense]\napp = ""\n', r"\[tool.corsense\] app in .*pyproject.toml must be a non-empty string"),
    ],
)
def test_a_pyproject_that_cannot_be_meant_is_refused(tmp_path: Path, toml: str, message: str) -> None:
    write_files(tmp_path, {"pyproject.toml": toml})
    with pytest.raises(AppLoadError, match=message):
        AppTarget.parse(directory=tmp_path)
