"""What holds for all tests: their outcome does not depend on how fast the machine is. Without FastAPI, the files that need it are
left out, and the header of the run says how many."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# What commands keep of a user, such as the last check in a folder, is not kept of whoever runs the tests.
os.environ["XDG_STATE_HOME"] = os.path.join(tempfile.gettempdir(), f"corsense-tests-{os.getpid()}")

# A test repairs an app in the second in which it wrote it. Python tells bytecode by second and size, so a repair of the same
# length would be loaded from the old one.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

settings.register_profile("corsense", deadline=None)
settings.load_profile("corsense")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # A shell lets what it starts in the background ignore Ctrl-C, and so would every command that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_TESTS = Path(__file__).parent
_HAS_FASTAPI = find_spec("fastapi") is not None
_FASTAPI = re.compile(r"\b(?:from|import)\s+fastapi\b")
_SUPPORT = re.compile(r"^from (tests(?:\.\w+)+) import", re.MULTILINE)
_SERVED = ("demo", "field", "project/test_documents.py", "project/test_typed_examples.py", "transports/test_browser_headers.py")
"""Tests of FastAPI apps whose source stands elsewhere: in the demo, the field cases, the documents and the examples."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a test file that needs FastAPI where it is not installed."""
    return True if not _HAS_FASTAPI and collection_path.suffix == ".py" and _needs_fastapi(collection_path) else None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """How many files are left out of those that were asked for."""
    if _HAS_FASTAPI:
        return []
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    files = {file for path in asked for file in ([path] if path.is_file() else path.rglob("test_*.py"))}
    left_out = sum(map(_needs_fastapi, files))
    return [f"FastAPI is not installed: {left_out} of {len(files)} test files need it and are left out"]


@cache
def _needs_fastapi(file: Path) -> bool:
    """Whether a file, or a module of the tests that it imports, imports FastAPI or contains the source of an app that does."""
    if any(file.is_relative_to(_TESTS / served) for served in _SERVED) and file.name != "__init__.py":
        return True
    source = file.read_text(encoding="utf-8")
    if file.is_relative_to(_TESTS) and file != Path(__file__) and _FASTAPI.search(source):
        return True
    modules = (_TESTS.parent.joinpath(*name.split(".")).with_suffix(".py") for name in _SUPPORT.findall(source))
    return any(module.is_file() and _needs_fastapi(module) for module in modules)
