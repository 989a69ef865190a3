"""Every edit there is: `(source, line, ...) -> repaired source`, or None where it cannot be made beyond doubt.

`source` is the text of one file, `line` (from 1) that of the call as a traceback or a syntax tree names it: the
`app.add_middleware(...)` statement, the `Middleware(...)` item, `CORSMiddleware(app, ...)` or the constructor of the app. All
edits are idempotent: applied to its own result, an edit gives None. Results parse. Text that does not parse gives None;
nothing is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.fix.edits.adoption import adopt_corsense as adopt_corsense
    from corsense.fix.edits.adoption import install_layer as install_layer
    from corsense.fix.edits.arguments import add_header as add_header
    from corsense.fix.edits.arguments import add_method as add_method
    from corsense.fix.edits.arguments import add_origin as add_origin
    from corsense.fix.edits.arguments import expose_header as expose_header
    from corsense.fix.edits.arguments import rename_keyword as rename_keyword
    from corsense.fix.edits.arguments import replace_origin as replace_origin
    from corsense.fix.edits.arguments import set_credentials as set_credentials
    from corsense.fix.edits.arguments import string_to_list as string_to_list
    from corsense.fix.edits.arguments import wildcard_to_origins as wildcard_to_origins
    from corsense.fix.edits.computed import extend_origins as extend_origins
    from corsense.fix.edits.computed import origins_from_environment as origins_from_environment
    from corsense.fix.edits.computed import strip_origins as strip_origins
    from corsense.fix.edits.computed import unslash_origins as unslash_origins
    from corsense.fix.edits.diff import unified_diff as unified_diff
    from corsense.fix.edits.handlers import remove_manual_header as remove_manual_header
    from corsense.fix.edits.handlers import remove_manual_options as remove_manual_options
    from corsense.fix.edits.handwritten import remove_manual_cors as remove_manual_cors
    from corsense.fix.edits.handwritten import vary_by_origin as vary_by_origin
    from corsense.fix.edits.insertion import insert_cors_middleware as insert_cors_middleware
    from corsense.fix.edits.keywords import give_keywords as give_keywords
    from corsense.fix.edits.keywords import regex_to_origins as regex_to_origins
    from corsense.fix.edits.keywords import remove_origin as remove_origin
    from corsense.fix.edits.layers import merge_cors_layers as merge_cors_layers
    from corsense.fix.edits.layers import move_from_startup as move_from_startup
    from corsense.fix.edits.layers import only_in_production as only_in_production
    from corsense.fix.edits.layers import wrap_with_cors as wrap_with_cors
    from corsense.fix.edits.lists import load_json as load_json
    from corsense.fix.edits.lists import read_accessor as read_accessor
    from corsense.fix.edits.lists import regex_of_text as regex_of_text
    from corsense.fix.edits.lists import regex_out_of_list as regex_out_of_list
    from corsense.fix.edits.lists import shorten_computed as shorten_computed
    from corsense.fix.edits.lists import split_joined as split_joined
    from corsense.fix.edits.lists import split_only_entry as split_only_entry
    from corsense.fix.edits.lists import split_string as split_string
    from corsense.fix.edits.lists import unnest_list as unnest_list
    from corsense.fix.edits.literals import rewrite_literal as rewrite_literal
    from corsense.fix.edits.order import move_cors_outermost as move_cors_outermost
    from corsense.fix.edits.order import move_cors_to_later_app as move_cors_to_later_app
    from corsense.fix.edits.order import remove_duplicate_cors as remove_duplicate_cors
    from corsense.fix.edits.patterns import escape_regex_dots as escape_regex_dots
    from corsense.fix.edits.patterns import glob_to_expression as glob_to_expression
    from corsense.fix.edits.patterns import glob_to_regex as glob_to_regex
    from corsense.fix.edits.patterns import regex_in_list as regex_in_list
    from corsense.fix.edits.patterns import replace_regex as replace_regex
    from corsense.fix.edits.policies import extend_policy as extend_policy
    from corsense.fix.edits.protection import install_protection as install_protection
    from corsense.fix.edits.protection import protect_layer as protect_layer
    from corsense.fix.edits.redirects import address_instead_of_redirect as address_instead_of_redirect

_HOMES = {
    "add_header": "corsense.fix.edits.arguments",
    "add_method": "corsense.fix.edits.arguments",
    "add_origin": "corsense.fix.edits.arguments",
    "address_instead_of_redirect": "corsense.fix.edits.redirects",
    "adopt_corsense": "corsense.fix.edits.adoption",
    "escape_regex_dots": "corsense.fix.edits.patterns",
    "expose_header": "corsense.fix.edits.arguments",
    "extend_origins": "corsense.fix.edits.computed",
    "extend_policy": "corsense.fix.edits.policies",
    "give_keywords": "corsense.fix.edits.keywords",
    "install_protection": "corsense.fix.edits.protection",
    "protect_layer": "corsense.fix.edits.protection",
    "glob_to_expression": "corsense.fix.edits.patterns",
    "glob_to_regex": "corsense.fix.edits.patterns",
    "insert_cors_middleware": "corsense.fix.edits.insertion",
    "install_layer": "corsense.fix.edits.adoption",
    "load_json": "corsense.fix.edits.lists",
    "merge_cors_layers": "corsense.fix.edits.layers",
    "move_cors_outermost": "corsense.fix.edits.order",
    "move_cors_to_later_app": "corsense.fix.edits.order",
    "move_from_startup": "corsense.fix.edits.layers",
    "only_in_production": "corsense.fix.edits.layers",
    "origins_from_environment": "corsense.fix.edits.computed",
    "read_accessor": "corsense.fix.edits.lists",
    "regex_in_list": "corsense.fix.edits.patterns",
    "regex_of_text": "corsense.fix.edits.lists",
    "regex_out_of_list": "corsense.fix.edits.lists",
    "regex_to_origins": "corsense.fix.edits.keywords",
    "remove_duplicate_cors": "corsense.fix.edits.order",
    "remove_manual_cors": "corsense.fix.edits.handwritten",
    "remove_manual_header": "corsense.fix.edits.handlers",
    "remove_manual_options": "corsense.fix.edits.handlers",
    "remove_origin": "corsense.fix.edits.keywords",
    "rename_keyword": "corsense.fix.edits.arguments",
    "replace_origin": "corsense.fix.edits.arguments",
    "replace_regex": "corsense.fix.edits.patterns",
    "rewrite_literal": "corsense.fix.edits.literals",
    "set_credentials": "corsense.fix.edits.arguments",
    "shorten_computed": "corsense.fix.edits.lists",
    "split_joined": "corsense.fix.edits.lists",
    "split_only_entry": "corsense.fix.edits.lists",
    "split_string": "corsense.fix.edits.lists",
    "string_to_list": "corsense.fix.edits.arguments",
    "strip_origins": "corsense.fix.edits.computed",
    "unified_diff": "corsense.fix.edits.diff",
    "unnest_list": "corsense.fix.edits.lists",
    "unslash_origins": "corsense.fix.edits.computed",
    "vary_by_origin": "corsense.fix.edits.handwritten",
    "wildcard_to_origins": "corsense.fix.edits.arguments",
    "wrap_with_cors": "corsense.fix.edits.layers",
}

__getattr__ = lazy_names(globals(), _HOMES)  # a report needs few of them, most reports none


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
