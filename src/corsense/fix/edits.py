"""Every edit there is: `(source, line, ...) -> repaired source`, or None where it cannot be made beyond doubt.

`source` is the text of one file, `line` (from 1) that of the call as a traceback or a syntax tree names it: the
`app.add_middleware(...)` statement, the `Middleware(...)` item, `CORSMiddleware(app, ...)` or the constructor of the app. All
edits are idempotent: applied to its own result, an edit gives None. Results parse. Text that does not parse gives None;
nothing is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense.deferred import deferred

if TYPE_CHECKING:
    from corsense.fix.adoption import adopt_corsense as adopt_corsense
    from corsense.fix.adoption import install_layer as install_layer
    from corsense.fix.arguments import add_header as add_header
    from corsense.fix.arguments import add_method as add_method
    from corsense.fix.arguments import add_origin as add_origin
    from corsense.fix.arguments import expose_header as expose_header
    from corsense.fix.arguments import rename_keyword as rename_keyword
    from corsense.fix.arguments import replace_origin as replace_origin
    from corsense.fix.arguments import set_credentials as set_credentials
    from corsense.fix.arguments import string_to_list as string_to_list
    from corsense.fix.arguments import wildcard_to_origins as wildcard_to_origins
    from corsense.fix.computed import extend_origins as extend_origins
    from corsense.fix.computed import origins_from_environment as origins_from_environment
    from corsense.fix.computed import strip_origins as strip_origins
    from corsense.fix.computed import unslash_origins as unslash_origins
    from corsense.fix.diff import unified_diff as unified_diff
    from corsense.fix.handlers import remove_manual_header as remove_manual_header
    from corsense.fix.handlers import remove_manual_options as remove_manual_options
    from corsense.fix.handwritten import remove_manual_cors as remove_manual_cors
    from corsense.fix.handwritten import vary_by_origin as vary_by_origin
    from corsense.fix.insertion import insert_cors_middleware as insert_cors_middleware
    from corsense.fix.keywords import give_keywords as give_keywords
    from corsense.fix.keywords import regex_to_origins as regex_to_origins
    from corsense.fix.keywords import remove_origin as remove_origin
    from corsense.fix.layers import merge_cors_layers as merge_cors_layers
    from corsense.fix.layers import move_from_startup as move_from_startup
    from corsense.fix.layers import only_in_production as only_in_production
    from corsense.fix.layers import wrap_with_cors as wrap_with_cors
    from corsense.fix.lists import load_json as load_json
    from corsense.fix.lists import read_accessor as read_accessor
    from corsense.fix.lists import regex_out_of_list as regex_out_of_list
    from corsense.fix.lists import shorten_computed as shorten_computed
    from corsense.fix.lists import split_joined as split_joined
    from corsense.fix.lists import split_only_entry as split_only_entry
    from corsense.fix.lists import split_string as split_string
    from corsense.fix.lists import unnest_list as unnest_list
    from corsense.fix.literals import rewrite_literal as rewrite_literal
    from corsense.fix.order import move_cors_outermost as move_cors_outermost
    from corsense.fix.order import remove_duplicate_cors as remove_duplicate_cors
    from corsense.fix.patterns import escape_regex_dots as escape_regex_dots
    from corsense.fix.patterns import glob_to_expression as glob_to_expression
    from corsense.fix.patterns import glob_to_regex as glob_to_regex
    from corsense.fix.patterns import regex_in_list as regex_in_list
    from corsense.fix.patterns import replace_regex as replace_regex
    from corsense.fix.policies import extend_policy as extend_policy
    from corsense.fix.redirects import address_instead_of_redirect as address_instead_of_redirect

_HOMES = {
    "add_header": "corsense.fix.arguments",
    "add_method": "corsense.fix.arguments",
    "add_origin": "corsense.fix.arguments",
    "address_instead_of_redirect": "corsense.fix.redirects",
    "adopt_corsense": "corsense.fix.adoption",
    "escape_regex_dots": "corsense.fix.patterns",
    "expose_header": "corsense.fix.arguments",
    "extend_origins": "corsense.fix.computed",
    "extend_policy": "corsense.fix.policies",
    "give_keywords": "corsense.fix.keywords",
    "glob_to_expression": "corsense.fix.patterns",
    "glob_to_regex": "corsense.fix.patterns",
    "insert_cors_middleware": "corsense.fix.insertion",
    "install_layer": "corsense.fix.adoption",
    "load_json": "corsense.fix.lists",
    "merge_cors_layers": "corsense.fix.layers",
    "move_cors_outermost": "corsense.fix.order",
    "move_from_startup": "corsense.fix.layers",
    "only_in_production": "corsense.fix.layers",
    "origins_from_environment": "corsense.fix.computed",
    "read_accessor": "corsense.fix.lists",
    "regex_in_list": "corsense.fix.patterns",
    "regex_out_of_list": "corsense.fix.lists",
    "regex_to_origins": "corsense.fix.keywords",
    "remove_duplicate_cors": "corsense.fix.order",
    "remove_manual_cors": "corsense.fix.handwritten",
    "remove_manual_header": "corsense.fix.handlers",
    "remove_manual_options": "corsense.fix.handlers",
    "remove_origin": "corsense.fix.keywords",
    "rename_keyword": "corsense.fix.arguments",
    "replace_origin": "corsense.fix.arguments",
    "replace_regex": "corsense.fix.patterns",
    "rewrite_literal": "corsense.fix.literals",
    "set_credentials": "corsense.fix.arguments",
    "shorten_computed": "corsense.fix.lists",
    "split_joined": "corsense.fix.lists",
    "split_only_entry": "corsense.fix.lists",
    "split_string": "corsense.fix.lists",
    "string_to_list": "corsense.fix.arguments",
    "strip_origins": "corsense.fix.computed",
    "unified_diff": "corsense.fix.diff",
    "unnest_list": "corsense.fix.lists",
    "unslash_origins": "corsense.fix.computed",
    "vary_by_origin": "corsense.fix.handwritten",
    "wildcard_to_origins": "corsense.fix.arguments",
    "wrap_with_cors": "corsense.fix.layers",
}

__getattr__ = deferred(globals(), _HOMES)  # a report needs few of them, most reports none


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
