"""The language server: diagnostics as files change, hover with the page of the rule, and edits that were tried."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple
from urllib.parse import quote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from corsense import __version__
from corsense.config import FILES as CONFIGURATIONS
from corsense.finding import Finding
from corsense.lint.files import is_looked_at
from corsense.lsp.positions import Lines, edits_between, encoded
from corsense.lsp.project import Findings, Project

_DELAY = 0.15
"""Seconds without a change before what was typed is judged."""
_PAUSE = 0.05
"""Seconds without news of the disk before it is looked at: a checkout changes many files."""
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_UNSAVED = "untitled:"
_SUFFIXES = (".py", ".pyw", ".pyi")
_WATCHED = ("**/*.py", *(f"**/{name}" for name in CONFIGURATIONS))
_FILES = types.FileOperationRegistrationOptions(
    [types.FileOperationFilter(types.FileOperationPattern(glob), "file") for glob in (*_WATCHED, "**/*")]
)

_Arguments = TypeVarTuple("_Arguments")
_Found = TypeVar("_Found")


class CorsenseServer(LanguageServer):
    """The projects of an editor. The linter runs in one thread of its own; everything else is done by the event loop."""

    def __init__(self) -> None:
        super().__init__("corsense", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.projects: dict[Path, Project] = {}
        self._worker = ThreadPoolExecutor(1)
        self._pending: dict[Path, bytes | None] = {}
        self._rereads = self._reconfigures = False
        self._waiting: asyncio.TimerHandle | None = None
        self._judging = asyncio.Lock()
        self._started = asyncio.Event()
        self._published: dict[Path, Findings] = {}
        self._uris: dict[Path, str] = {}
        self._complained: set[str] = set()

    @property
    def encoding(self) -> str:
        """What columns count."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16")

    async def in_worker(self, work: Callable[[*_Arguments], _Found], *arguments: *_Arguments) -> _Found:
        """The result of work that is done in the thread of the linter."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)

    def project_of(self, path: Path) -> Project | None:
        """The innermost project that a file belongs to."""
        around = [root for root in self.projects if path == root or path.is_relative_to(root)]
        return self.projects[max(around, key=lambda root: len(root.parts))] if around else None

    async def start(self, folders: Iterable[str | None]) -> None:
        """Open the folders that the editor starts with; documents wait for that."""
        try:
            await self.open_folders(folders)
        finally:
            self._started.set()

    async def open_folders(self, uris: Iterable[str | None]) -> None:
        """Add folders. Their open documents, which were files outside of all folders so far, belong to them now."""
        for uri in uris:
            root = path_of(uri) if uri is not None else None
            if root is not None and root.is_dir() and root not in self.projects:
                self.projects[root] = await self.in_worker(Project, root)
        await self._assign_documents()
        await self.judge()

    async def close_folder(self, root: Path) -> None:
        """Forget a folder, and what was said of it."""
        self._forget(root)
        await self._assign_documents()
        await self.judge()

    async def open_document(self, uri: str) -> None:
        """Judge a document that was opened: in its folder, or by itself outside of all folders."""
        await self._started.wait()
        path = path_of(uri)
        if path is not None:
            self._learn_uri(path, uri)
        await self._assign_documents()

    async def close_document(self, path: Path) -> None:
        """Judge what is on the disk again; a file outside of all folders has no findings any more."""
        await self._started.wait()
        self._forget(path)
        if self.project_of(path) is not None:
            self.change(path, None, at_once=True)

    async def _assign_documents(self) -> None:
        """Let every open document be judged by the project that it belongs to."""
        for uri, document in list(self.workspace.text_documents.items()):
            path = path_of(uri)
            if path is None or path.suffix not in _SUFFIXES or not _is_python(uri, document.language_id):
                continue
            if any(path.is_relative_to(root) for root in self.projects if root != path):
                self._forget(path)
            elif path not in self.projects:
                self.projects[path] = await self.in_worker(Project, path)
            self.change(path, document.source, at_once=True)

    def _forget(self, root: Path) -> None:
        if self.projects.pop(root, None) is not None:
            for path in self._published.pop(root, {}):
                self._publish(path, [])

    def change(self, path: Path, text: str | None, *, at_once: bool = False) -> None:
        """A file has another text; None: it is as it is on the disk. It is judged after a pause, unless it is of an environment
        or of another folder that the linter does not look into."""
        project = self.project_of(path)
        if project is not None and project.root != path and not is_looked_at(path, project.root):
            return
        self._pending[path] = encoded(text) if text is not None else None
        self._judge_after(0.0 if at_once else _DELAY)

    def refresh(self, *, reread: bool = False, reconfigure: bool = False) -> None:
        """Judge again, because files of the disk, or the configuration, may have changed."""
        self._rereads |= reread
        self._reconfigures |= reconfigure
        self._judge_after(_PAUSE)

    def _judge_after(self, seconds: float) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(seconds, lambda: loop.create_task(self._judge_or_say_why_not()))

    async def _judge_or_say_why_not(self) -> None:
        try:
            await self.judge()
        except Exception as error:  # a fault of corsense, which must not stop the server
            message = f"corsense: a fault of corsense itself: {type(error).__name__}: {error}. Please report it."
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    async def judge(self) -> None:
        """Judge what has changed, and publish what is new."""
        async with self._judging:
            reread, reconfigure = self._rereads, self._reconfigures
            self._rereads = self._reconfigures = False
            for root, project in list(self.projects.items()):
                changed = {path: text for path, text in self._pending.items() if self.project_of(path) is project}
                for path in changed:
                    del self._pending[path]

                found = await self.in_worker(partial(project.follow, reread=reread, reconfigure=reconfigure), changed)
                if self.projects.get(root) is project:
                    self._show(root, project, found)

    def _show(self, root: Path, project: Project, found: Findings) -> None:
        if project.complaint is not None and project.complaint not in self._complained:
            self._complained.add(project.complaint)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"corsense: {project.complaint}"))
        own = {path: listed for path, listed in found.items() if self.project_of(path) is project}
        before = self._published.get(root, {})
        for path in before.keys() - own.keys():
            self._publish(path, [])
        for path, listed in own.items():
            if not _are_same(before.get(path, []), listed):
                lines = Lines(project.text(path), self.encoding)
                self._publish(path, [_diagnostic(finding, lines) for finding in listed])
        self._published[root] = own

    def _publish(self, path: Path, diagnostics: list[types.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(self.uri_of(path), diagnostics))

    def uri_of(self, path: Path) -> str:
        """The URI under which the editor knows a file: editors write some characters of paths in ways of their own."""
        return self._uris.get(path) or path.as_uri()

    def _learn_uri(self, path: Path, uri: str) -> None:
        if uri != self.uri_of(path):
            for published in self._published.values():
                if published.pop(path, None):
                    self._publish(path, [])
            self._uris[path] = uri

    def at(self, uri: str, where: types.Range) -> list[tuple[Project, Finding, types.Range]]:
        """The findings of a document that touch a range."""
        path = path_of(uri)
        project = self.project_of(path) if path is not None else None
        if path is None or project is None or path not in project.latest:
            return []
        lines = Lines(project.text(path), self.encoding)
        placed = [(finding, lines.range_of(finding.place)) for finding in project.latest[path] if finding.place is not None]
        return [(project, finding, span) for finding, span in placed if _touch(span, where)]


def _are_same(before: list[Finding], after: list[Finding]) -> bool:
    """Whether nothing was judged again: findings that are kept are the same objects."""
    return len(before) == len(after) and all(old is new for old, new in zip(before, after, strict=True))


def path_of(uri: str) -> Path | None:
    """The file of a URI, absolute; None for a document that is in none. One that was never saved gets a place of its own, where
    nothing is on the disk."""
    if uri.startswith(_UNSAVED):
        return Path(os.path.abspath(os.path.join(os.sep, _UNSAVED, f"{quote(uri.removeprefix(_UNSAVED), safe='')}.py")))
    name = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(os.path.abspath(name)) if name else None


def _is_python(uri: str, language: str | None) -> bool:
    """Whether a document is Python: one that was never saved has no name that says so."""
    return language == "python" or not uri.startswith(_UNSAVED)


def _touch(one: types.Range, other: types.Range) -> bool:
    def order(position: types.Position) -> tuple[int, int]:
        return position.line, position.character

    return order(one.start) <= order(other.end) and order(other.start) <= order(one.end)


def _diagnostic(finding: Finding, lines: Lines) -> types.Diagnostic:
    assert finding.place is not None
    cause = finding.cause
    return types.Diagnostic(
        range=lines.range_of(finding.place),
        message=f"{finding.message}\n{finding.remedy}" if finding.remedy else finding.message,
        severity=_SEVERITIES[finding.severity],
        code=cause.code,
        code_description=types.CodeDescription(cause.documentation),
        source="corsense",
        data={"slug": cause.slug},
    )


def _page(finding: Finding) -> str:
    cause = finding.cause
    return f"### {cause.code} {cause.slug}\n\n{cause.page}"


def _edit(server: CorsenseServer, file: str, before: str, after: str) -> types.WorkspaceEdit:
    uri = server.uri_of(Path(os.path.abspath(file)))
    return types.WorkspaceEdit(changes={uri: list(edits_between(before, after, server.encoding))})


async def _actions(server: CorsenseServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """For each finding at the cursor: the edit that repairs it, and the comment that silences it."""
    found: list[types.CodeAction] = []
    for project, finding, span in server.at(params.text_document.uri, params.range):
        same = [
            each
            for each in params.context.diagnostics
            if each.source == "corsense" and each.code == finding.cause.code and each.range == span
        ]
        fix = await server.in_worker(project.fix_of, finding)
        if fix is not None:
            title = fix.title[:1].upper() + fix.title[1:]
            edit = _edit(server, fix.edits[0].file, fix.edits[0].before, fix.edits[0].after)
            found.append(types.CodeAction(title, types.CodeActionKind.QuickFix, same, is_preferred=True, edit=edit))
        silent = await server.in_worker(project.ignoring, finding)
        if silent is not None:
            title = f"Ignore {finding.cause.slug} here"
            edit = _edit(server, silent.file, silent.before, silent.after)
            found.append(types.CodeAction(title, types.CodeActionKind.QuickFix, same, edit=edit))
    return found


def make_server() -> CorsenseServer:
    """The server with its features."""
    server = CorsenseServer()
    for register in (_follow_documents, _follow_folders, _answer):
        register(server)
    return server


def _follow_documents(server: CorsenseServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        await server.open_document(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        if path is not None and server.project_of(path) is not None:
            server.change(path, server.workspace.get_text_document(params.text_document.uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        server.refresh(reread=True, reconfigure=path is not None and path.name in CONFIGURATIONS)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        if path is not None:
            await server.close_document(path)


def _follow_folders(server: CorsenseServer) -> None:
    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await server.start([folder.uri for folder in server.workspace.folders.values()] or [server.workspace.root_uri])
        await _register_watchers(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            path = path_of(folder.uri)
            if path is not None:
                await server.close_folder(path)
        await server.open_folders([folder.uri for folder in params.event.added])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: types.DidChangeWatchedFilesParams) -> None:
        names = {os.path.basename(change.uri) for change in params.changes}
        server.refresh(reread=True, reconfigure=not names.isdisjoint(CONFIGURATIONS))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        server.refresh(reconfigure=True)

    async def moved(params: Any) -> None:
        server.refresh(reread=True)

    for name in (types.WORKSPACE_DID_RENAME_FILES, types.WORKSPACE_DID_DELETE_FILES, types.WORKSPACE_DID_CREATE_FILES):
        server.feature(name, _FILES)(moved)


async def _register_watchers(server: CorsenseServer) -> None:
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in _WATCHED])
    wanted = types.Registration("corsense-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    await server.client_register_capability_async(types.RegistrationParams([wanted]))


def _answer(server: CorsenseServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        found = server.at(params.text_document.uri, types.Range(params.position, params.position))
        if not found:
            return None
        text = "\n\n---\n\n".join(dict.fromkeys(_page(finding) for _, finding, _ in found))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), found[0][2])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await _actions(server, params)


def serve() -> None:
    """Serve an editor on standard input and output."""
    make_server().start_io()
