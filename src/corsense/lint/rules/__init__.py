"""The rules: one module a cause that source can show.

A rule of a layer looks at the arguments of one CORS layer, a rule of a stack at the layers of one app and their order, a rule
of a module at the rest. What a cause means, why it is bad and what to write instead is the page of `corsense.causes`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from typing import Protocol

from corsense.causes import find
from corsense.lint.layers import CorsLayer
from corsense.lint.program import Module
from corsense.lint.rules import (
    cors_not_outermost,
    duplicate_cors_headers,
    duplicate_cors_middleware,
    env_split_without_strip,
    error_response_without_cors,
    expose_wildcard_with_credentials,
    foreign_write,
    glob_in_origins,
    header_not_allowed,
    insecure_origin_with_credentials,
    joined_values,
    manual_cors_headers,
    manual_options_handler,
    method_not_allowed,
    middleware_added_after_startup,
    middleware_given_a_class,
    mounted_app_without_cors,
    nested_origins,
    null_origin,
    origin_default_port,
    origin_has_path,
    origin_not_normalised,
    origin_regex_not_a_string,
    origin_trailing_slash,
    origin_without_scheme,
    origins_not_a_list,
    policy_faults,
    private_network_argument,
    private_network_headers_obsolete,
    public_suffix_origin,
    reflected_origin,
    regex_in_origins,
    regex_not_linear,
    regex_too_broad,
    regex_unescaped_dot,
    setting_not_json,
    unknown_keyword,
    vary_origin_missing,
    websocket_origin_unchecked,
    wildcard_by_hand,
    wildcard_default_setting,
    wildcard_origins,
    wildcard_with_credentials,
)
from corsense.lint.stacks import Stack
from corsense.lint.survey import Survey
from corsense.lint.violations import Violation


class LayerRule(Protocol):
    """A rule that looks at one CORS layer. `SLUG` is the cause that it reports."""

    @property
    def SLUG(self) -> str: ...  # noqa: N802  # the name of a constant of a module

    def violations(self, layer: CorsLayer, /) -> Iterator[Violation]:
        """What is wrong with the layer."""


class StackRule(Protocol):
    """A rule that looks at the layers of one app and their order."""

    @property
    def SLUG(self) -> str: ...  # noqa: N802

    def violations(self, stack: Stack, survey: Survey, /) -> Iterator[Violation]:
        """What is wrong with the stack."""


class ModuleRule(Protocol):
    """A rule that looks at one module. An empty `SLUG` stands for many causes."""

    @property
    def SLUG(self) -> str: ...  # noqa: N802

    def violations(self, module: Module, survey: Survey, /) -> Iterator[Violation]:
        """What is wrong with the module."""


OF_LAYERS: tuple[LayerRule, ...] = (
    env_split_without_strip,
    expose_wildcard_with_credentials,
    glob_in_origins,
    insecure_origin_with_credentials,
    joined_values,
    nested_origins,
    null_origin,
    origin_default_port,
    origin_has_path,
    origin_not_normalised,
    origin_regex_not_a_string,
    origin_trailing_slash,
    origin_without_scheme,
    origins_not_a_list,
    private_network_argument,
    public_suffix_origin,
    regex_in_origins,
    regex_not_linear,
    regex_too_broad,
    regex_unescaped_dot,
    unknown_keyword,
    wildcard_default_setting,
    wildcard_origins,
    wildcard_with_credentials,
)

OF_STACKS: tuple[StackRule, ...] = (
    cors_not_outermost,
    duplicate_cors_headers,
    duplicate_cors_middleware,
    error_response_without_cors,
    header_not_allowed,
    method_not_allowed,
    websocket_origin_unchecked,
)

OF_MODULES: tuple[ModuleRule, ...] = (
    foreign_write,
    manual_cors_headers,
    manual_options_handler,
    middleware_added_after_startup,
    middleware_given_a_class,
    mounted_app_without_cors,
    policy_faults,
    private_network_headers_obsolete,
    reflected_origin,
    setting_not_json,
    vary_origin_missing,
    wildcard_by_hand,
)


def is_found_in_source(rule: str | None) -> bool:
    """Whether the linter finds what a rule is about (None: any rule), so that it can say that there is nothing of it. A name that
    is not a rule has no effect."""
    if rule is None:
        return True
    try:
        slug = find(rule).slug
    except KeyError:
        return True
    return slug.replace("-", "_") in {module.name for module in pkgutil.iter_modules(__path__)}
