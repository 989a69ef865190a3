"""The tools by name: when to use each, what it takes and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from corsense.errors import InputError, nearest, quoted
from corsense.mcp.arguments import (
    Arguments,
    CheckArguments,
    ExplainArguments,
    FixArguments,
    LintArguments,
    PolicyDiffArguments,
    PolicyExplainArguments,
    RuleArguments,
)

INSTRUCTIONS = """\
corsense answers whether a browser lets a page use a FastAPI or Starlette API, why not, and what to change.
Start with `explain` when the user pastes a console message, with `check` when there is an app or a server, with `lint` for
source alone. Name the origin of the page in `origins`; ask the user when you do not know it. Repair with `fix` (a diff first,
then write=true), and run `check` again. `rule` explains a code. Never repair CORS by allowing * or by reflecting the Origin
header."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `document` is the name of the JSON document that it returns (`corsense schema` prints its schema); `writes` says
    whether it can change files."""

    title: str
    description: str
    arguments: type[Arguments]
    document: str
    writes: bool = False

    def read(self, given: Mapping[str, Any]) -> Arguments:
        """The arguments of a call. Raises InputError for those that cannot be used."""
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            raise InputError(_sentence(error, tuple(self.arguments.model_fields))) from None


TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        "check": Tool(
            "Check an app or a server",
            "Try what pages would ask of an app, a server on loopback or a HAR recording, as a browser would, and say what is "
            "blocked, why, and what to write instead. Use it to find out whether CORS works, and again after every repair: done "
            "means no finding of severity error or warning. The endpoints of an app do not run, unless run_endpoints is true; a "
            "stand-in answers.",
            CheckArguments,
            "check",
        ),
        "explain": Tool(
            "Explain a console message",
            "Explain pasted messages of a browser's console, such as 'blocked by CORS policy': the causes by likelihood, each "
            "with its fix as code. Use it first when the user pastes an error; with app or url the call is tried, which settles "
            "the cause.",
            ExplainArguments,
            "explain",
        ),
        "lint": Tool(
            "Lint source",
            "Find every CORS configuration in Python source and say what is wrong with it, without importing or running it. "
            "Use it when the app cannot be loaded, or after editing CORS code.",
            LintArguments,
            "lint",
        ),
        "fix": Tool(
            "Fix an app or source",
            "Repair what check or lint found. Each fix of an app is proven on the repaired app: the requests pass, and no other "
            "page gains or loses access. Returns a diff; write=true writes the files. Run check afterwards. What remains needs "
            "a decision of the user: say so, and do not widen the policy instead.",
            FixArguments,
            "fix",
            writes=True,
        ),
        "rule": Tool(
            "Read about a rule",
            "The page of one rule by code or slug: what it finds, why browsers care, an example, what to write instead. Use it "
            "to understand a finding before you edit by hand.",
            RuleArguments,
            "rule",
        ),
        "policy_explain": Tool(
            "Ask a policy about an origin",
            "Say whether a policy, or the CORS configuration of an app, allows pages of one origin, and why.",
            PolicyExplainArguments,
            "policy-explain",
        ),
        "policy_diff": Tool(
            "Compare two policies",
            "Say who gains and who loses access when one policy replaces another. Use it before you change a policy.",
            PolicyDiffArguments,
            "policy-diff",
        ),
    }
)


def find_tool(name: str) -> Tool:
    """A tool by name. Raises InputError where there is none."""
    if name not in TOOLS:
        near = nearest(name, TOOLS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(TOOLS)}."
        raise InputError(f"there is no tool {quoted(name)}; {hint}")
    return TOOLS[name]


def _sentence(error: ValidationError, names: tuple[str, ...]) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "the arguments"
    if first["type"] == "extra_forbidden":
        near = nearest(name, names)
        hint = f"did you mean {near}?" if near else f"it takes {', '.join(names)}."
        return f"there is no argument {quoted(name)}; {hint}"
    if first["type"] == "missing":
        return f"the argument {quoted(name)} is missing."
    reason = first["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    return f"{name} {quoted(first['input'])} cannot be used: {reason}."
