"""The rules: one module a cause that source can show.

A rule of a layer looks at what one CORS layer is told, a rule of a stack at the layers of one app and their order, a rule of a
module at the rest. What a cause means, why it is bad and what to write instead is the page of `corsense.causes`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator

from corsense.causes import find
from corsense.lint.evaluation import Evaluator
from corsense.lint.layers import CorsLayer
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.rules import (
    cors_not_outermost,
    duplicate_cors_headers,
    duplicate_cors_middleware,
    env_split_without_strip,
    error_response_without_cors,
    expose_wildcard_with_credentials,
    glob_in_origins,
    header_not_allowed,
    insecure_origin_with_credentials,
    manual_cors_headers,
    manual_options_handler,
    method_not_allowed,
    middleware_added_after_startup,
    mounted_app_without_cors,
    null_origin,
    origin_default_port,
    origin_has_path,
    origin_not_normalised,
    origin_trailing_slash,
    origin_without_scheme,
    origins_not_a_list,
    policy_faults,
    public_suffix_origin,
    reflected_origin,
    regex_in_origins,
    regex_not_linear,
    regex_too_broad,
    regex_unescaped_dot,
    unknown_keyword,
    vary_origin_missing,
    websocket_origin_unchecked,
    wildcard_by_hand,
    wildcard_default_setting,
    wildcard_origins,
    wildcard_with_credentials,
)
from corsense.lint.stacks import Stack

OF_LAYERS: tuple[Callable[[CorsLayer], Iterator[Mark]], ...] = (
    env_split_without_strip.marks,
    expose_wildcard_with_credentials.marks,
    glob_in_origins.marks,
    insecure_origin_with_credentials.marks,
    null_origin.marks,
    origin_default_port.marks,
    origin_has_path.marks,
    origin_not_normalised.marks,
    origin_trailing_slash.marks,
    origin_without_scheme.marks,
    origins_not_a_list.marks,
    public_suffix_origin.marks,
    regex_in_origins.marks,
    regex_not_linear.marks,
    regex_too_broad.marks,
    regex_unescaped_dot.marks,
    unknown_keyword.marks,
    wildcard_default_setting.marks,
    wildcard_origins.marks,
    wildcard_with_credentials.marks,
)

OF_STACKS: tuple[Callable[[Stack, Evaluator], Iterator[Mark]], ...] = (
    cors_not_outermost.marks,
    duplicate_cors_headers.marks,
    duplicate_cors_middleware.marks,
    error_response_without_cors.marks,
    header_not_allowed.marks,
    method_not_allowed.marks,
    mounted_app_without_cors.marks,
    websocket_origin_unchecked.marks,
)

OF_MODULES: tuple[Callable[[Module, Evaluator], Iterator[Mark]], ...] = (
    manual_cors_headers.marks,
    manual_options_handler.marks,
    middleware_added_after_startup.marks,
    policy_faults.marks,
    reflected_origin.marks,
    vary_origin_missing.marks,
    wildcard_by_hand.marks,
)


def is_found_in_source(rule: str | None) -> bool:
    """Whether the linter finds what a rule is about (None: any rule), so that it can say that there is nothing of it. A name that
    is no rule means nothing anywhere."""
    if rule is None:
        return True
    try:
        slug = find(rule).slug
    except KeyError:
        return True
    return slug.replace("-", "_") in {module.name for module in pkgutil.iter_modules(__path__)}
