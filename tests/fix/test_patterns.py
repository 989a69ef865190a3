from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.fix.edits import escape_regex_dots, glob_to_regex, regex_in_list
from corsense.fix.edits.patterns import escaped_dots, glob_pattern
from tests.fix.programs import cors, program

HEAD = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\n"


def call(arguments: str) -> str:
    return f"{HEAD}app.add_middleware(CORSMiddleware, {arguments})\n"


@pytest.mark.parametrize(
    ("glob", "admitted", "refused"),
    [
        (
            "https://*.example.com",
            ["https://a.example.com", "https://a.b.example.com", "https://a-1.example.com"],
            [
                "https://example.com",
                "http://a.example.com",
                "https://aexample.com",
                "https://a.example.com.evil.com",
                "https://evil.com/.example.com",
                "https://evil.com#.example.com",
                "https://a.exampleXcom",
                "https://a.example.com:8443",
                "https://.example.com",
                "https://a.example.com\n",
            ],
        ),
        ("https://*.example.com:8443", ["https://a.example.com:8443"], ["https://a.example.com", "https://a.example.com:84430"]),
        (
            "https://preview-*.example.com",
            ["https://preview-7.example.com"],
            ["https://preview-.example.com", "https://preview-a.b.example.com", "https://xpreview-7.example.com"],
        ),
        (
            "http://localhost:*",
            ["http://localhost", "http://localhost:3000"],
            ["http://localhost.evil.com", "http://localhost:evil.com", "https://localhost:3000", "http://localhost:"],
        ),
        ("http://*.localhost:3000", ["http://a.localhost:3000"], ["http://localhost:3000"]),
    ],
)
def test_a_glob_becomes_a_pattern_for_what_it_means_and_no_more(glob: str, admitted: list[str], refused: list[str]) -> None:
    edited = glob_to_regex(call(f'allow_origins=["https://a.test", "{glob}"]'), 4, glob)
    assert edited is not None
    layer = cors(edited)
    assert list(layer.allow_origins) == ["https://a.test"]
    assert [origin for origin in admitted if not layer.is_allowed_origin(origin)] == []
    assert [origin for origin in refused if layer.is_allowed_origin(origin)] == []
    assert glob_to_regex(edited, 4, glob) is None


@settings(deadline=None)
@given(st.from_regex(r"https://[a-z0-9.:/@#?-]{0,30}example[.a-z]com", fullmatch=True))
def test_the_pattern_of_a_glob_admits_subdomains_only(origin: str) -> None:
    pattern = glob_pattern("https://*.example.com")
    assert pattern is not None
    if re.fullmatch(pattern, origin):
        assert re.fullmatch(r"https://[a-z0-9.-]+\.example\.com", origin)


@pytest.mark.parametrize(
    "glob",
    [
        "https://*",
        "*",
        "https://*.com",
        "https://*.co.uk",
        "https://*.vercel.app",
        "https://myapp-*.vercel.app",
        "https://*.github.io",
        "https://*example.com",
        "https://app.*",
        "https://app.*.example.com",
        "https://*.*.example.com",
        "*://example.com",
        "*.example.com",
        "https://*.example.com/",
        "https://*.example.com/path",
        "https://*.exa_mple.com",
        "https://*.exämple.com",
        "https://*.Example.com",
        "chrome-extension://*",
        "https://a.example.com",
        "http://192.168.0.*",
        "https://*.example.com\n",
        "https://*..com",
    ],
)
def test_a_glob_that_is_too_wide_or_unclear_is_left(glob: str) -> None:
    assert glob_pattern(glob) is None
    assert glob_to_regex(call(f"allow_origins=[{glob!r}]"), 4, glob) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow_origins=["GLOB"]', 'allow_origins=[], allow_origin_regex=r"RE"'),
        ('allow_origins="GLOB"', 'allow_origins=[], allow_origin_regex=r"RE"'),
        ('allow_origins=["GLOB"], allow_origin_regex=None', 'allow_origins=[], allow_origin_regex=r"RE"'),
        ('allow_origins=["GLOB"], allow_origin_regex="a"', None),
        ('allow_origins=["GLOB"], **options', None),
        ('allow_origins=["a", "GLOB"] + more', 'allow_origins=["a"] + more, allow_origin_regex=r"RE"'),
        ('allow_origins=["a"]', None),
        ('allow_origins=[\n    "GLOB",\n    "a",\n]', 'allow_origins=[\n    "a",\n], allow_origin_regex=r"RE"'),
        ('allow_origins=[\n    "a",\n    "GLOB"\n]', 'allow_origins=[\n    "a",\n], allow_origin_regex=r"RE"'),
        ('allow_origins=[\n    "a",\n    "GLOB"]', 'allow_origins=[\n    "a"], allow_origin_regex=r"RE"'),
        ('allow_origins=["a",\n    "GLOB",  # all\n    "b"]', 'allow_origins=["a",\n    "b"], allow_origin_regex=r"RE"'),
        ('allow_origins=["GLOB",\n    "b"]', 'allow_origins=[\n    "b"], allow_origin_regex=r"RE"'),
        ('allow_origins=("GLOB",)', 'allow_origins=(), allow_origin_regex=r"RE"'),
        ('allow_origins=("a", "GLOB")', 'allow_origins=("a",), allow_origin_regex=r"RE"'),
        ('allow_origins=("a", "GLOB",)', 'allow_origins=("a",), allow_origin_regex=r"RE"'),
        ('allow_origins=[("GLOB"), "a"]', None),
        ('allow_origins=["GLOB",  # all\n    "b"]', None),
        ('allow_origins=["a",  # one\n    "GLOB"]', None),
        ('allow_origins=[  # one\n    "GLOB"]', 'allow_origins=[  # one\n    ], allow_origin_regex=r"RE"'),
        ('allow_origins=["GLOB", "GLOB"]', None),
    ],
)
def test_a_glob_leaves_the_list_as_the_list_is_laid_out(before: str, after: str | None) -> None:
    glob, regex = "https://*.example.com", r"https://([a-z0-9-]+\.)+example\.com"
    edited = glob_to_regex(call(before.replace("GLOB", glob)), 4, glob)
    assert edited == (None if after is None else call(after.replace("RE", regex)))


def test_a_set_of_one_glob_does_not_become_a_dict() -> None:
    assert glob_to_regex(call('allow_origins={"https://*.example.com"}'), 4, "https://*.example.com") == call(
        r'allow_origins=set(), allow_origin_regex=r"https://([a-z0-9-]+\.)+example\.com"'
    )


def test_a_named_list_loses_the_glob_and_the_call_gains_the_pattern() -> None:
    before = program("""
        origins = [
            "https://a.test",  # one
            "https://*.example.com",  # many
        ]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
        )
    """)
    assert glob_to_regex(before, 5, "https://*.example.com") == program(r"""
        origins = [
            "https://a.test",  # one
        ]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_origin_regex=r"https://([a-z0-9-]+\.)+example\.com",
        )
    """)


@pytest.mark.parametrize(
    ("entry", "admitted", "refused"),
    [
        (r"https://.*\.example\.com", "https://a.example.com", "https://aexample.com"),
        (r"^https://.*\.example\.com$", "https://a.example.com", "https://a.example.com.evil.com"),
        (r"https?://[a-z0-9-]+\.example\.com(:\d+)?", "http://a.example.com:80", "http://a.b.example.com"),
        (r"https://(.+\.)?example\.com", "https://example.com", "https://evilexample.com"),
        (r"http://localhost:\d+", "http://localhost:3000", "http://localhost"),
        (r"https://preview-\w+\.example\.com", "https://preview-7.example.com", "https://evil.com"),
        (r"https:\/\/[^.]+\.example\.com", "https://a.example.com", "https://evil.com"),
        (r"^http://localhost:(3000|5173)$", "http://localhost:5173", "http://localhost:8000"),
        (r"https://(app|admin)\.example\.com", "https://admin.example.com", "https://evil.example.com"),
    ],
)
def test_an_expression_among_the_origins_moves_to_where_expressions_go(entry: str, admitted: str, refused: str) -> None:
    edited = regex_in_list(call(f'allow_origins=["https://a.test", r"{entry}"]'), 4, entry)
    assert edited == call(f'allow_origins=["https://a.test"], allow_origin_regex=r"{entry}"')
    layer = cors(edited)
    assert layer.is_allowed_origin(admitted)
    assert not layer.is_allowed_origin(refused)
    assert regex_in_list(edited, 4, entry) is None


@pytest.mark.parametrize(
    "entry",
    [
        r".*",
        "http://localhost:3000",
        r"https://.*",
        r"https://.*example\.com",
        r"https://.*.example.com",
        r"https://.*\.com",
        r"https://.*\.vercel\.app",
        r"https://.*\.example\.com.*",
        r"https://.*\.example\.com|.*",
        r"https://a.example.com",
        r"https://a\.example\.com/.*",
        r"(https://.*\.example\.com",
    ],
)
def test_an_expression_that_does_not_stay_within_one_site_is_not_moved(entry: str) -> None:
    assert regex_in_list(call(f'allow_origins=[r"{entry}"]'), 4, entry) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"https://.*.example.com"', r'r"https://.*\.example\.com"'),
        (r'r"https://.*\.example.com"', r'r"https://.*\.example\.com"'),
        (r'"https://.*\\.example.com"', r'r"https://.*\.example\.com"'),
        (r"'https://app.example.com'", r"r'https://app\.example\.com'"),
        (r're.compile("https://app.example.com")', r're.compile(r"https://app\.example\.com")'),
        (r'"https://[a-z.]+.example.(com|org)"', r'r"https://[a-z.]+\.example\.(com|org)"'),
        (r'r"https://.*\.example\.com"', None),
        (r'"https://..\.example\.com"', None),
        ('"https://.example.com"', None),
        ('"https://a.?example.com."', None),
        ('f"https://{x}.example.com"', None),
        ("settings.regex", None),
        ('"https://a" ".example.com"', None),
    ],
)
def test_dots_between_names_are_escaped(before: str, after: str | None) -> None:
    edited = escape_regex_dots(call(f"allow_origin_regex={before}"), 4)
    assert edited == (None if after is None else call(f"allow_origin_regex={after}"))
    assert edited is None or escape_regex_dots(edited, 4) is None


def test_a_named_expression_is_escaped_where_only_this_call_reads_it() -> None:
    before = 'REGEX = "https://app.example.com"\napp.add_middleware(CORSMiddleware, allow_origin_regex=REGEX)\n'
    assert escape_regex_dots(before, 2) == before.replace('"https://app.example.com"', r'r"https://app\.example\.com"')
    assert escape_regex_dots(before + "print(REGEX)\n", 2) is None


@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")
@settings(deadline=None)
@given(st.text("ab.*+?[]()|\\{}2,^$-", max_size=12), st.text("ab.", max_size=8))
def test_escaping_dots_never_admits_more(pattern: str, origin: str) -> None:
    escaped = escaped_dots(pattern)
    try:
        before = re.compile(pattern)
    except (re.error, OverflowError):
        return
    if escaped is not None and re.fullmatch(escaped, origin):
        assert before.fullmatch(origin)
