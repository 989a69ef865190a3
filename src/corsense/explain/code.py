"""What to write, as code, with the values of the message in it."""

from __future__ import annotations

import json

from corsense.causes import cause
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.fetch.wording.parse import Message


def fix_code(slug: str, message: Message) -> str:
    """The code that removes the cause called `slug`: made of the message's values where they tell enough, else that of the
    cause's page."""
    made = _made(slug, message)
    if made is not None:
        return made
    blocks = cause(slug).code_blocks("Use instead")
    return blocks[0].strip() if blocks else ""


def _made(slug: str, message: Message) -> str | None:
    origin = message.origin if message.origin and "://" in message.origin else None
    match slug:
        case "missing-cors-middleware" if origin is not None:
            return _middleware([f"allow_origins=[{_text(origin)}]", *_methods(message), *_headers(message)])
        case "origin-mismatch" if origin is not None:
            return f"allow_origins=[..., {_text(origin)}]"
        case "method-not-allowed" if message.method:
            return f"allow_methods=[..., {_text(message.method)}]"
        case "header-not-allowed" if message.header:
            return f"allow_headers=[..., {_text(message.header)}]"
        case "credentials-not-allowed" | "wildcard-with-credentials" if origin is not None:
            return _middleware([f"allow_origins=[{_text(origin)}]", "allow_credentials=True"])
        case "origin-trailing-slash" | "origin-not-normalised" | "origin-has-path" | "origin-default-port" if origin is not None:
            return f"allow_origins=[{_text(origin)}]  # not {_text(message.value)}"
        case "origin-scheme-mismatch" | "origin-port-mismatch" | "origin-host-mismatch" if origin is not None:
            return f"allow_origins=[..., {_text(origin)}]"
        case _:
            return None


def _text(value: str | None) -> str:
    """A string literal, with the quotes that formatters prefer."""
    return json.dumps(value or "", ensure_ascii=False)


def _methods(message: Message) -> list[str]:
    method = message.method
    return [f"allow_methods=[{_text(method)}]"] if method and method not in SAFELISTED_METHODS else []


def _headers(message: Message) -> list[str]:
    return [f"allow_headers=[{_text(message.header)}]"] if message.header else []


def _middleware(arguments: list[str]) -> str:
    lines = ["from fastapi.middleware.cors import CORSMiddleware", "", "app.add_middleware(", "    CORSMiddleware,"]
    return "\n".join([*lines, *(f"    {argument}," for argument in arguments), ")"])
