"""`corsense lsp` as an editor meets it: what it says as files are opened, typed, saved, renamed and closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corsense.causes import cause
from tests.cli.commands import corsense
from tests.lsp.editor import Editor, applied, editor

MAIN = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins={},
)
"""
SLASH = MAIN.format('["http://localhost:3000/"]')
GOOD = MAIN.format('["http://localhost:3000"]')
TRAILING = "CORS201"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(SLASH)
    return tmp_path


@pytest.fixture
def screen(folder: Path) -> Iterator[Editor]:
    with editor(folder) as found:
        yield found


def test_findings_are_shown_before_a_file_is_opened(screen: Editor, folder: Path) -> None:
    (found,) = screen.wait_for(folder / "main.py", TRAILING)
    assert found["source"] == "corsense"
    assert found["severity"] == 1
    assert found["codeDescription"]["href"] == cause("origin-trailing-slash").documentation
    assert "slash" in found["message"]
    assert found["range"]["start"]["line"] == 6


def test_what_is_typed_is_judged_and_what_is_closed_is_as_on_the_disk(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    screen.wait_for(path, TRAILING)
    screen.type(path, GOOD)
    screen.wait_for(path)
    screen.close(path)
    screen.wait_for(path, TRAILING)


def test_what_is_saved_is_judged(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    screen.wait_for(path, TRAILING)
    screen.type(path, GOOD)
    path.write_text(GOOD)
    screen.save(path)
    screen.wait_for(path)


def test_a_change_in_one_file_changes_the_findings_of_another(folder: Path) -> None:
    (folder / "main.py").write_text(MAIN.format("ORIGINS").replace("\n\napp", "\nfrom settings import ORIGINS\n\napp"))
    settings = folder / "settings.py"
    settings.write_text("ORIGINS = ['http://localhost:3000/']\n")
    with editor(folder) as screen:
        screen.wait_for(settings, TRAILING)
        screen.open(settings)
        screen.type(settings, "ORIGINS = ['http://localhost:3000']\n")
        screen.wait_for(settings)


def test_a_syntax_error_while_typing_keeps_what_was_said(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    screen.wait_for(path, TRAILING)
    screen.type(path, SLASH + "def (\n")
    screen.settle()
    screen.wait_for(path, TRAILING)
    screen.type(path, GOOD)
    screen.wait_for(path)


def test_hover_shows_the_page_of_the_rule(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    (found,) = screen.wait_for(path, TRAILING)
    start = found["range"]["start"]
    shown = screen.hover(path, start["line"], start["character"])
    assert shown["contents"]["kind"] == "markdown"
    assert cause("origin-trailing-slash").page in shown["contents"]["value"]
    assert screen.hover(path, 0, 0) is None


def test_an_action_repairs_and_another_silences(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    (found,) = screen.wait_for(path, TRAILING)
    actions = screen.actions(path, found)
    assert len(actions) == 2
    fix = next(action for title, action in actions.items() if title.startswith("Write"))
    assert fix["isPreferred"] is True
    assert fix["diagnostics"][0]["code"] == TRAILING
    assert applied(SLASH, fix["edit"]["changes"][path.as_uri()]) == GOOD
    silent = actions["Ignore origin-trailing-slash here"]
    ignored = applied(SLASH, silent["edit"]["changes"][path.as_uri()])
    assert "# corsense: ignore[origin-trailing-slash]" in ignored
    screen.type(path, ignored)
    screen.wait_for(path)


def test_an_action_is_about_the_text_in_the_editor(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    screen.wait_for(path, TRAILING)
    typed = f"# a line that is not saved\n{SLASH}"
    screen.type(path, typed)
    screen.settle()
    while screen.wait_for(path, TRAILING)[0]["range"]["start"]["line"] != 7:
        screen.settle()
    actions = screen.actions(path, screen.wait_for(path, TRAILING)[0])
    fix = next(action for title, action in actions.items() if title.startswith("Write"))
    assert applied(typed, fix["edit"]["changes"][path.as_uri()]) == f"# a line that is not saved\n{GOOD}"


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 23), ("utf-8", 27), ("utf-32", 21)])
def test_columns_count_in_the_units_of_the_client(tmp_path: Path, encoding: str, column: int) -> None:
    path = tmp_path / "main.py"
    path.write_text(
        MAIN.format('["\U0001f600\U0001f600", "http://localhost:3000/"]').replace("    allow_origins=", "allow_origins=")
    )
    with editor(tmp_path, encodings=[encoding]) as screen:
        uri = path.as_uri()
        screen.wait_until(lambda: any(found["code"] == TRAILING for found in screen.diagnostics.get(uri, ())))
        found = next(found for found in screen.diagnostics[uri] if found["code"] == TRAILING)
    line = path.read_text().splitlines()[found["range"]["start"]["line"]]
    start = line.index('"http')
    units = {"utf-16": "utf-16-le", "utf-8": "utf-8", "utf-32": "utf-32-le"}[encoding]
    size = {"utf-16": 2, "utf-8": 1, "utf-32": 4}[encoding]
    assert found["range"]["start"]["character"] == len(line[:start].encode(units)) // size == column


def test_renamed_and_deleted_files_take_their_findings_along(screen: Editor, folder: Path) -> None:
    old, new = folder / "main.py", folder / "app.py"
    screen.wait_for(old, TRAILING)
    old.rename(new)
    screen.notify("workspace/didRenameFiles", {"files": [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]})
    screen.wait_for(new, TRAILING)
    screen.wait_for(old)
    new.unlink()
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": new.as_uri(), "type": 3}]})
    screen.wait_for(new)


def test_a_file_that_is_deleted_while_it_is_open_has_no_findings_once_it_is_closed(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.open(path)
    screen.wait_for(path, TRAILING)
    path.unlink()
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 3}]})
    screen.settle()
    screen.wait_for(path, TRAILING)
    screen.close(path)
    screen.wait_for(path)


def test_what_is_opened_of_an_environment_is_not_judged(screen: Editor, folder: Path) -> None:
    screen.wait_for(folder / "main.py", TRAILING)
    for place in (".venv/lib/package", "environment/lib", "node_modules"):
        (folder / place).mkdir(parents=True)
        if place == "environment/lib":
            (folder / "environment" / "pyvenv.cfg").touch()
        (folder / place / "main.py").write_text(SLASH)
        screen.open(folder / place / "main.py")
        screen.type(folder / place / "main.py", SLASH + "\n")
    screen.open(folder / "main.py")
    screen.type(folder / "main.py", GOOD)
    screen.wait_for(folder / "main.py")
    assert set(screen.diagnostics) == {(folder / "main.py").as_uri()}


def test_files_that_other_programs_change_are_watched(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    screen.wait_for(path, TRAILING)
    screen.wait_until(lambda: bool(screen.registered))
    globs = [each["globPattern"] for entry in screen.registered for each in entry["registerOptions"]["watchers"]]
    assert globs == ["**/*.py", "**/pyproject.toml", "**/corsense.toml"]
    path.write_text(GOOD)
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 2}]})
    screen.wait_for(path)


def test_the_configuration_counts_as_soon_as_it_is_saved(screen: Editor, folder: Path) -> None:
    path, configuration = folder / "main.py", folder / "corsense.toml"
    screen.wait_for(path, TRAILING)
    configuration.write_text('ignore = ["origin-trailing-slash"]\n')
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": configuration.as_uri(), "type": 1}]})
    screen.wait_for(path)
    configuration.write_text("ignore = 7\n")
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": configuration.as_uri(), "type": 2}]})
    screen.wait_until(lambda: bool(screen.messages))
    assert "ignore" in screen.messages[0]
    configuration.unlink()
    screen.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": configuration.as_uri(), "type": 3}]})
    screen.wait_for(path, TRAILING)


def test_a_file_outside_of_the_folders_is_judged_while_it_is_open(
    screen: Editor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "script.py"
    path.write_text(SLASH)
    screen.open(path)
    screen.wait_for(path, TRAILING)
    screen.type(path, GOOD)
    screen.wait_for(path)
    screen.type(path, SLASH)
    screen.wait_for(path, TRAILING)
    screen.close(path)
    screen.wait_for(path)


def test_an_open_document_moves_to_the_folder_that_is_added_and_out_of_the_one_that_is_removed(
    screen: Editor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = tmp_path_factory.mktemp("second")
    path, settings = second / "main.py", second / "settings.py"
    path.write_text(GOOD)
    settings.write_text("ORIGINS = 1\n")
    screen.open(path, SLASH)
    screen.wait_for(path, TRAILING)
    entry = {"uri": second.as_uri(), "name": "second"}
    screen.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [entry], "removed": []}})
    screen.settle()
    screen.wait_for(path, TRAILING)
    screen.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [entry]}})
    screen.settle()
    screen.wait_for(path, TRAILING)
    screen.close(path)
    screen.wait_for(path)


def test_folders_come_and_go(screen: Editor, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    second = tmp_path_factory.mktemp("second")
    (second / "main.py").write_text(SLASH)
    entry = {"uri": second.as_uri(), "name": "second"}
    screen.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [entry], "removed": []}})
    screen.wait_for(second / "main.py", TRAILING)
    screen.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [entry]}})
    screen.wait_for(second / "main.py")
    screen.wait_for(folder / "main.py", TRAILING)


def test_documents_that_are_no_files_and_no_python_are_left_alone(screen: Editor, folder: Path) -> None:
    for uri in (
        "untitled:Untitled-1",
        "git:/main.py",
        "vscode-notebook-cell:/a.ipynb#1",
        "file://",
        (folder / "notes.txt").as_uri(),
    ):
        screen.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "x", "version": 1, "text": SLASH}})
        screen.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    screen.wait_for(folder / "main.py", TRAILING)
    assert set(screen.diagnostics) == {(folder / "main.py").as_uri()}


def test_a_document_that_was_never_saved_is_judged_while_it_is_open(screen: Editor) -> None:
    uri = "untitled:Untitled-1"

    def codes() -> list[str] | None:
        return [each["code"] for each in screen.diagnostics[uri]] if uri in screen.diagnostics else None

    document = {"uri": uri, "languageId": "python", "version": 1, "text": SLASH}
    screen.notify("textDocument/didOpen", {"textDocument": document})
    screen.wait_until(lambda: codes() == [TRAILING])
    params = {"textDocument": {"uri": uri}, "range": screen.diagnostics[uri][0]["range"], "context": {"diagnostics": []}}
    fix = next(action for action in screen.request("textDocument/codeAction", params) if action["title"].startswith("Write"))
    assert applied(SLASH, fix["edit"]["changes"][uri]) == GOOD
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": GOOD}]}
    screen.notify("textDocument/didChange", change)
    screen.wait_until(lambda: codes() == [])
    change = {"textDocument": {"uri": uri, "version": 3}, "contentChanges": [{"text": SLASH}]}
    screen.notify("textDocument/didChange", change)
    screen.wait_until(lambda: codes() == [TRAILING])
    screen.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    screen.wait_until(lambda: codes() == [])


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'pygls'\", name='pygls')\n")
    ran = corsense("lsp", folder=tmp_path, environment={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)})
    assert ran.status == 2
    assert ran.err == "corsense: serving editors needs pygls, which is not installed; run: pip install 'corsense[lsp]'\n"


def test_paths_with_blanks_and_files_with_other_line_ends(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, über"
    folder.mkdir()
    path = folder / "main app.py"
    text = SLASH.replace("\n", "\r\n")
    path.write_bytes(text.encode())
    with editor(folder) as screen:
        screen.open(path, text)
        (found,) = screen.wait_for(path, TRAILING)
        actions = screen.actions(path, found)
        fix = next(action for title, action in actions.items() if title.startswith("Write"))
        (edit,) = fix["edit"]["changes"][path.as_uri()]
        assert edit["range"] == {"start": {"line": 6, "character": 0}, "end": {"line": 7, "character": 0}}
        assert edit["newText"] == '    allow_origins=["http://localhost:3000"],\r\n'


def test_an_editor_that_writes_a_path_in_its_own_way_gets_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "a~b,c"
    folder.mkdir()
    path = folder / "main.py"
    path.write_text(SLASH)
    spelling = path.as_uri().replace("%2C", ",")
    assert spelling != path.as_uri()
    with editor(folder) as screen:
        screen.wait_for(path, TRAILING)
        document = {"uri": spelling, "languageId": "python", "version": 1, "text": SLASH}
        screen.notify("textDocument/didOpen", {"textDocument": document})
        screen.wait_until(lambda: [each["code"] for each in screen.diagnostics.get(spelling, [])] == [TRAILING])
        screen.wait_for(path)


def test_a_comment_that_is_there_already_gets_another_rule(screen: Editor, folder: Path) -> None:
    path = folder / "main.py"
    typed = SLASH.replace('3000/"],', '3000/", "https://a.example/path"],  # corsense: ignore[origin-has-path]')
    screen.open(path, typed)
    (found,) = screen.wait_for(path, TRAILING)
    edits = screen.actions(path, found)["Ignore origin-trailing-slash here"]["edit"]["changes"][path.as_uri()]
    assert "# corsense: ignore[origin-has-path, origin-trailing-slash]" in applied(typed, edits)
