"""`Question`: what the page sends."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Literal, get_args

from corsense.errors import InputError, quoted
from corsense.explain import explain
from corsense.layers.reading.recognition import format_of

Kind = Literal["console", "recording", "request", "source", "policy", "configuration"]
"""Console text, a HAR file, a copied call with the headers of its answers, Python source, a policy with an origin, the
configuration of a proxy."""

_OF_ONE_TEXT = frozenset({"console", "recording", "request", "policy"})
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_FILES = 200
"""Files of source that are read at most."""
LONGEST = 4_000_000
"""Characters of a text, and of all files together, that are read at most; a HAR file is not bounded by this."""

_CURL = re.compile(r"\s*(?:\$\s*)?curl(?:\.exe)?\s")
_CALL = re.compile(
    r"\s*(?://[^\n]*\n\s*)*(?:(?:const|let|var)\s+[\w{},:\s]+=\s*)?(?:await\s+|return\s+)?"
    r"(?:(?:window|globalThis)\.)?(?:fetch|axios(?:\.\w+)?)\s*\("
)
_USUAL = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "apache": "httpd.conf"}
_OWN_NAMES = frozenset({"Policy", "CORSMiddleware", "add_middleware", "FastAPI", "Starlette", "APIRouter", "install"})
_SNIPPET = re.compile(r"\b(?:add_middleware|CORSMiddleware|FastAPI)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `files` are names with texts, `recording` the path of a HAR file; `response` and `preflight` are the pasted
    headers of a copied call's answers."""

    kind: Kind
    text: str = ""
    files: tuple[tuple[str, str], ...] = ()
    recording: str | None = None
    origin: str = ""
    response: str = ""
    preflight: str = ""


def read_question(document: str) -> Question:
    """The question in the JSON that the page sends; without a kind, what the text looks like. Raises InputError for anything
    else."""
    try:
        given = json.loads(document)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InputError("the page has sent no question; reload it.")
    text, origin = _text(given, "text"), _text(given, "origin")
    files = _files(given.get("files"))
    recording = given.get("recording") if isinstance(given.get("recording"), str) else None
    if len(text) > LONGEST and not _is_recording(text):
        raise InputError(f"The text has {len(text):,} characters, more than {LONGEST:,}; paste the lines around the message.")
    kind = given.get("kind") or ("recording" if recording is not None else None)
    if files and not text.strip() and (kind in _OF_ONE_TEXT or (kind is None and not _are_for_folders(files))):
        text, files = "\n".join(content for _, content in files), ()
    kind = kind or (kind_of(text) if not files else "source" if _has_source(files) else "configuration")
    if kind not in KINDS:
        raise InputError(f"{quoted(str(kind))} is not a kind of input; choose one of {', '.join(KINDS)}.")
    if not (text.strip() or files or recording):
        raise InputError("There is nothing to judge yet; paste a text, or drop a file.")
    return Question(kind, text, files, recording, origin.strip(), _text(given, "response"), _text(given, "preflight"))


def kind_of(text: str) -> Kind:
    """What a pasted text looks like."""
    if _is_recording(text):
        return "recording"
    if _CURL.match(text) or _CALL.match(text):
        return "request"
    python = _python(text)
    if python is not None and _is_policy(python):
        return "policy"
    if python is not None and _is_source(python):
        return "source"
    if not explain(text):
        if holds_source(text):
            return "source"
        if configuration_name(text) is not None:
            return "configuration"
    return "console"


def holds_source(text: str) -> bool:
    """Whether a text seems to hold a program with a CORS layer, or a part of one."""
    return _SNIPPET.search(text) is not None


def configuration_name(text: str) -> str | None:
    """The usual name of a configuration of a proxy with this text; None where corsense does not read it."""
    found = format_of("pasted.conf", text) or format_of("pasted.yaml", text)
    return _USUAL.get(found, "pasted.yaml") if found is not None else None


def _has_source(files: tuple[tuple[str, str], ...]) -> bool:
    return any(name.endswith((".py", ".pyi")) for name, _ in files)


def _are_for_folders(files: tuple[tuple[str, str], ...]) -> bool:
    """Whether files are judged by their names: source, or configurations of proxies. Others are a text that was saved."""
    return _has_source(files) or all(format_of(name, content) is not None for name, content in files)


def _is_recording(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("{") and '"log"' in text and '"entries"' in text


def _python(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_policy(python: ast.Module) -> bool:
    """Whether the text is a policy, with its imports, and nothing else."""
    statements = [each for each in python.body if not isinstance(each, ast.Import | ast.ImportFrom)]
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr | ast.Assign | ast.AnnAssign):
        return False
    value = statements[0].value
    return isinstance(value, ast.Call) and _name(value.func) == "Policy"


def _is_source(python: ast.Module) -> bool:
    """Whether the text is a program: it imports, defines or calls something that a text of a console would not."""
    return any(
        isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        or (isinstance(node, ast.Call) and _name(node.func) in _OWN_NAMES)
        for node in ast.walk(python)
    )


def _name(function: ast.expr) -> str | None:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else None


def _text(given: dict[str, object], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise InputError(f"{name} must be text.")
    return value


def _files(given: object) -> tuple[tuple[str, str], ...]:
    """The files, each by a relative path of its own. Raises InputError for anything else."""
    if not given:
        return ()
    if not isinstance(given, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in given):
        raise InputError("files must be pairs of a name and a text.")
    files = {str(name): str(text) for name, text in given}
    if len(files) > MOST_FILES or sum(map(len, files.values())) > LONGEST:
        raise InputError(f"These are more than {MOST_FILES} files or {LONGEST:,} characters; drop those that configure CORS.")
    for name in files:
        parts = name.split("/")
        if not all(parts) or {".", ".."} & set(parts) or "\\" in name or "\0" in name:
            raise InputError(f"{quoted(name)} is not a relative path; rename the file.")
    return tuple(files.items())
