"""An edit that replaces the policy of a CORS layer with a tighter one."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, Final

from corsense.fix.edits.calls import CorsCall, cors_call
from corsense.fix.edits.policies import policy_call
from corsense.fix.edits.source import Source, Splice, edit
from corsense.origin import OriginPattern
from corsense.policy import Policy
from corsense.policy.written import written_arguments, written_call, written_policy

_REPLACED: Final = frozenset({"allow_origins", "allow_origin_regex", "allow_credentials", "allow_methods", "allow_headers"})
_LABELS: Final = r"(?:[a-z0-9-]+\.)+"


@edit
def tighten_policy(source: Source, call_line: int, policy: Policy) -> list[Splice] | None:
    """Writes `policy` for the `Policy(...)` of the layer at `call_line`, or its values for the keywords of Starlette's layer,
    other keywords left as they are. These know no credentials for some origins only, so all get them, where they have them
    today. None where the policy is not in sight there."""
    made = policy_call(source, call_line)
    if made is not None:
        name = re.sub(r"\.(development|production|public_api|mobile)$", "", source.segment(made.node.func))
        written = written_policy(policy, name=name, indent=source.indentation(source.start(made.node)))
        return [Splice(source.start(made.node), source.end(made.node), written)]
    call = cors_call(source, call_line)
    if call is None or "policy" in call.arguments or not _is_plain(call):
        return None
    return _as_keywords(source, call, policy)


def _is_plain(call: CorsCall) -> bool:
    """Whether all keywords are written in the call itself."""
    return all(keyword.arg is not None for keyword in call.node.keywords)


def _as_keywords(source: Source, call: CorsCall, policy: Policy) -> list[Splice]:
    node = call.node
    kept = [source.segment(keyword) for keyword in node.keywords if keyword.arg not in _REPLACED]
    indent = source.indentation(source.start(node))
    said = written_call("x", starlette_keywords(policy), indent=indent)
    arguments = [row.strip().rstrip(",") for row in _arguments(said)]
    positional = [source.segment(argument) for argument in node.args]
    written = written_arguments(source.segment(node.func), [*positional, *arguments, *kept], indent=indent)
    return [Splice(source.start(node), source.end(node), written)]


def _arguments(call: str) -> list[str]:
    """The arguments of a call as they are written."""
    parsed = ast.parse(call, mode="eval").body
    assert isinstance(parsed, ast.Call)
    return [ast.get_source_segment(call, keyword) or "" for keyword in parsed.keywords]


def starlette_keywords(policy: Policy) -> Mapping[str, Any]:
    """The values of a policy as Starlette's keywords: patterns are a regular expression there, and GET, HEAD and POST have to be
    named, which always pass here."""
    exact = [text for text in policy.origins if OriginPattern.parse(text).is_exact]
    patterns = [OriginPattern.parse(text) for text in policy.origins if text not in exact]
    said: dict[str, Any] = {"allow_origins": exact}
    if patterns:
        said["allow_origin_regex"] = "|".join(map(_expression, patterns))
    if policy.regex is not None:
        own = policy.document()["origin_regex"]
        said["allow_origin_regex"] = f"(?:{own})|{said['allow_origin_regex']}" if patterns else own
    if policy.credentials:
        said["allow_credentials"] = True
    said["allow_methods"] = sorted({"GET", "HEAD", "POST", *policy.methods})
    said["allow_headers"] = sorted(policy.request_headers)
    return said


def _expression(pattern: OriginPattern) -> str:
    host = _LABELS + re.escape(pattern.host) if pattern.subdomains else re.escape(pattern.host)
    port = "" if pattern.port is None else "(?::[0-9]+)?" if pattern.port == "*" else f":{pattern.port}"
    return f"{pattern.scheme}://{host}{port}".replace(r"\-", "-")
