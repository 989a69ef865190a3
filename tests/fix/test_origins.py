from __future__ import annotations

import pytest

from corsense.fix.edits import add_origin, replace_origin, string_to_list, wildcard_to_origins
from tests.fix.programs import cors, line_of, program

OLD, NEW = "http://localhost:3000/", "http://localhost:3000"


def inline(value: str, rest: str = "") -> str:
    head = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
    return f"{head}app.add_middleware(CORSMiddleware, allow_origins={value}{rest})\n"


def value_after(edited: str | None) -> str:
    assert edited is not None
    return edited.split("allow_origins=", 1)[1].removesuffix(")\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["http://localhost:3000/"]', '["http://localhost:3000"]'),
        ("['http://localhost:3000/']", "['http://localhost:3000']"),
        ('("http://localhost:3000/",)', '("http://localhost:3000",)'),
        ('{"http://localhost:3000/"}', '{"http://localhost:3000"}'),
        ('["a", "http://localhost:3000/", "b"]', '["a", "http://localhost:3000", "b"]'),
        ('["""http://localhost:3000/"""]', '["""http://localhost:3000"""]'),
        ('[u"http://localhost:3000/"]', '["http://localhost:3000"]'),
        ('[r"http://localhost:3000/"]', '[r"http://localhost:3000"]'),
        ('["http://" "localhost:3000/"]', '["http://localhost:3000"]'),
        ('["a"] + ["http://localhost:3000/"]', '["a"] + ["http://localhost:3000"]'),
        ('["a"] if app.debug else ["http://localhost:3000/"]', '["a"] if app.debug else ["http://localhost:3000"]'),
        ('list(("http://localhost:3000/",))', 'list(("http://localhost:3000",))'),
        ('[*["http://localhost:3000/"], "b"]', '[*["http://localhost:3000"], "b"]'),
        # Where the right origin is there already, the wrong one goes.
        ('["http://localhost:3000/", "http://localhost:3000"]', '["http://localhost:3000"]'),
        ('["http://localhost:3000", "http://localhost:3000/"]', '["http://localhost:3000"]'),
        ('["http://localhost:3000", "http://localhost:3000/", "b"]', '["http://localhost:3000", "b"]'),
        ('("http://localhost:3000", "http://localhost:3000/")', '("http://localhost:3000",)'),
        # A string is a substring test: it becomes what was meant.
        ('"http://localhost:3000/"', '["http://localhost:3000"]'),
        ("'http://localhost:3000/'", "['http://localhost:3000']"),
    ],
)
def test_a_wrong_origin_is_rewritten_where_it_stands(before: str, after: str) -> None:
    edited = replace_origin(inline(before), 5, OLD, NEW)
    assert value_after(edited) == after
    assert edited is not None
    assert replace_origin(edited, 5, OLD, NEW) is None


@pytest.mark.parametrize(
    "value",
    ['["http://localhost:3001/"]', "settings.origins", 'os.environ["ORIGINS"].split(",")', 'get("http://localhost:3000/")', "[]"],
)
def test_an_origin_that_is_not_seen_is_not_replaced(value: str) -> None:
    assert replace_origin(inline(value), 5, OLD, NEW) is None


def test_a_list_is_followed_through_names_concatenations_and_growth() -> None:
    before = program("""
        from starlette.applications import Starlette
        from starlette.middleware.cors import CORSMiddleware as C

        FRONTEND = "http://localhost:3000/"  # the dev server
        DEV: list[str] = [
            FRONTEND,
            "http://localhost:5173/",  # vite
        ]
        PROD = ("https://a.example",)
        origins = DEV + list(PROD)
        origins += ["https://b.example/"]
        origins.append("https://c.example/")
        origins.extend(["https://d.example/"])
        app = Starlette()
        app.add_middleware(C, allow_origins=origins)
    """)
    text = before
    for origin in ("http://localhost:3000", "http://localhost:5173", *(f"https://{x}.example" for x in "bcd")):
        edited = replace_origin(text, line_of(text, "allow_origins"), f"{origin}/", origin)
        assert edited == text.replace(f'"{origin}/"', f'"{origin}"')
        text = edited
    assert set(cors(text).allow_origins) == {
        "http://localhost:3000",
        "http://localhost:5173",
        *(f"https://{x}.example" for x in "abcd"),
    }


def test_a_local_name_is_not_mistaken_for_the_module_s() -> None:
    before = program("""
        origins = ["http://localhost:3000/"]

        def create(origins):
            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=origins)
            return app

        def other():
            origins = ["http://localhost:3000/"]
            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=origins, max_age=1)
            return app
    """)
    assert replace_origin(before, 5, OLD, NEW) is None
    edited = replace_origin(before, 11, OLD, NEW)
    assert edited is not None
    assert edited.splitlines()[8] == '    origins = ["http://localhost:3000"]'
    assert edited.splitlines()[0] == 'origins = ["http://localhost:3000/"]'


def test_a_constant_that_others_read_is_left_alone() -> None:
    before = program("""
        FRONTEND = "http://localhost:3000/"
        LOGIN = FRONTEND + "login"
        app.add_middleware(CORSMiddleware, allow_origins=[FRONTEND])
    """)
    assert replace_origin(before, 3, OLD, NEW) is None


def test_comments_and_layout_stay_when_an_entry_goes() -> None:
    before = program("""
        app.add_middleware(
            CORSMiddleware,  # cors
            allow_origins=[
                # local
                "http://localhost:3000",  # right
                "http://localhost:3000/",  # wrong
                # production
                "https://a.example"
            ],
        )
    """)
    assert replace_origin(before, 1, OLD, NEW) == before.replace('        "http://localhost:3000/",  # wrong\n', "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", '["https://x.example"]'),
        ("()", '("https://x.example",)'),
        ("set()", '{"https://x.example"}'),
        ("list()", '["https://x.example"]'),
        ('["a"]', '["a", "https://x.example"]'),
        ("['a']", "['a', 'https://x.example']"),
        ('["a",]', '["a", "https://x.example",]'),
        ('("a",)', '("a", "https://x.example")'),
        ('("a")', None),
        ('[("a")]', '[("a"), "https://x.example"]'),
        ('{"a"}', '{"a", "https://x.example"}'),
        ('["a"] + ["b"]', '["a"] + ["b", "https://x.example"]'),
        ('[*settings.more, "b"]', '[*settings.more, "b", "https://x.example"]'),
        ('settings.more + ["b"]', 'settings.more + ["b", "https://x.example"]'),
        ('[f"http://localhost:{port}"]', '[f"http://localhost:{port}", "https://x.example"]'),
        ('["https://x.example"]', None),
        ('["*"]', None),
        ('"a"', None),
        ('["a"] if debug else ["b"]', None),
        ("settings.origins", None),
        ("[o for o in settings.origins]", None),
        ("None", None),
    ],
)
def test_an_origin_is_added_in_the_layout_that_is_there(before: str, after: str | None) -> None:
    edited = add_origin(inline(before), 5, "https://x.example")
    if after is None:
        assert edited is None
    else:
        expected = after
        assert value_after(edited) == expected
        assert edited is not None
        assert add_origin(edited, 5, "https://x.example") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[\n    "a",\n    "b",\n]', '[\n    "a",\n    "b",\n    "X",\n]'),
        ('[\n    "a",\n    "b"\n]', '[\n    "a",\n    "b",\n    "X"\n]'),
        ('[\n    "a",\n    "b",  # why, when\n]', '[\n    "a",\n    "b",  # why, when\n    "X",\n]'),
        ('[\n    "a"  # why, when\n]', '[\n    "a",  # why, when\n    "X"\n]'),
        ('[\n    "a",\n    # "b",\n]', '[\n    "a",\n    "X",\n    # "b",\n]'),
        ('[\n    "a",\n    "b"]', '[\n    "a",\n    "b",\n    "X"]'),
        ('[\n    "a", "b",\n    "c", "d",\n]', '[\n    "a", "b",\n    "c", "d", "X",\n]'),
        ("[\n    # none yet\n]", '[\n    # none yet\n    "X",\n]'),
        ("[  # none # yet\n]", '[  # none # yet\n    "X",\n]'),
        ("[\n]", '["X"]'),
        ('[ "a"\n, "b"\n]', '[ "a"\n, "b", "X"\n]'),
        ('["a",  # one\n]', '["a", "X",  # one\n]'),
        ('(\n\t"a",\n)', '(\n\t"a",\n\t"X",\n)'),
        ('"a", "b"', '"a", "b", "X"'),
        ('"a",', '"a", "X"'),
        ('("a"), ("b")', '("a"), ("b"), "X"'),
        ('{\n    "a",\n}', '{\n    "a",\n    "X",\n}'),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_named_list_is_extended_line_by_line(before: str, after: str, newline: str) -> None:
    text = "origins = VALUE\napp.add_middleware(CORSMiddleware, allow_origins=origins)  # é\n"
    source = text.replace("VALUE", before).replace("\n", newline)
    wanted = text.replace("VALUE", after.replace("X", "https://x.example")).replace("\n", newline)
    assert add_origin(source, len(text.replace("VALUE", before).splitlines()), "https://x.example") == wanted


def test_the_list_at_the_call_is_extended_before_the_one_it_names() -> None:
    before = program("""
        shared = ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=shared + ["https://b.example"])
    """)
    assert add_origin(before, 2, "https://x.example") == before.replace(
        '["https://b.example"]', '["https://b.example", "https://x.example"]'
    )


def test_a_list_that_feeds_other_arguments_is_not_extended() -> None:
    before = program("""
        EVERYTHING = ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=EVERYTHING, allow_headers=EVERYTHING)
    """)
    assert add_origin(before, 2, "https://x.example") is None
    assert replace_origin(before, 2, "https://a.example", "https://x.example") is None


def test_a_list_rebound_shrunk_or_set_from_elsewhere_is_not_extended() -> None:
    call = "app.add_middleware(CORSMiddleware, allow_origins=origins)\n"
    for text in (
        'origins = ["a"]\norigins = load()\n',
        'origins = ["a"]\nfor origins in ([], []): pass\n',
        'if x:\n    origins = ["a"]\nelse:\n    origins = ["b"]\n',
        'origins = ["a"]\ndef set_it():\n    global origins\n    origins = []\n',
        "from settings import origins\n",
        "try: ...\nexcept E as origins: ...\n",
        "match x:\n    case [*origins]: ...\n",
        "origins: list\n",
        'origins = ["a"]\ndel origins\n',
        'if (origins := ["a"]): ...\n',
        "def origins(): ...\n",
    ):
        assert add_origin(text + call, len(text.splitlines()) + 1, "https://x.example") is None


def test_names_are_looked_up_as_python_does() -> None:
    before = program("""
        origins: list[str] = ["a"]
        class Server:
            origins = ["b"]
            asgi = CORSMiddleware(app, allow_origins=origins, max_age=1)
            def run(self):
                global app
                return CORSMiddleware(app, allow_origins=origins, max_age=2)
            def other(self, value=CORSMiddleware(app, allow_origins=origins, max_age=3)):
                nonlocal_origins = lambda: CORSMiddleware(app, allow_origins=origins, max_age=4)
    """)
    for age, home in ((1, '["b"]'), (2, '["a"]'), (3, '["b"]'), (4, '["a"]')):
        edited = add_origin(before, line_of(before, f"max_age={age}"), "c")
        assert edited == before.replace(home, f'{home[:-1]}, "c"]')


def test_a_global_declaration_leads_to_the_module_and_a_nonlocal_to_nothing() -> None:
    before = program("""
        origins = ["a"]
        def create():
            global origins
            app.add_middleware(CORSMiddleware, allow_origins=origins)
    """)
    assert replace_origin(before, 4, "a", "b") == before.replace('["a"]', '["b"]')
    inner = program("""
        def outer():
            origins = ["a"]
            def create():
                nonlocal origins
                app.add_middleware(CORSMiddleware, allow_origins=origins)
    """)
    assert replace_origin(inner, 5, "a", "b") is None


def test_options_written_as_a_dict_are_edited_in_it() -> None:
    before = program("""
        OPTIONS = {"allow_origins": ["http://localhost:3000/"], "allow_methods": ["*"]}
        MORE = dict(allow_headers=["X-A"])
        app.add_middleware(CORSMiddleware, **OPTIONS, **MORE)
    """)
    assert replace_origin(before, 3, OLD, NEW) == before.replace(OLD, NEW)
    touched = before + 'OPTIONS["allow_origins"] = load()\n'
    assert replace_origin(touched, 3, OLD, NEW) is None


def test_options_from_elsewhere_give_nothing() -> None:
    before = "app.add_middleware(CORSMiddleware, **options)\n"
    assert add_origin(before, 1, "https://x.example") is None
    assert add_origin(before.replace("**options", "*options"), 1, "https://x.example") is None
    assert add_origin(before.replace("**options", '["a"]'), 1, "https://x.example") is None


def test_a_missing_allow_origins_is_added() -> None:
    before = "app.add_middleware(CORSMiddleware)\n"
    assert add_origin(before, 1, "https://x.example") == (
        'app.add_middleware(CORSMiddleware, allow_origins=["https://x.example"])\n'
    )


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ('app.add_middleware(\n    C,\n    allow_origins=["a"],\n)', 1),
        ('app.add_middleware(\n    C,\n    allow_origins=["a"],\n)', 3),
        ('(\n    app\n    .add_middleware(C, allow_origins=["a"])\n)', 3),
        ('app = FastAPI(\n    middleware=[\n        Middleware(Gzip),\n        Middleware(C, allow_origins=["a"]),\n    ]\n)', 4),
        ('app = FastAPI(middleware=[Middleware(Gzip), Middleware(C, allow_origins=["a"])])', 1),
        ('app = FastAPI(\n    middleware=[Middleware(C, allow_origins=["a"])]\n)', 1),
        ('asgi = C(app, allow_origins=["a"])', 1),
        ('asgi = C(app=app, allow_origins=["a"])', 1),
        ('app.add_middleware(cors.CORSMiddleware, allow_origins=["a"])', 1),
        ('app.add_middleware(middleware_class=C, allow_origins=["a"])', 1),
        ('class Mine(C):\n    pass\napp.add_middleware(Mine, allow_origins=["a"])', 3),
        ('Mine = C\napp.add_middleware(Mine, allow_origins=["a"])', 2),
    ],
)
def test_every_form_of_the_call_is_found(before: str, line: int) -> None:
    text = "from starlette.middleware.cors import CORSMiddleware as C\n" + before + "\n"
    edited = add_origin(text, line + 1, "b")
    assert edited == text.replace('["a"]', '["a", "b"]')


def test_a_line_without_a_single_cors_call_gives_nothing() -> None:
    two = 'a.add_middleware(CORSMiddleware, allow_origins=["a"]); b.add_middleware(CORSMiddleware, allow_origins=["b"])\n'
    assert add_origin(two, 1, "c") is None
    assert add_origin("app.add_middleware(Gzip, allow_origins=[])\n", 1, "c") is None
    assert add_origin('x = 1\napp.add_middleware(CORSMiddleware, allow_origins=["a"])\n', 1, "c") is None
    assert add_origin('x = 1\napp.add_middleware(CORSMiddleware, allow_origins=["a"])\n', 99, "c") is None
    own = 'class Mine(CORSMiddleware):\n    def __init__(self, app, allow_origins): ...\nMine(app, allow_origins=["a"])\n'
    assert add_origin(own, 3, "c") is None


@pytest.mark.parametrize("origin", ["https://é.example", 'https://"', "a\\b", "a\nb", "", "it's"])
def test_what_would_need_escapes_is_not_written(origin: str) -> None:
    assert add_origin(inline('["a"]'), 5, origin) is None
    assert replace_origin(inline('["a"]'), 5, "a", origin) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["*"]', '["https://a.example", "https://b.example"]'),
        ("('*',)", "('https://a.example', 'https://b.example',)"),
        ('"*"', '["https://a.example", "https://b.example"]'),
        ('["*", "https://a.example"]', '["https://b.example", "https://a.example"]'),
        ('["*", *settings.more]', '["https://a.example", "https://b.example", *settings.more]'),
        ('[\n    "*",  # all\n]', '[\n    "https://a.example",\n    "https://b.example",  # all\n]'),
        ('["https://a.example"]', None),
        ("settings.origins", None),
    ],
)
def test_a_wildcard_becomes_the_origins_that_are_needed(before: str, after: str | None) -> None:
    text = inline(before, ", allow_credentials=True")
    edited = wildcard_to_origins(text, 5, ["https://a.example", "https://b.example"])
    assert edited == (None if after is None else inline(after, ", allow_credentials=True"))
    if edited is not None:
        assert wildcard_to_origins(edited, 5, ["https://a.example", "https://b.example"]) is None


def test_a_wildcard_that_methods_share_is_replaced_at_the_call() -> None:
    before = program("""
        ALL = ["*"]
        app.add_middleware(CORSMiddleware, allow_origins=ALL, allow_methods=ALL)
    """)
    assert wildcard_to_origins(before, 2, ["https://a.example"]) == before.replace(
        "allow_origins=ALL", 'allow_origins=["https://a.example"]'
    )


def test_a_wildcard_in_a_named_string_or_list_is_replaced() -> None:
    before = 'ORIGINS = "*"\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\n'
    assert wildcard_to_origins(before, 2, ["https://a.example"]) == before.replace(
        "allow_origins=ORIGINS", 'allow_origins=["https://a.example"]'
    )
    before = 'ORIGINS = ["*"]\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\n'
    assert wildcard_to_origins(before, 2, ["https://a.example"]) == before.replace('"*"', '"https://a.example"')


def test_a_wildcard_is_never_replaced_by_nothing_or_by_itself() -> None:
    assert wildcard_to_origins(inline('["*"]'), 5, []) is None
    assert wildcard_to_origins(inline('["*"]'), 5, ["*", "https://a.example"]) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"https://a.example"', '["https://a.example"]'),
        ("'https://a.example'", "['https://a.example']"),
        ('"https://a.example,https://b.example"', '["https://a.example", "https://b.example"]'),
        ('" https://a.example , https://b.example,"', '["https://a.example", "https://b.example"]'),
        ('"https://a.example https://b.example"', '["https://a.example", "https://b.example"]'),
        ('"""\n    https://a.example\n    https://b.example\n"""', '["https://a.example", "https://b.example"]'),
        ('("https://a.example")', '(["https://a.example"])'),
        ('"https://a.example," "https://b.example"', '["https://a.example", "https://b.example"]'),
        ('f"http://localhost:{port}"', '[f"http://localhost:{port}"]'),
        ('f"http://localhost:{port},b"', None),
        ('"*"', '["*"]'),
        ('""', "[]"),
        ('["https://a.example"]', None),
        ('os.getenv("ORIGINS")', None),
        ('("a,"  # first\n "b")', None),
        ("ORIGIN", None),
    ],
)
def test_a_string_becomes_a_list(before: str, after: str | None) -> None:
    edited = string_to_list(inline(before), 5)
    assert edited == (None if after is None else inline(after))
    if edited is not None:
        assert string_to_list(edited, 5) is None


def test_a_named_string_is_wrapped_at_the_call_when_it_is_one_origin() -> None:
    before = 'ORIGIN = "https://a.example"\nprint(ORIGIN)\napp.add_middleware(CORSMiddleware, allow_origins=ORIGIN)\n'
    edited = string_to_list(before, 3)
    assert edited == before.replace("=ORIGIN", "=[ORIGIN]")
    assert string_to_list(edited, 3) is None


def test_a_named_string_of_several_becomes_a_list_when_nothing_else_reads_it() -> None:
    before = "ORIGINS = 'https://a.example, https://b.example'\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\n"
    edited = string_to_list(before, 2)
    assert edited == before.replace("'https://a.example, https://b.example'", "['https://a.example', 'https://b.example']")
    assert string_to_list(edited, 2) is None
    assert string_to_list(before + "print(ORIGINS)\n", 2) is None


def test_the_same_holds_for_methods_given_as_a_string() -> None:
    before = 'app.add_middleware(CORSMiddleware, allow_methods="GET, POST")\n'
    assert string_to_list(before, 1, "allow_methods") == before.replace('"GET, POST"', '["GET", "POST"]')
