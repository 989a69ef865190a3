"""A part of a program, as people paste it: with the imports that it needs to be understood."""

from __future__ import annotations

import ast

_IMPORTS = {
    "FastAPI": "from fastapi import FastAPI",
    "APIRouter": "from fastapi import APIRouter",
    "CORSMiddleware": "from fastapi.middleware.cors import CORSMiddleware",
    "Middleware": "from starlette.middleware import Middleware",
    "Starlette": "from starlette.applications import Starlette",
}


def missing_imports(text: str) -> tuple[str, ...]:
    """The imports of names that a program about CORS uses without having them; none for a text that is not Python."""
    try:
        python = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    used, bound = set[str](), set[str]()
    for node in ast.walk(python):
        match node:
            case ast.Name(name, ctx):
                (used if isinstance(ctx, ast.Load) else bound).add(name)
            case ast.Import(names) | ast.ImportFrom(names=names):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in names}
            case ast.ClassDef(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                bound.add(name)
    if "*" in bound:
        return ()
    return tuple(line for name, line in _IMPORTS.items() if name in used - bound)
