"""Every edit there is: `(source, line, ...) -> repaired source`, or None where it cannot be made beyond doubt.

`source` is the text of one file, `line` (from 1) that of the call as a traceback or a syntax tree names it: the
`app.add_middleware(...)` statement, the `Middleware(...)` item, `CORSMiddleware(app, ...)` or the constructor of the app. All
edits are idempotent: applied to its own result, an edit gives None. Results parse. Text that does not parse gives None;
nothing is raised.
"""

from __future__ import annotations

from corsense.fix.adoption import adopt_corsense, install_layer
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
from corsense.fix.computed import extend_origins, origins_from_environment, strip_origins, unslash_origins
from corsense.fix.diff import unified_diff
from corsense.fix.handlers import remove_manual_header, remove_manual_options
from corsense.fix.handwritten import remove_manual_cors, vary_by_origin
from corsense.fix.insertion import insert_cors_middleware
from corsense.fix.keywords import give_keywords, regex_to_origins, remove_origin
from corsense.fix.layers import merge_cors_layers, move_from_startup, only_in_production, wrap_with_cors
from corsense.fix.lists import (
    load_json,
    read_accessor,
    regex_out_of_list,
    shorten_computed,
    split_joined,
    split_only_entry,
    split_string,
    unnest_list,
)
from corsense.fix.literals import rewrite_literal
from corsense.fix.order import move_cors_outermost, remove_duplicate_cors
from corsense.fix.patterns import escape_regex_dots, glob_to_expression, glob_to_regex, regex_in_list, replace_regex
from corsense.fix.policies import extend_policy
from corsense.fix.redirects import address_instead_of_redirect

__all__ = [
    "add_header",
    "add_method",
    "add_origin",
    "address_instead_of_redirect",
    "adopt_corsense",
    "escape_regex_dots",
    "expose_header",
    "extend_origins",
    "extend_policy",
    "give_keywords",
    "glob_to_expression",
    "glob_to_regex",
    "insert_cors_middleware",
    "install_layer",
    "load_json",
    "merge_cors_layers",
    "move_cors_outermost",
    "move_from_startup",
    "only_in_production",
    "origins_from_environment",
    "read_accessor",
    "regex_in_list",
    "regex_out_of_list",
    "regex_to_origins",
    "remove_duplicate_cors",
    "remove_manual_cors",
    "remove_manual_header",
    "remove_manual_options",
    "remove_origin",
    "rename_keyword",
    "replace_origin",
    "replace_regex",
    "rewrite_literal",
    "set_credentials",
    "shorten_computed",
    "split_joined",
    "split_only_entry",
    "split_string",
    "string_to_list",
    "strip_origins",
    "unified_diff",
    "unnest_list",
    "unslash_origins",
    "vary_by_origin",
    "wildcard_to_origins",
    "wrap_with_cors",
]
