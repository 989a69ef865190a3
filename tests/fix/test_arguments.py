from __future__ import annotations

import pytest

from corsense.fix.edits import add_header, add_method, expose_header, rename_keyword, set_credentials
from tests.fix.programs import program


def call(arguments: str) -> str:
    return f"app.add_middleware(CORSMiddleware, {arguments})\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow_origins=["a"]', 'allow_origins=["a"], allow_methods=["GET", "POST"]'),
        ("allow_origins=['a']", "allow_origins=['a'], allow_methods=['GET', 'POST']"),
        ('allow_methods=["GET"]', 'allow_methods=["GET", "POST"]'),
        ('allow_methods=("GET",)', 'allow_methods=("GET", "POST")'),
        # No browser sends "post"; "patch" it does when told so.
        ('allow_methods=["get", "post"]', 'allow_methods=["get", "POST"]'),
        ('allow_methods=["patch"]', 'allow_methods=["patch", "POST"]'),
        ('allow_methods=["GET", "POST"]', None),
        ('allow_methods=["*"]', None),
        ('allow_methods="*"', None),
        ("allow_methods=settings.methods", None),
        ('allow_origins=["a"], **options', None),
        ('allow_methods=["GET"], **options', 'allow_methods=["GET", "POST"], **options'),
    ],
)
def test_a_method_is_added_to_what_is_allowed(before: str, after: str | None) -> None:
    edited = add_method(call(before), 1, "POST")
    assert edited == (None if after is None else call(after))
    assert edited is None or add_method(edited, 1, "POST") is None


def test_a_method_that_browsers_send_as_written_is_added_beside_its_other_letters() -> None:
    assert add_method(call('allow_methods=["patch"]'), 1, "PATCH") == call('allow_methods=["patch", "PATCH"]')


def test_the_default_method_needs_no_edit() -> None:
    assert add_method(call("allow_origins=[]"), 1, "GET") is None


@pytest.mark.parametrize(
    ("before", "header", "after"),
    [
        ('allow_origins=["a"]', "X-Api-Key", 'allow_origins=["a"], allow_headers=["X-Api-Key"]'),
        ('allow_headers=["X-A"]', "X-B", 'allow_headers=["X-A", "X-B"]'),
        ('allow_headers=["x-a"]', "X-A", None),
        ('allow_headers=["*"]', "X-A", None),
        ('allow_headers=["X-A"]', "content-type", None),
        ('allow_headers=["X-A"]', "Content-Language", None),
    ],
)
def test_a_header_is_added_unless_it_is_allowed(before: str, header: str, after: str | None) -> None:
    edited = add_header(call(before), 1, header)
    assert edited == (None if after is None else call(after))
    assert edited is None or add_header(edited, 1, header) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow_origins=["a"]', 'allow_origins=["a"], expose_headers=["X-Total"]'),
        ('expose_headers=["X-A"]', 'expose_headers=["X-A", "X-Total"]'),
        ('expose_headers=["x-total"]', None),
        ('expose_headers=["*"]', None),
        # With credentials the star is a name like any other.
        ('expose_headers=["*"], allow_credentials=True', 'expose_headers=["*", "X-Total"], allow_credentials=True'),
        ('expose_headers=["*"], allow_credentials=False', None),
    ],
)
def test_a_header_is_exposed_unless_it_is(before: str, after: str | None) -> None:
    edited = expose_header(call(before), 1, "X-Total")
    assert edited == (None if after is None else call(after))
    assert edited is None or expose_header(edited, 1, "X-Total") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow_origins=["a"]', 'allow_origins=["a"], allow_credentials=True'),
        ('allow_origins=["a"], allow_credentials=False', 'allow_origins=["a"], allow_credentials=True'),
        ('allow_origins=["a"], allow_credentials=True', None),
        ('allow_origins=["a"], allow_credentials=settings.cookies', None),
        (
            r'allow_origin_regex=r"https://[a-z]+\.a\.example"',
            r'allow_origin_regex=r"https://[a-z]+\.a\.example", allow_credentials=True',
        ),
        # Any site would be let in with the user's cookies.
        ('allow_origins=["*"]', None),
        ('allow_origins=["a", "*"]', None),
        ('allow_origins="*"', None),
        ('allow_origins=["a"], allow_origin_regex=".*"', None),
        ('allow_origins=["a"], allow_origin_regex="https?://.+"', None),
        ('allow_origins=["a"], allow_origin_regex="("', None),
        # ... or might be.
        ("allow_origins=settings.origins", None),
        ('allow_origins=["a", *settings.more]', None),
        ('allow_origins=["a"] if debug else load()', None),
        ('allow_origins=["a"], allow_origin_regex=settings.regex', None),
        ('allow_origins=["a"], **options', None),
    ],
)
def test_credentials_are_allowed_only_where_every_origin_is_known(before: str, after: str | None) -> None:
    edited = set_credentials(call(before), 1, True)
    assert edited == (None if after is None else call(after))
    assert edited is None or set_credentials(edited, 1, True) is None


def test_a_list_that_may_grow_a_wildcard_gets_no_credentials() -> None:
    before = 'origins = ["a"]\n' + call("allow_origins=origins")
    for use in (
        "",
        "print(origins)\n",
        "log.info('%s', origins)\n",
        "x = len(origins) + origins.index('a')\n",
        "assert origins\n",
    ):
        assert set_credentials(before + use, 2, True) is not None
    for growth in (
        'origins.append("*")\n',
        'origins += ["*"]\n',
        "origins += load()\n",
        "origins.append(x)\n",
        "origins.extend(xs)\n",
        "origins[0] = x\n",
        "more = origins\n",
        "fill(origins)\n",
        "fill(into=origins)\n",
        "origins.sort(key=x)\n",
    ):
        assert set_credentials(before + growth, 2, True) is None


def test_credentials_can_be_withdrawn_from_a_wildcard() -> None:
    assert set_credentials(call('allow_origins=["*"], allow_credentials=True'), 1, False) == call(
        'allow_origins=["*"], allow_credentials=False'
    )


def test_a_named_flag_is_set_where_only_this_call_reads_it() -> None:
    before = "COOKIES = False\n" + call('allow_origins=["a"], allow_credentials=COOKIES')
    assert set_credentials(before, 2, True) == before.replace("False", "True")
    assert set_credentials(before + "print(COOKIES)\n", 2, True) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('allow_origins_regex="a"', 'allow_origin_regex="a"'),
        ('allow_origins_regex = "a"', 'allow_origin_regex = "a"'),
        ('allow_origin_regex="b", allow_origins_regex="a"', None),
        ('allow_origins_regex="a", **options', None),
        ('allow_origins=["a"]', None),
    ],
)
def test_a_misspelt_keyword_is_renamed(before: str, after: str | None) -> None:
    edited = rename_keyword(call(before), 1, "allow_origins_regex", "allow_origin_regex")
    assert edited == (None if after is None else call(after))
    assert edited is None or rename_keyword(edited, 1, "allow_origins_regex", "allow_origin_regex") is None


def test_a_keyword_is_added_on_a_line_of_its_own_where_the_others_have_one() -> None:
    before = program("""
        def create():
        \tapp.add_middleware(
        \t\tCORSMiddleware,
        \t\tallow_origins=[
        \t\t\t"a",
        \t\t],  # ours
        \t\t# nothing else
        \t)
    """)
    assert add_method(before, 2, "PUT") == before.replace("# ours\n", '# ours\n\t\tallow_methods=["GET", "PUT"],\n')


def test_a_keyword_is_added_behind_a_list_that_is_hugged_by_the_call() -> None:
    before = 'app.add_middleware(CORSMiddleware, allow_origins=[\n    "a",\n])\n'
    assert (
        add_method(before, 1, "PUT")
        == 'app.add_middleware(CORSMiddleware, allow_origins=[\n    "a",\n], allow_methods=["GET", "PUT"])\n'
    )


def test_a_keyword_is_added_behind_a_last_argument_without_comma() -> None:
    before = 'app.add_middleware(\n    CORSMiddleware,\n    allow_origins=["a"]  # a, b\n)\n'
    assert set_credentials(before, 1, True) == (
        'app.add_middleware(\n    CORSMiddleware,\n    allow_origins=["a"],  # a, b\n    allow_credentials=True\n)\n'
    )


@pytest.mark.parametrize(
    "text", ["def (", "a = '\x00'", "a = '\udc80'", "(" * 5000, "-" * 100_000 + "1", "", "\ufeff", "\r", "1 +" * 50_000 + "1"]
)
def test_text_that_is_no_program_gives_nothing(text: str) -> None:
    assert add_method(text, 1, "POST") is None


def test_a_byte_order_mark_and_a_coding_cookie_stay() -> None:
    before = "\ufeff# -*- coding: latin-1 -*-\n# é\n" + call('allow_methods=["GET"]')
    assert add_method(before, 3, "POST") == before.replace('"GET"', '"GET", "POST"')


def test_characters_before_a_literal_are_counted_as_characters() -> None:
    before = 'x = "é𝄞"; app.add_middleware(CORSMiddleware, allow_methods=["GET"])  # é\n'
    assert add_method(before, 1, "POST") == before.replace('"GET"', '"GET", "POST"')
