"""Every edit there is: `(source, line, ...) -> repaired source`, or None where it cannot be made beyond doubt.

`source` is the text of one file, `line` (from 1) that of the call as a traceback or a syntax tree names it: the
`app.add_middleware(...)` statement, the `Middleware(...)` item, `CORSMiddleware(app, ...)` or the constructor of the app. All
edits are idempotent: applied to its own result, an edit gives None. Results parse. Text that does not parse gives None;
nothing is raised.
"""

from __future__ import annotations

from corsense.fix.arguments import (
    add_header,
    add_method,
    add_origin,
    expose_header,
    rename_keyword,
    replace_origin,
    set_credentials,
    string_to_list,
    wildcard_to_origins,
)
from corsense.fix.diff import unified_diff
from corsense.fix.handlers import remove_manual_header, remove_manual_options
from corsense.fix.insertion import insert_cors_middleware
from corsense.fix.order import move_cors_outermost, remove_duplicate_cors
from corsense.fix.patterns import escape_regex_dots, glob_to_regex, regex_in_list

__all__ = [
    "add_header",
    "add_method",
    "add_origin",
    "escape_regex_dots",
    "expose_header",
    "glob_to_regex",
    "insert_cors_middleware",
    "move_cors_outermost",
    "regex_in_list",
    "remove_duplicate_cors",
    "remove_manual_header",
    "remove_manual_options",
    "rename_keyword",
    "replace_origin",
    "set_credentials",
    "string_to_list",
    "unified_diff",
    "wildcard_to_origins",
]
