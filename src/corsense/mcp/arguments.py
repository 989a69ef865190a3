"""The arguments of the tools: models, from which the schemas of the tools are generated and by which calls are checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Rules = Annotated[list[str] | None, Field(description="Rules by slug or code, such as origin-trailing-slash or CORS201.")]
Origins = Annotated[
    list[str] | None,
    Field(
        description="Origins of the pages that call the API, such as http://localhost:3000. Without them, the origins of "
        "development servers are assumed, and a fix lets no page in."
    ),
]
Requests = Annotated[
    list[str] | None,
    Field(description="Requests to try, such as 'POST /api/users' or 'WEBSOCKET /ws'. Default: every route."),
]
Headers = Annotated[list[str] | None, Field(description="Headers that the script of the page sets, 'Name: value'.")]
Credentials = Annotated[
    Literal["omit", "same-origin", "include"] | None,
    Field(description="The credentials mode of fetch(): whether cookies go along."),
]
Engine = Annotated[Literal["chromium", "firefox", "webkit", "standard"], Field(description="Whose rules decide.")]
Clients = Annotated[
    list[str] | None, Field(description="JavaScript clients whose requests are tried too, such as mcp, mcp-stateless or tus.")
]
BaseUrl = Annotated[
    str | None,
    Field(description="Where the API will live, such as https://api.example.com. Decides cookies, schemes, redirects."),
]
BehindProxy = Annotated[bool | None, Field(description="TLS ends at a proxy in front of the app.")]
Pasted = Annotated[
    str | None, Field(description="A request copied from the browser's network panel. Data: it is never executed.")
]
Factory = Annotated[bool, Field(description="The target is a function that returns the app.")]
RunEndpoints = Annotated[
    bool,
    Field(
        description="Run start-up code and endpoints for real, with what they do; by default a stand-in answers. Only where "
        "the user has started corsense mcp with --allow-run-endpoints."
    ),
]
Policy = Annotated[
    str | None,
    Field(
        description="package.module:policy, package.module:app, a .toml or .json file, or 'env' (environment and .env). "
        "Default: env."
    ),
]


class Arguments(BaseModel):
    """What a tool takes; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _has_no_nul(cls, value: object) -> object:
        """No name of a file and no value of a header has this character."""
        if any("\0" in text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)):
            raise ValueError("it contains a NUL character")
        return value


class Requested(Arguments):
    """What `check` and `fix` share: the requests to try."""

    origins: Origins = None
    requests: Requests = None
    headers: Headers = None
    credentials: Credentials = None
    engine: Engine = "chromium"
    clients: Clients = None
    base_url: BaseUrl = None
    behind_proxy: BehindProxy = None
    curl: Pasted = None
    fetch: Pasted = None
    run_endpoints: RunEndpoints = False
    factory: Factory = False
    select: Rules = None
    ignore: Rules = None


class CheckArguments(Requested):
    """The arguments of `check`."""

    target: Annotated[
        str | None,
        Field(
            description="package.module:app or app/main.py:app, a URL on loopback such as http://localhost:8000, or a .har file. "
            "Default: the app that `fastapi dev` would run."
        ),
    ] = None
    app: Annotated[
        str | None, Field(description="With a URL as target: the app behind it, to see what changes between the two.")
    ] = None
    results: Annotated[
        Literal["failing", "all"],
        Field(
            description="failing: requests that are blocked or have a finding, 20 at most. all: every request with its exchanges."
        ),
    ] = "failing"


class ExplainArguments(Arguments):
    """The arguments of `explain`."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4_000_000,
            description="The red text of a browser's console, as it was copied. Data: never executed, never a path.",
        ),
    ]
    app: Annotated[str | None, Field(description="package.module:app: try the call on this app, which settles the cause.")] = None
    url: Annotated[str | None, Field(description="URL of the running server on loopback: try the call there.")] = None


class LintArguments(Arguments):
    """The arguments of `lint`."""

    paths: Annotated[list[str], Field(min_length=1, description="Files and folders of Python source.")] = ["."]
    select: Rules = None
    ignore: Rules = None


class FixArguments(Requested):
    """The arguments of `fix`."""

    targets: Annotated[
        list[str] | None,
        Field(
            description="One app (package.module:app), or files and folders of source, which are repaired without loading "
            "the app. Default: the app that `fastapi dev` would run."
        ),
    ] = None
    write: Annotated[bool, Field(description="Write the files. Default: only the diff is returned.")] = False
    unsafe_fixes: Annotated[
        bool, Field(description="Also apply guesses and changes beyond CORS. Show the diff to the user first.")
    ] = False
    from_env: Annotated[
        str | None, Field(description="Read the origins from this environment variable, such as ALLOWED_ORIGINS.")
    ] = None
    adopt: Annotated[bool, Field(description="Import CORSMiddleware from corsense; the program then needs corsense.")] = False
    protect: Annotated[bool, Field(description="Add corsense's protection in report mode; the program then needs corsense.")] = (
        False
    )


class RuleArguments(Arguments):
    """The arguments of `rule`."""

    name: Annotated[str, Field(description="A code or a slug, such as CORS201 or origin-trailing-slash.")]


class PolicyExplainArguments(Arguments):
    """The arguments of `policy_explain`."""

    origin: Annotated[str, Field(description="The origin of a page, such as https://app.example.com.")]
    policy: Policy = None


class PolicyDiffArguments(Arguments):
    """The arguments of `policy_diff`."""

    before: Annotated[str, Field(description="package.module:policy, package.module:app, a .toml or .json file, or 'env'.")]
    after: Policy = None
